/* test_contacts.c: a sealed contact is kept with its case or let go, and whoever holds its key is told which. */
#include "tests/unit/core/town.c"

#include "engine/core/snapshot.h"

static const struct place corner = {1163060000, 399060000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};

static int open_town(void **state)
{
    struct town *town = malloc(sizeof *town);
    struct limits limits = town_limits();
    limits.contacts = 10;
    town_open(town, &limits);
    *state = town;
    return 0;
}

/* What was last said of that key; NOTHING: not a word. */
static enum code said_of(const struct town *town, uint64_t contact)
{
    for (uint32_t i = town->effect_count; i > 0; i--) {
        const struct effect *effect = &town->effects[i - 1];
        if (effect->kind == EFFECT_CONTACT && effect->of.contact.id.lo == contact) {
            return (enum code)effect->of.contact.code;
        }
    }
    return CODE_NOTHING;
}

static enum code report(struct town *town, const char *source, const char *type, uint64_t contact)
{
    char id[32];
    (void)snprintf(id, sizeof id, "r-%llu", (unsigned long long)++town->event_serial);
    const struct town_field full[] = {{"confidence", NULL, 900000}, {"fill", NULL, 900000}, {0}};
    const struct town_report row = {
        .id = id, .type = type, .place = corner, .fields = full, .contact = contact};
    town_send(town, source, (struct town_outbox){0, 0, 0}, &row, 1);
    return (enum code)town->last.code;
}

static uint32_t count_of(const struct town *town, struct case_no no, bool *out_is_erased)
{
    struct contact_view views[CASE_CONTACTS_MAX];
    return core_case_contacts(town->core, no, views, CASE_CONTACTS_MAX, out_is_erased);
}

static enum code ask(struct town *town, const char *who, struct case_no no, enum action action)
{
    return town_act(town, who, 0, no, action, REASON_CALL_BACK, nowhere, NULL);
}

static void test_contacts_are_kept_with_their_case_in_order(void **state)
{
    struct town *town = *state;
    struct contact_view views[CASE_CONTACTS_MAX];
    bool is_erased;
    assert_int_equal(report(town, "hotline-1", "hotline.garbage", 3), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(said_of(town, 3), CODE_DONE);
    town_pass(town, 40 * MINUTE_MS);
    for (uint64_t c = 4; c < 4 + CASE_CONTACTS_MAX; c++) {
        assert_int_equal(report(town, "hotline-1", "hotline.garbage", c), CODE_MERGED);
        assert_int_equal(said_of(town, c),
                         c < 3 + CASE_CONTACTS_MAX ? CODE_DONE : CODE_TOO_MANY_EVENTS);
        town_pass(town, 40 * MINUTE_MS);
    }
    assert_int_equal(core_case_contacts(town->core, no, views, CASE_CONTACTS_MAX, &is_erased),
                     CASE_CONTACTS_MAX);
    for (uint32_t i = 0; i < CASE_CONTACTS_MAX; i++) {
        assert_int_equal(views[i].id.lo, 3 + i);
        assert_int_equal(views[i].sealed[100], 3 + i);
    }
    assert_false(is_erased);
}

static void test_contacts_that_join_no_case_are_let_go(void **state)
{
    struct town *town = *state;
    assert_int_equal(report(town, "hotline-1", "hotline.unheard_of", 3), CODE_NO_RULE);
    assert_int_equal(said_of(town, 3), CODE_NO_RULE);
    assert_int_equal(report(town, "cam-1", "camera.garbage_overflow", 4), CODE_NO_RIGHT);
    assert_int_equal(said_of(town, 4), CODE_NO_RIGHT);
    assert_int_equal(report(town, "sensor-1", "sensor.water_level", 5), CODE_NO_RIGHT);
    assert_int_equal(report(town, "nobody-9", "hotline.garbage", 6), CODE_UNKNOWN_IDENTITY);
    assert_int_equal(said_of(town, 6), CODE_UNKNOWN_IDENTITY);
    assert_int_equal(report(town, "auditor.an", "hotline.garbage", 7), CODE_NO_RIGHT);
    assert_int_equal(said_of(town, 7), CODE_NO_RIGHT);
    const struct town_report rows[] = {
        {.id = "a", .type = "hotline.garbage", .place = corner, .contact = 8},
        {.id = "b", .type = "hotline.garbage", .place = corner, .contact = 9}};
    town_send(town, "hotline-1", (struct town_outbox){5, 1, 77}, rows, 1);
    assert_int_equal(said_of(town, 8), CODE_DONE);
    town_send(town, "hotline-1", (struct town_outbox){5, 1, 77}, &rows[1],
              1); /* crossed its own resend */
    assert_int_equal(said_of(town, 9), CODE_DEDUPED);
    town_send(town, "hotline-1", (struct town_outbox){5, 9, 77}, &rows[1], 1);
    assert_int_equal(said_of(town, 9), CODE_SEQ_GAP);
}

static void test_contacts_reveal_and_erase(void **state)
{
    struct town *town = *state;
    bool is_erased;
    assert_int_equal(report(town, "hotline-1", "hotline.garbage", 3), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(ask(town, "wang", no, ACTION_REVEAL), CODE_NO_RIGHT);
    assert_int_equal(ask(town, "dispatcher.du", no, ACTION_ERASE), CODE_NO_RIGHT);
    assert_int_equal(town_act(town, "intake.yin", 0, no, ACTION_REVEAL, REASON_NONE, nowhere, NULL),
                     CODE_REASON_NEEDED);
    assert_int_equal(ask(town, "intake.yin", no, ACTION_REVEAL), CODE_DONE);
    assert_int_equal(ask(town, "dispatcher.du", no, ACTION_REVEAL), CODE_DONE);
    assert_int_equal(town_count(town, ACTION_REVEAL), 2);
    assert_int_equal(said_of(town, 3), CODE_DONE);
    assert_int_equal(ask(town, "chief.chu", no, ACTION_ERASE), CODE_DONE);
    assert_int_equal(said_of(town, 3), CODE_CONTACT_ERASED);
    assert_int_equal(ask(town, "chief.chu", no, ACTION_ERASE), CODE_CONTACT_ERASED);
    assert_int_equal(ask(town, "intake.yin", no, ACTION_REVEAL), CODE_CONTACT_ERASED);
    assert_int_equal(count_of(town, no, &is_erased), 0);
    assert_true(is_erased);
    town_pass(town, 40 * MINUTE_MS);
    assert_int_equal(report(town, "hotline-1", "hotline.garbage", 4),
                     CODE_MERGED); /* somebody else reports */
    assert_int_equal(ask(town, "intake.yin", no, ACTION_REVEAL), CODE_DONE);
}

static void test_contacts_go_when_the_case_leaves(void **state)
{
    struct town *town = *state;
    bool is_erased;
    assert_int_equal(report(town, "hotline-1", "hotline.garbage", 3), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(
        town_act(town, "chief.chu", 0, no, ACTION_FORCE_CLOSE, REASON_OTHER, nowhere, NULL),
        CODE_DONE);
    assert_int_equal(ask(town, "intake.yin", no, ACTION_REVEAL),
                     CODE_DONE); /* while it can be reopened */
    town_pass(town, 30 * DAY_MS);
    assert_int_equal(said_of(town, 3), CODE_GONE);
    assert_int_equal(ask(town, "intake.yin", no, ACTION_REVEAL), CODE_GONE);
    assert_int_equal(count_of(town, no, &is_erased), 0);
}

static void test_contacts_full_table_lets_go(void **state)
{
    struct town *town = *state;
    uint64_t contact = 3;
    for (; contact < 16; contact++) {
        assert_int_equal(report(town, "hotline-1", "hotline.garbage", contact), CODE_OPENED);
        const struct case_no no = town->last.case_no;
        assert_int_equal(said_of(town, contact), contact < 13 ? CODE_DONE : CODE_TABLE_FULL);
        (void)town_act(town, "chief.chu", 0, no, ACTION_VOID, REASON_OTHER, nowhere, NULL);
        town_pass(town, 35 * MINUTE_MS);
    }
    town_pass(town, 30 * DAY_MS - 8 * HOUR_MS); /* all have left: there is room again */
    assert_int_equal(report(town, "hotline-1", "hotline.garbage", contact), CODE_OPENED);
    assert_int_equal(said_of(town, contact), CODE_DONE);
}

static void test_contacts_forget_the_fix_off_shift(void **state)
{
    struct town *town = *state;
    struct worker_view view;
    town_seen(town, "chen", STATUS_READY, corner); /* 08:20, in shift.day */
    assert_true(core_find_worker(town->core, town_id("chen"), &view));
    assert_int_equal(view.fix.lon, corner.lon);
    town_pass(town, 14 * HOUR_MS); /* 22:20 */
    town_seen(town, "chen", STATUS_READY, corner);
    assert_true(core_find_worker(town->core, town_id("chen"), &view));
    assert_false(view.is_in_hours);
    assert_int_equal(view.fix.lon, PLACE_NONE);
    town_seen(town, "wang", STATUS_READY, corner); /* no shift: always on */
    assert_true(core_find_worker(town->core, town_id("wang"), &view));
    assert_int_equal(view.fix.lon, corner.lon);
    town_seen(town, "wang", STATUS_OFF, corner);
    assert_true(core_find_worker(town->core, town_id("wang"), &view));
    assert_int_equal(view.fix.lon, PLACE_NONE);
}

#define TOWN_TEST(name) cmocka_unit_test_setup_teardown(name, open_town, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOWN_TEST(test_contacts_are_kept_with_their_case_in_order),
        TOWN_TEST(test_contacts_that_join_no_case_are_let_go),
        TOWN_TEST(test_contacts_reveal_and_erase),
        TOWN_TEST(test_contacts_go_when_the_case_leaves),
        TOWN_TEST(test_contacts_full_table_lets_go),
        TOWN_TEST(test_contacts_forget_the_fix_off_shift),
    };
    return cmocka_run_group_tests_name("engine/core/contacts", tests, NULL, NULL);
}
