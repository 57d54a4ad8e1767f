/* test_handover.c: thirty labelled hand-over graphs: no false accusation, and none missed. */
#include "engine/core/handover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAME_OF(name, number, en, zh) {#name, number},
static const struct {
    const char *name;
    uint32_t number;
} REASONS[] = {REASON_LIST(NAME_OF)};

#define GRAPHS "tests/data/handovers/graphs.txt"
#define OFFICES_MAX 16u

struct graph {
    char name[32];
    struct handover steps[HANDOVERS_MAX];
    uint32_t count;
    uint32_t expected_step; /* 1 ..; 0 = legitimate */
    uint32_t expected;      /* enum reason */
};

struct offices {
    char names[OFFICES_MAX][24];
    uint32_t count;
};

static uint32_t reason_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(REASONS); i++) {
        if (strcmp(REASONS[i].name, name) == 0) {
            return REASONS[i].number;
        }
    }
    fail_msg("no reason %s", name);
    return REASON_NONE;
}

static const char *name_of(uint32_t reason)
{
    for (size_t i = 0; i < COUNT_OF(REASONS); i++) {
        if (REASONS[i].number == reason) {
            return REASONS[i].name;
        }
    }
    return "?";
}

static uint32_t office_of(struct offices *offices, const char *name)
{
    if (strcmp(name, "-") == 0) {
        return NONE32;
    }
    for (uint32_t i = 0; i < offices->count; i++) {
        if (strcmp(offices->names[i], name) == 0) {
            return i;
        }
    }
    assert_true(offices->count < OFFICES_MAX);
    (void)snprintf(offices->names[offices->count], sizeof offices->names[0], "%s", name);
    return offices->count++;
}

static uint8_t flags_of(const char *words)
{
    return (uint8_t)((strstr(words, "acted") != NULL ? HANDOVER_ACTED : 0) |
                     (strstr(words, "taken") != NULL ? HANDOVER_TAKEN : 0) |
                     (strstr(words, "inspection") != NULL ? HANDOVER_INSPECTION : 0) |
                     (strstr(words, "duty") != NULL ? HANDOVER_DUTY : 0));
}

static void read_step(struct graph *graph, struct offices *offices, const char *line)
{
    char from[24];
    char to[24];
    char direction[16];
    char reason[24];
    unsigned used = 0;
    unsigned held = 0;
    int end = 0;
    assert_int_equal(sscanf(line, "step %23s %23s %15s %23s %u %u%n", from, to, direction, reason,
                            &used, &held, &end),
                     6);
    assert_true(graph->count < HANDOVERS_MAX);
    graph->steps[graph->count++] = (struct handover){
        .at_ms = graph->count,
        .from = office_of(offices, from),
        .to = office_of(offices, to),
        .direction = (uint8_t)(strcmp(direction, "up") == 0     ? HANDOVER_UP
                               : strcmp(direction, "down") == 0 ? HANDOVER_DOWN
                                                                : HANDOVER_LATERAL),
        .reason = (uint8_t)reason_of(reason),
        .flags = flags_of(line + end),
        .used_permille = (uint16_t)used,
        .held_permille = (uint16_t)held};
}

/* The first step that shows something, as the engine judges: each when it happens. */
static void judge(const struct graph *graph)
{
    for (uint32_t i = 1; i <= graph->count; i++) {
        const enum reason found = handover_judge(graph->steps, i);
        if (found != REASON_NONE) {
            if (graph->expected_step != i || graph->expected != (uint32_t)found) {
                fail_msg("%s: step %u shows %s, labelled %s at step %u", graph->name, i,
                         name_of(found),
                         graph->expected_step == 0 ? "legitimate" : name_of(graph->expected),
                         graph->expected_step);
            }
            return;
        }
    }
    if (graph->expected_step != 0) {
        fail_msg("%s: %s at step %u was not found", graph->name, name_of(graph->expected),
                 graph->expected_step);
    }
}

static void test_handover_labelled_graphs(void **state)
{
    FILE *file = fopen(GRAPHS, "r");
    char line[256];
    struct graph graph = {.count = 0};
    struct offices offices = {.count = 0};
    uint32_t total = 0;
    uint32_t legitimate = 0;
    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        char word[24];
        unsigned step;
        if (sscanf(line, "graph %31s", graph.name) == 1) {
            graph.count = graph.expected_step = 0;
            offices.count = 0;
        } else if (strncmp(line, "step ", 5) == 0) {
            read_step(&graph, &offices, line);
        } else if (strncmp(line, "expect legitimate", 17) == 0) {
            judge(&graph);
            total++;
            legitimate++;
        } else if (sscanf(line, "expect %u %23s", &step, word) == 2) {
            graph.expected_step = step;
            graph.expected = reason_of(word);
            judge(&graph);
            total++;
        }
    }
    (void)fclose(file);
    print_message("%u graphs, %u of them legitimate\n", total, legitimate);
    assert_int_equal(total, 30);
    assert_int_equal(legitimate, 10);
}

/* What a bound does: the oldest are forgotten, and a forgotten step accuses nobody. */
static void test_handover_forgotten_steps_accuse_nobody(void **state)
{
    (void)state;
    const struct handover steps[] = {
        {.from = 2, .to = 1, .reason = REASON_NOT_MINE, .used_permille = 10, .held_permille = 10}};
    assert_int_equal(handover_judge(steps, 1), REASON_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handover_labelled_graphs),
        cmocka_unit_test(test_handover_forgotten_steps_accuse_nobody),
    };
    return cmocka_run_group_tests_name("tests/unit/core/test_handover", tests, NULL, NULL);
}
