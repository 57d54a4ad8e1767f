/* hello_worker.c: a complete worker app: takes every offer, and says that it is there and done at once.
 *
 *   ./hello_worker ipc:///path/gridloop.sock wang.fang /var/tmp/wang.fang.state 60 */
#include <gridloop.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct app {
    struct gridloop_worker *worker;
};

static void act(struct app *app, const struct gridloop_item *item, int action)
{
    struct gridloop_act what = {.order = item->order, .action = action};
    what.fix =
        (struct gridloop_fix){.is_known = item->has_place, .lon = item->lon, .lat = item->lat};
    if (gridloop_worker_act(app->worker, &what, NULL) != GRIDLOOP_OK) {
        fprintf(stderr, "hello_worker: %s\n", gridloop_worker_why(app->worker));
    }
}

static bool on_item(void *context, const struct gridloop_item *item)
{
    printf("item %d: case %s, %s, %s\n", item->kind, item->case_no, item->title, item->place_name);
    if (item->kind == GRIDLOOP_OFFER && item->order_kind == GRIDLOOP_HANDLE) {
        act(context, item,
            GRIDLOOP_ACCEPT); /* in the outbox before the engine is told that the item is taken */
        act(context, item, GRIDLOOP_ARRIVE);
        act(context, item, GRIDLOOP_FINISH);
    }
    return true;
}

static void on_result(void *context, const struct gridloop_act_result *result)
{
    (void)context;
    printf("order %llu: %s\n", (unsigned long long)result->order, gridloop_code_name(result->code));
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: hello_worker URL IDENTITY STATE SECONDS\n");
        return 64;
    }
    struct app app = {NULL};
    struct gridloop_worker_options options = {
        .on_item = on_item, .on_result = on_result, .context = &app};
    int status = gridloop_worker_open(argv[1], argv[2], argv[3], &options, &app.worker);
    if (status != GRIDLOOP_OK) {
        fprintf(stderr, "hello_worker: %s: %s\n", argv[3], gridloop_status_text(status));
        return 74;
    }
    for (time_t end = time(NULL) + atoi(argv[4]); time(NULL) < end;) {
        status = gridloop_worker_poll(app.worker, 1000, GRIDLOOP_READY, NULL);
    }
    (void)gridloop_worker_flush(app.worker, 1000);
    gridloop_worker_close(app.worker);
    return status == GRIDLOOP_UNAVAILABLE ? 69 : 0;
}
