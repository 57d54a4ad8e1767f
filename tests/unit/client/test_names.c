/* test_names.c: every act of people in engine/core/life.h has its public name in proto/client/gridloop.h, with its number. */
#include "engine/core/life.h"
#include "proto/client/gridloop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 128u
#define NAME_SIZE 64u

struct names {
    char names[NAMES_MAX][NAME_SIZE];
    unsigned numbers[NAMES_MAX];
    uint32_t count;
};

/* What is called otherwise in public: the plain word is taken by a result or by a kind of order. */
static const struct {
    const char *inside, *outside;
} RENAMED[] = {
    {"DONE", "FINISH"}, {"INFORM", "ASK_DATA"}, {"NONE", "NO_REASON"}, {"BUSY", "IS_BUSY"}};

/* The enumerators of one enum, without their prefix, as the header writes them. */
static void read_enum(const char *opening, struct names *out)
{
    char line[256];
    bool is_inside = false;
    FILE *header = fopen("proto/client/gridloop.h", "r");
    assert_non_null(header);
    out->count = 0;
    while (fgets(line, sizeof line, header) != NULL) {
        if (strncmp(line, opening, strlen(opening)) == 0) {
            is_inside = true;
        } else if (line[0] == '}') {
            is_inside = false;
        } else if (is_inside && sscanf(line, " GRIDLOOP_%63[A-Z_] = %u", out->names[out->count],
                                       &out->numbers[out->count]) == 2) {
            assert_true(++out->count < NAMES_MAX);
        }
    }
    (void)fclose(header);
    assert_true(out->count > 0);
}

/* Whether the public name is the inner one, or what that is called outside. */
static bool is_named(const char *public, const char *inside, bool is_reason)
{
    for (size_t i = 0; i < COUNT_OF(RENAMED); i++) {
        const bool is_act =
            strcmp(RENAMED[i].inside, "DONE") == 0 || strcmp(RENAMED[i].inside, "INFORM") == 0;
        if (strcmp(RENAMED[i].inside, inside) == 0 && is_act == !is_reason) {
            return strcmp(RENAMED[i].outside, public) == 0;
        }
    }
    const size_t prefix = is_reason && strncmp(public, "BECAUSE_", 8) == 0
                              ? 8
                              : 0; /* an act or a flag has the word */
    return strcmp(public + prefix, inside) == 0;
}

#define ROW(name, number, en, zh) {#name, number},
struct inner {
    const char *name;
    unsigned number;
};

static void test_names_every_act_of_people_is_public(void **state)
{
    static const struct inner ACTIONS[] = {ACTION_LIST(ROW)};
    struct names names;
    (void)state;
    read_enum("enum gridloop_action", &names);
    uint32_t expected = 0;
    for (size_t i = 0; i < COUNT_OF(ACTIONS); i++) {
        if (ACTIONS[i].number == 0 || ACTIONS[i].number >= ACTION_OUTSIDE_LIMIT) {
            continue;
        }
        expected++;
        uint32_t found = NONE32;
        for (uint32_t j = 0; j < names.count; j++) {
            found = names.numbers[j] == ACTIONS[i].number ? j : found;
        }
        if (found == NONE32 || !is_named(names.names[found], ACTIONS[i].name, false)) {
            fail_msg("gridloop.h has no GRIDLOOP_%s = %u", ACTIONS[i].name, ACTIONS[i].number);
        }
    }
    assert_int_equal(names.count, expected); /* and nothing that the engine does not know */
}

static void test_names_reasons_mean_the_same(void **state)
{
    static const struct inner REASONS[] = {REASON_LIST(ROW)};
    struct names names;
    (void)state;
    read_enum("enum gridloop_reason", &names);
    for (uint32_t j = 0; j < names.count; j++) {
        bool is_known = false;
        for (size_t i = 0; i < COUNT_OF(REASONS); i++) {
            is_known = is_known || (REASONS[i].number == names.numbers[j] &&
                                    is_named(names.names[j], REASONS[i].name, true));
        }
        if (!is_known) {
            fail_msg("GRIDLOOP_%s = %u is not a reason of life.h", names.names[j],
                     names.numbers[j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_every_act_of_people_is_public),
        cmocka_unit_test(test_names_reasons_mean_the_same),
    };
    return cmocka_run_group_tests_name("client/names", tests, NULL, NULL);
}
