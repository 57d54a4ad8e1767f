/* polls.h: the polls of worker apps that are held until there is something to tell.
 *
 * One per person; a newer poll of the same person sets the older one free.
 * Shape   pool of rows; the earliest deadline is kept as a lower bound, a scan finds who is due
 * Cost    hold and release O(1); expiry O(polls) for all that are due together
 * Owner   memory taken at init */
#ifndef ENGINE_EDGE_POLLS_H
#define ENGINE_EDGE_POLLS_H

#include "engine/core/err.h"
#include "engine/edge/node.h"
#include "engine/edge/sessions.h"

struct poll {
    uint32_t session; /* NONE32 = free row */
    uint32_t next_free;
    uint32_t route_size;
    uint64_t request_id;
    uint64_t ack_seq; /* items after this are news */
    int64_t due_ms;   /* log time at which it is let go with nothing */
    uint8_t route[NODE_ROUTE_MAX];
};

struct polls {
    struct poll *rows;
    uint32_t free_first;
    uint32_t count;
    uint32_t limit;
    int64_t due_ms; /* no poll is due before this; NEVER_MS when none is held */
};

enum err polls_init(struct polls *polls, uint32_t limit) WARN_UNUSED;
void polls_fini(struct polls *polls);

/* Holds a copy; the session must hold none: must(). ERR_FULL. */
enum err polls_hold(struct polls *polls, struct sessions *sessions,
                    const struct poll *poll) WARN_UNUSED;

static inline const struct poll *polls_at(const struct polls *polls, uint32_t row)
{
    must(row < polls->limit);
    must(polls->rows[row].session != NONE32);
    return &polls->rows[row];
}

/* Forgets a held poll. */
void polls_release(struct polls *polls, struct sessions *sessions, uint32_t row);

/* A poll whose time has come, NONE32 if none. Begin with *cursor = 0, release each before the next
 * call, go on until NONE32. */
uint32_t polls_next_due(struct polls *polls, int64_t now_ms, uint32_t *cursor);

/* Any held poll, for letting all go; NONE32 if none. */
uint32_t polls_any(const struct polls *polls);

void polls_check(const struct polls *polls, const struct sessions *sessions);

#endif
