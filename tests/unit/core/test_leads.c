/* test_leads.c: who leads when whoever led is lost: the next of those asked, who is told, or a helper on his way; the timeline says
 * who holds the case at every step. */
#include "tests/unit/core/town.c"

#include "engine/core/cases.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

static const struct case_no no_case = {0, 0, 0};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};

static struct place east(int32_t steps)
{
    return (struct place){1162970000 + steps * 58, 399050000};
}

static void write_rules(const char *at)
{
    static const char *const RULES[][3] = {
        {"many", "1", "{role: grid_worker, search: [city], pick: nearest, offer: parallel 3}"},
        {"pair", "1",
         "{role: grid_worker, search: [city], pick: nearest, offer: parallel 2, count: 2}"},
        {"two", "4", "{role: traffic_officer, search: [city], pick: nearest, count: 2}"},
        {"urgent", "1", "{role: traffic_officer, search: [city], pick: nearest, preempt: true}"},
    };
    char path[128];
    (void)snprintf(path, sizeof path, "%s/rules/leads.yaml", at);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    (void)fprintf(out, "ruleset: 1\nevents:\n");
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        (void)fprintf(
            out, "  try.%s: {title: 试, title_en: try, lane: report, fields: {value: number}}\n",
            RULES[i][0]);
    }
    (void)fprintf(out, "rules:\n");
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        (void)fprintf(out,
                      "- id: try.%s\n  title: 试\n  title_en: Try\n  owner: dept.sanitation\n"
                      "  priority: 1\n  event: try.%s\n"
                      "  open: {class: \"E.09.09\", severity: %s, title: \"v\"}\n  assign: %s\n",
                      RULES[i][0], RULES[i][0], RULES[i][1], RULES[i][2]);
    }
    assert_int_equal(fclose(out), 0);
}

static int open_town(void **state)
{
    const char *at = town_copy();
    write_rules(at);
    (void)town_setup_at(state, NULL, at);
    struct town *town = *state;
    town_seen(town, "wang", STATUS_READY, east(0));
    town_seen(town, "li", STATUS_READY, east(100));
    town_seen(town, "chen", STATUS_READY, east(200));
    town_seen(town, "sun", STATUS_READY, east(0));
    town_seen(town, "qian", STATUS_READY, east(4000));
    return 0;
}

static struct case_no report(struct town *town, const char *type)
{
    assert_int_equal(town_event(town, "sensor-1", type, NULL, east(0), value), CODE_OPENED);
    return town->last.case_no;
}

static enum code act(struct town *town, const char *who, enum action action)
{
    return town_act(town, who, town_order_of(town, who), no_case, action, REASON_BUSY, east(0),
                    NULL);
}

static void work(struct town *town, const char *who)
{
    assert_int_equal(act(town, who, ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, who, ACTION_DONE), CODE_DONE);
}

/* Who has the active lead order of the case, or "". */
static const char *lead_of(const struct town *town, struct case_no no)
{
    static const char *const PEOPLE[] = {"wang", "li", "chen", "sun", "qian"};
    const struct core *core = town->core;
    const uint32_t slot =
        orders_find_lead(core, cases_peek(&core->cases, cases_find(&core->cases, no)));
    for (size_t i = 0; slot != NONE32 && i < COUNT_OF(PEOPLE); i++) {
        if (workers_find(&core->workers, town_id(PEOPLE[i])) ==
            orders_peek(&core->orders, slot)->worker) {
            assert_int_equal(orders_peek(&core->orders, slot)->kind, KIND_HANDLE);
            return PEOPLE[i];
        }
    }
    return "";
}

/* The newest line of the story is that action about the person, and says that the holder is who holds the case. */
static void expect_told(const struct town *town, enum action action, const char *who,
                        enum holder_kind holder)
{
    const struct core *core = town->core;
    for (uint32_t i = town->effect_count; i > 0; i--) {
        const struct effect *effect = &town->effects[i - 1];
        if (effect->kind == EFFECT_TIMELINE) {
            const struct effect_timeline *line = &effect->of.timeline;
            assert_int_equal(line->action, action);
            assert_int_equal(line->subject,
                             core->workers.rows[workers_find(&core->workers, town_id(who))].person);
            assert_int_equal(line->holder.kind, holder);
            assert_int_equal(line->order_kind, KIND_HANDLE);
            return;
        }
    }
    fail();
}

/* Was the newest thing that somebody's app was told a change of the order he has? */
static void expect_changed(const struct town *town, const char *who)
{
    const struct worker_row *row =
        &town->core->workers.rows[workers_find(&town->core->workers, town_id(who))];
    const struct item_row *item = worker_item(
        &town->core->workers, workers_find(&town->core->workers, town_id(who)), row->item_seq_last);
    assert_int_equal(item->kind, ITEM_CHANGE);
    assert_true(item->order == town_order_of(town, who));
}

/* ---- asked at the same time ---- */

static void test_leads_pass_on_when_the_lead_of_several_declines(void **state)
{
    struct town *town = *state;
    const struct case_no no = report(town, "try.many");
    assert_string_equal(lead_of(town, no), "wang");
    assert_int_equal(town_count(town, ACTION_NEXT_LEAD), 0);
    assert_int_equal(act(town, "wang", ACTION_DECLINE), CODE_DONE);
    assert_string_equal(lead_of(town, no), "li");
    expect_told(town, ACTION_NEXT_LEAD, "li", HOLDER_POST);
    expect_changed(town, "li");
    assert_string_equal(town_holder(town, no), "town.command");
    assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
    assert_string_equal(lead_of(town, no), "chen");
    expect_told(town, ACTION_NEXT_LEAD, "chen", HOLDER_POST);
    assert_int_equal(act(town, "chen", ACTION_DECLINE), CODE_DONE);
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
    assert_int_equal(town_count(town, ACTION_NEXT_LEAD), 2);
    assert_int_equal(town_count(town, ACTION_NOBODY), 1);
}

static void test_leads_stay_when_a_helper_declines(void **state)
{
    struct town *town = *state;
    const struct case_no no = report(town, "try.many");
    assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
    assert_string_equal(lead_of(town, no), "wang");
    assert_int_equal(town_count(town, ACTION_NEXT_LEAD), 0);
}

static void test_leads_pass_on_when_all_offers_run_out_at_one_instant(void **state)
{
    struct town *town = *state;
    const struct case_no no = report(town, "try.many");
    town_pass(town, 10 * MINUTE_MS);
    assert_int_equal(town_count(town, ACTION_EXPIRE), 3);
    assert_int_equal(town_count(town, ACTION_NEXT_LEAD), 2);
    assert_string_equal(lead_of(town, no), "");
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
}

static void test_leads_go_to_a_helper_who_has_accepted(void **state)
{
    struct town *town = *state;
    const struct case_no no = report(town, "try.pair");
    assert_int_equal(act(town, "chen", ACTION_ACCEPT), CODE_DONE);
    assert_string_equal(lead_of(town, no), "wang"); /* asked first, may still come */
    assert_int_equal(act(town, "wang", ACTION_DECLINE), CODE_DONE);
    assert_string_equal(lead_of(town, no), "chen");
    expect_told(town, ACTION_REASSIGN, "chen", HOLDER_PERSON);
    expect_changed(town, "chen");
    assert_string_equal(town_holder(town, no), "chen");
    assert_int_equal(town_count(town, ACTION_NEXT_LEAD), 0);
}

static void test_leads_of_a_part_that_is_done_go_to_who_is_asked(void **state)
{
    struct town *town = *state;
    const struct case_no no = report(town, "try.pair");
    assert_int_equal(act(town, "chen", ACTION_ACCEPT), CODE_DONE);
    work(town, "chen"); /* a helper's part */
    assert_string_equal(town_holder(town, no), "town.command");
    assert_int_equal(act(town, "wang", ACTION_DECLINE), CODE_DONE);
    assert_string_equal(lead_of(town, no), "li"); /* who has done a part is not asked again */
    expect_told(town, ACTION_NEXT_LEAD, "li", HOLDER_POST);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_string_equal(town_holder(town, no), "li");
    work(town, "li");
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
}

static void test_leads_of_a_part_that_is_done_end_at_a_desk(void **state)
{
    struct town *town = *state;
    const struct case_no no = report(town, "try.pair");
    assert_int_equal(act(town, "chen", ACTION_ACCEPT), CODE_DONE);
    work(town, "chen");
    assert_int_equal(act(town, "wang", ACTION_DECLINE), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
    assert_string_equal(lead_of(town, no), "");
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
}

/* ---- two, one after the other ---- */

static void test_leads_are_nobodys_while_only_a_helper_is_asked(void **state)
{
    struct town *town = *state;
    const struct case_no no = report(town, "try.two");
    assert_string_equal(lead_of(town, no), "sun");
    assert_int_equal(act(town, "sun", ACTION_DECLINE), CODE_DONE);
    assert_string_equal(lead_of(town, no), "");
    assert_int_equal(town_count(town, ACTION_NOBODY), 1); /* and so the command post holds it */
    assert_string_equal(town_holder(town, no), "town.command");
    assert_int_equal(act(town, "qian", ACTION_ACCEPT), CODE_DONE);
    assert_string_equal(lead_of(town, no), "qian");
    assert_string_equal(town_holder(town, no), "qian");
}

static void test_leads_taken_before_they_accept_go_to_the_helper_on_his_way(void **state)
{
    struct town *town = *state;
    const struct case_no no = report(town, "try.two");
    assert_int_equal(act(town, "qian", ACTION_ACCEPT), CODE_DONE);
    assert_string_equal(town_holder(town, no), "town.command");
    const struct case_no urgent = report(town, "try.urgent"); /* sun is there and gone from `no` */
    assert_string_equal(lead_of(town, urgent), "sun");
    assert_string_equal(lead_of(town, no), "");
    town_pass(town, SECOND_MS);
    assert_string_equal(lead_of(town, no), "qian");
    assert_string_equal(town_holder(town, no), "qian");
    assert_int_equal(town_case(town, no).state, CASE_ASSIGNED);
    assert_int_equal(town_count(town, ACTION_REASSIGN), 1);
    expect_changed(town, "qian");
}

static void test_leads_taken_on_their_way_go_to_the_helper_at_once(void **state)
{
    struct town *town = *state;
    const struct case_no no = report(town, "try.two");
    assert_int_equal(act(town, "sun", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "qian", ACTION_ACCEPT), CODE_DONE);
    const struct case_no urgent = report(town, "try.urgent");
    assert_string_equal(lead_of(town, urgent), "sun");
    assert_string_equal(lead_of(town, no), "qian");
    assert_string_equal(town_holder(town, no), "qian");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_TOWN(test) cmocka_unit_test_setup_teardown(test, open_town, town_teardown)
        IN_TOWN(test_leads_pass_on_when_the_lead_of_several_declines),
        IN_TOWN(test_leads_stay_when_a_helper_declines),
        IN_TOWN(test_leads_pass_on_when_all_offers_run_out_at_one_instant),
        IN_TOWN(test_leads_go_to_a_helper_who_has_accepted),
        IN_TOWN(test_leads_of_a_part_that_is_done_go_to_who_is_asked),
        IN_TOWN(test_leads_of_a_part_that_is_done_end_at_a_desk),
        IN_TOWN(test_leads_are_nobodys_while_only_a_helper_is_asked),
        IN_TOWN(test_leads_taken_before_they_accept_go_to_the_helper_on_his_way),
        IN_TOWN(test_leads_taken_on_their_way_go_to_the_helper_at_once),
    };
    return cmocka_run_group_tests_name("core/leads", tests, NULL, NULL);
}
