/* sessions.h: what the edge remembers of each identity of the city: rate, last signs of life, work
 * in flight.
 *
 * Nothing here is needed to decide: a restarted engine begins with empty sessions and clients do
 * not notice, since outboxes, items and results are core state.
 *
 * Shape   one row per gateway and person of the active city, found by the hash of the id (open
 * addressing) Cost    find O(1); rebuild O(identities) at an activation Owner   all memory taken in
 * sessions_init for the limits of the core Units   tokens are thousandths of a request */
#ifndef ENGINE_EDGE_SESSIONS_H
#define ENGINE_EDGE_SESSIONS_H

#include "engine/core/city.h"
#include "engine/core/distance.h"
#include "engine/core/err.h"

enum session_kind { SESSION_NONE = 0, SESSION_GATEWAY = 1, SESSION_PERSON = 2 };

/* The newest act that came with a key instead of an outbox, so that its resend is answered alike.
 */
struct session_key_result {
    struct hash128 key;         /* none: nothing kept */
    struct hash128 case_digits; /* hi: district and day, lo: serial */
    uint64_t order;
    uint64_t possible;
    uint16_t code;
    uint16_t state;
};

struct session {
    struct hash128 principal;
    uint8_t kind;        /* enum session_kind */
    bool has_seen;       /* SEEN waits to be appended */
    bool has_taken;      /* ITEMS_TAKEN waits to be appended */
    bool is_dirty;       /* in the list of those two */
    bool has_items;      /* an item was decided since the held poll was last looked at */
    uint8_t status;      /* enum worker_status, of the waiting SEEN and as last said */
    uint32_t row;        /* of CITY_GATEWAYS or CITY_PERSONS */
    uint32_t next_dirty; /* list of sessions with SEEN or ITEMS_TAKEN waiting */
    uint32_t request_first, request_last; /* requests waiting in lanes, in order; NONE32 */
    uint32_t request_count;
    uint32_t poll;              /* row of polls, NONE32 */
    int64_t tokens;             /* of the rate bucket */
    int64_t tokens_at_ms;       /* real-rate log time they were counted at */
    uint32_t violations;        /* of the full credit since ... */
    int64_t violations_from_ms; /* log time */
    int64_t cut_until_ms;       /* log time; work is refused before it */
    int64_t seen_at_ms; /* log time of the last SEEN given to the log, INT64_MIN/2 = never */
    int64_t fix_logged_at_ms;
    struct place fix_logged; /* PLACE_NONE = never */
    struct place fix;        /* of the waiting SEEN, PLACE_NONE = none */
    int64_t fix_at_ms;
    uint32_t fix_accuracy_cm;
    uint64_t taken_seq; /* of the waiting ITEMS_TAKEN, and the greatest ever given to the log */
    struct session_key_result last_key;
};

struct sessions {
    struct session *rows;
    uint32_t *slots; /* row or NONE32, power of two */
    uint32_t slot_mask;
    uint32_t count;
    uint32_t limit; /* identities; there are twice as many rows, so that leaving ones find room */
    uint32_t dirty_first; /* NONE32 = none */
};

enum err sessions_init(struct sessions *sessions, uint32_t limit) WARN_UNUSED;
void sessions_fini(struct sessions *sessions);

/* Has this city no more identities than the limit? */
bool sessions_fits(const struct sessions *sessions, const struct city *city);

/* Makes the identities those of this city. Rows do not move; one whose identity left gets
 * SESSION_NONE and is used again once nothing of it waits. */
void sessions_rebuild(struct sessions *sessions, const struct city *city);

/* Row of that identity or NONE32. */
uint32_t sessions_find(const struct sessions *sessions, struct hash128 principal);

static inline struct session *sessions_at(struct sessions *sessions, uint32_t row)
{
    must(row < sessions->count);
    return &sessions->rows[row];
}

/* Takes one request out of the bucket; false when empty, then *out_wait_ms says when one will be
 * there (log ms). */
struct session_rate {
    uint32_t per_s;
    uint32_t burst;
    uint32_t speed; /* log ms per real ms */
};
bool session_take_token(struct session *session, struct session_rate rate, int64_t now_ms,
                        int64_t *out_wait_ms);

/* Puts the session on the list of those with SEEN or ITEMS_TAKEN waiting. */
void sessions_mark_dirty(struct sessions *sessions, uint32_t row);

/* Takes one off that list; NONE32 when empty. */
uint32_t sessions_take_dirty(struct sessions *sessions);

#endif
