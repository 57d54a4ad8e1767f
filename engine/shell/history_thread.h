/* history_thread.h: the thread that writes DATA/history.db while the engine runs.
 *
 *   node --observer--> feed -> queue --durable--> history thread -> transactions of rows and position
 *
 * The engine thread never waits for the database once it serves: a queue that is half full is_crowded, and new reports
 * are refused until it is not; one that is full is cut, and the next start replays what it lacks. While the log is read
 * back at the start, nobody is served yet and the reading waits for the writing.
 *
 * Owner   open before node_recover, close after the last step of the node; borrows the node
 * Errors  open: those of history_open. Later ones are reported, the engine goes on without a history */
#ifndef ENGINE_SHELL_HISTORY_THREAD_H
#define ENGINE_SHELL_HISTORY_THREAD_H

#include "engine/shell/history.h"

struct history_thread; /* opaque */

struct history_thread_options {
    const char *data; /* directory */
    struct node *node;
    uint64_t log_salt;
    uint64_t log_position;
    struct history_keep keep;
};

/* Opens the database, observes the node, starts the thread. Everything the node steps until history_thread_serve counts
 * as durable. */
enum err history_thread_open(const struct history_thread_options *options,
                             struct history_thread **out_thread,
                             struct history_fault *out_fault) WARN_UNUSED;

/* The log is read back: from now on nothing waits. */
void history_thread_serve(struct history_thread *thread);

/* From now on every record that is served goes there too, on the engine thread. Before the first is served. */
void history_thread_tee(struct history_thread *thread, struct history_sink also);

/* Engine thread; NULL is fine. */
void history_thread_durable(struct history_thread *thread, uint64_t position);
bool history_thread_is_crowded(const struct history_thread *thread);

/* Any thread: every entry up to here is in the database. NULL gives UINT64_MAX: there is no history to wait for. */
uint64_t history_thread_position(const struct history_thread *thread);

/* Writes what is durable and ends its thread; the position is final then. Nothing is stepped any more. NULL is fine. */
void history_thread_finish(struct history_thread *thread);

/* Finishes and frees. NULL is fine. */
void history_thread_close(struct history_thread *thread);

#endif
