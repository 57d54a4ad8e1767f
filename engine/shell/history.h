/* history.h: the history database: what became of every case, for people, reports and searches.
 *
 * One writer takes the records of a history_feed in the order of the log and writes them in transactions together with
 * the position they reach: after any crash the database is a prefix of the log, and its position says which. Whoever
 * feeds it again starts behind history_position.
 *
 *   history_open -> history_take ... history_commit(position) ... -> history_close
 *
 * The tables are described in history_schema.c and docs/history.md.
 *
 * Owner   open/close; single-threaded
 * Bounds  an open transaction holds at most HISTORY_DIRTY_MAX cases and orders back; more are written early
 * Errors  with a sentence in history_fault_text; after one from take or commit nothing more may be taken */
#ifndef ENGINE_SHELL_HISTORY_H
#define ENGINE_SHELL_HISTORY_H

#include "engine/edge/node.h"
#include "engine/shell/history_feed.h"
#include "engine/shell/history_schema.h"

#define HISTORY_DIRTY_MAX 4096u

struct history; /* opaque */

/* What is kept for how long, by log time. X(NAME, word, what) */
#define HISTORY_KEEP_LIST(X)                                                                       \
    X(CASES, "cases", "cases with their orders, timeline and texts, after they left the engine")   \
    X(DECISIONS, "decisions", "who was looked at for each offer")                                  \
    X(RECEIPTS, "receipts", "answers to events and acts")                                          \
    X(NOTICES, "notices", "what posts were told")

#define HISTORY_KEEP_ENUM(name, word, what) HISTORY_KEEP_##name,
enum history_keep_kind { HISTORY_KEEP_LIST(HISTORY_KEEP_ENUM) HISTORY_KEEP_COUNT };
#undef HISTORY_KEEP_ENUM

struct history_keep {
    int64_t keep_ms[HISTORY_KEEP_COUNT]; /* 0 = for ever */
};

/* "400d" for all kinds, "receipts=30d" for one, or several with commas between them. False with a sentence. */
bool history_keep_set(struct history_keep *keep, const char *text, char *out_why, size_t why_size);

struct history_options {
    const char *path;
    uint64_t log_salt;     /* tells the log from others */
    uint64_t log_position; /* of its last entry */
    struct node_images images;
    struct history_keep keep;
};

/* Opens or makes it. ERR_MISMATCH: it is of another log, or newer than this one. */
enum err history_open(const struct history_options *options, struct history **out_history,
                      struct history_fault *out_fault) WARN_UNUSED;

/* Rolls back what was not committed. NULL is fine. */
void history_close(struct history *history);

/* Every entry up to here is in it, and none behind it. */
uint64_t history_position(const struct history *history);

enum err history_take(struct history *history, const struct history_record *record) WARN_UNUSED;

/* Makes everything taken and the position visible and, after a crash of the process, lasting. */
enum err history_commit(struct history *history, uint64_t position) WARN_UNUSED;

/* Deletes a slice of what is older than its retention; *out_is_done: nothing was left to delete. Commits by itself;
 * nothing may be taken and not committed. */
enum err history_expire(struct history *history, bool *out_is_done) WARN_UNUSED;

const char *history_fault_text(const struct history *history);

struct history_counts {
    uint64_t rows;
    uint64_t commits;
    uint64_t expired; /* rows */
};
struct history_counts history_counts_now(const struct history *history);

#endif
