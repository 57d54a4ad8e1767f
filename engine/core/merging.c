/* merging.c: see merging.h. */
#include "engine/core/merging.h"

#include "engine/core/cases.h"
#include "engine/core/confirm.h"
#include "engine/core/flow.h"
#include "engine/core/keys.h"
#include "engine/core/links.h"
#include "engine/core/opening.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

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

/* Squares at least as large as the merge radius: a case within the radius lies in the event's square or one beside it. */
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

/* The key of a place: its square. */
static struct hash128 place_key(struct hash128 base, struct place place, int64_t square_cm)
{
    const struct merge_grid grid = merge_grid_of(square_cm, place);
    const int64_t span = merge_lon_span(&grid, grid.row, square_cm);
    return square_key(base, grid.row, div_floor(place.lon, span));
}

/* The key that cases of this event share before anything is said of where: by asset, or by the fields alone. */
static struct hash128 base_key(const struct core *core, const struct policy_rule *rule,
                               const struct event *event, uint32_t asset)
{
    const struct city *city = state_city(core);
    const struct hash128 key =
        keys_of(core, merge_base(core, rule), rule->merge.keys, rule->class_row, event);
    if (asset == NONE32) {
        return key;
    }
    const struct image_string code = city->assets[asset].code;
    return hash128_join(hash128_add(key, SALT_ASSET),
                        state_hash_text(city_text(city, code), code.size));
}

static bool is_by_place(const struct policy_rule *rule, const struct event *event, uint32_t asset)
{
    return asset == NONE32 && rule->merge.radius_cm > 0 && place_is_known(event->head->place);
}

void merging_link(struct core *core, uint32_t slot, const struct policy_rule *rule,
                  const struct event *event, uint32_t asset)
{
    struct case_row *row = cases_at(&core->cases, slot);
    row->merge_base = base_key(core, rule, event, asset);
    row->merge_square_cm = is_by_place(rule, event, asset) ? (uint32_t)rule->merge.square_cm : 0;
    cases_link_merge(&core->cases, slot,
                     row->merge_square_cm == 0
                         ? row->merge_base
                         : place_key(row->merge_base, row->first_place, row->merge_square_cm));
}

/* The squares of a case's class under the active rules; 0 where no rule of it merges by place. */
static uint32_t square_of(const struct core *core, const struct case_row *row)
{
    const struct policy *policy = state_policy(core);
    const struct policy_rule *rule = state_rule(core, row);
    for (uint32_t i = 0; rule == NULL && i < policy->rule_count; i++) { /* its own is gone */
        rule = policy->rules[i].class_row == row->class_row ? &policy->rules[i] : NULL;
    }
    return rule == NULL ? 0 : (uint32_t)rule->merge.square_cm;
}

void merging_adopt(struct core *core)
{
    for (uint32_t slot = 0; slot < core->cases.high; slot++) {
        struct case_row *row = &core->cases.rows[slot];
        const bool is_squared =
            row->is_used != 0 && (row->flags & CASE_HAS_MERGE) != 0 && row->merge_square_cm != 0;
        const uint32_t square_cm = is_squared ? square_of(core, row) : 0;
        if (square_cm != 0 && square_cm != row->merge_square_cm) {
            cases_unlink_merge(&core->cases, slot);
            row->merge_square_cm = square_cm;
            cases_link_merge(&core->cases, slot,
                             place_key(row->merge_base, row->first_place, square_cm));
        }
    }
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
    const int64_t window_ms = search->rule->merge.window_ms;
    if (window_ms > 0 && search->core->now_ms - row->opened_at_ms > window_ms) {
        return false;
    }
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
            const struct place at = cases_peek(&core->cases, link)->first_place;
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
    const struct hash128 key = base_key(core, rule, event, asset);
    if (!is_by_place(rule, event, asset)) {
        consider_chain(&search, key, false);
        return search.best;
    }
    const int64_t square_cm = rule->merge.square_cm;
    const struct merge_grid grid = merge_grid_of(square_cm, place);
    for (int64_t row = grid.row - 1; row <= grid.row + 1; row++) {
        const int64_t span = merge_lon_span(&grid, row, square_cm);
        const int64_t column = div_floor(place.lon, span);
        for (int64_t c = column - 1; c <= column + 1; c++) {
            consider_chain(&search, square_key(key, row, c), true);
        }
    }
    return search.best;
}

/* How well the place of an event is known, in centimetres; 0 = nobody said. */
uint32_t merging_accuracy_cm(const struct core *core, const struct event *event)
{
    const uint32_t field = state_policy(core)->info->accuracy_field;
    const struct event_field *metres = field == NONE32 ? NULL : event_find_field(event, field);
    if (metres == NULL || (int64_t)metres->a <= 0) {
        return 0;
    }
    return (uint32_t)max_i64(
        1, min_i64((int64_t)metres->a / 10000, UINT32_MAX)); /* from millionths of a metre */
}

/* A place that is known better takes the case there; whoever is on the way is told. */
static bool take_place(struct core *core, struct case_row *row, const struct policy_rule *rule,
                       const struct event *event)
{
    const uint32_t accuracy_cm = merging_accuracy_cm(core, event);
    const bool is_first = !place_is_known(row->place);
    const bool is_better =
        accuracy_cm > 0 && (row->accuracy_cm == 0 || accuracy_cm < row->accuracy_cm);
    if ((rule->merge.flags & MERGE_TAKE_PLACE) == 0 || !place_is_known(event->head->place) ||
        (!is_first && !is_better)) {
        return false;
    }
    row->place = event->head->place;
    row->cell = event->head->cell;
    row->accuracy_cm = accuracy_cm;
    return true;
}

static void tell_workers(struct core *core, const struct case_row *row)
{
    for (uint32_t slot = row->order_first; slot != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, slot);
        if (order->worker != NONE32 && order_state_is_active((enum order_state)order->state)) {
            worker_tell(core, order->worker, ITEM_CHANGE, order->number, CODE_NOTHING);
        }
        slot = order->next;
    }
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
    const uint32_t severity = event->severity != 0 ? event->severity : rule->severity;
    const bool
        is_worse = /* a level counts as it is, the severity of a rule only where it is worse */
        event->severity != 0
            ? severity != row->severity
            : (rule->merge.flags & MERGE_TAKE_SEVERITY) != 0 && severity < row->severity;
    if (is_worse) {
        row->severity = (uint8_t)severity;
    }
    const bool is_moved = take_place(core, row, rule, event);
    if (is_closed) {
        flow_reopen(core, slot, &note);
        return CODE_REOPENED;
    }
    flow_say(core, slot, &note);
    if (is_moved) {
        tell_workers(core, row);
    }
    if (is_controlled) {
        return CODE_SUPPRESSED; /* counted and told, no more */
    }
    if (is_worse) {
        flow_worsen(core, slot, (uint32_t)(rule - state_policy(core)->rules),
                    opening_assigns(core, rule, event, severity));
    }
    confirm_report(core, slot, source);
    return CODE_MERGED;
}
