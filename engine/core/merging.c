/* merging.c: see merging.h. */
#include "engine/core/merging.h"

#include "engine/core/cases.h"
#include "engine/core/flow.h"
#include "engine/core/keys.h"
#include "engine/core/links.h"
#include "engine/core/opening.h"

/* Rules of one class merge into each other's cases: a camera and a caller see the same bin. */
static struct hash128 merge_base(const struct core *core, const struct policy_rule *rule)
{
    return hash128_join((struct hash128){SALT_MERGE, 0}, keys_of_class(core, rule->class_row));
}

/* The asset the event is about, if the rule keys on one. */
uint32_t merging_asset(const struct core *core, const struct policy_rule *rule,
                            const struct event *event)
{
    const struct city *city = state_city(core);
    const uint32_t kind = rule->merge.asset_kind;
    if (kind == NONE32) {
        return NONE32;
    }
    if (event->head->asset != NONE32 && city->assets[event->head->asset].kind == kind) {
        return event->head->asset;
    }
    if (!place_is_known(event->head->place)) {
        return NONE32;
    }
    return city_find_asset(city, kind, event->head->place.lon, event->head->place.lat,
                           rule->merge.radius_cm);
}

/* Squares of the merge radius: a case within the radius lies in the event's square or one beside it. */
struct merge_grid {
    int64_t row;      /* of the event */
    int64_t lat_span; /* height of a square, 1e-7 degrees */
};

static struct merge_grid merge_grid_of(int64_t radius_cm, struct place place)
{
    const int64_t span = max_i64(1, distance_lat_span(radius_cm));
    return (struct merge_grid){.row = div_floor(place.lat, span), .lat_span = span};
}

/* Width of a square in a row: by the row's own latitude, so that every place of the row agrees on it. */
static int64_t merge_lon_span(const struct merge_grid *grid, int64_t row, int64_t radius_cm)
{
    const int64_t lat = max_i64(-LAT_LIMIT, min_i64(LAT_LIMIT, row * grid->lat_span));
    /* Half as wide again: the row's far edge is a little nearer to the pole than its near one. */
    return max_i64(1, distance_lon_span((int32_t)lat, radius_cm) * 3 / 2);
}

static struct hash128 square_key(struct hash128 key, int64_t row, int64_t column)
{
    return hash128_add(hash128_add(hash128_add(key, SALT_PLACE), (uint64_t)row), (uint64_t)column);
}

/* The key under which a case of this event is found: by asset, by square, or by the fields alone. */
struct hash128 merging_key(const struct core *core, const struct policy_rule *rule,
                                   const struct event *event, uint32_t asset)
{
    const struct city *city = state_city(core);
    const struct hash128 key =
        keys_of(core, merge_base(core, rule), rule->merge.keys, rule->class_row, event);
    if (asset != NONE32) {
        const struct image_string code = city->assets[asset].code;
        return hash128_join(hash128_add(key, SALT_ASSET),
                            state_hash_text(city_text(city, code), code.size));
    }
    if (rule->merge.radius_cm > 0 && place_is_known(event->head->place)) {
        const struct merge_grid grid = merge_grid_of(rule->merge.radius_cm, event->head->place);
        const int64_t span = merge_lon_span(&grid, grid.row, rule->merge.radius_cm);
        return square_key(key, grid.row, div_floor(event->head->place.lon, span));
    }
    return key;
}

struct merge_search {
    const struct core *core;
    const struct policy_rule *rule;
    const struct event *event;
    uint32_t best; /* case slot or NONE32 */
    int64_t best_cm;
};

static bool may_take(const struct merge_search *search, const struct case_row *row)
{
    if (!case_state_is_terminal((enum case_state)row->state)) {
        return true;
    }
    /* A closed case that can hold no more events is left alone: what happens now is a new case. */
    return row->state == CASE_CLOSED && row->event_count < search->core->limits.case_events &&
           search->rule->merge.reopen_ms > 0 &&
           search->core->now_ms - row->closed_at_ms <= search->rule->merge.reopen_ms;
}

/* Nearest wins, then an open case over a closed one, then the oldest. */
static void consider_chain(struct merge_search *search, struct hash128 key, bool by_place)
{
    const struct core *core = search->core;
    for (uint32_t link = cases_first_merge(&core->cases, key); link != NONE32;
         link = cases_peek(&core->cases, link)->merge_next) {
        const uint32_t slot = links_follow(core, link);
        const struct case_row *row = cases_peek(&core->cases, slot);
        if (!may_take(search, row)) {
            continue;
        }
        int64_t cm = 0;
        if (by_place) {
            const struct place at = cases_peek(&core->cases, link)->place;
            if (!place_is_known(at)) {
                continue;
            }
            cm = distance_cm(at, search->event->head->place);
            if (cm > search->rule->merge.radius_cm) {
                continue;
            }
        }
        bool is_better = search->best == NONE32 || cm < search->best_cm;
        if (!is_better && cm == search->best_cm) {
            const struct case_row *best = cases_peek(&core->cases, search->best);
            const bool is_open = !case_state_is_terminal((enum case_state)row->state);
            const bool best_is_open = !case_state_is_terminal((enum case_state)best->state);
            is_better = is_open != best_is_open ? is_open : row->opened_at_ms < best->opened_at_ms;
            if (is_open == best_is_open && row->opened_at_ms == best->opened_at_ms) {
                is_better = row->no.serial < best->no.serial;
            }
        }
        if (is_better) {
            search->best = slot;
            search->best_cm = cm;
        }
    }
}

uint32_t merging_find(const struct core *core, const struct policy_rule *rule,
                           const struct event *event, uint32_t asset)
{
    struct merge_search search = {.core = core, .rule = rule, .event = event, .best = NONE32};
    const struct place place = event->head->place;
    if (asset != NONE32 || rule->merge.radius_cm <= 0 || !place_is_known(place)) {
        consider_chain(&search, merging_key(core, rule, event, asset), false);
        return search.best;
    }
    const struct hash128 key =
        keys_of(core, merge_base(core, rule), rule->merge.keys, rule->class_row, event);
    const struct merge_grid grid = merge_grid_of(rule->merge.radius_cm, place);
    for (int64_t row = grid.row - 1; row <= grid.row + 1; row++) {
        const int64_t span = merge_lon_span(&grid, row, rule->merge.radius_cm);
        const int64_t column = div_floor(place.lon, span);
        for (int64_t c = column - 1; c <= column + 1; c++) {
            consider_chain(&search, square_key(key, row, c), true);
        }
    }
    return search.best;
}
enum code merging_join(struct core *core, uint32_t slot, const struct policy_rule *rule,
                            const struct event *event, struct intake_source source)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const bool is_closed = case_state_is_terminal((enum case_state)row->state);
    if (row->event_count >= core->limits.case_events) {
        return CODE_TOO_MANY_EVENTS;
    }
    row->event_count++;
    const bool is_controlled = row->clock == CLOCK_CONTROL;
    const struct flow_note note = {.action = is_closed ? ACTION_REOPEN : ACTION_MERGE,
                                   .reason = is_closed ? REASON_CAME_BACK : REASON_NONE,
                                   .gateway = source.gateway + 1,
                                   .actor = source.worker + 1,
                                   .event = event,
                                   .text = event->free_text,
                                   .text_size = event->head->text_size};
    const bool is_worse =
        (rule->merge.flags & MERGE_TAKE_SEVERITY) != 0 && rule->severity < row->severity;
    if (is_worse) {
        row->severity = (uint8_t)rule->severity;
    }
    if (is_closed) {
        flow_reopen(core, slot, &note);
        return CODE_REOPENED;
    }
    flow_say(core, slot, &note);
    if (is_controlled) {
        return CODE_SUPPRESSED; /* counted and told, no more */
    }
    if (is_worse) {
        flow_worsen(core, slot, (uint32_t)(rule - state_policy(core)->rules),
                    opening_assigns(core, rule, event, rule->severity));
    }
    return CODE_MERGED;
}
