/* history_feed.h: what the engine decides, as records that stand alone: the way into the history.
 *
 * Effects borrow from the command being stepped and number into the images of that moment. A feed turns them into
 * records that can wait in a queue: IMAGES whenever the active pair has changed, EFFECT for each effect that the history
 * writes down, and after each command CASE and ORDER with the rows as the core then holds them, for everything the
 * effects touched. Events of one batch that were only counted (repeats, samples overtaken, no rule) make one EFFECT
 * together, and so do firings of one rule in shadow: at 300,000 events a second a row each would be the whole of the history's work, and tells nothing.
 *
 * Driven by the observer of a node or the watch of a replay, with the same calls:
 *
 *   history_feed_see(effect) ... history_feed_settle(command stepped)
 *
 * Entries at or before after_position are skipped: the history has them.
 *
 * Owner   the caller's struct; borrows the core, which must outlive it
 * Cost    a copy per effect that is kept, a few instructions per event that is only counted, a view per touched case and
 *         order
 * Errors  none: a sink that refuses a record has to remember that itself */
#ifndef ENGINE_SHELL_HISTORY_FEED_H
#define ENGINE_SHELL_HISTORY_FEED_H

#include "engine/core/core.h"

enum history_record_kind {
    HISTORY_IMAGES = 1,
    HISTORY_EFFECT = 2,
    HISTORY_CASE = 3,
    HISTORY_ORDER = 4,
};

/* Pointers are borrowed for the call. */
struct history_record {
    enum history_record_kind kind;
    uint64_t position; /* of the log entry */
    int64_t at_ms;     /* log time */
    struct effect_activated images;
    const struct effect *effect; /* with its event and text */
    uint32_t
        repeats; /* of a RESULT: further events of the batch answered the same; FIRING: as it */
    const struct case_view *view;
    const struct order_view *order;
};

struct history_sink {
    void (*put)(void *context, const struct history_record *record);
    void *context;
};

/* Events of the command being stepped that were only counted, by code and lateness. */
#define HISTORY_RUNS_MAX 6u
struct history_run {
    struct effect_result first; /* case_no none where they are of different cases */
    uint32_t repeats;
};

/* The same of firings of rules in shadow, by rule and what it would have come to. */
#define HISTORY_SHADOWS_MAX 32u
struct history_shadow {
    struct effect_firing first;
    uint32_t repeats;
};

struct history_feed {
    const struct core *core;
    struct history_sink sink;
    uint64_t after_position;
    struct effect_activated images; /* told last */
    struct case_no *cases;          /* touched by the command being stepped */
    uint32_t case_count, case_capacity;
    uint64_t *orders;
    uint32_t order_count, order_capacity;
    struct history_run runs[HISTORY_RUNS_MAX];
    uint32_t run_count;
    struct history_shadow shadows[HISTORY_SHADOWS_MAX];
    uint32_t shadow_count;
};

/* Room for the first commands; grows to what the largest command touches and stays. ERR_MEMORY. */
enum err history_feed_init(struct history_feed *feed, const struct core *core,
                           struct history_sink sink, uint64_t after_position) WARN_UNUSED;
void history_feed_fini(struct history_feed *feed);

void history_feed_see(struct history_feed *feed, uint64_t position, const struct effect *effect);
void history_feed_settle(struct history_feed *feed, uint64_t position);

#endif
