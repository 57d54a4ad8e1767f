/* test_memory.c: remembered keys: a bounded ring, its horizon, and what it means for doors without an outbox. */
#include "tests/unit/core/town.c"

#include "engine/core/memory.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};

static struct hash128 key(uint64_t i)
{
    return (struct hash128){i + 1, mix64(i)};
}

static void *block_of(struct memory *memory, uint32_t limit)
{
    struct arena measure = {.base = NULL};
    memset(memory, 0, sizeof *memory);
    memory_init(memory, &measure, limit);
    void *block = aligned_alloc(64, measure.used);
    assert_non_null(block);
    memset(block, 0, measure.used);
    struct arena arena = {.base = block, .size = measure.used};
    memory_init(memory, &arena, limit);
    return block;
}

static void test_memory_oldest_makes_room(void **state)
{
    (void)state;
    struct memory memory;
    void *block = block_of(&memory, 4);
    const struct case_no no = {1, 2, 3};
    for (uint64_t i = 0; i < 4; i++) {
        memory_put(&memory, key(i), (int64_t)(100 + i), no);
        memory_check(&memory);
    }
    assert_int_equal(memory.horizon_ms, INT64_MIN);
    memory_put(&memory, key(4), 104, no);
    memory_check(&memory);
    assert_null(memory_find(&memory, key(0)));
    assert_int_equal(memory.horizon_ms, 100);
    for (uint64_t i = 1; i <= 4; i++) {
        assert_non_null(memory_find(&memory, key(i)));
        assert_int_equal(memory_find(&memory, key(i))->until_ms, 100 + (int64_t)i);
        assert_true(case_no_is_equal(memory_find(&memory, key(i))->case_no, no));
    }
    free(block);
}

/* A key that is put again counts as new: it outlives those put between. */
static void test_memory_key_put_again_is_the_newest(void **state)
{
    (void)state;
    struct memory memory;
    void *block = block_of(&memory, 4);
    const struct case_no no = {0, 0, 0};
    memory_put(&memory, key(0), 10, no);
    memory_put(&memory, key(1), 11, no);
    memory_put(&memory, key(0), 20, no);
    memory_put(&memory, key(2), 12, no);
    memory_put(&memory, key(3), 13, no); /* the ring comes round to the place that 0 left */
    memory_check(&memory);
    assert_int_equal(memory_find(&memory, key(0))->until_ms, 20);
    assert_int_equal(memory.horizon_ms, INT64_MIN);
    memory_put(&memory, key(4), 14, no);
    memory_check(&memory);
    assert_null(memory_find(&memory, key(1)));
    assert_non_null(memory_find(&memory, key(0)));
    free(block);
}

static void test_memory_random_puts_against_a_list(void **state)
{
    (void)state;
    struct memory memory;
    enum { LIMIT = 13, KEYS = 40 };
    int64_t put_at[KEYS] = {0}; /* when each was last put, 0 = never */
    void *block = block_of(&memory, LIMIT);
    uint64_t random = 20260303;
    for (int64_t step = 1; step < 5000; step++) {
        random += UINT64_C(0x9e3779b97f4a7c15);
        const uint64_t k = mix64(random) % KEYS;
        memory_put(&memory, key(k), step, (struct case_no){0, 0, 0});
        put_at[k] = step;
        memory_check(&memory);
        for (uint64_t i = 0; i < KEYS;
             i++) { /* the last LIMIT puts are in, each key once, its newest */
            const struct memory_row *row = memory_find(&memory, key(i));
            const bool is_recent = put_at[i] != 0 && put_at[i] > step - LIMIT;
            assert_int_equal(row != NULL, is_recent);
            assert_true(row == NULL || row->until_ms == put_at[i]);
        }
    }
    free(block);
}

/* ---- doors ---- */

static struct town *small_town(void)
{
    struct town *town = malloc(sizeof *town);
    struct limits limits = town_limits();
    limits.event_ids = 4;
    town_open(town, &limits);
    return town;
}

static enum code report(struct town *town, const char *id, int64_t after_ms, uint64_t epoch)
{
    const struct town_report one = {
        .id = id, .type = "sensor.odd", .place = near_bin, .after_ms = after_ms, .fields = value};
    const struct outbox_mark mark = core_outbox_mark(town->core, town_id("sensor-1"));
    const struct town_outbox outbox = {epoch, epoch == 0 ? 0 : mark.last_seq + 1,
                                       mark.last_seq + 1};
    town_send(town, "sensor-1", outbox, &one, 1);
    return (enum code)town->last.code;
}

static void flood(struct town *town, const char *prefix)
{
    char id[16];
    for (int i = 0; i < 4; i++) {
        (void)snprintf(id, sizeof id, "%s%d", prefix, i);
        assert_int_equal(report(town, id, 0, 0), CODE_OPENED);
    }
}

static void test_memory_known_id_is_a_repeat_and_a_forgotten_one_too_old(void **state)
{
    (void)state;
    struct town *town = small_town();
    assert_int_equal(report(town, "first", 0, 0), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(report(town, "first", 0, 0), CODE_DEDUPED);
    assert_true(case_no_is_equal(town->last.case_no, no));
    town_pass(town, MINUTE_MS);
    flood(town, "f");
    assert_int_equal(report(town, "first", -MINUTE_MS, 0), CODE_TOO_OLD);
    assert_int_equal(report(town, "second", 0, 0), CODE_OPENED);
    town_close(town);
    free(town);
}

/* A sender whose clock runs ahead: the same event must not count twice once its id is forgotten. */
static void test_memory_event_from_the_future_is_taken_once(void **state)
{
    (void)state;
    struct town *town = small_town();
    assert_true(state_policy(town->core)->info->future_ms >= 30 * SECOND_MS);
    assert_int_equal(report(town, "ahead", 30 * SECOND_MS, 0), CODE_OPENED);
    flood(town, "f");
    assert_int_equal(report(town, "ahead", 30 * SECOND_MS, 0), CODE_TOO_OLD);
    town_close(town);
    free(town);
}

/* What an outbox kept through a night without a network is taken, whatever others sent meanwhile. */
static void test_memory_outbox_is_taken_however_late(void **state)
{
    (void)state;
    struct town *town = small_town();
    town_pass(town, 8 * HOUR_MS);
    flood(town, "f");
    town_pass(town, SECOND_MS);
    flood(town, "g");
    assert_int_equal(report(town, "kept", -8 * HOUR_MS, 1), CODE_OPENED);
    assert_true(town->last.is_late);
    assert_int_equal(report(town, "lost", -8 * HOUR_MS, 0), CODE_TOO_OLD);
    town_close(town);
    free(town);
}

static void test_memory_times_out_of_range_are_refused(void **state)
{
    (void)state;
    struct town *town = small_town();
    const int64_t future_ms = state_policy(town->core)->info->future_ms;
    assert_int_equal(report(town, "a", future_ms + 1, 1), CODE_IN_FUTURE);
    assert_int_equal(report(town, "b", future_ms, 1), CODE_OPENED);
    assert_int_equal(report(town, "c", -EVENT_AGE_MS - 1, 1), CODE_TOO_OLD);
    assert_int_equal(report(town, "d", -EVENT_AGE_MS, 1), CODE_OPENED);
    town_close(town);
    free(town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_oldest_makes_room),
        cmocka_unit_test(test_memory_key_put_again_is_the_newest),
        cmocka_unit_test(test_memory_random_puts_against_a_list),
        cmocka_unit_test(test_memory_known_id_is_a_repeat_and_a_forgotten_one_too_old),
        cmocka_unit_test(test_memory_event_from_the_future_is_taken_once),
        cmocka_unit_test(test_memory_outbox_is_taken_however_late),
        cmocka_unit_test(test_memory_times_out_of_range_are_refused),
    };
    return cmocka_run_group_tests_name("engine/core/memory", tests, NULL, NULL);
}
