/* history_queue.h: records on their way from the engine thread to the history thread: bounded, never waited for.
 *
 *   engine thread   put ... durable(position)          history thread   take ... until nothing is durable and new
 *
 * A record may be taken once its entry is durable. When a record does not fit, the queue is cut at its entry: nothing
 * from that entry on is taken any more, so that the history stays a prefix of the log and the next start replays the
 * rest into it.
 *
 * Shape   one ring of bytes; records lie whole in it, 8-aligned. One writer, one reader
 * Bounds  its capacity; is_crowded from half of it on: the time to take no new reports
 * Owner   new/free; the record taken is borrowed until the next take */
#ifndef ENGINE_SHELL_HISTORY_QUEUE_H
#define ENGINE_SHELL_HISTORY_QUEUE_H

#include "engine/shell/history_feed.h"

struct history_queue; /* opaque */

enum err history_queue_new(uint64_t capacity, struct history_queue **out_queue) WARN_UNUSED;
void history_queue_free(struct history_queue *queue);

/* ---- engine thread ---- */

/* Copies the record. False: it did not fit, the queue is cut. */
bool history_queue_put(struct history_queue *queue, const struct history_record *record);

/* As above, but waits until the reader has made room: for the start, when nobody is served yet. */
void history_queue_put_waiting(struct history_queue *queue, const struct history_record *record);

/* Everything up to position is on disk. */
void history_queue_durable(struct history_queue *queue, uint64_t position);

bool history_queue_is_crowded(const struct history_queue *queue);

/* First entry that is not in the queue; 0 while it was never cut. */
uint64_t history_queue_cut_position(const struct history_queue *queue);

/* The reader shall come to its end. */
void history_queue_stop(struct history_queue *queue);

/* ---- history thread ---- */

enum history_take {
    HISTORY_TAKE_RECORD, /* out_record */
    HISTORY_TAKE_IDLE,   /* all there is was taken: out_position is complete */
    HISTORY_TAKE_STOP,   /* the same, and no more will come */
};

/* Waits up to wait_ms for something new. */
enum history_take history_queue_take(struct history_queue *queue, int64_t wait_ms,
                                     struct history_record *out_record, uint64_t *out_position);

/* The reader has failed: puts are dropped and the queue counts as cut at that entry. */
void history_queue_give_up(struct history_queue *queue, uint64_t position);

#endif
