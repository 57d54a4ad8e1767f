/* log_history.h: `gridloop log replay --history OUT.db`: a history written anew from the log.
 *
 *   log_history_open -> replay with log_history_watch -> log_history_finish -> log_history_close */
#ifndef ENGINE_CLI_LOG_HISTORY_H
#define ENGINE_CLI_LOG_HISTORY_H

#include "engine/edge/replay.h"
#include "engine/edge/words.h"
#include "engine/shell/data_directory.h"
#include "engine/shell/history.h"

struct log_history {
    struct history *history;
    struct history_feed feed;
    const struct replay *replay;
    uint64_t position; /* of the entry before the one being stepped */
    uint32_t taken;    /* records since the last commit */
    enum err failure;  /* first; nothing is taken after it */
    struct data_directory *data;
    bool is_quiet; /* how much was written is not said */
};

/* Makes OUT.db, or goes on with one that was made from this log. Says on standard error why it cannot; 0 or an exit
 * code. */
int log_history_open(struct log_history *rebuild, struct data_directory *data, const char *path);
void log_history_close(struct log_history *rebuild);

/* What the replay shall call. */
struct replay_watch log_history_watch(struct log_history *rebuild);

/* The replay is open. 0 or an exit code. */
int log_history_follow(struct log_history *rebuild, const struct replay *replay);

/* The replay is done: commits. Says how much was written, or why not; 0 or an exit code. */
int log_history_finish(struct log_history *rebuild, enum lang lang);

#endif
