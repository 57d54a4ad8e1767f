/* orders.c: see orders.h.
 *
 *   OFFERED --accept--> ACCEPTED --arrive--> ARRIVED --done--> DONE
 *      |  decline, expire, recall   |  return, lost, recall |  return, recall
 *      v                            v                       v
 *   DECLINED, EXPIRED, RECALLED     RETURNED, EXPIRED, RECALLED
 *
 * Truths checked by orders_check():
 *   (1) An active order is in its worker's chain exactly once, an ended one in none.
 *   (2) A worker's load is the length of that chain.
 *   (3) A case has at most one active lead order. */
#include "engine/core/orders.h"

#include "engine/core/assign_round.h"
#include "engine/core/cases.h"

static struct hash128 key_of(uint64_t number)
{
    return (struct hash128){number, ~number};
}

static struct hash128 number_at(const void *rows, uint32_t slot)
{
    return key_of(((const struct order_row *)rows)[slot].number);
}

void orders_init(struct orders *orders, struct arena *arena, const struct limits *limits)
{
    orders->rows = arena_take(arena, sizeof(struct order_row), limits->orders);
    orders->limit = limits->orders;
    orders->used = 0;
    orders->high = 0;
    orders->free_first = NONE32;
    orders->last_number = 0;
    rowmap_init(&orders->by_number, arena, limits->orders,
                (struct rowmap_keys){orders->rows, number_at});
}

static void give(struct orders *orders, uint32_t slot)
{
    struct order_row *row = orders_at(orders, slot);
    must(!order_state_is_active((enum order_state)row->state));
    rowmap_remove(&orders->by_number, key_of(row->number));
    memset(row, 0, sizeof *row);
    row->free_next = orders->free_first;
    orders->free_first = slot;
    orders->used--;
}

/* Forgets the oldest ended order of a case that keeps too many. */
static void drop_oldest_ended(struct core *core, struct case_row *row)
{
    uint32_t *link = &row->order_first;
    uint32_t *oldest = NULL;
    while (*link != NONE32) {
        struct order_row *order = orders_at(&core->orders, *link);
        if (!order_state_is_active((enum order_state)order->state)) {
            oldest = link;
        }
        link = &order->next;
    }
    must(oldest != NULL);
    const uint32_t slot = *oldest;
    *oldest = orders_at(&core->orders, slot)->next;
    row->order_count--;
    give(&core->orders, slot);
}

enum err orders_take(struct core *core, uint32_t case_slot, uint32_t worker, enum order_kind kind,
                     uint32_t *out_slot)
{
    struct orders *orders = &core->orders;
    struct case_row *owner = cases_at(&core->cases, case_slot);
    if (owner->order_count == CASE_ORDERS_MAX) {
        drop_oldest_ended(core, owner);
    }
    if (orders->used == orders->limit) {
        return ERR_FULL;
    }
    uint32_t slot = orders->free_first;
    if (slot != NONE32) {
        orders->free_first = orders->rows[slot].free_next;
    } else {
        slot = orders->high++;
    }
    must(slot < orders->limit && orders->rows[slot].is_used == 0);
    orders->used++;
    struct worker_row *person = worker == NONE32 ? NULL : &core->workers.rows[worker];
    struct order_row *row = &orders->rows[slot];
    *row = (struct order_row){.number = ++orders->last_number,
                              .is_used = 1,
                              .case_slot = case_slot,
                              .worker = worker,
                              .post = NONE32,
                              .assign = NONE32,
                              .kind = (uint8_t)kind,
                              .state = ORDER_OFFERED,
                              .assign_index = 0xff,
                              .round = (uint8_t)owner->round,
                              .offered_at_ms = core->now_ms,
                              .deadline_ms = NEVER_MS,
                              .next = owner->order_first,
                              .worker_next = person == NULL ? NONE32 : person->order_first,
                              .worker_prev = NONE32,
                              .way_ms = NONE32};
    owner->order_first = slot;
    owner->order_count++;
    if (person != NULL) {
        if (person->order_first != NONE32) {
            orders->rows[person->order_first].worker_prev = slot;
        }
        person->order_first = slot;
        person->load++;
    }
    rowmap_put(&orders->by_number, key_of(row->number), slot);
    *out_slot = slot;
    return ERR_OK;
}

static void leave_worker(struct core *core, struct order_row *row, uint32_t slot)
{
    struct orders *orders = &core->orders;
    struct worker_row *person = &core->workers.rows[row->worker];
    if (row->worker_next != NONE32) {
        orders->rows[row->worker_next].worker_prev = row->worker_prev;
    }
    if (row->worker_prev != NONE32) {
        orders->rows[row->worker_prev].worker_next = row->worker_next;
    } else {
        must(person->order_first == slot);
        person->order_first = row->worker_next;
    }
    must(person->load > 0);
    person->load--;
    row->worker_next = row->worker_prev = NONE32;
}

void orders_end(struct core *core, uint32_t slot, enum order_state state)
{
    struct order_row *row = orders_at(&core->orders, slot);
    must(order_state_is_active((enum order_state)row->state));
    must(!order_state_is_active(state));
    if (row->worker != NONE32) {
        leave_worker(core, row, slot);
    }
    row->state = (uint8_t)state;
    row->ended_at_ms = core->now_ms;
    row->deadline_ms = NEVER_MS;
    row->clock = CLOCK_NONE;
    timers_cancel(&core->timers, order_timer_id(core, slot));
    rounds_release(core);
}

void orders_give_all(struct core *core, uint32_t case_slot)
{
    struct case_row *row = cases_at(&core->cases, case_slot);
    while (row->order_first != NONE32) {
        const uint32_t slot = row->order_first;
        row->order_first = orders_at(&core->orders, slot)->next;
        give(&core->orders, slot);
    }
    row->order_count = 0;
}

uint32_t orders_find(const struct orders *orders, uint64_t number)
{
    return rowmap_find(&orders->by_number, key_of(number));
}

bool orders_index(struct orders *orders)
{
    for (uint32_t slot = 0; slot < orders->high; slot++) {
        const struct order_row *row = &orders->rows[slot];
        if (row->is_used == 0) {
            continue;
        }
        if (orders_find(orders, row->number) != NONE32) {
            return false;
        }
        rowmap_put(&orders->by_number, key_of(row->number), slot);
    }
    return true;
}

uint32_t orders_find_lead(const struct core *core, const struct case_row *row)
{
    for (uint32_t slot = row->order_first; slot != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, slot);
        if (order->is_lead != 0 && order_state_is_active((enum order_state)order->state)) {
            return slot;
        }
        slot = order->next;
    }
    return NONE32;
}

bool orders_has_worker(const struct core *core, const struct case_row *row, uint32_t worker)
{
    for (uint32_t slot = row->order_first; slot != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, slot);
        if (order->worker == worker && order_state_is_active((enum order_state)order->state)) {
            return true;
        }
        slot = order->next;
    }
    return false;
}

bool orders_has_finished(const struct core *core, const struct case_row *row, uint32_t worker)
{
    for (uint32_t slot = row->order_first; slot != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, slot);
        if (order->worker == worker && order->state == ORDER_DONE && order->round == row->round) {
            return true;
        }
        slot = order->next;
    }
    return false;
}

uint32_t orders_count_active(const struct core *core, const struct case_row *row, uint32_t kinds)
{
    uint32_t count = 0;
    for (uint32_t slot = row->order_first; slot != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, slot);
        if (order_state_is_active((enum order_state)order->state) &&
            (kinds & (1u << order->kind)) != 0) {
            count++;
        }
        slot = order->next;
    }
    return count;
}

static void check_worker_chains(const struct core *core)
{
    uint32_t active = 0;
    for (uint32_t w = 0; w < core->workers.count; w++) {
        const struct worker_row *person = &core->workers.rows[w];
        uint32_t load = 0;
        uint32_t before = NONE32;
        for (uint32_t slot = person->order_first; slot != NONE32;) {
            const struct order_row *order = orders_peek(&core->orders, slot);
            must(order->worker == w && order->worker_prev == before);
            must(order_state_is_active((enum order_state)order->state));
            load++;
            before = slot;
            slot = order->worker_next;
        }
        must(load == person->load);
        active += load;
    }
    uint32_t expected = 0;
    for (uint32_t slot = 0; slot < core->orders.high; slot++) {
        const struct order_row *order = &core->orders.rows[slot];
        expected += order->is_used != 0 && order->worker != NONE32 &&
                    order_state_is_active((enum order_state)order->state);
    }
    must(active == expected);
}

void orders_check(const struct core *core)
{
    uint32_t used = 0;
    for (uint32_t slot = 0; slot < core->orders.high; slot++) {
        used += core->orders.rows[slot].is_used != 0;
    }
    must(used == core->orders.used);
    rowmap_check(&core->orders.by_number);
    check_worker_chains(core);
    uint32_t chained = 0;
    for (uint32_t c = 0; c < core->cases.high; c++) {
        const struct case_row *row = &core->cases.rows[c];
        if (row->is_used == 0) {
            continue;
        }
        uint32_t count = 0;
        uint32_t leads = 0;
        for (uint32_t slot = row->order_first; slot != NONE32;) {
            const struct order_row *order = orders_peek(&core->orders, slot);
            must(order->case_slot == c);
            leads += order->is_lead != 0 && order_state_is_active((enum order_state)order->state);
            count++;
            slot = order->next;
        }
        must(leads <= 1);
        must(count == row->order_count && count <= CASE_ORDERS_MAX);
        chained += count;
    }
    must(chained == used);
}
