/* test_life_page.c: docs/life-cycle.md shows the tables of engine/core/life.c row by row.
 *
 * `test_life_page print` writes the rows as they should be. */
#include "engine/core/city.h"
#include "engine/core/life.h"
#include "engine/edge/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW_SIZE 1024
#define PAGE_SIZE_MAX 65536

/* A row under construction. */
struct row {
    char text[ROW_SIZE];
    size_t size;
};

__attribute__((format(printf, 2, 3))) static void put(struct row *row, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length =
        vsnprintf(row->text + row->size, sizeof row->text - row->size, format, arguments);
    va_end(arguments);
    assert_true(length >= 0 && row->size + (size_t)length < sizeof row->text);
    row->size += (size_t)length;
}

/* Names of the bits of a vocabulary, in lower case; number is the bit, or 1 << number. */
static void put_names(struct row *row, enum vocabulary vocabulary, uint32_t bits, bool is_mask)
{
    bool is_first = true;
    for (uint32_t i = 0; i < words_count(vocabulary); i++) {
        const struct word *word = words_at(vocabulary, i);
        const uint32_t bit = is_mask ? word->number : 1u << word->number;
        if ((bits & bit) == 0) {
            continue;
        }
        put(row, "%s", is_first ? "" : ", ");
        for (const char *at = word->name; *at != '\0'; at++) {
            put(row, "%c", tolower((unsigned char)*at));
        }
        is_first = false;
    }
}

static void put_lower(struct row *row, const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        put(row, "%c", tolower((unsigned char)*at));
    }
}

static void put_needs(struct row *row, uint32_t needs)
{
    static const struct {
        uint32_t bit;
        const char *words;
    } NEEDS[] = {{NEED_REASON, "reason"},
                 {NEED_TEXT, "words"},
                 {NEED_UNTIL, "until"},
                 {NEED_OTHER, "other case"},
                 {NEED_SUBJECT, "person or post"},
                 {NEED_HOLDER, "at the post that holds it"},
                 {NEED_SIDE, "of its side"},
                 {NEED_NO_PART, "took no part"},
                 {NEED_NO_VIEW, "did not file or check"}};
    bool is_first = true;
    for (size_t i = 0; i < sizeof NEEDS / sizeof NEEDS[0]; i++) {
        if ((needs & NEEDS[i].bit) != 0) {
            put(row, "%s%s", is_first ? "" : ", ", NEEDS[i].words);
            is_first = false;
        }
    }
}

static struct row case_row_of(const struct life_case_rule *rule)
{
    struct row row = {.size = 0};
    put(&row, "| ");
    put_lower(&row, words_action_name(rule->action));
    put(&row, " %s | ", words_action(rule->action, LANG_ZH));
    put_names(&row, VOCABULARY_CASE_STATE, rule->states, false);
    put(&row, " | ");
    put_lower(&row, rule->after == CASE_NONE ? "" : words_case_state_name(rule->after));
    put(&row, " | ");
    put_names(&row, VOCABULARY_RIGHT, rule->rights, true);
    put(&row, " | ");
    put_needs(&row, rule->needs);
    put(&row, " |");
    return row;
}

static struct row order_row_of(const struct life_order_rule *rule)
{
    struct row row = {.size = 0};
    put(&row, "| ");
    put_lower(&row, words_action_name(rule->action));
    put(&row, " %s | ", words_action(rule->action, LANG_ZH));
    put_names(&row, VOCABULARY_ORDER_KIND, rule->kinds, false);
    put(&row, " | ");
    put_names(&row, VOCABULARY_ORDER_STATE, rule->states, false);
    put(&row, " | ");
    put_lower(&row, rule->after == ORDER_NONE ? "" : words_order_state_name(rule->after));
    put(&row, " | ");
    put_needs(&row, rule->needs);
    put(&row, " |");
    return row;
}

static void print_rows(void)
{
    uint32_t count = 0;
    const struct life_case_rule *cases = life_case_rules(&count);
    for (uint32_t i = 0; i < count; i++) {
        (void)printf("%s\n", case_row_of(&cases[i]).text);
    }
    (void)printf("\n");
    const struct life_order_rule *orders = life_order_rules(&count);
    for (uint32_t i = 0; i < count; i++) {
        (void)printf("%s\n", order_row_of(&orders[i]).text);
    }
}

static uint32_t count_rows(const char *page)
{
    uint32_t rows = 0;
    for (const char *at = page; (at = strstr(at, "\n| ")) != NULL; at++) {
        rows++;
    }
    return rows;
}

static void test_every_row_is_on_the_page(void **state)
{
    (void)state;
    FILE *file = fopen("docs/life-cycle.md", "r");
    assert_non_null(file);
    char *page = calloc(1, PAGE_SIZE_MAX);
    assert_non_null(page);
    assert_true(fread(page, 1, PAGE_SIZE_MAX - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    uint32_t case_count = 0;
    uint32_t order_count = 0;
    const struct life_case_rule *cases = life_case_rules(&case_count);
    const struct life_order_rule *orders = life_order_rules(&order_count);
    for (uint32_t i = 0; i < case_count + order_count; i++) {
        const struct row row =
            i < case_count ? case_row_of(&cases[i]) : order_row_of(&orders[i - case_count]);
        if (strstr(page, row.text) == NULL) {
            fail_msg("docs/life-cycle.md lacks the row (test_life_page print shows all): %s",
                     row.text);
        }
    }
    assert_int_equal(count_rows(page),
                     case_count + order_count + 2); /* and two headings, nothing else */
    free(page);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "print") == 0) {
        print_rows();
        return 0;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_row_is_on_the_page)};
    return cmocka_run_group_tests_name("edge/life_page", tests, NULL, NULL);
}
