/* ratings.c: see ratings.h. */
#include "engine/core/ratings.h"

#include "engine/core/cases.h"
#include "engine/core/memory.h"

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
    return memory_find(&core->dedupe, key_of(row, action, report)) != NULL ? CODE_ALREADY_RATED
                                                                            : CODE_NOTHING;
}

void ratings_take(struct core *core, uint32_t case_slot, const struct flow_note *note)
{
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    const int64_t until_ms = timers_due_ms(&core->timers, case_timer_id(case_slot, CASE_TIMER_CLOCK));
    memory_put(&core->dedupe, key_of(row, note->action, note->report),
               max_i64(until_ms == NEVER_MS ? core->now_ms : until_ms, core->now_ms), row->no);
    flow_say(core, case_slot, note);
    if (note->action == ACTION_NOT_SOLVED) {
        struct flow_note again = *note;
        again.action = ACTION_REOPEN;
        again.reason = REASON_NOT_SOLVED;
        flow_reopen(core, case_slot, &again);
    }
}
