/* test_promised.c: whoever is on his way is held to the way that he was asked for, where a fix half way along a street would have
 * him seem far off; a promise that is broken, or that his fix belies, counts no more.
 *
 *   west ==10 min, one way==> corner <== 7 min ==> east          corner ==15 min==> west */
#include "tests/unit/core/town.c"

#include "engine/core/assign_round.h"
#include "engine/core/cases.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

static const struct case_no no_case = {0, 0, 0};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};
static const struct place west = {1163000000, 399050000};
static const struct place before_half = {1163060000, 399050000}; /* nearer to the west */
static const struct place corner = {1163130000, 399050000};
static const struct place east = {1163280000, 399050000};
static const struct place far_off = {1162300000, 399050000};

static int open_town(void **state)
{
    const char *at = town_copy();
    town_write(at, "roads/nodes.csv",
               "node,lon,lat\nw,116.3000,39.9050\nc,116.3130,39.9050\ne,116.3280,39.9050\n");
    town_write(at, "roads/arcs.csv",
               "from,to,both_ways,car_ms,walk_ms\nw,c,false,600000,\nc,w,false,900000,\n"
               "e,c,true,420000,\n");
    town_write(at, "rules/moves.yaml",
               "ruleset: 1\nevents:\n  try.call: {title: 试, title_en: try, lane: report, fields: "
               "{value: number}}\nrules:\n- id: try.call\n  title: 试\n  title_en: Try\n"
               "  owner: dept.sanitation\n  priority: 1\n  event: try.call\n"
               "  open: {class: \"E.09.09\", severity: 4, title: \"v\"}\n"
               "  assign: {role: traffic_officer, search: [city], pick: eta, reroute: true}\n");
    return town_setup_at(state, NULL, at);
}

/* Sun sets out from the west; then Qian is there in the east, 7 minutes off, at `seen_ms`. */
static struct case_no set_out(struct town *town)
{
    town_seen(town, "sun", STATUS_READY, west);
    town_seen(town, "qian", STATUS_OFF, (struct place){PLACE_NONE, PLACE_NONE});
    assert_int_equal(town_event(town, "sensor-1", "try.call", NULL, corner, value), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(town_act(town, "sun", town_order_of(town, "sun"), no_case, ACTION_ACCEPT,
                              REASON_NONE, west, NULL),
                     CODE_DONE);
    assert_string_equal(town_holder(town, no), "sun");
    return no;
}

/* Sun is at that place so long after he set out; who has the order when a round has looked at both? */
static bool sun_keeps(struct town *town, int64_t after_ms, struct place at)
{
    for (int64_t gone_ms = 0; gone_ms < after_ms; gone_ms += 5 * MINUTE_MS) {
        town_pass(town, min_i64(5 * MINUTE_MS, after_ms - gone_ms));
        town_seen(town, "sun", STATUS_READY, at);
    }
    town_seen(town, "qian", STATUS_READY, east);
    town_pass(town, 11 * SECOND_MS);
    assert_int_equal(town_count(town, ACTION_REROUTE), town_order_of(town, "sun") == 0);
    return town_order_of(town, "sun") != 0;
}

static void test_promised_way_holds_half_way_along_a_street(void **state)
{
    struct town *town = *state;
    const struct case_no no = set_out(town);
    /* By his fix he would need the whole street once more, 10 minutes; he has 5 left. */
    assert_true(sun_keeps(town, 290 * SECOND_MS, before_half));
    assert_string_equal(town_holder(town, no), "sun");
}

static void test_promised_way_that_is_longer_than_another_is_none(void **state)
{
    struct town *town = *state;
    (void)set_out(town);
    assert_false(sun_keeps(town, 20 * SECOND_MS, west)); /* 9 minutes and more are left */
    assert_int_equal(town_decision(town)->why, WHY_MOVED);
    assert_in_range(town_decision(town)->from_ms, 9 * MINUTE_MS, 10 * MINUTE_MS);
    assert_int_not_equal(town_order_of(town, "qian"), 0);
}

static void test_promised_way_is_not_believed_against_the_fix(void **state)
{
    struct town *town = *state;
    (void)set_out(town);
    /* He went the other way: nobody is back from there in time. */
    assert_false(sun_keeps(town, 590 * SECOND_MS, far_off));
}

static void test_promised_way_is_believed_while_it_is_late(void **state)
{
    struct town *town = *state;
    (void)set_out(town);
    assert_true(sun_keeps(town, 15 * MINUTE_MS, before_half));
}

static void test_promised_way_twice_over_is_broken(void **state)
{
    struct town *town = *state;
    (void)set_out(town);
    assert_false(sun_keeps(town, 21 * MINUTE_MS, before_half));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_TOWN(test) cmocka_unit_test_setup_teardown(test, open_town, town_teardown)
        IN_TOWN(test_promised_way_holds_half_way_along_a_street),
        IN_TOWN(test_promised_way_that_is_longer_than_another_is_none),
        IN_TOWN(test_promised_way_is_not_believed_against_the_fix),
        IN_TOWN(test_promised_way_is_believed_while_it_is_late),
        IN_TOWN(test_promised_way_twice_over_is_broken),
    };
    return cmocka_run_group_tests_name("core/promised", tests, NULL, NULL);
}
