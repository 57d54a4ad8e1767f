/* test_web_sessions.c: logins end when they should, guessing is slowed down. */
#include "engine/shell/web_sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW INT64_C(1772497200000)

static struct web_sessions *open_sessions(void)
{
    struct web_sessions *sessions = NULL;
    assert_int_equal(web_sessions_new(&sessions), ERR_OK);
    return sessions;
}

static void test_session_is_found_by_its_token_alone(void **state)
{
    struct web_sessions *sessions = open_sessions();
    struct web_session begun, found;
    char token[WEB_TOKEN_SIZE], other[WEB_TOKEN_SIZE];
    (void)state;
    web_sessions_begin(sessions, "wang.fang", 7, NOW, token, &begun);
    assert_true(web_sessions_find(sessions, token, NOW + 1, &found));
    assert_string_equal(found.person, "wang.fang");
    assert_string_equal(found.csrf, begun.csrf);
    assert_string_not_equal(found.csrf, token);
    web_token_make(other);
    assert_false(web_sessions_find(sessions, other, NOW + 1, &found));
    assert_false(web_sessions_find(sessions, "", NOW + 1, &found));
    web_sessions_end(sessions, token);
    assert_false(web_sessions_find(sessions, token, NOW + 1, &found));
    assert_int_equal(web_sessions_count(sessions), 0);
    web_sessions_free(sessions);
}

static void test_session_ends_when_idle_and_in_any_case(void **state)
{
    struct web_sessions *sessions = open_sessions();
    struct web_session session;
    char token[WEB_TOKEN_SIZE];
    (void)state;
    web_sessions_begin(sessions, "wang.fang", 7, NOW, token, &session);
    assert_false(web_sessions_find(sessions, token, NOW + WEB_SESSION_IDLE_MS, &session));
    web_sessions_begin(sessions, "wang.fang", 7, NOW, token, &session);
    for (int64_t at = 0; at < WEB_SESSION_MS; at += HOUR_MS) {
        assert_true(web_sessions_find(sessions, token, NOW + at, &session));
    }
    assert_false(web_sessions_find(sessions, token, NOW + WEB_SESSION_MS, &session));
    web_sessions_free(sessions);
}

static void test_session_table_full_lets_the_oldest_go(void **state)
{
    struct web_sessions *sessions = open_sessions();
    struct web_session session;
    char first[WEB_TOKEN_SIZE], token[WEB_TOKEN_SIZE];
    (void)state;
    web_sessions_begin(sessions, "first", 0, NOW, first, &session);
    for (uint32_t i = 0; i < WEB_SESSIONS_MAX; i++) {
        web_sessions_begin(sessions, "later", 0, NOW + 1 + i, token, &session);
    }
    assert_int_equal(web_sessions_count(sessions), WEB_SESSIONS_MAX);
    assert_false(web_sessions_find(sessions, first, NOW + 2, &session));
    assert_true(web_sessions_find(sessions, token, NOW + WEB_SESSIONS_MAX, &session));
    web_sessions_free(sessions);
}

static uint64_t mark_of(void *context, const char *person)
{
    (void)context;
    return strcmp(person, "kept") == 0 ? 7 : 0;
}

static void test_session_ends_with_its_account(void **state)
{
    struct web_sessions *sessions = open_sessions();
    struct web_session session;
    char kept[WEB_TOKEN_SIZE], removed[WEB_TOKEN_SIZE], phone[WEB_TOKEN_SIZE];
    (void)state;
    web_sessions_begin(sessions, "kept", 7, NOW, kept, &session);
    web_sessions_begin(sessions, "removed", 9, NOW, removed, &session);
    web_sessions_begin(sessions, "a.phone", 0, NOW, phone, &session);
    web_sessions_end_changed(sessions, mark_of, NULL);
    assert_true(web_sessions_find(sessions, kept, NOW, &session));
    assert_false(web_sessions_find(sessions, removed, NOW, &session));
    assert_false(web_sessions_find(sessions, phone, NOW, &session));
    web_sessions_free(sessions);
}

static void test_tries_run_out_and_come_back(void **state)
{
    struct web_sessions *sessions = open_sessions();
    int64_t wait_ms = 0;
    uint32_t allowed = 0;
    (void)state;
    while (allowed < 100 && web_sessions_may_try(sessions, "wang.fang", NOW, &wait_ms)) {
        allowed++;
    }
    assert_int_equal(allowed, 10);
    assert_true(wait_ms > 0 && wait_ms <= MINUTE_MS);
    assert_true(web_sessions_may_try(sessions, "wang.fang", NOW + wait_ms, &wait_ms));
    assert_false(web_sessions_may_try(sessions, "wang.fang", NOW + wait_ms, &wait_ms));
    web_sessions_free(sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_is_found_by_its_token_alone),
        cmocka_unit_test(test_session_ends_when_idle_and_in_any_case),
        cmocka_unit_test(test_session_table_full_lets_the_oldest_go),
        cmocka_unit_test(test_session_ends_with_its_account),
        cmocka_unit_test(test_tries_run_out_and_come_back),
    };
    return cmocka_run_group_tests_name("tests/unit/shell/test_web_sessions", tests, NULL, NULL);
}
