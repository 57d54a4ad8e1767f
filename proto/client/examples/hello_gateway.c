/* hello_gateway.c: a complete gateway: one camera that reports a full bin until the engine has it for good.
 *
 *   cc hello_gateway.c $(pkg-config --cflags --libs gridloop)
 *   ./hello_gateway ipc:///path/gridloop.sock camera-gateway-1 C-017 /var/tmp/hello.outbox */
#include <gridloop.h>

#include <stdio.h>

static void on_result(void *context, const struct gridloop_result *result)
{
    (void)context;
    printf("%s %s %s %s\n", result->event_id, gridloop_code_name(result->code), result->case_no,
           gridloop_code_text(result->code, "en"));
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: hello_gateway URL IDENTITY DEVICE OUTBOX\n");
        return 64;
    }
    struct gridloop_gateway_options options = {.on_result = on_result};
    struct gridloop_gateway *gateway = NULL;
    int status = gridloop_gateway_open(argv[1], argv[2], argv[4], &options, &gateway);
    if (status != GRIDLOOP_OK) {
        fprintf(stderr, "hello_gateway: %s: %s\n", argv[4], gridloop_status_text(status));
        return 74;
    }
    struct gridloop_field fields[] = {
        {.name = "confidence", .kind = GRIDLOOP_NUMBER, .number = 0.94},
        {.name = "fill", .kind = GRIDLOOP_NUMBER, .number = 0.93}};
    struct gridloop_event event = {
        .type = "camera.garbage_overflow",
        .device = argv[3],
        .fields = fields,
        .field_count = 2,
    };
    status = gridloop_gateway_send(gateway, &event, NULL); /* from here on it survives kill -9 */
    if (status == GRIDLOOP_OK) {
        status = gridloop_gateway_flush(gateway, 10000);
    }
    if (status != GRIDLOOP_OK) {
        fprintf(stderr, "hello_gateway: %s\n", gridloop_gateway_why(gateway));
    }
    gridloop_gateway_close(gateway);
    return status == GRIDLOOP_OK ? 0 : 69;
}
