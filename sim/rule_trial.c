/* rule_trial.c: see rule_trial.h. */
#include "sim/rule_trial.h"

#include "engine/core/code.h"
#include "engine/core/core.h"
#include "engine/core/snapshot.h"
#include "engine/edge/block.h"
#include "engine/edge/words.h"
#include "rules/naive.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PAYLOAD_SIZE 65536u
#define ROWS_STEP 256u
#define WORKER_ORDERS_SEEN 64u /* items of a worker looked through for an order */

/* Something that happened, kept for expectations. */
struct trial_note {
    enum effect_kind kind;
    uint32_t event;      /* FIRING: which event of the test */
    uint32_t rule;       /* or NONE32 */
    uint32_t code;       /* FIRING */
    uint32_t person;     /* TIMELINE of an offer */
    uint32_t post;       /* NOTICE */
    uint32_t clock;      /* TIMELINE, whose code is the action */
    uint32_t have, need; /* FIRING */
};

struct trial {
    const struct trial_ground *ground;
    struct trial_coverage *coverage;
    struct core *core;
    struct block block;
    struct limits limits;
    struct trial_note *notes;
    uint32_t note_count, note_capacity;
    uint32_t event;       /* being stepped, or the last */
    uint32_t last_winner; /* rule of its first firing, or NONE32 */
    bool has_fired;
    int64_t now_ms;
    uint64_t act_seq;
    struct trial_digest digest;
    bool is_past_middle;
    uint32_t result_code; /* of the last act or event */
    struct trial_failure *failure;
};

__attribute__((format(printf, 3, 4))) static bool
fail(struct trial *trial, const struct tree_node *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(trial->failure->text, sizeof trial->failure->text, format, arguments);
    va_end(arguments);
    trial->failure->node = node;
    return false;
}

/* ---- effects ---- */

static void remember(struct trial *trial, struct trial_note note)
{
    if (trial->note_count == trial->note_capacity) {
        trial->note_capacity += ROWS_STEP;
        trial->notes = realloc(trial->notes, trial->note_capacity * sizeof trial->notes[0]);
        must(trial->notes != NULL);
    }
    trial->notes[trial->note_count++] = note;
}

/* A level is known by its severity. */
static void cover_levels(const struct trial *trial, uint32_t rule, uint8_t severity)
{
    const struct policy *policy = trial->ground->policy;
    const uint32_t window = policy->rules[rule].window;
    if (window == NONE32) {
        return;
    }
    const struct image_range levels = policy->windows[window].levels;
    for (uint32_t i = levels.first; i < levels.first + levels.count; i++) {
        trial->coverage->levels[i] =
            trial->coverage->levels[i] || policy->levels[i].severity == severity;
    }
}

static void take_effect(void *context, const struct effect *effect)
{
    struct trial *trial = context;
    if (effect->kind != EFFECT_ACTIVATED) {
        struct hash128 *digest =
            trial->is_past_middle ? &trial->digest.after : &trial->digest.before;
        *digest = effect_digest(*digest, effect);
    }
    struct trial_note note = {effect->kind, trial->event, NONE32, 0, NONE32, NONE32, 0, 0, 0};
    if (effect->kind == EFFECT_RESULT) {
        trial->result_code = effect->of.result.code;
    } else if (effect->kind == EFFECT_FIRING) {
        note.rule = effect->of.firing.rule;
        note.code = effect->of.firing.code;
        note.have = effect->of.firing.have;
        note.need = effect->of.firing.need;
        if (!trial->has_fired) { /* the best rule is told first */
            trial->last_winner = note.rule;
            trial->has_fired = true;
        }
        remember(trial, note);
        const bool is_short = note.code == CODE_WAITING || note.code == CODE_BY_MISSING ||
                              note.code == CODE_WINDOW_FULL;
        if (trial->coverage != NULL && note.rule != NONE32 && !is_short) {
            trial->coverage->rules[note.rule] = true;
        }
    } else if (effect->kind == EFFECT_TIMELINE) {
        note.code = effect->of.timeline.action;
        note.clock = effect->of.timeline.clock;
        note.rule = effect->of.timeline.rule;
        note.person = effect->of.timeline.subject;
        remember(trial, note);
        if (trial->coverage != NULL &&
            note.rule != NONE32) { /* of a plan too, which no event fires */
            trial->coverage->rules[note.rule] = true;
            cover_levels(trial, note.rule, effect->of.timeline.severity);
        }
    } else if (effect->kind == EFFECT_NOTICE) {
        struct case_view view;
        note.post = effect->of.notice.post;
        if (core_find_case(trial->core, effect->of.notice.case_no, &view)) {
            note.rule = view.rule;
        }
        remember(trial, note);
        if (trial->coverage != NULL && effect->of.notice.step != NONE32) {
            trial->coverage->steps[effect->of.notice.step] = true;
        }
    }
}

/* ---- commands ---- */

struct batch {
    uint64_t payload[PAYLOAD_SIZE / 8];
    struct place places[4];
    struct batch_writer writer;
};

static struct batch *batch_new(void)
{
    struct batch *batch = malloc(sizeof *batch);
    must(batch != NULL);
    batch_begin(&batch->writer, batch->payload, sizeof batch->payload, batch->places,
                COUNT_OF(batch->places));
    return batch;
}

static void batch_step(struct trial *trial, struct batch *batch)
{
    const struct effect_sink sink = {take_effect, trial};
    struct batch_reader reader;
    struct command command;
    must(batch_open(&reader, batch->writer.payload, batch->writer.size, batch->writer.places,
                    batch->writer.place_count * sizeof(struct place)) == ERR_OK);
    while (batch_next(&reader, &command) == ERR_OK) {
        core_step(trial->core, trial->now_ms, &command, &sink);
    }
    free(batch);
}

static struct command_head head_of(const struct trial *trial, enum command_kind kind,
                                   struct hash128 principal)
{
    return (struct command_head){.kind = (uint16_t)kind,
                                 .principal = principal,
                                 .received_at_ms = trial->now_ms,
                                 .facts_digest = core_facts_digest(trial->core)};
}

static void put_fixed(struct trial *trial, enum command_kind kind, const void *body, uint32_t size)
{
    struct batch *batch = batch_new();
    const struct command_head head = head_of(trial, kind, (struct hash128){0, 0});
    must(batch_put(&batch->writer, &head, body, size, place_none()) == ERR_OK);
    batch_step(trial, batch);
}

static void activate(struct trial *trial)
{
    const struct trial_ground *ground = trial->ground;
    const struct activate_body body = {.city = ground->city->image.digest,
                                       .policy = ground->policy->image.digest};
    must(core_stage_city(trial->core, ground->city_bytes, ground->city_size) == ERR_OK);
    must(core_stage_policy(trial->core, ground->policy_bytes, ground->policy_size) == ERR_OK);
    put_fixed(trial, COMMAND_ACTIVATE, &body, sizeof body);
}

static void pass_until(struct trial *trial, int64_t at_ms)
{
    while (core_next_due_ms(trial->core) <= at_ms || core_has_backlog(trial->core)) {
        trial->now_ms = min_i64(max_i64(trial->now_ms, core_next_due_ms(trial->core)), at_ms);
        put_fixed(trial, COMMAND_TICK, NULL, 0);
    }
    trial->now_ms = at_ms;
}

/* ---- the core, and the core again ---- */

static void core_start(struct trial *trial)
{
    const size_t size = core_size(&trial->limits);
    const enum err err = block_new(size, &trial->block);
    must(err == ERR_OK);
    trial->core = core_init_zeroed(trial->block.bytes, size, &trial->limits);
}

struct stream {
    char *bytes;
    size_t size, capacity, at;
};

static enum err stream_write(void *context, const void *bytes, size_t size)
{
    struct stream *stream = context;
    if (stream->size + size > stream->capacity) {
        stream->capacity = 2 * (stream->capacity + size);
        stream->bytes = realloc(stream->bytes, stream->capacity);
        must(stream->bytes != NULL);
    }
    memcpy(stream->bytes + stream->size, bytes, size);
    stream->size += size;
    return ERR_OK;
}

static enum err stream_read(void *context, void *bytes, size_t size, size_t *out_size)
{
    struct stream *stream = context;
    const size_t left = stream->size - stream->at;
    if (left == 0) {
        return ERR_CUT;
    }
    *out_size = left < size ? left : size;
    memcpy(bytes, stream->bytes + stream->at, *out_size);
    stream->at += *out_size;
    return ERR_OK;
}

/* As after a crash: saved, loaded into another block, and the same images activated once more. */
static void restore(struct trial *trial)
{
    struct stream stream = {.size = 0};
    const struct snapshot_sink sink = {stream_write, &stream};
    const struct snapshot_source source = {stream_read, &stream};
    struct hash128 saved;
    struct hash128 loaded;
    must(core_save(trial->core, &sink, &saved) == ERR_OK);
    block_free(&trial->block);
    core_start(trial);
    must(core_stage_city(trial->core, trial->ground->city_bytes, trial->ground->city_size) ==
         ERR_OK);
    must(core_stage_policy(trial->core, trial->ground->policy_bytes, trial->ground->policy_size) ==
         ERR_OK);
    must(core_load(trial->core, &source, &loaded) == ERR_OK);
    must(saved.hi == loaded.hi && saved.lo == loaded.lo);
    free(stream.bytes);
    activate(trial);
}

/* ---- events and acts ---- */

static void cover_terms(struct trial *trial, const struct event *event)
{
    for (uint32_t i = 0; trial->coverage != NULL && i < trial->ground->set->rule_count; i++) {
        if (!naive_takes(trial->ground->set, trial->ground->set->rules[i], event)) {
            continue;
        }
        const struct region *region = &trial->coverage->regions[i];
        for (uint32_t k = 0; k < region->count; k++) {
            trial->coverage->terms[i][k] =
                trial->coverage->terms[i][k] || region_takes(region->boxes[k], event);
        }
    }
}

static const char *rule_name(const struct trial *trial, uint32_t rule)
{
    return rule == NONE32 ? "no rule" : trial->ground->set->rules[rule]->id;
}

static bool send(struct trial *trial, const struct suite_test *test, uint32_t index)
{
    const struct suite_event *from = &test->events[index];
    struct fact_record *record = calloc(1, sizeof *record);
    must(record != NULL);
    struct fact_event fact = from->fact;
    fact.at_ms = trial->now_ms;
    facts_resolve(trial->ground->facts, &fact, trial->now_ms, record);
    const struct event event = {.head = &record->head,
                                .fields = record->fields,
                                .text = record->text,
                                .free_text = record->free_text};
    trial->event = index;
    trial->last_winner = NONE32;
    trial->has_fired = false;
    bool is_good = true;
    if (record->head.verdict != CODE_NOTHING) {
        is_good =
            fail(trial, from->node, "the event is refused: %s (%s)",
                 words_code(record->head.verdict, LANG_EN), words_code_name(record->head.verdict));
    } else {
        uint32_t expected = NONE32;
        (void)naive_match(trial->ground->set, &event, &expected, 1);
        cover_terms(trial, &event);
        struct batch *batch = batch_new();
        const struct hash128 source = facts_hash(fact.source.bytes, fact.source.size);
        const struct command_head head = head_of(trial, COMMAND_EVENTS, source);
        must(batch_open_events(&batch->writer, &head) == ERR_OK);
        must(batch_add_event(&batch->writer, &record->head, record->fields, record->text,
                             record->text_bytes, record->free_text) == ERR_OK);
        batch_close_events(&batch->writer);
        batch_step(trial, batch);
        if (trial->last_winner != expected && trial->result_code != CODE_CLEARED &&
            trial->result_code != CODE_DEDUPED) {
            is_good =
                fail(trial, from->node, "the index gives the event to %s, the evaluator to %s",
                     rule_name(trial, trial->last_winner), rule_name(trial, expected));
        }
    }
    free(record);
    return is_good;
}

/* The newest active order of a person, 0 = none. */
static uint64_t find_order(const struct trial *trial, struct hash128 person)
{
    struct worker_view worker;
    struct item_view items[WORKER_ORDERS_SEEN];
    struct order_view view;
    const bool is_known = core_find_worker(trial->core, person, &worker);
    const uint32_t count =
        is_known ? core_worker_items(trial->core, person, 0, items, COUNT_OF(items)) : 0;
    for (uint32_t i = count; i > 0; i--) {
        if (core_find_order(trial->core, items[i - 1].order, &view) &&
            order_state_is_active(view.state)) {
            return view.number;
        }
    }
    return 0;
}

/* The case opened last, for acts of people at desks; false where there is none. */
static bool find_case(const struct trial *trial, struct case_view *out_case)
{
    struct case_view view;
    bool is_found = false;
    for (uint32_t slot = 0; core_next_case(trial->core, &slot, &view);) {
        if (!is_found || view.no.serial > out_case->no.serial) {
            *out_case = view;
            is_found = true;
        }
    }
    return is_found;
}

static bool act(struct trial *trial, const struct suite_act *from)
{
    const struct city_person *person = &trial->ground->city->persons[from->person];
    const uint64_t order = find_order(trial, person->id_hash);
    struct order_view view;
    struct case_view on;
    if (order != 0) {
        must(core_find_order(trial->core, order, &view) &&
             core_find_case(trial->core, view.case_no, &on));
    } else if (!find_case(trial, &on)) {
        return fail(trial, from->node, "%.*s has no order at that instant, and there is no case",
                    (int)person->id.size, city_text(trial->ground->city, person->id));
    }
    struct batch *batch = batch_new();
    struct command_head head = head_of(trial, COMMAND_ACT, person->id_hash);
    const struct outbox_mark mark = core_outbox_mark(trial->core, person->id_hash);
    head.epoch = mark.epoch == 0 ? 1 : mark.epoch;
    head.seq = mark.last_seq + 1;
    head.content_digest = ++trial->act_seq;
    const struct act_body body = {.order = order,
                                  .case_no = order != 0 ? (struct case_no){0, 0, 0} : on.no,
                                  .place = NONE32,
                                  .at_ms = trial->now_ms,
                                  .action = (uint16_t)from->action,
                                  .reason = (uint16_t)from->reason,
                                  .subject = from->line,
                                  .amount = from->amount,
                                  .evidence_count = from->has_photo ? 1 : 0};
    const struct hash128 photo = {head.content_digest, 1};
    must(batch_put_act(&batch->writer, &head, &body, on.place, &photo, NULL) == ERR_OK);
    batch_step(trial, batch);
    return trial->result_code == CODE_DONE
               ? true
               : fail(trial, from->node, "the act is refused: %s (%s)",
                      words_code(trial->result_code, LANG_EN), words_code_name(trial->result_code));
}

/* ---- expectations ---- */

static bool case_fits(const struct case_view *view, const struct suite_expect *expect)
{
    return (expect->rule == NONE32 || view->rule == expect->rule) &&
           (expect->severity == 0 || view->severity == expect->severity) &&
           (expect->state == 0 || view->state == (enum case_state)expect->state) &&
           (expect->class_row == NONE32 || view->class_row == expect->class_row) &&
           (expect->holder.kind == HOLDER_NONE || (view->holder.kind == expect->holder.kind &&
                                                   view->holder.index == expect->holder.index)) &&
           (expect->events < 0 || view->event_count == (uint64_t)expect->events);
}

/* What cases there are, in a few words, for a message. */
static void list_cases(const struct trial *trial, char *out, size_t size)
{
    struct case_view view;
    size_t length = 0;
    out[0] = '\0';
    for (uint32_t slot = 0; core_next_case(trial->core, &slot, &view) && length < size;) {
        length +=
            (size_t)snprintf(out + length, size - length, "%s%s (severity %u, %s, %u events)",
                             length == 0 ? "" : "; ", rule_name(trial, view.rule), view.severity,
                             words_case_state(view.state, LANG_EN), view.event_count);
    }
    if (length == 0) {
        (void)snprintf(out, size, "none");
    }
}

static bool expect_cases(struct trial *trial, const struct suite_expect *expect)
{
    struct case_view view;
    int64_t count = 0;
    for (uint32_t slot = 0; core_next_case(trial->core, &slot, &view);) {
        count += case_fits(&view, expect) ? 1 : 0;
    }
    if (expect->count < 0 ? count > 0 : count == expect->count) {
        return true;
    }
    char words[400];
    list_cases(trial, words, sizeof words);
    return expect->count < 0
               ? fail(trial, expect->node, "expected such a case; there are: %s", words)
               : fail(trial, expect->node, "expected %lld such cases, found %lld; there are: %s",
                      (long long)expect->count, (long long)count, words);
}

static bool expect_told(struct trial *trial, const struct suite_expect *expect)
{
    const struct city *city = trial->ground->city;
    const bool is_offer = expect->kind == EXPECT_ASSIGNED;
    char words[300] = "nobody";
    size_t length = 0;
    for (uint32_t i = 0; i < trial->note_count; i++) {
        const struct trial_note *note = &trial->notes[i];
        if (note->kind != (is_offer ? EFFECT_TIMELINE : EFFECT_NOTICE) ||
            (is_offer && note->code != ACTION_OFFER) ||
            (expect->rule != NONE32 && note->rule != expect->rule)) {
            continue;
        }
        const bool is_it = is_offer
                               ? (expect->person == NONE32 || note->person == expect->person) &&
                                     (expect->roles == 0 ||
                                      (city->persons[note->person].roles & expect->roles) != 0)
                               : note->post == expect->post;
        if (is_it) {
            return true;
        }
        const struct image_string name =
            is_offer ? city->persons[note->person].id : city->posts[note->post].code;
        if (length < sizeof words) {
            length +=
                (size_t)snprintf(words + length, sizeof words - length, "%s%.*s",
                                 length == 0 ? "" : ", ", (int)name.size, city_text(city, name));
        }
    }
    return fail(trial, expect->node, "expected %s; until then: %s",
                is_offer ? "an offer to such a person" : "that post to be told", words);
}

static bool expect_said(struct trial *trial, const struct suite_expect *expect)
{
    int64_t count = 0;
    for (uint32_t i = 0; i < trial->note_count; i++) {
        const struct trial_note *note = &trial->notes[i];
        count += note->kind == EFFECT_TIMELINE && note->code == expect->action &&
                 (expect->clock == 0 || note->clock == expect->clock) &&
                 (expect->rule == NONE32 || note->rule == expect->rule);
    }
    return (expect->count < 0 ? count > 0 : count == expect->count) ||
           fail(trial, expect->node, "said %lld times until then", (long long)count);
}

static const struct trial_note *find_firing(const struct trial *trial, uint32_t event,
                                            uint32_t rule)
{
    for (uint32_t i = trial->note_count; i > 0; i--) {
        const struct trial_note *note = &trial->notes[i - 1];
        if (note->kind == EFFECT_FIRING && note->event == event && note->rule == rule) {
            return note;
        }
    }
    return NULL;
}

/* What became of the last event as far as one rule is concerned. */
static const char *outcome_of(const struct trial *trial, uint32_t event, uint32_t rule, bool takes)
{
    const struct trial_note *note = find_firing(trial, event, rule);
    if (note != NULL) {
        return suite_outcome_name(note->code);
    }
    return takes ? OUTCOME_LOST_LANE : OUTCOME_NOT_TAKEN;
}

static bool rule_takes_event(const struct trial *trial, const struct suite_test *test,
                             uint32_t index, uint32_t rule)
{
    struct fact_record *record = calloc(1, sizeof *record);
    must(record != NULL);
    struct fact_event fact = test->events[index].fact;
    fact.at_ms = test->start_ms + test->events[index].at_ms;
    facts_resolve(trial->ground->facts, &fact, fact.at_ms, record);
    const struct event event = {.head = &record->head,
                                .fields = record->fields,
                                .text = record->text,
                                .free_text = record->free_text};
    const bool takes = naive_takes(trial->ground->set, trial->ground->set->rules[rule], &event);
    free(record);
    return takes;
}

static bool expect_why(struct trial *trial, const struct suite_test *test, uint32_t events_sent,
                       const struct suite_expect *expect)
{
    if (events_sent == 0) {
        return fail(trial, expect->node, "no event was sent before");
    }
    const uint32_t last = events_sent - 1;
    const char *outcome =
        outcome_of(trial, last, expect->rule, rule_takes_event(trial, test, last, expect->rule));
    const struct trial_note *note = find_firing(trial, last, expect->rule);
    if (note != NULL && strcmp(outcome, expect->outcome) == 0 &&
        ((expect->have >= 0 && note->have != (uint64_t)expect->have) ||
         (expect->need >= 0 && note->need != (uint64_t)expect->need))) {
        return fail(trial, expect->node, "%s has %u of %u for the last event",
                    rule_name(trial, expect->rule), note->have, note->need);
    }
    return strcmp(outcome, expect->outcome) == 0
               ? true
               : fail(trial, expect->node, "expected %s of %s for the last event, was %s",
                      expect->outcome, rule_name(trial, expect->rule), outcome);
}

static bool expect(struct trial *trial, const struct suite_test *test, uint32_t events_sent,
                   const struct suite_expect *expectation)
{
    switch (expectation->kind) {
    case EXPECT_CASE:
    case EXPECT_CASES:
        return expect_cases(trial, expectation);
    case EXPECT_ASSIGNED:
    case EXPECT_ESCALATED:
        return expect_told(trial, expectation);
    case EXPECT_SAID:
        return expect_said(trial, expectation);
    case EXPECT_WHY:
        return expect_why(trial, test, events_sent, expectation);
    }
    return false;
}

static bool check_nevers(struct trial *trial, const struct suite_test *test)
{
    for (uint32_t i = 0; i < test->never_count; i++) {
        const struct suite_expect *never = &test->nevers[i];
        for (uint32_t event = 0; event < test->event_count; event++) {
            const char *outcome = outcome_of(trial, event, never->rule,
                                             rule_takes_event(trial, test, event, never->rule));
            if (strcmp(outcome, never->outcome) == 0) {
                return fail(trial, never->node, "%s was %s by the event at %lld s",
                            rule_name(trial, never->rule), outcome,
                            (long long)(test->events[event].at_ms / SECOND_MS));
            }
        }
    }
    return true;
}

/* ---- the test ---- */

static int64_t next_instant(const struct suite_test *test, uint32_t event, uint32_t act_index,
                            uint32_t expectation)
{
    int64_t at_ms = NEVER_MS;
    at_ms = event < test->event_count ? min_i64(at_ms, test->events[event].at_ms) : at_ms;
    at_ms = act_index < test->act_count ? min_i64(at_ms, test->acts[act_index].at_ms) : at_ms;
    return expectation < test->expect_count ? min_i64(at_ms, test->expects[expectation].at_ms)
                                            : at_ms;
}

/* The middle: the core is loaded from what it saved, or other rules take over. Returns the test as the rules of then name it. */
static const struct suite_test *turn(struct trial *trial, const struct suite_test *test,
                                     enum trial_way way, const struct trial_next *next)
{
    if (way == TRIAL_RESTORED) {
        restore(trial);
    }
    if (way != TRIAL_RELOADED) {
        return test;
    }
    const struct ruleset *old = trial->ground->set;
    trial->ground = next->ground;
    activate(trial);
    for (uint32_t i = 0; i < trial->note_count; i++) { /* what happened is told by the new rows */
        struct trial_note *note = &trial->notes[i];
        const struct rule *rule =
            note->rule == NONE32 ? NULL
                                 : ruleset_find_rule(next->ground->set, old->rules[note->rule]->id);
        note->rule = rule == NULL ? NONE32 : rule->row;
    }
    return next->test;
}

static bool play(struct trial *trial, const struct suite_test *test, enum trial_way way,
                 const struct trial_next *next)
{
    uint32_t event = 0;
    uint32_t act_index = 0;
    uint32_t expectation = 0;
    for (;;) {
        const int64_t at_ms = next_instant(test, event, act_index, expectation);
        if (at_ms == NEVER_MS) {
            return check_nevers(trial, test);
        }
        pass_until(trial, test->start_ms + at_ms);
        for (; event < test->event_count && test->events[event].at_ms == at_ms; event++) {
            if (!send(trial, test, event)) {
                return false;
            }
            if (!trial->is_past_middle && 2 * (event + 1) >= test->event_count) {
                pass_until(trial, trial->now_ms); /* what is due is decided before */
                trial->is_past_middle = true;
                test = turn(trial, test, way, next);
            }
        }
        for (; act_index < test->act_count && test->acts[act_index].at_ms == at_ms; act_index++) {
            if (!act(trial, &test->acts[act_index])) {
                return false;
            }
        }
        pass_until(trial, trial->now_ms); /* what is due at once */
        for (; expectation < test->expect_count && test->expects[expectation].at_ms == at_ms;
             expectation++) {
            if (!expect(trial, test, event, &test->expects[expectation])) {
                return false;
            }
        }
    }
}

bool trial_run(const struct trial_ground *ground, const struct suite_test *test, enum trial_way way,
               const struct trial_next *next, struct trial_coverage *coverage,
               struct trial_digest *out_digest, struct trial_failure *out_failure)
{
    struct trial trial = {.ground = ground,
                          .coverage = coverage,
                          .limits = limits_default(),
                          .now_ms = test->start_ms,
                          .last_winner = NONE32,
                          .failure = out_failure};
    trial.limits.cases = 1024;
    trial.limits.orders = 4096;
    trial.limits.event_ids = 4096;
    trial.limits.dedupe_keys = 4096;
    trial.limits.window_keys = 4096;
    trial.limits.window_samples = 16384;
    trial.limits.workers = ground->city->person_count + 8;
    trial.limits.gateways = ground->city->gateway_count + 8;
    core_start(&trial);
    activate(&trial);
    const bool is_good = play(&trial, test, way, next);
    core_check(trial.core);
    *out_digest = trial.digest;
    free(trial.notes);
    block_free(&trial.block);
    return is_good;
}
