/* agents_flows.c: the exceptions: people ask for time, help and data, supervise, merge, split, appeal.
 *
 * A share of the cases (exception in sim.yaml) takes one way beside the straight one, drawn when somebody accepts, arrives or a desk
 * takes over. What is asked is answered: extensions by two others, supervisions by whoever holds the case, appeals by a chief, data
 * by the post, disputes by the adjudicating post once the time for positions is over (in the simulation every party is silent). A step that no longer fits is refused by the engine, and nobody insists.
 *
 * A plan is (step, case record), or for an order to a post (step, order) of the person who will answer. */
#include "engine/core/life.h"
#include "proto/case_text.h"
#include "sim/agents_state.h"

#include <stdio.h>
#include <string.h>

enum flow_step {
    FLOW_EXTEND,
    FLOW_EXTEND_FIRST,
    FLOW_EXTEND_LAST,
    FLOW_SUSPEND,
    FLOW_RESUME,
    FLOW_CONTROL,
    FLOW_SUPERVISE,
    FLOW_ANSWER,
    FLOW_APPEAL,
    FLOW_DECIDE,
    FLOW_MERGE,
    FLOW_REPLACE,
    FLOW_SPLIT,
    FLOW_CHILD,
    FLOW_UNLINK,
    FLOW_RELATE,
    FLOW_INFORM,
    FLOW_GIVE_DATA,
    FLOW_REASSIGN,
    FLOW_TO_CENTRE,
    FLOW_FORCE_CLOSE,
    FLOW_HELP,
    FLOW_MAKE_SAFE,
    FLOW_RULE,
};

#define STEP_SHIFT 56
#define SERIAL_MASK UINT32_C(0xffffff) /* of a case number, beside its row */
#define RECORDS_LOOKED 200u            /* how far back somebody remembers another case */

static uint64_t plan_what(enum flow_step step, uint64_t of)
{
    must(of >> STEP_SHIFT == 0);
    return (uint64_t)step << STEP_SHIFT | of;
}

static void plan_step(struct agents *agents, enum flow_step step, uint32_t record, int64_t at_ms)
{
    const uint64_t serial = agents->options.cases->cases[record].no.serial & SERIAL_MASK;
    agents_plan(agents, PLAN_FLOW, 0, plan_what(step, serial << 32 | record), at_ms);
}

static int64_t later(struct agents *agents, int64_t now_ms, int64_t from_ms, int64_t to_ms)
{
    return now_ms + random_between(&agents->flow_random, from_ms, to_ms);
}

/* ---- who and what ---- */

static void put_post(const struct city *city, uint32_t post, char out[64])
{
    const struct image_string code = city->posts[post].code;
    must(code.size < 64);
    memcpy(out, city_text(city, code), code.size);
    out[code.size] = '\0';
}

/* A post with somebody to answer, other than the one that holds the case. */
static uint32_t other_post(struct agents *agents, const struct case_record *row)
{
    const struct city *city = agents->options.city;
    for (int i = 0; i < 20 && city->post_count > 0; i++) {
        const uint32_t post = (uint32_t)random_below(&agents->flow_random, city->post_count);
        if (city->posts[post].persons.count > 0 &&
            !(row->holder.kind == HOLDER_POST && row->holder.index == post)) {
            return post;
        }
    }
    return NONE32;
}

/* A case of late that is still open, or NONE32. */
static uint32_t other_record(struct agents *agents, uint32_t record)
{
    const struct report_cases *cases = agents->options.cases;
    const uint32_t look = cases->case_count < RECORDS_LOOKED ? cases->case_count : RECORDS_LOOKED;
    for (int i = 0; i < 40; i++) {
        const uint32_t other =
            cases->case_count - 1 - (uint32_t)random_below(&agents->flow_random, look);
        if (other != record &&
            !case_state_is_terminal((enum case_state)cases->cases[other].state)) {
            return other;
        }
    }
    return NONE32;
}

static void put_worker(struct agents *agents, char out[64])
{
    for (int i = 0; i < 20; i++) {
        const uint32_t person = (uint32_t)random_below(&agents->flow_random, agents->count);
        if (agents->rows[person].takes_orders && agents->rows[person].is_on_shift) {
            const size_t size = strlen(agents->rows[person].key_id);
            memcpy(out, agents->rows[person].key_id, size < 64 ? size + 1 : 0);
            return;
        }
    }
}

static void act(struct agents *agents, uint32_t record, uint32_t person, struct run_act what,
                int64_t now_ms)
{
    if (person == NONE32) {
        return;
    }
    (void)case_text_print(agents->options.cases->cases[record].no, what.case_no);
    agent_act(agents, person, &what, now_ms);
}

/* Somebody with the right: of the post that holds the case, else anybody. */
static uint32_t somebody(struct agents *agents, uint32_t record, uint32_t rights, int64_t now_ms)
{
    const struct case_record *row = &agents->options.cases->cases[record];
    const uint32_t post = row->holder.kind == HOLDER_POST ? row->holder.index : NONE32;
    return desk_pick_person(agents, post, rights, now_ms);
}

/* Whoever holds it: the person, or somebody of the post. */
static uint32_t holder_of(struct agents *agents, uint32_t record, int64_t now_ms)
{
    const struct case_record *row = &agents->options.cases->cases[record];
    return row->holder.kind == HOLDER_PERSON ? row->holder.index
                                             : somebody(agents, record, UINT32_MAX, now_ms);
}

/* ---- steps ---- */

static void step_time(struct agents *agents, enum flow_step step, uint32_t record, int64_t now_ms)
{
    static const uint8_t whys[] = {REASON_NEEDS_PARTS, REASON_WEATHER, REASON_NEEDS_FUNDS,
                                   REASON_LEGAL_STEPS};
    const uint32_t why = whys[random_below(&agents->flow_random, COUNT_OF(whys))];
    const int64_t until_ms = later(agents, now_ms, 4 * HOUR_MS, 72 * HOUR_MS);
    const bool is_no = step == FLOW_EXTEND_LAST && random_chance(&agents->flow_random, 250);
    if (step == FLOW_EXTEND) {
        act(agents, record, holder_of(agents, record, now_ms),
            (struct run_act){.action = ACTION_EXTEND, .reason = why}, now_ms);
        const bool is_slow = random_chance(&agents->flow_random, 250); /* the clock may be first */
        plan_step(agents, FLOW_EXTEND_FIRST, record,
                  later(agents, now_ms, MINUTE_MS, is_slow ? 24 * HOUR_MS : 20 * MINUTE_MS));
    } else if (step == FLOW_EXTEND_FIRST) {
        act(agents, record, somebody(agents, record, RIGHT_DISPATCHER, now_ms),
            (struct run_act){.action = ACTION_EXTEND_YES}, now_ms);
        plan_step(agents, FLOW_EXTEND_LAST, record,
                  later(agents, now_ms, MINUTE_MS, 20 * MINUTE_MS));
    } else if (step == FLOW_EXTEND_LAST) {
        act(agents, record, somebody(agents, record, RIGHT_SHIFT_CHIEF, now_ms),
            (struct run_act){.action = is_no ? ACTION_EXTEND_NO : ACTION_EXTEND_YES,
                             .reason = is_no ? REASON_OTHER : REASON_NONE},
            now_ms);
    } else if (step == FLOW_SUSPEND) {
        act(agents, record, somebody(agents, record, RIGHT_DISPATCHER | RIGHT_SHIFT_CHIEF, now_ms),
            (struct run_act){.action = ACTION_SUSPEND, .reason = why, .until_ms = until_ms},
            now_ms);
        if (random_chance(&agents->flow_random, 300)) {
            plan_step(agents, FLOW_RESUME, record, later(agents, now_ms, HOUR_MS, 4 * HOUR_MS));
        }
    } else if (step == FLOW_RESUME) {
        act(agents, record, somebody(agents, record, RIGHT_DISPATCHER, now_ms),
            (struct run_act){.action = ACTION_RESUME}, now_ms);
    } else {
        act(agents, record, somebody(agents, record, RIGHT_SHIFT_CHIEF, now_ms),
            (struct run_act){
                .action = ACTION_CONTROL, .reason = REASON_PERMITTED, .until_ms = until_ms},
            now_ms);
    }
}

static void step_watch(struct agents *agents, enum flow_step step, uint32_t record, int64_t now_ms)
{
    const bool is_no = random_chance(&agents->flow_random, 400);
    if (step == FLOW_SUPERVISE) {
        act(agents, record, somebody(agents, record, RIGHT_OVERSEER | RIGHT_SHIFT_CHIEF, now_ms),
            (struct run_act){.action = ACTION_SUPERVISE, .reason = REASON_IMPORTANT, .amount = 4},
            now_ms);
    } else if (step == FLOW_ANSWER) {
        act(agents, record, holder_of(agents, record, now_ms),
            (struct run_act){.action = ACTION_ANSWER, .text = "under way"}, now_ms);
    } else if (step == FLOW_APPEAL) {
        const struct case_record *row = &agents->options.cases->cases[record];
        const struct city *city = agents->options.city;
        const uint32_t department =
            row->class_row < city->class_count ? city->classes[row->class_row].department : NONE32;
        const uint32_t post =
            department == NONE32 ? NONE32 : city->departments[department].duty_post;
        act(agents, record, desk_pick_person(agents, post, RIGHT_DEPARTMENT_DESK, now_ms),
            (struct run_act){.action = ACTION_APPEAL, .reason = REASON_UNFORESEEN}, now_ms);
    } else {
        act(agents, record, somebody(agents, record, RIGHT_SHIFT_CHIEF | RIGHT_OVERSEER, now_ms),
            (struct run_act){.action = is_no ? ACTION_APPEAL_NO : ACTION_APPEAL_YES,
                             .reason = is_no ? REASON_OTHER : REASON_NONE},
            now_ms);
    }
}

static void step_ties(struct agents *agents, enum flow_step step, uint32_t record, int64_t now_ms)
{
    static const struct {
        enum flow_step step;
        uint32_t action, reason;
    } ties[] = {{FLOW_MERGE, ACTION_MERGE_INTO, REASON_SAME_MATTER},
                {FLOW_REPLACE, ACTION_REPLACE, REASON_SAME_MATTER},
                {FLOW_CHILD, ACTION_LINK_CHILD, REASON_NONE},
                {FLOW_RELATE, ACTION_RELATE, REASON_NONE},
                {FLOW_UNLINK, ACTION_UNLINK_CHILD, REASON_OTHER_MATTER}};
    struct run_act what = {
        .action = ACTION_SPLIT, .reason = REASON_OTHER_MATTER, .text = "another matter"};
    const uint32_t person = somebody(agents, record, RIGHT_DISPATCHER | RIGHT_SHIFT_CHIEF, now_ms);
    for (size_t i = 0; i < COUNT_OF(ties); i++) {
        if (ties[i].step == step) {
            const uint32_t other =
                step == FLOW_UNLINK ? agents->last_child : other_record(agents, record);
            if (other == NONE32) {
                return;
            }
            what = (struct run_act){.action = ties[i].action, .reason = ties[i].reason};
            (void)case_text_print(agents->options.cases->cases[other].no, what.other_case);
        }
    }
    act(agents, record, person, what, now_ms);
}

static void step_others(struct agents *agents, enum flow_step step, uint32_t record, int64_t now_ms)
{
    const struct case_record *row = &agents->options.cases->cases[record];
    struct run_act what = {.action = ACTION_RETURN, .reason = REASON_OUTSIDE_DUTY};
    uint32_t rights = RIGHT_DISPATCHER;
    if (step == FLOW_INFORM) {
        const uint32_t post = other_post(agents, row);
        if (post == NONE32) {
            return;
        }
        what =
            (struct run_act){.action = ACTION_INFORM, .text = "who holds the permit?", .amount = 2};
        put_post(agents->options.city, post, what.subject);
    } else if (step == FLOW_REASSIGN) {
        what = (struct run_act){.action = ACTION_REASSIGN, .reason = REASON_BETTER_PLACED};
        put_worker(agents, what.subject);
    } else if (step == FLOW_FORCE_CLOSE) {
        what = (struct run_act){.action = ACTION_FORCE_CLOSE, .reason = REASON_INSTRUCTED};
        rights = RIGHT_SHIFT_CHIEF;
    } else if (row->state != CASE_DISPATCHING) {
        return; /* to the centre only while nobody has it */
    }
    act(agents, record, somebody(agents, record, rights, now_ms), what, now_ms);
}

/* The desk of the class's owner, else the first there is: a ruling names a post of a department. */
static uint32_t ruled_post(const struct city *city, const struct case_record *row)
{
    const uint32_t owner =
        row->class_row < city->class_count ? city->classes[row->class_row].department : NONE32;
    if (owner != NONE32 && city->departments[owner].duty_post != NONE32) {
        return city->departments[owner].duty_post;
    }
    for (uint32_t i = 0; i < city->department_count; i++) {
        if (city->departments[i].duty_post != NONE32) {
            return city->departments[i].duty_post;
        }
    }
    return NONE32;
}

static void step_rule(struct agents *agents, uint32_t record, int64_t now_ms)
{
    const struct city *city = agents->options.city;
    const struct case_record *row = &agents->options.cases->cases[record];
    const uint32_t post = ruled_post(city, row);
    struct run_act what = {.action = ACTION_RULE, .reason = REASON_INSTRUCTED};
    if (post == NONE32 || case_state_is_terminal((enum case_state)row->state)) {
        return;
    }
    put_post(city, post, what.subject);
    act(agents, record, desk_pick_person(agents, city->info->adjudication_post, UINT32_MAX, now_ms),
        what, now_ms);
}

void flows_run(struct agents *agents, const struct plan_entry *plan, int64_t now_ms)
{
    const enum flow_step step = (enum flow_step)(plan->what >> STEP_SHIFT);
    const uint64_t of = plan->what & ((UINT64_C(1) << STEP_SHIFT) - 1);
    if (step == FLOW_MAKE_SAFE) {
        agent_act(agents, plan->who, &(struct run_act){.order = of, .action = ACTION_MAKE_SAFE},
                  now_ms);
        return;
    }
    if (step == FLOW_GIVE_DATA || step == FLOW_HELP) {
        const bool is_no = random_chance(&agents->flow_random, 200);
        struct run_act what = {.order = of,
                               .action = is_no ? ACTION_DECLINE : ACTION_DONE,
                               .reason = is_no ? REASON_OUTSIDE_DUTY : REASON_NONE,
                               .text = "permit 7, clause 12"};
        if (step == FLOW_HELP) {
            what = (struct run_act){.order = of,
                                    .action = ACTION_REQUEST_HELP,
                                    .reason = REASON_NEEDS_OTHERS,
                                    .amount = 1 + (uint32_t)random_below(&agents->flow_random, 2)};
        }
        agent_act(agents, plan->who, &what, now_ms);
        return;
    }
    const uint32_t record = (uint32_t)of;
    must(record < agents->options.cases->case_count);
    if ((agents->options.cases->cases[record].no.serial & SERIAL_MASK) != of >> 32) {
        return; /* the case has left, and another has its row */
    }
    if (step == FLOW_RULE) {
        step_rule(agents, record, now_ms);
    } else if (step <= FLOW_CONTROL) {
        step_time(agents, step, record, now_ms);
    } else if (step <= FLOW_DECIDE) {
        step_watch(agents, step, record, now_ms);
    } else if (step <= FLOW_RELATE) {
        step_ties(agents, step, record, now_ms);
    } else {
        step_others(agents, step, record, now_ms);
    }
}

/* ---- what is seen ---- */

static void plan_answers(struct agents *agents, const struct effect_timeline *line, uint32_t record,
                         int64_t now_ms)
{
    if (line->action == ACTION_SUPERVISE && !random_chance(&agents->flow_random, 100)) {
        plan_step(agents, FLOW_ANSWER, record, later(agents, now_ms, 10 * MINUTE_MS, 5 * HOUR_MS));
    } else if (line->action == ACTION_APPEAL) {
        plan_step(agents, FLOW_DECIDE, record, later(agents, now_ms, HOUR_MS, 24 * HOUR_MS));
    } else if (line->action == ACTION_ADJUDICATE) {
        plan_step(agents, FLOW_RULE, record,
                  later(agents, now_ms + agents->options.city->info->position_ms, MINUTE_MS,
                        2 * HOUR_MS));
    } else if (line->action == ACTION_LINK_CHILD) {
        agents->last_child = report_cases_find(agents->options.cases, line->other);
        plan_step(agents, FLOW_UNLINK, record, later(agents, now_ms, MINUTE_MS, 3 * HOUR_MS));
    } else if (line->action == ACTION_INFORM && line->post != NONE32) {
        const uint32_t person = desk_pick_person(agents, line->post, UINT32_MAX, now_ms);
        if (person != NONE32 && !random_chance(&agents->flow_random, 150)) {
            agents_plan(agents, PLAN_FLOW, person, plan_what(FLOW_GIVE_DATA, line->order),
                        later(agents, now_ms, 5 * MINUTE_MS, 3 * HOUR_MS));
        }
    }
}

static bool is_exception(struct agents *agents)
{
    return agent_chance(agents, &agents->flow_random, SHARE_EXCEPTION);
}

void flows_seen(struct agents *agents, const struct effect_timeline *line, uint32_t record,
                int64_t now_ms)
{
    static const enum flow_step on_the_way[] = {
        FLOW_EXTEND, FLOW_EXTEND,  FLOW_SUSPEND,  FLOW_CONTROL,    FLOW_SUPERVISE,
        FLOW_MERGE,  FLOW_REPLACE, FLOW_SPLIT,    FLOW_CHILD,      FLOW_RELATE,
        FLOW_INFORM, FLOW_INFORM,  FLOW_REASSIGN, FLOW_FORCE_CLOSE};
    const struct case_record *row = &agents->options.cases->cases[record];
    plan_answers(agents, line, record, now_ms);
    const bool is_lead = line->order_kind == KIND_HANDLE;
    if ((line->action == ACTION_ACCEPT && is_lead) || line->action == ACTION_TO_DESK) {
        if (is_exception(agents)) {
            /* two draws, in an order that every compiler keeps */
            const enum flow_step step =
                on_the_way[random_below(&agents->flow_random, COUNT_OF(on_the_way))];
            plan_step(agents, step, record, later(agents, now_ms, 1, 5 * MINUTE_MS));
        }
    } else if (line->action == ACTION_ARRIVE && is_lead && line->actor != NONE32) {
        if (agents->options.wants_safety(agents->options.context, line->rule)) {
            agents_plan(agents, PLAN_FLOW, line->actor, plan_what(FLOW_MAKE_SAFE, line->order),
                        later(agents, now_ms, 1, 10 * MINUTE_MS));
        }
        if (is_exception(agents)) {
            agents_plan(agents, PLAN_FLOW, line->actor, plan_what(FLOW_HELP, line->order),
                        now_ms + 1);
        }
    } else if (line->action == ACTION_OFFER && is_lead && is_exception(agents)) {
        plan_step(agents, FLOW_TO_CENTRE, record, now_ms + 1);
    }
    if (line->action == ACTION_ESCALATE && agents->options.rates->shares[SHARE_EXCEPTION] > 0 &&
        (row->state == CASE_ASSIGNED || row->state == CASE_ON_SITE)) {
        plan_step(agents, FLOW_EXTEND, record, now_ms + 1); /* time runs short */
    }
    const bool is_missed = (row->missed & (UINT32_C(1) << CLOCK_HANDLE)) != 0;
    if (line->state == CASE_CLOSED && line->state_before != CASE_CLOSED && is_missed &&
        random_chance(&agents->flow_random, agents->options.rates->shares[SHARE_EXCEPTION] * 8)) {
        plan_step(agents, FLOW_APPEAL, record, later(agents, now_ms, MINUTE_MS, 12 * HOUR_MS));
    }
}
