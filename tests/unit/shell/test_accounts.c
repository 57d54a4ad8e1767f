/* test_accounts.c: passwords and tokens: only who knows one gets in, and the file does not give them away. */
#include "engine/shell/accounts.h"
#include "sim/scratch.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct scratch directory;
    struct accounts *accounts;
    struct accounts_fault fault;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    assert_int_equal(scratch_make_directory(&fixture->directory, "accounts"), ERR_OK);
    assert_int_equal(accounts_open(fixture->directory.path, &fixture->accounts, &fixture->fault),
                     ERR_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    accounts_close(fixture->accounts);
    scratch_remove(&fixture->directory);
    free(fixture);
    return 0;
}

static void test_password_is_the_right_one_or_none(void **state)
{
    struct fixture *f = *state;
    char hash[ACCOUNTS_HASH_SIZE], found[ACCOUNTS_HASH_SIZE];
    assert_int_equal(accounts_hash("a good long password", hash), ERR_OK);
    assert_int_equal(accounts_put(f->accounts, "wang.fang", hash, 1, &f->fault), ERR_OK);
    assert_int_equal(accounts_find(f->accounts, "wang.fang", found, &f->fault), ERR_OK);
    assert_true(accounts_verify(found, "a good long password"));
    assert_false(accounts_verify(found, "a good long passworD"));
    assert_int_equal(accounts_find(f->accounts, "nobody", found, &f->fault), ERR_NOT_FOUND);
    const uint64_t mark = accounts_mark(f->accounts, "wang.fang");
    assert_true(mark != 0);
    assert_int_equal(accounts_hash("a good long password", hash), ERR_OK);
    assert_int_equal(accounts_put(f->accounts, "wang.fang", hash, 2, &f->fault), ERR_OK);
    assert_true(accounts_mark(f->accounts, "wang.fang") != mark);
    assert_int_equal(accounts_remove(f->accounts, "wang.fang", &f->fault), ERR_OK);
    assert_int_equal(accounts_mark(f->accounts, "wang.fang"), 0);
    assert_int_equal(accounts_remove(f->accounts, "wang.fang", &f->fault), ERR_NOT_FOUND);
}

/* A stranger must cost as much as a known person: the stand-in has the same form and costs. */
static void test_no_hash_costs_what_a_hash_costs(void **state)
{
    (void)state;
    assert_int_equal(crypto_pwhash_str_needs_rehash(accounts_no_hash(),
                                                    crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                                    crypto_pwhash_MEMLIMIT_INTERACTIVE),
                     0);
    assert_false(accounts_verify(accounts_no_hash(), ""));
}

static void test_token_names_its_identity(void **state)
{
    struct fixture *f = *state;
    char token[ACCOUNTS_TOKEN_SIZE], id[ACCOUNTS_ID_SIZE];
    assert_int_equal(
        accounts_add_token(f->accounts, "camera-gateway-1", "roof", 1, token, &f->fault), ERR_OK);
    assert_int_equal(accounts_find_token(f->accounts, token, id, &f->fault), ERR_OK);
    assert_string_equal(id, "camera-gateway-1");
    token[10] = token[10] == 'a' ? 'b' : 'a';
    assert_int_equal(accounts_find_token(f->accounts, token, id, &f->fault), ERR_NOT_FOUND);
}

static void test_link_works_once_and_not_too_late(void **state)
{
    struct fixture *f = *state;
    char code[ACCOUNTS_CODE_SIZE], person[ACCOUNTS_ID_SIZE];
    assert_int_equal(accounts_add_link(f->accounts, "wang.fang", 1000, 2000, code, &f->fault),
                     ERR_OK);
    assert_int_equal(accounts_use_link(f->accounts, code, 1500, person, &f->fault), ERR_OK);
    assert_string_equal(person, "wang.fang");
    assert_int_equal(accounts_use_link(f->accounts, code, 1500, person, &f->fault), ERR_NOT_FOUND);
    assert_int_equal(accounts_add_link(f->accounts, "wang.fang", 1000, 2000, code, &f->fault),
                     ERR_OK);
    assert_int_equal(accounts_use_link(f->accounts, code, 2001, person, &f->fault), ERR_NOT_FOUND);
}

static void test_removed_phone_session_is_gone(void **state)
{
    struct fixture *f = *state;
    const struct accounts_session session = {.person = "wang.fang", .csrf = "x", .until_ms = 2000};
    struct accounts_session found;
    assert_int_equal(accounts_keep_session(f->accounts, "token", &session, &f->fault), ERR_OK);
    assert_int_equal(accounts_find_session(f->accounts, "token", 1500, &found, &f->fault), ERR_OK);
    assert_string_equal(found.person, "wang.fang");
    assert_int_equal(accounts_remove(f->accounts, "wang.fang", &f->fault), ERR_OK);
    assert_int_equal(accounts_find_session(f->accounts, "token", 1500, &found, &f->fault),
                     ERR_NOT_FOUND);
}

static void test_file_is_for_its_owner_alone(void **state)
{
    struct fixture *f = *state;
    char path[SCRATCH_PATH_SIZE + 32];
    struct stat info;
    (void)snprintf(path, sizeof path, "%s/" ACCOUNTS_FILE, f->directory.path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void test_random_passwords_differ(void **state)
{
    char first[ACCOUNTS_RANDOM_SIZE], second[ACCOUNTS_RANDOM_SIZE];
    (void)state;
    accounts_random_password(first);
    accounts_random_password(second);
    assert_int_equal(strlen(first), 23);
    assert_string_not_equal(first, second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_password_is_the_right_one_or_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_hash_costs_what_a_hash_costs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_token_names_its_identity, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_works_once_and_not_too_late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_removed_phone_session_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file_is_for_its_owner_alone, set_up, tear_down),
        cmocka_unit_test(test_random_passwords_differ),
    };
    return cmocka_run_group_tests_name("tests/unit/shell/test_accounts", tests, NULL, NULL);
}
