/* assign_round.c: see assign_round.h.
 *
 *   IDLE --timer--> GATHER --> SOLVE --> GROW --> APPLY --> GIVE --> IDLE
 *
 *   GATHER  a row at a time: its nearest workers become pairs       cursor = next row
 *   SOLVE   a row at a time: assign_place                           rows before the cursor are placed
 *   GROW    who is left alone and has seen only the nearest looks at twice as many, until somebody is found
 *   APPLY   each pair is looked at again; what moves is taken from who has it, in one step
 *   GIVE    a row at a time; after the last nothing of the round is left */
#include "engine/core/assign_round.h"

#include "engine/core/cases.h"
#include "engine/core/choice.h"
#include "engine/core/dispatch.h"
#include "engine/core/dispute.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

#define ALONE_MS (INT64_C(1) << 32)  /* longer than any way */
#define ALONE_MORE_MS (ALONE_MS / 4) /* most that age or deadline add */
#define STAY_COST ASSIGN_COST_MAX    /* who has a worker keeps one */
#define GUARD_TIMES 3                /* what the way beyond the guard counts besides */
#define PAIRS_PER_OPERATION 8u
#define ROAD_OPERATIONS 64u /* a walk over the roads, beside the workers it meets */

_Static_assert(ROUND_WEIGHT_MAX *(ALONE_MS + 2 * ALONE_MORE_MS) < STAY_COST,
               "a waiting order never takes the worker of another");

void rounds_init(struct rounds *rounds, struct arena *arena, const struct limits *limits)
{
    const struct assign_limits sizes = {limits->round_orders, limits->workers, limits->round_pairs};
    assign_init(&rounds->problem, arena, sizes);
    rounds->rows = arena_take(arena, sizeof(struct round_row), limits->round_orders);
    rounds->columns = arena_take(arena, sizeof(uint32_t), limits->workers);
    rounds->held = arena_take(arena, sizeof(int32_t), limits->workers);
    rounds->member_words = (limits->cases + 63) / 64;
    rounds->members = arena_take(arena, sizeof(uint64_t), rounds->member_words);
    rounds->worker_limit = limits->workers;
    rounds->quiet_until_ms = 0;
}

static bool rule_moves(const struct policy *policy, uint32_t rule)
{
    const struct image_range assigns = policy->rules[rule].assigns;
    for (uint32_t i = assigns.first; i < assigns.first + assigns.count; i++) {
        if (policy->assigns[i].reroute != REROUTE_NEVER) {
            return true;
        }
    }
    return false;
}

static bool is_member(const struct core *core, const struct case_row *row)
{
    return row->is_used != 0 && row->rule != NONE32 &&
           !case_state_is_terminal((enum case_state)row->state) &&
           rule_moves(state_policy(core), row->rule);
}

/* ---- who takes part ---- */

static void set_members(struct core *core)
{
    struct rounds *rounds = &core->rounds;
    const struct policy *policy = state_policy(core);
    rounds->is_used = false;
    for (uint32_t i = 0; i < policy->rule_count && !rounds->is_used; i++) {
        rounds->is_used = rule_moves(policy, i);
    }
    memset(rounds->members, 0, rounds->member_words * sizeof rounds->members[0]);
    for (uint32_t slot = 0; rounds->is_used && slot < core->cases.high; slot++) {
        if (is_member(core, &core->cases.rows[slot])) {
            rounds->members[slot / 64] |= UINT64_C(1) << slot % 64;
        }
    }
}

static void forget_round(struct rounds *rounds)
{
    assign_clear(&rounds->problem);
    memset(rounds->columns, 0, rounds->worker_limit * sizeof rounds->columns[0]);
    memset(rounds->held, 0, rounds->worker_limit * sizeof rounds->held[0]);
    rounds->phase = ROUND_IDLE;
    rounds->cursor = 0;
    rounds->moved = rounds->lacks_more = 0;
    rounds->is_wanted = 0;
}

static int64_t every_ms(const struct core *core)
{
    return state_policy(core)->info->rounds.every_ms;
}

/* What was taken away and not given yet is sought for at the next turn of timers. */
static void seek_taken(struct core *core)
{
    const struct rounds *rounds = &core->rounds;
    for (uint32_t i = rounds->cursor; i < rounds->problem.row_count; i++) {
        const struct round_row *row = &rounds->rows[i];
        const struct case_row *of = &core->cases.rows[row->case_slot];
        const bool is_open = of->state == CASE_DISPATCHING || of->state == CASE_ASSIGNED;
        if (row->is_cut != 0 && of->is_used != 0 && case_no_is_equal(of->no, row->no) && is_open) {
            timers_arm(&core->timers, case_timer_id(row->case_slot, CASE_TIMER_SEEK), core->now_ms);
        }
    }
}

void rounds_adopt(struct core *core)
{
    if (core->rounds.phase == ROUND_GIVE) {
        seek_taken(core);
    }
    forget_round(&core->rounds);
    core->rounds.hand = 0;
    core->rounds.quiet_until_ms = 0;
    set_members(core);
    timers_arm(&core->timers, round_timer_id(core),
               core->rounds.is_used ? add_clamped(core->now_ms, every_ms(core)) : NEVER_MS);
}

void rounds_note(struct core *core, uint32_t slot)
{
    struct rounds *rounds = &core->rounds;
    const struct case_row *row = cases_peek(&core->cases, slot);
    if (!rounds->is_used || row->rule == NONE32 || !rule_moves(state_policy(core), row->rule)) {
        return;
    }
    rounds->members[slot / 64] |= UINT64_C(1) << slot % 64;
    if (rounds->phase == ROUND_IDLE && !timers_is_armed(&core->timers, round_timer_id(core))) {
        timers_arm(&core->timers, round_timer_id(core), add_clamped(core->now_ms, every_ms(core)));
    }
}

void rounds_release(struct core *core)
{
    struct rounds *rounds = &core->rounds;
    const uint32_t timer = round_timer_id(core);
    if (!rounds->is_used) {
        return;
    }
    if (rounds->phase != ROUND_IDLE) {
        rounds->is_wanted = 1;
        return;
    }
    const int64_t due_ms = max_i64(core->now_ms, rounds->quiet_until_ms);
    /* Not armed: no order takes part. */
    if (timers_is_armed(&core->timers, timer) && timers_due_ms(&core->timers, timer) > due_ms) {
        timers_arm(&core->timers, timer, due_ms);
    }
}

/* ---- the frozen list ---- */

/* Is it the only order of the case that still counts? Helpers, done parts and joint visits keep their lead. */
static bool is_only_order(const struct core *core, const struct case_row *row,
                          const struct order_row *only)
{
    for (uint32_t o = row->order_first; o != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, o);
        if (order != only && (order_state_is_active((enum order_state)order->state) ||
                              (order->state == ORDER_DONE && order->round == row->round))) {
            return false;
        }
        o = order->next;
    }
    return (row->flags & CASE_IS_JOINT) == 0 && row->help_wanted == 0;
}

bool rounds_may_move(const struct core *core, const struct order_row *order)
{
    const struct policy *policy = state_policy(core);
    const struct case_row *row = cases_peek(&core->cases, order->case_slot);
    if ((order->kind != KIND_HANDLE && order->kind != KIND_ASSIST) || order->worker == NONE32 ||
        order->assign >= policy->assign_count || row->rule == NONE32 ||
        (order->marks & ORDER_IS_PARALLEL) != 0 || order->visit != 0 ||
        (order->marks & ORDER_MOVES_MASK) >= policy->info->rounds.switch_max ||
        row->offer_count >= CASE_OFFERS_MAX || row->person_count >= CASE_OFFERED_MAX ||
        row->dispute != NONE32 || !place_is_known(row->place)) {
        return false;
    }
    const uint32_t reroute = policy->assigns[order->assign].reroute;
    return (order->state == ORDER_OFFERED && reroute != REROUTE_NEVER) ||
           (order->state == ORDER_ACCEPTED && reroute == REROUTE_ACCEPTED &&
            row->state == CASE_ASSIGNED && order->is_lead != 0 && is_only_order(core, row, order));
}

bool rounds_is_waiting(const struct core *core, uint32_t slot, uint32_t index)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct policy_rule *rule = state_rule(core, row);
    const bool is_open =
        row->state == CASE_DISPATCHING || row->state == CASE_ASSIGNED || row->state == CASE_ON_SITE;
    return is_open && rule != NULL && index < rule->assigns.count &&
           timers_is_armed(&core->timers, case_timer_id(slot, CASE_TIMER_SEEK)) &&
           row->offer_count < CASE_OFFERS_MAX && row->person_count < CASE_OFFERED_MAX &&
           row->dispute == NONE32 && dispatch_missing(core, row, index) > 0;
}

/* What goes before others, in ms of way: a part of its age and of what is missing to an hour until its deadline. */
static int64_t urgency_ms(const struct core *core, uint32_t slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct policy_rounds *knobs = &state_policy(core)->info->rounds;
    const int64_t age_ms = sub_clamped(core->now_ms, row->filed_at_ms);
    const int64_t due_ms = timers_due_ms(&core->timers, case_timer_id(slot, CASE_TIMER_CLOCK));
    const int64_t left_ms = due_ms == NEVER_MS ? HOUR_MS : sub_clamped(due_ms, core->now_ms);
    const int64_t aged = mul_div(max_i64(0, age_ms), knobs->ageing_permille, 1000);
    const int64_t pressed =
        mul_div(max_i64(0, HOUR_MS - max_i64(0, left_ms)), knobs->clock_permille, 1000);
    return min_i64(aged, ALONE_MORE_MS) + min_i64(pressed, ALONE_MORE_MS);
}

static bool add_row(struct core *core, uint32_t slot, const struct order_row *order,
                    uint32_t assign, uint32_t index)
{
    struct rounds *rounds = &core->rounds;
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct policy_rounds *knobs = &state_policy(core)->info->rounds;
    must(row->severity >= 1 && row->severity <= COUNT_OF(knobs->weights));
    const uint32_t weight = knobs->weights[row->severity - 1];
    const int64_t alone = order != NULL ? STAY_COST : weight * (ALONE_MS + urgency_ms(core, slot));
    const uint32_t at = assign_add_row(&rounds->problem, alone);
    if (at == NONE32) {
        return false;
    }
    rounds->rows[at] = (struct round_row){.no = row->no,
                                          .case_slot = slot,
                                          .order = order == NULL ? 0 : order->number,
                                          .assign = assign,
                                          .assign_index = index,
                                          .worker = order == NULL ? NONE32 : order->worker,
                                          .nearest = knobs->nearest,
                                          .weight = weight};
    if (order != NULL) {
        rounds->held[order->worker]++;
    }
    return true;
}

/* The orders of a case that may move, and one for each assign that lacks somebody. False: no room for all of them. */
static bool add_case(struct core *core, uint32_t slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct policy_rule *rule = state_rule(core, row);
    const struct policy *policy = state_policy(core);
    for (uint32_t o = row->order_first; o != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, o);
        if (rounds_may_move(core, order) &&
            !add_row(core, slot, order, order->assign, order->assign_index)) {
            return false;
        }
        o = order->next;
    }
    for (uint32_t i = 0; i < rule->assigns.count; i++) {
        const uint32_t assign = rule->assigns.first + i;
        if (policy->assigns[assign].reroute != REROUTE_NEVER && rounds_is_waiting(core, slot, i) &&
            !add_row(core, slot, NULL, assign, i)) {
            return false;
        }
    }
    return true;
}

/* From the hand on: who finds no room begins the next list, which follows at once. */
static void freeze(struct core *core)
{
    struct rounds *rounds = &core->rounds;
    const uint32_t high = core->cases.high;
    uint32_t slot = rounds->hand;
    rounds->hand = 0;
    while (slot < high) {
        const uint64_t word = rounds->members[slot / 64] >> slot % 64;
        if (word == 0) { /* nobody up to the end of the word */
            slot = (slot / 64 + 1) * 64;
            continue;
        }
        if ((word & 1) != 0 && !is_member(core, &core->cases.rows[slot])) {
            rounds->members[slot / 64] &= ~(UINT64_C(1) << slot % 64);
        } else if ((word & 1) != 0 && !add_case(core, slot)) {
            rounds->hand = slot;
            return;
        }
        slot++;
    }
}

/* ---- pairs ---- */

struct choice_question rounds_question(const struct core *core, const struct round_row *row)
{
    const struct case_row *of = cases_peek(&core->cases, row->case_slot);
    const uint32_t lead = orders_find_lead(core, of);
    const bool is_lead = lead == NONE32 || orders_peek(&core->orders, lead)->number == row->order;
    return (struct choice_question){row->case_slot, row->assign,
                                    is_lead ? KIND_HANDLE : KIND_ASSIST, true, false};
}

/* His column, new where this is the first order that he could take: its rule says how much he may carry. A rule that allows less
 * finds out when its pair is applied. */
static uint32_t column_of(struct core *core, uint32_t worker, uint32_t assign)
{
    struct rounds *rounds = &core->rounds;
    const struct worker_row *row = &core->workers.rows[worker];
    const struct city_person *person = worker_person(core, worker);
    if (rounds->columns[worker] != 0) {
        return rounds->columns[worker] - 1;
    }
    must(rounds->held[worker] >= 0 && person != NULL);
    const uint32_t held = (uint32_t)rounds->held[worker];
    const uint32_t fixed = row->load > held ? row->load - held : 0; /* some may have ended since */
    const uint32_t max_load = state_policy(core)->assigns[assign].max_load;
    const uint32_t limit = max_load > 0 ? min_u32(max_load, person->capacity) : person->capacity;
    const uint32_t room = limit > fixed ? limit - fixed : 0;
    const uint32_t column =
        assign_add_column(&rounds->problem, row->person, room > held ? room : held);
    must(column != NONE32); /* as many columns as workers */
    rounds->columns[worker] = column + 1;
    return column;
}

/* The case has gone, or the order is no longer what it was: nothing to gather. */
static bool is_stale(const struct core *core, const struct round_row *row)
{
    const struct case_row *of = &core->cases.rows[row->case_slot];
    if (of->is_used == 0 || !case_no_is_equal(of->no, row->no) ||
        case_state_is_terminal((enum case_state)of->state)) {
        return true;
    }
    if (row->order == 0) {
        return !rounds_is_waiting(core, row->case_slot, row->assign_index);
    }
    const uint32_t slot = orders_find(&core->orders, row->order);
    return slot == NONE32 || orders_peek(&core->orders, slot)->worker != row->worker ||
           !rounds_may_move(core, orders_peek(&core->orders, slot));
}

bool rounds_guard_allows(const struct core *core, uint32_t assign, int64_t from_ms, int64_t way_ms)
{
    const uint32_t percent = state_policy(core)->assigns[assign].guard_percent;
    return percent == 0 || from_ms < 0 || (way_ms >= 0 && way_ms <= mul_div(from_ms, percent, 100));
}

/* What a way counts: beyond the guard of the area, which the nearest one's way sets, fourfold. */
static int64_t cost_of(const struct core *core, const struct round_row *row, int64_t way_ms,
                       int64_t nearest_ms)
{
    const struct policy_assign *assign = &state_policy(core)->assigns[row->assign];
    int64_t cost_ms = way_ms;
    if (assign->guard_percent != 0) {
        const int64_t bound_ms = mul_div(nearest_ms, assign->guard_percent, 100);
        cost_ms += GUARD_TIMES * max_i64(0, way_ms - bound_ms);
    }
    return row->weight * min_i64(cost_ms, ALONE_MS - 1);
}

static void gather(struct core *core, uint32_t index)
{
    struct rounds *rounds = &core->rounds;
    struct assign_problem *problem = &rounds->problem;
    struct round_row *row = &rounds->rows[index];
    const struct policy_rounds *knobs = &state_policy(core)->info->rounds;
    struct near_list list; /* not cleared, as it is large */
    struct near_line own = {.cost_ms = 0};
    assign_begin_pairs(problem, index);
    core->operations++;
    if (is_stale(core, row)) {
        row->is_cut = 0;
        if (row->worker != NONE32 && worker_person(core, row->worker) != NULL) {
            const struct assign_pair stay = {0, column_of(core, row->worker, row->assign), 0};
            must(assign_add_pair(problem, index, stay)); /* his room is not given away */
        }
        return;
    }
    const struct choice_question question = rounds_question(core, row);
    list.held = rounds->held;
    list.limit = row->nearest;
    core->operations += choice_near(core, question, &list);
    core->operations +=
        state_policy(core)->assigns[row->assign].pick == PICK_ETA ? ROAD_OPERATIONS : 0;
    row->is_cut = list.is_cut;
    int64_t nearest_ms = list.count > 0 ? list.lines[0].cost_ms : INT64_MAX;
    if (row->worker != NONE32) {
        (void)choice_near_one(core, question, row->worker, &own);
        row->from_ms = own.line.travel_ms;
        nearest_ms = min_i64(nearest_ms, own.cost_ms);
        must(assign_add_pair(problem, index,
                             (struct assign_pair){cost_of(core, row, own.cost_ms, nearest_ms),
                                                  column_of(core, row->worker, row->assign), 0}));
    }
    /* Each row after this one may need a pair for the worker it has. */
    const uint32_t kept = problem->row_count;
    for (uint32_t i = 0; i < list.count && problem->pair_count + kept < problem->limits.pairs;
         i++) {
        const int64_t move_ms = row->worker == NONE32 ? 0 : knobs->switch_ms;
        if (row->worker != NONE32 &&
            !rounds_guard_allows(core, row->assign, row->from_ms, list.lines[i].line.travel_ms)) {
            continue;
        }
        const int64_t cost =
            cost_of(core, row, add_clamped(list.lines[i].cost_ms, move_ms), nearest_ms);
        const uint32_t column = column_of(core, list.lines[i].worker, row->assign);
        must(assign_add_pair(problem, index, (struct assign_pair){cost, column, 0}));
    }
}

/* ---- slices ---- */

static bool has_time(const struct core *core)
{
    return core->operations < core->limits.tick_operations;
}

static void place(struct core *core, uint32_t index)
{
    core->operations += 1 + assign_place(&core->rounds.problem, index) / PAIRS_PER_OPERATION;
}

/* Twice as many workers, until somebody is free or there are no more. */
static void grow(struct core *core, uint32_t index)
{
    struct rounds *rounds = &core->rounds;
    struct round_row *row = &rounds->rows[index];
    core->operations++;
    while (rounds->problem.rows[index].pair == NONE32 && row->is_cut != 0 &&
           row->nearest < ROUND_NEAREST_MAX) {
        row->nearest = min_u32(2 * row->nearest, ROUND_NEAREST_MAX);
        gather(core, index);
        place(core, index);
    }
}

/* Rows of the phase from the cursor on, then the next phase. */
static void run_rows(struct core *core)
{
    struct rounds *rounds = &core->rounds;
    while (rounds->cursor < rounds->problem.row_count) { /* one at least: a slice gets somewhere */
        const uint32_t index = rounds->cursor++;
        if (rounds->phase == ROUND_GATHER) {
            gather(core, index);
        } else if (rounds->phase == ROUND_SOLVE) {
            place(core, index);
        } else if (rounds->phase == ROUND_GROW) {
            grow(core, index);
        } else if (rounds_give(core, index)) {
            rounds->lacks_more = 1;
        }
        if (!has_time(core)) {
            break;
        }
    }
    if (rounds->cursor == rounds->problem.row_count) {
        rounds->phase++;
        rounds->cursor = 0;
    }
}

static void end_round(struct core *core)
{
    struct rounds *rounds = &core->rounds;
    const uint32_t rows = rounds->problem.row_count;
    const bool again = rounds->lacks_more != 0 || rounds->is_wanted != 0 || rounds->hand != 0;
    forget_round(rounds);
    rounds->quiet_until_ms = add_clamped(core->now_ms, rows);
    if (rows > 0 || again) {
        timers_arm(&core->timers, round_timer_id(core),
                   again ? rounds->quiet_until_ms : add_clamped(core->now_ms, every_ms(core)));
    }
}

void rounds_run(struct core *core)
{
    struct rounds *rounds = &core->rounds;
    if (rounds->phase == ROUND_IDLE) {
        freeze(core);
        rounds->phase = ROUND_GATHER;
        rounds->cursor = 0;
    }
    do {
        if (rounds->phase == ROUND_APPLY) {
            rounds->moved = rounds_apply(core);
            rounds->phase = rounds->moved > 0 ? ROUND_GIVE : ROUND_PHASE_COUNT;
        } else {
            run_rows(core);
        }
    } while (rounds->phase < ROUND_PHASE_COUNT && has_time(core));
    if (rounds->phase == ROUND_PHASE_COUNT) {
        end_round(core);
    } else {
        timers_arm(&core->timers, round_timer_id(core),
                   core->now_ms); /* goes on at the next TICK */
    }
}

/* ---- checks ---- */

static bool row_holds(const struct core *core, uint32_t index)
{
    const struct round_row *row = &core->rounds.rows[index];
    return row->case_slot < core->cases.high && row->assign < state_policy(core)->assign_count &&
           row->assign_index < POLICY_ASSIGNS_MAX && row->nearest >= 1 &&
           row->nearest <= ROUND_NEAREST_MAX && row->weight >= 1 &&
           row->weight <= ROUND_WEIGHT_MAX && row->is_cut <= 1 &&
           (row->worker == NONE32) == (row->order == 0) &&
           (row->worker == NONE32 || row->worker < core->workers.count);
}

static bool pairs_hold(const struct assign_problem *problem)
{
    for (uint32_t r = 0; r < problem->row_count; r++) {
        const struct assign_row *row = &problem->rows[r];
        if (row->first > problem->pair_count || row->count > problem->pair_count - row->first ||
            row->alone_cost < 0 || row->alone_cost > ASSIGN_COST_MAX ||
            (row->pair != NONE32 && row->pair >= problem->pair_count) ||
            (row->next != NONE32 && row->next >= problem->row_count) ||
            (row->prev != NONE32 && row->prev >= problem->row_count)) {
            return false;
        }
    }
    for (uint32_t p = 0; p < problem->pair_count; p++) {
        if (problem->pairs[p].column >= problem->column_count || problem->pairs[p].cost < 0 ||
            problem->pairs[p].cost > ASSIGN_COST_MAX) {
            return false;
        }
    }
    for (uint32_t c = 0; c < problem->column_count; c++) {
        const struct assign_column *column = &problem->columns[c];
        if ((column->row_first != NONE32 && column->row_first >= problem->row_count) ||
            column->price > 0 || column->price < -INT64_MAX / 2) {
            return false;
        }
    }
    return true;
}

/* Rows that have been placed so far. */
static uint32_t placed_rows(const struct rounds *rounds)
{
    return rounds->phase == ROUND_SOLVE  ? rounds->cursor
           : rounds->phase > ROUND_SOLVE ? rounds->problem.row_count
                                         : 0;
}

bool rounds_index(struct core *core)
{
    struct rounds *rounds = &core->rounds;
    struct assign_problem *problem = &rounds->problem;
    if (!core->has_images) {
        return rounds->phase == ROUND_IDLE && problem->row_count == 0;
    }
    set_members(core);
    if (rounds->phase >= ROUND_PHASE_COUNT || rounds->cursor > problem->row_count ||
        rounds->is_wanted > 1 || (rounds->phase == ROUND_IDLE && problem->row_count > 0) ||
        !pairs_hold(problem)) {
        return false;
    }
    for (uint32_t i = 0; i < problem->row_count; i++) {
        if (!row_holds(core, i)) {
            return false;
        }
        if (rounds->rows[i].worker != NONE32) {
            rounds->held[rounds->rows[i].worker]++;
        }
    }
    for (uint32_t c = 0; c < problem->column_count; c++) {
        const uint32_t person = problem->columns[c].id;
        if (person >= state_city(core)->person_count) {
            return false;
        }
        const uint32_t worker = core->workers.person_slots[person];
        if (rounds->columns[worker] != 0) {
            return false;
        }
        rounds->columns[worker] = c + 1;
        problem->reaches[c].search = 0;
    }
    return assign_holds(problem, placed_rows(rounds));
}

void rounds_check(const struct core *core)
{
    const struct rounds *rounds = &core->rounds;
    must(rounds->phase < ROUND_PHASE_COUNT && rounds->cursor <= rounds->problem.row_count);
    must(rounds->phase != ROUND_IDLE || rounds->problem.row_count == 0);
    must(rounds->phase == ROUND_IDLE || timers_is_armed(&core->timers, round_timer_id(core)));
    must(assign_holds(&rounds->problem, placed_rows(rounds)));
    for (uint32_t slot = 0; rounds->is_used && slot < core->orders.high; slot++) {
        const struct order_row *order = &core->orders.rows[slot];
        if (order->is_used != 0 && rounds_may_move(core, order)) {
            const uint32_t of = order->case_slot;
            must((rounds->members[of / 64] >> of % 64 & 1) != 0); /* nobody is left out */
        }
    }
}
