/* test_key_vault.c: who reads keys.db holds up nothing; what was deleted is gone from every byte once nobody reads. */
#include "engine/shell/key_vault.h"
#include "sim/scratch.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SALT 17u
#define KEYS 100u /* more than are made at a time */

struct fixture {
    struct scratch directory;
    struct key_vault *vault;
    struct contact_keys keys;
    struct hash128 ids[KEYS];
    uint8_t given[KEYS][CONTACT_KEY_SIZE];
    sqlite3 *reader;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct data_fault fault;
    assert_non_null(fixture);
    assert_int_equal(scratch_make_directory(&fixture->directory, "keys"), ERR_OK);
    assert_int_equal(key_vault_open(fixture->directory.path, SALT, &fixture->vault, &fault),
                     ERR_OK);
    fixture->keys = key_vault_keys(fixture->vault);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    key_vault_close(fixture->vault);
    scratch_remove(&fixture->directory);
    free(fixture);
    return 0;
}

static void name_file(const struct fixture *fixture, const char *ending, char out[600])
{
    (void)snprintf(out, 600, "%.500s/keys.db%s", fixture->directory.path, ending);
}

/* As a shell that has begun to read and is left alone. */
static void begin_reading(struct fixture *fixture)
{
    char path[600];
    name_file(fixture, "", path);
    assert_int_equal(sqlite3_open_v2(path, &fixture->reader, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(fixture->reader, "BEGIN; SELECT count(*) FROM keys", NULL, NULL, NULL),
        SQLITE_OK);
}

static void end_reading(struct fixture *fixture)
{
    assert_int_equal(sqlite3_close(fixture->reader), SQLITE_OK);
}

static void take_all(struct fixture *fixture)
{
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_true(fixture->keys.take(fixture->keys.context, &fixture->ids[i], fixture->given[i]));
    }
}

static bool is_in_file(const struct fixture *fixture, const char *ending, const uint8_t *key)
{
    char path[600];
    static uint8_t bytes[1 << 20];
    name_file(fixture, ending, path);
    FILE *file = fopen(path, "rb");
    const size_t size = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);
    bool is_in = false;
    for (size_t at = 0; at + CONTACT_KEY_SIZE <= size && !is_in; at++) {
        is_in = memcmp(bytes + at, key, CONTACT_KEY_SIZE) == 0;
    }
    if (file != NULL) {
        assert_int_equal(fclose(file), 0);
    }
    return is_in;
}

static bool is_anywhere(const struct fixture *fixture, const uint8_t *key)
{
    return is_in_file(fixture, "", key) || is_in_file(fixture, "-wal", key) ||
           is_in_file(fixture, "-journal", key);
}

/* Somebody has the contact erased at that position. */
static void erase(struct fixture *fixture, uint32_t key, uint64_t position)
{
    const struct effect effect = {
        .kind = EFFECT_CONTACT,
        .of.contact = {.code = CODE_CONTACT_ERASED, .id = fixture->ids[key]}};
    key_vault_see(fixture->vault, position, &effect);
    assert_int_equal(key_vault_durable(fixture->vault, position), ERR_OK);
}

static void test_an_erased_key_is_gone_before_the_answer(void **state)
{
    struct fixture *fixture = *state;
    uint8_t found[CONTACT_KEY_SIZE];
    take_all(fixture);
    assert_true(is_anywhere(fixture, fixture->given[0]));
    erase(fixture, 0, 1);
    assert_false(fixture->keys.find(fixture->keys.context, fixture->ids[0], found));
    assert_false(is_anywhere(fixture, fixture->given[0]));
    assert_true(key_vault_is_cut(fixture->vault));
    assert_true(fixture->keys.find(fixture->keys.context, fixture->ids[1], found));
}

static void test_a_reader_holds_up_neither_keys_nor_erasures(void **state)
{
    struct fixture *fixture = *state;
    uint8_t found[CONTACT_KEY_SIZE];
    begin_reading(fixture);
    take_all(fixture);
    erase(fixture, 0, 1);
    assert_false(fixture->keys.find(fixture->keys.context, fixture->ids[0], found));
    assert_false(key_vault_is_cut(fixture->vault));
    assert_int_equal(key_vault_tidy(fixture->vault, 1), ERR_OK);
    assert_false(key_vault_is_cut(fixture->vault));
    end_reading(fixture);
    assert_int_equal(key_vault_tidy(fixture->vault, 1), ERR_OK);
    assert_true(key_vault_is_cut(fixture->vault));
    assert_false(is_anywhere(fixture, fixture->given[0]));
    assert_true(is_anywhere(fixture, fixture->given[1]));
    assert_int_equal(key_vault_failure(fixture->vault), ERR_OK);
}

/* A backup taken while the engine runs: what was there, and nothing that was deleted. */
static void test_a_backup_is_whole_and_without_erased_keys(void **state)
{
    struct fixture *fixture = *state;
    char path[600], copy[600];
    sqlite3 *from = NULL, *to = NULL;
    take_all(fixture);
    erase(fixture, 0, 1);
    name_file(fixture, "", path);
    name_file(fixture, ".copy", copy);
    assert_int_equal(sqlite3_open_v2(path, &from, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_open(copy, &to), SQLITE_OK);
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    assert_non_null(backup);
    assert_int_equal(sqlite3_backup_step(backup, 1), SQLITE_OK);
    erase(fixture, 1, 2); /* in the middle of it */
    int code = SQLITE_OK;
    while (code == SQLITE_OK) {
        code = sqlite3_backup_step(backup, 1);
    }
    assert_int_equal(code, SQLITE_DONE);
    assert_int_equal(sqlite3_backup_finish(backup), SQLITE_OK);
    assert_int_equal(sqlite3_close(to), SQLITE_OK);
    assert_int_equal(sqlite3_close(from), SQLITE_OK);
    assert_false(is_in_file(fixture, ".copy", fixture->given[0]));
    assert_true(is_in_file(fixture, ".copy", fixture->given[2]));
}

/* A database of an earlier version, with a rollback journal, is taken over. */
static void test_what_is_there_is_read_back(void **state)
{
    struct fixture *fixture = *state;
    char path[600];
    uint8_t found[CONTACT_KEY_SIZE];
    struct data_fault fault;
    sqlite3 *db = NULL;
    take_all(fixture);
    key_vault_close(fixture->vault);
    name_file(fixture, "", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode=TRUNCATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(key_vault_open(fixture->directory.path, SALT, &fixture->vault, &fault),
                     ERR_OK);
    fixture->keys = key_vault_keys(fixture->vault);
    assert_true(fixture->keys.find(fixture->keys.context, fixture->ids[KEYS - 1], found));
    assert_memory_equal(found, fixture->given[KEYS - 1], sizeof found);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        test(an_erased_key_is_gone_before_the_answer),
        test(a_reader_holds_up_neither_keys_nor_erasures),
        test(a_backup_is_whole_and_without_erased_keys),
        test(what_is_there_is_read_back),
    };
    return cmocka_run_group_tests_name("shell/key_vault", tests, NULL, NULL);
}
