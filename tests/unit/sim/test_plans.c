/* test_plans.c: the shipped orange alert over the synthetic city: 1,200 enterprises and 80 sites, from the alert to
 * stand-down; who says nothing is told above his head; an accident that is not reported. */
#include "tests/unit/core/town.c"

#include "engine/core/plans.h"
#include "engine/core/snapshot.h"
#include "engine/edge/hint_acts.h"
#include "engine/edge/title.h"
#include "sim/city_demo.h"
#include "sim/scratch.h"

#include <unistd.h>

#define TASKS (2u + 2u * 1200u + 80u)

static struct scratch work;
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};

static int make_city(void **state)
{
    struct city_demo_result result;
    (void)state;
    assert_int_equal(scratch_make_directory(&work, "plans"), ERR_OK);
    return city_demo_write(work.path, 7, CITY_SMALL, &result) == ERR_OK ? 0 : -1;
}

static int remove_city(void **state)
{
    (void)state;
    scratch_remove(&work);
    return 0;
}

static void open_town(struct town *town)
{
    struct limits limits = limits_default();
    limits.cases = 8192;
    limits.orders = 16384;
    limits.workers = 256;
    limits.gateways = 16;
    limits.event_ids = 1024;
    limits.dedupe_keys = 1024;
    limits.tick_operations = 256;
    town_open_at(town, &limits, work.path);
    town->check_every = 200;
}

/* ---- what the world says ---- */

static enum code alert(struct town *town, const char *id, const char *refers, bool is_drill)
{
    const struct town_field fields[] = {{"alert", id, 0},
                                        {"city", "清河区", 0},
                                        {"headline", "PM2.5", 0},
                                        {"level", "orange", 0},
                                        {refers == NULL ? NULL : "refers", refers, 0},
                                        {0}};
    const struct town_report report = {.id = id,
                                       .type = "warning.air",
                                       .place = nowhere,
                                       .flags = is_drill ? EVENT_IS_DRILL : 0,
                                       .fields = fields};
    const struct outbox_mark mark = core_outbox_mark(town->core, town_id("emergency-exchange"));
    town_send(town, "emergency-exchange",
              (struct town_outbox){1, mark.last_seq + 1, ++town->event_serial}, &report, 1);
    return (enum code)town->last.code;
}

static enum code lifted(struct town *town, const char *id, const char *refers)
{
    const struct town_field fields[] = {{"alert", id, 0}, {"refers", refers, 0}, {0}};
    return town_event(town, "emergency-exchange", "warning.air.lifted", NULL, nowhere, fields);
}

static const char *text_of(const struct town *town, struct image_string text)
{
    static char out[8][128];
    static uint32_t next;
    char *at = out[next++ % 8];
    (void)snprintf(at, sizeof out[0], "%.*s", (int)text.size, city_text(&town->city, text));
    return at;
}

static const char *person_of(const struct town *town, uint32_t person)
{
    return text_of(town, town->city.persons[person].id);
}

/* Somebody of the post. */
static const char *member_of(const struct town *town, const char *post)
{
    for (uint32_t p = 0; p < town->city.post_count; p++) {
        if (strcmp(text_of(town, town->city.posts[p].code), post) == 0) {
            return person_of(town, town->city.post_persons[town->city.posts[p].persons.first]);
        }
    }
    fail_msg("no post %s", post);
    return NULL;
}

static enum code answer(struct town *town, const char *who, uint64_t order, const char *line,
                        uint32_t value, bool has_photo)
{
    struct batch_writer writer;
    struct command_head head = town_head(town, COMMAND_ACT, who);
    const struct outbox_mark mark = core_outbox_mark(town->core, head.principal);
    const struct hash128 photo = {1, 2};
    head.epoch = mark.epoch == 0 ? 1 : mark.epoch;
    head.seq = mark.last_seq + 1;
    head.content_digest = ++town->act_serial;
    const struct act_body body = {.order = order,
                                  .place = NONE32,
                                  .subject = town_id(line),
                                  .at_ms = town->now_ms,
                                  .action = ACTION_PLAN_ANSWER,
                                  .amount = value,
                                  .evidence_count = has_photo ? 1 : 0};
    town_begin(&writer);
    assert_int_equal(batch_put_act(&writer, &head, &body, nowhere, &photo, NULL), ERR_OK);
    town_step(town, &writer);
    return (enum code)town->last.code;
}

/* Confirms what waits and returns the plan's case. */
static struct case_no begin(struct town *town, const char *id, bool is_drill)
{
    assert_int_equal(alert(town, id, NULL, is_drill), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(town_act(town, member_of(town, "dept.ecology.duty"), 0, no,
                              ACTION_PLAN_CONFIRM, REASON_NONE, nowhere, NULL),
                     CODE_DONE);
    return no;
}

static struct plan_view plan_of(const struct town *town, struct case_no no)
{
    struct plan_view view;
    uint32_t slot = 0;
    while (core_next_plan(town->core, &slot, &view)) {
        if (case_no_is_equal(view.case_no, no)) {
            return view;
        }
    }
    fail_msg("no plan");
    return (struct plan_view){0};
}

/* Everybody who is named says that it has begun. */
static void acknowledge_all(struct town *town, struct case_no no)
{
    struct duty_view duty;
    uint32_t number = 0;
    while (core_next_duty(town->core, no, &number, &duty)) {
        if (duty.state == DUTY_OPEN && case_no_is_none(duty.case_no)) {
            const char *who =
                duty.person != NONE32
                    ? person_of(town, duty.person)
                    : member_of(town, text_of(town, town->city.posts[duty.post].code));
            assert_int_equal(town_act(town, who, duty.order, (struct case_no){0, 0, 0},
                                      ACTION_ACCEPT, REASON_NONE, nowhere, NULL),
                             CODE_DONE);
        }
    }
}

/* The refusal says which line is open first. */
static void expect_line_named(const struct town *town, struct image_range checks)
{
    char hint[HINT_SIZE], line[64];
    uint32_t first = checks.first;
    while ((town->policy.checks[first].flags & CHECK_LINE_REQUIRED) == 0) {
        first++;
    }
    const struct image_string id = town->policy.checks[first].id;
    (void)snprintf(line, sizeof line, ": %.*s \"", (int)id.size, policy_text(&town->policy, id));
    const struct hint_act ask = {
        .core = town->core, .code = CODE_CHECKLIST_OPEN, .no = town->last.case_no};
    assert_non_null(strstr(hint_act_put(&ask, hint), line));
}

/* One order on: accept, arrive, fill in the checklist, done. Every tenth finds that nothing was cut. */
static void work_order(struct town *town, const char *who, uint64_t number)
{
    struct order_view order;
    uint32_t answered = 0;
    assert_true(core_find_order(town->core, number, &order));
    const struct case_view view = town_case(town, order.case_no);
    if (order.state == ORDER_OFFERED) {
        assert_int_equal(
            town_act(town, who, number, order.case_no, ACTION_ACCEPT, REASON_NONE, nowhere, NULL),
            CODE_DONE);
        return;
    }
    if (order.state == ORDER_ACCEPTED) {
        assert_int_equal(town_act(town, who, number, order.case_no, ACTION_ARRIVE, REASON_NONE,
                                  view.place, NULL),
                         CODE_DONE);
        return;
    }
    const struct image_range checks = core_case_checks(town->core, order.case_no, &answered);
    if (checks.count > 0 && answered == 0) {
        assert_int_equal(
            town_act(town, who, number, order.case_no, ACTION_DONE, REASON_NONE, view.place, NULL),
            CODE_CHECKLIST_OPEN);
        expect_line_named(town, checks);
    }
    for (uint32_t i = 0; i < checks.count; i++) {
        const struct policy_check *check = &town->policy.checks[checks.first + i];
        char line[32];
        (void)snprintf(line, sizeof line, "%.*s", (int)check->id.size,
                       policy_text(&town->policy, check->id));
        const bool has_photo = (check->flags & CHECK_LINE_EVIDENCE) != 0;
        if (has_photo) {
            assert_int_equal(answer(town, who, number, line, 1, false), CODE_CHECKLIST_OPEN);
        }
        const uint32_t value = check->column == NONE32          ? 1
                               : order.case_no.serial % 10 == 0 ? 5
                                                                : 60;
        assert_int_equal(answer(town, who, number, line, value, has_photo), CODE_DONE);
    }
    assert_int_equal(
        town_act(town, who, number, order.case_no, ACTION_DONE, REASON_NONE, view.place, NULL),
        CODE_DONE);
}

static void work_round(struct town *town)
{
    for (uint32_t i = 0; i < town->city.person_count; i++) {
        const struct city_person *person = &town->city.persons[i];
        if (person->capacity == 0) {
            continue;
        }
        const char *who = person_of(town, i);
        char id[64];
        (void)snprintf(id, sizeof id, "%s", who);
        town_seen(town, id, STATUS_READY, nowhere);
        const uint32_t worker = workers_find(&town->core->workers, town_id(id));
        uint64_t orders[16];
        uint32_t count = 0;
        for (uint32_t o = town->core->workers.rows[worker].order_first;
             o != NONE32 && count < COUNT_OF(orders); o = town->core->orders.rows[o].worker_next) {
            orders[count++] = town->core->orders.rows[o].number;
        }
        bool is_busy = false;
        for (uint32_t k = count; k > 0; k--) { /* accepts all, then works on the oldest */
            struct order_view view;
            assert_true(core_find_order(town->core, orders[k - 1], &view));
            if (view.state == ORDER_OFFERED || !is_busy) {
                is_busy = is_busy || view.state != ORDER_OFFERED;
                work_order(town, id, orders[k - 1]);
            }
        }
    }
}

static uint32_t notices_to(const struct town *town, const char *post)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < town->effect_count; i++) {
        const struct effect *effect = &town->effects[i];
        count += effect->kind == EFFECT_NOTICE &&
                 strcmp(text_of(town, town->city.posts[effect->of.notice.post].code), post) == 0;
    }
    return count;
}

/* ---- tests ---- */

static void test_plans_orange_alert_reaches_everybody_and_stands_down(void **state)
{
    struct town town;
    (void)state;
    open_town(&town);
    assert_int_equal(alert(&town, "CAP-1", NULL, false), CODE_OPENED);
    const struct case_no no = town.last.case_no;
    assert_int_equal(plan_of(&town, no).state, PLAN_PENDING);
    assert_int_equal(
        town_act(&town, "wang.fang", 0, no, ACTION_PLAN_CONFIRM, REASON_NONE, nowhere, NULL),
        CODE_NO_RIGHT);
    assert_int_equal(town_act(&town, member_of(&town, "dept.ecology.duty"), 0, no,
                              ACTION_PLAN_CONFIRM, REASON_NONE, nowhere, NULL),
                     CODE_DONE);
    struct plan_view plan = plan_of(&town, no);
    assert_int_equal(plan.state, PLAN_ACTIVE);
    assert_int_equal(plan.counts.total, TASKS);
    assert_int_equal(plan.counts.waiting, TASKS); /* the step that began it opened nothing */
    assert_true(core_has_backlog(town.core));
    uint32_t ticks = 0;
    for (; core_has_backlog(town.core) && ticks < 100000; ticks++) {
        town_tick(&town);
    }
    assert_in_range(ticks, 2, 10000); /* slices, and not for ever */
    plan = plan_of(&town, no);
    assert_int_equal(plan.counts.open,
                     2u + 1200u + 80u); /* inspections of enterprises wait for the word */
    assert_int_equal(town_restart(&town), ERR_OK);
    acknowledge_all(&town, no);
    assert_int_equal(plan_of(&town, no).counts.done, 1202);
    for (uint32_t round = 0; round < 900 && plan_of(&town, no).counts.done < TASKS - 100; round++) {
        work_round(&town);
        town_pass(&town, 2 * MINUTE_MS);
    }
    plan = plan_of(&town, no);
    if (plan.counts.done < TASKS - 100) {
        print_error("done %u started %u open %u overdue %u cancelled %u failed %u\n",
                    plan.counts.done, plan.counts.started, plan.counts.open, plan.counts.overdue,
                    plan.counts.cancelled, plan.counts.failed);
    }
    assert_true(plan.counts.done >= TASKS - 100);
    assert_in_range(plan.counts.failed, 90, 150);
    uint32_t by_district = 0;
    for (uint32_t unit = 0; unit < town.city.unit_count; unit++) {
        struct plan_counts counts;
        if (town.city.units[unit].level == town.city.info->district_level &&
            core_plan_counts(town.core, no, unit, &counts)) {
            by_district += counts.total;
        }
    }
    assert_int_equal(by_district, TASKS - 2); /* the two units of the first tier lie nowhere */
    assert_true(notices_to(&town, "city.command") > 0);

    assert_int_equal(lifted(&town, "CAP-9", "CAP-unheard-of"), CODE_UNKNOWN_ALERT);
    assert_int_equal(lifted(&town, "CAP-2", "CAP-1"), CODE_CLEARED);
    assert_int_equal(lifted(&town, "CAP-3", "CAP-1"), CODE_ALERT_OVER);
    town_pass(&town, MINUTE_MS);
    assert_int_equal(plan_of(&town, no).state, PLAN_STANDING_DOWN);
    assert_int_equal(plan_of(&town, no).counts.cancelled, 0); /* the grace */
    town_pass(&town, 30 * HOUR_MS);
    for (uint32_t round = 0; round < 300; round++) {
        work_round(&town);
        town_pass(&town, 2 * MINUTE_MS);
    }
    plan = plan_of(&town, no);
    assert_int_equal(plan.state, PLAN_ENDED);
    assert_int_equal(plan.counts.done + plan.counts.cancelled, TASKS);
    assert_int_equal(lifted(&town, "CAP-4", "CAP-1"), CODE_ALERT_OVER);
    core_check(town.core);
    town_close(&town);
}

static void test_plans_failed_checklist_opens_a_case(void **state)
{
    struct town town;
    (void)state;
    open_town(&town);
    const struct case_no no = begin(&town, "CAP-1", false);
    town_pass(&town, SECOND_MS);
    acknowledge_all(&town, no);
    uint32_t round = 0;
    for (; round < 200 && plan_of(&town, no).counts.failed == 0; round++) {
        work_round(&town);
        town_pass(&town, 2 * MINUTE_MS);
    }
    town_pass(&town, SECOND_MS);
    assert_true(plan_of(&town, no).counts.failed > 0);
    uint32_t found = 0;
    struct case_view view;
    for (uint32_t slot = 0; core_next_case(town.core, &slot, &view);) {
        char title[256];
        title_render(&town.city, &town.policy, &view, title, sizeof title);
        if (strstr(title, "未落实减排") != NULL) {
            assert_non_null(strstr(title, "企业"));
            found++;
        }
    }
    assert_int_equal(found, plan_of(&town, no).counts.failed);
    town_close(&town);
}

/* An order of an inspection in that state; who has it. */
static uint64_t find_inspection(const struct town *town, enum order_state state, char who[64])
{
    uint32_t answered = 0;
    for (uint32_t o = 0; o < town->core->orders.high; o++) {
        struct order_view order;
        if (core_find_order(town->core, town->core->orders.rows[o].number, &order) &&
            order.state == state && order.person != NONE32 &&
            core_case_checks(town->core, order.case_no, &answered).count > 0 && answered == 0) {
            (void)snprintf(who, 64, "%s", person_of(town, order.person));
            return order.number;
        }
    }
    fail_msg("no inspection in state %d", (int)state);
    return 0;
}

static void test_plan_answer_is_refused_by_name_and_counts_once_there(void **state)
{
    struct town town;
    char who[64], other[64];
    struct order_view order;
    uint32_t answered = 0;
    (void)state;
    open_town(&town);
    const struct case_no no = begin(&town, "CAP-1", false);
    town_pass(&town, SECOND_MS);
    acknowledge_all(&town, no);
    town_pass(&town, 2 * MINUTE_MS);
    work_round(&town); /* accepts */
    const uint64_t coming = find_inspection(&town, ORDER_ACCEPTED, who);
    assert_int_equal(answer(&town, who, coming, "lines", 1, true), CODE_WRONG_STATE);
    assert_true((town.last.possible & action_bit(ACTION_ARRIVE)) != 0);
    assert_int_equal(answer(&town, who, 999999, "lines", 1, true), CODE_UNKNOWN_ORDER);
    assert_true(core_find_order(town.core, coming, &order));
    const struct place there = town_case(&town, order.case_no).place;
    assert_int_equal(
        town_act(&town, who, coming, order.case_no, ACTION_ARRIVE, REASON_NONE, there, NULL),
        CODE_DONE);
    const struct image_range checks = core_case_checks(town.core, order.case_no, &answered);
    char line[64] = "";
    for (uint32_t i = checks.count; i > 0; i--) {
        const struct policy_check *check = &town.policy.checks[checks.first + i - 1];
        if ((check->flags & CHECK_LINE_EVIDENCE) != 0) {
            (void)snprintf(line, sizeof line, "%.*s", (int)check->id.size,
                           policy_text(&town.policy, check->id));
        }
    }
    assert_true(line[0] != '\0');
    (void)snprintf(other, sizeof other, "%s", member_of(&town, "dept.ecology.duty"));
    assert_int_equal(answer(&town, other, coming, line, 1, true), CODE_NOT_YOURS);
    assert_int_equal(answer(&town, who, coming, "nothing.asked", 1, true), CODE_UNKNOWN_PLAN);
    assert_int_equal(answer(&town, who, coming, line, 1, false), CODE_CHECKLIST_OPEN);
    (void)core_case_checks(town.core, order.case_no, &answered);
    assert_int_equal(answered, 0); /* what was refused was not counted */
    assert_int_equal(answer(&town, who, coming, line, 1, true), CODE_DONE);
    (void)core_case_checks(town.core, order.case_no, &answered);
    assert_true(answered != 0 && (answered & (answered - 1)) == 0); /* one line */
    assert_int_equal(plan_of(&town, no).counts.failed, 0);
    assert_int_equal(answer(&town, who, coming, line, 0, true), CODE_DONE); /* looked again */
    struct duty_view duty;
    uint32_t number = 0;
    while (core_next_duty(town.core, no, &number, &duty) &&
           !case_no_is_equal(duty.case_no, order.case_no)) {
    }
    assert_true(duty.failed == answered && !duty.has_failed); /* that counts when it is done */
    core_check(town.core);
    town_close(&town);
}

/* Nobody does anything after the alert: it is told above the silent officer, and keeps being told. */
static void test_plans_silence_is_told_above_the_head(void **state)
{
    struct town town;
    (void)state;
    open_town(&town);
    assert_int_equal(alert(&town, "CAP-1", NULL, false), CODE_OPENED);
    const struct case_no no = town.last.case_no;
    town.effect_count = 0;
    town_pass(&town, 31 * MINUTE_MS); /* not even confirmed */
    assert_int_equal(plan_of(&town, no).state, PLAN_PENDING);
    assert_int_equal(notices_to(&town, "dept.ecology.lead"), 1);
    town.effect_count = 0;
    town_pass(&town, 30 * MINUTE_MS);
    assert_int_equal(notices_to(&town, "dept.ecology.lead"), 1);
    assert_int_equal(town_act(&town, member_of(&town, "dept.ecology.duty"), 0, no,
                              ACTION_PLAN_CONFIRM, REASON_NONE, nowhere, NULL),
                     CODE_DONE);
    town.effect_count = 0;
    town_pass(&town, 31 * MINUTE_MS); /* the head of ecology has not acknowledged the start */
    assert_int_equal(town_count(&town, ACTION_PLAN_TASK_LATE), 2);
    const struct image_string command = town.city.posts[town.city.info->command_post].code;
    assert_true(notices_to(&town, text_of(&town, command)) > 0); /* nobody else stands above it */
    town.effect_count = 0;
    town_pass(&town,
              100 * MINUTE_MS); /* contacts are silent: the inspections are begun all the same */
    assert_true(plan_of(&town, no).counts.overdue >= 1202);
    assert_int_equal(plan_of(&town, no).counts.waiting, 0);
    town.effect_count = 0;
    town_pass(&town, 60 * MINUTE_MS); /* three hours: the district has sent nobody */
    assert_int_equal(town_count(&town, ACTION_PLAN_SILENT), 1);
    assert_true(notices_to(&town, "district.command") > 0);
    core_check(town.core);
    town_close(&town);
}

static void test_plans_run_once_and_a_real_alert_ends_the_drill(void **state)
{
    struct town town;
    (void)state;
    open_town(&town);
    const struct case_no drill = begin(&town, "EX-1", true);
    assert_true(plan_of(&town, drill).is_drill);
    town_pass(&town, SECOND_MS);
    struct duty_view duty;
    uint32_t number = 0;
    uint32_t marked = 0;
    while (core_next_duty(town.core, drill, &number, &duty)) {
        marked += !case_no_is_none(duty.case_no);
    }
    assert_int_equal(marked, 80);
    for (uint32_t i = 0; i < town.effect_count; i++) { /* marked everywhere */
        assert_true(town.effects[i].kind != EFFECT_TIMELINE ||
                    town.effects[i].of.timeline.is_drill);
    }
    assert_int_equal(town_act(&town, "wang.fang", 0, (struct case_no){0, 0, 0}, ACTION_PLAN_START,
                              REASON_DRILL, nowhere, "plan.air.orange"),
                     CODE_NO_RIGHT);
    const char *lead = member_of(&town, "dept.ecology.lead");
    assert_int_equal(town_act(&town, lead, 0, (struct case_no){0, 0, 0}, ACTION_PLAN_START,
                              REASON_DRILL, nowhere, "plan.air.orange"),
                     CODE_PLAN_RUNNING);
    assert_int_equal(town_act(&town, lead, 0, (struct case_no){0, 0, 0}, ACTION_PLAN_START,
                              REASON_DRILL, nowhere, "plan.air.red"),
                     CODE_UNKNOWN_PLAN);
    const struct case_no real = begin(&town, "CAP-1", false);
    assert_false(case_no_is_equal(real, drill)); /* a drill never meets the real */
    town_pass(&town, MINUTE_MS);
    assert_int_equal(plan_of(&town, drill).state, PLAN_ENDED);
    assert_int_equal(plan_of(&town, real).state, PLAN_ACTIVE);
    /* An update of the same level is the same case; one of a message not known is refused. */
    assert_int_equal(alert(&town, "CAP-2", "CAP-1", false), CODE_MERGED);
    assert_true(case_no_is_equal(town.last.case_no, real));
    assert_int_equal(alert(&town, "CAP-3", "CAP-7", false), CODE_UNKNOWN_ALERT);
    assert_int_equal(lifted(&town, "CAP-4", "CAP-2"), CODE_CLEARED); /* by the newer message too */
    town_close(&town);
}

static void test_plans_accident_not_reported_is_a_case(void **state)
{
    struct town town;
    (void)state;
    open_town(&town);
    const struct town_field level[] = {{"level_pct", NULL, 40 * MICRO}, {0}};
    const struct town_field first[] = {{"enterprise", "ENT-00002", 0}, {0}};
    /* H-001 is inside ENT-00001 and nobody says a word; ENT-00002 reports in time; ENT-00003 before its sensor. */
    const struct town_field third[] = {{"enterprise", "ENT-00003", 0}, {0}};
    const struct town_field bad[] = {{"enterprise", "ENT-99999", 0}, {0}};
    assert_int_equal(
        town_event(&town, "emergency-exchange", "report.accident", NULL, nowhere, third),
        CODE_NO_RULE);
    assert_int_equal(
        town_event(&town, "sensor-gateway-1", "sensor.hazard", "H-001", nowhere, level),
        CODE_OPENED);
    assert_int_equal(
        town_event(&town, "sensor-gateway-1", "sensor.hazard", "H-002", nowhere, level),
        CODE_OPENED);
    assert_int_equal(
        town_event(&town, "sensor-gateway-1", "sensor.hazard", "H-003", nowhere, level),
        CODE_OPENED);
    assert_int_equal(town_event(&town, "emergency-exchange", "report.accident", NULL, nowhere, bad),
                     CODE_NO_RULE);
    town_pass(&town, 20 * MINUTE_MS);
    assert_int_equal(
        town_event(&town, "emergency-exchange", "report.accident", NULL, nowhere, first),
        CODE_NO_RULE);
    town_pass(&town, 39 * MINUTE_MS);
    assert_int_equal(town_count(&town, ACTION_LATE_REPORT), 0);
    town_pass(&town, 2 * MINUTE_MS);
    assert_int_equal(town_count(&town, ACTION_LATE_REPORT), 1);
    uint32_t late = 0;
    struct case_view view;
    for (uint32_t slot = 0; core_next_case(town.core, &slot, &view);) {
        char title[256];
        title_render(&town.city, &town.policy, &view, title, sizeof title);
        if (strncmp(title, "迟报：", strlen("迟报：")) == 0) {
            assert_string_equal(text_of(&town, town.city.assets[view.asset].code), "ENT-00001");
            late++;
        }
    }
    assert_int_equal(late, 1);
    assert_true(notices_to(&town, "city.command") > 0);
    core_check(town.core);
    town_close(&town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans_orange_alert_reaches_everybody_and_stands_down),
        cmocka_unit_test(test_plans_failed_checklist_opens_a_case),
        cmocka_unit_test(test_plan_answer_is_refused_by_name_and_counts_once_there),
        cmocka_unit_test(test_plans_silence_is_told_above_the_head),
        cmocka_unit_test(test_plans_run_once_and_a_real_alert_ends_the_drill),
        cmocka_unit_test(test_plans_accident_not_reported_is_a_case),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_plans.c", tests, make_city,
                                       remove_city);
}
