/* polls.c: a pool of held polls with a lower bound of their deadlines.
 *
 * Truth checked by polls_check(): a row names a session if and only if that session names the row.
 */
#include "engine/edge/polls.h"

#include <stdlib.h>

enum err polls_init(struct polls *polls, uint32_t limit)
{
    must(limit > 0);
    *polls = (struct polls){.limit = limit, .due_ms = NEVER_MS};
    polls->rows = calloc(limit, sizeof *polls->rows);
    if (polls->rows == NULL) {
        return ERR_MEMORY;
    }
    for (uint32_t i = 0; i < limit; i++) {
        polls->rows[i].session = NONE32;
        polls->rows[i].next_free = i + 1 < limit ? i + 1 : NONE32;
    }
    return ERR_OK;
}

void polls_fini(struct polls *polls)
{
    free(polls->rows);
    polls->rows = NULL;
}

enum err polls_hold(struct polls *polls, struct sessions *sessions, const struct poll *poll)
{
    must(poll->route_size <= NODE_ROUTE_MAX);
    uint32_t row = polls->free_first;
    if (polls->count == polls->limit) {
        return ERR_FULL;
    }
    struct session *session = sessions_at(sessions, poll->session);
    must(session->poll == NONE32);
    polls->free_first = polls->rows[row].next_free;
    polls->rows[row] = *poll;
    polls->count++;
    polls->due_ms = min_i64(polls->due_ms, poll->due_ms);
    session->poll = row;
    return ERR_OK;
}

void polls_release(struct polls *polls, struct sessions *sessions, uint32_t row)
{
    struct session *session = sessions_at(sessions, polls_at(polls, row)->session);
    must(session->poll == row);
    session->poll = NONE32;
    polls->rows[row].session = NONE32;
    polls->rows[row].next_free = polls->free_first;
    polls->free_first = row;
    if (--polls->count == 0) {
        polls->due_ms = NEVER_MS;
    }
}

uint32_t polls_next_due(struct polls *polls, int64_t now_ms, uint32_t *cursor)
{
    if (*cursor == 0) {
        if (now_ms < polls->due_ms) {
            return NONE32;
        }
        polls->due_ms = NEVER_MS;
    }
    while (*cursor < polls->limit) {
        uint32_t row = (*cursor)++;
        if (polls->rows[row].session == NONE32) {
            continue;
        }
        if (polls->rows[row].due_ms <= now_ms) {
            return row;
        }
        polls->due_ms = min_i64(polls->due_ms, polls->rows[row].due_ms);
    }
    return NONE32;
}

uint32_t polls_any(const struct polls *polls)
{
    uint32_t row = 0;
    while (row < polls->limit && polls->rows[row].session == NONE32) {
        row++;
    }
    return row < polls->limit ? row : NONE32;
}

void polls_check(const struct polls *polls, const struct sessions *sessions)
{
    uint32_t count = 0, named = 0;
    for (uint32_t i = 0; i < polls->limit; i++) {
        if (polls->rows[i].session != NONE32) {
            must(polls->rows[i].session < sessions->count);
            must(sessions->rows[polls->rows[i].session].poll == i);
            must(polls->rows[i].due_ms >= polls->due_ms);
            count++;
        }
    }
    for (uint32_t i = 0; i < sessions->count; i++) {
        named += sessions->rows[i].poll != NONE32;
    }
    must(count == polls->count);
    must(named == count);
}
