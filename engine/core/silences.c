/* silences.c: see silences.h. Everything here is texts: rows of images never enter the table. */
#include "engine/core/silences.h"

#include "engine/core/workers.h"

/* Words of a matcher's kind, by enum silence_match. */
static const char *const KINDS[SILENCE_MATCH_COUNT] = {"",           "rule", "tag",    "class",
                                                       "department", "area", "device", "source"};

void silences_init(struct silences *silences, struct arena *arena, const struct limits *limits)
{
    silences->limit = limits->silences;
    silences->rows = arena_take(arena, sizeof silences->rows[0], limits->silences);
}

bool silences_takes_act(const struct act_body *body)
{
    return body->action == ACTION_SILENCE || body->action == ACTION_UNSILENCE;
}

static bool text_is(const char *text, uint32_t size, const char *other, uint32_t other_size)
{
    return size == other_size && memcmp(text, other, size) == 0;
}

static bool city_text_is(const struct city *city, struct image_string name, const char *text,
                         uint32_t size)
{
    return text_is(city_text(city, name), name.size, text, size);
}

/* ---- reading what somebody wrote ---- */

static uint32_t word_size(const char *text, uint32_t size)
{
    uint32_t used = 0;
    while (used < size && text[used] != ' ' && text[used] != ';') {
        used++;
    }
    return used;
}

static uint8_t kind_of(const char *word, uint32_t size)
{
    for (uint8_t kind = 1; kind < SILENCE_MATCH_COUNT; kind++) {
        uint32_t length = 0;
        while (KINDS[kind][length] != '\0') {
            length++;
        }
        if (text_is(word, size, KINDS[kind], length)) {
            return kind;
        }
    }
    return 0;
}

/* "kind=name" */
static bool read_matcher(const char *word, uint32_t size, struct silence_matcher *out_matcher)
{
    uint32_t equals = 0;
    while (equals < size && word[equals] != '=') {
        equals++;
    }
    const uint8_t kind = kind_of(word, equals);
    const uint32_t first = equals + 1;
    if (kind == 0 || first >= size || size - first > sizeof out_matcher->text) {
        return false;
    }
    out_matcher->kind = kind;
    out_matcher->size = (uint8_t)(size - first);
    memcpy(out_matcher->text, word + first, size - first);
    return true;
}

/* The matchers up to a ';', then why. */
static enum code read_text(const char *text, uint32_t size, struct silence_row *row)
{
    uint32_t at = 0;
    while (at < size && text[at] != ';') {
        const uint32_t word = word_size(text + at, size - at);
        if (word == 0) {
            at++;
            continue;
        }
        if (row->matcher_count == SILENCE_MATCHERS_MAX ||
            !read_matcher(text + at, word, &row->matchers[row->matcher_count])) {
            return CODE_BAD_MATCHER;
        }
        row->matcher_count++;
        at += word;
    }
    at += at < size;
    while (at < size && text[at] == ' ') {
        at++;
    }
    uint32_t kept = size - at < sizeof row->why ? size - at : (uint32_t)sizeof row->why;
    while (kept > 0 && kept < size - at && ((uint8_t)text[at + kept] & 0xc0u) == 0x80u) {
        kept--; /* not in the middle of a letter */
    }
    memcpy(row->why, text + at, kept);
    row->why_size = kept;
    return row->matcher_count == 0 ? CODE_BAD_MATCHER : kept == 0 ? CODE_TEXT_NEEDED : CODE_NOTHING;
}

static bool rule_has_tag(const struct policy *policy, const struct policy_rule *rule,
                         const char *text, uint32_t size)
{
    for (uint32_t i = 0; i < rule->tags.count; i++) {
        const struct image_string tag = policy->tags[rule->tags.first + i];
        if (text_is(policy_text(policy, tag), tag.size, text, size)) {
            return true;
        }
    }
    return false;
}

static bool some_rule_is(const struct policy *policy, const struct silence_matcher *matcher)
{
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (matcher->kind == SILENCE_TAG ? rule_has_tag(policy, rule, matcher->text, matcher->size)
                                         : text_is(policy_text(policy, rule->id), rule->id.size,
                                                   matcher->text, matcher->size)) {
            return true;
        }
    }
    return false;
}

/* Is there such a thing today? A word that nothing has is a mistake. */
static bool is_known(const struct core *core, const struct silence_matcher *matcher)
{
    const struct city *city = state_city(core);
    const char *text = matcher->text;
    const uint32_t size = matcher->size;
    bool is_found = matcher->kind <= SILENCE_TAG && some_rule_is(state_policy(core), matcher);
    for (uint32_t i = 0; matcher->kind == SILENCE_CLASS && i < city->class_count; i++) {
        is_found = is_found || city_text_is(city, city->classes[i].code, text, size);
    }
    for (uint32_t i = 0; matcher->kind == SILENCE_DEPARTMENT && i < city->department_count; i++) {
        is_found = is_found || city_text_is(city, city->departments[i].code, text, size);
    }
    for (uint32_t i = 0; matcher->kind == SILENCE_AREA && i < city->area_count; i++) {
        is_found = is_found || city_text_is(city, city->areas[i].name, text, size);
    }
    for (uint32_t i = 0; matcher->kind == SILENCE_DEVICE && i < city->device_count; i++) {
        is_found = is_found || city_text_is(city, city->devices[i].id, text, size);
    }
    for (uint32_t i = 0; matcher->kind == SILENCE_SOURCE && i < city->gateway_count; i++) {
        is_found = is_found || city_text_is(city, city->gateways[i].id, text, size);
    }
    return is_found;
}

/* ---- acts ---- */

static bool is_over(const struct core *core, const struct silence_row *row)
{
    return row->is_used == 0 || row->until_ms <= core->now_ms;
}

static uint32_t find_free(const struct core *core)
{
    for (uint32_t i = 0; i < core->silences.limit; i++) {
        if (i >= core->silences.high || is_over(core, &core->silences.rows[i])) {
            return i;
        }
    }
    return NONE32;
}

/* May this person silence, and what? A department's desk: its own rules. */
static bool may_silence(const struct core *core, uint32_t worker, struct silence_row *row)
{
    const struct city *city = state_city(core);
    const struct city_person *person = worker_person(core, worker);
    if (person == NULL) {
        return false;
    }
    if ((person->rights & (RIGHT_SHIFT_CHIEF | RIGHT_OVERSEER)) != 0) {
        return true;
    }
    if ((person->rights & RIGHT_DEPARTMENT_DESK) == 0 || person->department == NONE32) {
        return false;
    }
    const struct image_string code = city->departments[person->department].code;
    if (code.size > sizeof row->department.text) {
        return false;
    }
    row->department.kind = SILENCE_DEPARTMENT;
    row->department.size = (uint8_t)code.size;
    memcpy(row->department.text, city_text(city, code), code.size);
    return true;
}

static void say(struct core *core, const struct silence_row *row, enum action what, uint32_t worker)
{
    const struct effect effect = {.kind = EFFECT_SILENCE,
                                  .at_ms = core->now_ms,
                                  .of.silence = {.row = *row,
                                                 .what = (uint32_t)what,
                                                 .actor = core->workers.rows[worker].person}};
    state_emit(core, &effect);
}

static bool names_equipment(const struct silence_row *row)
{
    for (uint32_t i = 0; i < row->matcher_count; i++) {
        if (row->matchers[i].kind == SILENCE_DEVICE || row->matchers[i].kind == SILENCE_AREA) {
            return true;
        }
    }
    return false;
}

static enum code begin(struct core *core, uint32_t worker, const struct act_body *body,
                       const char *text, struct effect_result *result)
{
    struct silence_row row;
    memset(&row, 0, sizeof row);
    if (!may_silence(core, worker, &row)) {
        return CODE_NO_RIGHT;
    }
    row.is_used = 1;
    row.kind = body->reason == REASON_MAINTENANCE ? SILENCED_FOR_MAINTENANCE : SILENCED_BY_OPERATOR;
    const enum code code = read_text(text, body->text_size, &row);
    if (code != CODE_NOTHING) {
        return code;
    }
    for (uint32_t i = 0; i < row.matcher_count; i++) {
        if (!is_known(core, &row.matchers[i])) {
            return CODE_BAD_MATCHER;
        }
    }
    if (row.kind == SILENCED_FOR_MAINTENANCE && !names_equipment(&row)) {
        return CODE_BAD_MATCHER;
    }
    row.from_ms = add_clamped(core->now_ms, (int64_t)body->amount * MINUTE_MS);
    row.until_ms = body->until_ms;
    if (row.until_ms <= row.from_ms || row.until_ms > add_clamped(core->now_ms, SILENCE_MAX_MS)) {
        return CODE_BAD_UNTIL;
    }
    const uint32_t slot = find_free(core);
    if (slot == NONE32) {
        return CODE_TABLE_FULL;
    }
    row.actor = core->workers.rows[worker].id_hash;
    row.number = ++core->silences.last_number;
    core->silences.rows[slot] = row;
    core->silences.high = slot < core->silences.high ? core->silences.high : slot + 1;
    result->order = row.number;
    say(core, &core->silences.rows[slot], ACTION_SILENCE, worker);
    return CODE_DONE;
}

static enum code end(struct core *core, uint32_t worker, const struct act_body *body,
                     struct effect_result *result)
{
    struct silence_row asking;
    memset(&asking, 0, sizeof asking);
    const bool may = may_silence(core, worker, &asking);
    for (uint32_t i = 0; i < core->silences.high; i++) {
        struct silence_row *row = &core->silences.rows[i];
        if (is_over(core, row) || row->number != body->amount) {
            continue;
        }
        const bool is_own =
            asking.department.size == 0 || text_is(asking.department.text, asking.department.size,
                                                   row->department.text, row->department.size);
        if (!may || !is_own) {
            return CODE_NO_RIGHT;
        }
        row->until_ms = core->now_ms;
        result->order = row->number;
        say(core, row, ACTION_UNSILENCE, worker);
        memset(row, 0, sizeof *row);
        return CODE_DONE;
    }
    return may ? CODE_UNKNOWN_SILENCE : CODE_NO_RIGHT;
}

enum code silences_act(struct core *core, uint32_t worker, const struct act_body *body,
                       const char *text, struct effect_result *result)
{
    return body->action == ACTION_SILENCE ? begin(core, worker, body, text, result)
                                          : end(core, worker, body, result);
}

/* ---- finding ---- */

static bool is_in_area(const struct city *city, const struct event *event, const char *text,
                       uint32_t size)
{
    for (uint32_t i = 0; i < event->head->area_count; i++) {
        if (city_text_is(city, city->areas[event->head->areas[i]].name, text, size)) {
            return true;
        }
    }
    return false;
}

static bool fits(const struct core *core, const struct silence_matcher *matcher,
                 const struct policy_rule *rule, const struct event *event, uint32_t gateway)
{
    const struct city *city = state_city(core);
    const struct policy *policy = state_policy(core);
    const char *text = matcher->text;
    const uint32_t size = matcher->size;
    switch ((enum silence_match)matcher->kind) {
    case SILENCE_RULE:
        return text_is(policy_text(policy, rule->id), rule->id.size, text, size);
    case SILENCE_TAG:
        return rule_has_tag(policy, rule, text, size);
    case SILENCE_CLASS:
        return rule->class_row != NONE32 &&
               city_text_is(city, city->classes[rule->class_row].code, text, size);
    case SILENCE_DEPARTMENT:
        return city_text_is(city, city->departments[rule->department].code, text, size);
    case SILENCE_AREA:
        return is_in_area(city, event, text, size);
    case SILENCE_DEVICE:
        return event->head->device != NONE32 &&
               city_text_is(city, city->devices[event->head->device].id, text, size);
    case SILENCE_SOURCE:
        return gateway != NONE32 && city_text_is(city, city->gateways[gateway].id, text, size);
    case SILENCE_MATCH_COUNT:
    default:
        return false;
    }
}

uint32_t silences_find(const struct core *core, const struct policy_rule *rule,
                       const struct event *event, uint32_t gateway, uint32_t *out_slots,
                       uint32_t limit)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < core->silences.high; i++) {
        const struct silence_row *row = &core->silences.rows[i];
        if (is_over(core, row) || core->now_ms < row->from_ms) {
            continue;
        }
        bool is_it =
            row->department.size == 0 || fits(core, &row->department, rule, event, gateway);
        for (uint32_t k = 0; is_it && k < row->matcher_count; k++) {
            is_it = fits(core, &row->matchers[k], rule, event, gateway);
        }
        if (is_it && found < limit) {
            out_slots[found] = i;
        }
        found += is_it;
    }
    return found;
}

void silences_count(struct core *core, uint32_t slot)
{
    must(slot < core->silences.high);
    core->silences.rows[slot].held++;
}

/* ---- checking ---- */

static bool matcher_holds(const struct silence_matcher *matcher)
{
    return matcher->kind > 0 && matcher->kind < SILENCE_MATCH_COUNT && matcher->size > 0 &&
           matcher->size <= sizeof matcher->text;
}

bool silences_hold(const struct silences *silences)
{
    for (uint32_t i = 0; i < silences->high; i++) {
        const struct silence_row *row = &silences->rows[i];
        bool holds = row->is_used <= 1 && row->matcher_count <= SILENCE_MATCHERS_MAX &&
                     row->why_size <= sizeof row->why && row->number <= silences->last_number &&
                     (row->department.size == 0 || matcher_holds(&row->department));
        for (uint32_t k = 0; holds && k < row->matcher_count; k++) {
            holds = matcher_holds(&row->matchers[k]);
        }
        if (!holds) {
            return false;
        }
    }
    return true;
}

void silences_check(const struct core *core)
{
    must(core->silences.high <= core->silences.limit);
    must(silences_hold(&core->silences));
}

/* ---- views ---- */

bool core_next_silence(const struct core *core, uint32_t *slot, struct silence_row *out_row)
{
    for (; *slot < core->silences.high; (*slot)++) {
        if (!is_over(core, &core->silences.rows[*slot])) {
            *out_row = core->silences.rows[(*slot)++];
            return true;
        }
    }
    return false;
}

const char *silence_match_name(uint32_t kind)
{
    must(kind < SILENCE_MATCH_COUNT);
    return KINDS[kind];
}
