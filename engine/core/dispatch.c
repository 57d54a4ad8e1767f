/* dispatch.c: see dispatch.h. */
#include "engine/core/dispatch.h"

#include "engine/core/calendar.h"
#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/flow.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

#define PERSONS_PER_OPERATION 16 /* whose duty is read in the time of one candidate; measured */

/* What a candidate is ranked by; smaller wins, compared from the top. */
struct rank {
    int64_t team; /* checks: 1 = same team as a handler */
    int64_t first;
    int64_t second;
    int64_t third;
    uint32_t person; /* image row: rows are in id order */
};

struct search {
    const struct core *core;
    const struct case_row *row;
    const struct policy_assign *assign;
    const struct policy_ring *ring;
    struct effect_decision *record;
    enum order_kind kind;
    uint8_t ring_index;
    bool is_grid_ring;
    uint32_t seen;      /* workers of the grid looked at in this ring */
    uint32_t case_unit; /* RING_LEVEL: the unit the case lies in */
    uint32_t best;      /* worker slot or NONE32 */
    struct rank best_rank;
    struct effect_candidate best_line; /* what the record says of him */
};

static bool rank_is_before(const struct rank *a, const struct rank *b)
{
    if (a->team != b->team) {
        return a->team < b->team;
    }
    if (a->first != b->first) {
        return a->first < b->first;
    }
    if (a->second != b->second) {
        return a->second < b->second;
    }
    if (a->third != b->third) {
        return a->third < b->third;
    }
    return a->person < b->person;
}

static bool has_role(const struct policy_assign *assign, const struct city_person *person)
{
    return (person->rights & assign->rights) != 0 &&
           (assign->roles == 0 || (person->roles & assign->roles) != 0);
}

/* Filters that do not depend on where anybody is. */
static enum code filter_duty(const struct search *search, uint32_t slot,
                             const struct city_person *person)
{
    const struct worker_row *worker = &search->core->workers.rows[slot];
    const struct policy_assign *assign = search->assign;
    if (!has_role(assign, person)) {
        return CODE_WRONG_ROLE;
    }
    if ((person->skills & assign->skills) != assign->skills) {
        return CODE_WRONG_SKILL;
    }
    if (worker->status == STATUS_PAUSED) {
        return CODE_RESTING;
    }
    if (assign->ignore_shift == 0 && !worker_is_on_shift(search->core, slot)) {
        return CODE_OFF_SHIFT;
    }
    return CODE_ELIGIBLE;
}

/* Filters about this case and this worker's load. */
static enum code filter_case(const struct core *core, const struct case_row *row, uint32_t slot,
                             enum order_kind kind, uint32_t limit)
{
    const struct worker_row *worker = &core->workers.rows[slot];
    const uint32_t flags = case_person_flags(row, slot);
    if (kind == KIND_CHECK_RESULT && (flags & (PERSON_HANDLED | PERSON_COMMANDED)) != 0) {
        return CODE_CONFLICTED;
    }
    /* Who has done a part of it is not asked for another part; rework is a new round. */
    const bool is_handling = kind == KIND_HANDLE || kind == KIND_ASSIST;
    if (orders_has_worker(core, row, slot) ||
        (is_handling && orders_has_finished(core, row, slot))) {
        return CODE_ALREADY_ON_CASE;
    }
    if (worker->load >= limit || worker_item_count(worker) >= WORKER_ITEMS_MAX) {
        return CODE_AT_CAPACITY;
    }
    return CODE_ELIGIBLE;
}

/* Where the worker counts as being, and whether that is a guess. */
static enum code filter_position(const struct search *search, uint32_t slot,
                                 const struct city_person *person, struct place *out_at,
                                 bool *out_is_home)
{
    const struct core *core = search->core;
    const struct worker_row *worker = &core->workers.rows[slot];
    *out_is_home = false;
    *out_at = worker->position;
    if (worker_has_fresh_fix(core, worker)) {
        return CODE_ELIGIBLE;
    }
    *out_is_home = true;
    if (!place_is_known(worker->fix) && person->has_base != 0) {
        return CODE_ELIGIBLE;
    }
    if (search->is_grid_ring) { /* nobody may be forced to be tracked in the own cell */
        const struct city_cell *home = &state_city(core)->cells[search->row->cell];
        *out_at = person->has_base != 0 ? (struct place){person->lon, person->lat}
                                        : (struct place){home->lon, home->lat};
        return CODE_ELIGIBLE;
    }
    return place_is_known(worker->fix) ? CODE_STALE_FIX : CODE_NO_FIX;
}

static enum code filter_area(const struct search *search, const struct city_person *person,
                             int64_t distance_cm)
{
    if (search->ring->kind == RING_RADIUS) {
        return distance_cm < 0 || distance_cm > search->ring->radius_cm ? CODE_OUT_OF_RADIUS
                                                                        : CODE_ELIGIBLE;
    }
    if (search->ring->kind == RING_LEVEL) {
        const uint32_t unit = person->home_cell == NONE32
                                  ? NONE32
                                  : city_unit_of_cell(state_city(search->core), person->home_cell,
                                                      search->ring->level);
        return unit == NONE32 || unit != search->case_unit ? CODE_NOT_IN_AREA : CODE_ELIGIBLE;
    }
    return CODE_ELIGIBLE;
}

static int64_t travel_ms_of(const struct search *search, const struct city_person *person,
                            int64_t distance_cm)
{
    const struct city_mode *mode = &state_city(search->core)->modes[person->mode];
    if (distance_cm < 0) {
        return -1;
    }
    /* cm x 10 = mm; x detour / 1000; / (mm/s) x 1000 = ms */
    return mul_div(mul_div(distance_cm, 10 * (int64_t)mode->detour_permille, 1), 1,
                   max_i64(1, mode->speed_mm_per_s));
}

/* Does a handler of the case belong to this team? */
static bool is_handlers_team(const struct search *search, const struct city_person *person)
{
    const struct city *city = state_city(search->core);
    for (uint32_t i = 0; i < search->row->person_count; i++) {
        const struct city_person *handler =
            worker_person(search->core, search->row->persons[i].worker);
        if ((search->row->persons[i].flags & PERSON_HANDLED) != 0 && handler != NULL &&
            person->team.size > 0 && handler->team.size == person->team.size &&
            memcmp(city_text(city, handler->team), city_text(city, person->team),
                   person->team.size) == 0) {
            return true;
        }
    }
    return false;
}

static struct rank rank_of(const struct search *search, uint32_t slot,
                           const struct city_person *person, int64_t distance_cm, int64_t travel_ms)
{
    const struct worker_row *worker = &search->core->workers.rows[slot];
    const int64_t distance = distance_cm < 0 ? INT64_MAX : distance_cm;
    struct rank rank = {.first = distance, .second = worker->load, .person = worker->person};
    if (search->kind == KIND_CHECK_RESULT) {
        rank.team = is_handlers_team(search, person);
    }
    if (search->assign->pick == PICK_LEAST_LOADED) {
        rank.first = worker->load;
        rank.second = distance;
    } else if (search->assign->pick == PICK_ETA) {
        rank.first = travel_ms < 0 ? INT64_MAX : travel_ms;
        rank.second = distance;
        rank.third = worker->load;
    }
    return rank;
}

/* People of the wrong role say little; they give way to the rest, then the far to the near. */
static bool candidate_is_before(const struct effect_candidate *a, const struct effect_candidate *b)
{
    const bool a_is_other = a->code == CODE_WRONG_ROLE;
    const bool b_is_other = b->code == CODE_WRONG_ROLE;
    if (a_is_other != b_is_other) {
        return b_is_other;
    }
    const int64_t a_cm = a->distance_cm < 0 ? INT64_MAX : a->distance_cm;
    const int64_t b_cm = b->distance_cm < 0 ? INT64_MAX : b->distance_cm;
    return a_cm != b_cm ? a_cm < b_cm : a->person < b->person;
}

static void record_remove(struct effect_decision *record, uint32_t index)
{
    record->candidate_count--;
    for (uint32_t i = index; i < record->candidate_count; i++) {
        record->candidates[i] = record->candidates[i + 1];
    }
}

/* Keeps the list sorted and bounded; a worker looked at in a later ring replaces the earlier line. */
static void record_candidate(struct effect_decision *record,
                             const struct effect_candidate *candidate)
{
    for (uint32_t i = 0; i < record->candidate_count; i++) {
        if (record->candidates[i].person == candidate->person) {
            record_remove(record, i);
            break;
        }
    }
    uint32_t at = record->candidate_count;
    while (at > 0 && candidate_is_before(candidate, &record->candidates[at - 1])) {
        at--;
    }
    if (at == DECISION_CANDIDATES_MAX) {
        return;
    }
    uint32_t last = record->candidate_count;
    if (last == DECISION_CANDIDATES_MAX) {
        last--;
    } else {
        record->candidate_count++;
    }
    for (uint32_t i = last; i > at; i--) {
        record->candidates[i] = record->candidates[i - 1];
    }
    record->candidates[at] = *candidate;
}

/* The record is full of people who say more than the wrong role. */
static bool record_is_settled(const struct effect_decision *record)
{
    return record->candidate_count == DECISION_CANDIDATES_MAX &&
           record->candidates[DECISION_CANDIDATES_MAX - 1].code != CODE_WRONG_ROLE;
}

static void consider(struct search *search, uint32_t slot)
{
    const struct core *core = search->core;
    const struct worker_row *worker = &core->workers.rows[slot];
    const struct city_person *person = worker_person(core, slot);
    if (person == NULL || person->capacity == 0) {
        return;
    }
    if (!has_role(search->assign, person) && record_is_settled(search->record)) {
        search->record->considered++; /* most of a city: their way need not be measured */
        search->record->removed[CODE_WRONG_ROLE - CODE_ELIGIBLE]++;
        return;
    }
    struct place at;
    bool is_home;
    enum code position = filter_position(search, slot, person, &at, &is_home);
    const int64_t away_cm = place_is_known(at) && place_is_known(search->row->place)
                                ? distance_cm(at, search->row->place)
                                : -1;
    enum code code = filter_duty(search, slot, person);
    if (code == CODE_ELIGIBLE && (case_person_flags(search->row, slot) & PERSON_DECLINED) != 0) {
        code = CODE_DECLINED;
    }
    if (code == CODE_ELIGIBLE) {
        const uint32_t max_load = search->assign->max_load;
        code =
            filter_case(core, search->row, slot, search->kind,
                        max_load > 0 && max_load < person->capacity ? max_load : person->capacity);
    }
    if (code == CODE_ELIGIBLE) {
        code = position;
    }
    if (code == CODE_ELIGIBLE) {
        code = filter_area(search, person, away_cm);
    }
    const int64_t travel_ms = travel_ms_of(search, person, away_cm);
    struct effect_decision *record = search->record;
    record->considered++;
    record->removed[code - CODE_ELIGIBLE]++;
    const struct effect_candidate line = {.person = worker->person,
                                          .code = (uint16_t)code,
                                          .load = (uint16_t)worker->load,
                                          .capacity = (uint16_t)person->capacity,
                                          .ring = search->ring_index,
                                          .is_home_cell = search->is_grid_ring,
                                          .is_home_position = is_home,
                                          .distance_cm = away_cm,
                                          .travel_ms = travel_ms};
    record_candidate(record, &line);
    if (code != CODE_ELIGIBLE) {
        return;
    }
    const struct rank rank = rank_of(search, slot, person, away_cm, travel_ms);
    if (search->best == NONE32 || rank_is_before(&rank, &search->best_rank)) {
        search->best = slot;
        search->best_rank = rank;
        search->best_line = line;
    }
}

/* Can nobody at least bound_cm away beat the best so far? */
static bool is_settled(const struct search *search, int64_t bound_cm)
{
    if (search->ring->kind == RING_RADIUS && bound_cm > search->ring->radius_cm) {
        return true;
    }
    if (search->best == NONE32 || search->kind == KIND_CHECK_RESULT) {
        return false;
    }
    if (search->assign->pick == PICK_NEAREST) {
        return bound_cm > search->best_rank.first;
    }
    if (search->assign->pick == PICK_ETA) {
        const int64_t soonest =
            mul_div(bound_cm, 10000, max_i64(1, search->core->fastest_mm_per_s));
        return soonest > search->best_rank.first;
    }
    return false;
}

static void consider_bucket(struct search *search, int64_t x, int64_t y)
{
    const struct workers *workers = &search->core->workers;
    if (x < 0 || y < 0 || x >= workers->side || y >= workers->side) {
        return;
    }
    for (uint32_t slot = workers->buckets[y * workers->side + x]; slot != 0;) {
        search->seen++;
        consider(search, slot - 1);
        const uint32_t next = workers->rows[slot - 1].bucket_next;
        slot = next == NONE32 ? 0 : next + 1;
    }
}

/* The least that one bucket more means in distance: measured where a degree of longitude is shortest, at the edge of the
 * box nearest a pole, and a twentieth less for those beyond that edge. */
static int64_t bucket_step_cm(const struct workers *workers, struct place at)
{
    const int64_t top = workers->origin.lat + (int64_t)workers->side * workers->lat_step;
    const int64_t low = min_i64(at.lat, workers->origin.lat);
    const int64_t high = min_i64(max_i64(at.lat, top), LAT_LIMIT);
    const struct place from = {0, (int32_t)(high > -low ? high : low)};
    const struct place east = {(int32_t)min_i64(workers->lon_step, LON_LIMIT), from.lat};
    const struct place south = {
        0, (int32_t)(from.lat - (from.lat > 0 ? 1 : -1) * min_i64(workers->lat_step, LAT_LIMIT))};
    return min_i64(distance_cm(from, east), distance_cm(from, south)) * 19 / 20;
}

/* Buckets outward from the case, square by square. */
static void search_outward(struct search *search)
{
    const struct workers *workers = &search->core->workers;
    struct place at = search->row->place;
    if (!place_is_known(at)) {
        at = workers->origin; /* no place: everybody is looked at, nobody is near */
    }
    const int64_t step_cm = bucket_step_cm(workers, at);
    int64_t x = ((int64_t)at.lon - workers->origin.lon) / workers->lon_step;
    int64_t y = ((int64_t)at.lat - workers->origin.lat) / workers->lat_step;
    x = min_i64(max_i64(x, 0), workers->side - 1);
    y = min_i64(max_i64(y, 0), workers->side - 1);
    for (int64_t k = 0; k < workers->side && search->seen < workers->in_grid; k++) {
        if (place_is_known(search->row->place) && is_settled(search, (k - 1) * step_cm)) {
            return;
        }
        if (k == 0) {
            consider_bucket(search, x, y);
            continue;
        }
        for (int64_t i = -k; i <= k; i++) {
            consider_bucket(search, x + i, y - k);
            consider_bucket(search, x + i, y + k);
        }
        for (int64_t i = -k + 1; i < k; i++) {
            consider_bucket(search, x - k, y + i);
            consider_bucket(search, x + k, y + i);
        }
    }
}

static void search_ring(struct search *search)
{
    const struct city *city = state_city(search->core);
    search->record->considered = 0;
    search->seen = 0;
    memset(search->record->removed, 0, sizeof search->record->removed);
    search->is_grid_ring = search->ring->kind == RING_GRID;
    if (search->ring->kind == RING_LEVEL) {
        search->case_unit = search->row->cell == NONE32
                                ? NONE32
                                : city_unit_of_cell(city, search->row->cell, search->ring->level);
    }
    if (!search->is_grid_ring) {
        search_outward(search);
        return;
    }
    if (search->row->cell == NONE32) {
        return;
    }
    const struct image_range persons = city->cells[search->row->cell].persons;
    for (uint32_t i = 0; i < persons.count; i++) {
        const uint32_t person = city->cell_persons[persons.first + i];
        consider(search, search->core->workers.person_slots[person]);
    }
}

/* Puts the chosen first, also where more than the record holds were nearer, and names the eligible others for what they
 * are. */
static void settle_record(struct search *search)
{
    struct effect_decision *record = search->record;
    const struct effect_candidate chosen = search->best_line;
    for (uint32_t i = 0; i < record->candidate_count; i++) {
        if (record->candidates[i].person == chosen.person) {
            record_remove(record, i);
            break;
        }
    }
    for (uint32_t i = 0; i < record->candidate_count; i++) {
        struct effect_candidate *other = &record->candidates[i];
        if (other->code == CODE_ELIGIBLE) {
            other->code = search->assign->pick == PICK_LEAST_LOADED && other->load > chosen.load
                              ? CODE_BUSIER
                              : CODE_FARTHER;
        }
    }
    if (record->candidate_count == DECISION_CANDIDATES_MAX) {
        record->candidate_count--;
    }
    for (uint32_t i = record->candidate_count; i > 0; i--) {
        record->candidates[i] = record->candidates[i - 1];
    }
    record->candidates[0] = chosen;
    record->candidate_count++;
}

/* The filter that removed the most in the last ring; between equals the lowest code. */
static enum code binding_of(const struct effect_decision *record)
{
    enum code binding = CODE_NOTHING;
    uint32_t most = 0;
    for (uint32_t i = 1; i < COUNT_OF(record->removed); i++) {
        if (record->removed[i] > most) {
            most = record->removed[i];
            binding = (enum code)(CODE_ELIGIBLE + i);
        }
    }
    return binding;
}

uint32_t dispatch_choose(const struct core *core, uint32_t case_slot, uint32_t assign,
                         enum order_kind kind, struct effect_decision *out_decision)
{
    const struct policy *policy = state_policy(core);
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    must(assign < policy->assign_count);
    memset(out_decision, 0, sizeof *out_decision);
    out_decision->case_no = row->no;
    out_decision->rule = row->rule;
    out_decision->assign = assign;
    out_decision->order_kind = (uint8_t)kind;
    struct search search = {.core = core,
                            .row = row,
                            .assign = &policy->assigns[assign],
                            .record = out_decision,
                            .kind = kind,
                            .best = NONE32};
    for (uint32_t i = 0; i < search.assign->rings.count && search.best == NONE32; i++) {
        search.ring = &policy->rings[search.assign->rings.first + i];
        search.ring_index = (uint8_t)i;
        search_ring(&search);
    }
    if (search.best == NONE32) {
        out_decision->binding = (uint16_t)binding_of(out_decision);
        return NONE32;
    }
    settle_record(&search);
    return search.best;
}

enum code dispatch_filter_person(const struct core *core, uint32_t case_slot, uint32_t worker,
                                 enum order_kind kind)
{
    const struct city_person *person = worker_person(core, worker);
    if (person == NULL || (person->rights & (RIGHT_WORKER | RIGHT_INSPECTOR)) == 0) {
        return CODE_WRONG_ROLE;
    }
    if (!worker_is_on_shift(core, worker)) {
        return CODE_OFF_SHIFT;
    }
    /* Who declined may be asked again by a dispatcher. */
    return filter_case(core, cases_peek(&core->cases, case_slot), worker, kind, person->capacity);
}

static void emit_decision(struct core *core, struct effect_decision *decision, uint64_t order)
{
    struct effect effect = {.kind = EFFECT_DECISION, .at_ms = core->now_ms};
    decision->order = order;
    effect.of.decision = *decision;
    state_emit(core, &effect);
}

static struct clock_limit accept_limit_of(const struct core *core, const struct case_row *row)
{
    const struct policy_rule *rule = state_rule(core, row);
    return rule != NULL && rule->sla.accept.value > 0 ? rule->sla.accept
                                                      : state_policy(core)->info->accept;
}

bool dispatch_offer(struct core *core, uint32_t case_slot, uint32_t worker, uint32_t assign,
                    uint32_t assign_index, enum order_kind kind, struct effect_decision *decision)
{
    uint32_t slot;
    struct case_row *row = cases_at(&core->cases, case_slot);
    /* Remembered from the offer on, so that an acceptance can never find the list full. */
    if (!case_person_add(row, worker, 0) ||
        orders_take(core, case_slot, worker, kind, &slot) != ERR_OK) {
        return false;
    }
    struct order_row *order = orders_at(&core->orders, slot);
    order->assign = assign;
    order->assign_index = (uint8_t)assign_index;
    order->is_lead = kind == KIND_HANDLE;
    order->clock = CLOCK_ACCEPT;
    order->deadline_ms = add_clamped(core->now_ms, clocks_plain_ms(accept_limit_of(core, row)));
    timers_arm(&core->timers, order_timer_id(core, slot), order->deadline_ms);
    if (row->first_offer_at_ms == 0 && (kind == KIND_HANDLE || kind == KIND_ASSIST)) {
        row->first_offer_at_ms = core->now_ms;
    }
    row->offer_count += kind == KIND_HANDLE;
    core->counts.offers++;
    int64_t distance_cm = -1;
    if (decision != NULL) {
        emit_decision(core, decision, order->number);
        if (decision->candidate_count > 0 &&
            decision->candidates[0].person == core->workers.rows[worker].person) {
            distance_cm = decision->candidates[0].distance_cm;
        }
    }
    flow_say(core, case_slot,
             &(struct flow_note){.action = ACTION_OFFER,
                                 .order = slot + 1,
                                 .subject = worker + 1,
                                 .clock = CLOCK_ACCEPT,
                                 .deadline_ms = order->deadline_ms,
                                 .distance_cm = distance_cm});
    worker_tell(core, worker, ITEM_OFFER, order->number, CODE_NOTHING);
    return true;
}

/* Orders of that assign that count towards its wanted number: active ones, and those done in this round. */
static uint32_t count_for_assign(const struct core *core, const struct case_row *row,
                                 uint32_t index)
{
    uint32_t count = 0;
    for (uint32_t slot = row->order_first; slot != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, slot);
        const bool is_done = order->state == ORDER_DONE && order->round == row->round;
        if (order->assign_index == index &&
            (order_state_is_active((enum order_state)order->state) || is_done)) {
            count++;
        }
        slot = order->next;
    }
    return count;
}

uint32_t dispatch_fill(struct core *core, uint32_t case_slot, bool is_quiet, enum code *out_binding)
{
    struct case_row *row = cases_at(&core->cases, case_slot);
    const struct policy_rule *rule = state_rule(core, row);
    uint32_t missing = 0;
    *out_binding = CODE_NOTHING;
    for (uint32_t i = 0; rule != NULL && i < rule->assigns.count; i++) {
        const uint32_t assign = rule->assigns.first + i;
        if ((row->assign_mask & (1u << i)) == 0) {
            continue;
        }
        uint32_t wanted = state_policy(core)->assigns[assign].count;
        const uint32_t have = count_for_assign(core, row, i);
        for (wanted = wanted > have ? wanted - have : 0; wanted > 0; wanted--) {
            struct effect_decision decision;
            const enum order_kind kind =
                orders_find_lead(core, row) == NONE32 ? KIND_HANDLE : KIND_ASSIST;
            const uint32_t worker = dispatch_choose(core, case_slot, assign, kind, &decision);
            core->operations += decision.considered;
            if (worker == NONE32) {
                *out_binding = (enum code)decision.binding;
                if (!is_quiet) {
                    core->counts.nobody++;
                    emit_decision(core, &decision, 0);
                }
                break;
            }
            if (!dispatch_offer(core, case_slot, worker, assign, i, kind, &decision)) {
                *out_binding = CODE_TABLE_FULL;
                break;
            }
        }
        missing += wanted;
    }
    return missing;
}

static bool is_of_cell(const struct city *city, uint32_t cell, uint32_t person)
{
    if (cell == NONE32) {
        return false;
    }
    const struct image_range persons = city->cells[cell].persons;
    for (uint32_t i = 0; i < persons.count; i++) {
        if (city->cell_persons[persons.first + i] == person) {
            return true;
        }
    }
    return false;
}

/* Is there anybody whom the area alone could rule out? At night hundreds of cases wait for the first inspector of the
 * morning: looking again need not measure the way of everybody in the city each time. */
static bool has_anybody(const struct core *core, const struct case_row *row,
                        const struct policy_assign *assign, enum order_kind kind)
{
    const struct city *city = state_city(core);
    const struct search search = {.core = core, .row = row, .assign = assign, .kind = kind};
    for (uint32_t i = 0; i < city->person_count; i++) {
        const struct city_person *person = &city->persons[i];
        if (person->capacity == 0 || !has_role(assign, person)) {
            continue;
        }
        const uint32_t slot = core->workers.person_slots[i];
        const struct worker_row *worker = &core->workers.rows[slot];
        const bool has_position = worker_has_fresh_fix(core, worker) ||
                                  (!place_is_known(worker->fix) && person->has_base != 0) ||
                                  is_of_cell(city, row->cell, i);
        if (has_position && filter_duty(&search, slot, person) == CODE_ELIGIBLE &&
            (case_person_flags(row, slot) & PERSON_DECLINED) == 0 &&
            filter_case(core, row, slot, kind,
                        assign->max_load > 0 && assign->max_load < person->capacity
                            ? assign->max_load
                            : person->capacity) == CODE_ELIGIBLE) {
            return true;
        }
    }
    return false;
}

bool dispatch_service(struct core *core, uint32_t case_slot, enum order_kind kind, bool is_quiet)
{
    const struct policy_info *info = state_policy(core)->info;
    const struct image_range assigns =
        kind == KIND_CHECK_RESULT ? info->check_assigns : info->verify_assigns;
    struct effect_decision decision;
    for (uint32_t i = 0; i < assigns.count; i++) {
        const uint32_t assign = assigns.first + i;
        if (is_quiet && !has_anybody(core, cases_peek(&core->cases, case_slot),
                                     &state_policy(core)->assigns[assign], kind)) {
            core->operations += state_city(core)->person_count / PERSONS_PER_OPERATION;
            continue;
        }
        const uint32_t worker = dispatch_choose(core, case_slot, assign, kind, &decision);
        core->operations += decision.considered;
        if (worker != NONE32) {
            return dispatch_offer(core, case_slot, worker, assign, 0xff, kind, &decision);
        }
    }
    if (assigns.count > 0 && !is_quiet) {
        core->counts.nobody++;
        emit_decision(core, &decision, 0);
        /* An offer says who holds the case now; so must this. */
        flow_say(core, case_slot,
                 &(struct flow_note){.action = ACTION_NOBODY, .code = (enum code)decision.binding});
    }
    return false;
}
