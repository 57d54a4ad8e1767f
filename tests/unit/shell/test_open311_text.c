/* test_open311_text.c: forms are read and lists written as Open311 has them; QR codes have their shape. */
#include "engine/core/base.h"
#include "engine/shell/open311_text.h"
#include "engine/shell/qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_open311_form_is_decoded(void **state)
{
    static const char FORM[] = "a=1+2&b=%E5%9E%83&&empty=&last";
    (void)state;
    json_t *form = open311_form(FORM, strlen(FORM));
    assert_non_null(form);
    assert_string_equal(json_string_value(json_object_get(form, "a")), "1 2");
    assert_string_equal(json_string_value(json_object_get(form, "b")), "垃");
    assert_string_equal(json_string_value(json_object_get(form, "empty")), "");
    assert_int_equal(json_object_size(form), 4);
    json_decref(form);
}

static void test_open311_form_refuses_what_is_none(void **state)
{
    static const char *const FORMS[] = {"a=%", "a=%4",    "a=%zz",   "a=%00",
                                        "=1",  "a=1&a=2", "a=%FF%FE"};
    char many[512] = "";
    (void)state;
    for (size_t i = 0; i < COUNT_OF(FORMS); i++) {
        assert_null(open311_form(FORMS[i], strlen(FORMS[i])));
    }
    for (int i = 0; i < 33; i++) {
        (void)snprintf(many + strlen(many), sizeof many - strlen(many), "f%d=x&", i);
    }
    assert_null(open311_form(many, strlen(many)));
}

static void test_open311_xml_escapes(void **state)
{
    json_t *rows = json_pack("[{s:s, s:i, s:f}]", "text", "<b>&\x01 \"x\"", "code", 7, "lat", 1.5);
    (void)state;
    char *xml = open311_xml(rows, "errors", "error");
    assert_non_null(strstr(xml, "<text>&lt;b&gt;&amp; \"x\"</text>"));
    assert_non_null(strstr(xml, "<code>7</code><lat>1.5000000</lat></error>\n</errors>"));
    free(xml);
    json_decref(rows);
}

/* Three corners bear the finder, seven dark modules in a row at the top: whoever turns the picture breaks this. */
static void test_qr_has_its_finders(void **state)
{
    static char large[4000];
    (void)state;
    json_t *picture =
        qr_as_svg_path("http://127.0.0.1:8080/w/#abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
    const json_int_t size = json_integer_value(json_object_get(picture, "size"));
    const char *path = json_string_value(json_object_get(picture, "path"));
    char corner[32];
    (void)snprintf(corner, sizeof corner, "M%d 0h7v1h-7z", (int)size - 7);
    assert_true(size >= 29 && size % 4 == 1);
    assert_int_equal(strncmp(path, "M0 0h7v1h-7z", 12), 0);
    assert_non_null(strstr(path, corner));
    json_decref(picture);
    memset(large, 'x', sizeof large - 1);
    assert_null(qr_as_svg_path(large));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_open311_form_is_decoded),
                                       cmocka_unit_test(test_open311_form_refuses_what_is_none),
                                       cmocka_unit_test(test_open311_xml_escapes),
                                       cmocka_unit_test(test_qr_has_its_finders)};
    return cmocka_run_group_tests_name("shell/open311_text", tests, NULL, NULL);
}
