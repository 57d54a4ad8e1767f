/* replay.h: reads a log from its first entry, or from a snapshot, and steps a core of its own through it: how every look at the past
 * is made (explain, dump, verify, case list and show), in any process, also while the engine runs.
 *
 * Where positions of people have expired (log_expiry.h) it begins behind the newest good snapshot whatever was asked:
 * replay_snapshot_position says so. ERR_EXPIRED: there is none.
 *
 * Images are taken from the image store as the log names them. At each CHECKPOINT the state must have the digest that
 * the engine recorded.
 *
 * Owner   the disk must outlive the replay; the core and what it shows are borrowed until the next call
 * Cost    the core's block plus at most three pairs of images; entries are stepped one at a time
 * Errors  those of the log, with place in struct log_fault; ERR_DAMAGED also for an image that is missing;
 *         ERR_MISMATCH at the first position whose recorded digest differs. After an error the replay is over */
#ifndef ENGINE_EDGE_REPLAY_H
#define ENGINE_EDGE_REPLAY_H

#include "engine/core/core.h"
#include "engine/edge/log.h"

struct replay; /* opaque */

/* Each may be NULL. Called in the order of the log; must not call the replay. */
struct replay_watch {
    void (*on_entry)(void *context, const struct log_entry *entry);
    /* before the command is stepped: the core is as the command found it */
    void (*on_command)(void *context, const struct log_entry *entry, const struct command *command);
    void (*on_effect)(void *context, const struct log_entry *entry, const struct effect *effect);
    /* after the command was stepped: the core is as it left it */
    void (*on_stepped)(void *context, const struct log_entry *entry);
    void *context;
};

struct replay_options {
    const struct disk *disk;
    struct log_options log;
    struct limits limits; /* those the engine ran with */
    struct replay_watch watch;
    bool
        is_durable_only; /* stop before entries that are not known to be on disk yet: for followers of a
                             running engine, whose last group may still be lost */
    bool
        is_from_snapshot; /* begin behind the newest good snapshot instead of the first entry: for those who want
                                 to know what is, not how it came to be. Entries before it are not seen */
    uint64_t snapshot_until; /* ... of those up to this position; 0 = any */
    void (*refused)(void *context, uint64_t position, enum err err,
                    const struct log_fault
                        *fault); /* a snapshot was passed over; watch.context; NULL: untold */
};

enum err replay_open(const struct replay_options *options, struct replay **out_replay,
                     struct log_fault *out_fault) WARN_UNUSED;

/* Steps one entry. ERR_NOT_FOUND at the end; call again later to follow. */
enum err replay_next(struct replay *replay, struct log_fault *out_fault) WARN_UNUSED;

/* Steps every entry that is there, up to and including until_position (UINT64_MAX = all). ERR_OK when done; call again
 * to follow a log that grows. */
enum err replay_follow(struct replay *replay, uint64_t until_position,
                       struct log_fault *out_fault) WARN_UNUSED;

void replay_close(struct replay *replay); /* NULL is fine */

const struct core *replay_core(const struct replay *replay);
uint64_t replay_position(const struct replay *replay); /* of the last entry stepped; 0 = none */
uint64_t
replay_snapshot_position(const struct replay *replay); /* it began behind; 0 = the first entry */
int64_t replay_time_ms(const struct replay *replay);

struct replay_counts {
    uint64_t entries, seals, commands, effects, checkpoints, activations, redacted;
    uint64_t bytes;      /* payload and location bytes */
    uint32_t clock_mode; /* of the START */
    uint32_t speed;
    bool has_start;
    int64_t first_time_ms;         /* of the first entry */
    struct hash128 effects_digest; /* effect_digest over all effects */
};
const struct replay_counts *replay_counts_now(const struct replay *replay);

#endif
