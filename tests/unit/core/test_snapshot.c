/* test_snapshot.c: a core that was saved and loaded is the same core: same digest, same bytes when saved again, and the
 * same commands give the same effects from there on. Bytes that no core has written are refused.
 *
 * GRIDLOOP_SEED and GRIDLOOP_STEPS choose another walk. */
#include "engine/core/snapshot.h"

#include "tests/unit/core/walk.c"

static struct hash128 save(const struct core *core, struct town_bytes *out)
{
    const struct snapshot_sink sink = {town_keep, out};
    struct hash128 digest;
    out->size = 0;
    assert_int_equal(core_save(core, &sink, &digest), ERR_OK);
    assert_true(hash128_is_equal(digest, core_digest(core)));
    return digest;
}

/* The walk has no app that acknowledges its items. */
static void take_items(struct town *town, const char *who)
{
    struct worker_view view;
    struct batch_writer writer;
    const struct command_head head = town_head(town, COMMAND_ITEMS_TAKEN, who);
    assert_true(core_find_worker(town->core, town_id(who), &view));
    const struct items_taken_body body = {.item_seq = view.item_seq_last};
    town_begin(&writer);
    assert_int_equal(batch_put(&writer, &head, &body, sizeof body, place_none()), ERR_OK);
    town_step(town, &writer);
}

static void test_core_snapshot_goes_on_as_the_core_did(void **state)
{
    (void)state;
    const uint64_t seed = walk_number("GRIDLOOP_SEED", 20260304);
    const int steps = (int)walk_number("GRIDLOOP_STEPS", 5000);
    print_message("seed %llu, %d steps\n", (unsigned long long)seed, steps);
    struct town *live = malloc(sizeof *live);
    struct town *loaded = malloc(sizeof *loaded);
    struct town_bytes bytes = {.piece = 4096};
    struct town_bytes again = {.piece = 4096};
    uint64_t random = seed;
    struct limits limits = town_limits();
    limits.case_extras = 24; /* runs full */
    town_open(live, &limits);
    town_open(loaded, &limits);
    live->check_every = loaded->check_every = 16;
    for (int step = 0; step < steps; step += 50) {
        take_items(live, roll(&random, 2) == 0 ? "wang" : "chen");
        const struct hash128 digest = save(live->core, &bytes);
        bytes.piece = 1 + roll(&random, 5000);
        assert_int_equal(town_load(loaded, &bytes), ERR_OK);
        assert_true(hash128_is_equal(core_digest(loaded->core), digest));
        core_check(loaded->core);
        (void)save(loaded->core, &again);
        assert_int_equal(again.size, bytes.size);
        assert_memory_equal(again.at, bytes.at, bytes.size);
        loaded->now_ms = live->now_ms;
        loaded->event_serial = live->event_serial;
        loaded->act_serial = live->act_serial;
        loaded->effects_digest = live->effects_digest;
        const uint64_t start = random;
        uint64_t twin = start;
        walk(live, &random, 50);
        walk(loaded, &twin, 50);
        assert_true(random == twin);
        assert_true(hash128_is_equal(core_digest(loaded->core), core_digest(live->core)));
        assert_true(hash128_is_equal(loaded->effects_digest, live->effects_digest));
    }
    const struct core_counts *counts = core_counts_now(live->core);
    print_message("%llu cases, %llu closed, last snapshot %zu bytes\n",
                  (unsigned long long)counts->opened, (unsigned long long)counts->closed,
                  bytes.size);
    assert_true(counts->opened > 50);
    free(bytes.at);
    free(again.at);
    town_close(live);
    town_close(loaded);
    free(live);
    free(loaded);
}

static void test_core_snapshot_before_any_city(void **state)
{
    (void)state;
    struct town *town = malloc(sizeof *town);
    struct town_bytes bytes = {.piece = 7};
    town_open(town, NULL);
    const struct limits limits = *core_limits(town->core);
    town->core = core_init(town->block, core_size(&limits), &limits);
    const struct hash128 digest = save(town->core, &bytes);
    town->core = core_init(town->block, core_size(&limits), &limits);
    const struct snapshot_source source = {town_give, &bytes};
    struct hash128 loaded;
    assert_int_equal(core_load(town->core, &source, &loaded), ERR_OK);
    assert_true(hash128_is_equal(loaded, digest));
    assert_true(hash128_is_equal(core_digest(town->core), digest));
    free(bytes.at);
    town_close(town);
    free(town);
}

static void test_core_snapshot_of_other_images_or_limits_is_refused(void **state)
{
    (void)state;
    struct town *town = malloc(sizeof *town);
    struct town_bytes bytes = {.piece = 4096};
    town_open(town, NULL);
    struct hash128 digest = save(town->core, &bytes);
    struct limits limits = *core_limits(town->core);
    const struct snapshot_source source = {town_give, &bytes};
    town->core = core_init(town->block, core_size(&limits), &limits);
    assert_int_equal(core_load(town->core, &source, &digest), ERR_MISMATCH); /* nothing staged */
    limits.case_events--;
    town->core = core_init(town->block, core_size(&limits), &limits);
    bytes.read = 0;
    assert_int_equal(core_load(town->core, &source, &digest), ERR_MISMATCH);
    bytes.at[0] ^= 2;
    bytes.read = 0;
    town->core = core_init(town->block, core_size(&limits), &limits);
    assert_int_equal(core_load(town->core, &source, &digest), ERR_VERSION);
    free(bytes.at);
    town_close(town);
    free(town);
}

/* Cut, longer, or with flipped, set or copied bytes: refused, or (what the digest does not cover) a core that holds all
 * truths. Never a stop. */
static void test_core_hostile_snapshots_are_refused(void **state)
{
    (void)state;
    struct town *town = malloc(sizeof *town);
    struct town *victim = malloc(sizeof *victim);
    struct town_bytes whole = {.piece = 4096};
    struct town_bytes hostile = {.piece = 4096};
    uint64_t random = walk_number("GRIDLOOP_SEED", 99);
    town_open(town, NULL);
    town_open(victim, NULL);
    town->check_every = 16;
    walk(town, &random, 1500);
    (void)save(town->core, &whole);
    hostile.at = malloc(whole.size + 1);
    uint32_t refused = 0;
    const uint32_t rounds = (uint32_t)walk_number("GRIDLOOP_ROUNDS", 3000);
    for (uint32_t i = 0; i < rounds; i++) {
        memcpy(hostile.at, whole.at, whole.size);
        hostile.at[whole.size] = 0;
        hostile.size = whole.size;
        const size_t at = (size_t)(next_random(&random) % whole.size);
        const uint32_t how = roll(&random, 8);
        if (how == 0) {
            hostile.size = at;
        } else if (how == 1) {
            hostile.size = whole.size + 1;
        } else if (how < 5) {
            hostile.at[at] ^= (uint8_t)(1u << roll(&random, 8));
        } else if (how < 7) {
            hostile.at[at] = (uint8_t)(roll(&random, 2) * 255);
        } else {
            const size_t from = (size_t)(next_random(&random) % whole.size);
            const size_t most = whole.size - (at > from ? at : from);
            memmove(hostile.at + at, whole.at + from, most < 64 ? most : 64);
        }
        if (hostile.size == whole.size && memcmp(hostile.at, whole.at, whole.size) == 0) {
            continue;
        }
        const enum err err = town_load(victim, &hostile);
        assert_true(err == ERR_OK || err == ERR_MALFORMED || err == ERR_CUT || err == ERR_VERSION ||
                    err == ERR_MISMATCH);
        if (err == ERR_OK) {
            core_check(victim->core);
        }
        refused += err != ERR_OK;
    }
    print_message("%u of %u hostile snapshots of %zu bytes refused\n", refused, rounds, whole.size);
    assert_true(refused > rounds / 2);
    free(whole.at);
    free(hostile.at);
    town_close(town);
    town_close(victim);
    free(town);
    free(victim);
}

/* With a digest that fits, only the checks of the rows stand between the bytes and the core. */
static void test_core_hostile_snapshots_with_a_right_digest(void **state)
{
    (void)state;
    struct town *town = malloc(sizeof *town);
    struct town *victim = malloc(sizeof *victim);
    struct town_bytes bytes = {.piece = 4096};
    uint64_t random = walk_number("GRIDLOOP_SEED", 77);
    town_open(town, NULL);
    town_open(victim, NULL);
    town->check_every = 16;
    walk(town, &random, 1500);
    (void)save(town->core, &bytes);
    uint32_t accepted = 0;
    const uint32_t rounds = (uint32_t)walk_number("GRIDLOOP_ROUNDS", 3000);
    for (uint32_t i = 0; i < rounds; i++) {
        const size_t at = (size_t)(next_random(&random) % (bytes.size - sizeof(struct hash128)));
        const uint8_t before = bytes.at[at];
        struct town_bytes unsealed = bytes;
        bytes.at[at] ^= (uint8_t)(1u << roll(&random, 8));
        enum err err = town_load(victim, &unsealed);
        if (err == ERR_MALFORMED && unsealed.read == unsealed.size) {
            /* Perhaps only the digest did not fit: as a forger would, put the one that does. */
            const struct hash128 right = core_digest(victim->core);
            uint8_t *tail = bytes.at + bytes.size - sizeof right;
            uint8_t kept[sizeof right];
            memcpy(kept, tail, sizeof kept);
            memcpy(tail, &right, sizeof right);
            unsealed = bytes;
            err = town_load(victim, &unsealed);
            memcpy(tail, kept, sizeof kept);
        }
        accepted += err == ERR_OK;
        bytes.at[at] = before;
    }
    print_message("%u of %u forged snapshots were taken, none stopped the load\n", accepted,
                  rounds);
    assert_true(accepted > 0 && accepted < rounds);
    free(bytes.at);
    town_close(town);
    town_close(victim);
    free(town);
    free(victim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_core_snapshot_goes_on_as_the_core_did),
        cmocka_unit_test(test_core_snapshot_before_any_city),
        cmocka_unit_test(test_core_snapshot_of_other_images_or_limits_is_refused),
        cmocka_unit_test(test_core_hostile_snapshots_are_refused),
        cmocka_unit_test(test_core_hostile_snapshots_with_a_right_digest),
    };
    return cmocka_run_group_tests_name("engine/core/snapshot", tests, NULL, NULL);
}
