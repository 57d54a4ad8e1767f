/* gateway.c: events in, results out; the courier and the outbox between. */
#include "proto/client/courier.h"
#include "proto/client/gridloop.h"
#include "proto/client/pack.h"
#include "proto/client/status.h"
#include "proto/wire.h"

#include <stdio.h>
#include <stdlib.h>

#define OUTBOX_BYTES_DEFAULT (UINT64_C(64) << 20)
#define ITEMS_DEFAULT 100000u
#define BATCH_EVENTS_DEFAULT 1000u
#define RESEND_MS_DEFAULT 1000u
#define EVENT_ID_SIZE 160u

struct gridloop_gateway {
    struct courier courier;
    struct gridloop_gateway_options options;
    uint64_t dropped;
    char why[STATUS_WHY_SIZE];
};

/* The id inside a packed event: field 1. */
static void read_event_id(const uint8_t *bytes, uint32_t size, char out_id[EVENT_ID_SIZE])
{
    struct wire_reader reader = {bytes, size, 0};
    struct wire_value value;
    out_id[0] = '\0';
    while (reader.offset < reader.size && wire_next(&reader, &value)) {
        if (value.field == 1 && value.type == 2 && value.size < EVENT_ID_SIZE) {
            memcpy(out_id, value.bytes, value.size);
            out_id[value.size] = '\0';
            return;
        }
    }
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* What an answer says of the i-th event of a batch. An ack with fewer results than events means that the engine
 * no longer keeps them. */
static void result_at(const Gridloop__Wire__Answer *answer, uint32_t index,
                      struct gridloop_result *result)
{
    if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT) {
        result->code = (int)answer->reject->code;
        result->hint = or_empty(answer->reject->hint);
        return;
    }
    if (answer->kind_case != GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK ||
        index >= answer->batch_ack->n_results) {
        result->code = GRIDLOOP_FORGOTTEN;
        return;
    }
    const Gridloop__Wire__EventResult *got = answer->batch_ack->results[index];
    result->code = (int)got->code;
    result->case_no = or_empty(got->case_no);
    result->is_late = got->late != 0;
    result->hint = or_empty(got->hint);
    result->report = got->report;
}

static void on_settled(void *context, uint32_t batch_index, const Gridloop__Wire__Answer *answer)
{
    struct gridloop_gateway *gateway = context;
    if (gateway->options.on_result == NULL) {
        return;
    }
    uint8_t bytes[OUTBOX_ITEM_SIZE_MAX];
    char event_id[EVENT_ID_SIZE] = "";
    struct outbox_batch batch = outbox_batch_at(gateway->courier.outbox, batch_index);
    for (uint32_t i = 0; i < batch.count; i++) {
        struct outbox_item item = {0};
        if (outbox_read(gateway->courier.outbox, batch_index, i, bytes, sizeof(bytes), &item) ==
            ERR_OK) {
            read_event_id(bytes, item.size, event_id);
        }
        struct gridloop_result result = {
            .number = item.number, .event_id = event_id, .case_no = "", .hint = ""};
        result_at(answer, i, &result);
        gateway->options.on_result(gateway->options.context, &result);
    }
}

static void fill_defaults(struct gridloop_gateway_options *options)
{
    options->outbox_bytes_max =
        options->outbox_bytes_max != 0 ? options->outbox_bytes_max : OUTBOX_BYTES_DEFAULT;
    options->items_max = options->items_max != 0 ? options->items_max : ITEMS_DEFAULT;
    options->resend_ms = options->resend_ms != 0 ? options->resend_ms : RESEND_MS_DEFAULT;
    if (options->batch_events_max == 0 || options->batch_events_max > BATCH_EVENTS_DEFAULT) {
        options->batch_events_max = BATCH_EVENTS_DEFAULT;
    }
}

int gridloop_gateway_open(const char *urls, const char *identity, const char *outbox_path,
                          const struct gridloop_gateway_options *options,
                          struct gridloop_gateway **out_gateway)
{
    if (urls == NULL || identity == NULL || outbox_path == NULL || out_gateway == NULL ||
        (options != NULL && options->items_max > UINT32_MAX / 4)) {
        return GRIDLOOP_INVALID;
    }
    struct gridloop_gateway *gateway = calloc(1, sizeof(*gateway));
    if (gateway == NULL) {
        return GRIDLOOP_NO_MEMORY;
    }
    if (options != NULL) {
        gateway->options = *options;
    }
    fill_defaults(&gateway->options);
    struct outbox_options outbox = {.bytes_max = gateway->options.outbox_bytes_max,
                                    .items_max = gateway->options.items_max,
                                    .sync = (enum outbox_sync)gateway->options.sync};
    struct courier_options courier = {.batch_items_max = gateway->options.batch_events_max,
                                      .resend_ms = gateway->options.resend_ms,
                                      .credit_max = OUTBOX_BATCHES_MAX,
                                      .on_settled = on_settled,
                                      .context = gateway};
    uint64_t cut_size = 0;
    const struct link_key key = {gateway->options.key_path, gateway->options.engine_key};
    enum err err = courier_open(&gateway->courier, urls, identity, key, outbox_path, &outbox,
                                &courier, &cut_size);
    if (err != ERR_OK) {
        free(gateway);
        return status_of_err(err);
    }
    if (cut_size > 0) {
        (void)snprintf(gateway->why, sizeof(gateway->why), "%s: a torn end of %llu bytes was cut",
                       outbox_path, (unsigned long long)cut_size);
    }
    *out_gateway = gateway;
    return GRIDLOOP_OK;
}

void gridloop_gateway_close(struct gridloop_gateway *gateway)
{
    if (gateway != NULL) {
        courier_close(&gateway->courier);
        free(gateway);
    }
}

/* Makes room by dropping the oldest telemetry, and says so. false: there is none. */
static bool drop_telemetry(struct gridloop_gateway *gateway)
{
    struct outbox_item item;
    if (outbox_drop_oldest(gateway->courier.outbox, &item) != ERR_OK) {
        return false;
    }
    gateway->dropped++;
    if (gateway->options.on_result != NULL) {
        struct gridloop_result result = {.number = item.number,
                                         .event_id = "",
                                         .code = GRIDLOOP_DROPPED,
                                         .case_no = "",
                                         .hint = ""};
        gateway->options.on_result(gateway->options.context, &result);
    }
    return true;
}

int gridloop_gateway_send(struct gridloop_gateway *gateway, const struct gridloop_event *event,
                          uint64_t *out_number)
{
    struct outbox *outbox = gateway->courier.outbox;
    char id[48];
    uint8_t bytes[OUTBOX_ITEM_SIZE_MAX];
    uint32_t size = 0;
    uint64_t number = 0;
    struct pack_why why = {""};
    (void)snprintf(id, sizeof(id), "%llx-%llu", (unsigned long long)outbox_epoch(outbox),
                   (unsigned long long)outbox_next_number(outbox));
    enum err err = pack_event(event, id, bytes, sizeof(bytes), &size, &why);
    if (err != ERR_OK) {
        (void)snprintf(gateway->why, sizeof(gateway->why), "%s", why.text);
        return GRIDLOOP_INVALID;
    }
    bool is_telemetry = (event->flags & (uint32_t)GRIDLOOP_TELEMETRY) != 0;
    do {
        err = outbox_put(outbox, COURIER_EVENT, is_telemetry, bytes, size, &number);
    } while (err == ERR_FULL && drop_telemetry(gateway));
    if (err != ERR_OK) {
        int status = status_of_err(err);
        (void)snprintf(gateway->why, sizeof(gateway->why), "%s: %llu events wait",
                       gridloop_status_text(status), (unsigned long long)outbox_waiting(outbox));
        return status;
    }
    if (out_number != NULL) {
        *out_number = number;
    }
    return GRIDLOOP_OK;
}

int gridloop_gateway_flush(struct gridloop_gateway *gateway, uint32_t wait_ms)
{
    struct courier *courier = &gateway->courier;
    enum err err = outbox_sync(courier->outbox);
    if (err != ERR_OK) {
        courier->failure = err;
        return status_of_courier(courier, gateway->why);
    }
    return courier_flush(courier, wait_ms) ? GRIDLOOP_OK : status_of_courier(courier, gateway->why);
}

uint64_t gridloop_gateway_waiting(const struct gridloop_gateway *gateway)
{
    return outbox_waiting(gateway->courier.outbox);
}

uint64_t gridloop_gateway_dropped(const struct gridloop_gateway *gateway)
{
    return gateway->dropped;
}

int64_t gridloop_gateway_now_ms(const struct gridloop_gateway *gateway)
{
    return link_log_now_ms(&gateway->courier.link);
}

const char *gridloop_gateway_why(const struct gridloop_gateway *gateway)
{
    return gateway->why;
}

int gridloop_gateway_held(const struct gridloop_gateway *gateway)
{
    return (int)gateway->courier.held_code;
}

int gridloop_gateway_fd(const struct gridloop_gateway *gateway)
{
    return link_fd(&gateway->courier.link);
}
