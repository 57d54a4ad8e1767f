/* choice_filters.c: who may take an order and why somebody may not, and how those who may are ranked. */
#include "engine/core/cases.h"
#include "engine/core/choice_search.h"
#include "engine/core/flow.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

bool choice_rank_is_before(const struct rank *a, const struct rank *b)
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

bool choice_has_role(const struct policy_assign *assign, const struct city_person *person)
{
    return (person->rights & assign->rights) != 0 &&
           (assign->roles == 0 || (person->roles & assign->roles) != 0);
}

/* Filters that do not depend on where anybody is. Who is of a kind that is wanted has passed those of his kind. */
enum code choice_filter_duty(const struct search *search, const struct grid_place *place,
                             const struct city_person *person)
{
    const uint32_t slot = place->slot;
    const struct worker_row *worker = &search->core->workers.rows[slot];
    const struct policy_assign *assign = search->assign;
    if (!search->is_everybody && place->of.kind != KIND_MIXED) {
        if (assign->ignore_shift == 0 && worker->status == STATUS_OFF) {
            return CODE_OFF_SHIFT;
        }
        return worker->status == STATUS_PAUSED ? CODE_RESTING : CODE_ELIGIBLE;
    }
    if (!choice_has_role(assign, person)) {
        return CODE_WRONG_ROLE;
    }
    if ((person->skills & assign->skills) != assign->skills) {
        return CODE_WRONG_SKILL;
    }
    if (assign->ignore_shift == 0 && !worker_is_on_shift(search->core, slot)) {
        return CODE_OFF_SHIFT;
    }
    return worker->status == STATUS_PAUSED ? CODE_RESTING : CODE_ELIGIBLE;
}

/* Filters about this case and this worker's load. */
enum code choice_filter_case(const struct core *core, const struct case_row *row, uint32_t slot,
                             enum order_kind kind, uint32_t limit)
{
    const struct worker_row *worker = &core->workers.rows[slot];
    const uint32_t flags = kind == KIND_CHECK_RESULT ? case_person_flags(row, slot) : 0;
    if ((flags & (PERSON_HANDLED | PERSON_COMMANDED)) != 0) {
        return CODE_CONFLICTED;
    }
    if ((row->flags & CASE_IS_RECHECK) != 0 && (flags & PERSON_CHECKED) != 0) {
        return CODE_CHECKED_BEFORE;
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

/* Is that a place the worker may be taken to be at? inout_at: where the grid has him, then where he counts as being. */
enum code choice_filter_position(const struct search *search, uint32_t slot,
                                 const struct city_person *person, struct place *inout_at,
                                 bool *out_is_home)
{
    const struct core *core = search->core;
    const struct worker_row *worker = &core->workers.rows[slot];
    *out_is_home = false;
    if (worker_has_fresh_fix(core, worker)) {
        return CODE_ELIGIBLE;
    }
    *out_is_home = true;
    if (!place_is_known(worker->fix) && person->has_base != 0) {
        return CODE_ELIGIBLE;
    }
    if (search->is_grid_ring) { /* nobody may be forced to be tracked in the own cell */
        const struct city_cell *home = &state_city(core)->cells[search->row->cell];
        *inout_at = person->has_base != 0 ? (struct place){person->lon, person->lat}
                                          : (struct place){home->lon, home->lat};
        return CODE_ELIGIBLE;
    }
    return place_is_known(worker->fix) ? CODE_STALE_FIX : CODE_NO_FIX;
}

enum code choice_filter_area(const struct search *search, const struct city_person *person,
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

int64_t choice_travel_ms(const struct search *search, const struct grid_place *place,
                         const struct city_person *person, int64_t distance_cm)
{
    const uint32_t mode = place->of.mode == GRID_MODE_OTHER ? person->mode : place->of.mode;
    return distance_cm < 0 ? -1
                           : city_travel_ms(&state_city(search->core)->modes[mode], distance_cm);
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

static bool is_visitor(const struct search *search, uint32_t slot)
{
    for (uint32_t i = 0; i < search->visitor_count; i++) {
        if (search->visitors[i].worker == slot) {
            return true;
        }
    }
    return false;
}

/* A ruling names who owns this here: his people first, those of the grid next, others last. */
static int64_t owner_rank(const struct search *search, const struct city_person *person)
{
    const uint32_t ruled = search->record->ruled;
    if (ruled == NONE32 || person->department == ruled) {
        return 0;
    }
    return person->department == NONE32 ? 1 : 2;
}

/* Whose turn it is before any distance: who goes there anyway, so that one visit does for several cases, then the owner by
 * ruling. */
int64_t choice_call_of(const struct search *search, uint32_t slot, const struct city_person *person)
{
    if (search->visitor_count > 0 && is_visitor(search, slot)) {
        return 0;
    }
    return owner_rank(search, person) + (search->visitor_count > 0 ? 3 : 0);
}

struct rank choice_rank_of(const struct search *search, uint32_t slot,
                           const struct city_person *person, int64_t distance_cm, int64_t travel_ms)
{
    const struct worker_row *worker = &search->core->workers.rows[slot];
    const int64_t distance = distance_cm < 0 ? INT64_MAX : distance_cm;
    struct rank rank = {.first = distance, .second = worker->load, .person = worker->person};
    if (search->kind == KIND_CHECK_RESULT) {
        rank.team = is_handlers_team(search, person);
    } else {
        rank.team = choice_call_of(search, slot, person);
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
