/* webhook_queue.h: DATA/webhooks.db: what each hook has been told, is to be told, and could not be told.
 *
 *   timeline of history.db -> one row per hook and line, with the hook's place in the history, in one transaction -> sent -> delivered
 *                                                                                         \-> again later -> dead
 *
 * So a line is queued once for a hook whatever crashes; it is sent at least once. Delivered rows are kept for a week.
 *
 * Owner   open/close; run holds the lock, list and replay may work beside it
 * Errors  a sentence in the fault */
#ifndef ENGINE_CLI_WEBHOOK_QUEUE_H
#define ENGINE_CLI_WEBHOOK_QUEUE_H

#include "engine/cli/webhook_config.h"
#include "engine/shell/history_schema.h"

#define WEBHOOK_ID_SIZE 80u

struct webhook_queue; /* opaque */

/* is_runner: takes the lock (ERR_BUSY) and opens the history. ERR_NOT_FOUND: there is no history yet. */
enum err webhook_queue_open(const char *data, bool is_runner, struct webhook_queue **out_queue,
                            struct history_fault *out_fault) WARN_UNUSED;
void webhook_queue_close(struct webhook_queue *queue);

/* Queues what the history has gained for every hook. *out_count: rows added. */
enum err webhook_queue_feed(struct webhook_queue *queue, const struct webhook_config *config,
                            int64_t now_ms, uint64_t *out_count,
                            struct history_fault *out_fault) WARN_UNUSED;

struct webhook_delivery {
    char id[WEBHOOK_ID_SIZE];
    char hook[40];
    char *body; /* malloc'ed */
    size_t body_size;
    uint32_t attempts; /* before this one */
};

/* The oldest that is due and was not taken yet; false: none. Taken until done. */
bool webhook_queue_take(struct webhook_queue *queue, int64_t now_ms,
                        struct webhook_delivery *out_delivery);

enum webhook_state {
    WEBHOOK_WAITING = 0,
    WEBHOOK_SENDING = 1,
    WEBHOOK_DELIVERED = 2,
    WEBHOOK_DEAD = 3
};

struct webhook_outcome {
    enum webhook_state state; /* WAITING: again at next_at_ms */
    int64_t next_at_ms, now_ms;
    long status; /* of HTTP; 0: none came */
    const char *error;
};
enum err webhook_queue_done(struct webhook_queue *queue, const char *id,
                            const struct webhook_outcome *outcome,
                            struct history_fault *out_fault) WARN_UNUSED;

/* Sent again: the delivery of that id, or with id NULL every dead one (of hook, unless NULL). */
enum err webhook_queue_replay(struct webhook_queue *queue, const char *id, const char *hook,
                              uint64_t *out_count, struct history_fault *out_fault) WARN_UNUSED;

struct webhook_row {
    const char *id, *hook, *state, *error;
    uint32_t attempts;
    long status;
    int64_t queued_at_ms, next_at_ms, done_at_ms;
};
/* state: "waiting", "sending", "delivered", "dead", or NULL for all; oldest first. */
enum err webhook_queue_list(struct webhook_queue *queue, const char *state, uint32_t limit,
                            void (*see)(void *context, const struct webhook_row *row),
                            void *context, struct history_fault *out_fault) WARN_UNUSED;

#endif
