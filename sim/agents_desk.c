/* agents_desk.c: people at desks: they see what their list shows and act on what stays there.
 *
 *   REPORTED     intake files it
 *   VERIFYING    nobody went to look for as long as a desk works on a case: the chief files it
 *   DISPATCHING  likewise: the dispatcher sends it to the owner's desk
 *   ASSIGNED     the desk handles it itself (DONE) or gives it back (RETURN)
 *   CHECKING     likewise: the desk checks it itself
 *   CLOSED       some are opened again within a day
 *   (an emergency plan waits)  somebody of the post that is asked confirms it
 *
 * A plan names the case and the generation of its record: when holder or state changed meanwhile, it lapses.
 * Who acts: of the post's roster with the right needed the first on shift, else the first, else anybody in the city
 * with that right. */
#include "engine/core/calendar.h"
#include "engine/core/life.h"
#include "proto/case_text.h"
#include "sim/agents_state.h"

#include <stdio.h>
#include <string.h>

static uint64_t plan_of(const struct agents *agents, uint32_t record)
{
    return ((uint64_t)agents->options.cases->cases[record].generation << 32) | record;
}

static bool is_on_shift(const struct city *city, uint32_t person, int64_t now_ms)
{
    return calendar_contains(city, city->persons[person].shift, now_ms);
}

/* Who must not act here: handled it, or passed it before; NONE32 = nobody. */
struct barred {
    uint32_t a, b;
};

static bool may_act(const struct city *city, uint32_t person, uint32_t rights, struct barred barred)
{
    return (city->persons[person].rights & rights) != 0 && person != barred.a && person != barred.b;
}

static uint32_t pick_person(const struct agents *agents, uint32_t post, uint32_t rights,
                            struct barred barred, int64_t now_ms)
{
    const struct city *city = agents->options.city;
    uint32_t at_post = NONE32, on_shift = NONE32, anybody = NONE32;
    if (post != NONE32) {
        const struct image_range roster = city->posts[post].persons;
        for (uint32_t i = 0; i < roster.count; i++) {
            const uint32_t person = city->post_persons[roster.first + i];
            if (!may_act(city, person, rights, barred)) {
                continue;
            }
            if (is_on_shift(city, person, now_ms)) {
                return person;
            }
            at_post = at_post == NONE32 ? person : at_post;
        }
    }
    if (at_post != NONE32) {
        return at_post;
    }
    for (uint32_t person = 0; person < city->person_count && on_shift == NONE32; person++) {
        if (!may_act(city, person, rights, barred)) {
            continue;
        }
        anybody = anybody == NONE32 ? person : anybody;
        on_shift = is_on_shift(city, person, now_ms) ? person : NONE32;
    }
    return on_shift != NONE32 ? on_shift : anybody;
}

uint32_t desk_pick_person(const struct agents *agents, uint32_t post, uint32_t rights,
                          int64_t now_ms)
{
    return pick_person(agents, post, rights, (struct barred){NONE32, NONE32}, now_ms);
}

/* subject: code of a post, or NONE32. */
static void act_on_case(struct agents *agents, uint32_t record, enum action action,
                        enum reason reason, uint32_t rights, uint32_t subject_post, int64_t now_ms)
{
    const struct city *city = agents->options.city;
    const struct case_record *row = &agents->options.cases->cases[record];
    const bool is_check = action == ACTION_CHECK_PASS || action == ACTION_CHECK_FAIL;
    const uint32_t post = row->holder.kind == HOLDER_POST ? row->holder.index : NONE32;
    const struct barred barred = is_check ? (struct barred){row->handled_by, row->checked_by}
                                          : (struct barred){NONE32, NONE32};
    const uint32_t person = pick_person(agents, post, rights, barred, now_ms);
    if (person == NONE32) {
        return; /* nobody in this city may do it: the case stays and its clocks say so */
    }
    struct run_act act = {.action = (uint32_t)action, .reason = (uint32_t)reason};
    (void)case_text_print(row->no, act.case_no);
    if (subject_post != NONE32) {
        const struct image_string code = city->posts[subject_post].code;
        must(code.size < sizeof act.subject);
        memcpy(act.subject, city_text(city, code), code.size);
    }
    agent_act(agents, person, &act, now_ms);
}

static int64_t desk_draw(struct agents *agents, enum rate_curve_kind kind)
{
    return 1 + rate_curve_draw(&agents->options.rates->curves[kind], &agents->desk_random);
}

static void plan_done(struct agents *agents, uint32_t record, int64_t now_ms)
{
    const struct case_record *row = &agents->options.cases->cases[record];
    int64_t at_ms = now_ms + desk_draw(agents, RATE_DESK_WORK);
    if (agents->options.rates->close_as_recorded) {
        const int64_t recorded_ms =
            row->truth == NONE32
                ? NEVER_MS
                : agents->options.recorded_close(agents->options.context, row->truth);
        at_ms = recorded_ms == NEVER_MS ? NEVER_MS : max_i64(recorded_ms, now_ms + 1);
    }
    agents_plan(agents, PLAN_DESK_DONE, 0, plan_of(agents, record), at_ms);
}

/* A desk's first look at what it holds. */
static void look_at_case(struct agents *agents, uint32_t record, int64_t now_ms)
{
    const struct case_record *row = &agents->options.cases->cases[record];
    struct random *random = &agents->desk_random;
    if (row->state == CASE_REPORTED) {
        act_on_case(agents, record, ACTION_FILE, REASON_NONE, RIGHT_INTAKE | RIGHT_SHIFT_CHIEF,
                    NONE32, now_ms);
    } else if (agent_chance(agents, random, SHARE_DESK_VOID) && row->state <= CASE_ASSIGNED) {
        act_on_case(agents, record, ACTION_VOID, REASON_FALSE_ALARM, RIGHT_SHIFT_CHIEF, NONE32,
                    now_ms);
    } else if (row->state == CASE_ASSIGNED && agent_chance(agents, random, SHARE_DESK_RETURN)) {
        act_on_case(agents, record, ACTION_RETURN, REASON_NOT_MINE, RIGHT_DEPARTMENT_DESK, NONE32,
                    now_ms);
    } else {
        plan_done(agents, record, now_ms);
    }
}

static uint32_t owner_desk(const struct agents *agents, const struct case_record *row)
{
    const struct city *city = agents->options.city;
    const uint32_t department =
        row->class_row < city->class_count ? city->classes[row->class_row].department : NONE32;
    if (department != NONE32 && city->departments[department].duty_post != NONE32) {
        return city->departments[department].duty_post;
    }
    return city->info->desk_post;
}

/* The lines of an inspection that the desk has looked at itself. */
static void fill_in_at_desk(struct agents *agents, uint32_t record, int64_t now_ms)
{
    const struct case_record *row = &agents->options.cases->cases[record];
    struct run_act acts[AGENT_CHECKS_MAX];
    const uint32_t count =
        agents->options.checklist == NULL
            ? 0
            : agents->options.checklist(agents->options.context, row->no, acts, AGENT_CHECKS_MAX);
    const uint32_t post = row->holder.kind == HOLDER_POST ? row->holder.index : NONE32;
    const uint32_t person = desk_pick_person(agents, post, RIGHT_DEPARTMENT_DESK, now_ms);
    for (uint32_t i = 0; person != NONE32 && i < count; i++) {
        (void)case_text_print(row->no, acts[i].case_no);
        agent_act(agents, person, &acts[i], now_ms);
    }
}

/* The case is still there after all that time. */
static void settle_case(struct agents *agents, uint32_t record, int64_t now_ms)
{
    const struct case_record *row = &agents->options.cases->cases[record];
    const uint32_t checkers = RIGHT_INSPECTOR | RIGHT_SHIFT_CHIEF;
    if (row->state == CASE_VERIFYING) {
        act_on_case(agents, record, ACTION_FILE, REASON_NONE, RIGHT_INTAKE | RIGHT_SHIFT_CHIEF,
                    NONE32, now_ms);
    } else if (row->state == CASE_DISPATCHING) {
        act_on_case(agents, record, ACTION_SEND_TO_DESK, REASON_INSTRUCTED, RIGHT_DISPATCHER,
                    owner_desk(agents, row), now_ms);
    } else if (row->state == CASE_ASSIGNED) {
        fill_in_at_desk(agents, record, now_ms);
        act_on_case(agents, record, ACTION_DONE, REASON_NONE, RIGHT_DEPARTMENT_DESK, NONE32,
                    now_ms);
    } else if (row->state == CASE_CHECKING) {
        const bool is_bad = agent_chance(agents, &agents->desk_random, SHARE_CHECK_FAIL);
        act_on_case(agents, record, is_bad ? ACTION_CHECK_FAIL : ACTION_CHECK_PASS,
                    is_bad ? REASON_NOT_DONE : REASON_NONE, checkers, NONE32, now_ms);
    }
}

void desk_case(struct agents *agents, uint32_t record, int64_t now_ms)
{
    const struct case_record *row = &agents->options.cases->cases[record];
    const bool is_record_run = agents->options.rates->close_as_recorded;
    if (row->state == CASE_CLOSED) {
        if (agent_chance(agents, &agents->desk_random, SHARE_REOPEN)) {
            agents_plan(agents, PLAN_REOPEN, 0, plan_of(agents, record),
                        now_ms + random_between(&agents->desk_random, HOUR_MS, 24 * HOUR_MS));
        }
        return;
    }
    if (row->holder.kind != HOLDER_POST || row->state == CASE_HANDLED ||
        row->state == CASE_SUSPENDED) {
        return;
    }
    if (row->state == CASE_REPORTED || row->state == CASE_ASSIGNED) {
        agents_plan(agents, PLAN_DESK, 0, plan_of(agents, record),
                    now_ms + desk_draw(agents, RATE_DESK));
        return;
    }
    const bool is_quick = is_record_run && row->state == CASE_CHECKING;
    agents_plan(agents, PLAN_DESK_DONE, 0, plan_of(agents, record),
                now_ms + desk_draw(agents, is_quick ? RATE_DESK : RATE_DESK_WORK));
}

/* The post is asked whether an emergency plan begins: somebody of it looks at it as at a case. */
void desk_called(struct agents *agents, uint32_t post, uint32_t record, int64_t now_ms)
{
    const uint32_t person = desk_pick_person(agents, post, UINT32_MAX, now_ms);
    agents->options.cases->cases[record].has_plan = true;
    if (person != NONE32) {
        agents_plan(agents, PLAN_CALLED, person, record, now_ms + desk_draw(agents, RATE_DESK));
    }
}

static void confirm(struct agents *agents, uint32_t person, uint32_t record, int64_t now_ms)
{
    struct run_act act = {.action = ACTION_PLAN_CONFIRM};
    (void)case_text_print(agents->options.cases->cases[record].no, act.case_no);
    agent_act(agents, person, &act, now_ms);
}

void desk_run(struct agents *agents, const struct plan_entry *plan, int64_t now_ms)
{
    const uint32_t record = (uint32_t)plan->what;
    must(record < agents->options.cases->case_count);
    if (plan->kind == PLAN_CALLED) {
        confirm(agents, plan->who, record, now_ms);
        return;
    }
    if (plan_of(agents, record) != plan->what || agents->options.cases->cases[record].has_plan) {
        return;
    }
    if (plan->kind == PLAN_DESK) {
        look_at_case(agents, record, now_ms);
    } else if (plan->kind == PLAN_DESK_DONE) {
        settle_case(agents, record, now_ms);
    } else {
        act_on_case(agents, record, ACTION_REOPEN, REASON_CAME_BACK,
                    RIGHT_SHIFT_CHIEF | RIGHT_OVERSEER, NONE32, now_ms);
    }
}

void desk_again(struct agents *agents, uint32_t record, int64_t now_ms)
{
    desk_case(agents, record, now_ms);
}

void desk_plan_over(struct agents *agents, uint32_t record, int64_t now_ms)
{
    struct case_record *row = &agents->options.cases->cases[record];
    if (row->has_plan) {
        row->has_plan = false;
        desk_case(agents, record, now_ms);
    }
}
