/* web_link.c: see web_link.h.
 *
 *   TELLING --ring full, or other images--> LOST --ring half empty--> WALKING: reset, cases, workers, ready --> TELLING
 *
 * While WALKING, what changes is told too: a row told twice is the same row or a newer one. Workers' positions have no
 * effect of their own, so they are looked through, some at every tick, and told when they differ. */
#include "engine/shell/web_link.h"

#include "engine/shell/web_ring.h"

#include <stdlib.h>

#define RECORDS_SIZE (16u << 20)
#define MAILS_SIZE (16u << 20) /* two of the largest frames, with room */
#define ANSWERS_SIZE (16u << 20)
#define MAILS_PER_CALL 256u
#define WORKERS_PER_TICK 1024u
#define ROUTE_MARK 0x57454200u /* "\0BEW": larger than any listener's number (nano.c) */

struct route {
    uint32_t mark;
    uint32_t reserved;
    uint64_t ask;
};

struct mail {
    struct route route;
};

/* What was last told of a worker. */
struct told {
    struct place fix;
    int64_t fix_at_ms;
    uint32_t load, capacity;
    uint8_t status;
    bool is_on_shift;
    bool is_told;
};

enum walk { WALK_NONE, WALK_LOST, WALK_CASES, WALK_WORKERS };

struct web_link {
    struct node *node;
    struct web_ring records, mails, answers;
    _Atomic uint64_t durable;
    _Atomic uint64_t lost;
    atomic_bool is_stopped;
    /* engine thread */
    uv_async_t mailbox;
    uv_timer_t tick;
    web_mail_fn *take;
    void *context;
    enum walk walk;
    struct effect_activated images; /* told at the last reset */
    uint32_t slot;                  /* of the walk through cases */
    uint32_t person;                /* of the walk through workers */
    struct told *told;
    uint32_t told_count;
    /* web thread */
    _Atomic(uv_async_t *) wake;
    atomic_bool has_mailbox;
};

enum err web_link_new(struct node *node, struct web_link **out_link)
{
    struct web_link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        return ERR_MEMORY;
    }
    link->node = node;
    link->walk = WALK_LOST;
    link->told_count = core_limits(node_core(node))->workers;
    link->told = calloc(link->told_count, sizeof *link->told);
    if (link->told == NULL || web_ring_init(&link->records, RECORDS_SIZE) != ERR_OK ||
        web_ring_init(&link->mails, MAILS_SIZE) != ERR_OK ||
        web_ring_init(&link->answers, ANSWERS_SIZE) != ERR_OK) {
        web_link_free(link);
        return ERR_MEMORY;
    }
    atomic_store(&link->durable, node_durable_position(node));
    *out_link = link;
    return ERR_OK;
}

void web_link_free(struct web_link *link)
{
    if (link == NULL) {
        return;
    }
    web_ring_fini(&link->records);
    web_ring_fini(&link->mails);
    web_ring_fini(&link->answers);
    free(link->told);
    free(link);
}

/* ---- engine thread: records ---- */

static void lose(struct web_link *link)
{
    if (link->walk != WALK_LOST) {
        atomic_fetch_add(&link->lost, 1);
        link->walk = WALK_LOST;
    }
}

static bool tell(struct web_link *link, const struct web_record *record)
{
    if (!web_ring_put(&link->records, record, sizeof *record, NULL, 0)) {
        lose(link);
        return false;
    }
    return true;
}

static struct web_record begin_record(const struct web_link *link, enum web_record_kind kind)
{
    struct web_record record;
    memset(&record, 0, sizeof record);
    record.position = node_position(link->node);
    record.at_ms = node_now_ms(link->node);
    record.kind = (uint32_t)kind;
    return record;
}

static void put(void *context, const struct history_record *history)
{
    struct web_link *link = context;
    if (link->walk == WALK_LOST) {
        return;
    }
    if (history->kind == HISTORY_IMAGES) {
        if (!hash128_is_equal(history->images.city, link->images.city) ||
            !hash128_is_equal(history->images.policy, link->images.policy)) {
            link->walk = WALK_LOST; /* row numbers have changed: begin anew */
        }
        return;
    }
    if (history->kind != HISTORY_CASE && history->kind != HISTORY_ORDER) {
        return;
    }
    struct web_record record =
        begin_record(link, history->kind == HISTORY_CASE ? WEB_RECORD_CASE : WEB_RECORD_ORDER);
    record.position = history->position;
    record.at_ms = history->at_ms;
    if (history->kind == HISTORY_CASE) {
        record.of.view = *history->view;
    } else {
        record.of.order = *history->order;
    }
    (void)tell(link, &record);
}

struct history_sink web_link_sink(struct web_link *link)
{
    return (struct history_sink){put, link};
}

static void start_walk(struct web_link *link)
{
    const struct core *core = node_core(link->node);
    if (core_city(core) == NULL || web_ring_used(&link->records) > RECORDS_SIZE / 2) {
        return;
    }
    struct web_record record = begin_record(link, WEB_RECORD_RESET);
    record.of.images = (struct effect_activated){.city = core_city(core)->image.digest,
                                                 .policy = core_policy(core)->image.digest};
    link->images = record.of.images;
    link->walk = WALK_CASES;
    link->slot = 0;
    link->person = 0;
    memset(link->told, 0, link->told_count * sizeof *link->told);
    (void)tell(link, &record);
}

static void tell_orders(struct web_link *link, const struct case_view *view)
{
    struct web_record record = begin_record(link, WEB_RECORD_ORDER);
    for (uint32_t i = 0; i < COUNT_OF(view->orders) && view->orders[i] != 0; i++) {
        if (core_find_order(node_core(link->node), view->orders[i], &record.of.order)) {
            (void)tell(link, &record);
        }
    }
}

static void walk_cases(struct web_link *link, uint64_t until_ns)
{
    struct web_record record = begin_record(link, WEB_RECORD_CASE);
    while (link->walk == WALK_CASES && uv_hrtime() < until_ns) {
        if (!core_next_case(node_core(link->node), &link->slot, &record.of.view)) {
            link->walk = WALK_WORKERS;
            return;
        }
        if (!case_state_is_terminal(record.of.view.state)) {
            (void)tell(link, &record);
            tell_orders(link, &record.of.view);
        }
    }
}

static bool is_as_told(const struct told *told, const struct worker_view *view)
{
    return told->is_told && told->fix.lon == view->fix.lon && told->fix.lat == view->fix.lat &&
           told->fix_at_ms == view->fix_at_ms && told->load == view->load &&
           told->capacity == view->capacity && told->status == (uint8_t)view->status &&
           told->is_on_shift == view->is_on_shift;
}

static void tell_worker(struct web_link *link, struct told *told, const struct worker_view *view)
{
    struct web_record record = begin_record(link, WEB_RECORD_WORKER);
    record.of.worker = *view;
    if (tell(link, &record)) {
        *told = (struct told){.fix = view->fix,
                              .fix_at_ms = view->fix_at_ms,
                              .load = view->load,
                              .capacity = view->capacity,
                              .status = (uint8_t)view->status,
                              .is_on_shift = view->is_on_shift,
                              .is_told = true};
    }
}

/* People who take orders, round and round. */
static void walk_workers(struct web_link *link, uint64_t until_ns)
{
    const struct core *core = node_core(link->node);
    const struct city *city = core_city(core);
    struct worker_view view;
    if (city == NULL) {
        return;
    }
    for (uint32_t i = 0; i < WORKERS_PER_TICK && uv_hrtime() < until_ns; i++) {
        if (link->person >= city->person_count) {
            struct web_record ready = begin_record(link, WEB_RECORD_READY);
            link->person = 0;
            if (link->walk == WALK_WORKERS && tell(link, &ready)) {
                link->walk = WALK_NONE;
            }
            return;
        }
        const uint32_t row = link->person++;
        if (row < link->told_count && city->persons[row].capacity > 0 &&
            core_find_worker(core, city->persons[row].id_hash, &view) &&
            !is_as_told(&link->told[row], &view)) {
            tell_worker(link, &link->told[row], &view);
        }
    }
}

static void on_tick(uv_timer_t *handle)
{
    struct web_link *link = handle->data;
    const uint64_t until_ns = uv_hrtime() + WEB_LINK_SLICE_US * UINT64_C(1000);
    struct web_record pulse = begin_record(link, WEB_RECORD_PULSE);
    pulse.position = node_durable_position(link->node);
    if (link->walk == WALK_LOST) {
        start_walk(link);
    }
    if (link->walk == WALK_CASES) {
        walk_cases(link, until_ns);
    }
    if (link->walk == WALK_WORKERS || link->walk == WALK_NONE) {
        walk_workers(link, until_ns);
    }
    if (link->walk != WALK_LOST) {
        (void)tell(link, &pulse);
    }
}

void web_link_durable(struct web_link *link, uint64_t position)
{
    if (link != NULL) {
        atomic_store_explicit(&link->durable, position, memory_order_release);
    }
}

/* ---- engine thread: mails and answers ---- */

static void on_mail(uv_async_t *handle)
{
    struct web_link *link = handle->data;
    uint64_t size = 0;
    const uint8_t *bytes;
    uint32_t left = MAILS_PER_CALL;
    while (left > 0 && (bytes = web_ring_peek(&link->mails, &size)) != NULL) {
        left--;
        link->take(link->context, bytes, sizeof(struct route), bytes + sizeof(struct mail),
                   size - sizeof(struct mail));
        web_ring_drop(&link->mails);
    }
    if (left == 0) {
        (void)uv_async_send(&link->mailbox);
    }
}

void web_link_start(struct web_link *link, uv_loop_t *uv, web_mail_fn *take, void *context)
{
    if (link == NULL) {
        return;
    }
    link->take = take;
    link->context = context;
    must(uv_async_init(uv, &link->mailbox, on_mail) == 0);
    link->mailbox.data = link;
    must(uv_timer_init(uv, &link->tick) == 0);
    link->tick.data = link;
    must(uv_timer_start(&link->tick, on_tick, 0, WEB_LINK_TICK_MS) == 0);
    atomic_store_explicit(&link->has_mailbox, true, memory_order_release);
}

void web_link_stop(struct web_link *link)
{
    if (link != NULL) {
        atomic_store_explicit(&link->has_mailbox, false, memory_order_release);
    }
}

bool web_link_send(struct web_link *link, const struct node_output *output)
{
    struct route route;
    if (link == NULL || output->route_size != sizeof route) {
        return false;
    }
    memcpy(&route, output->route, sizeof route);
    if (route.mark != ROUTE_MARK) {
        return false;
    }
    (void)web_ring_put(&link->answers, &route, sizeof route, output->bytes, output->size);
    uv_async_t *wake = atomic_load_explicit(&link->wake, memory_order_acquire);
    if (wake != NULL) {
        (void)uv_async_send(wake);
    }
    return true;
}

/* ---- web thread ---- */

void web_link_attach(struct web_link *link, uv_async_t *wake)
{
    atomic_store_explicit(&link->wake, wake, memory_order_release);
}

bool web_link_ask(struct web_link *link, uint64_t ask, const void *frame, uint64_t frame_size)
{
    const struct mail mail = {.route = {.mark = ROUTE_MARK, .ask = ask}};
    if (!atomic_load_explicit(&link->has_mailbox, memory_order_acquire) ||
        !web_ring_put(&link->mails, &mail, sizeof mail, frame, frame_size)) {
        return false;
    }
    (void)uv_async_send(&link->mailbox);
    return true;
}

const void *web_link_answer(struct web_link *link, uint64_t *out_ask, uint64_t *out_size)
{
    struct route route;
    uint64_t size = 0;
    const uint8_t *bytes = web_ring_peek(&link->answers, &size);
    if (bytes == NULL) {
        return NULL;
    }
    memcpy(&route, bytes, sizeof route);
    *out_ask = route.ask;
    *out_size = size - sizeof route;
    return bytes + sizeof route;
}

void web_link_answer_done(struct web_link *link)
{
    web_ring_drop(&link->answers);
}

const struct web_record *web_link_record(struct web_link *link)
{
    uint64_t size = 0;
    const struct web_record *record = web_ring_peek(&link->records, &size);
    if (record == NULL || record->position > web_link_durable_position(link)) {
        return NULL;
    }
    must(size == sizeof *record);
    return record;
}

void web_link_record_done(struct web_link *link)
{
    web_ring_drop(&link->records);
}

uint64_t web_link_durable_position(const struct web_link *link)
{
    return atomic_load_explicit(&link->durable, memory_order_acquire);
}

uint64_t web_link_lost(const struct web_link *link)
{
    return atomic_load_explicit(&link->lost, memory_order_relaxed);
}
