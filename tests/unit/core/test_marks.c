/* test_marks.c: exactly once, with a horizon: watermarks, kept results, epochs; of gateways and of persons. */
#include "tests/unit/core/town.c"

#include "engine/core/marks.h"
#include "engine/core/state.h"
#include "engine/core/workers.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};

#define ANSWERS_MAX 8u

struct answers {
    uint32_t count;
    struct effect_result of[ANSWERS_MAX];
};

/* Sends two events: one that opens a case, one of a type nobody knows; returns the answers. */
static struct answers send(struct town *town, uint64_t epoch, uint64_t seq, uint64_t digest)
{
    char first[32];
    char second[32];
    (void)snprintf(first, sizeof first, "a%llu.%llu", (unsigned long long)epoch,
                   (unsigned long long)digest);
    (void)snprintf(second, sizeof second, "b%llu.%llu", (unsigned long long)epoch,
                   (unsigned long long)digest);
    const struct town_report reports[] = {
        {.id = first, .type = "sensor.odd", .place = near_bin, .fields = value},
        {.id = second, .type = "sensor.unheard_of", .place = near_bin, .fields = value}};
    const uint32_t from = town->effect_count;
    struct answers answers = {.count = 0};
    town_send(town, "sensor-1", (struct town_outbox){epoch, seq, digest}, reports, 2);
    for (uint32_t i = from; i < town->effect_count; i++) {
        if (town->effects[i].kind == EFFECT_RESULT) {
            assert_true(answers.count < ANSWERS_MAX);
            answers.of[answers.count++] = town->effects[i].of.result;
        }
    }
    return answers;
}

static void is_refused(struct answers answers, enum code code)
{
    assert_int_equal(answers.count, 1);
    assert_int_equal(answers.of[0].code, code);
}

static void test_marks_resend_gets_the_same_codes_and_cases(void **state)
{
    struct town *town = *state;
    struct answers first[5];
    for (uint64_t seq = 1; seq <= 4; seq++) {
        first[seq] = send(town, 7, seq, 100 + seq);
        assert_int_equal(first[seq].count, 2);
        assert_int_equal(first[seq].of[0].code, CODE_OPENED);
        assert_int_equal(first[seq].of[0].case_no.serial, seq);
        assert_int_equal(first[seq].of[1].code, CODE_NO_RULE);
    }
    const struct hash128 digest = core_digest(town->core);
    for (uint64_t seq = 1; seq <= 4; seq++) {
        const struct answers again = send(town, 7, seq, 100 + seq);
        assert_int_equal(again.count, 2);
        for (uint32_t i = 0; i < 2; i++) {
            assert_int_equal(again.of[i].code, first[seq].of[i].code);
            assert_int_equal(again.of[i].index, i);
            assert_int_equal(again.of[i].seq, seq);
            assert_true(case_no_is_equal(again.of[i].case_no, first[seq].of[i].case_no));
        }
    }
    assert_true(hash128_is_equal(core_digest(town->core), digest)); /* a resend changes nothing */
    assert_int_equal(core_counts_now(town->core)->opened, 4);
}

static void test_marks_fifth_last_batch_is_forgotten(void **state)
{
    struct town *town = *state;
    for (uint64_t seq = 1; seq <= 5; seq++) {
        (void)send(town, 1, seq, seq);
    }
    is_refused(send(town, 1, 1, 1), CODE_FORGOTTEN);
    assert_int_equal(send(town, 1, 2, 2).of[0].code, CODE_OPENED);
    assert_int_equal(core_counts_now(town->core)->opened, 5);
}

static void test_marks_numbers_follow_each_other(void **state)
{
    struct town *town = *state;
    is_refused(send(town, 3, 2, 9), CODE_SEQ_GAP); /* an outbox starts at 1 */
    (void)send(town, 3, 1, 10);
    is_refused(send(town, 3, 3, 11), CODE_SEQ_GAP);
    is_refused(send(town, 3, 1, 99), CODE_SEQ_REUSED);
    is_refused(send(town, 3, 0, 10), CODE_SEQ_GAP);
    is_refused(send(town, 2, 1, 12), CODE_EPOCH_OLD);
    is_refused(send(town, 4, 2, 13), CODE_SEQ_GAP);
    assert_int_equal(core_outbox_mark(town->core, town_id("sensor-1")).epoch, 3);
    assert_int_equal(core_outbox_mark(town->core, town_id("sensor-1")).last_seq, 1);
    assert_int_equal(core_counts_now(town->core)->events, 2);
}

static void test_marks_new_epoch_forgets_the_old(void **state)
{
    struct town *town = *state;
    (void)send(town, 1, 1, 1);
    (void)send(town, 1, 2, 2);
    assert_int_equal(send(town, 5, 1, 50).of[0].code, CODE_OPENED);
    is_refused(send(town, 1, 2, 2), CODE_EPOCH_OLD);
    /* seq 2 of the old epoch is not given as seq 2 of the new one. */
    is_refused(send(town, 5, 3, 2), CODE_SEQ_GAP);
    assert_int_equal(send(town, 5, 2, 2).of[0].code, CODE_OPENED);
}

static void test_marks_batch_past_the_limit_is_refused_whole(void **state)
{
    struct town *town = *state;
    struct town_report reports[17];
    char ids[17][8];
    for (uint32_t i = 0; i < 17; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "x%u", i);
        reports[i] = (struct town_report){
            .id = ids[i], .type = "sensor.odd", .place = near_bin, .fields = value};
    }
    town_send(town, "sensor-1", (struct town_outbox){1, 1, 1}, reports, 17);
    assert_int_equal(town->last.code, CODE_TOO_LARGE);
    assert_int_equal(core_counts_now(town->core)->events, 0);
    assert_int_equal(core_outbox_mark(town->core, town_id("sensor-1")).last_seq, 0);
    town_send(town, "sensor-1", (struct town_outbox){1, 1, 1}, reports, 16);
    assert_int_equal(core_counts_now(town->core)->opened, 16);
}

static void test_marks_results_can_be_asked_for(void **state)
{
    struct town *town = *state;
    struct effect_result results[4];
    uint32_t count = 77;
    const struct hash128 sensor = town_id("sensor-1");
    (void)send(town, 1, 1, 10);
    assert_int_equal(core_find_results(town->core, sensor, 1, 2, 11, results, 4, &count),
                     ERR_NOT_FOUND);
    assert_int_equal(core_find_results(town->core, sensor, 2, 1, 11, results, 4, &count),
                     ERR_NOT_FOUND);
    assert_int_equal(core_find_results(town->core, town_id("nemo"), 1, 1, 10, results, 4, &count),
                     ERR_NOT_FOUND);
    assert_int_equal(core_find_results(town->core, sensor, 1, 1, 10, results, 1, &count),
                     ERR_TOO_LARGE);
    assert_int_equal(core_find_results(town->core, sensor, 1, 1, 10, results, 0, &count),
                     ERR_TOO_LARGE);
    assert_int_equal(count, 77);
    assert_int_equal(core_find_results(town->core, sensor, 1, 1, 10, results, 2, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(results[0].code, CODE_OPENED);
    assert_int_equal(core_find_results(town->core, sensor, 1, 1, 11, results, 2, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(results[0].code, CODE_SEQ_REUSED);
}

/* ---- persons ---- */

static enum code comment(struct town *town, struct case_no no, struct town_outbox outbox)
{
    struct batch_writer writer;
    struct command_head head = town_head(town, COMMAND_ACT, "li");
    const struct act_body body = {
        .case_no = no, .place = NONE32, .at_ms = town->now_ms, .action = ACTION_COMMENT};
    head.epoch = outbox.epoch;
    head.seq = outbox.seq;
    head.content_digest = outbox.digest;
    town_begin(&writer);
    assert_int_equal(batch_put_act(&writer, &head, &body, nowhere, NULL, NULL), ERR_OK);
    town_step(town, &writer);
    return (enum code)town->last.code;
}

static void test_marks_acts_of_persons_are_kept_too(void **state)
{
    struct town *town = *state;
    const struct case_no no = send(town, 1, 1, 1).of[0].case_no;
    const struct case_no unknown = {1, 2, 3};
    assert_int_equal(comment(town, unknown, (struct town_outbox){2, 1, 1}), CODE_UNKNOWN_CASE);
    for (uint64_t seq = 2; seq <= 4; seq++) {
        assert_int_equal(comment(town, no, (struct town_outbox){2, seq, seq}), CODE_DONE);
    }
    const uint32_t said = town_count(town, ACTION_COMMENT);
    const struct hash128 digest = core_digest(town->core);
    assert_int_equal(comment(town, unknown, (struct town_outbox){2, 1, 1}), CODE_UNKNOWN_CASE);
    assert_int_equal(comment(town, no, (struct town_outbox){2, 4, 4}), CODE_DONE);
    assert_true(case_no_is_equal(town->last.case_no, no));
    assert_int_equal(town->last.state, CASE_ASSIGNED);
    assert_int_equal(comment(town, no, (struct town_outbox){2, 4, 5}), CODE_SEQ_REUSED);
    assert_int_equal(comment(town, no, (struct town_outbox){2, 6, 6}), CODE_SEQ_GAP);
    assert_int_equal(comment(town, no, (struct town_outbox){1, 1, 6}), CODE_EPOCH_OLD);
    assert_int_equal(town_count(town, ACTION_COMMENT), said);
    assert_true(hash128_is_equal(core_digest(town->core), digest));
    assert_int_equal(comment(town, no, (struct town_outbox){2, 5, 5}), CODE_DONE);
    assert_int_equal(comment(town, no, (struct town_outbox){2, 1, 1}), CODE_FORGOTTEN);
    assert_int_equal(comment(town, no, (struct town_outbox){3, 1, 1}), CODE_DONE);
    assert_int_equal(core_outbox_mark(town->core, town_id("li")).epoch, 3);
}

static void test_marks_without_an_outbox_every_act_counts(void **state)
{
    struct town *town = *state;
    const struct case_no no = send(town, 1, 1, 1).of[0].case_no;
    assert_int_equal(comment(town, no, (struct town_outbox){0, 0, 1}), CODE_DONE);
    assert_int_equal(comment(town, no, (struct town_outbox){0, 0, 1}), CODE_DONE);
    assert_int_equal(town_count(town, ACTION_COMMENT), 2);
    assert_int_equal(core_outbox_mark(town->core, town_id("li")).last_seq, 0);
}

static void test_marks_reports_of_persons_share_their_numbers(void **state)
{
    struct town *town = *state;
    struct effect_result result;
    uint32_t count = 0;
    const struct town_report report = {
        .id = "p1", .type = "sensor.odd", .place = near_bin, .fields = value};
    town_send(town, "wang", (struct town_outbox){1, 1, 40}, &report, 1);
    assert_int_equal(town->last.code, CODE_OPENED);
    const struct case_no no = town->last.case_no;
    town_send(town, "wang", (struct town_outbox){1, 1, 40}, &report, 1);
    assert_int_equal(town->last.code, CODE_OPENED);
    assert_true(case_no_is_equal(town->last.case_no, no));
    town_send(town, "wang", (struct town_outbox){1, 1, 41}, &report, 1);
    assert_int_equal(town->last.code, CODE_SEQ_REUSED);
    town_send(town, "wang", (struct town_outbox){1, 3, 41}, &report, 1);
    assert_int_equal(town->last.code, CODE_SEQ_GAP);
    assert_int_equal(core_counts_now(town->core)->opened, 1);
    assert_int_equal(core_find_results(town->core, town_id("wang"), 1, 1, 40, &result, 1, &count),
                     ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(core_find_results(town->core, town_id("wang"), 1, 2, 40, &result, 1, &count),
                     ERR_NOT_FOUND);
    /* Who reports is alive. */
    struct worker_view view;
    assert_true(core_find_worker(town->core, town_id("wang"), &view));
    assert_int_equal(view.seen_at_ms, town->now_ms);
    /* A person's report is one event. */
    const struct town_report two[] = {report, report};
    town_send(town, "wang", (struct town_outbox){1, 2, 42}, two, 2);
    assert_int_equal(town->last.code, CODE_NO_RIGHT);
}

static void test_marks_facts_of_another_pair_are_resolved_again(void **state)
{
    struct town *town = *state;
    struct batch_writer writer;
    struct command_head head = town_head(town, COMMAND_ACT, "li");
    const struct act_body body = {.order = 1, .place = NONE32, .action = ACTION_ACCEPT};
    head.epoch = head.seq = 1;
    head.facts_digest.lo ^= 1;
    const struct hash128 digest = core_digest(town->core);
    town_begin(&writer);
    assert_int_equal(batch_put_act(&writer, &head, &body, nowhere, NULL, NULL), ERR_OK);
    town_step(town, &writer);
    assert_int_equal(town->last.code, CODE_RESOLVE_AGAIN);
    assert_true(hash128_is_equal(core_digest(town->core), digest)); /* its number is still free */
}

#define marks(name) cmocka_unit_test_setup_teardown(test_marks_##name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        marks(resend_gets_the_same_codes_and_cases),
        marks(fifth_last_batch_is_forgotten),
        marks(numbers_follow_each_other),
        marks(new_epoch_forgets_the_old),
        marks(batch_past_the_limit_is_refused_whole),
        marks(results_can_be_asked_for),
        marks(acts_of_persons_are_kept_too),
        marks(without_an_outbox_every_act_counts),
        marks(reports_of_persons_share_their_numbers),
        marks(facts_of_another_pair_are_resolved_again),
    };
    return cmocka_run_group_tests_name("engine/core/marks", tests, NULL, NULL);
}
