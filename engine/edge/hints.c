/* hints.c: see hints.h. */
#include "engine/edge/hints.h"

#include "engine/core/calendar.h"
#include "engine/core/match.h"
#include "engine/edge/hint_terms.h"
#include "engine/edge/labels.h"

#include <inttypes.h>

#define MATCHED_MAX 16u /* rules that take an event and are looked at */

static struct event event_of(const struct fact_record *record)
{
    return (struct event){.head = &record->head,
                          .fields = record->fields,
                          .text = record->text,
                          .free_text = record->free_text};
}

static void put_fact(struct text *text, struct fact_text fact)
{
    text_put(text, "\"");
    text_put_bytes(text, fact.bytes, fact.bytes != NULL ? fact.size : 0);
    text_put(text, "\"");
}

static void put_rule(struct text *text, const struct policy *policy, uint32_t rule)
{
    text_put(text, "rule ");
    (void)labels_put_rule(text, policy, rule);
}

static void put_degrees(struct text *text, struct place place)
{
    text_put_micro(text, place.lon / 10);
    text_put(text, ", ");
    text_put_micro(text, place.lat / 10);
}

/* "3 h 20 min" of ms, roughly. */
static void put_span(struct text *text, int64_t ms)
{
    if (ms >= 2 * DAY_MS) {
        text_format(text, "%" PRId64 " days", ms / DAY_MS);
    } else if (ms >= 2 * HOUR_MS) {
        text_format(text, "%" PRId64 " h", ms / HOUR_MS);
    } else if (ms >= 2 * MINUTE_MS) {
        text_format(text, "%" PRId64 " min", ms / MINUTE_MS);
    } else {
        text_format(text, "%" PRId64 " s", ms / SECOND_MS);
    }
}

/* ---- NO_RULE ---- */

static void put_unknown_type(struct text *text, const struct hint_ask *ask)
{
    char type[128];
    struct text terminated;
    text_init(&terminated, type, sizeof type);
    text_put_bytes(&terminated, ask->event->type.bytes, ask->event->type.size);
    const char *nearest = facts_nearest_type(ask->facts, type);
    text_put(text, "no rule knows the type ");
    put_fact(text, ask->event->type);
    if (nearest != NULL) {
        text_format(text, "; the nearest of %u known is %s", ask->policy->type_count, nearest);
    } else {
        text_format(text, ", nor one like it, among %u", ask->policy->type_count);
    }
}

/* No rule in force takes the type at all: it closes cases, or nothing. */
static void put_without_rules(struct text *text, const struct hint_ask *ask,
                              const struct policy_type *type)
{
    const struct policy *policy = ask->policy;
    if (type->closers.count == 0) {
        text_put(text, "the type is known, but no rule in force takes it");
        return;
    }
    const uint32_t rule = policy->closers[type->closers.first];
    const struct event event = event_of(ask->record);
    text_put(text, "the type only ends cases of ");
    put_rule(text, policy, rule);
    if (type->closers.count > 1) {
        text_format(text, " and %u more", type->closers.count - 1);
    }
    const struct image_range keys = policy->rules[rule].close.keys;
    for (uint32_t i = 0; i < keys.count; i++) {
        const uint32_t field = policy->keys[keys.first + i];
        if (field != KEY_CLASS && event_find_field(&event, field) == NULL) {
            const struct image_string name = policy->fields[field].name;
            text_put(text, ", found by ");
            text_put_bytes(text, policy_text(policy, name), name.size);
            text_put(text, ", which is missing");
            return;
        }
    }
    text_put(text, ", and none is open that it could mean");
}

/* Some rule takes it, and yet it came to nothing. */
static void put_taken(struct text *text, const struct policy *policy, const uint32_t *rules,
                      uint32_t count)
{
    uint32_t told = rules[0], shadows = 0;
    for (uint32_t i = 0; i < count; i++) {
        shadows += policy->rules[rules[i]].status == RULE_SHADOW;
    }
    for (uint32_t i = count; i > 0 && shadows < count; i--) {
        told = policy->rules[rules[i - 1]].status != RULE_SHADOW ? rules[i - 1] : told;
    }
    const struct policy_rule *rule = &policy->rules[told];
    put_rule(text, policy, told);
    if (rule->status == RULE_SHADOW) {
        text_put(text, count > 1 ? " and others take it, but all in shadow: evaluated, nothing done"
                                 : " takes it, but in shadow: evaluated, nothing done");
    } else if (rule->lane == RULE_LANE_ESCALATE) {
        text_put(text, " takes it, but only acts on a case (lane escalate), and no rule of lane "
                       "dispatch gave it one");
    } else if (rule->lane == RULE_LANE_NOTIFY) {
        text_put(text, " takes it, but tells nobody now: it has told of the same, or is silenced");
    } else {
        text_put(text, " takes it, and has nothing to do with it now");
    }
}

/* How far a rule is from taking an event. */
struct nearness {
    uint32_t rule;
    struct hint_terms terms;
    bool is_outside_hours, is_shadow;
    uint32_t score; /* what does not hold */
};

static bool is_in_any(const struct hint_ask *ask, struct image_range calendars, int64_t at_ms)
{
    bool is_in = false;
    for (uint32_t i = 0; i < calendars.count; i++) {
        is_in =
            is_in || calendar_contains(ask->city, ask->policy->rows[calendars.first + i], at_ms);
    }
    return is_in;
}

static struct nearness nearness_of(const struct hint_ask *ask, uint32_t rule_row)
{
    const struct policy_rule *rule = &ask->policy->rules[rule_row];
    const struct event event = event_of(ask->record);
    const int64_t at_ms = event.head->event_at_ms;
    struct nearness near = {.rule = rule_row,
                            .is_shadow = rule->status == RULE_SHADOW,
                            .terms = hint_terms_find(ask->policy, rule->program, &event)};
    near.is_outside_hours =
        (rule->calendars_in.count > 0 && !is_in_any(ask, rule->calendars_in, at_ms)) ||
        is_in_any(ask, rule->calendars_out, at_ms);
    near.score = near.terms.failed + near.is_outside_hours;
    near.score += near.score == 0; /* then it is the place */
    return near;
}

static void put_hours(struct text *text, const struct hint_ask *ask, const struct policy_rule *rule)
{
    const struct policy *policy = ask->policy;
    const int64_t at_ms = ask->record->head.event_at_ms;
    const bool is_out = rule->calendars_in.count == 0 || is_in_any(ask, rule->calendars_in, at_ms);
    const struct image_range calendars = is_out ? rule->calendars_out : rule->calendars_in;
    const struct image_string name = ask->city->calendars[policy->rows[calendars.first]].name;
    const int64_t minute = (city_local_ms(ask->city, at_ms) % DAY_MS + DAY_MS) % DAY_MS / MINUTE_MS;
    text_format(text, " is outside its hours: %02" PRId64 ":%02" PRId64 " is %s ", minute / 60,
                minute % 60, is_out ? "in" : "not in");
    text_put_bytes(text, city_text(ask->city, name), name.size);
    if (calendars.count > 1) {
        text_format(text, " or %u more", calendars.count - 1);
    }
}

static void put_nearest(struct text *text, const struct hint_ask *ask,
                        const struct policy_type *type)
{
    const struct policy *policy = ask->policy;
    const struct event event = event_of(ask->record);
    struct nearness best = {.is_shadow = true, .score = UINT32_MAX};
    const uint32_t count = type->rules.count < HINT_RULES_MAX ? type->rules.count : HINT_RULES_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const struct nearness near = nearness_of(ask, policy->type_rules[type->rules.first + i]);
        const bool is_nearer =
            near.is_shadow == best.is_shadow ? near.score < best.score : best.is_shadow;
        best = is_nearer ? near : best;
    }
    const struct policy_rule *rule = &policy->rules[best.rule];
    text_put(text, type->rules.count == 1 ? "" : "nearest: ");
    put_rule(text, policy, best.rule);
    if (best.is_shadow) {
        text_put(text, " (in shadow)");
    }
    if (best.terms.failed > 0) {
        text_put(text, ": ");
        hint_terms_put(text, policy, best.terms.first, &event);
        if (best.score > 1) {
            text_format(text, "; %u more of its conditions do not hold", best.score - 1);
        }
    } else if (best.is_outside_hours) {
        put_hours(text, ask, rule);
    } else {
        text_put(text, place_is_known(event.head->place)
                           ? " holds elsewhere: the place is outside its area"
                           : " asks for an area, and the event has no place");
    }
}

static void put_no_rule(struct text *text, const struct hint_ask *ask)
{
    const struct policy *policy = ask->policy;
    const struct event event = event_of(ask->record);
    uint32_t rules[MATCHED_MAX];
    if (event.head->type >= policy->type_count) {
        put_unknown_type(text, ask);
        return;
    }
    const struct policy_type *type = &policy->types[event.head->type];
    if (type->rules.count == 0) {
        put_without_rules(text, ask, type);
        return;
    }
    const uint32_t matched = match_event(policy, ask->city, &event, rules, MATCHED_MAX);
    if (matched > 0) {
        put_taken(text, policy, rules, matched < MATCHED_MAX ? matched : MATCHED_MAX);
    } else {
        put_nearest(text, ask, type);
    }
}

/* ---- refusals ---- */

static void put_field_fault(struct text *text, const struct fact_fault *fault)
{
    static const char *const KINDS[] = {"nothing a rule can read", "a number", "a text",
                                        "true or false"};
    switch (fault->what) {
    case FACT_FAULT_KIND:
        text_put(text, "field ");
        put_fact(text, fault->name);
        text_format(text, ": %s is expected, not %s", KINDS[fault->wanted % COUNT_OF(KINDS)],
                    KINDS[fault->sent % COUNT_OF(KINDS)]);
        return;
    case FACT_FAULT_LONG:
        text_put(text, "field ");
        put_fact(text, fault->name);
        text_format(text, ": %u bytes, at most %u", fault->sent, EVENT_STRING_MAX);
        return;
    case FACT_FAULT_TWICE:
        text_put(text, "field ");
        put_fact(text, fault->name);
        text_put(text, " is there twice");
        return;
    case FACT_FAULT_MANY:
        text_format(text, "more than %u fields that rules read, those of the registry included; ",
                    EVENT_FIELDS_MAX);
        put_fact(text, fault->name);
        text_put(text, " is the first too many");
        return;
    case FACT_FAULT_TEXT:
        text_format(text, "text: %u bytes, at most %u", fault->sent, EVENT_TEXT_MAX);
        return;
    case FACT_FAULT_NONE:
        break;
    }
}

static void put_place_fault(struct text *text, const struct hint_ask *ask)
{
    const struct city_info *info = ask->city->info;
    const struct place place = ask->event->place;
    if (ask->code == CODE_BAD_PLACE) {
        if (place.lon == INT32_MAX && place.lat == INT32_MAX) {
            text_put(text, "place: lon_e7 and lat_e7 are both needed");
            return;
        }
        text_put(text, "place: longitude, latitude ");
        put_degrees(text, place);
        text_put(text, "; -180 to 180 and -90 to 90 are expected");
        return;
    }
    text_put(text, "longitude, latitude ");
    put_degrees(text, place);
    text_put(text, " is outside ");
    put_degrees(text, (struct place){info->lon_min, info->lat_min});
    text_put(text, " to ");
    put_degrees(text, (struct place){info->lon_max, info->lat_max});
    text_put(text, "; are they the other way, or in another crs?");
}

static void put_rights(struct text *text, const struct hint_ask *ask)
{
    const struct city *city = ask->city;
    if (ask->gateway == NONE32) {
        return;
    }
    const struct image_range types = city->gateways[ask->gateway].types;
    const struct image_string name = city->gateways[ask->gateway].id;
    text_put_bytes(text, city_text(city, name), name.size);
    if (city_gateway_may_send(city, &city->gateways[ask->gateway], ask->event->type.bytes,
                              ask->event->type.size)) {
        text_put(text, " is a sensor or camera (gateways.csv): no contact comes with its events");
        return;
    }
    text_put(text, " may send ");
    for (uint32_t i = 0; i < types.count; i++) {
        const struct image_string prefix = city->gateway_types[types.first + i];
        text_put(text, i > 0 ? ", " : "");
        text_put_bytes(text, city_text(city, prefix), prefix.size);
    }
    text_put(text, "* (gateways.csv), not ");
    put_fact(text, ask->event->type);
}

static void put_time_fault(struct text *text, const struct hint_ask *ask)
{
    const int64_t at_ms = ask->record->head.event_at_ms;
    text_put(text, "it happened ");
    if (ask->code == CODE_IN_FUTURE) {
        put_span(text, sub_clamped(at_ms, ask->now_ms));
        text_put(text, " from now by the engine's clock; at most ");
        put_span(text, ask->policy->info->future_ms);
    } else {
        put_span(text, sub_clamped(ask->now_ms, at_ms));
        text_put(text, " ago by the engine's clock; at most ");
        put_span(text, EVENT_AGE_MS);
        text_put(text, ", and no longer than ids are remembered");
    }
}

/* BY_MISSING: of the first rule that takes the event and counts by what it lacks. */
static void put_missing(struct text *text, const struct hint_ask *ask)
{
    const struct policy *policy = ask->policy;
    const struct event event = event_of(ask->record);
    uint32_t rules[MATCHED_MAX];
    uint32_t count = match_event(policy, ask->city, &event, rules, MATCHED_MAX);
    count = count < MATCHED_MAX ? count : MATCHED_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t window = policy->rules[rules[i]].window;
        const struct image_range by =
            window != NONE32 ? policy->windows[window].by : (struct image_range){0, 0};
        for (uint32_t k = 0; k < by.count; k++) {
            const uint32_t field = policy->keys[by.first + k];
            if (field != KEY_CLASS && event_find_field(&event, field) == NULL) {
                put_rule(text, policy, rules[i]);
                text_put(text, " counts by ");
                const struct image_string name = policy->fields[field].name;
                text_put_bytes(text, policy_text(policy, name), name.size);
                text_put(text, ", which is missing");
                return;
            }
        }
    }
}

static void put_refused(struct text *text, const struct hint_ask *ask)
{
    put_field_fault(text, &ask->record->fault);
}

static void put_device(struct text *text, const struct hint_ask *ask)
{
    put_fact(text, ask->event->device);
    text_put(text, " is no id of devices.csv");
}

const char *hints_put(const struct hint_ask *ask, char *out)
{
    static const struct {
        enum code code;
        void (*put)(struct text *text, const struct hint_ask *ask);
    } ROWS[] = {{CODE_NO_RULE, put_no_rule},       {CODE_UNKNOWN_TYPE, put_no_rule},
                {CODE_TOO_LARGE, put_refused},     {CODE_BAD_FIELD, put_refused},
                {CODE_BAD_PLACE, put_place_fault}, {CODE_OUTSIDE_CITY, put_place_fault},
                {CODE_UNKNOWN_DEVICE, put_device}, {CODE_NO_RIGHT, put_rights},
                {CODE_IN_FUTURE, put_time_fault},  {CODE_TOO_OLD, put_time_fault},
                {CODE_BY_MISSING, put_missing}};
    struct text text;
    text_init(&text, out, HINT_SIZE);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (ROWS[i].code == ask->code) {
            ROWS[i].put(&text, ask);
        }
    }
    return out;
}
