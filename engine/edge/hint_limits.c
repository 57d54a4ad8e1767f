/* hint_limits.c: see hint_limits.h. */
#include "engine/edge/hint_limits.h"

#include "engine/core/life.h"
#include "engine/edge/labels.h"

/* Limits stay with a log, so more of them takes another one. */
static void put_limit(struct text *text, const char *name, uint32_t value)
{
    text_format(text,
                "limit %s=%u is reached: serve --limit %s=N with a new --data holds more "
                "限额 %s=%u 已满：须以更大的 --limit %s=N 和新的 --data 启动",
                name, value, name, name, value, name);
}

#define PUT_LIMIT(text, limits, name) put_limit(text, #name, (limits)->name)

static void put_window(struct text *text, const struct hint_limit *ask)
{
    const struct policy *policy = core_policy(ask->core);
    const struct limits *limits = core_limits(ask->core);
    const struct core_room room = core_room_now(ask->core);
    const uint32_t window =
        ask->rule < policy->rule_count ? policy->rules[ask->rule].window : NONE32;
    const uint32_t max_keys = window < policy->window_count ? policy->windows[window].max_keys : 0;
    if (max_keys > 0 && core_window_keys(ask->core, window) >= max_keys) {
        text_put(text, "rule ");
        (void)labels_put_rule(text, policy, ask->rule);
        text_format(text,
                    " watches max_keys=%u keys: raise max_keys of it "
                    "该规则的 max_keys=%u 已满，可在规则中调高",
                    max_keys, max_keys);
    } else if (room.window_keys == 0) {
        PUT_LIMIT(text, limits, window_keys);
    } else if (room.window_samples == 0) {
        PUT_LIMIT(text, limits, window_samples);
    } else if (room.waits == 0) {
        PUT_LIMIT(text, limits, waits);
    }
}

/* Of an act: what it would have taken, where that is full, else what one case or identity may have. */
static void put_table(struct text *text, const struct hint_limit *ask)
{
    const struct limits *limits = core_limits(ask->core);
    const struct core_room room = core_room_now(ask->core);
    const bool opens = ask->action == ACTION_NONE || ask->action == ACTION_SPLIT ||
                       ask->action == ACTION_PLAN_START;
    if (opens && room.cases == 0) {
        PUT_LIMIT(text, limits, cases);
    } else if (opens) {
        PUT_LIMIT(text, limits, districts);
    } else if (ask->action == ACTION_SILENCE) {
        PUT_LIMIT(text, limits, silences);
    } else if (ask->action == ACTION_KEY_REGISTER && room.keys == 0) {
        PUT_LIMIT(text, limits, keys);
    } else if (ask->action == ACTION_KEY_REGISTER) {
        text_format(text,
                    "an identity has at most %u good keys: revoke one "
                    "每个身份最多 %u 把有效密钥，请先吊销一把",
                    room.identity_keys_max, room.identity_keys_max);
    } else if (room.orders == 0) {
        PUT_LIMIT(text, limits, orders);
    } else if (ask->action == ACTION_INFORM) {
        text_format(text,
                    "a case waits for at most %u posts at a time "
                    "一案同时最多向 %u 个岗位协查",
                    room.case_informs_max, room.case_informs_max);
    } else {
        text_format(
            text,
            "a case remembers at most %u persons, and has them: somebody who is on it must act "
            "一案最多记录 %u 人，已满：请由已参与本案的人员操作",
            room.case_persons_max, room.case_persons_max);
    }
}

void hint_limits_put(struct text *text, const struct hint_limit *ask)
{
    if (ask->code == CODE_TOO_MANY_EVENTS) {
        PUT_LIMIT(text, core_limits(ask->core), case_events);
    } else if (ask->code == CODE_WINDOW_FULL) {
        put_window(text, ask);
    } else if (ask->code == CODE_TABLE_FULL) {
        put_table(text, ask);
    }
}
