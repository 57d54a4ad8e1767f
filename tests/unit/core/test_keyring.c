/* test_keyring.c: who may register and revoke keys, what stays of them, and that a snapshot and a replay give the same table. */
#include "tests/unit/core/town.c"

#include "engine/core/keyring.h"
#include "engine/core/snapshot.h"
#include "engine/core/workers.h"

static int open_town(void **state)
{
    const char *at = town_copy();
    town_edit(at, "workers.csv", NULL, "admin.ai,艾,,,administrator,,,,0,,,,,,");
    return town_setup_at(state, NULL, at);
}

/* A public key of that number, as two halves of evidence. */
static void key_of(uint8_t number, struct hash128 out[2])
{
    memset(out, number, 2 * sizeof out[0]);
}

static enum code says(struct town *town, const char *who, enum action action, const char *whose,
                      uint8_t number)
{
    struct hash128 halves[2];
    key_of(number, halves);
    return town_do(town, who,
                   (struct town_deed){.action = action,
                                      .reason = REASON_KEY_EXPOSED,
                                      .subject = whose,
                                      .evidence = halves,
                                      .evidence_count = 2});
}

static enum code add(struct town *town, const char *who, const char *whose, uint8_t number)
{
    return says(town, who, ACTION_KEY_REGISTER, whose, number);
}

static enum code drop(struct town *town, const char *who, uint8_t number)
{
    return says(town, who, ACTION_KEY_REVOKE, NULL, number);
}

static bool is_good(const struct town *town, const char *whose, uint8_t number)
{
    struct hash128 halves[2];
    struct key_row row;
    uint8_t public[KEY_PUBLIC_SIZE];
    key_of(number, halves);
    memcpy(public, halves, sizeof public);
    return core_find_key(town->core, public, &row) && row.revoked_at_ms == NEVER_MS &&
           hash128_is_equal(row.principal, town_id(whose));
}

static void test_keyring_an_administrator_registers_for_persons_and_gateways(void **state)
{
    struct town *town = *state;
    assert_int_equal(add(town, "admin.ai", "li", 1), CODE_DONE);
    assert_int_equal(add(town, "admin.ai", "sensor-1", 2), CODE_DONE);
    assert_true(is_good(town, "li", 1));
    assert_true(is_good(town, "sensor-1", 2));
    assert_false(is_good(town, "sensor-1", 1));
    assert_int_equal(add(town, "admin.ai", "li", 1), CODE_DONE); /* again: nothing new */
    assert_int_equal(add(town, "admin.ai", "wang", 1), CODE_BAD_KEY);
    assert_int_equal(add(town, "admin.ai", "nobody", 3), CODE_UNKNOWN_IDENTITY);
    assert_int_equal(add(town, "admin.ai", "dept.traffic.duty", 3), CODE_UNKNOWN_IDENTITY);
    core_check(town->core);
}

static void test_keyring_others_act_for_themselves_alone_and_only_with_a_key(void **state)
{
    struct town *town = *state;
    assert_int_equal(add(town, "li", "li", 1), CODE_NO_RIGHT);
    assert_int_equal(add(town, "chief.chu", "li", 1), CODE_NO_RIGHT);
    assert_int_equal(add(town, "admin.ai", "li", 1), CODE_DONE);
    assert_int_equal(add(town, "li", "li", 2), CODE_DONE);
    assert_int_equal(add(town, "li", "wang", 3), CODE_NO_RIGHT);
    assert_int_equal(drop(town, "wang", 1), CODE_NO_RIGHT);
    assert_int_equal(drop(town, "li", 1), CODE_DONE);
    assert_int_equal(drop(town, "li", 2), CODE_DONE);
    assert_int_equal(add(town, "li", "li", 4), CODE_NO_RIGHT); /* its last key is gone */
    core_check(town->core);
}

static void test_keyring_a_revoked_key_stays_revoked(void **state)
{
    struct town *town = *state;
    assert_int_equal(drop(town, "admin.ai", 1), CODE_UNKNOWN_KEY);
    assert_int_equal(add(town, "admin.ai", "li", 1), CODE_DONE);
    struct hash128 halves[2];
    key_of(1, halves);
    const struct town_deed without = {
        .action = ACTION_KEY_REVOKE, .evidence = halves, .evidence_count = 2};
    assert_int_equal(town_do(town, "admin.ai", without), CODE_REASON_NEEDED);
    assert_true(is_good(town, "li", 1));
    assert_int_equal(drop(town, "admin.ai", 1), CODE_DONE);
    assert_false(is_good(town, "li", 1));
    assert_int_equal(add(town, "admin.ai", "li", 1), CODE_KEY_REVOKED);
    assert_int_equal(drop(town, "admin.ai", 1), CODE_DONE); /* so it is */
}

static void test_keyring_what_is_no_key_is_refused(void **state)
{
    struct town *town = *state;
    struct hash128 halves[3] = {{1, 2}, {3, 4}, {5, 6}};
    for (uint32_t count = 0; count <= 3; count++) {
        const struct town_deed deed = {.action = ACTION_KEY_REGISTER,
                                       .subject = "li",
                                       .evidence = halves,
                                       .evidence_count = (uint16_t)count};
        assert_int_equal(town_do(town, "admin.ai", deed), count == 2 ? CODE_DONE : CODE_BAD_KEY);
    }
}

static void test_keyring_is_bounded_and_old_revoked_keys_make_way(void **state)
{
    struct town *town = *state;
    const char *const whose[] = {"li", "wang"};
    for (uint8_t i = 0; i < 8; i++) { /* small.keys */
        assert_int_equal(add(town, "admin.ai", whose[i / 4], (uint8_t)(i + 1)), CODE_DONE);
        if (i == 3) {
            assert_int_equal(add(town, "admin.ai", "li", 20), CODE_TABLE_FULL); /* four of one */
        }
    }
    assert_int_equal(add(town, "admin.ai", "zhao", 21), CODE_TABLE_FULL); /* eight in all */
    town->now_ms += MINUTE_MS;
    assert_int_equal(drop(town, "admin.ai", 6), CODE_DONE);
    town->now_ms += MINUTE_MS;
    assert_int_equal(drop(town, "admin.ai", 2), CODE_DONE);
    assert_int_equal(add(town, "admin.ai", "zhao", 21), CODE_DONE);
    assert_true(is_good(town, "zhao", 21));
    assert_int_equal(drop(town, "admin.ai", 6),
                     CODE_UNKNOWN_KEY); /* revoked first, forgotten first */
    assert_int_equal(add(town, "admin.ai", "zhao", 2), CODE_KEY_REVOKED);
    core_check(town->core);
}

static void test_keyring_is_in_snapshot_and_digest(void **state)
{
    struct town *town = *state;
    const struct hash128 before = core_digest(town->core);
    assert_int_equal(add(town, "admin.ai", "li", 1), CODE_DONE);
    assert_int_equal(add(town, "admin.ai", "wang", 2), CODE_DONE);
    assert_int_equal(drop(town, "admin.ai", 1), CODE_DONE);
    assert_false(hash128_is_equal(before, core_digest(town->core)));
    assert_int_equal(town_restart(town), ERR_OK);
    const struct hash128 digest = core_digest(town->core);
    assert_false(is_good(town, "li", 1));
    assert_true(is_good(town, "wang", 2));
    core_check(town->core);
    struct keyring *keys = &town->core->keyring;
    keys->rows[1].revoked_at_ms--; /* one word of a row: another digest */
    assert_false(hash128_is_equal(digest, core_digest(town->core)));
    keys->rows[1].revoked_at_ms++;
}

#define test(name) cmocka_unit_test_setup_teardown(test_keyring_##name, open_town, town_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        test(an_administrator_registers_for_persons_and_gateways),
        test(others_act_for_themselves_alone_and_only_with_a_key),
        test(a_revoked_key_stays_revoked),
        test(what_is_no_key_is_refused),
        test(is_in_snapshot_and_digest),
        test(is_bounded_and_old_revoked_keys_make_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
