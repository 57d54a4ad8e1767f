/* intake.c: see intake.h. */
#include "engine/core/intake.h"

#include "engine/core/cases.h"
#include "engine/core/contacts.h"
#include "engine/core/clocks.h"
#include "engine/core/flow.h"
#include "engine/core/ledger.h"
#include "engine/core/links.h"
#include "engine/core/late_reports.h"
#include "engine/core/match.h"
#include "engine/core/memory.h"
#include "engine/core/plans.h"
#include "engine/core/sources.h"
#include "engine/core/workers.h"

/* Salts keep keys of different tables apart. */
enum key_salt {
    SALT_DEDUPE = 1,
    SALT_MERGE = 2,
    SALT_CLOSE = 3,
    SALT_PLACE = 4,
    SALT_ASSET = 5,
    SALT_DRILL = 6
};

struct hash128 state_hash_text(const char *text, uint32_t size)
{
    struct hash128 hash = hash128_add((struct hash128){0, 0}, size);
    for (uint32_t at = 0; at < size; at += 8) {
        uint64_t word = 0;
        memcpy(&word, text + at, size - at < 8 ? size - at : 8);
        hash = hash128_add(hash, word);
    }
    return hash;
}

static struct hash128 class_hash(const struct core *core, uint32_t class_row)
{
    const struct city *city = state_city(core);
    const struct image_string code = city->classes[class_row].code;
    return state_hash_text(city_text(city, code), code.size);
}

/* The parts of a key, in the rule's order, each with its field's name so that a plate never equals a zone. A missing
 * field counts as its own value. */
static struct hash128 key_of(const struct core *core, struct hash128 base, struct image_range keys,
                             uint32_t class_row, const struct event *event)
{
    const struct policy *policy = state_policy(core);
    struct hash128 hash = base;
    if ((event->head->flags & EVENT_IS_DRILL) != 0) { /* a drill never meets the real */
        hash = hash128_add(hash, SALT_DRILL);
    }
    for (uint32_t i = 0; i < keys.count; i++) {
        const uint32_t key = policy->keys[keys.first + i];
        if (key == KEY_CLASS) {
            hash = hash128_join(hash, class_hash(core, class_row));
            continue;
        }
        const struct event_field *field = event_find_field(event, key);
        const struct image_string name = policy->fields[key].name;
        hash = hash128_join(hash, state_hash_text(policy_text(policy, name), name.size));
        hash = hash128_add(hash, field == NULL ? 0 : (uint64_t)field->kind + 1);
        if (field != NULL) {
            hash = hash128_join(hash, (struct hash128){field->a, field->b});
        }
    }
    return hash;
}

/* Does the event carry every part? A close clause matches nothing by a field that is not there. */
static bool has_keys(const struct policy *policy, struct image_range keys,
                     const struct event *event)
{
    for (uint32_t i = 0; i < keys.count; i++) {
        if (event_find_field(event, policy->keys[keys.first + i]) == NULL) {
            return false;
        }
    }
    return true;
}

/* Rules of one class merge into each other's cases: a camera and a caller see the same bin. */
static struct hash128 merge_base(const struct core *core, const struct policy_rule *rule)
{
    return hash128_join((struct hash128){SALT_MERGE, 0}, class_hash(core, rule->class_row));
}

/* The asset the event is about, if the rule keys on one. */
static uint32_t merge_asset(const struct core *core, const struct policy_rule *rule,
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
static struct hash128 merge_key_of(const struct core *core, const struct policy_rule *rule,
                                   const struct event *event, uint32_t asset)
{
    const struct city *city = state_city(core);
    const struct hash128 key =
        key_of(core, merge_base(core, rule), rule->merge.keys, rule->class_row, event);
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

static uint32_t find_merge(const struct core *core, const struct policy_rule *rule,
                           const struct event *event, uint32_t asset)
{
    struct merge_search search = {.core = core, .rule = rule, .event = event, .best = NONE32};
    const struct place place = event->head->place;
    if (asset != NONE32 || rule->merge.radius_cm <= 0 || !place_is_known(place)) {
        consider_chain(&search, merge_key_of(core, rule, event, asset), false);
        return search.best;
    }
    const struct hash128 key =
        key_of(core, merge_base(core, rule), rule->merge.keys, rule->class_row, event);
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

/* ---- opening ---- */

static uint32_t wanted_assigns(const struct core *core, const struct policy_rule *rule,
                               const struct event *event, uint32_t severity)
{
    const struct policy *policy = state_policy(core);
    uint32_t mask = 0;
    for (uint32_t i = 0; i < rule->assigns.count && i < 8; i++) {
        const struct policy_assign *assign = &policy->assigns[rule->assigns.first + i];
        if (match_condition(policy, assign->program, event, severity)) {
            mask |= 1u << i;
        }
    }
    return mask;
}

static uint32_t district_of(const struct core *core, uint32_t cell)
{
    const struct city *city = state_city(core);
    const uint32_t unit =
        cell == NONE32 ? NONE32 : city_unit_of_cell(city, cell, city->info->district_level);
    if (unit != NONE32 && city->units[unit].number != 0) {
        return city->units[unit].number;
    }
    return city->info->city_code;
}

static void fill_case(struct core *core, struct case_row *row, uint32_t rule_row,
                      const struct event *event, struct intake_source source, uint32_t asset)
{
    const struct policy *policy = state_policy(core);
    const struct policy_rule *rule = &policy->rules[rule_row];
    row->state = CASE_REPORTED;
    row->severity = (uint8_t)rule->severity;
    row->rule = rule_row;
    row->class_row = rule->class_row;
    row->cell = event->head->cell;
    row->asset = asset != NONE32 ? asset : event->head->asset;
    row->device = event->head->device;
    row->gateway = source.gateway;
    row->place = event->head->place;
    row->opened_at_ms = core->now_ms;
    row->onset_at_ms = event->head->event_at_ms;
    row->event_count = 1;
    row->flags |= (event->head->flags & EVENT_IS_DRILL) != 0 ? (uint32_t)CASE_IS_DRILL : 0;
    row->assign_mask = (uint8_t)wanted_assigns(core, rule, event, rule->severity);
    for (uint32_t i = 0; i < rule->captures.count; i++) {
        const uint32_t key = policy->keys[rule->captures.first + i];
        const struct event_field *field = key == KEY_CLASS ? NULL : event_find_field(event, key);
        if (field != NULL) {
            case_capture(row, event, field);
        }
    }
}

/* Filed on its word? A gateway that gave too many false alarms under this rule is verified first, however trusted. */
static bool is_trusted(const struct core *core, uint32_t rule, struct intake_source source)
{
    return source.worker != NONE32 || source.gateway == NONE32 /* the engine itself */ ||
           (state_city(core)->gateways[source.gateway].is_trusted != 0 &&
                                       !sources_is_doubtful(core, rule, source.gateway));
}

static void tell_plans(struct core *core, uint32_t slot, const struct event *event)
{
    plans_case_opened(core, slot, event);
    lates_case_opened(core, slot);
}

static enum code open_case(struct core *core, uint32_t rule_row, const struct event *event,
                           struct intake_source source, uint32_t asset, struct case_no *out_no)
{
    const struct policy_rule *rule = &state_policy(core)->rules[rule_row];
    uint32_t slot;
    if (cases_take(&core->cases, district_of(core, event->head->cell),
                   city_local_date(state_city(core), core->now_ms), &slot) != ERR_OK) {
        return CODE_TABLE_FULL;
    }
    struct case_row *row = cases_at(&core->cases, slot);
    fill_case(core, row, rule_row, event, source, asset);
    *out_no = row->no;
    ledger_note(core, row);
    core->counts.open_now++;
    core->counts.cases_opened++;
    if ((rule->merge.flags & MERGE_ENABLED) != 0) {
        cases_link_merge(&core->cases, slot, merge_key_of(core, rule, event, asset));
    }
    if (rule->close.type != NONE32 && has_keys(state_policy(core), rule->close.keys, event)) {
        const struct hash128 base = hash128_join((struct hash128){SALT_CLOSE, 0}, rule->id_hash);
        cases_link_close(&core->cases, slot,
                         key_of(core, base, rule->close.keys, rule->class_row, event));
    }
    struct flow_note note = {.action = ACTION_OPEN,
                             .gateway = source.gateway + 1,
                             .actor = source.worker + 1,
                             .event = event,
                             .text = event->free_text,
                             .text_size = event->head->text_size};
    row->holder = (struct holder){HOLDER_POST, state_city(core)->info->command_post};
    if ((event->head->flags & EVENT_SELF_HANDLED) != 0 && source.worker != NONE32) {
        row->filed_at_ms = core->now_ms;
        (void)case_person_add(row, source.worker, PERSON_HANDLED);
        flow_say(core, slot, &note);
        note.action = ACTION_SELF_HANDLED;
        flow_say(core, slot, &note);
        flow_self_handled(core, slot);
        return CODE_OPENED;
    }
    flow_say(core, slot, &note);
    if (is_trusted(core, rule_row, source)) {
        flow_file(core, slot);
    } else {
        flow_verify(core, slot);
    }
    tell_plans(core, slot, event);
    return CODE_OPENED;
}

enum code intake_open_alone(struct core *core, uint32_t rule, uint32_t asset, uint32_t worker,
                            bool is_drill, struct case_no *out_no)
{
    const struct city *city = state_city(core);
    struct event_head head = {.size = sizeof head,
                              .type = NONE16,
                              .event_at_ms = core->now_ms,
                              .place = place_none(),
                              .device = NONE32,
                              .cell = NONE32,
                              .asset = asset,
                              .zone = NONE32,
                              .flags = is_drill ? (uint16_t)EVENT_IS_DRILL : 0};
    if (asset != NONE32) {
        head.place = (struct place){city->assets[asset].lon, city->assets[asset].lat};
        head.cell = city->assets[asset].cell;
    }
    const struct event event = {.head = &head, .fields = NULL, .text = "", .free_text = ""};
    const struct intake_source source = {.gateway = NONE32, .worker = worker};
    return open_case(core, rule, &event, source, asset, out_no);
}

/* ---- merging ---- */

static enum code merge_into(struct core *core, uint32_t slot, const struct policy_rule *rule,
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
                    wanted_assigns(core, rule, event, rule->severity));
    }
    return CODE_MERGED;
}

/* ---- the pipeline ---- */

static bool may_send(const struct core *core, struct intake_source source,
                     const struct event *event)
{
    const struct city *city = state_city(core);
    const struct policy *policy = state_policy(core);
    if (source.gateway == NONE32) {
        return true; /* persons report by their rights, checked before */
    }
    const uint32_t kind = city->gateways[source.gateway].kind;
    if (event->contact != NULL && (kind == GATEWAY_SENSOR || kind == GATEWAY_CAMERA)) {
        return false; /* a machine speaks for nobody */
    }
    const struct image_range types = city->gateways[source.gateway].types;
    if (types.count == 0 || event->head->type == NONE16) {
        return true;
    }
    const struct image_string name = policy->types[event->head->type].name;
    for (uint32_t i = 0; i < types.count; i++) {
        const struct image_string prefix = city->gateway_types[types.first + i];
        if (prefix.size <= name.size &&
            memcmp(city_text(city, prefix), policy_text(policy, name), prefix.size) == 0) {
            return true;
        }
    }
    return false;
}

static enum code check_time(const struct core *core, struct intake_source source,
                            const struct event *event, bool *out_is_late)
{
    const struct policy_info *info = state_policy(core)->info;
    const int64_t at = event->head->event_at_ms;
    if (at > add_clamped(core->now_ms, info->future_ms)) {
        return CODE_IN_FUTURE;
    }
    const bool may_be_repeat = !source.has_outbox && at <= core->event_ids.horizon_ms;
    if (at < sub_clamped(core->now_ms, EVENT_AGE_MS) || may_be_repeat) {
        return CODE_TOO_OLD;
    }
    *out_is_late = at < sub_clamped(core->now_ms, info->lateness_ms);
    return CODE_NOTHING;
}

/* Does the event say that something is over? Clears the cases it names; the oldest gives the case number. */
static enum code clear_cases(struct core *core, const struct event *event, uint32_t gateway,
                             struct case_no *out_no)
{
    const struct policy *policy = state_policy(core);
    const struct image_range closers = policy->types[event->head->type].closers;
    enum code code = CODE_NOTHING;
    for (uint32_t i = 0; i < closers.count; i++) {
        const struct policy_rule *rule = &policy->rules[policy->closers[closers.first + i]];
        if (!has_keys(policy, rule->close.keys, event)) {
            continue;
        }
        const struct hash128 base = hash128_join((struct hash128){SALT_CLOSE, 0}, rule->id_hash);
        const struct hash128 key = key_of(core, base, rule->close.keys, rule->class_row, event);
        for (uint32_t slot = cases_first_close(&core->cases, key); slot != NONE32;) {
            const struct case_row *row = cases_peek(&core->cases, slot);
            const uint32_t next = row->close_next;
            if (!case_state_is_terminal((enum case_state)row->state) &&
                (row->flags & CASE_IS_CLEARED) == 0) {
                *out_no = row->no;
                code = CODE_CLEARED;
                flow_cleared(core, slot, event, gateway);
            }
            slot = next;
        }
    }
    return code;
}

/* An event that refers to the alert of a running plan: it ends it, speaks of it again, or puts another in its place. */
static enum code follow_alert(struct core *core, uint32_t plan, uint32_t matched,
                              const struct event *event, struct intake_source source,
                              struct case_no *out_no)
{
    const uint32_t slot = cases_find(&core->cases, core->plans.rows[plan].no);
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct policy_rule *rule = state_rule(core, row);
    *out_no = row->no;
    if ((row->flags & CASE_IS_CLEARED) != 0) {
        return CODE_ALERT_OVER;
    }
    if (rule != NULL && rule->close.type == event->head->type) {
        flow_cleared(core, slot, event, source.gateway);
        return CODE_CLEARED;
    }
    if (rule != NULL && matched == row->rule) {
        plans_add_alert(core, plan, event);
        return merge_into(core, slot, rule, event, source);
    }
    /* Another level: what stands for it takes over, and this one ends without grace. */
    plans_replace(core, plan);
    flow_cleared(core, slot, event, source.gateway);
    return matched == NONE32 ? CODE_CLEARED : CODE_NOTHING;
}

static void emit_firing(struct core *core, const struct event *event, uint32_t rule, enum code code,
                        struct case_no no, uint32_t candidates)
{
    const struct effect effect = {.kind = EFFECT_FIRING,
                                  .at_ms = core->now_ms,
                                  .of.firing = {.rule = rule,
                                                .code = (uint16_t)code,
                                                .case_no = no,
                                                .event_id = event->head->id,
                                                .candidates = candidates}};
    state_emit(core, &effect);
}

/* A rule fires: repeats are counted, the rest is merged or opens a case. */
static enum code fire(struct core *core, uint32_t rule_row, const struct event *event,
                      struct intake_source source, struct case_no *out_no)
{
    const struct policy_rule *rule = &state_policy(core)->rules[rule_row];
    const bool dedupes = rule->dedupe.keys.count > 0;
    struct hash128 key = {0, 0};
    if (dedupes) {
        const struct hash128 base = hash128_join((struct hash128){SALT_DEDUPE, 0}, rule->id_hash);
        key = key_of(core, base, rule->dedupe.keys, rule->class_row, event);
        const struct memory_row *seen = memory_find(&core->dedupe, key);
        if (seen != NULL && core->now_ms < seen->until_ms) {
            *out_no = links_follow_no(core, seen->case_no);
            return CODE_DEDUPED;
        }
    }
    const bool merges = (rule->merge.flags & MERGE_ENABLED) != 0;
    const uint32_t asset = merges ? merge_asset(core, rule, event) : event->head->asset;
    const uint32_t into = merges ? find_merge(core, rule, event, asset) : NONE32;
    enum code code;
    if (into != NONE32) {
        *out_no = cases_peek(&core->cases, into)->no;
        code = merge_into(core, into, rule, event, source);
    } else {
        code = open_case(core, rule_row, event, source, asset, out_no);
    }
    if (dedupes && (code == CODE_OPENED || code == CODE_MERGED || code == CODE_REOPENED || code == CODE_SUPPRESSED)) {
        memory_put(&core->dedupe, key, add_clamped(core->now_ms, rule->dedupe.window_ms), *out_no);
    }
    return code;
}

/* Which of the case's reports was just taken: the reporter's receipt. A repeat has none of its own. */
static uint16_t report_of(const struct core *core, enum code code, struct case_no no)
{
    if (code != CODE_OPENED && code != CODE_MERGED && code != CODE_REOPENED) {
        return 0;
    }
    const uint32_t slot = cases_find(&core->cases, no);
    must(slot != NONE32);
    return (uint16_t)cases_peek(&core->cases, slot)->event_count;
}

static enum code decide(struct core *core, struct intake_source source, const struct event *event,
                        struct effect_result *result)
{
    const struct event_head *head = event->head;
    if (head->verdict != CODE_NOTHING) {
        return (enum code)head->verdict;
    }
    if (!may_send(core, source, event)) {
        return CODE_NO_RIGHT;
    }
    const struct memory_row *seen =
        hash128_is_none(head->id) ? NULL : memory_find(&core->event_ids, head->id);
    if (seen != NULL) { /* a known id is known however old it is */
        result->case_no = links_follow_no(core, seen->case_no);
        return CODE_DEDUPED;
    }
    const enum code time = check_time(core, source, event, &result->is_late);
    if (time != CODE_NOTHING) {
        return time;
    }
    if (head->type == NONE16) {
        return CODE_NO_RULE;
    }
    uint32_t plan = NONE32;
    const enum code refers = plans_find_alert(core, event, &plan);
    if (refers != CODE_NOTHING) {
        return refers;
    }
    lates_event(core, event);
    uint32_t rule = NONE32;
    const uint32_t matched = match_event(state_policy(core), state_city(core), event, &rule, 1);
    const enum code cleared = plan == NONE32
                                  ? clear_cases(core, event, source.gateway, &result->case_no)
                                  : follow_alert(core, plan, matched > 0 ? rule : NONE32, event,
                                                 source, &result->case_no);
    enum code code = cleared == CODE_NOTHING ? CODE_NO_RULE : cleared;
    if (matched > 0 && (plan == NONE32 || cleared == CODE_NOTHING)) {
        code = fire(core, rule, event, source, &result->case_no);
        result->report = report_of(core, code, result->case_no);
    }
    emit_firing(core, event, rule, code, result->case_no, matched);
    if (!hash128_is_none(head->id) && code != CODE_TABLE_FULL) {
        memory_add(&core->event_ids, head->id, max_i64(core->now_ms, head->event_at_ms),
                   result->case_no);
    }
    return code;
}

static void count(struct core_counts *counts, enum code code)
{
    counts->events++;
    counts->opened += code == CODE_OPENED;
    counts->merged += code == CODE_MERGED;
    counts->deduped += code == CODE_DEDUPED;
    counts->suppressed += code == CODE_SUPPRESSED || code == CODE_COALESCED;
    counts->no_rule += code == CODE_NO_RULE;
    counts->reopened += code == CODE_REOPENED;
    counts->cleared += code == CODE_CLEARED;
    counts->refused += code != CODE_OPENED && code != CODE_MERGED && code != CODE_DEDUPED &&
                       code != CODE_SUPPRESSED && code != CODE_NO_RULE && code != CODE_REOPENED &&
                       code != CODE_CLEARED && code != CODE_COALESCED;
}

void intake_event(struct core *core, struct intake_source source, const struct event *event,
                  struct effect_result *result)
{
    must((source.gateway == NONE32) != (source.worker == NONE32));
    const enum code code = decide(core, source, event, result);
    result->code = (uint16_t)code;
    contacts_settle(core, event, code, result->case_no);
    count(&core->counts, code);
}
