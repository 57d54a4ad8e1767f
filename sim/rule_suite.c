/* rule_suite.c: see rule_suite.h. */
#include "sim/rule_suite.h"

#include "engine/core/code.h"
#include "engine/edge/words.h"
#include "sim/trace_file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TEST_FILES_MAX 1000u
#define TESTS_MAX 100000u
#define OFFSET_DAYS_MAX 366
#define DIRENT_SIZE 258u /* a name and a slash */
#define PATH_SIZE 4096u

static const uint32_t OUTCOMES[] = {CODE_OPENED,     CODE_MERGED,   CODE_DEDUPED, CODE_SUPPRESSED,
                                    CODE_NO_RULE,    CODE_REOPENED, CODE_CLEARED, CODE_SHADOW,
                                    CODE_TOLD,       CODE_CASELESS, CODE_WAITING, CODE_BY_MISSING,
                                    CODE_WINDOW_FULL};

/* A word of a list as it is written here: "ON_SITE" is on_site. */
static const char *lower(struct arena *arena, const char *name)
{
    char *text = arena_text(arena, name, strlen(name));
    for (char *at = text; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return text;
}

const char *suite_outcome_name(uint32_t code)
{
    static const char *const NAMES[] = {
        "opened", "merged", "deduped",  "suppressed", "no_rule",    "reopened",   "cleared",
        "shadow", "told",   "caseless", "waiting",    "by_missing", "window_full"};
    if (code == CODE_LOST_LANE) {
        return OUTCOME_LOST_LANE;
    }
    for (size_t i = 0; i < COUNT_OF(OUTCOMES); i++) {
        if (OUTCOMES[i] == code) {
            return NAMES[i];
        }
    }
    return "refused";
}

/* ---- values ---- */

/* "0s", "90s", "2m": an instant from the start. */
static bool read_at(const struct loader *loader, const struct tree_node *map, int64_t *out_ms)
{
    const struct tree_node *node = read_find(map, "at");
    *out_ms = 0;
    if (node == NULL || (node->kind == TREE_TEXT && strcmp(node->text, "0s") == 0)) {
        return node != NULL;
    }
    return read_duration(loader, node, "at", out_ms);
}

static bool read_rule(const struct loader *loader, const struct tree_node *node, uint32_t *out_row)
{
    const char *id = NULL;
    if (!read_text(loader, node, "rule", &id)) {
        return false;
    }
    const struct rule *rule = ruleset_find_rule(loader->set, id);
    if (rule == NULL) {
        const char **ids = arena_take(loader->arena, loader->set->rule_count * sizeof ids[0]);
        for (uint32_t i = 0; i < loader->set->rule_count; i++) {
            ids[i] = loader->set->rules[i]->id;
        }
        const char *nearest = problems_nearest(id, ids, loader->set->rule_count);
        read_report(loader, node, "L016", "no rule \"%s\"%s%s", id,
                    nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
        return false;
    }
    *out_row = rule->row;
    return true;
}

static bool read_person(const struct loader *loader, const struct tree_node *node,
                        uint32_t *out_row)
{
    const struct city *city = loader->set->city;
    const char *id = NULL;
    if (!read_text(loader, node, "a person", &id)) {
        return false;
    }
    const char **ids = arena_take(loader->arena, city->person_count * sizeof ids[0]);
    for (uint32_t i = 0; i < city->person_count; i++) {
        const struct image_string text = city->persons[i].id;
        ids[i] = arena_text(loader->arena, city_text(city, text), text.size);
        if (strcmp(ids[i], id) == 0) {
            *out_row = i;
            return true;
        }
    }
    const char *nearest = problems_nearest(id, ids, city->person_count);
    read_report(loader, node, "L016", "no person \"%s\" in the city%s%s", id,
                nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    return false;
}

/* A word of one of the vocabularies, as text or as upper-case name. */
static bool read_vocabulary(const struct loader *loader, const struct tree_node *node,
                            enum vocabulary vocabulary, const char *what, uint32_t *out_number)
{
    struct word_spec specs[128];
    uint32_t count = 0;
    for (uint32_t i = 0; i < words_count(vocabulary) && count < COUNT_OF(specs); i++) {
        const struct word *word = words_at(vocabulary, i);
        specs[count++] = (struct word_spec){lower(loader->arena, word->name), word->number};
    }
    return read_word(loader, node, what, specs, count, out_number);
}

static bool read_outcome(const struct loader *loader, const struct tree_node *node,
                         const char *what, const char **out_outcome)
{
    struct word_spec specs[COUNT_OF(OUTCOMES) + 2];
    uint32_t index = 0;
    for (uint32_t i = 0; i < COUNT_OF(OUTCOMES); i++) {
        specs[i] = (struct word_spec){suite_outcome_name(OUTCOMES[i]), i};
    }
    specs[COUNT_OF(OUTCOMES)] = (struct word_spec){OUTCOME_NOT_TAKEN, COUNT_OF(OUTCOMES)};
    specs[COUNT_OF(OUTCOMES) + 1] = (struct word_spec){OUTCOME_LOST_LANE, COUNT_OF(OUTCOMES) + 1};
    if (!read_word(loader, node, what, specs, COUNT_OF(specs), &index)) {
        return false;
    }
    *out_outcome = specs[index].word;
    return true;
}

/* ---- events ---- */

static bool read_field(const struct loader *loader, const struct tree_node *key,
                       const struct tree_node *value, struct suite_event *event)
{
    const struct rule_field *field = ruleset_find_field(loader->set, key->text);
    if (field == NULL) {
        const char **names = arena_take(loader->arena, loader->set->field_count * sizeof names[0]);
        for (uint32_t i = 0; i < loader->set->field_count; i++) {
            names[i] = loader->set->fields[i]->name;
        }
        const char *nearest = problems_nearest(key->text, names, loader->set->field_count);
        read_report(loader, key, "L009", "no field \"%s\" in events:%s%s", key->text,
                    nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
        return false;
    }
    if (event->fact.field_count == SUITE_EVENT_FIELDS_MAX) {
        read_report(loader, key, "L018", "more than %u fields", SUITE_EVENT_FIELDS_MAX);
        return false;
    }
    struct fact_field out = {.name = facts_text(field->name), .kind = (uint8_t)field->kind};
    bool is_true = false;
    const char *text = NULL;
    if (field->kind == FIELD_STRING) {
        if (!read_text(loader, value, field->name, &text)) {
            return false;
        }
        out.text = text;
        out.text_size = (uint32_t)strlen(text);
    } else if (field->kind == FIELD_BOOL) {
        if (!read_truth(loader, value, field->name, &is_true)) {
            return false;
        }
        out.number = is_true ? 1 : 0;
    } else if (value->kind != TREE_TEXT || !read_millionths(value->text, &out.number)) {
        read_report(loader, value, "L003", "%s must be a number", field->name);
        return false;
    }
    if (strcmp(field->name, "caller") == 0) {
        event->fact.caller = facts_text(out.text);
    }
    event->fields[event->fact.field_count++] = out;
    return true;
}

static bool read_place(const struct loader *loader, const struct tree_node *node, struct place *out)
{
    int64_t lon = 0;
    int64_t lat = 0;
    if (node->kind != TREE_LIST || node->count != 2 || node->items[0]->kind != TREE_TEXT ||
        node->items[1]->kind != TREE_TEXT || !read_decimal(node->items[0]->text, 7, &lon) ||
        !read_decimal(node->items[1]->text, 7, &lat) || lon < -LON_LIMIT || lon > LON_LIMIT ||
        lat < -LAT_LIMIT || lat > LAT_LIMIT) {
        read_report(loader, node, "L003", "place must be [longitude, latitude] in degrees");
        return false;
    }
    *out = (struct place){(int32_t)lon, (int32_t)lat};
    return true;
}

static bool read_fact(const struct loader *loader, const struct tree_node *node, const char *what,
                      struct fact_text *out_text)
{
    const char *text = NULL;
    if (!read_text(loader, node, what, &text)) {
        return false;
    }
    *out_text = facts_text(text);
    return true;
}

/* The first gateway that may send the type, trusted ones before others. */
static struct fact_text usual_source(const struct loader *loader, struct fact_text type)
{
    const struct city *city = loader->set->city;
    struct fact_text source = facts_text("nobody");
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < city->gateway_count; i++) {
            const struct city_gateway *gateway = &city->gateways[i];
            bool may_send = gateway->types.count == 0;
            for (uint32_t k = 0; k < gateway->types.count; k++) {
                const struct image_string prefix = city->gateway_types[gateway->types.first + k];
                may_send =
                    may_send || (prefix.size <= type.size &&
                                 memcmp(city_text(city, prefix), type.bytes, prefix.size) == 0);
            }
            if (may_send && (gateway->is_trusted != 0 || pass > 0)) {
                return (struct fact_text){city_text(city, gateway->id), gateway->id.size};
            }
        }
    }
    return source;
}

static bool read_event(const struct loader *loader, const struct tree_node *node,
                       struct suite_event *event)
{
    if (node->kind != TREE_MAP || read_find(node, "type") == NULL ||
        read_find(node, "at") == NULL) {
        read_report(loader, node, "L004", "an event needs at and type");
        return false;
    }
    event->node = node;
    event->fact = (struct fact_event){.place = place_none()};
    bool is_good = read_at(loader, node, &event->at_ms);
    for (uint32_t i = 0; i < node->count; i++) {
        const char *key = node->keys[i]->text;
        const struct tree_node *value = node->items[i];
        if (strcmp(key, "at") == 0) {
            continue;
        }
        if (strcmp(key, "type") == 0) {
            is_good = read_fact(loader, value, "type", &event->fact.type) && is_good;
        } else if (strcmp(key, "device") == 0) {
            is_good = read_fact(loader, value, "device", &event->fact.device) && is_good;
        } else if (strcmp(key, "source") == 0) {
            is_good = read_fact(loader, value, "source", &event->fact.source) && is_good;
        } else if (strcmp(key, "id") == 0) {
            is_good = read_fact(loader, value, "id", &event->fact.id) && is_good;
        } else if (strcmp(key, "place") == 0) {
            is_good = read_place(loader, value, &event->fact.place) && is_good;
        } else {
            is_good = read_field(loader, node->keys[i], value, event) && is_good;
        }
    }
    if (is_good && ruleset_find_type(loader->set, event->fact.type.bytes) == NULL) {
        read_report(loader, node, "L010",
                    "no event type \"%s\" under events:", event->fact.type.bytes);
        is_good = false;
    }
    if (is_good && event->fact.source.bytes == NULL) {
        event->fact.source = usual_source(loader, event->fact.type);
    }
    event->fact.fields = event->fields;
    return is_good;
}

static bool read_count(const struct loader *loader, const struct tree_node *map, const char *key,
                       int64_t *out_value)
{
    const struct tree_node *node = read_find(map, key);
    return node == NULL || read_integer(loader, node, key, 0, 1000000, out_value);
}

static bool read_act(const struct loader *loader, const struct tree_node *node,
                     struct suite_act *act)
{
    static const struct key_spec KEYS[] = {
        {"at", KEY_REQUIRED}, {"who", KEY_REQUIRED}, {"do", KEY_REQUIRED}, {"reason", KEY_KNOWN},
        {"line", KEY_KNOWN},  {"amount", KEY_KNOWN}, {"photo", KEY_KNOWN}};
    uint32_t action = 0;
    uint32_t reason = 0;
    int64_t amount = 0;
    const char *line = NULL;
    if (!read_check_map(loader, node, "an act", KEYS, COUNT_OF(KEYS)) ||
        !read_at(loader, node, &act->at_ms) ||
        !read_person(loader, read_find(node, "who"), &act->person) ||
        !read_vocabulary(loader, read_find(node, "do"), VOCABULARY_ACTION, "do", &action)) {
        return false;
    }
    const struct tree_node *why = read_find(node, "reason");
    if (why != NULL && !read_vocabulary(loader, why, VOCABULARY_REASON, "reason", &reason)) {
        return false;
    }
    const struct tree_node *check = read_find(node, "line");
    const struct tree_node *photo = read_find(node, "photo");
    if ((check != NULL && !read_text(loader, check, "line", &line)) ||
        !read_count(loader, node, "amount", &amount) ||
        (photo != NULL && !read_truth(loader, photo, "photo", &act->has_photo))) {
        return false;
    }
    if (line != NULL) {
        act->line = facts_hash(line, (uint32_t)strlen(line));
    }
    act->amount = (uint32_t)amount;
    act->node = node;
    act->action = (enum action)action;
    act->reason = (enum reason)reason;
    return true;
}

/* ---- expectations ---- */

/* A person's id or a post's code; a post has a dot in it or is none of the people. */
static bool read_holder(const struct loader *loader, const struct tree_node *node,
                        struct holder *out_holder)
{
    const struct city *city = loader->set->city;
    for (uint32_t i = 0; node->kind == TREE_TEXT && i < city->post_count; i++) {
        const struct image_string code = city->posts[i].code;
        if (strlen(node->text) == code.size &&
            memcmp(node->text, city_text(city, code), code.size) == 0) {
            *out_holder = (struct holder){HOLDER_POST, i};
            return true;
        }
    }
    out_holder->kind = HOLDER_PERSON;
    return read_person(loader, node, &out_holder->index);
}

static bool read_said(const struct loader *loader, const struct tree_node *map,
                      struct suite_expect *expect)
{
    static const struct key_spec KEYS[] = {
        {"do", KEY_REQUIRED}, {"clock", KEY_KNOWN}, {"rule", KEY_KNOWN}, {"count", KEY_KNOWN}};
    if (!read_check_map(loader, map, "said", KEYS, COUNT_OF(KEYS))) {
        return false;
    }
    const struct tree_node *rule = read_find(map, "rule");
    const struct tree_node *clock = read_find(map, "clock");
    return read_vocabulary(loader, read_find(map, "do"), VOCABULARY_ACTION, "do",
                           &expect->action) &&
           (clock == NULL ||
            read_vocabulary(loader, clock, VOCABULARY_CLOCK, "clock", &expect->clock)) &&
           (rule == NULL || read_rule(loader, rule, &expect->rule)) &&
           read_count(loader, map, "count", &expect->count);
}

static bool read_case(const struct loader *loader, const struct tree_node *map,
                      struct suite_expect *expect)
{
    static const struct key_spec KEYS[] = {
        {"rule", KEY_KNOWN},  {"severity", KEY_KNOWN}, {"state", KEY_KNOWN}, {"class", KEY_KNOWN},
        {"count", KEY_KNOWN}, {"events", KEY_KNOWN},   {"holder", KEY_KNOWN}};
    const struct tree_node *value = NULL;
    int64_t severity = 0;
    bool is_good = read_check_map(loader, map, "case", KEYS, COUNT_OF(KEYS));
    if ((value = read_find(map, "rule")) != NULL) {
        is_good = read_rule(loader, value, &expect->rule) && is_good;
    }
    if ((value = read_find(map, "severity")) != NULL) {
        is_good = read_integer(loader, value, "severity", 1, 4, &severity) && is_good;
        expect->severity = (uint32_t)severity;
    }
    if ((value = read_find(map, "state")) != NULL) {
        is_good = read_vocabulary(loader, value, VOCABULARY_CASE_STATE, "state", &expect->state) &&
                  is_good;
    }
    if ((value = read_find(map, "class")) != NULL) {
        is_good = read_name(loader, value, REF_CLASS, &expect->class_row) && is_good;
    }
    if ((value = read_find(map, "holder")) != NULL) {
        is_good = read_holder(loader, value, &expect->holder) && is_good;
    }
    return read_count(loader, map, "count", &expect->count) &&
           read_count(loader, map, "events", &expect->events) && is_good;
}

static bool read_assigned(const struct loader *loader, const struct tree_node *map,
                          struct suite_expect *expect)
{
    static const struct key_spec KEYS[] = {
        {"rule", KEY_KNOWN}, {"role", KEY_KNOWN}, {"worker", KEY_KNOWN}};
    const struct tree_node *value = NULL;
    bool is_good = read_check_map(loader, map, "assigned", KEYS, COUNT_OF(KEYS));
    if ((value = read_find(map, "rule")) != NULL) {
        is_good = read_rule(loader, value, &expect->rule) && is_good;
    }
    if ((value = read_find(map, "role")) != NULL) {
        is_good = read_mask(loader, value, REF_ROLE, &expect->roles) && is_good;
    }
    if ((value = read_find(map, "worker")) != NULL) {
        is_good = read_person(loader, value, &expect->person) && is_good;
    }
    return is_good;
}

static bool read_escalated(const struct loader *loader, const struct tree_node *map,
                           struct suite_expect *expect)
{
    static const struct key_spec KEYS[] = {{"to", KEY_REQUIRED}, {"rule", KEY_KNOWN}};
    const struct tree_node *value = NULL;
    if (!read_check_map(loader, map, "escalated", KEYS, COUNT_OF(KEYS))) {
        return false;
    }
    if ((value = read_find(map, "rule")) != NULL && !read_rule(loader, value, &expect->rule)) {
        return false;
    }
    return read_name(loader, read_find(map, "to"), REF_POST, &expect->post);
}

static bool read_why(const struct loader *loader, const struct tree_node *map, const char *key,
                     struct suite_expect *expect)
{
    const struct key_spec keys[] = {{"rule", KEY_REQUIRED}, {key, KEY_REQUIRED}};
    return read_check_map(loader, map, "why", keys, COUNT_OF(keys)) &&
           read_rule(loader, read_find(map, "rule"), &expect->rule) &&
           read_outcome(loader, read_find(map, key), key, &expect->outcome);
}

/* reason: window, with how far it is; or by_missing, window_full. */
static bool read_reason(const struct loader *loader, const struct tree_node *map,
                        struct suite_expect *expect)
{
    static const struct key_spec KEYS[] = {
        {"rule", KEY_REQUIRED}, {"reason", KEY_REQUIRED}, {"have", KEY_KNOWN}, {"need", KEY_KNOWN}};
    static const struct word_spec REASONS[] = {{"window", CODE_WAITING},
                                               {"by_missing", CODE_BY_MISSING},
                                               {"window_full", CODE_WINDOW_FULL}};
    uint32_t code = 0;
    if (!read_check_map(loader, map, "why", KEYS, COUNT_OF(KEYS)) ||
        !read_rule(loader, read_find(map, "rule"), &expect->rule) ||
        !read_word(loader, read_find(map, "reason"), "reason", REASONS, COUNT_OF(REASONS), &code)) {
        return false;
    }
    expect->outcome = suite_outcome_name(code);
    return read_count(loader, map, "have", &expect->have) &&
           read_count(loader, map, "need", &expect->need);
}

static struct suite_expect any_expect(const struct tree_node *node)
{
    return (struct suite_expect){.node = node,
                                 .rule = NONE32,
                                 .person = NONE32,
                                 .post = NONE32,
                                 .class_row = NONE32,
                                 .have = -1,
                                 .need = -1,
                                 .events = -1,
                                 .count = -1};
}

static bool read_expect(const struct loader *loader, const struct tree_node *node,
                        struct suite_expect *expect)
{
    static const struct key_spec KEYS[] = {{"at", KEY_REQUIRED},     {"case", KEY_KNOWN},
                                           {"cases", KEY_KNOWN},     {"assigned", KEY_KNOWN},
                                           {"escalated", KEY_KNOWN}, {"why", KEY_KNOWN},
                                           {"said", KEY_KNOWN}};
    *expect = any_expect(node);
    if (!read_check_map(loader, node, "an expectation", KEYS, COUNT_OF(KEYS)) ||
        !read_at(loader, node, &expect->at_ms)) {
        return false;
    }
    if (node->count != 2) {
        read_report(loader, node, "L004",
                    "an expectation is at and one of case, cases, assigned, escalated, why, said");
        return false;
    }
    const struct tree_node *value = NULL;
    if ((value = read_find(node, "case")) != NULL) {
        expect->kind = EXPECT_CASE;
        return read_case(loader, value, expect);
    }
    if ((value = read_find(node, "cases")) != NULL) {
        expect->kind = EXPECT_CASES;
        return read_count(loader, node, "cases", &expect->count);
    }
    if ((value = read_find(node, "assigned")) != NULL) {
        expect->kind = EXPECT_ASSIGNED;
        return read_assigned(loader, value, expect);
    }
    if ((value = read_find(node, "escalated")) != NULL) {
        expect->kind = EXPECT_ESCALATED;
        return read_escalated(loader, value, expect);
    }
    if ((value = read_find(node, "said")) != NULL) {
        expect->kind = EXPECT_SAID;
        return read_said(loader, value, expect);
    }
    expect->kind = EXPECT_WHY;
    value = read_find(node, "why");
    if (value != NULL && value->kind == TREE_MAP && read_find(value, "reason") != NULL) {
        return read_reason(loader, value, expect);
    }
    return read_why(loader, read_find(node, "why"), "outcome", expect);
}

/* ---- tests ---- */

/* What is written later happens later. */
static bool check_order(const struct loader *loader, const struct tree_node *node,
                        int64_t before_ms, int64_t at_ms)
{
    if (at_ms >= before_ms) {
        return true;
    }
    read_report(loader, node, "L005", "at goes back; write a test in the order of its instants");
    return false;
}

static void read_lists(const struct loader *loader, const struct tree_node *node,
                       struct suite_test *test)
{
    const struct tree_node *events = read_find(node, "events");
    const struct tree_node *acts = read_find(node, "acts");
    const struct tree_node *expects = read_find(node, "expect");
    const struct tree_node *nevers = read_find(node, "never");
    const uint32_t counts[4] = {events == NULL ? 0 : read_list_count(events),
                                acts == NULL ? 0 : read_list_count(acts),
                                expects == NULL ? 0 : read_list_count(expects),
                                nevers == NULL ? 0 : read_list_count(nevers)};
    test->events = arena_take(loader->arena, counts[0] * sizeof test->events[0]);
    test->acts = arena_take(loader->arena, counts[1] * sizeof test->acts[0]);
    test->expects = arena_take(loader->arena, counts[2] * sizeof test->expects[0]);
    test->nevers = arena_take(loader->arena, counts[3] * sizeof test->nevers[0]);
    int64_t at_ms = 0;
    for (uint32_t i = 0; i < counts[0]; i++) {
        struct suite_event *event = &test->events[test->event_count];
        const struct tree_node *item = read_list_item(events, i);
        test->event_count +=
            read_event(loader, item, event) && check_order(loader, item, at_ms, event->at_ms);
        at_ms = event->at_ms;
    }
    at_ms = 0;
    for (uint32_t i = 0; i < counts[1]; i++) {
        struct suite_act *act = &test->acts[test->act_count];
        const struct tree_node *item = read_list_item(acts, i);
        test->act_count +=
            read_act(loader, item, act) && check_order(loader, item, at_ms, act->at_ms);
        at_ms = act->at_ms;
    }
    at_ms = 0;
    for (uint32_t i = 0; i < counts[2]; i++) {
        struct suite_expect *expect = &test->expects[test->expect_count];
        const struct tree_node *item = read_list_item(expects, i);
        test->expect_count +=
            read_expect(loader, item, expect) && check_order(loader, item, at_ms, expect->at_ms);
        at_ms = expect->at_ms;
    }
    for (uint32_t i = 0; i < counts[3]; i++) {
        struct suite_expect *never = &test->nevers[test->never_count];
        *never = any_expect(read_list_item(nevers, i));
        test->never_count += read_why(loader, never->node, "outcome", never);
    }
}

static void read_test(const struct loader *loader, const struct tree_node *node,
                      struct suite_test *test)
{
    static const struct key_spec KEYS[] = {{"name", KEY_REQUIRED}, {"events", KEY_KNOWN},
                                           {"acts", KEY_KNOWN},    {"expect", KEY_KNOWN},
                                           {"never", KEY_KNOWN},   {"start", KEY_KNOWN}};
    const struct tree_node *value = NULL;
    test->node = node;
    if (!read_check_map(loader, node, "a test", KEYS, COUNT_OF(KEYS)) ||
        !read_text(loader, read_find(node, "name"), "name", &test->name)) {
        return;
    }
    int32_t offset = 0;
    if ((value = read_find(node, "start")) != NULL &&
        (value->kind != TREE_TEXT || !trace_parse_instant(value->text, &test->start_ms, &offset))) {
        read_report(loader, value, "L003",
                    "start must be a time such as 2026-03-02T08:00:00+08:00");
    }
    read_lists(loader, node, test);
    if (read_find(node, "expect") == NULL && read_find(node, "never") == NULL) {
        read_report(loader, node, "L004", "test \"%s\" expects nothing, so it cannot fail",
                    test->name);
    }
}

static void read_tests(const struct loader *loader, const struct tree_node *tests, const char *name,
                       int64_t start_ms, struct suite *suite)
{
    for (uint32_t i = 0; i < read_list_count(tests) && suite->count < TESTS_MAX; i++) {
        suite->tests =
            arena_grow(loader->arena, suite->tests, suite->count * sizeof suite->tests[0],
                       (suite->count + 1) * sizeof suite->tests[0]);
        struct suite_test *test = &suite->tests[suite->count++];
        *test = (struct suite_test){.suite = name, .name = "?", .start_ms = start_ms};
        read_test(loader, read_list_item(tests, i), test);
    }
}

static void read_suite(const struct loader *loader, const struct tree_node *root,
                       struct suite *suite)
{
    static const struct key_spec KEYS[] = {
        {"suite", KEY_REQUIRED}, {"start", KEY_REQUIRED}, {"tests", KEY_REQUIRED}};
    const char *name = NULL;
    int64_t start_ms = 0;
    int32_t offset = 0;
    if (!read_check_map(loader, root, "a test file", KEYS, COUNT_OF(KEYS)) ||
        !read_text(loader, read_find(root, "suite"), "suite", &name)) {
        return;
    }
    const struct tree_node *start = read_find(root, "start");
    if (start->kind != TREE_TEXT || !trace_parse_instant(start->text, &start_ms, &offset)) {
        read_report(loader, start, "L003",
                    "start must be a time such as 2026-03-02T08:00:00+08:00");
        return;
    }
    read_tests(loader, read_find(root, "tests"), name, start_ms, suite);
}

/* Tests inside a rule file: each says when it starts. */
static void read_inline(const struct loader *loader, const struct tree_node *root, const char *name,
                        struct suite *suite)
{
    const struct tree_node *tests = read_find(root, "tests");
    const uint32_t first = suite->count;
    if (read_find(root, "ruleset") == NULL || tests == NULL) {
        return;
    }
    read_tests(loader, tests, name, NEVER_MS, suite);
    for (uint32_t i = first; i < suite->count; i++) {
        if (suite->tests[i].start_ms == NEVER_MS) {
            read_report(loader, suite->tests[i].node, "L004",
                        "test \"%s\" says no start; inside a rule file every test needs one",
                        suite->tests[i].name);
        }
    }
}

/* ---- files ---- */

static int name_compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool is_test_file(const char *name)
{
    const size_t size = strlen(name);
    return size > 10 && strcmp(name + size - 10, ".test.yaml") == 0;
}

/* Files of the directory, and of those in it: packs lie beside each other. */
static void list_files(const struct loader *loader, const char *directory, const char *inside,
                       const char **names, uint32_t *count)
{
    char path[PATH_SIZE];
    const int size = snprintf(path, sizeof path, "%s/%s", directory, inside);
    DIR *dir = size > 0 && (size_t)size < sizeof path ? opendir(path) : NULL;
    const struct dirent *entry = NULL;
    while (dir != NULL && (entry = readdir(dir)) != NULL && *count < TEST_FILES_MAX) {
        const size_t length = strlen(entry->d_name);
        if (entry->d_name[0] == '.') {
            continue;
        }
        const bool is_rules = length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0;
        if (inside[0] == '\0' ? is_rules : is_test_file(entry->d_name)) {
            char name[PATH_SIZE];
            const int used = snprintf(name, sizeof name, "%s%s", inside, entry->d_name);
            must(used > 0 && (size_t)used < sizeof name);
            names[(*count)++] = arena_text(loader->arena, name, (size_t)used);
        } else if (inside[0] == '\0') {
            char below[DIRENT_SIZE];
            (void)snprintf(below, sizeof below, "%s/", entry->d_name);
            list_files(loader, directory, below, names, count);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
}

static const struct tree_node *read_file(const struct loader *loader, const char *directory,
                                         const char *name)
{
    const size_t path_size = strlen(directory) + strlen(name) + 2;
    char *path = arena_take(loader->arena, path_size);
    (void)snprintf(path, path_size, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(TREE_FILE_SIZE_MAX + 1);
    must(bytes != NULL);
    const size_t size = file == NULL ? 0 : fread(bytes, 1, TREE_FILE_SIZE_MAX + 1, file);
    const struct tree_node *root = NULL;
    if (file == NULL || ferror(file)) {
        problems_add(loader->problems, PROBLEM_ERROR, "L019", path, 0, 0,
                     "the file cannot be read: %s", strerror(errno));
    } else {
        char *kept = arena_text(loader->arena, bytes, size);
        root = tree_parse(loader->arena, loader->problems, path, kept, size);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    free(bytes);
    return root;
}

enum err suite_load(struct ruleset *set, const char *directory, struct problems *problems,
                    struct suite *out_suite)
{
    const struct loader loader = {set->arena, problems, refs_new(set->arena, set->city), set};
    *out_suite = (struct suite){NULL, 0};
    const char **names = arena_take(set->arena, TEST_FILES_MAX * sizeof names[0]);
    uint32_t count = 0;
    list_files(&loader, directory, "", names, &count);
    if (count == 0) {
        return ERR_NOT_FOUND;
    }
    qsort(names, count, sizeof names[0], name_compare);
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *root = read_file(&loader, directory, names[i]);
        if (root != NULL && is_test_file(names[i])) {
            read_suite(&loader, root, out_suite);
        } else if (root != NULL) {
            read_inline(&loader, root, names[i], out_suite);
        }
    }
    if (out_suite->count == 0 && problems_error_count(problems) == 0) {
        return ERR_NOT_FOUND;
    }
    return problems_error_count(problems) > 0 ? ERR_INPUT : ERR_OK;
}
