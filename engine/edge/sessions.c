/* sessions.c: identities of the city in an open-addressing table. */
#include "engine/edge/sessions.h"

#include <stdlib.h>

#define TOKEN INT64_C(1000)
#define NEVER_SEEN_MS (INT64_MIN / 2)

enum err sessions_init(struct sessions *sessions, uint32_t limit)
{
    uint32_t slots = 16;
    while (slots < limit * UINT64_C(4)) {
        slots *= 2;
    }
    *sessions = (struct sessions){.slot_mask = slots - 1, .limit = limit, .dirty_first = NONE32};
    sessions->rows = calloc(limit * (size_t)2, sizeof *sessions->rows);
    sessions->slots = malloc(slots * sizeof *sessions->slots);
    if (sessions->rows == NULL || sessions->slots == NULL) {
        sessions_fini(sessions);
        return ERR_MEMORY;
    }
    memset(sessions->slots, 0xff, slots * sizeof *sessions->slots);
    return ERR_OK;
}

void sessions_fini(struct sessions *sessions)
{
    free(sessions->rows);
    free(sessions->slots);
    sessions->rows = NULL;
    sessions->slots = NULL;
}

bool sessions_fits(const struct sessions *sessions, const struct city *city)
{
    return (uint64_t)city->person_count + city->gateway_count <= sessions->limit;
}

uint32_t sessions_find(const struct sessions *sessions, struct hash128 principal)
{
    for (uint32_t slot = (uint32_t)principal.lo & sessions->slot_mask;;
         slot = (slot + 1) & sessions->slot_mask) {
        uint32_t row = sessions->slots[slot];
        if (row == NONE32 || hash128_is_equal(sessions->rows[row].principal, principal)) {
            return row;
        }
    }
}

static void insert_slot(struct sessions *sessions, uint32_t row)
{
    uint32_t slot = (uint32_t)sessions->rows[row].principal.lo & sessions->slot_mask;
    while (sessions->slots[slot] != NONE32) {
        slot = (slot + 1) & sessions->slot_mask;
    }
    sessions->slots[slot] = row;
}

static bool is_idle(const struct session *session)
{
    return session->request_count == 0 && session->poll == NONE32 && !session->is_dirty;
}

/* A row for a new identity: one whose identity left, else the next never used. *from is where to
 * look on. */
static uint32_t take_row(struct sessions *sessions, uint32_t *from)
{
    for (; *from < sessions->count; (*from)++) {
        if (sessions->rows[*from].kind == SESSION_NONE && is_idle(&sessions->rows[*from])) {
            return (*from)++;
        }
    }
    must(sessions->count < sessions->limit * UINT64_C(2));
    *from = ++sessions->count;
    return sessions->count - 1;
}

static void claim(struct sessions *sessions, struct hash128 principal, enum session_kind kind,
                  uint32_t city_row)
{
    uint32_t row = sessions_find(sessions, principal);
    if (row != NONE32) {
        sessions->rows[row].kind = (uint8_t)kind;
        sessions->rows[row].row = city_row;
    }
}

static void begin(struct sessions *sessions, struct hash128 principal, enum session_kind kind,
                  uint32_t city_row, uint32_t *from)
{
    if (sessions_find(sessions, principal) != NONE32) {
        return;
    }
    uint32_t row = take_row(sessions, from);
    sessions->rows[row] = (struct session){.principal = principal,
                                           .kind = (uint8_t)kind,
                                           .row = city_row,
                                           .request_first = NONE32,
                                           .request_last = NONE32,
                                           .next_dirty = NONE32,
                                           .poll = NONE32,
                                           .tokens = -1,
                                           .cut_until_ms = NEVER_SEEN_MS,
                                           .seen_at_ms = NEVER_SEEN_MS,
                                           .fix_logged_at_ms = NEVER_SEEN_MS,
                                           .fix_logged = place_none(),
                                           .fix = place_none()};
    insert_slot(sessions, row);
}

/* Slots of the rows still in use: leaving identities that are idle are forgotten. */
static void rebuild_slots(struct sessions *sessions)
{
    memset(sessions->slots, 0xff, (sessions->slot_mask + UINT64_C(1)) * sizeof *sessions->slots);
    for (uint32_t i = 0; i < sessions->count; i++) {
        if (sessions->rows[i].kind != SESSION_NONE || !is_idle(&sessions->rows[i])) {
            insert_slot(sessions, i);
        }
    }
}

void sessions_rebuild(struct sessions *sessions, const struct city *city)
{
    must(sessions_fits(sessions, city));
    for (uint32_t i = 0; i < sessions->count; i++) {
        sessions->rows[i].kind = SESSION_NONE;
    }
    /* Gateways first: an id used by both is a machine's. */
    for (uint32_t i = 0; i < city->person_count; i++) {
        claim(sessions, city->persons[i].id_hash, SESSION_PERSON, i);
    }
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        claim(sessions, city->gateways[i].id_hash, SESSION_GATEWAY, i);
    }
    rebuild_slots(sessions);
    uint32_t from = 0;
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        begin(sessions, city->gateways[i].id_hash, SESSION_GATEWAY, i, &from);
    }
    for (uint32_t i = 0; i < city->person_count; i++) {
        begin(sessions, city->persons[i].id_hash, SESSION_PERSON, i, &from);
    }
}

bool session_take_token(struct session *session, struct session_rate rate, int64_t now_ms,
                        int64_t *out_wait_ms)
{
    int64_t full = (int64_t)rate.burst * TOKEN;
    if (session->tokens < 0) {
        session->tokens = full;
        session->tokens_at_ms = now_ms;
    }
    /* per_s tokens in a real second are per_s / speed in a log second. */
    int64_t elapsed_ms = max_i64(0, now_ms - session->tokens_at_ms);
    int64_t earned = mul_div(elapsed_ms, rate.per_s, rate.speed);
    if (earned > 0) {
        session->tokens = min_i64(full, add_clamped(session->tokens, earned));
        session->tokens_at_ms = now_ms;
    }
    if (session->tokens >= TOKEN) {
        session->tokens -= TOKEN;
        return true;
    }
    *out_wait_ms = mul_div(TOKEN - session->tokens, rate.speed, rate.per_s) + 1;
    return false;
}

void sessions_mark_dirty(struct sessions *sessions, uint32_t row)
{
    struct session *session = sessions_at(sessions, row);
    if (!session->is_dirty) {
        session->is_dirty = true;
        session->next_dirty = sessions->dirty_first;
        sessions->dirty_first = row;
    }
}

uint32_t sessions_take_dirty(struct sessions *sessions)
{
    uint32_t row = sessions->dirty_first;
    if (row != NONE32) {
        struct session *session = sessions_at(sessions, row);
        must(session->is_dirty);
        sessions->dirty_first = session->next_dirty;
        session->next_dirty = NONE32;
        session->is_dirty = false;
    }
    return row;
}
