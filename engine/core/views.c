/* views.c: what the edge and read-only tools may see of the core's rows (core.h, views). */
#include "engine/core/case_extras.h"
#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/core.h"
#include "engine/core/keyring.h"
#include "engine/core/marks.h"
#include "engine/core/orders.h"
#include "engine/core/plans.h"
#include "engine/core/possible.h"
#include "engine/core/workers.h"

int64_t core_now_ms(const struct core *core)
{
    return core->now_ms;
}

const struct limits *core_limits(const struct core *core)
{
    return &core->limits;
}

const struct city *core_city(const struct core *core)
{
    return core->has_images ? state_city(core) : NULL;
}

const struct policy *core_policy(const struct core *core)
{
    return core->has_images ? state_policy(core) : NULL;
}

struct hash128 core_facts_digest(const struct core *core)
{
    return core->has_images ? core->facts_digest : (struct hash128){0, 0};
}

const struct core_counts *core_counts_now(const struct core *core)
{
    return &core->counts;
}

static void view_captures(const struct core *core, const struct case_row *row,
                          struct case_view *view)
{
    struct case_captures captures;
    case_captures_get(core, row, &captures);
    view->field_count = row->capture_count;
    for (uint32_t i = 0; i < captures.count; i++) {
        const struct case_capture *capture = &captures.list[i];
        view->fields[i].field = capture->field;
        view->fields[i].kind = capture->kind;
        view->fields[i].size = capture->size;
        if (capture->kind == FIELD_STRING) {
            memcpy(view->fields[i].text, captures.bytes + capture->offset, capture->size);
        } else if (capture->size == sizeof(int64_t)) {
            memcpy(&view->fields[i].number, captures.bytes + capture->offset, sizeof(int64_t));
        }
    }
}

static void view_orders(const struct core *core, const struct case_row *row, struct case_view *view)
{
    const uint32_t lead = orders_find_lead(core, row);
    uint32_t count = 0;
    if (lead != NONE32) {
        view->orders[count++] = orders_peek(&core->orders, lead)->number;
    }
    for (uint32_t slot = row->order_first; slot != NONE32 && count < COUNT_OF(view->orders);) {
        const struct order_row *order = orders_peek(&core->orders, slot);
        if (slot != lead && order_state_is_active((enum order_state)order->state)) {
            view->orders[count++] = order->number;
        }
        slot = order->next;
    }
}

static void view_links(const struct core *core, const struct case_row *row, struct case_view *view)
{
    view->survivor = row->survivor;
    if (row->parent != NONE32) {
        view->parent = cases_peek(&core->cases, row->parent)->no;
    }
    for (uint32_t child = row->child_first; child != NONE32;) {
        const struct case_row *below = cases_peek(&core->cases, child);
        if (!case_state_is_terminal((enum case_state)below->state) &&
            view->child_count < CASE_CHILDREN_SHOWN) {
            view->children[view->child_count++] = below->no;
        }
        child = below->child_next;
    }
}

static void view_case(const struct core *core, uint32_t slot, struct case_view *view)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    memset(view, 0, sizeof *view);
    view->no = row->no;
    view->state = (enum case_state)row->state;
    view->holder = row->holder;
    if (row->holder.kind == HOLDER_PERSON) {
        view->holder.index = core->workers.rows[row->holder.index].person;
    }
    view->rule = row->rule;
    view->class_row = row->class_row;
    view->cell = row->cell;
    view->asset = row->asset;
    view->device = row->device;
    view->severity = row->severity;
    view->place = row->place;
    view->opened_at_ms = row->opened_at_ms;
    view->onset_at_ms = row->onset_at_ms;
    view->handled_at_ms = row->handled_at_ms;
    view->closed_at_ms = row->closed_at_ms;
    view->event_count = row->event_count;
    view->clock = row->clock;
    view->deadline_ms = timers_due_ms(&core->timers, case_timer_id(slot, CASE_TIMER_CLOCK));
    view->clock_set_ms = clocks_set_ms(core, row, view->deadline_ms);
    view->gateway = row->gateway;
    view->sources_seen = row->sources_seen;
    view->handle_deadline_ms = clocks_handle_deadline(core, row);
    view->is_overdue = (row->flags & CASE_IS_MISSED) != 0;
    view->was_missed = (row->flags & CASE_EVER_MISSED) != 0;
    view->extensions = row->extensions;
    view->appeal = row->appeal;
    view->supervise_deadline_ms =
        timers_due_ms(&core->timers, case_timer_id(slot, CASE_TIMER_SUPERVISE));
    view_links(core, row, view);
    view_captures(core, row, view);
    view_orders(core, row, view);
    possible_fill(core, slot, view);
}

struct core_room core_room_now(const struct core *core)
{
    const struct windows *windows = &core->windows;
    return (struct core_room){.cases = core->cases.limit - core->cases.used,
                              .orders = core->orders.limit - core->orders.used,
                              .keys = core->keyring.limit - core->keyring.high,
                              .window_keys = windows->limit - windows->used,
                              .window_samples = windows->samples.limit - windows->samples.used,
                              .waits = core->waits.limit - core->waits.used,
                              .case_persons_max = CASE_WORKERS_MAX,
                              .case_informs_max = INFORMS_MAX,
                              .identity_keys_max = KEYS_PER_IDENTITY};
}

uint32_t core_window_keys(const struct core *core, uint32_t window)
{
    return window < core->windows.rule_count ? core->windows.rules[window].key_count : 0;
}

bool core_next_case(const struct core *core, uint32_t *slot, struct case_view *out_view)
{
    while (*slot < core->cases.high) {
        const uint32_t at = (*slot)++;
        if (core->cases.rows[at].is_used != 0) {
            view_case(core, at, out_view);
            return true;
        }
    }
    return false;
}

bool core_find_case(const struct core *core, struct case_no no, struct case_view *out_view)
{
    const uint32_t slot = cases_find(&core->cases, no);
    if (slot == NONE32) {
        return false;
    }
    view_case(core, slot, out_view);
    return true;
}

/* A plan's acknowledgement, as an order: offered until it is given. */
static bool find_duty(const struct core *core, uint64_t number, struct order_view *out_view)
{
    const uint32_t slot = duties_find(core, number);
    if (slot == NONE32) {
        return false;
    }
    const struct duty_row *duty = &core->plans.duties[slot];
    *out_view = (struct order_view){
        .number = number,
        .case_no = core->plans.rows[duty->plan].no,
        .kind = KIND_PLAN_TASK,
        .state = duty->state == DUTY_DONE        ? ORDER_DONE
                 : duty->state == DUTY_CANCELLED ? ORDER_RECALLED
                                                 : ORDER_OFFERED,
        .person = duty->worker == NONE32 ? NONE32 : core->workers.rows[duty->worker].person,
        .assign = NONE32,
        .offered_at_ms = core->plans.rows[duty->plan].begun_at_ms,
        .accepted_at_ms = duty->begun_at_ms,
        .ended_at_ms = duty->ended_at_ms,
        .deadline_ms = duty->state == DUTY_OPEN ? duty->due_ms : NEVER_MS,
        .clock = CLOCK_PLAN_ACK};
    return true;
}

bool core_find_order(const struct core *core, uint64_t number, struct order_view *out_view)
{
    const uint32_t slot = orders_find(&core->orders, number);
    if (slot == NONE32) {
        return find_duty(core, number, out_view);
    }
    const struct order_row *row = orders_peek(&core->orders, slot);
    *out_view = (struct order_view){
        .number = row->number,
        .case_no = cases_peek(&core->cases, row->case_slot)->no,
        .kind = (enum order_kind)row->kind,
        .state = (enum order_state)row->state,
        .person = row->worker == NONE32 ? NONE32 : core->workers.rows[row->worker].person,
        .post = row->post,
        .assign = row->assign,
        .is_lead = row->is_lead != 0,
        .offered_at_ms = row->offered_at_ms,
        .accepted_at_ms = row->accepted_at_ms,
        .arrived_at_ms = row->arrived_at_ms,
        .ended_at_ms = row->ended_at_ms,
        .deadline_ms = row->deadline_ms,
        .clock = row->clock};
    return true;
}

bool core_find_worker(const struct core *core, struct hash128 id_hash, struct worker_view *out_view)
{
    const uint32_t slot = workers_find(&core->workers, id_hash);
    if (slot == NONE32) {
        return false;
    }
    const struct worker_row *row = &core->workers.rows[slot];
    const struct city_person *person = worker_person(core, slot);
    *out_view = (struct worker_view){.person = row->person,
                                     .is_on_shift = worker_is_on_shift(core, slot),
                                     .is_in_hours = worker_is_in_hours(core, slot),
                                     .status = (enum worker_status)row->status,
                                     .fix = row->fix,
                                     .fix_at_ms = row->fix_at_ms,
                                     .seen_at_ms = row->seen_at_ms,
                                     .load = row->load,
                                     .capacity = person == NULL ? 0 : person->capacity,
                                     .item_seq_last = row->item_seq_last,
                                     .item_seq_taken = row->item_seq_taken};
    return true;
}

/* Newest by (day, serial, district): numbers of one day are compared across districts too. */
static bool is_newer(struct case_no a, struct case_no b)
{
    if (a.day != b.day) {
        return a.day > b.day;
    }
    return a.serial != b.serial ? a.serial > b.serial : a.district > b.district;
}

uint32_t core_find_case_suffix(const struct core *core, struct case_no part, struct case_no *out_no)
{
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < core->cases.high; slot++) {
        const struct case_row *row = &core->cases.rows[slot];
        const bool is_match = row->is_used != 0 && row->no.serial == part.serial &&
                              (part.day == 0 || row->no.day == part.day) &&
                              (part.district == 0 || row->no.district == part.district);
        if (!is_match) {
            continue;
        }
        if (count == 0 || is_newer(row->no, *out_no)) {
            *out_no = row->no;
        }
        count++;
    }
    return count;
}

bool core_case_was_given(const struct core *core, struct case_no part)
{
    const struct cases *cases = &core->cases;
    bool was_given = false;
    for (uint32_t i = 0; i < cases->district_count && !was_given; i++) {
        const uint32_t district = cases->districts[i].district;
        const struct case_no no = {district, part.day, part.serial};
        was_given = (part.district == 0 || part.district == district) &&
                    cases_was_given(cases, no); /* day 0 is before every day */
    }
    return was_given && (part.day != 0 || part.serial <= core->counts.cases_opened);
}

uint32_t core_worker_items(const struct core *core, struct hash128 id_hash, uint64_t after_seq,
                           struct item_view *out_items, uint32_t limit)
{
    const uint32_t slot = workers_find(&core->workers, id_hash);
    if (slot == NONE32) {
        return 0;
    }
    const struct worker_row *row = &core->workers.rows[slot];
    uint64_t seq = after_seq > row->item_seq_taken ? after_seq : row->item_seq_taken;
    if (row->item_seq_last > WORKER_ITEMS_MAX && seq < row->item_seq_last - WORKER_ITEMS_MAX) {
        seq = row->item_seq_last - WORKER_ITEMS_MAX; /* older ones were overwritten */
    }
    uint32_t count = 0;
    while (seq < row->item_seq_last && count < limit) {
        const struct item_row *item = worker_item(&core->workers, slot, ++seq);
        must(item->seq == seq);
        out_items[count++] = (struct item_view){
            .seq = seq, .kind = item->kind, .order = item->order, .code = item->code};
    }
    return count;
}

uint32_t core_case_contacts(const struct core *core, struct case_no no,
                            struct contact_view *out_views, uint32_t limit, bool *out_is_erased)
{
    const struct contacts *contacts = &core->contacts;
    const uint32_t slot = cases_find(&core->cases, no);
    const uint32_t head = slot == NONE32 ? 0 : contacts->heads[slot];
    uint32_t count = 0;
    *out_is_erased = head == CONTACTS_ERASED;
    uint32_t at = head == 0 || head == CONTACTS_ERASED ? NONE32 : head - 1;
    for (; at != NONE32 && count < limit; at = contacts->rows[at].next) {
        const struct contact_row *row = &contacts->rows[at];
        out_views[count++] =
            (struct contact_view){.id = row->id, .at_ms = row->at_ms, .sealed = row->sealed};
    }
    return count;
}

bool core_next_contact(const struct core *core, uint32_t *slot, struct hash128 *out_id)
{
    for (; *slot < core->contacts.high; (*slot)++) {
        if (core->contacts.rows[*slot].is_used != 0) {
            *out_id = core->contacts.rows[(*slot)++].id;
            return true;
        }
    }
    return false;
}

/* Which mark a principal's numbers are counted by: an id that was a gateway and now is a person counts as a person. */
static uint32_t mark_of(const struct core *core, struct hash128 principal)
{
    const uint32_t mark = marks_find(&core->marks, principal);
    const bool has_left = mark != NONE32 && core->marks.rows[mark].gateway == NONE32;
    return has_left && workers_find(&core->workers, principal) != NONE32 ? NONE32 : mark;
}

struct outbox_mark core_outbox_mark(const struct core *core, struct hash128 principal)
{
    const uint32_t mark = mark_of(core, principal);
    if (mark != NONE32) {
        return (struct outbox_mark){core->marks.rows[mark].epoch, core->marks.rows[mark].last_seq};
    }
    const uint32_t worker = workers_find(&core->workers, principal);
    if (worker != NONE32) {
        const struct worker_row *row = &core->workers.rows[worker];
        return (struct outbox_mark){row->epoch, row->last_seq};
    }
    return (struct outbox_mark){0, 0};
}

enum err core_find_results(const struct core *core, struct hash128 principal, uint64_t epoch,
                           uint64_t seq, uint64_t content_digest, struct effect_result *out_results,
                           uint32_t limit, uint32_t *out_count)
{
    const uint32_t mark = mark_of(core, principal);
    const uint32_t worker = workers_find(&core->workers, principal);
    if (limit == 0) {
        return ERR_TOO_LARGE;
    }
    if (mark != NONE32) {
        return mark_find_results(core, mark, epoch, seq, content_digest, out_results, limit,
                                 out_count);
    }
    if (worker == NONE32) {
        return ERR_NOT_FOUND;
    }
    const enum err err =
        mark_find_act(&core->workers.rows[worker], epoch, seq, content_digest, out_results);
    if (err == ERR_OK) {
        *out_count = 1;
    }
    return err;
}
