/* test_run.c: a whole run is a function of its seed, its ledger adds up, its log replays to the same state. */
#include "tests/unit/sim/run_fixture.h"

#include "sim/virtual_disk.h"

static struct town town;

static int open_town(void **state)
{
    (void)state;
    town_open(&town, 250);
    return 0;
}

static int close_town(void **state)
{
    (void)state;
    town_close(&town);
    return 0;
}

static struct run_numbers play_numbers(uint64_t seed)
{
    struct run_options options = run_options_default();
    options.seed = seed;
    struct run *run = town_play(&town, options);
    const struct run_numbers numbers = run_numbers_now(run);
    run_free(run);
    return numbers;
}

static void test_run_same_seed_gives_same_digests(void **state)
{
    (void)state;
    const struct run_numbers first = play_numbers(7), second = play_numbers(7),
                             other = play_numbers(8);
    assert_true(hash128_is_equal(first.state_digest, second.state_digest));
    assert_true(hash128_is_equal(first.effects_digest, second.effects_digest));
    assert_int_equal(first.entries, second.entries);
    assert_int_equal(first.end_ms, second.end_ms);
    assert_false(hash128_is_equal(first.effects_digest, other.effects_digest));
    assert_true(first.checks > 0);
}

static void test_run_ledger_adds_up_and_every_loop_closes(void **state)
{
    (void)state;
    struct report report;
    struct run *run = town_play(&town, run_options_default());
    report_make(&report, run); /* asserts the sums */
    assert_int_equal(report.events, 250);
    assert_int_equal(report.unanswered, 0);
    assert_true(report.opened > 50);
    assert_true(report.merged > 0);
    assert_true(report.deduped > 0);
    assert_true(report.no_rule > 0);
    assert_int_equal(report.cases.open,
                     report.cases.open_by_state[CASE_SUSPENDED]); /* they resume by themselves */
    assert_true(report.cases.open < 5);
    assert_true(report.cases.closed > 0);
    assert_int_equal(report.agents.rejects, 0);
    assert_true(report.agents.acts > report.cases.cases);
    assert_true(report.times[TIME_OPEN_TO_ARRIVE].count > 0);
    assert_true(report.times[TIME_OPEN_TO_ARRIVE].p50 > 0);
    assert_int_equal(report.district_count, 1);
    uint64_t opened = 0, never_assigned = 0, arrivals = 0;
    for (uint32_t i = 0; i < report.areas.count; i++) { /* every call of this town lies in a cell */
        const struct report_area *area = &report.areas.rows[i];
        opened += area->opened;
        never_assigned += area->never_assigned;
        arrivals += area->arrivals;
        assert_true(i == 0 || area[-1].p90_ms >= area->p90_ms);
    }
    assert_int_equal(opened, report.cases.cases);
    assert_int_equal(never_assigned, report.cases.never_assigned);
    assert_int_equal(arrivals, report.times[TIME_OPEN_TO_ARRIVE].count);
    report_fini(&report);
    run_free(run);
}

/* Records that are added up and forgotten on the way: the same run, the same sums, times a two-thousandth off at most. */
static void test_run_without_records_adds_up_to_the_same(void **state)
{
    (void)state;
    struct report kept, folded;
    struct run_options options = run_options_default();
    town.rates.shares[SHARE_EXCEPTION] =
        0; /* they look at other cases, which a folded run has forgotten */
    options.drain_ms = 30 * DAY_MS;
    options.until_ms = 20 * DAY_MS; /* most cases have left the engine by then */
    options.until_is_span = true;
    struct run *whole = town_play(&town, options);
    options.keep_records = false;
    struct run *run = town_play(&town, options);
    report_make(&kept, whole);
    report_make(&folded, run);
    assert_true(hash128_is_equal(kept.numbers.state_digest, folded.numbers.state_digest));
    assert_true(hash128_is_equal(kept.numbers.effects_digest, folded.numbers.effects_digest));
    assert_int_equal(run_cases(run)->tally.counts.cases,
                     core_counts_now(node_core(run_node(run)))->retired);
    assert_memory_equal(&kept.cases, &folded.cases, sizeof kept.cases);
    assert_int_equal(kept.events, folded.events);
    assert_int_equal(kept.late, folded.late);
    assert_memory_equal(kept.refused_by_code, folded.refused_by_code, sizeof kept.refused_by_code);
    for (uint32_t t = 0; t < REPORT_TIMES_COUNT; t++) {
        assert_int_equal(kept.times[t].count, folded.times[t].count);
        assert_int_equal(kept.times[t].mean, folded.times[t].mean);
        assert_int_equal(kept.times[t].max, folded.times[t].max);
        assert_in_range(folded.times[t].p90, kept.times[t].p90 - kept.times[t].p90 / 2000 - 1,
                        kept.times[t].p90);
    }
    assert_int_equal(kept.district_count, folded.district_count);
    assert_true(run_gateways_of(run)->event_count < run_gateways_of(run)->seen);
    town.rates = agent_rates_default();
    report_fini(&kept);
    report_fini(&folded);
    run_free(whole);
    run_free(run);
}

static void test_run_stops_at_the_instant_asked_for(void **state)
{
    (void)state;
    struct run_options options = run_options_default();
    options.until_ms = 2 * HOUR_MS;
    options.until_is_span = true;
    struct run *run = town_play(&town, options);
    const struct run_numbers numbers = run_numbers_now(run);
    assert_true(numbers.end_ms - numbers.first_ms <= 2 * HOUR_MS + 2 * MINUTE_MS);
    assert_true(run_gateways_of(run)->event_count > 0);
    assert_true(run_gateways_of(run)->event_count < 250);
    run_free(run);
}

struct replay {
    struct town *town;
    struct hash128 digest;
};

static void fold_effect(void *context, uint64_t position, const struct effect *effect)
{
    struct replay *replay = context;
    assert_true(position > 0);
    replay->digest = effect_digest(replay->digest, effect);
}

static enum err load_image(void *context, struct hash128 digest, void **out_bytes,
                           uint64_t *out_size)
{
    const struct replay *replay = context;
    const void *const images[] = {replay->town->city_bytes, replay->town->policy_bytes};
    const uint64_t sizes[] = {replay->town->city_size, replay->town->policy_size};
    const enum image_kind kinds[] = {IMAGE_CITY, IMAGE_POLICY};
    for (size_t i = 0; i < COUNT_OF(images); i++) {
        struct image image;
        assert_int_equal(image_open(images[i], sizes[i], kinds[i], &image), ERR_OK);
        if (hash128_is_equal(image.digest, digest)) {
            *out_bytes = malloc(sizes[i]);
            assert_non_null(*out_bytes);
            memcpy(*out_bytes, images[i], sizes[i]);
            *out_size = sizes[i];
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

/* Steps a fresh node through the log on that disk. */
static struct hash128 replay_log(const struct disk *disk, const struct run *run,
                                 struct replay *replay)
{
    const struct log_options log_options = log_options_default();
    struct node_options options = node_options_default();
    struct log_reader *reader;
    struct log_entry entry;
    struct log_fault fault;
    struct node *node;
    options.limits = *core_limits(node_core(run_node(run)));
    options.images = (struct node_images){.load = load_image, .context = replay};
    assert_int_equal(node_open(&options, &node), ERR_OK);
    node_observe(node, (struct node_observer){.see = fold_effect, .context = replay});
    assert_int_equal(log_reader_open(disk, &log_options, 1, &reader, &fault), ERR_OK);
    enum err err;
    while ((err = log_reader_next(reader, &entry, &fault)) == ERR_OK) {
        assert_int_equal(node_recover(node, &entry), ERR_OK);
    }
    assert_int_equal(err, ERR_NOT_FOUND);
    assert_int_equal(node_position(node), run_numbers_now(run).entries);
    const struct hash128 digest = core_digest(node_core(node));
    log_reader_close(reader);
    node_close(node);
    return digest;
}

static void test_run_log_replays_to_the_same_state_and_effects(void **state)
{
    (void)state;
    struct virtual_disk *memory = virtual_disk_new();
    assert_non_null(memory);
    const struct disk disk = virtual_disk_calls(memory);
    struct run_options options = run_options_default();
    options.disk = &disk;
    struct run *run = town_play(&town, options);
    const struct run_numbers live = run_numbers_now(run);
    struct replay replay = {.town = &town};
    const struct hash128 digest = replay_log(&disk, run, &replay);
    assert_true(hash128_is_equal(digest, live.state_digest));
    assert_true(hash128_is_equal(replay.digest, live.effects_digest));
    run_free(run);
    virtual_disk_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_same_seed_gives_same_digests),
        cmocka_unit_test(test_run_ledger_adds_up_and_every_loop_closes),
        cmocka_unit_test(test_run_without_records_adds_up_to_the_same),
        cmocka_unit_test(test_run_stops_at_the_instant_asked_for),
        cmocka_unit_test(test_run_log_replays_to_the_same_state_and_effects),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_run", tests, open_town, close_town);
}
