/* choice.c: see choice.h.
 *
 * Nothing here may depend on the order inside a bucket of the grid: who is looked at follows from squares of buckets, and
 * what is kept of them from distance and id. */
#include "engine/core/choice.h"

#include "engine/core/cases.h"
#include "engine/core/choice_search.h"
#include "engine/core/flow.h"
#include "engine/core/ledger.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

#define PERSONS_PER_OPERATION 16u
#define LIST_MAX                                                                                   \
    48u /* so few of the wanted kinds are looked at one by one, near or far; measured */

static bool candidate_is_before(const struct effect_candidate *a, const struct effect_candidate *b)
{
    const int64_t a_cm = a->distance_cm < 0 ? INT64_MAX : a->distance_cm;
    const int64_t b_cm = b->distance_cm < 0 ? INT64_MAX : b->distance_cm;
    return a_cm != b_cm ? a_cm < b_cm : a->person < b->person;
}

static void record_remove(struct effect_decision *record, uint32_t index)
{
    record->candidate_count--;
    memmove(&record->candidates[index], &record->candidates[index + 1],
            (record->candidate_count - index) * sizeof record->candidates[0]);
}

/* Keeps the list sorted and bounded; a worker looked at again replaces the earlier line. */
static void record_candidate(const struct search *search, const struct effect_candidate *candidate)
{
    struct effect_decision *record = search->record;
    for (uint32_t i = 0; search->has_earlier && i < record->candidate_count; i++) {
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
    if (at < last) { /* most come in their order */
        memmove(&record->candidates[at + 1], &record->candidates[at],
                (last - at) * sizeof record->candidates[0]);
    }
    record->candidates[at] = *candidate;
}

/* Once the record is full, somebody farther than its last line and than the best can change nothing. */
static void note_beyond(struct search *search)
{
    const struct effect_decision *record = search->record;
    if (record->candidate_count < DECISION_CANDIDATES_MAX || search->has_earlier) {
        return;
    }
    int64_t far_cm = record->candidates[DECISION_CANDIDATES_MAX - 1].distance_cm;
    if (!search->is_everybody) {
        if (search->best == NONE32 || search->best_rank.team != 0 ||
            search->assign->pick != PICK_NEAREST || search->best_line.distance_cm < 0) {
            return;
        }
        far_cm = far_cm < 0 ? -1 : max_i64(far_cm, search->best_line.distance_cm);
    }
    if (far_cm >= 0) {
        search->beyond = (uint64_t)(far_cm + 1) * (uint64_t)(far_cm + 1);
    }
}

enum code choice_filter_self(const struct search *search, const struct grid_place *place,
                             const struct city_person *person)
{
    const uint32_t slot = place->slot;
    enum code code = choice_filter_duty(search, place, person);
    if (code == CODE_ELIGIBLE && (case_person_flags(search->row, slot) & PERSON_DECLINED) != 0) {
        code = CODE_DECLINED;
    }
    if (code == CODE_ELIGIBLE) {
        const uint32_t max_load = search->assign->max_load;
        const int32_t held =
            search->list != NULL && search->list->held != NULL ? search->list->held[slot] : 0;
        const uint32_t limit =
            max_load > 0 && max_load < place->of.capacity ? max_load : place->of.capacity;
        code = choice_filter_case(search->core, search->row, slot, search->kind,
                                  search->is_any_load ? UINT32_MAX : limit + (uint32_t)held);
    }
    const bool is_taken = code == CODE_AT_CAPACITY && search->may_preempt &&
                          choice_lesser_order(search->core, slot) != NONE32;
    return is_taken ? CODE_ELIGIBLE : code;
}

enum code choice_filter_all(const struct search *search, const struct grid_place *place,
                            const struct city_person *person, enum code position, int64_t away_cm)
{
    const enum code self = choice_filter_self(search, place, person);
    const enum code code = self == CODE_ELIGIBLE ? position : self;
    return code == CODE_ELIGIBLE ? choice_filter_area(search, person, away_cm) : code;
}

/* How far somebody at that place is from the case; the grid may have had him elsewhere. */
static int64_t away_of(const struct search *search, const struct near_place *near, struct place at)
{
    if (!place_is_known(at) || !place_is_known(search->row->place)) {
        return -1;
    }
    const bool is_there = at.lon == near->place.at.lon && at.lat == near->place.at.lat;
    return is_there && near->squared != SQUARED_UNKNOWN ? (int64_t)isqrt_u64(near->squared)
                                                        : distance_cm(at, search->row->place);
}

void choice_consider(struct search *search, const struct near_place *near)
{
    const uint32_t slot = near->place.slot;
    struct place at = near->place.at;
    const struct core *core = search->core;
    const struct worker_row *worker = &core->workers.rows[slot];
    const struct city_person *person = worker_person(core, slot);
    struct effect_decision *record = search->record;
    record->considered++;
    must(person != NULL);
    if (search->is_everybody && !choice_has_role(search->assign, person)) {
        record
            ->removed[CODE_WRONG_ROLE - CODE_ELIGIBLE]++; /* most of a city: counted, not listed */
        return;
    }
    enum code code = choice_filter_self(search, &near->place, person);
    if (search->list != NULL && code != CODE_ELIGIBLE) {
        return; /* nobody asks by what */
    }
    bool is_home;
    const enum code position = choice_filter_position(search, slot, person, &at, &is_home);
    const int64_t away_cm = away_of(search, near, at);
    code = code == CODE_ELIGIBLE ? position : code;
    code = code == CODE_ELIGIBLE ? choice_filter_area(search, person, away_cm) : code;
    const int64_t travel_ms = choice_travel_ms(search, &near->place, person, away_cm);
    record->removed[code - CODE_ELIGIBLE]++;
    struct effect_candidate line = {.person = worker->person,
                                    .code = (uint16_t)code,
                                    .load = (uint16_t)worker->load,
                                    .capacity = near->place.of.capacity,
                                    .ring = search->ring_index,
                                    .is_home_cell = search->is_grid_ring,
                                    .is_home_position = is_home,
                                    .distance_cm = away_cm,
                                    .travel_ms = travel_ms};
    if (search->list != NULL) {
        if (code == CODE_ELIGIBLE) {
            choice_near_take(search, slot, person, at, &line);
        }
        return;
    }
    if (code == CODE_ELIGIBLE) {
        struct rank rank = choice_rank_of(search, slot, person, away_cm, travel_ms);
        if (search->roads.is_used) {
            const bool may_be_last = search->best != NONE32 && search->best_rank.team <= rank.team;
            choice_road_travel(search, person, at,
                               may_be_last ? search->best_rank.first : INT64_MAX, &line);
            rank.first = choice_road_rank_ms(&line);
        }
        if (search->best == NONE32 || choice_rank_is_before(&rank, &search->best_rank)) {
            search->best = slot;
            search->best_rank = rank;
            search->best_line = line;
        }
    }
    record_candidate(search, &line);
    note_beyond(search);
}

bool choice_is_settled(const struct search *search, int64_t bound_cm)
{
    if (search->ring->kind == RING_RADIUS && bound_cm > search->ring->radius_cm) {
        return true;
    }
    if (search->list != NULL) {
        return choice_near_is_full(search, bound_cm);
    }
    if (search->is_everybody) { /* counting inside a radius, or listing the nearest elsewhere */
        const struct effect_decision *record = search->record;
        const uint32_t last = DECISION_CANDIDATES_MAX - 1;
        return search->ring->kind != RING_RADIUS && record->candidate_count > last &&
               bound_cm > record->candidates[last].distance_cm;
    }
    if (search->best == NONE32 || search->best_rank.team != 0) {
        return false; /* somebody of another team may be farther away */
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

/* ---- rings ---- */

/* The members of a unit who are wanted, one by one, where that is less work than going outward; false: it is not. */
static bool search_members(struct search *search, uint32_t unit)
{
    const struct grid *grid = &search->core->workers.grid;
    const struct image_range groups = grid_groups(grid, unit);
    uint32_t wanted = 0;
    for (uint32_t g = groups.first; g < groups.first + groups.count; g++) {
        wanted += kind_mask_has(&search->wanted, grid->groups[g].kind) ? grid->groups[g].count : 0;
    }
    if (wanted > LIST_MAX && search->assign->pick != PICK_LEAST_LOADED && !search->is_everybody) {
        return false;
    }
    for (uint32_t g = groups.first; g < groups.first + groups.count; g++) {
        const struct grid_group *group = &grid->groups[g];
        if (!kind_mask_has(&search->wanted, group->kind)) {
            continue;
        }
        for (uint32_t i = 0; i < group->count; i++) {
            const uint32_t slot = grid->members[group->first + i];
            const struct grid_place place = {grid_at(grid, slot), slot, grid->traits_of[slot]};
            if (place_is_known(place.at)) {
                choice_take(search, &place, 1);
            }
        }
    }
    choice_flush(search);
    return true;
}

/* The persons responsible for the case's cell, wherever they are or are thought to be. */
static void search_cell(struct search *search)
{
    const struct city *city = state_city(search->core);
    const struct workers *workers = &search->core->workers;
    if (search->row->cell == NONE32) {
        return;
    }
    const struct image_range persons = city->cells[search->row->cell].persons;
    for (uint32_t i = 0; i < persons.count; i++) {
        const uint32_t person = city->cell_persons[persons.first + i];
        const uint32_t slot = workers->person_slots[person];
        if (city->persons[person].capacity > 0 &&
            (search->is_everybody ||
             kind_mask_has(&search->wanted, workers->grid.traits_of[slot].kind))) {
            const struct near_place near = {
                SQUARED_UNKNOWN,
                {grid_at(&workers->grid, slot), slot, workers->grid.traits_of[slot]}};
            choice_consider(search, &near);
        }
    }
}

/* Some of the nearest may not take it. */
static uint32_t near_limit_of(uint32_t wanted)
{
    return min_u32(wanted + wanted / 2 + (wanted == 1), BATCH_NEAR_MAX);
}

static void begin_ring(struct search *search)
{
    const struct city *city = state_city(search->core);
    search->record->considered = 0;
    search->has_earlier = search->record->candidate_count > 0;
    memset(search->record->removed, 0, sizeof search->record->removed);
    search->is_grid_ring = search->ring->kind == RING_GRID;
    search->is_batched = search->assign->pick == PICK_NEAREST && !search->is_everybody &&
                         place_is_known(search->row->place);
    search->near_limit =
        search->list != NULL ? near_limit_of(search->list->limit) : DECISION_CANDIDATES_MAX;
    if (search->is_batched) {
        search->from = distance_from(search->row->place);
    }
    if (search->list != NULL) {
        search->beyond = choice_near_beyond(search);
    }
    if (search->ring->kind == RING_LEVEL) {
        search->case_unit = search->row->cell == NONE32
                                ? NONE32
                                : city_unit_of_cell(city, search->row->cell, search->ring->level);
    }
}

static void search_ring(struct search *search)
{
    begin_ring(search);
    if (search->is_grid_ring) {
        search_cell(search);
        return;
    }
    const bool is_radius = search->ring->kind == RING_RADIUS;
    const uint32_t everybody = state_city(search->core)->unit_count;
    const uint32_t unit = search->ring->kind == RING_CITY ? everybody : search->case_unit;
    if (is_radius ? !place_is_known(search->row->place) : unit == NONE32) {
        return; /* no place and no unit: nobody can be inside */
    }
    if (!is_radius && search_members(search, unit)) {
        return;
    }
    choice_outward(search);
}

/* What the chosen had before an eligible other. */
static enum code why_passed_over(const struct search *search, const struct effect_candidate *other)
{
    const struct city_person *person = &state_city(search->core)->persons[other->person];
    const uint32_t slot = search->core->workers.person_slots[other->person];
    const int64_t call =
        search->kind == KIND_CHECK_RESULT ? 0 : choice_call_of(search, slot, person);
    if (search->kind != KIND_CHECK_RESULT && call > search->best_rank.team) {
        return search->visitor_count > 0 && search->best_rank.team == 0 ? CODE_OTHER_VISIT
                                                                        : CODE_OTHER_OWNER;
    }
    return search->assign->pick == PICK_LEAST_LOADED && other->load > search->best_line.load
               ? CODE_BUSIER
               : CODE_FARTHER;
}

/* Puts the chosen first, also where more than the record holds were nearer, and names the eligible others for what they
 * are. */
static void settle_record(struct search *search)
{
    struct effect_decision *record = search->record;
    const struct effect_candidate chosen = search->best_line;
    memset(record->removed, 0, sizeof record->removed);
    for (uint32_t i = 0; i < record->candidate_count; i++) {
        if (record->candidates[i].person == chosen.person) {
            record_remove(record, i);
            break;
        }
    }
    for (uint32_t i = 0; i < record->candidate_count; i++) {
        struct effect_candidate *other = &record->candidates[i];
        if (other->code == CODE_ELIGIBLE) {
            other->code = (uint16_t)why_passed_over(search, other);
        }
    }
    if (record->candidate_count == DECISION_CANDIDATES_MAX) {
        record->candidate_count--;
    }
    memmove(&record->candidates[1], &record->candidates[0],
            record->candidate_count * sizeof record->candidates[0]);
    record->candidates[0] = chosen;
    record->candidate_count++;
    for (uint32_t i = 0; i < record->candidate_count; i++) {
        record->removed[record->candidates[i].code - CODE_ELIGIBLE]++;
    }
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

/* ---- nobody ---- */

/* What the filters of duty say of a kind, in their order. */
static enum code verdict_of(const struct search *search, const struct worker_kind *kind,
                            bool is_on_shift)
{
    const struct policy_assign *assign = search->assign;
    if ((kind->rights & assign->rights) == 0 ||
        (assign->roles != 0 && (kind->roles & assign->roles) == 0)) {
        return CODE_WRONG_ROLE;
    }
    if ((kind->skills & assign->skills) != assign->skills) {
        return CODE_WRONG_SKILL;
    }
    return is_on_shift || assign->ignore_shift != 0 ? CODE_ELIGIBLE : CODE_OFF_SHIFT;
}

/* Everybody of the last ring, each by the first filter that stops him. Where the ring is the whole grid, kinds that duty
 * rules out are counted as a block, and listed only as far as the list reaches. */
static void count_everybody(struct search *search)
{
    const struct grid *grid = &search->core->workers.grid;
    const struct kind_mask wanted = search->wanted;
    struct effect_decision *record = search->record;
    struct kind_mask listed = {{0}};
    search->is_everybody = true;
    search->beyond = UINT64_MAX;
    record->candidate_count = 0;
    begin_ring(search);
    if (search->is_grid_ring || search->ring->kind == RING_RADIUS) {
        memset(&search->wanted, 0xff, sizeof search->wanted);
        if (search->is_grid_ring) {
            search_cell(search);
        } else {
            choice_outward(search);
        }
        return;
    }
    uint32_t ruled_out[CODE_LIMIT - CODE_ELIGIBLE] = {0};
    for (uint32_t kind = 0; kind < grid->kind_count; kind++) {
        const enum code verdict =
            verdict_of(search, &grid->kinds[kind], kind_mask_has(&grid->on_shift, kind));
        if (verdict != CODE_ELIGIBLE) {
            ruled_out[verdict - CODE_ELIGIBLE] += grid->kind_counts[kind];
        }
        if (verdict == CODE_WRONG_SKILL || verdict == CODE_OFF_SHIFT) {
            kind_mask_set(&listed, kind);
        }
    }
    search->wanted = listed;
    choice_outward(search);
    memset(record->removed, 0, sizeof record->removed);
    record->considered = 0;
    search->wanted = wanted;
    must(search_members(search, state_city(search->core)->unit_count));
    for (uint32_t i = 0; i < COUNT_OF(ruled_out); i++) {
        record->removed[i] += ruled_out[i];
        record->considered += ruled_out[i];
    }
}

void choice_search_begin(struct search *search, const struct core *core,
                         struct choice_question question, struct near_list *list,
                         struct effect_decision *record)
{
    const struct policy *policy = state_policy(core);
    const struct case_row *row = cases_peek(&core->cases, question.case_slot);
    const struct outset outset = choice_set_out(&core->workers.grid, row->place, list);
    must(question.assign < policy->assign_count);
    memset(record, 0, sizeof *record);
    record->case_no = row->no;
    record->rule = row->rule;
    record->assign = question.assign;
    record->order_kind = (uint8_t)question.kind;
    record->from = NONE32;
    memset(search, 0,
           offsetof(struct search, batch)); /* the batch is large and starts with its counts */
    search->core = core;
    search->row = row;
    search->list = list;
    search->outset = outset;
    search->assign = &policy->assigns[question.assign];
    search->record = record;
    search->kind = question.kind;
    search->may_preempt = question.may_preempt;
    search->beyond = UINT64_MAX;
    search->best = NONE32;
    search->batch.near_count = search->batch.other_count = 0;
    const bool is_handling = question.kind == KIND_HANDLE || question.kind == KIND_ASSIST;
    record->ruled = is_handling ? flow_ruled_department(core, row) : NONE32;
    search->roads.is_used = search->assign->pick == PICK_ETA && place_is_known(row->place) &&
                            roads_are_known(state_city(core));
    search->visitor_count = is_handling ? ledger_visitors(core, row, search->visitors) : 0;
    search->wanted = grid_wanted(&core->workers.grid, search->assign);
}

void choice_search_ring(struct search *search, uint32_t index)
{
    search->ring = &state_policy(search->core)->rings[search->assign->rings.first + index];
    search->ring_index = (uint8_t)index;
    search_ring(search);
}

uint32_t choice_find(const struct core *core, struct choice_question question,
                     struct effect_decision *out_decision)
{
    struct search search;
    choice_search_begin(&search, core, question, NULL, out_decision);
    for (uint32_t i = 0; i < search.assign->rings.count && search.best == NONE32; i++) {
        choice_search_ring(&search, i);
    }
    if (search.best != NONE32) {
        settle_record(&search);
        choice_road_settle(&search);
        return search.best;
    }
    if (!question.is_silent && search.ring != NULL) {
        count_everybody(&search);
        must(search.best == NONE32);
        out_decision->binding = (uint16_t)binding_of(out_decision);
    }
    return NONE32;
}

uint32_t choice_silent_operations(const struct core *core, uint32_t assign)
{
    const struct grid *grid = &core->workers.grid;
    const struct kind_mask wanted = grid_wanted(grid, &state_policy(core)->assigns[assign]);
    uint32_t persons = 0;
    for (uint32_t kind = 0; kind < KINDS_MAX; kind++) {
        persons += kind_mask_has(&wanted, kind) ? grid->kind_counts[kind] : 0;
    }
    return (persons + PERSONS_PER_OPERATION - 1) / PERSONS_PER_OPERATION;
}

enum code choice_filter_person(const struct core *core, uint32_t case_slot, uint32_t worker,
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
    return choice_filter_case(core, cases_peek(&core->cases, case_slot), worker, kind,
                              person->capacity);
}
