/* hint_acts.c: see hint_acts.h. */
#include "engine/edge/hint_acts.h"

#include "engine/core/life.h"
#include "engine/core/office_views.h"
#include "engine/edge/hint_limits.h"
#include "engine/edge/labels.h"
#include "engine/edge/words.h"
#include "proto/seal.h"

#define POSSIBLE_SIZE 512

static bool is_action(const struct hint_act *ask, enum action action)
{
    return ask->act != NULL && ask->act->action == (uint32_t)action;
}

/* CHILD_OPEN: which ones, as they stand now. */
static void put_children(struct text *text, const struct hint_act *ask)
{
    struct case_view view;
    if (!core_find_case(ask->core, ask->no, &view)) {
        return;
    }
    for (uint32_t i = 0; i < view.child_count; i++) {
        char number[WORDS_CASE_NO_SIZE];
        text_put(text, i == 0 ? "open children: " : ", ");
        text_put(text, words_case_no(view.children[i], number));
    }
}

static void put_line(struct text *text, const struct policy *policy,
                     const struct policy_check *check)
{
    text_put_bytes(text, policy_text(policy, check->id), check->id.size);
    text_put(text, " \"");
    text_put_bytes(text, policy_text(policy, check->text), check->text.size);
    if (check->text_en.size > 0) {
        text_put(text, " / ");
        text_put_bytes(text, policy_text(policy, check->text_en), check->text_en.size);
    }
    text_put(text, "\"");
}

/* CHECKLIST_OPEN: the line that was answered without its photo, or the first one that is required and has no answer. */
static void put_checklist(struct text *text, const struct hint_act *ask)
{
    const struct policy *policy = core_policy(ask->core);
    const bool is_answer = is_action(ask, ACTION_PLAN_ANSWER);
    const char *subject = is_answer && ask->act->subject != NULL ? ask->act->subject : "";
    uint32_t answered = 0;
    const struct image_range checks = core_case_checks(ask->core, ask->no, &answered);
    for (uint32_t i = 0; i < checks.count; i++) {
        const struct policy_check *check = &policy->checks[checks.first + i];
        const bool is_named = check->id.size == strlen(subject) &&
                              memcmp(policy_text(policy, check->id), subject, check->id.size) == 0;
        const bool is_open =
            (check->flags & CHECK_LINE_REQUIRED) != 0 && (answered & (UINT32_C(1) << i)) == 0;
        if (is_answer ? !is_named : !is_open) {
            continue;
        }
        text_put(text, is_answer ? "needs a photo 须附照片: " : "first open line 首个未填项: ");
        put_line(text, policy, check);
        if (!is_answer && (check->flags & CHECK_LINE_EVIDENCE) != 0) {
            text_put(text, ", with a photo 须附照片");
        }
        return;
    }
}

/* A ruling before all positions are filed: whose are missing. */
static void put_unheard(struct text *text, const struct hint_act *ask,
                        const struct dispute_view *dispute)
{
    const struct city *city = core_city(ask->core);
    text_put(text, "a ruling waits for all positions or their deadline; not filed 意见尚未交齐: ");
    bool is_first = true;
    for (uint32_t i = 0; i < dispute->party_count; i++) {
        const struct party_view *party = &dispute->parties[i];
        if (party->state == VIEW_PARTY_ASKED && party->post < city->post_count) {
            const struct image_string code = city->posts[party->post].code;
            text_put(text, is_first ? "" : ", ");
            text_put_bytes(text, city_text(city, code), code.size);
            is_first = false;
        }
    }
}

/* UNCITED: what could be cited. */
static void put_filed(struct text *text, const struct dispute_view *dispute)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < dispute->party_count; i++) {
        bits |= dispute->parties[i].state == VIEW_PARTY_FILED ? UINT32_C(1) << i : 0;
    }
    text_format(text,
                "amount: bits of those filed, all of them %u, at least one "
                "amount 须为已提交意见的位，全部为 %u，至少一位",
                bits, bits);
}

static void put_dispute(struct text *text, const struct hint_act *ask)
{
    struct dispute_view dispute;
    if (!is_action(ask, ACTION_RULE) || !core_case_dispute(ask->core, ask->no, &dispute)) {
        return;
    }
    if (ask->code == CODE_UNCITED) {
        put_filed(text, &dispute);
    } else if (!dispute.is_heard) {
        put_unheard(text, ask, &dispute);
    }
}

/* BAD_KEY: why it is none. */
static void put_key(struct text *text, const struct hint_act *ask)
{
    uint8_t public[SEAL_PUBLIC_SIZE];
    size_t size = 0;
    for (size_t i = 0;
         i < ask->act->n_evidence && ask->act->evidence[i].len <= sizeof public - size; i++) {
        memcpy(public + size, ask->act->evidence[i].data, ask->act->evidence[i].len);
        size += ask->act->evidence[i].len;
    }
    if (size == sizeof public && !seal_is_public(public)) {
        text_put(text,
                 "these 32 bytes are no Ed25519 public key (no point of the curve, or of small "
                 "order): gridloop key new 不是有效的 Ed25519 公钥，请用 gridloop key new 生成");
    } else if (size == sizeof public) {
        text_put(text, "another identity has this key: gridloop key new 该公钥已属他人");
    }
}

static void put_full(struct text *text, const struct hint_act *ask)
{
    const struct hint_limit limit = {
        .core = ask->core, .code = ask->code, .action = ask->act->action, .rule = NONE32};
    hint_limits_put(text, &limit);
}

const char *hint_act_put(const struct hint_act *ask, char *out)
{
    struct text text;
    text_init(&text, out, HINT_SIZE);
    if (ask->code == CODE_CHILD_OPEN) {
        put_children(&text, ask);
    } else if (ask->code == CODE_CHECKLIST_OPEN) {
        put_checklist(&text, ask);
    } else if (ask->code == CODE_WRONG_STATE || ask->code == CODE_UNCITED) {
        put_dispute(&text, ask);
    } else if (ask->code == CODE_BAD_KEY && ask->act != NULL) {
        put_key(&text, ask);
    } else if (ask->code == CODE_TABLE_FULL && ask->act != NULL) {
        put_full(&text, ask);
    }
    return out;
}

bool hint_act_says_more(uint32_t code, uint64_t possible, const char *hint)
{
    char actions[POSSIBLE_SIZE];
    const size_t size = strlen(hint);
    (void)words_actions(possible, LANG_EN, actions, sizeof actions);
    const bool is_list = strncmp(hint, actions, size) == 0; /* a client may have cut it */
    return size > 0 && !is_list && strcmp(hint, words_code(code, LANG_EN)) != 0;
}
