/* explain_log.c: see explain_log.h. The log is replayed up to the event; each event of a batch ends with its result, so what is
 * emitted before that result is about it. */
#include "engine/cli/explain_log.h"

#include "engine/city/facts.h"
#include "engine/cli/dump_json.h"
#include "engine/edge/story.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

struct search {
    const char *asked;
    uint64_t entry; /* "ENTRY.N"; 0 = by id */
    uint32_t nth;
    struct replay *replay;
    struct explain_log *found;
    struct log_events_counts counts;
    bool is_inside; /* the command being stepped holds it */
    bool is_unplayable;
    uint32_t results; /* of that command so far */
};

/* ---- finding ---- */

static struct fact_text text_of(const char *bytes, size_t size)
{
    return (struct fact_text){bytes, (uint32_t)size};
}

static bool is_event_of(const struct city *city, uint32_t gateway, const char *id, size_t size,
                        struct hash128 wanted)
{
    const struct image_string name = city->gateways[gateway].id;
    return hash128_is_equal(
        facts_event_id(text_of(city_text(city, name), name.size), text_of(id, size)), wanted);
}

/* An id alone may be any gateway's. */
static bool has_id(const struct city *city, const char *asked, struct hash128 wanted)
{
    const char *slash = strchr(asked, '/');
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        const struct image_string name = city->gateways[i].id;
        if (is_event_of(city, i, asked, strlen(asked), wanted)) {
            return true;
        }
        const bool is_named = slash != NULL && (size_t)(slash - asked) == name.size &&
                              memcmp(asked, city_text(city, name), name.size) == 0;
        if (is_named && is_event_of(city, i, slash + 1, strlen(slash + 1), wanted)) {
            return true;
        }
    }
    return false;
}

static bool is_asked(const struct search *search, const struct log_entry *entry,
                     const struct event *event, uint32_t nth)
{
    if (search->entry != 0) {
        return entry->position == search->entry && nth == search->nth;
    }
    const struct city *city = core_city(replay_core(search->replay));
    return city != NULL && !hash128_is_none(event->head->id) &&
           has_id(city, search->asked, event->head->id);
}

static void on_command(void *context, const struct log_entry *entry, const struct command *command)
{
    struct search *search = context;
    struct explain_log *found = search->found;
    const struct core *core = replay_core(search->replay);
    search->is_inside = false;
    search->results = 0;
    if (found->is_found || command->head->kind != COMMAND_EVENTS) {
        return;
    }
    struct event event;
    uint64_t offset = 0;
    for (uint32_t nth = 1; event_next(command, &offset, &event); nth++) {
        if (!is_asked(search, entry, &event, nth)) {
            continue;
        }
        const bool is_played =
            log_event_read(core, entry, command, &event, found->event, &search->counts);
        if (!is_played &&
            search->counts.by_persons + search->counts.refused + search->counts.unknown_types ==
                0) {
            continue; /* resolved again: it comes once more */
        }
        search->is_unplayable = !is_played;
        search->is_inside = found->is_found = true;
        found->position = entry->position;
        found->index = nth;
        found->rules = core_policy(core)->info->rules_digest;
        return;
    }
}

static void keep_line(struct explain_log *found, const char *en, const char *zh)
{
    if (found->count < EXPLAIN_LOG_LINES_MAX) {
        found->en[found->count] = strdup(en);
        found->zh[found->count] = strdup(zh);
        must(found->en[found->count] != NULL && found->zh[found->count] != NULL);
        found->count++;
    }
}

/* "gas.quorum: 2 of 3, waiting": what each rule that took the event came to, its window included. */
static void keep_firing(struct explain_log *found, const struct policy *policy,
                        const struct effect_firing *firing)
{
    char en[400], zh[400], counted[48] = "";
    if (firing->rule >= policy->rule_count) {
        return;
    }
    const struct image_string id = policy->rules[firing->rule].id;
    if (firing->need > 0) {
        (void)snprintf(counted, sizeof counted, " (%" PRIu32 "/%" PRIu32 ")", firing->have,
                       firing->need);
    }
    (void)snprintf(en, sizeof en, "%.*s: %s%s", (int)id.size, policy_text(policy, id),
                   words_code(firing->code, LANG_EN), counted);
    (void)snprintf(zh, sizeof zh, "%.*s：%s%s", (int)id.size, policy_text(policy, id),
                   words_code(firing->code, LANG_ZH), counted);
    keep_line(found, en, zh);
}

static void on_effect(void *context, const struct log_entry *entry, const struct effect *effect)
{
    struct search *search = context;
    struct explain_log *found = search->found;
    (void)entry;
    if (!search->is_inside) {
        return;
    }
    const bool is_its = search->results + 1 == found->index;
    search->results += effect->kind == EFFECT_RESULT ? 1 : 0;
    if (!is_its) {
        return;
    }
    const struct core *core = replay_core(search->replay);
    (void)json_array_append_new(found->effects, dump_effect(core, effect));
    char en[4 * STORY_SENTENCE_SIZE], zh[4 * STORY_SENTENCE_SIZE];
    if (effect->kind == EFFECT_FIRING) {
        keep_firing(found, core_policy(core), &effect->of.firing);
    }
    if (story_is_told_before(effect) || effect->kind == EFFECT_RESULT ||
        story_sentence(effect, core_city(core), core_policy(core), LANG_EN, en, sizeof en) == 0) {
        return;
    }
    (void)story_sentence(effect, core_city(core), core_policy(core), LANG_ZH, zh, sizeof zh);
    keep_line(found, en, zh);
}

static int refuse(const char *command, const struct search *search, const char *data)
{
    if (!search->found->is_found) {
        (void)fprintf(stderr,
                      "%s: no event \"%s\" in the log in %s; name it as SOURCE/ID, or as ENTRY.N "
                      "of gridloop log dump (exit %d)\n",
                      command, search->asked, data, EX_NOINPUT);
        return EX_NOINPUT;
    }
    const struct log_events_counts *counts = &search->counts;
    (void)fprintf(stderr, "%s: event %s, entry %" PRIu64 ": %s (exit %d)\n", command, search->asked,
                  search->found->position,
                  counts->by_persons > 0 ? "a person reported it, or its gateway is no longer known"
                  : counts->unknown_types > 0 ? "no rule declared its type, so nothing was decided"
                                              : "it was refused before a rule saw it",
                  EX_DATAERR);
    return EX_DATAERR;
}

int explain_log_find(const char *command, const char *data, const char *asked,
                     struct explain_log *out_found)
{
    struct log_command options = {.data = data};
    struct data_directory directory;
    struct log_fault fault = {.what = ""};
    struct search search = {.asked = asked, .found = out_found};
    int used = 0;
    if (sscanf(asked, "%" SCNu64 ".%" SCNu32 "%n", &search.entry, &search.nth, &used) != 2 ||
        asked[used] != '\0') {
        search.entry = 0;
    }
    *out_found =
        (struct explain_log){.effects = json_array(), .event = calloc(1, sizeof *out_found->event)};
    must(out_found->event != NULL);
    int exit_code = log_command_open(&options, &directory);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    const struct replay_options replay = {
        .disk = &directory.disk.disk,
        .log = log_options_default(),
        .limits = options.limits,
        .watch = {.on_command = on_command, .on_effect = on_effect, .context = &search}};
    enum err err = replay_open(&replay, &search.replay, &fault);
    while (err == ERR_OK && !out_found->is_found) {
        err = replay_next(search.replay, &fault);
    }
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        exit_code = log_command_fail(&options, err, &fault);
    } else if (!out_found->is_found || search.is_unplayable) {
        exit_code =
            refuse(command, &search, data == NULL ? "the last engine's data directory" : data);
    }
    replay_close(search.replay);
    data_directory_close(&directory);
    return exit_code;
}

/* ---- telling ---- */

static const char *digest_words(struct hash128 digest, char out[33])
{
    (void)snprintf(out, 33, "%016" PRIx64 "%016" PRIx64, digest.hi, digest.lo);
    return out;
}

void explain_log_print(const struct explain_log *found, bool is_same, enum lang lang)
{
    char digest[33];
    const struct trace_event *event = &found->event->event;
    const bool is_chinese = lang == LANG_ZH;
    const struct trace_instant at =
        trace_format_instant(event->at_ms - event->delay_ms, event->offset_minutes);
    (void)printf("%s %s, %s, %s %" PRIu64 ".%u\n", event->source, event->type, at.text,
                 is_chinese ? "日志条目" : "entry", found->position, found->index);
    (void)printf(is_chinese ? "当时（规则集 %s）：\n" : "then, under rules %s:\n",
                 digest_words(found->rules, digest));
    for (uint32_t i = 0; i < found->count; i++) {
        (void)printf("  %s\n", is_chinese ? found->zh[i] : found->en[i]);
    }
    (void)printf("%s\n", is_same ? (is_chinese ? "逐条说明（同一规则集）："
                                               : "clause by clause, the same rules:")
                         : is_chinese
                             ? "规则已有变化；以下按现有规则说明："
                             : "the rules have changed since; clause by clause, as they are now:");
}

json_t *explain_log_json(const struct explain_log *found, bool is_same)
{
    char digest[33];
    const struct trace_event *event = &found->event->event;
    json_t *lines = json_array();
    for (uint32_t i = 0; i < found->count; i++) {
        (void)json_array_append_new(
            lines, json_pack("{s:s, s:s}", "en", found->en[i], "zh", found->zh[i]));
    }
    return json_pack(
        "{s:I, s:i, s:s, s:s, s:s, s:s, s:b, s:o, s:O}", "entry", (json_int_t)found->position,
        "event", (int)found->index, "source", event->source, "type", event->type, "at",
        trace_format_instant(event->at_ms - event->delay_ms, event->offset_minutes).text, "rules",
        digest_words(found->rules, digest), "same_rules", is_same, "told", lines, "effects",
        found->effects);
}

void explain_log_fini(struct explain_log *found)
{
    for (uint32_t i = 0; i < found->count; i++) {
        free(found->en[i]);
        free(found->zh[i]);
    }
    json_decref(found->effects);
    free(found->event);
}
