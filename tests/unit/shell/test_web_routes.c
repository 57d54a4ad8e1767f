/* test_web_routes.c: the table of routes: every row can be reached, and the OpenAPI document has every row. */
#include "engine/shell/web_routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The pattern with "x" for each piece in braces. */
static void make_path(const char *pattern, char *out)
{
    while (*pattern != '\0') {
        if (*pattern == '{') {
            *out++ = 'x';
            pattern = strchr(pattern, '}') + 1;
        } else {
            *out++ = *pattern++;
        }
    }
    *out = '\0';
}

static void test_routes_every_row_is_reached_by_its_own_path(void **state)
{
    char path[256];
    (void)state;
    for (size_t i = 0; i < WEB_ROUTE_COUNT; i++) {
        make_path(WEB_ROUTES[i].pattern, path);
        const struct web_match match = web_routes_find(WEB_ROUTES[i].method, path);
        assert_ptr_equal(match.route, &WEB_ROUTES[i]);
        assert_non_null(WEB_ROUTES[i].handle);
        assert_true(strlen(WEB_ROUTES[i].summary) > 0);
    }
}

static void test_routes_unknown_paths_and_methods_are_told_apart(void **state)
{
    (void)state;
    assert_null(web_routes_find(WEB_GET, "/api/v1/nothing").route);
    assert_false(web_routes_find(WEB_GET, "/api/v1/nothing").is_other_method);
    assert_null(web_routes_find(WEB_PUT, "/livez").route);
    assert_true(web_routes_find(WEB_PUT, "/livez").is_other_method);
    assert_null(web_routes_find(WEB_GET, "/api/v1/cases/").route);
    assert_null(web_routes_find(WEB_GET, "/api/v1/cases/1/2").route);
    assert_null(web_routes_find(WEB_GET, "").route);
}

static void test_routes_pieces_of_a_path_are_found(void **state)
{
    (void)state;
    const struct web_match match = web_routes_find(WEB_GET, "/api/v1/cases/110108-20260303-0001");
    assert_non_null(match.route);
    assert_int_equal(match.sizes[0], strlen("110108-20260303-0001"));
    assert_memory_equal(match.params[0], "110108-20260303-0001", match.sizes[0]);
}

static void test_routes_unsafe_ones_without_csrf_are_open_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < WEB_ROUTE_COUNT; i++) {
        if ((WEB_ROUTES[i].flags & WEB_NO_CSRF) != 0) {
            assert_int_not_equal(WEB_ROUTES[i].method, WEB_GET);
            assert_true((WEB_ROUTES[i].flags & WEB_OPEN) != 0);
        }
    }
}

static void test_openapi_has_every_row_and_no_other(void **state)
{
    const char *path, *method;
    json_t *methods, *operation;
    size_t count = 0;
    (void)state;
    json_t *document = web_routes_openapi();
    assert_non_null(document);
    assert_string_equal(json_string_value(json_object_get(document, "openapi")), "3.1.0");
    json_t *paths = json_object_get(document, "paths");
    json_object_foreach(paths, path, methods)
    {
        json_object_foreach(methods, method, operation)
        {
            assert_non_null(json_object_get(operation, "operationId"));
            assert_non_null(json_object_get(operation, "responses"));
            count++;
        }
    }
    assert_int_equal(count, WEB_ROUTE_COUNT);
    for (size_t i = 0; i < WEB_ROUTE_COUNT; i++) {
        assert_non_null(json_object_get(paths, WEB_ROUTES[i].pattern));
    }
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes_every_row_is_reached_by_its_own_path),
        cmocka_unit_test(test_routes_unknown_paths_and_methods_are_told_apart),
        cmocka_unit_test(test_routes_pieces_of_a_path_are_found),
        cmocka_unit_test(test_routes_unsafe_ones_without_csrf_are_open_ones),
        cmocka_unit_test(test_openapi_has_every_row_and_no_other),
    };
    return cmocka_run_group_tests_name("tests/unit/shell/test_web_routes", tests, NULL, NULL);
}
