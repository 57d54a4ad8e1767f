/* choice_near.c: the nearest who could take an order, for a round that matches many orders at once; see choice.h.
 *
 * All rings of the rule count, a later one by so much the more as the policy says: whoever helps from the next district must be
 * worth it. With pick nearest a way is the straight line at the pace of the city's first mode, whoever goes. Who is no owner by a ruling, or goes there for no other case, comes after those who are and do. */
#include "engine/core/cases.h"
#include "engine/core/choice_search.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

#define UNKNOWN_WAY_MS HOUR_MS /* where case or worker has no place */
#define CALL_MS HOUR_MS        /* a step in whose turn it is */
#define COST_MS_MAX ((INT64_C(1) << 32) - 1)

static bool line_is_before(const struct near_line *a, const struct near_line *b)
{
    return a->cost_ms != b->cost_ms ? a->cost_ms < b->cost_ms : a->line.person < b->line.person;
}

static int64_t ring_ms(const struct search *search)
{
    return search->ring_index * state_policy(search->core)->info->rounds.ring_ms;
}

/* What is added to the way in this ring, for that worker. */
static int64_t extra_ms(const struct search *search, uint32_t slot,
                        const struct city_person *person)
{
    return ring_ms(search) + choice_call_of(search, slot, person) * CALL_MS;
}

/* With pick nearest: distance alone decides, so everybody goes at one pace. */
static int64_t straight_ms(const struct search *search, int64_t distance_cm)
{
    return city_travel_ms(&state_city(search->core)->modes[0], distance_cm);
}

/* The order of the case that he is on the way to, or NULL. */
static const struct order_row *order_on_the_way(const struct search *search, uint32_t worker)
{
    const struct core *core = search->core;
    for (uint32_t slot = core->workers.rows[worker].order_first; slot != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, slot);
        if (order->state == ORDER_ACCEPTED &&
            cases_peek(&core->cases, order->case_slot) == search->row) {
            return order;
        }
        slot = order->worker_next;
    }
    return NULL;
}

/* Half way along a street the nearest crossing may lie behind him or on a street that leads elsewhere, so that by his fix he would
 * seem far off just before he is there. What was promised when he was asked counts, less the time since he accepted, where
 * that is sooner; but no sooner than anybody could come from his fix, and not when twice that time has passed. */
static int64_t promised_ms(const struct search *search, const struct near_line *near,
                           int64_t by_fix_ms)
{
    const struct core *core = search->core;
    const struct worker_row *worker = &core->workers.rows[near->worker];
    const struct order_row *order = order_on_the_way(search, near->worker);
    if (order == NULL || order->way_ms == NONE32 || near->line.distance_cm < 0) {
        return by_fix_ms;
    }
    const int64_t gone_ms = sub_clamped(core->now_ms, order->accepted_at_ms);
    if (gone_ms > 2 * (int64_t)order->way_ms) {
        return by_fix_ms;
    }
    const int64_t fix_age_ms = min_i64(gone_ms, sub_clamped(core->now_ms, worker->fix_at_ms));
    const int64_t soonest_ms =
        mul_div(near->line.distance_cm, 10000, max_i64(1, core->fastest_mm_per_s)) - fix_age_ms;
    return min_i64(by_fix_ms, max_i64((int64_t)order->way_ms - gone_ms, max_i64(0, soonest_ms)));
}

/* The line with its way and cost; false: longer than give_up_ms by road. */
static bool measure(struct search *search, const struct city_person *person, struct place at,
                    int64_t give_up_ms, struct near_line *near)
{
    int64_t way_ms = near->line.travel_ms < 0 ? UNKNOWN_WAY_MS
                     : search->assign->pick == PICK_NEAREST
                         ? straight_ms(search, near->line.distance_cm)
                         : near->line.travel_ms;
    if (search->roads.is_used) {
        choice_road_travel(search, person, at, give_up_ms, &near->line);
        way_ms = choice_road_rank_ms(&near->line);
        if (way_ms == INT64_MAX) {
            return false;
        }
        if (search->is_any_load) { /* one person: perhaps who has the order */
            const int64_t left_ms = promised_ms(search, near, way_ms);
            near->line.travel_ms = left_ms < way_ms ? left_ms : near->line.travel_ms;
            way_ms = left_ms;
        }
    }
    near->cost_ms =
        min_i64(add_clamped(way_ms, extra_ms(search, near->worker, person)), COST_MS_MAX);
    return true;
}

void choice_near_take(struct search *search, uint32_t slot, const struct city_person *person,
                      struct place at, const struct effect_candidate *line)
{
    struct near_list *list = search->list;
    const bool is_full = list->count == list->limit;
    struct near_line near = {.worker = slot, .line = *line};
    if (!measure(search, person, at, is_full ? list->lines[list->count - 1].cost_ms : INT64_MAX,
                 &near)) {
        list->is_cut = true;
        return;
    }
    for (uint32_t i = 0; (search->ring_index > 0 || search->is_grid_ring) && i < list->count; i++) {
        if (list->lines[i].worker == slot) {
            return; /* an earlier ring had him, at less */
        }
    }
    uint32_t at_index = list->count;
    while (at_index > 0 && line_is_before(&near, &list->lines[at_index - 1])) {
        at_index--; /* most come in their order */
    }
    if (is_full) {
        list->is_cut = true;
        if (at_index == list->count) {
            return;
        }
        list->count--;
    }
    memmove(&list->lines[at_index + 1], &list->lines[at_index],
            (list->count - at_index) * sizeof list->lines[0]);
    list->lines[at_index] = near;
    list->count++;
    search->beyond = choice_near_beyond(search);
}

/* What anybody of this ring costs at least who is so far away. */
static int64_t least_ms(const struct search *search, int64_t away_cm)
{
    const int64_t soonest_ms =
        search->assign->pick == PICK_NEAREST
            ? straight_ms(search, away_cm)
            : mul_div(away_cm, 10000, max_i64(1, search->core->fastest_mm_per_s));
    return add_clamped(soonest_ms, ring_ms(search));
}

uint64_t choice_near_beyond(const struct search *search)
{
    const struct near_list *list = search->list;
    const struct city_mode *mode = &state_city(search->core)->modes[0];
    if (list->count < list->limit || search->assign->pick != PICK_NEAREST ||
        !place_is_known(search->row->place)) {
        return UINT64_MAX;
    }
    const int64_t last_ms = list->lines[list->count - 1].cost_ms;
    if (last_ms >= COST_MS_MAX) {
        return UINT64_MAX;
    }
    if (last_ms < ring_ms(search)) {
        return 0;
    }
    /* The least distance whose straight_ms is more than what is left; rounded up, as that one rounds down. */
    const uint64_t ms = (uint64_t)(last_ms - ring_ms(search) + 1);
    const uint64_t speed = (uint64_t)max_i64(1, mode->speed_mm_per_s);
    const uint64_t away_cm = (ms * speed - 1) / (UINT64_C(10) * mode->detour_permille) + 1;
    return away_cm > UINT32_MAX ? UINT64_MAX : away_cm * away_cm;
}

bool choice_near_is_full(const struct search *search, int64_t bound_cm)
{
    struct near_list *list = search->list;
    bool is_full = list->count == list->limit;
    if (search->beyond != UINT64_MAX) {
        is_full = (uint64_t)bound_cm * (uint64_t)bound_cm >= search->beyond;
    } else if (is_full) {
        is_full = least_ms(search, bound_cm) > list->lines[list->count - 1].cost_ms;
    }
    list->is_cut = list->is_cut || is_full;
    return is_full;
}

uint32_t choice_near(const struct core *core, struct choice_question question,
                     struct near_list *list)
{
    struct effect_decision record;
    struct search search;
    uint32_t considered = 0;
    must(list->limit >= 1 && list->limit <= ROUND_NEAREST_MAX);
    list->count = 0;
    list->is_cut = false;
    choice_search_begin(&search, core, question, list, &record);
    for (uint32_t i = 0; i < search.assign->rings.count; i++) {
        choice_search_ring(&search, i);
        considered += record.considered;
    }
    return considered;
}

/* Is he among those whom the ring asks, wherever he is? */
static bool is_of_ring(const struct search *search, const struct city_person *person,
                       uint32_t person_row)
{
    const struct city *city = state_city(search->core);
    if (search->ring->kind != RING_GRID) {
        return person->capacity > 0;
    }
    if (search->row->cell == NONE32) {
        return false;
    }
    const struct image_range persons = city->cells[search->row->cell].persons;
    for (uint32_t i = persons.first; i < persons.first + persons.count; i++) {
        if (city->cell_persons[i] == person_row) {
            return true;
        }
    }
    return false;
}

/* His line in the ring that the search stands at; false: a filter stops him there. */
static bool look_at_one(struct search *search, uint32_t worker, struct near_line *out_line)
{
    const struct core *core = search->core;
    const struct worker_row *row = &core->workers.rows[worker];
    const struct city_person *person = worker_person(core, worker);
    struct place at = grid_at(&core->workers.grid, worker);
    bool is_home = false;
    const bool is_asked = is_of_ring(search, person, row->person);
    search->is_grid_ring = search->ring->kind == RING_GRID && is_asked;
    search->case_unit =
        search->ring->kind == RING_LEVEL && search->row->cell != NONE32
            ? city_unit_of_cell(state_city(core), search->row->cell, search->ring->level)
            : NONE32;
    const enum code position = choice_filter_position(search, worker, person, &at, &is_home);
    const int64_t away_cm = place_is_known(at) && place_is_known(search->row->place)
                                ? distance_cm(at, search->row->place)
                                : -1;
    struct grid_place place = {at, worker, core->workers.grid.traits_of[worker]};
    place.of.kind = KIND_MIXED; /* every filter looks at him */
    const enum code code = choice_filter_all(search, &place, person, position, away_cm);
    *out_line = (struct near_line){
        .worker = worker,
        .line = {.person = row->person,
                 .code = (uint16_t)code,
                 .load = (uint16_t)row->load,
                 .capacity = place.of.capacity,
                 .ring = search->ring_index,
                 .is_home_cell = search->is_grid_ring,
                 .is_home_position = is_home,
                 .distance_cm = away_cm,
                 .travel_ms = choice_travel_ms(search, &place, person, away_cm)}};
    (void)measure(search, person, at, INT64_MAX, out_line);
    return code == CODE_ELIGIBLE && is_asked;
}

bool choice_near_one(const struct core *core, struct choice_question question, uint32_t worker,
                     struct near_line *out_line)
{
    struct effect_decision record;
    struct search search;
    struct near_line line;
    choice_search_begin(&search, core, question, NULL, &record);
    search.is_any_load = true;
    *out_line = (struct near_line){.worker = worker, .cost_ms = COST_MS_MAX};
    if (worker_person(core, worker) == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < search.assign->rings.count; i++) {
        search.ring = &state_policy(core)->rings[search.assign->rings.first + i];
        search.ring_index = (uint8_t)i;
        const bool is_eligible = look_at_one(&search, worker, &line);
        *out_line = i == 0 || is_eligible ? line : *out_line;
        if (is_eligible) {
            return true;
        }
    }
    return false;
}

void choice_record_round(const struct core *core, struct choice_question question,
                         const struct near_line *chosen, struct effect_decision *out_decision)
{
    struct search search;
    struct near_list list; /* not cleared, as it is large */
    list.held = NULL;
    list.limit = DECISION_CANDIDATES_MAX;
    list.count = 0;
    list.is_cut = false;
    choice_search_begin(&search, core, question, &list, out_decision);
    uint32_t considered = 0;
    for (uint32_t i = 0; i < search.assign->rings.count; i++) {
        choice_search_ring(&search, i);
        considered += out_decision->considered;
    }
    memset(out_decision->removed, 0, sizeof out_decision->removed);
    out_decision->considered = considered;
    out_decision->candidates[0] = chosen->line;
    out_decision->candidates[0].code = CODE_ELIGIBLE;
    out_decision->candidate_count = 1;
    for (uint32_t i = 0; i < list.count && out_decision->candidate_count < DECISION_CANDIDATES_MAX;
         i++) {
        struct effect_candidate *line = &out_decision->candidates[out_decision->candidate_count];
        if (list.lines[i].worker == chosen->worker) {
            continue;
        }
        *line = list.lines[i].line;
        line->code = line_is_before(&list.lines[i], chosen) ? CODE_NEEDED_ELSEWHERE : CODE_FARTHER;
        out_decision->candidate_count++;
    }
    for (uint32_t i = 0; i < out_decision->candidate_count; i++) {
        out_decision->removed[out_decision->candidates[i].code - CODE_ELIGIBLE]++;
    }
}

void choice_record_beside(const struct core *core, struct choice_question question, uint32_t worker,
                          enum reason reason, struct effect_decision *out_decision)
{
    struct near_line own;
    (void)choice_find(core, question, out_decision);
    (void)choice_near_one(core, question, worker, &own);
    out_decision->why = WHY_BY_HAND;
    out_decision->reason = (uint8_t)reason;
    out_decision->from = core->workers.rows[worker].person;
    out_decision->from_ms = own.line.travel_ms;
}

uint32_t choice_lesser_order(const struct core *core, uint32_t worker)
{
    const struct worker_row *row = &core->workers.rows[worker];
    uint32_t best = NONE32;
    uint8_t severity = 1;
    if (worker_item_count(row) >= WORKER_ITEMS_MAX) {
        return NONE32;
    }
    for (uint32_t slot = row->order_first; slot != NONE32;) { /* newest first */
        const struct order_row *order = orders_peek(&core->orders, slot);
        const struct case_row *other = cases_peek(&core->cases, order->case_slot);
        const bool is_handling = order->kind == KIND_HANDLE || order->kind == KIND_ASSIST;
        if (order->state == ORDER_ARRIVED) {
            return NONE32; /* he is on site somewhere: nobody takes him from there */
        }
        if (is_handling && other->severity > severity) {
            best = slot;
            severity = other->severity;
        }
        slot = order->worker_next;
    }
    return best;
}
