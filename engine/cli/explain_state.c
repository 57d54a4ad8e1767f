/* explain_state.c: see explain_state.h. The looks are taken before the first entry behind the instant is stepped. */
#include "engine/cli/explain_state.h"

#include "engine/cli/cmd_log.h"
#include "engine/cli/log_events.h"
#include "rules/window.h"
#include "sim/trace_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

struct looking {
    struct replay *replay;
    const struct ruleset *set;
    const struct event *event;
    struct explain_state *state;
    bool is_done;
};

__attribute__((format(printf, 4, 5))) static void
not_known(struct explain_state *state, const char *zh, uint64_t position, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(state->en, sizeof state->en, format, arguments);
    va_end(arguments);
    (void)snprintf(state->zh, sizeof state->zh, "%s", zh);
    state->position = position;
}

static void look(struct looking *looking)
{
    struct explain_state *state = looking->state;
    const struct core *core = replay_core(looking->replay);
    const struct policy *policy = core_policy(core);
    const struct ruleset *set = looking->set;
    const uint64_t position = replay_position(looking->replay);
    looking->is_done = true;
    if (policy == NULL) {
        not_known(state, "日志在此之前没有记录", position, "the log has nothing before that time");
        return;
    }
    if (!hash128_is_equal(policy->info->rules_digest, set->digest) ||
        !hash128_is_equal(core_city(core)->image.digest, set->city->image.digest)) {
        not_known(state, "当时生效的是另一规则集或城市数据，其所计不能用于现有规则", position,
                  "other rules, or another city, were in force then (entry %" PRIu64
                  "), and what they counted is not what these would have",
                  position);
        return;
    }
    state->is_known = true;
    state->position = position;
    state->looks = calloc(set->rule_count + 1u, sizeof state->looks[0]);
    must(state->looks != NULL && set->rule_count <= policy->rule_count);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const uint32_t row = set->rules[i]->row;
        if (policy->rules[row].window != NONE32) {
            state->looks[row] = window_look_at(core, row, looking->event);
        }
    }
}

static void on_entry(void *context, const struct log_entry *entry)
{
    struct looking *looking = context;
    if (!looking->is_done && entry->time_ms > looking->event->head->event_at_ms) {
        look(looking);
    }
}

struct explain_state explain_state_none(void)
{
    struct explain_state state = {.is_known = false};
    not_known(&state, "由运行中的引擎保存；用 --log DIR --at TIME 查看", 0,
              "it is in the engine: --log DIR --at TIME tells it");
    return state;
}

int explain_state_read(const char *data, const struct ruleset *set, const struct event *event,
                       struct explain_state *out_state)
{
    struct log_command options = {.data = data};
    struct data_directory directory;
    struct log_fault fault = {.what = ""};
    struct looking looking = {.set = set, .event = event, .state = out_state};
    *out_state = (struct explain_state){.is_known = false};
    const int64_t at_ms = event->head->event_at_ms;
    out_state->offset_minutes = (int32_t)((city_local_ms(set->city, at_ms) - at_ms) / MINUTE_MS);
    int exit_code = log_command_open(&options, &directory);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    const struct replay_options replay = {.disk = &directory.disk.disk,
                                          .log = log_options_default(),
                                          .limits = options.limits,
                                          .watch = {.on_entry = on_entry, .context = &looking}};
    enum err err = replay_open(&replay, &looking.replay, &fault);
    while (err == ERR_OK && !looking.is_done) {
        err = replay_next(looking.replay, &fault);
    }
    if (err == ERR_EXPIRED) {
        not_known(out_state, "日志已不再保存那么早的记录", 0,
                  "the log no longer reaches back to that time");
    } else if (err != ERR_OK && err != ERR_NOT_FOUND) {
        exit_code = log_command_fail(&options, err, &fault);
    } else if (!looking.is_done) {
        look(&looking);
    }
    replay_close(looking.replay);
    data_directory_close(&directory);
    return exit_code;
}

void explain_state_fini(struct explain_state *state)
{
    free(state->looks);
    state->looks = NULL;
}

static const char *time_words(const struct explain_state *state, int64_t at_ms, char out[16])
{
    const struct trace_instant at = trace_format_instant(at_ms, state->offset_minutes);
    (void)snprintf(out, 16, "%.8s", at.text + 11);
    return out;
}

void explain_state_words(const struct explain_state *state, const struct rule *rule, char *en,
                         char *zh)
{
    const size_t size = EXPLAIN_STATE_TEXT_SIZE;
    if (!state->is_known) {
        (void)snprintf(en, size, "what it had seen before is not known here: %.240s", state->en);
        (void)snprintf(zh, size, "此前所计不得而知：%.240s", state->zh);
        return;
    }
    const struct window_look *found = &state->looks[rule->row];
    char first[16], newest[16], span_en[64] = "", span_zh[64] = "";
    if (found->first_ms != NEVER_MS) {
        (void)snprintf(span_en, sizeof span_en, ", from %s to %s",
                       time_words(state, found->first_ms, first),
                       time_words(state, found->newest_ms, newest));
        (void)snprintf(span_zh, sizeof span_zh, "，%s 至 %s", first, newest);
    }
    if (!found->has_key) {
        (void)snprintf(en, size, "the event lacks what the rule counts by");
        (void)snprintf(zh, size, "事件缺少该规则的分组字段");
    } else if (!found->is_seen) {
        (void)snprintf(en, size, "before it, up to entry %" PRIu64 ": nothing that counts, of %u",
                       state->position, found->need);
        (void)snprintf(zh, size, "此前（至第 %" PRIu64 " 条）无可计入者，须 %u", state->position,
                       found->need);
    } else {
        const bool is_time =
            rule->window->kind == WINDOW_FOR || rule->window->kind == WINDOW_ABSENT;
        (void)snprintf(en, size, "before it, up to entry %" PRIu64 ": %u of %u%s%s%s",
                       state->position, found->have, found->need, is_time ? " s" : "", span_en,
                       found->has_fired ? "; it has fired on that already" : "");
        (void)snprintf(zh, size, "此前（至第 %" PRIu64 " 条）：%u/%u%s%s%s", state->position,
                       found->have, found->need, is_time ? " 秒" : "", span_zh,
                       found->has_fired ? "；已触发" : "");
    }
}

json_t *explain_state_json(const struct explain_state *state, const struct rule *rule)
{
    char en[EXPLAIN_STATE_TEXT_SIZE], zh[EXPLAIN_STATE_TEXT_SIZE];
    explain_state_words(state, rule, en, zh);
    json_t *row = json_pack("{s:b, s:s, s:s}", "known", state->is_known, "en", en, "zh", zh);
    if (state->is_known) {
        const struct window_look *found = &state->looks[rule->row];
        (void)json_object_set_new(row, "have", json_integer(found->have));
        (void)json_object_set_new(row, "need", json_integer(found->need));
        (void)json_object_set_new(row, "has_key", json_boolean(found->has_key));
        (void)json_object_set_new(row, "has_fired", json_boolean(found->has_fired));
        (void)json_object_set_new(row, "entry", json_integer((json_int_t)state->position));
    }
    return row;
}
