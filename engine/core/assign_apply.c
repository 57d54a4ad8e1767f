/* assign_apply.c: what a round found becomes offers; see assign_round.h.
 *
 * Time has passed since the list was frozen, so each pair is looked at again: the case and its order are what they were, and the
 * worker passes every filter as of now. Who would get more than he may carry keeps what he has, and so on for those whom that
 * keeps in turn. Then all that moves is taken from who has it, and only then given, so that two may change places. Giving may
 * take several slices: what cannot be given any more is sought for again as if its worker had been lost. */
#include "engine/core/assign_round.h"

#include "engine/core/cases.h"
#include "engine/core/choice.h"
#include "engine/core/clocks.h"
#include "engine/core/dispatch.h"
#include "engine/core/flow.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

#define IS_MOVING 1u /* in round_row.is_cut, which nobody asks any more */

/* The worker whom the round wants to have the row, NONE32. */
static uint32_t wanted_worker(const struct core *core, uint32_t index)
{
    const struct assign_problem *problem = &core->rounds.problem;
    const uint32_t column = assign_column_of(problem, index);
    return column == NONE32 ? NONE32 : core->workers.person_slots[problem->columns[column].id];
}

static bool is_as_frozen(const struct core *core, const struct round_row *row)
{
    const struct case_row *of = &core->cases.rows[row->case_slot];
    if (of->is_used == 0 || !case_no_is_equal(of->no, row->no) || of->rule == NONE32) {
        return false;
    }
    if (row->order == 0) {
        const struct image_range assigns = state_policy(core)->rules[of->rule].assigns;
        return row->assign == assigns.first + row->assign_index &&
               rounds_is_waiting(core, row->case_slot, row->assign_index);
    }
    const uint32_t slot = orders_find(&core->orders, row->order);
    return slot != NONE32 && orders_peek(&core->orders, slot)->worker == row->worker &&
           rounds_may_move(core, orders_peek(&core->orders, slot));
}

/* May the order go from who has it to him, ways as they are now? */
static bool is_within_guard(struct core *core, struct round_row *row, const struct near_line *to)
{
    struct near_line own;
    if (row->worker == NONE32) {
        return true;
    }
    (void)choice_near_one(core, rounds_question(core, row), row->worker, &own);
    row->from_ms = own.line.travel_ms;
    return rounds_guard_allows(core, row->assign, row->from_ms, to->line.travel_ms);
}

/* Which rows change hands, as far as each one by itself can tell. */
static uint32_t mark_moving(struct core *core)
{
    struct rounds *rounds = &core->rounds;
    struct near_line line;
    uint32_t moving = 0;
    memset(rounds->held, 0, rounds->worker_limit * sizeof rounds->held[0]);
    for (uint32_t i = 0; i < rounds->problem.row_count; i++) {
        struct round_row *row = &rounds->rows[i];
        const uint32_t worker = wanted_worker(core, i);
        row->is_cut = 0;
        if (worker == NONE32 || worker == row->worker || !is_as_frozen(core, row) ||
            !choice_near_one(core, rounds_question(core, row), worker, &line) ||
            !is_within_guard(core, row, &line)) {
            continue;
        }
        row->is_cut = IS_MOVING;
        rounds->held[worker]++;
        if (row->worker != NONE32) {
            rounds->held[row->worker]--;
        }
        moving++;
    }
    return moving;
}

/* Could he carry it, with all that moves? */
static bool has_room(const struct core *core, const struct round_row *row, uint32_t worker)
{
    const struct worker_row *of = &core->workers.rows[worker];
    const uint32_t max_load = state_policy(core)->assigns[row->assign].max_load;
    const struct city_person *person = worker_person(core, worker);
    must(person != NULL);
    const uint32_t limit =
        max_load > 0 && max_load < person->capacity ? max_load : person->capacity;
    return (int64_t)of->load + core->rounds.held[worker] <= limit &&
           worker_item_count(of) < WORKER_ITEMS_MAX;
}

/* Takes back what would be too much for somebody, until nothing is. Each pass but the last takes back at least one. */
static uint32_t settle_loads(struct core *core, uint32_t moving)
{
    struct rounds *rounds = &core->rounds;
    for (bool has_changed = true; has_changed;) {
        has_changed = false;
        for (uint32_t i = 0; i < rounds->problem.row_count; i++) {
            struct round_row *row = &rounds->rows[i];
            const uint32_t worker = wanted_worker(core, i);
            if (row->is_cut != IS_MOVING || has_room(core, row, worker)) {
                continue;
            }
            row->is_cut = 0;
            rounds->held[worker]--;
            if (row->worker != NONE32) {
                rounds->held[row->worker]++;
            }
            moving--;
            has_changed = true;
        }
    }
    return moving;
}

static void take_away(struct core *core, const struct round_row *row)
{
    const uint32_t slot = orders_find(&core->orders, row->order);
    dispatch_withdraw(core, slot, ACTION_REROUTE, CODE_REROUTED, (struct case_no){0}, true);
}

/* How often the order was moved before, as its row is kept with the case. */
static uint32_t moves_before(const struct core *core, const struct round_row *row)
{
    const uint32_t slot = row->order == 0 ? NONE32 : orders_find(&core->orders, row->order);
    return slot == NONE32 ? 0 : orders_peek(&core->orders, slot)->marks & ORDER_MOVES_MASK;
}

/* Is it still to be given, to him? Time may have passed since it was taken away. */
static bool may_give(const struct core *core, const struct round_row *row, uint32_t worker)
{
    const struct case_row *of = cases_peek(&core->cases, row->case_slot);
    const uint32_t max_load = state_policy(core)->assigns[row->assign].max_load;
    const struct city_person *person = worker_person(core, worker);
    const uint32_t limit = person == NULL ? 0
                           : max_load > 0 ? min_u32(max_load, person->capacity)
                                          : person->capacity;
    return (of->state == CASE_DISPATCHING || of->state == CASE_ASSIGNED ||
            of->state == CASE_ON_SITE) &&
           of->dispute == NONE32 && dispatch_missing(core, of, row->assign_index) > 0 &&
           core->workers.rows[worker].load < limit &&
           worker_item_count(&core->workers.rows[worker]) < WORKER_ITEMS_MAX;
}

static bool offer_row(struct core *core, const struct round_row *row, uint32_t worker)
{
    struct effect_decision decision;
    struct near_line line;
    const uint32_t slot = row->case_slot;
    const uint32_t moves = moves_before(core, row);
    const struct choice_question question = rounds_question(core, row);
    if (!may_give(core, row, worker) || !choice_near_one(core, question, worker, &line) ||
        (row->worker != NONE32 &&
         !rounds_guard_allows(core, row->assign, row->from_ms, line.line.travel_ms))) {
        return false;
    }
    choice_record_round(core, question, &line, &decision);
    core->operations += decision.considered;
    decision.why = row->worker == NONE32 ? WHY_WAITED : WHY_MOVED;
    decision.from = row->worker == NONE32 ? NONE32 : core->workers.rows[row->worker].person;
    decision.from_ms = row->worker == NONE32 ? -1 : row->from_ms;
    decision.round_orders = core->rounds.problem.row_count;
    decision.round_moved = core->rounds.moved;
    if (!dispatch_offer(core, slot, worker, row->assign, row->assign_index, question.kind,
                        &decision)) {
        return false;
    }
    const uint32_t order = cases_peek(&core->cases, slot)->order_first; /* newest first */
    orders_at(&core->orders, order)->marks = (uint8_t)(row->worker == NONE32 ? moves : moves + 1);
    return true;
}

/* As flow_fill leaves a case that somebody was asked for. */
static void settle_case(struct core *core, uint32_t slot, bool is_missing)
{
    struct case_row *row = cases_at(&core->cases, slot);
    flow_arm_seek(core, slot, is_missing);
    row->flags |= is_missing ? (uint32_t)CASE_NOBODY_TOLD : 0;
    clocks_arm_step(core, slot);
}

static bool is_missing(const struct core *core, uint32_t slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct policy_rule *rule = state_rule(core, row);
    for (uint32_t i = 0; i < rule->assigns.count; i++) {
        if (dispatch_missing(core, row, i) > 0) {
            return true;
        }
    }
    return false;
}

uint32_t rounds_apply(struct core *core)
{
    struct rounds *rounds = &core->rounds;
    const uint32_t moving = settle_loads(core, mark_moving(core));
    core->operations += rounds->problem.row_count;
    for (uint32_t i = 0; i < rounds->problem.row_count; i++) {
        const struct round_row *row = &rounds->rows[i];
        if (row->is_cut == IS_MOVING && row->worker != NONE32) {
            take_away(core, row);
        }
    }
    return moving;
}

bool rounds_give(struct core *core, uint32_t index)
{
    const struct round_row *row = &core->rounds.rows[index];
    const struct case_row *of = &core->cases.rows[row->case_slot];
    const uint32_t slot = row->case_slot;
    core->operations++;
    if (row->is_cut != IS_MOVING || of->is_used == 0 || !case_no_is_equal(of->no, row->no) ||
        case_state_is_terminal((enum case_state)of->state) || state_rule(core, of) == NULL) {
        return false;
    }
    if (!offer_row(core, row, wanted_worker(core, index))) {
        if (row->worker != NONE32) { /* it has nobody now: sought at the next turn of timers */
            timers_arm(&core->timers, case_timer_id(slot, CASE_TIMER_SEEK), core->now_ms);
        }
        return false;
    }
    const bool lacks_more = is_missing(core, slot);
    settle_case(core, slot, lacks_more);
    return lacks_more;
}
