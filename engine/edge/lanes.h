/* lanes.h: requests waiting to become commands, by urgency.
 *
 *   life-safety > drain (what people do with orders) > reports > telemetry
 *
 * The first two are taken strictly first; reports keep a floor so that a flood of acts cannot stop
 * intake for good; telemetry takes what is left. Requests of one identity never overtake each
 * other, since its sequence numbers must follow: a request that is more urgent than an earlier one
 * of the same identity pulls that one along.
 *
 * Shape   pool of rows in one doubly linked list per lane, and one per identity
 * Cost    O(1), promotion O(requests of that identity, at most its credit)
 * Owner   rows and the region of frames are taken at init; nothing is allocated later
 * Errors  ERR_FULL: the lane or the byte budget is used up (reports may use three quarters of it,
 * telemetry half) */
#ifndef ENGINE_EDGE_LANES_H
#define ENGINE_EDGE_LANES_H

#include "engine/core/policy.h"
#include "engine/edge/frames.h"
#include "engine/edge/node.h"
#include "engine/edge/sessions.h"

#define REQUEST_SKIP_WORDS ((EVENTS_PER_COMMAND_MAX + 63) / 64)

enum request_kind { REQUEST_EVENTS = 1, REQUEST_ACT = 2, REQUEST_REPORT = 3 };

struct request {
    uint32_t lane_next, lane_previous; /* NONE32 = end */
    uint32_t session_next;             /* later request of the same identity */
    uint32_t session;                  /* row of sessions */
    uint8_t lane;                      /* enum lane */
    uint8_t kind;                      /* enum request_kind */
    bool reveals;                      /* a contact: its words go into the answer */
    uint32_t event_count;              /* EVENTS and REPORT */
    uint32_t route_size;
    uint64_t request_id; /* the client's, given back */
    uint64_t epoch, seq; /* 0, 0 without an outbox */
    uint64_t content_digest;
    int64_t received_at_ms;
    struct hash128 key; /* of an act without an outbox */
    uint8_t *frame;     /* as received, of lanes_frame; decoded again when its turn comes, so that
                           its facts are resolved under the images then active */
    uint64_t frame_size;
    uint64_t ticket;     /* 1, 2, 3 ... given by lanes_put: names this request and no later one */
    uint32_t skip_count; /* events marked in skips */
    uint64_t skips[REQUEST_SKIP_WORDS]; /* bit per event: a newer sample of its device waits */
    uint8_t route[NODE_ROUTE_MAX];
};

struct lane_queue {
    uint32_t first, last; /* NONE32 = empty */
    uint32_t count;
};

struct lanes {
    struct request *rows;
    uint32_t free_first;
    uint32_t limit_per_lane;
    uint32_t limit; /* rows */
    uint64_t bytes; /* held by frames */
    uint64_t bytes_limit;
    uint64_t last_ticket;
    struct frames frames;
    struct lane_queue queues[LANE_COUNT];
};

enum err lanes_init(struct lanes *lanes, uint32_t limit_per_lane, uint64_t bytes_limit) WARN_UNUSED;
void lanes_fini(struct lanes *lanes);

/* Would a request of that many bytes find room in that lane? */
bool lanes_has_room(const struct lanes *lanes, enum lane lane, uint64_t bytes);

/* Room for a frame of that size, to be filled and given to lanes_put; NULL when the region is used up. */
uint8_t *lanes_frame(struct lanes *lanes, uint64_t size);

/* Queues a copy of *request behind all of its identity and of its lane; consumes its frame on
 * success. */
enum err lanes_put(struct lanes *lanes, struct sessions *sessions,
                   const struct request *request) WARN_UNUSED;

/* Marks an event of a request as overtaken; false when it was already. */
bool request_skip_event(struct request *request, uint32_t event);

static inline bool request_skips_event(const struct request *request, uint32_t event)
{
    must(event < EVENTS_PER_COMMAND_MAX);
    return (request->skips[event / 64] >> event % 64 & 1) != 0;
}

/* Row of the identity's waiting request with that number, NONE32 if none. */
uint32_t lanes_find(const struct lanes *lanes, const struct session *session, uint64_t epoch,
                    uint64_t seq);

static inline struct request *lanes_at(struct lanes *lanes, uint32_t row)
{
    must(row < lanes->limit);
    return &lanes->rows[row];
}

static inline uint32_t lanes_first(const struct lanes *lanes, enum lane lane)
{
    return lanes->queues[lane].first;
}

/* Takes a request out of its lane and off its identity; the row and its bytes stay valid until
 * lanes_free. It is the identity's oldest: must(). */
void lanes_take(struct lanes *lanes, struct sessions *sessions, uint32_t row);

/* Puts a taken request back as the first of its lane and identity. */
void lanes_give_back(struct lanes *lanes, struct sessions *sessions, uint32_t row);

/* Gives the row and its bytes back. */
void lanes_free(struct lanes *lanes, uint32_t row);

uint32_t lanes_count(const struct lanes *lanes);
void lanes_check(const struct lanes *lanes, const struct sessions *sessions);

#endif
