/* demo_watch.c: see demo_watch.h. */
#include "engine/cli/demo_watch.h"

#include "engine/city/facts.h"
#include "engine/cli/cli.h"
#include "engine/edge/replay.h"
#include "engine/edge/story.h"
#include "engine/shell/data_directory.h"
#include "engine/shell/data_limits.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sysexits.h>
#include <unistd.h>

#define ANSWERS_MAX 65536u /* events of one demo whose answers are remembered; a power of two */
#define BATCH_MAX 1024u
#define OVERDUE_SHOWN 6u
#define PANE_WIDTH 30 /* right pane: the counters */

/* What the log answered an event, by the event's id. */
struct answer {
    struct hash128 id;
    struct case_no case_no;
    uint32_t times; /* evaluated: must be 1 */
    uint16_t code;
    uint16_t is_used;
};

struct demo_watch {
    struct data_directory data;
    struct replay *replay;
    enum lang lang;
    int width; /* columns of the terminal, 0 = not one */
    struct case_no followed;
    bool is_told;       /* the followed case was closed */
    uint32_t intervals; /* accountable intervals of the followed case */
    struct holder holder;
    int64_t opened_at_ms;
    int64_t handle_limit_ms;
    uint32_t seen;                       /* bit per highlight already told */
    bool is_after_blank;                 /* the line above is empty */
    uint32_t counter;                    /* which counter stands beside the next line */
    struct hash128 batch_ids[BATCH_MAX]; /* of the EVENTS command being stepped */
    uint32_t batch_count;
    uint64_t batch_seq;
    struct answer *answers;
};

enum highlight {
    SAW_NOBODY,
    SAW_RETURN,
    SAW_DECLINE,
    SAW_MISS,
    SAW_EXPIRE,
    SAW_SEVERITY,
    SAW_FAIL,
    SAW_DESK
};

/* ---- output ---- */

/* Columns a UTF-8 text takes: CJK and full-width characters take two. */
static int columns_of(const char *text)
{
    int columns = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if ((*at & 0xc0) != 0x80) {
            columns += *at >= 0xe3 && *at <= 0xef ? 2 : 1;
        }
    }
    return columns;
}

static const char *counter_text(const struct demo_watch *watch, uint32_t which, char *out,
                                size_t size)
{
    const struct core_counts *c = core_counts_now(replay_core(watch->replay));
    const uint64_t closed = c->closed + c->voided + c->forced_closed - c->reopenings;
    const struct {
        const char *zh, *en;
        uint64_t value;
    } counters[] = {{"事件", "events", c->events},
                    {"并入/去重", "merged or repeats", c->merged + c->deduped},
                    {"案件", "cases", c->cases_opened},
                    {"在办", "open", c->open_now},
                    {"办结", "closed", closed},
                    {"超时", "clocks missed", c->clocks_missed}};
    const size_t i = which % COUNT_OF(counters);
    (void)snprintf(out, size, "%s %llu", watch->lang == LANG_ZH ? counters[i].zh : counters[i].en,
                   (unsigned long long)counters[i].value);
    return out;
}

/* One line of the left pane; the right pane shows the six counters in turn. */
static void put_line(struct demo_watch *watch, const char *text)
{
    char right[64];
    watch->is_after_blank = false;
    const int left = watch->width - PANE_WIDTH;
    if (watch->width < 100) {
        (void)printf("%s\n", text);
    } else {
        const int used = columns_of(text);
        const int last = used <= left ? used : used % watch->width;
        const int pad = last < left ? left - last : 1;
        (void)printf("%s%*s│ %s\n", text, pad, "",
                     counter_text(watch, watch->counter++, right, sizeof right));
    }
    (void)fflush(stdout);
}

void demo_watch_blank(struct demo_watch *watch)
{
    if (!watch->is_after_blank) {
        (void)printf("\n");
    }
    watch->is_after_blank = true;
}

void demo_watch_say(struct demo_watch *watch, const char *zh, const char *en, ...)
{
    va_list args;
    char text[1024];
    va_start(args, en);
    (void)vsnprintf(text, sizeof text, watch->lang == LANG_ZH ? zh : en, args);
    va_end(args);
    demo_watch_blank(watch);
    put_line(watch, text);
}

/* ---- what is told ---- */

static bool is_first(struct demo_watch *watch, enum highlight what)
{
    const bool first = (watch->seen & (1u << what)) == 0;
    watch->seen |= 1u << what;
    return first;
}

/* Is this the first of its kind, worth a line though it is another case? */
static bool is_highlight(struct demo_watch *watch, const struct effect *effect)
{
    if (effect->kind == EFFECT_DECISION) {
        return effect->of.decision.order == 0 && is_first(watch, SAW_NOBODY);
    }
    if (effect->kind != EFFECT_TIMELINE) {
        return false;
    }
    switch (effect->of.timeline.action) {
    case ACTION_RETURN:
        return is_first(watch, SAW_RETURN);
    case ACTION_DECLINE:
        return is_first(watch, SAW_DECLINE);
    case ACTION_MISS:
        return is_first(watch, SAW_MISS);
    case ACTION_EXPIRE:
        return is_first(watch, SAW_EXPIRE);
    case ACTION_SEVERITY:
        return is_first(watch, SAW_SEVERITY);
    case ACTION_CHECK_FAIL:
        return is_first(watch, SAW_FAIL);
    case ACTION_TO_DESK:
        return is_first(watch, SAW_DESK);
    default:
        return false;
    }
}

static struct case_no case_of(const struct effect *effect)
{
    if (effect->kind == EFFECT_TIMELINE) {
        return effect->of.timeline.case_no;
    }
    return effect->kind == EFFECT_DECISION ? effect->of.decision.case_no
                                           : (struct case_no){0, 0, 0};
}

/* Counts the intervals in which one holder answered for the followed case. */
static void account(struct demo_watch *watch, const struct effect *effect)
{
    const struct effect_timeline *line = &effect->of.timeline;
    if (line->holder.kind != HOLDER_NONE &&
        (line->holder.kind != watch->holder.kind || line->holder.index != watch->holder.index)) {
        watch->intervals++;
        watch->holder = line->holder;
    }
    if (line->action == ACTION_OPEN) {
        watch->opened_at_ms = effect->at_ms;
    }
    if (line->clock == CLOCK_HANDLE && watch->handle_limit_ms == 0) {
        watch->handle_limit_ms = line->deadline_ms - effect->at_ms;
    }
}

static void tell_end(struct demo_watch *watch, int64_t at_ms)
{
    watch->is_told = true;
    demo_watch_say(
        watch, "  ── 1 号案件 %lld 分钟结案，处置时限 %lld 分钟；责任区间 %u 个，空档 0 个。",
        "  -- case 1 closed in %lld min, with %lld min allowed to handle it; %u accountable "
        "intervals, 0 gaps",
        (long long)((at_ms - watch->opened_at_ms) / MINUTE_MS),
        (long long)(watch->handle_limit_ms / MINUTE_MS), watch->intervals);
    demo_watch_blank(watch);
}

static void tell(struct demo_watch *watch, const struct effect *effect)
{
    char text[STORY_SENTENCE_SIZE];
    const struct core *core = replay_core(watch->replay);
    const struct case_no no = case_of(effect);
    if (case_no_is_none(no) || story_is_told_before(effect)) {
        return;
    }
    if (case_no_is_none(watch->followed) && effect->kind == EFFECT_TIMELINE) {
        watch->followed = no;
    }
    const bool is_followed = case_no_is_equal(no, watch->followed);
    if (!is_followed && !is_highlight(watch, effect)) {
        return;
    }
    if (is_followed && !watch->is_told) {
        (void)story_sentence(effect, core_city(core), core_policy(core), watch->lang, text,
                             sizeof text);
    } else {
        (void)story_feed_line(effect, core_city(core), core_policy(core), watch->lang, text,
                              sizeof text);
    }
    if (text[0] != '\0' && !(is_followed && watch->is_told)) {
        put_line(watch, text);
    }
    if (is_followed && effect->kind == EFFECT_TIMELINE) {
        account(watch, effect);
        if (effect->of.timeline.state == CASE_CLOSED && !watch->is_told) {
            tell_end(watch, effect->at_ms);
        }
    }
}

/* ---- the record of answers ---- */

static struct answer *answer_of(struct demo_watch *watch, struct hash128 id)
{
    uint32_t slot = (uint32_t)id.lo & (ANSWERS_MAX - 1);
    while (watch->answers[slot].is_used != 0 && !hash128_is_equal(watch->answers[slot].id, id)) {
        slot = (slot + 1) & (ANSWERS_MAX - 1);
    }
    return &watch->answers[slot];
}

static void on_command(void *context, const struct log_entry *entry, const struct command *command)
{
    struct demo_watch *watch = context;
    struct event event;
    uint64_t offset = 0;
    (void)entry;
    watch->batch_count = 0;
    watch->batch_seq = command->head->seq;
    if (command->head->kind != COMMAND_EVENTS) {
        return;
    }
    const struct outbox_mark mark =
        core_outbox_mark(replay_core(watch->replay), command->head->principal);
    if (command->head->epoch == mark.epoch && command->head->seq <= mark.last_seq) {
        return; /* answered before: nothing new takes effect */
    }
    while (watch->batch_count < BATCH_MAX && event_next(command, &offset, &event)) {
        watch->batch_ids[watch->batch_count++] = event.head->id;
    }
}

static void remember(struct demo_watch *watch, const struct effect_result *result)
{
    if (result->index >= watch->batch_count || result->seq != watch->batch_seq ||
        hash128_is_none(watch->batch_ids[result->index])) {
        return;
    }
    struct answer *answer = answer_of(watch, watch->batch_ids[result->index]);
    answer->id = watch->batch_ids[result->index];
    answer->is_used = 1;
    if (result->code == CODE_OPENED || result->code == CODE_MERGED ||
        result->code == CODE_REOPENED) {
        answer->times++;
    }
    answer->code = result->code;
    answer->case_no = result->case_no;
}

static void on_effect(void *context, const struct log_entry *entry, const struct effect *effect)
{
    struct demo_watch *watch = context;
    (void)entry;
    if (effect->kind == EFFECT_RESULT) {
        remember(watch, &effect->of.result);
    }
    tell(watch, effect);
}

/* ---- life ---- */

struct demo_watch *demo_watch_open(const char *data, enum lang lang)
{
    struct data_fault fault;
    struct log_fault log_fault;
    struct winsize size = {0};
    struct demo_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return NULL;
    }
    watch->lang = lang;
    watch->answers = calloc(ANSWERS_MAX, sizeof *watch->answers);
    watch->width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    struct limits limits = limits_default();
    if (watch->answers == NULL || data_directory_read(&watch->data, data, &fault) != ERR_OK) {
        (void)fprintf(stderr, "gridloop demo: %s\n", fault.text);
        free(watch->answers);
        free(watch);
        return NULL;
    }
    const enum err limits_err = data_limits_read(data, &limits);
    const struct replay_options options = {
        .disk = &watch->data.disk.disk,
        .log = log_options_default(),
        .limits = limits,
        .watch = {.on_command = on_command, .on_effect = on_effect, .context = watch},
        .is_durable_only = true};
    if ((limits_err != ERR_OK && limits_err != ERR_NOT_FOUND) ||
        replay_open(&options, &watch->replay, &log_fault) != ERR_OK) {
        (void)fprintf(stderr, "gridloop demo: cannot read the log in %s\n", data);
        demo_watch_close(watch);
        return NULL;
    }
    return watch;
}

void demo_watch_close(struct demo_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    replay_close(watch->replay);
    data_directory_close(&watch->data);
    free(watch->answers);
    free(watch);
}

bool demo_watch_follow(struct demo_watch *watch)
{
    struct log_fault fault = {0};
    const enum err err = replay_follow(watch->replay, UINT64_MAX, &fault);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        (void)fprintf(stderr, "gridloop demo: the log cannot be read on at %s:%llu: %s\n",
                      fault.file, (unsigned long long)fault.offset, fault.what);
        return false;
    }
    return true;
}

bool demo_watch_await_city(struct demo_watch *watch, bool (*wait_on)(void *context), void *context)
{
    for (bool is_waiting = true;; is_waiting = wait_on(context)) {
        if (!demo_watch_follow(watch)) {
            return false;
        }
        if (core_city(demo_watch_core(watch)) != NULL) {
            return true;
        }
        if (!is_waiting) {
            (void)fprintf(stderr, "gridloop demo: the engine's log names no city (exit %d)\n",
                          EX_SOFTWARE);
            return false;
        }
    }
}

const struct core *demo_watch_core(const struct demo_watch *watch)
{
    return replay_core(watch->replay);
}

/* ---- the end ---- */

struct demo_audit demo_watch_audit(struct demo_watch *watch, const char *acks_path)
{
    struct demo_audit audit = {0};
    char source[80], id[80], number[64];
    int code;
    FILE *acks = fopen(acks_path, "r");
    while (acks != NULL && fscanf(acks, "%79s %79s %d %63s", source, id, &code, number) == 4) {
        const struct answer *answer =
            answer_of(watch, facts_event_id(facts_text(source), facts_text(id)));
        char expected[64] = "-";
        if (!case_no_is_none(answer->case_no)) {
            (void)snprintf(expected, sizeof expected, "%u-%u-%04u", answer->case_no.district,
                           answer->case_no.day, answer->case_no.serial);
        }
        audit.acknowledged++;
        audit.lost += answer->is_used == 0 || answer->code != code || strcmp(expected, number) != 0;
    }
    for (uint32_t i = 0; i < ANSWERS_MAX; i++) {
        audit.doubled += watch->answers[i].times > 1;
    }
    if (acks != NULL) {
        (void)fclose(acks);
    }
    return audit;
}

/* What became of every event. False: of some nobody knows. */
static bool tell_events(struct demo_watch *watch, const struct core_counts *c)
{
    const struct {
        uint64_t count;
        const char *zh, *en;
    } parts[] = {
        {c->opened, "立案", "opened"},
        {c->merged, "并入", "merged"},
        {c->deduped, "重复", "repeats"},
        {c->cleared, "已消除", "cleared"},
        {c->reopened, "重新立案", "reopened"},
        {c->suppressed, "抑制", "suppressed"},
        {c->waiting, "计数中", "counted, not enough yet"},
        {c->no_rule, "无规则", "without a rule"},
        {c->refused, "拒收", "refused"},
    };
    char zh[400] = "", en[400] = "";
    size_t zh_size = 0, en_size = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        const char *const sign = i == 0 ? "" : " + ";
        zh_size += (size_t)snprintf(zh + zh_size, sizeof zh - zh_size, "%s%" PRIu64 " %s", sign,
                                    parts[i].count, parts[i].zh);
        en_size += (size_t)snprintf(en + en_size, sizeof en - en_size, "%s%" PRIu64 " %s", sign,
                                    parts[i].count, parts[i].en);
        sum += parts[i].count;
    }
    demo_watch_say(watch, "%" PRIu64 " 个事件 = %s", "%" PRIu64 " events = %s", c->events,
                   watch->lang == LANG_ZH ? zh : en);
    return sum == c->events;
}

bool demo_watch_ledger(struct demo_watch *watch)
{
    const struct core *core = replay_core(watch->replay);
    const struct core_counts *c = core_counts_now(core);
    const uint64_t closed = c->closed + c->voided + c->forced_closed - c->reopenings;
    struct case_view view;
    uint32_t slot = 0;
    uint64_t held = 0;
    uint32_t overdue = 0;
    char list[160] = "";
    size_t used = 0;
    while (core_next_case(core, &slot, &view)) {
        if (case_state_is_terminal(view.state)) {
            continue;
        }
        held += view.holder.kind != HOLDER_NONE && view.deadline_ms != NEVER_MS;
        if (view.is_overdue && overdue++ < OVERDUE_SHOWN) {
            used += (size_t)snprintf(list + used, sizeof list - used, " %u", view.no.serial);
        }
    }
    const bool is_whole = tell_events(watch, c);
    demo_watch_say(
        watch, "%llu 个案件 = %llu 办结 + %llu 在办（%llu 个有责任人和时限）；超时在办 %u 个:%s",
        "%llu cases = %llu closed + %llu open (%llu of them with a holder and a deadline); %u "
        "overdue:%s",
        (unsigned long long)c->cases_opened, (unsigned long long)closed,
        (unsigned long long)c->open_now, (unsigned long long)held, overdue,
        overdue == 0 ? " -" : list);
    return is_whole && c->cases_opened == closed + c->open_now && held == c->open_now;
}
