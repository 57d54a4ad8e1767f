/* case_story.c: replays a log and keeps the sentences of one case. */
#include "engine/cli/case_story.h"

#include "engine/cli/case_candidates.h"
#include "engine/edge/story.h"
#include "engine/shell/data_limits.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_followed(struct case_no part, struct case_no no)
{
    return part.serial != 0 && part.serial == no.serial && (part.day == 0 || part.day == no.day) &&
           (part.district == 0 || part.district == no.district);
}

/* The case an effect is about; none for effects without one. */
static struct case_no case_of(const struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_FIRING:
        return effect->of.firing.case_no;
    case EFFECT_TIMELINE:
        return effect->of.timeline.case_no;
    case EFFECT_DECISION:
        return effect->of.decision.case_no;
    case EFFECT_NOTICE:
        return effect->of.notice.case_no;
    case EFFECT_PLAN:
        return effect->of.plan.case_no;
    case EFFECT_RESULT:
    case EFFECT_ITEM:
    case EFFECT_ACTIVATED:
    case EFFECT_CONTACT:
    case EFFECT_SILENCE:
        break;
    }
    return (struct case_no){0, 0, 0};
}

static void keep_line(struct case_story *story, uint64_t position, const struct effect *effect,
                      const char *text)
{
    const struct city *city = core_city(replay_core(story->replay));
    const struct effect_decision *decision =
        effect->kind == EFFECT_DECISION ? &effect->of.decision : NULL;
    if (story->line_count == CASE_STORY_LINES_MAX) {
        story->left_out++;
        return;
    }
    char *copy = strdup(text);
    if (copy == NULL) {
        story->left_out++;
        return;
    }
    bool is_timeline = effect->kind == EFFECT_TIMELINE;
    story->lines[story->line_count++] = (struct case_line){
        .no = case_of(effect),
        .position = position,
        .at_ms = effect->at_ms,
        .kind = effect->kind,
        .action = is_timeline ? effect->of.timeline.action : 0,
        .code = is_timeline                       ? effect->of.timeline.code
                : effect->kind == EFFECT_DECISION ? effect->of.decision.binding
                                                  : 0,
        .state = is_timeline ? effect->of.timeline.state : 0,
        .is_told_before = story_is_told_before(effect),
        .is_by_hand = effect->kind == EFFECT_DECISION && effect->of.decision.why == WHY_BY_HAND,
        .candidates = decision == NULL ? NULL : case_candidates_text(decision, city, story->lang),
        .looked = decision == NULL ? NULL : case_candidates_json(decision, city, story->lang),
        .text = copy};
}

static void on_entry(void *context, const struct log_entry *entry)
{
    struct case_story *story = context;
    story->from_ms = story->from_ms == 0 ? entry->time_ms : story->from_ms;
}

static void on_effect(void *context, const struct log_entry *entry, const struct effect *effect)
{
    struct case_story *story = context;
    char sentence[STORY_SENTENCE_SIZE * 4];
    const struct core *core = replay_core(story->replay);
    if (!is_followed(story->part, case_of(effect))) {
        return;
    }
    if (effect->kind == EFFECT_TIMELINE) {
        case_accounts_take(&story->accounts, core, effect, story->lang);
    }
    if (story_sentence(effect, core_city(core), core_policy(core), story->lang, sentence,
                       sizeof sentence) > 0) {
        keep_line(story, entry->position, effect, sentence);
    }
}

/* Opens the replay; the story must not move from here on. */
static enum err open_replay(struct case_story *story, const char *data_directory,
                            struct log_fault *fault)
{
    struct replay_options options = {
        .disk = &story->data.disk.disk,
        .log = log_options_default(),
        .limits = limits_default(),
        .is_durable_only = false,
        /* with no case to tell of, what is now is all that is asked */
        .is_from_snapshot = case_no_is_none(story->part),
        .watch = {.on_entry = on_entry, .on_effect = on_effect, .context = story}};
    enum err err = data_limits_read(data_directory, &options.limits);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    err = replay_open(&options, &story->replay, fault);
    return err == ERR_OK ? replay_follow(story->replay, UINT64_MAX, fault) : err;
}

enum err case_story_open(const char *data_directory, struct case_no part, enum lang lang,
                         struct case_story *out_story, struct data_fault *out_fault)
{
    struct log_fault fault = {.what = ""};
    *out_story = (struct case_story){.part = part, .lang = lang};
    enum err err = data_directory_read(&out_story->data, data_directory, out_fault);
    if (err != ERR_OK) {
        return err;
    }
    out_story->lines = calloc(CASE_STORY_LINES_MAX, sizeof *out_story->lines);
    err = out_story->lines == NULL ? ERR_MEMORY : open_replay(out_story, data_directory, &fault);
    if (err != ERR_OK) {
        (void)snprintf(out_fault->text, sizeof out_fault->text,
                       "cannot read the log in %.200s: %s%s%s", data_directory, words_err(err),
                       fault.what[0] != '\0' ? ": " : "", fault.what);
        case_story_close(out_story);
    }
    return err;
}

void case_story_close(struct case_story *story)
{
    for (uint32_t i = 0; i < story->line_count; i++) {
        free(story->lines[i].text);
        free(story->lines[i].candidates);
        json_decref(story->lines[i].looked);
    }
    free(story->lines);
    case_accounts_free(&story->accounts);
    replay_close(story->replay);
    data_directory_close(&story->data);
    story->lines = NULL;
    story->replay = NULL;
    story->line_count = 0;
}
