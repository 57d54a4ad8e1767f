/* history_write.c: the rows that one effect becomes. */
#include "engine/shell/history_state.h"

#include "engine/edge/story.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define EVIDENCE_TEXT_SIZE 33u /* a digest in hexadecimal, and a zero or blank */

#define SENTENCE_SIZE (STORY_SENTENCE_SIZE * 4)

/* An effect's place in the log. */
static void bind_key(struct history *history, struct history_binder *binder)
{
    history_bind_int(binder, (int64_t)(history->entry << HISTORY_ORDINAL_BITS | history->ordinal));
}

/* The two sentences lie in the scratch until the next effect. */
struct sentences {
    struct history_piece zh;
    struct history_piece en;
};

static struct sentences tell(struct history *history, const struct effect *effect)
{
    const struct history_names *names = &history->names;
    char *zh = history->scratch, *en = history->scratch + SENTENCE_SIZE;
    size_t zh_size =
        story_sentence(effect, &names->city, &names->policy, LANG_ZH, zh, SENTENCE_SIZE);
    size_t en_size =
        story_sentence(effect, &names->city, &names->policy, LANG_EN, en, SENTENCE_SIZE);
    return (struct sentences){{zh, (uint32_t)zh_size}, {en, (uint32_t)en_size}};
}

static enum err count_day(struct history *history, int64_t at_ms)
{
    uint32_t day;
    if (history->day.day != 0 && history->day.at_ms == at_ms) {
        return ERR_OK; /* most effects are of one instant with the one before */
    }
    history->day.at_ms = at_ms;
    if (history->names.is_open) {
        day = city_local_date(&history->names.city, at_ms);
    } else {
        struct tm utc;
        time_t seconds = (time_t)div_floor(at_ms, SECOND_MS);
        (void)gmtime_r(&seconds, &utc);
        day = (uint32_t)((utc.tm_year + 1900) * 10000 + (utc.tm_mon + 1) * 100 + utc.tm_mday);
    }
    if (day == history->day.day) {
        return ERR_OK;
    }
    enum err err = history->day.day != 0 ? history_flush(history) : ERR_OK;
    history->day.day = day;
    return err;
}

/* ---- receipts ---- */

static enum err write_receipt(struct history *history, const struct effect_result *result,
                              uint32_t repeats)
{
    char number[WORDS_CASE_NO_SIZE], hash[33];
    if (result->code == CODE_RESOLVE_AGAIN) {
        return ERR_OK; /* not an answer: it was appended anew */
    }
    history->day.results[result->code < CODE_LIMIT ? result->code : 0] += 1 + repeats;
    if (result->code == CODE_DONE) {
        return ERR_OK;
    }
    struct history_piece principal = history_principal(&history->names, result->principal);
    if (principal.bytes == NULL) {
        int size =
            snprintf(hash, sizeof hash, "%016llx%016llx", (unsigned long long)result->principal.hi,
                     (unsigned long long)result->principal.lo);
        principal = (struct history_piece){hash, (uint32_t)size};
    }
    struct history_binder binder = history_bind(history, HISTORY_SQL_RECEIPT);
    bind_key(history, &binder);
    history_bind_int(&binder, history->at_ms);
    history_bind_piece(&binder, principal);
    history_bind_int(&binder, (int64_t)result->epoch);
    history_bind_int(&binder, (int64_t)result->seq);
    history_bind_int(&binder, result->index);
    history_bind_word(&binder, words_code_name(result->code));
    history_bind_int(&binder, result->is_late);
    history_bind_word(&binder, words_case_no(result->case_no, number));
    history_bind_count(&binder, result->order);
    history_bind_int(&binder, 1 + (int64_t)repeats);
    return history_step(history, &binder, "write a receipt");
}

/* ---- timeline ---- */

/* What the row of the case cannot tell. */
static enum err note_case(struct history *history, struct history_dirty_case *dirty,
                          const struct effect_timeline *line)
{
    dirty->missed += line->action == ACTION_MISS;
    dirty->reopenings += line->action == ACTION_REOPEN;
    dirty->is_renamed =
        dirty->is_renamed || line->action == ACTION_SEVERITY || line->action == ACTION_REHOME;
    dirty->is_joined =
        dirty->is_joined || line->action == ACTION_MERGE || line->action == ACTION_REOPEN;
    if (line->action == ACTION_RETIRE) {
        dirty->retired_at_ms = history->at_ms;
    } else if (line->action == ACTION_SELF_HANDLED && dirty->filed_at_ms == 0) {
        dirty->filed_at_ms = history->at_ms;
    } else if (line->action == ACTION_OPEN) {
        dirty->gateway = line->gateway;
        dirty->reporter = line->actor;
        dirty->source = history_source(&history->names, line);
        if (line->text != NULL && line->text_size > 0) {
            dirty->report = strndup(line->text, line->text_size);
            if (dirty->report == NULL) {
                return ERR_MEMORY;
            }
        }
    }
    return ERR_OK;
}

/* What few lines have. */
static bool is_rare(const struct effect_timeline *line)
{
    return line->reason != REASON_NONE || line->code != CODE_NOTHING || line->gateway != NONE32 ||
           line->post != NONE32 || line->event != NULL || line->text_size > 0 ||
           line->amount != 0 || line->report != 0 || !case_no_is_none(line->other) ||
           line->until_ms != 0 || line->evidence_count > 0;
}

/* Hexadecimal, a space between. */
static void write_digests(const struct effect_timeline *line,
                          char out[EVIDENCE_MAX * EVIDENCE_TEXT_SIZE + 1])
{
    char *at = out;
    *at = '\0';
    for (uint32_t i = 0; i < line->evidence_count && i < EVIDENCE_MAX; i++) {
        if (i > 0) {
            *at++ = ' ';
        }
        (void)sodium_bin2hex(at, EVIDENCE_TEXT_SIZE, (const uint8_t *)&line->evidence[i],
                             sizeof line->evidence[i]);
        at += EVIDENCE_TEXT_SIZE - 1;
    }
}

static enum err write_remark(struct history *history, const struct effect_timeline *line)
{
    const struct history_names *names = &history->names;
    const struct event *event = line->event;
    char other[WORDS_CASE_NO_SIZE], digests[EVIDENCE_MAX * EVIDENCE_TEXT_SIZE + 1];
    struct history_binder at = history_bind(history, HISTORY_SQL_REMARK), *binder = &at;
    write_digests(line, digests);
    bind_key(history, binder);
    history_bind_word(binder, line->reason != REASON_NONE ? words_reason_name(line->reason) : NULL);
    history_bind_word(binder, line->code != CODE_NOTHING ? words_code_name(line->code) : NULL);
    history_bind_piece(binder, history_gateway(names, line->gateway));
    history_bind_piece(binder, history_post(names, line->post));
    history_bind_piece(binder, event != NULL ? history_type(names, event->head->type)
                                             : (struct history_piece){NULL, 0});
    history_bind_piece(binder, history_device(names, event != NULL ? event->head->device : NONE32));
    history_bind_piece(binder, (struct history_piece){line->text, line->text_size});
    history_bind_word(binder,
                      event != NULL ? words_gateway_kind_name(history_source(names, line)) : NULL);
    history_bind_count(binder, line->amount);
    history_bind_count(binder, event != NULL ? line->event_count : line->report);
    history_bind_copy(binder,
                      case_no_is_none(line->other) ? "" : words_case_no(line->other, other));
    history_bind_instant(binder, line->until_ms);
    history_bind_copy(binder, digests);
    return history_step(history, binder, "write the timeline");
}

/* Actions, states, kinds and clocks are numbers below 256: the view "timeline" takes them apart. */
static int64_t what_of(const struct effect_timeline *line)
{
    return (int64_t)((uint64_t)line->action | (uint64_t)line->state_before << 8 |
                     (uint64_t)line->state << 16 | (uint64_t)line->order_kind << 24 |
                     (uint64_t)line->severity << 32 | (uint64_t)line->clock << 40);
}
_Static_assert(ACTION_LIMIT <= 256, "a byte of what");

static enum err write_line(struct history *history, int64_t case_id, const struct effect *effect)
{
    const struct effect_timeline *line = &effect->of.timeline;
    const struct holder holders[] = {
        {HOLDER_PERSON, line->actor}, {HOLDER_PERSON, line->subject}, line->holder};
    uint64_t parties[COUNT_OF(holders)];
    for (size_t i = 0; i < COUNT_OF(holders); i++) {
        enum err err = history_party(history, holders[i], &parties[i]);
        if (err != ERR_OK) {
            return err;
        }
    }
    struct sentences sentences = tell(history, effect);
    struct history_binder binder = history_bind(history, HISTORY_SQL_LINE);
    bind_key(history, &binder);
    history_bind_int(&binder, case_id);
    history_bind_int(&binder, effect->at_ms);
    history_bind_int(&binder, what_of(line));
    history_bind_count(&binder, line->order);
    history_bind_instant(&binder, line->deadline_ms);
    for (size_t i = 0; i < COUNT_OF(parties); i++) {
        history_bind_count(&binder, parties[i]);
    }
    history_bind_count(&binder, line->distance_cm > 0 ? (uint64_t)line->distance_cm : 0);
    history_bind_int(&binder, line->event_count);
    history_bind_piece(&binder, sentences.zh);
    history_bind_piece(&binder, sentences.en);
    enum err err = history_step(history, &binder, "write the timeline");
    return err == ERR_OK && is_rare(line) ? write_remark(history, line) : err;
}

/* Odd, so that it never meets a title; a function of the log alone. */
static int64_t text_id(const struct history *history)
{
    return (int64_t)((history->entry << HISTORY_ORDINAL_BITS | history->ordinal) << 1 | 1);
}

/* The case that goes on with a merged or replaced one; 0 for other lines. */
static enum err find_survivor(struct history *history, const struct effect_timeline *line,
                              int64_t *out_id)
{
    struct history_dirty_case *other;
    *out_id = 0;
    if ((line->action != ACTION_MERGE_INTO && line->action != ACTION_REPLACE) ||
        case_no_is_none(line->other)) {
        return ERR_OK;
    }
    enum err err = history_case_at(history, (struct history_touch){line->other, false}, &other);
    *out_id = err == ERR_OK ? other->id : 0;
    return err;
}

static enum err write_timeline(struct history *history, const struct effect *effect)
{
    const struct effect_timeline *line = &effect->of.timeline;
    struct history_touch touch = {line->case_no, line->action == ACTION_OPEN};
    struct history_dirty_case *dirty;
    int64_t survivor = 0;
    enum err err = find_survivor(history, line, &survivor);
    if (err == ERR_OK) {
        err = history_case_at(history, touch, &dirty);
    }
    if (err == ERR_OK) {
        dirty->merged_into = survivor != 0 ? survivor : dirty->merged_into;
        err = note_case(history, dirty, line);
    }
    if (err != ERR_OK) {
        return err;
    }
    int64_t case_id = dirty->id;
    history->day.actions[line->action < ACTION_LIMIT ? line->action : 0]++;
    err = write_line(history, case_id, effect);
    if (err != ERR_OK || line->text == NULL || line->text_size == 0) {
        return err;
    }
    return history_put_text(history, text_id(history), case_id,
                            (struct history_piece){line->text, line->text_size});
}

/* ---- decisions and notices ---- */

static enum err write_decision(struct history *history, const struct effect *effect)
{
    const struct effect_decision *decision = &effect->of.decision;
    const struct history_names *names = &history->names;
    struct history_dirty_case *dirty;
    enum err err =
        history_case_at(history, (struct history_touch){decision->case_no, false}, &dirty);
    if (err != ERR_OK) {
        return err;
    }
    const bool is_found =
        decision->candidate_count > 0 && decision->candidates[0].code == CODE_ELIGIBLE;
    const struct holder first = {HOLDER_PERSON, is_found ? decision->candidates[0].person : NONE32};
    uint64_t chosen;
    struct history_looked looked;
    err = history_party(history, first, &chosen);
    if (err == ERR_OK) {
        err = history_decision_pieces(history, decision, &looked);
    }
    if (err != ERR_OK) {
        return err;
    }
    struct sentences sentences = tell(history, effect);
    struct history_binder binder = history_bind(history, HISTORY_SQL_CHOICE);
    bind_key(history, &binder);
    history_bind_int(&binder, dirty->id);
    history_bind_int(&binder, effect->at_ms);
    history_bind_count(&binder, decision->order);
    history_bind_count(&binder, decision->order_kind);
    history_bind_piece(&binder, history_rule(names, decision->rule));
    history_bind_count(&binder, chosen);
    history_bind_count(&binder, decision->binding);
    history_bind_int(&binder, decision->considered);
    history_bind_piece(&binder, looked.removed);
    history_bind_piece(&binder, looked.looked);
    history_bind_piece(&binder, looked.rest);
    history_bind_piece(&binder, sentences.zh);
    history_bind_piece(&binder, sentences.en);
    return history_step(history, &binder, "write a decision");
}

static enum err write_notice(struct history *history, const struct effect *effect)
{
    const struct effect_notice *notice = &effect->of.notice;
    int64_t case_id = 0; /* about an event that no case was opened for */
    if (!case_no_is_none(notice->case_no)) {
        struct history_dirty_case *dirty;
        enum err err =
            history_case_at(history, (struct history_touch){notice->case_no, false}, &dirty);
        if (err != ERR_OK) {
            return err;
        }
        case_id = dirty->id;
    }
    struct sentences sentences = tell(history, effect);
    struct history_binder binder = history_bind(history, HISTORY_SQL_NOTICE);
    bind_key(history, &binder);
    history_bind_int(&binder, case_id);
    history_bind_int(&binder, effect->at_ms);
    history_bind_piece(&binder, history_post(&history->names, notice->post));
    history_bind_word(&binder, notice->code != CODE_NOTHING ? words_code_name(notice->code) : NULL);
    history_bind_int(&binder, notice->severity);
    history_bind_piece(&binder, sentences.zh);
    history_bind_piece(&binder, sentences.en);
    history_bind_int(&binder, notice->count);
    history_bind_int(&binder, notice->is_again);
    return history_step(history, &binder, "write a notice");
}

/* Told to nobody in particular, and kept: what was held back, by whom, until when. */
static enum err write_silence(struct history *history, const struct effect *effect)
{
    struct sentences sentences = tell(history, effect);
    struct history_binder binder = history_bind(history, HISTORY_SQL_NOTICE);
    bind_key(history, &binder);
    history_bind_int(&binder, 0);
    history_bind_int(&binder, effect->at_ms);
    history_bind_piece(&binder, history_post(&history->names, NONE32));
    history_bind_word(&binder, words_action_name(effect->of.silence.what));
    history_bind_int(&binder, 0);
    history_bind_piece(&binder, sentences.zh);
    history_bind_piece(&binder, sentences.en);
    history_bind_int(&binder, 0);
    history_bind_int(&binder, 0);
    return history_step(history, &binder, "write a silence");
}

/* "rule.id OPENED": what a rule in shadow would have come to. */
static enum err count_shadow(struct history *history, const struct effect_firing *firing,
                             uint32_t count)
{
    char name[256];
    const struct history_piece rule = history_rule(&history->names, firing->rule);
    (void)snprintf(name, sizeof name, "%.*s %s", (int)rule.size,
                   rule.bytes == NULL ? "" : rule.bytes, words_code_name(firing->would));
    return history_count(history, "shadow", name, count);
}

/* Its turns stand in the case's timeline; here, how many of its tasks are where. */
static enum err write_plan(struct history *history, const struct effect *effect)
{
    const struct effect_plan *plan = &effect->of.plan;
    const struct plan_counts *c = &plan->counts;
    char number[WORDS_CASE_NO_SIZE];
    if (plan->unit != NONE32) {
        return ERR_OK; /* of one district */
    }
    words_case_no(plan->case_no, number);
    struct history_binder binder = history_bind(history, HISTORY_SQL_PLAN);
    history_bind_copy(&binder, number);
    history_bind_piece(&binder, history_plan(&history->names, plan->plan));
    history_bind_piece(&binder, history_plan_title(&history->names, plan->plan, LANG_ZH));
    history_bind_piece(&binder, history_plan_title(&history->names, plan->plan, LANG_EN));
    history_bind_int(&binder, plan->is_drill);
    history_bind_word(&binder, words_plan_state_name(plan->state));
    history_bind_int(&binder, effect->at_ms);
    history_bind_instant(&binder, plan->what == ACTION_PLAN_BEGIN ? effect->at_ms : NEVER_MS);
    history_bind_instant(&binder, plan->what == ACTION_PLAN_STAND_DOWN ? effect->at_ms : NEVER_MS);
    history_bind_instant(&binder, plan->what == ACTION_PLAN_END ? effect->at_ms : NEVER_MS);
    const uint32_t counts[] = {c->total,   c->in_time, c->overdue,   c->waiting, c->open,
                               c->started, c->done,    c->cancelled, c->failed};
    history_bind_int(&binder, effect->at_ms);
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        history_bind_int(&binder, counts[i]);
    }
    return history_step(history, &binder, "write a plan");
}

enum err history_write_effect(struct history *history, const struct history_record *record)
{
    const struct effect *effect = record->effect;
    enum err err = count_day(history, effect->at_ms);
    if (err != ERR_OK) {
        return err;
    }
    switch (effect->kind) {
    case EFFECT_RESULT:
        return write_receipt(history, &effect->of.result, record->repeats);
    case EFFECT_TIMELINE:
        return write_timeline(history, effect);
    case EFFECT_DECISION:
        return write_decision(history, effect);
    case EFFECT_NOTICE:
        return write_notice(history, effect);
    case EFFECT_SILENCE:
        return write_silence(history, effect);
    case EFFECT_PLAN:
        return write_plan(history, effect);
    case EFFECT_FIRING: /* of a rule in shadow; of others the rule stands in the case */
        return count_shadow(history, &effect->of.firing, 1 + record->repeats);
    case EFFECT_ITEM: /* the order tells it */
    case EFFECT_CONTACT: /* the timeline tells the acts; ciphertext and keys are no business of the history */
    case EFFECT_ACTIVATED: /* the records that follow bear the new names */
    default:
        return ERR_OK;
    }
}
