/* worker_auto.c: one order at a time on the way or under work; offers are answered meanwhile.
 *
 * A stage that waits for an answer (ASKED_...) is stored before the act is put into the outbox. After a crash between the
 * two the outbox is empty and the stage goes back one step: the act is made again. */
#include "engine/cli/worker_auto.h"

#include "engine/core/life.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define THINK_MIN_MS (3 * SECOND_MS)
#define THINK_MAX_MS (90 * SECOND_MS)
#define WORK_MIN_MS (6 * MINUTE_MS)
#define WORK_SPREAD_MS (14 * MINUTE_MS)
#define LOOK_MIN_MS (2 * MINUTE_MS) /* checks and verifications */
#define LOOK_SPREAD_MS (4 * MINUTE_MS)
#define TRAVEL_UNKNOWN_MS (5 * MINUTE_MS) /* where no place is known */
#define TRAVEL_MAX_MS (2 * HOUR_MS)

enum stage {
    STAGE_FREE = 0,
    STAGE_OFFERED,     /* due: answer the offer */
    STAGE_ASKED_OFFER, /* accept or decline is on its way */
    STAGE_ACCEPTED,    /* waits until the worker is free to go */
    STAGE_TRAVELLING,  /* due: there */
    STAGE_ASKED_ARRIVE,
    STAGE_WORKING, /* due: finished */
    STAGE_ASKED_FINISH,
    STAGE_COUNT,
};

struct order {
    uint64_t number;
    enum stage stage;
    int kind;   /* enum gridloop_order_kind */
    int action; /* asked for, in the ASKED stages */
    int severity;
    int64_t due_ms;   /* log time */
    int64_t since_ms; /* of travel */
    struct place from, place;
    char case_no[40];
};

struct worker_auto {
    struct worker_auto_options options;
    struct gridloop_worker *worker;
    struct order orders[AUTO_ORDERS_MAX];
    struct place at; /* where the worker is when not travelling */
    uint64_t random;
    char path[512]; /* of the orders file */
    bool is_changed;
    struct worker_auto_counts counts;
};

static uint32_t random_below(struct worker_auto *self, uint32_t bound)
{
    self->random += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mix64(self->random) >> 33) % bound;
}

static bool is_chance(struct worker_auto *self, uint32_t percent)
{
    return random_below(self, 100) < percent;
}

static int64_t random_ms(struct worker_auto *self, int64_t min_ms, int64_t spread_ms)
{
    return min_ms + (int64_t)random_below(self, (uint32_t)spread_ms);
}

/* An answer takes a tenth to four tenths of the time there is, 90 s at most: urgent offers are looked at sooner. */
static int64_t think_ms(struct worker_auto *self, int64_t now_ms, int64_t deadline_ms)
{
    const int64_t left_ms =
        deadline_ms > now_ms ? min_i64(deadline_ms - now_ms, 10 * MINUTE_MS) : MINUTE_MS;
    const int64_t share_ms = mul_div(left_ms, 10 + (int64_t)random_below(self, 31), 100);
    return max_i64(min_i64(share_ms, THINK_MAX_MS), THINK_MIN_MS);
}

static struct order *find_order(struct worker_auto *self, uint64_t number)
{
    for (uint32_t i = 0; i < AUTO_ORDERS_MAX; i++) {
        if (self->orders[i].stage != STAGE_FREE && self->orders[i].number == number) {
            return &self->orders[i];
        }
    }
    return NULL;
}

static void tell(struct worker_auto *self, const struct order *order, const char *what, int code)
{
    if (self->options.is_quiet) {
        return;
    }
    if (self->options.is_json) {
        (void)fprintf(self->options.out,
                      "{\"worker\":\"%s\",\"order\":%" PRIu64
                      ",\"case\":\"%s\",\"did\":\"%s\",\"code\":\"%s\"}\n",
                      self->options.identity, order->number, order->case_no, what,
                      gridloop_code_name(code));
        return;
    }
    (void)fprintf(self->options.out, "%s %s %s%s%s\n", self->options.identity, order->case_no, what,
                  code != GRIDLOOP_DONE ? " " : "",
                  code != GRIDLOOP_DONE ? gridloop_code_name(code) : "");
}

/* ---- the orders file: "order stage kind action severity due since lon lat lon lat case" a line, "at lon lat" ---- */

static void store(struct worker_auto *self)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s.new", self->path);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return; /* the engine tells again what it must; only speed is lost */
    }
    (void)fprintf(file, "at %" PRId32 " %" PRId32 "\n", self->at.lon, self->at.lat);
    for (uint32_t i = 0; i < AUTO_ORDERS_MAX; i++) {
        const struct order *order = &self->orders[i];
        if (order->stage != STAGE_FREE) {
            (void)fprintf(file,
                          "order %" PRIu64 " %d %d %d %d %" PRId64 " %" PRId64 " %" PRId32
                          " %" PRId32 " %" PRId32 " %" PRId32 " %s\n",
                          order->number, (int)order->stage, order->kind, order->action,
                          order->severity, order->due_ms, order->since_ms, order->from.lon,
                          order->from.lat, order->place.lon, order->place.lat,
                          order->case_no[0] != '\0' ? order->case_no : "-");
        }
    }
    if (fclose(file) == 0) {
        (void)rename(path, self->path);
    }
    self->is_changed = false;
}

static void load(struct worker_auto *self)
{
    FILE *file = fopen(self->path, "r");
    if (file == NULL) {
        return;
    }
    char line[256];
    uint32_t count = 0;
    while (fgets(line, sizeof line, file) != NULL && count < AUTO_ORDERS_MAX) {
        struct order order = {0};
        int stage = 0;
        if (sscanf(line, "at %" SCNd32 " %" SCNd32, &self->at.lon, &self->at.lat) == 2) {
            continue;
        }
        const int got = sscanf(line,
                               "order %" SCNu64 " %d %d %d %d %" SCNd64 " %" SCNd64 " %" SCNd32
                               " %" SCNd32 " %" SCNd32 " %" SCNd32 " %39s",
                               &order.number, &stage, &order.kind, &order.action, &order.severity,
                               &order.due_ms, &order.since_ms, &order.from.lon, &order.from.lat,
                               &order.place.lon, &order.place.lat, order.case_no);
        if (got != 12 || stage <= STAGE_FREE || stage >= STAGE_COUNT) {
            continue;
        }
        order.stage = (enum stage)stage;
        if (gridloop_worker_waiting(self->worker) == 0) {
            /* The act of an asked stage never reached the outbox, or its answer came and was not noted. */
            order.stage = order.stage == STAGE_ASKED_OFFER    ? STAGE_OFFERED
                          : order.stage == STAGE_ASKED_ARRIVE ? STAGE_TRAVELLING
                          : order.stage == STAGE_ASKED_FINISH ? STAGE_WORKING
                                                              : order.stage;
        }
        self->orders[count++] = order;
    }
    (void)fclose(file);
}

/* ---- what the engine says ---- */

static bool on_item(void *context, const struct gridloop_item *item)
{
    struct worker_auto *self = context;
    struct order *order = find_order(self, item->order);
    if (item->kind == GRIDLOOP_RECALL && order != NULL) {
        tell(self, order, "recalled", item->code);
        self->counts.lost++;
        *order = (struct order){0};
    }
    if (item->kind == GRIDLOOP_OFFER && order != NULL &&
        strcmp(order->case_no, item->case_no) != 0) {
        *order = (struct order){0}; /* left over from another log, whose numbers started at 1 too */
        order = NULL;
    }
    if (item->kind == GRIDLOOP_OFFER && order == NULL) {
        for (uint32_t i = 0; i < AUTO_ORDERS_MAX && order == NULL; i++) {
            order = self->orders[i].stage == STAGE_FREE ? &self->orders[i] : NULL;
        }
        if (order == NULL) {
            return true; /* hands full: the offer expires and goes to others */
        }
        const int64_t now_ms = gridloop_worker_now_ms(self->worker);
        *order = (struct order){.number = item->order,
                                .stage = STAGE_OFFERED,
                                .kind = item->order_kind,
                                .severity = item->severity,
                                .due_ms = now_ms + think_ms(self, now_ms, item->deadline_ms),
                                .place = place_none()};
        if (item->has_place) {
            order->place = (struct place){(int32_t)(item->lon * 1e7), (int32_t)(item->lat * 1e7)};
        }
        (void)snprintf(order->case_no, sizeof order->case_no, "%s", item->case_no);
        self->counts.offers++;
    }
    store(self); /* before the engine hears that the item is taken */
    return true;
}

/* After a refusal the engine's word on the order's state counts. */
static void follow(struct worker_auto *self, struct order *order,
                   const struct gridloop_act_result *result)
{
    const int64_t now_ms = gridloop_worker_now_ms(self->worker);
    self->counts.refused++;
    if (result->code == GRIDLOOP_WRONG_STATE && result->state == GRIDLOOP_ORDER_ACCEPTED &&
        order->stage == STAGE_ASKED_OFFER) {
        order->stage = STAGE_ACCEPTED;
    } else if (result->code == GRIDLOOP_WRONG_STATE && result->state == GRIDLOOP_ORDER_ARRIVED &&
               order->stage == STAGE_ASKED_ARRIVE) {
        order->stage = STAGE_WORKING;
        order->due_ms = now_ms;
    } else {
        *order = (struct order){0};
    }
}

static void on_done(struct worker_auto *self, struct order *order)
{
    const int64_t now_ms = gridloop_worker_now_ms(self->worker);
    const bool is_look =
        order->kind == GRIDLOOP_CHECK_RESULT || order->kind == GRIDLOOP_VERIFY_REPORT;
    switch (order->action) {
    case GRIDLOOP_ACCEPT:
        self->counts.accepted++;
        order->stage = STAGE_ACCEPTED;
        return;
    case GRIDLOOP_ARRIVE:
        self->counts.arrived++;
        order->stage = STAGE_WORKING;
        order->due_ms = now_ms + (is_look ? random_ms(self, LOOK_MIN_MS, LOOK_SPREAD_MS)
                                          : random_ms(self, WORK_MIN_MS, WORK_SPREAD_MS));
        return;
    case GRIDLOOP_DECLINE:
        self->counts.declined++;
        break;
    case GRIDLOOP_RETURN:
        self->counts.returned++;
        break;
    default:
        self->counts.finished++;
        break;
    }
    *order = (struct order){0};
}

static void on_result(void *context, const struct gridloop_act_result *result)
{
    struct worker_auto *self = context;
    struct order *order = find_order(self, result->order);
    if (order == NULL) {
        return; /* recalled meanwhile */
    }
    char verb[32];
    words_action_verb((uint32_t)order->action, verb, sizeof verb);
    tell(self, order, verb, result->code);
    if (result->code == GRIDLOOP_DONE || result->code == GRIDLOOP_FORGOTTEN) {
        on_done(self, order);
    } else {
        follow(self, order, result);
    }
    self->is_changed = true;
}

/* ---- what the worker does ---- */

static struct gridloop_fix fix_of(struct place place, int64_t now_ms)
{
    return (struct gridloop_fix){.is_known = place_is_known(place),
                                 .lon = place.lon / 1e7,
                                 .lat = place.lat / 1e7,
                                 .accuracy_cm = 800,
                                 .at_ms = now_ms};
}

/* Between from and place, by the share of the travel time that has passed. */
static struct place on_the_way(const struct order *order, int64_t now_ms)
{
    if (!place_is_known(order->from) || now_ms >= order->due_ms) {
        return order->place;
    }
    const int64_t whole_ms = max_i64(order->due_ms - order->since_ms, 1);
    const int64_t gone_ms = max_i64(now_ms - order->since_ms, 0);
    return (struct place){
        (int32_t)(order->from.lon +
                  mul_div((int64_t)order->place.lon - order->from.lon, gone_ms, whole_ms)),
        (int32_t)(order->from.lat +
                  mul_div((int64_t)order->place.lat - order->from.lat, gone_ms, whole_ms))};
}

static int64_t travel_ms(const struct worker_auto *self, struct place to)
{
    if (!place_is_known(self->at) || !place_is_known(to)) {
        return TRAVEL_UNKNOWN_MS;
    }
    /* cm x 10 / (mm/s) is s, x 1000 / 1000 for ms and permille */
    const int64_t mm = distance_cm(self->at, to) * 10;
    return min_i64(mul_div(mm, self->options.detour_permille, self->options.speed_mm_per_s),
                   TRAVEL_MAX_MS);
}

static int finish_action(struct worker_auto *self, const struct order *order)
{
    const bool fails = is_chance(self, self->options.fail_percent);
    if (order->kind == GRIDLOOP_CHECK_RESULT) {
        return fails ? GRIDLOOP_CHECK_FAIL : GRIDLOOP_CHECK_PASS;
    }
    if (order->kind == GRIDLOOP_VERIFY_REPORT) {
        return fails ? GRIDLOOP_VERIFY_NO : GRIDLOOP_VERIFY_YES;
    }
    return fails ? GRIDLOOP_RETURN : GRIDLOOP_FINISH;
}

static int reason_of(int action)
{
    switch (action) {
    case GRIDLOOP_DECLINE:
        return GRIDLOOP_IS_BUSY;
    case GRIDLOOP_RETURN:
        return GRIDLOOP_NOT_MINE;
    case GRIDLOOP_CHECK_FAIL:
        return GRIDLOOP_NOT_DONE;
    case GRIDLOOP_VERIFY_NO:
        return GRIDLOOP_NOT_FOUND;
    default:
        return GRIDLOOP_NO_REASON;
    }
}

static void ask(struct worker_auto *self, struct order *order, enum stage stage, int action,
                int64_t now_ms)
{
    const enum stage before = order->stage;
    order->stage = stage;
    order->action = action;
    store(self);
    struct gridloop_act act = {.order = order->number,
                               .action = action,
                               .reason = reason_of(action),
                               .fix = fix_of(self->at, now_ms)};
    if (gridloop_worker_act(self->worker, &act, NULL) != GRIDLOOP_OK) {
        order->stage = before; /* the outbox is full: later */
    }
}

/* The order to go to next: the gravest, then the oldest. */
static struct order *next_to_go(struct worker_auto *self)
{
    struct order *best = NULL;
    for (uint32_t i = 0; i < AUTO_ORDERS_MAX; i++) {
        struct order *order = &self->orders[i];
        if (order->stage == STAGE_TRAVELLING || order->stage == STAGE_ASKED_ARRIVE ||
            order->stage == STAGE_WORKING || order->stage == STAGE_ASKED_FINISH) {
            return NULL;
        }
        if (order->stage == STAGE_ACCEPTED &&
            (best == NULL || order->severity < best->severity ||
             (order->severity == best->severity && order->number < best->number))) {
            best = order;
        }
    }
    return best;
}

static void do_due(struct worker_auto *self, int64_t now_ms)
{
    for (uint32_t i = 0; i < AUTO_ORDERS_MAX; i++) {
        struct order *order = &self->orders[i];
        if (order->stage == STAGE_OFFERED && now_ms >= order->due_ms) {
            const bool declines = is_chance(self, self->options.decline_percent);
            ask(self, order, STAGE_ASKED_OFFER, declines ? GRIDLOOP_DECLINE : GRIDLOOP_ACCEPT,
                now_ms);
        } else if (order->stage == STAGE_TRAVELLING && now_ms >= order->due_ms) {
            self->at = place_is_known(order->place) ? order->place : self->at;
            ask(self, order, STAGE_ASKED_ARRIVE, GRIDLOOP_ARRIVE, now_ms);
        } else if (order->stage == STAGE_WORKING && now_ms >= order->due_ms) {
            ask(self, order, STAGE_ASKED_FINISH, finish_action(self, order), now_ms);
        }
    }
    struct order *next = next_to_go(self);
    if (next != NULL) {
        next->stage = STAGE_TRAVELLING;
        next->from = self->at;
        next->since_ms = now_ms;
        next->due_ms = now_ms + travel_ms(self, next->place);
        self->is_changed = true;
    }
}

static struct place place_now(const struct worker_auto *self, int64_t now_ms)
{
    for (uint32_t i = 0; i < AUTO_ORDERS_MAX; i++) {
        const struct order *order = &self->orders[i];
        if (order->stage == STAGE_TRAVELLING && place_is_known(order->place)) {
            return on_the_way(order, now_ms);
        }
    }
    return self->at;
}

int worker_auto_turn(struct worker_auto *worker)
{
    int64_t now_ms = gridloop_worker_now_ms(worker->worker);
    struct gridloop_fix fix = fix_of(place_now(worker, now_ms), now_ms);
    const int status = gridloop_worker_poll(worker->worker, 0, GRIDLOOP_READY, &fix);
    now_ms = gridloop_worker_now_ms(worker->worker);
    if (now_ms != 0) {
        do_due(worker, now_ms);
    }
    if (worker->is_changed) {
        store(worker);
    }
    return status;
}

/* ---- life ---- */

int worker_auto_open(const struct worker_auto_options *options, struct worker_auto **out_worker)
{
    struct worker_auto *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return GRIDLOOP_NO_MEMORY;
    }
    self->options = *options;
    self->at = options->home;
    self->random = options->seed;
    for (const char *c = options->identity; *c != '\0'; c++) {
        self->random = mix64(self->random ^ (uint8_t)*c);
    }
    (void)snprintf(self->path, sizeof self->path, "%s/%s.orders", options->directory,
                   options->identity);
    char state_path[512];
    (void)snprintf(state_path, sizeof state_path, "%s/%s.state", options->directory,
                   options->identity);
    struct gridloop_worker_options worker_options = {
        .on_item = on_item, .on_result = on_result, .context = self, .hold_ms = options->hold_ms};
    const int status = gridloop_worker_open(options->url, options->identity, state_path,
                                            &worker_options, &self->worker);
    if (status != GRIDLOOP_OK) {
        free(self);
        return status;
    }
    load(self);
    *out_worker = self;
    return GRIDLOOP_OK;
}

void worker_auto_close(struct worker_auto *worker)
{
    if (worker != NULL) {
        store(worker);
        gridloop_worker_close(worker->worker);
        free(worker);
    }
}

int worker_auto_fd(const struct worker_auto *worker, int index)
{
    return gridloop_worker_fd(worker->worker, index);
}

const char *worker_auto_why(const struct worker_auto *worker)
{
    return gridloop_worker_why(worker->worker);
}

struct worker_auto_counts worker_auto_counts(const struct worker_auto *worker)
{
    return worker->counts;
}

uint32_t worker_auto_active(const struct worker_auto *worker)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < AUTO_ORDERS_MAX; i++) {
        count += worker->orders[i].stage != STAGE_FREE;
    }
    return count;
}
