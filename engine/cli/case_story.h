/* case_story.h: what a log tells of one case: its sentences, read by replay beside a running engine.
 *
 * Owner   open/close on the heap; lines borrow from the story */
#ifndef ENGINE_CLI_CASE_STORY_H
#define ENGINE_CLI_CASE_STORY_H

#include "engine/cli/case_accounts.h"
#include "engine/core/core.h"
#include "engine/edge/replay.h"
#include "engine/edge/words.h"
#include "engine/shell/data_directory.h"

#include <jansson.h>

#define CASE_STORY_LINES_MAX 20000u

struct case_line {
    struct case_no no;
    uint64_t position;
    int64_t at_ms;
    enum effect_kind kind;
    uint16_t action; /* of TIMELINE */
    uint16_t code;
    uint8_t state;
    bool is_told_before; /* repeats the decision above it */
    bool is_by_hand;     /* a decision: a dispatcher's choice beside the engine's own */
    char *text;
    char *candidates; /* of a decision: a line each, NULL */
    json_t *looked;   /* the same, NULL */
};

struct case_story {
    struct data_directory data;
    struct replay *replay;
    struct case_no
        part; /* which cases are followed: parts of 0 match all; none: no lines are kept */
    enum lang lang;
    struct case_line *lines;
    uint32_t line_count;
    uint32_t left_out;             /* beyond CASE_STORY_LINES_MAX */
    struct case_accounts accounts; /* of the case followed */
    int64_t from_ms;               /* log time of the first entry that was stepped; 0 = none */
};

/* Replays the whole log of a data directory. part: none, or the case (or suffix) to follow. ERR_* with a sentence. */
enum err case_story_open(const char *data_directory, struct case_no part, enum lang lang,
                         struct case_story *out_story, struct data_fault *out_fault) WARN_UNUSED;
void case_story_close(struct case_story *story);

#endif
