/* test_agents.c: what people do shows in what happens: nobody accepts, nobody can be reached, everybody hands back. */
#include "tests/unit/sim/run_fixture.h"

static struct town town;

static int open_town(void **state)
{
    (void)state;
    town_open(&town, 120);
    return 0;
}

static int close_town(void **state)
{
    (void)state;
    town_close(&town);
    return 0;
}

/* A run in which one share is set and all others are 0. */
static struct report play_with(enum rate_share_kind share, uint32_t permille)
{
    struct report report;
    town.rates = agent_rates_default();
    memset(town.rates.shares, 0, sizeof town.rates.shares);
    if (share < RATE_SHARE_COUNT) {
        town.rates.shares[share] = permille;
    }
    struct run *run = town_play(&town, run_options_default());
    report_make(&report, run);
    run_free(run);
    assert_int_equal(report.cases.open, 0); /* whatever people do, every loop closes */
    assert_int_equal(report.agents.rejects, 0);
    return report;
}

static void test_agents_reliable_people_refuse_and_return_nothing(void **state)
{
    (void)state;
    struct report report = play_with(RATE_SHARE_COUNT, 0);
    assert_int_equal(report.core.declined, 0);
    assert_int_equal(report.core.checks_failed, 0);
    assert_int_equal(report.core.voided, 0);
    assert_true(report.core.accepted > 0);
    assert_true(report.core.checks_passed > 0);
    report_fini(&report);
}

static void test_agents_who_decline_all_leave_it_to_desks(void **state)
{
    (void)state;
    struct report report = play_with(SHARE_DECLINE, 1000);
    assert_int_equal(report.core.accepted, 0);
    assert_true(report.core.declined > 50);
    assert_int_equal(report.cases.never_reached, report.cases.cases);
    assert_int_equal(report.cases.closed, report.cases.cases);
    report_fini(&report);
}

static void test_agents_who_ignore_all_let_offers_expire(void **state)
{
    (void)state;
    struct report report = play_with(SHARE_IGNORE, 1000);
    assert_int_equal(report.core.accepted, 0);
    assert_int_equal(report.core.declined, 0);
    assert_true(report.core.expired > 50);
    report_fini(&report);
}

static void test_agents_who_return_all_are_seen_on_site(void **state)
{
    (void)state;
    struct report report = play_with(SHARE_RETURN, 1000);
    assert_true(report.core.returned > 0);
    assert_true(report.times[TIME_OPEN_TO_ARRIVE].count > 0);
    report_fini(&report);
}

static void test_agents_failed_checks_send_cases_back(void **state)
{
    (void)state;
    struct report report = play_with(SHARE_CHECK_FAIL, 300);
    assert_true(report.core.checks_failed > 5);
    assert_true(report.core.checks_passed > report.core.checks_failed);
    report_fini(&report);
}

static void test_agents_who_deny_reports_void_them(void **state)
{
    (void)state;
    struct report report = play_with(SHARE_VERIFY_NO, 1000);
    assert_true(report.cases.voided > 0);
    report_fini(&report);
}

static void test_agents_without_signal_deliver_later(void **state)
{
    (void)state;
    struct report report = play_with(SHARE_SIGNAL_LOSS, 300);
    assert_true(report.core.accepted > 0);
    assert_true(report.agents.acts_late > 0); /* said when it no longer counted */
    report_fini(&report);
}

static void test_agents_travel_at_the_speed_of_their_mode(void **state)
{
    (void)state;
    int64_t took_ms[2];
    for (uint32_t i = 0; i < 2; i++) {
        town.rates = agent_rates_default();
        town.rates.shares[SHARE_EXCEPTION] = 0;
        town.rates.mode_count = 1;
        town.rates.modes[0] = (struct rate_mode){
            .name = "walk", .speed_mm_per_s = i == 0 ? 1000 : 10000, .detour_permille = 1300};
        struct report report;
        struct run *run = town_play(&town, run_options_default());
        report_make(&report, run);
        took_ms[i] = report.times[TIME_ACCEPT_TO_ARRIVE].mean;
        report_fini(&report);
        run_free(run);
    }
    assert_true(2 * took_ms[0] > 3 * took_ms[1]); /* the way is not all of it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agents_reliable_people_refuse_and_return_nothing),
        cmocka_unit_test(test_agents_who_decline_all_leave_it_to_desks),
        cmocka_unit_test(test_agents_who_ignore_all_let_offers_expire),
        cmocka_unit_test(test_agents_who_return_all_are_seen_on_site),
        cmocka_unit_test(test_agents_failed_checks_send_cases_back),
        cmocka_unit_test(test_agents_who_deny_reports_void_them),
        cmocka_unit_test(test_agents_without_signal_deliver_later),
        cmocka_unit_test(test_agents_travel_at_the_speed_of_their_mode),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_agents", tests, open_town, close_town);
}
