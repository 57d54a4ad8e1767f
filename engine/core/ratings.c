/* ratings.c: see ratings.h. */
#include "engine/core/ratings.h"

#include "engine/core/cases.h"
#include "engine/core/memory.h"
#include "engine/core/watch.h"

#define SALT_RATING 7u

/* Stars and the word on solving are asked apart; solved and not solved are one question. The instant of the close
 * and the round of dispatching are part of the key: each close is rated anew. */
static struct hash128 key_of(const struct case_row *row, enum action action, uint32_t report)
{
    struct hash128 key = hash128_add((struct hash128){SALT_RATING, action == ACTION_RATE},
                                     ((uint64_t)row->no.district << 32) | row->no.day);
    key = hash128_add(key, ((uint64_t)row->no.serial << 32) | report);
    return hash128_add(hash128_add(key, (uint64_t)row->closed_at_ms), row->round);
}

/* When the reopen window ends; an open appeal may keep the case in the engine beyond it. */
static int64_t window_end_ms(const struct case_row *row)
{
    return add_clamped(row->closed_at_ms, row->clock_limit_ms);
}

enum code ratings_refuse(const struct core *core, uint32_t case_slot, const struct act_body *body)
{
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    const enum action action = (enum action)body->action;
    const uint32_t report = body->other.serial;
    if (report == 0 || report > row->event_count) {
        return CODE_UNKNOWN_RECEIPT;
    }
    if (action == ACTION_RATE && (body->amount < 1 || body->amount > STARS_MAX)) {
        return CODE_BAD_STARS;
    }
    if (memory_find(&core->dedupe, key_of(row, action, report)) != NULL) {
        return CODE_ALREADY_RATED;
    }
    /* An entry as old as this one would be has made room for others: nobody can say that it was not rated. */
    return core->dedupe.horizon_ms >= window_end_ms(row) ? CODE_FORGOTTEN : CODE_NOTHING;
}

void ratings_take(struct core *core, uint32_t case_slot, const struct flow_note *note)
{
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    const bool is_again =
        (row->flags & CASE_WAS_REOPENED) != 0 || core->now_ms >= window_end_ms(row);
    memory_put(&core->dedupe, key_of(row, note->action, note->report), window_end_ms(row), row->no);
    flow_say(core, case_slot, note);
    if (note->action == ACTION_NOT_SOLVED) {
        struct flow_note again = *note;
        again.action = ACTION_REOPEN;
        again.reason = REASON_NOT_SOLVED;
        flow_reopen(core, case_slot, &again);
        if (is_again) {
            watch_supervise_not_solved(core, case_slot);
        }
    }
}
