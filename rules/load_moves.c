/* load_moves.c: what may become of an order after its first offer: reroute, offer, preempt, area_guard of an assign, and the
 * `reassign` of defaults. See load_clauses.h. */
#include "rules/load_clauses.h"

#include <stdlib.h>

#define PARALLEL_WORD "parallel "

/* offer: one | parallel 3. */
static bool load_offer(const struct loader *loader, const struct tree_node *node,
                       uint32_t *out_parallel)
{
    const char *text = NULL;
    if (!read_text(loader, node, "offer", &text)) {
        return false;
    }
    if (strcmp(text, "one") == 0) {
        *out_parallel = 1;
        return true;
    }
    const size_t size = strlen(PARALLEL_WORD);
    char *end = NULL;
    const unsigned long count =
        strncmp(text, PARALLEL_WORD, size) == 0 ? strtoul(text + size, &end, 10) : 0;
    if (count < 2 || count > PARALLEL_MAX || end == NULL || *end != '\0') {
        read_report(loader, node, "L018",
                    "offer is \"%s\"; write one, or parallel 2 to parallel %u (severity 1 only: "
                    "the first who accepts has it)",
                    text, PARALLEL_MAX);
        return false;
    }
    *out_parallel = (uint32_t)count;
    return true;
}

bool load_moves(const struct loader *loader, const struct tree_node *node,
                struct rule_assign *assign)
{
    static const struct word_spec REROUTES[] = {
        {"false", REROUTE_NEVER}, {"offers", REROUTE_OFFERS}, {"true", REROUTE_ACCEPTED}};
    const struct tree_node *value = NULL;
    bool is_good = true, preempts = false;
    int64_t percent = 0;
    if ((value = read_find(node, "reroute")) != NULL) {
        is_good =
            read_word(loader, value, "reroute", REROUTES, COUNT_OF(REROUTES), &assign->reroute);
        if (is_good && assign->reroute != REROUTE_NEVER && assign->pick == PICK_LEAST_LOADED) {
            read_report(loader, value, "L018",
                        "reroute moves orders to who is there sooner: pick must be nearest or eta, "
                        "not least_loaded");
            is_good = false;
        }
    }
    if ((value = read_find(node, "offer")) != NULL) {
        is_good = load_offer(loader, value, &assign->parallel) && is_good;
    }
    if ((value = read_find(node, "preempt")) != NULL) {
        is_good = read_truth(loader, value, "preempt", &preempts) && is_good;
        assign->preempts = preempts;
    }
    if ((value = read_find(node, "area_guard")) != NULL) {
        is_good =
            read_integer(loader, value, "area_guard (percent)", 100, GUARD_PERCENT_MAX, &percent) &&
            is_good;
        assign->guard_percent = (uint32_t)percent;
        if (assign->reroute == REROUTE_NEVER) {
            read_report(loader, value, "L018",
                        "area_guard bounds what reroute may do; without it nothing is moved");
            is_good = false;
        }
    }
    const bool is_moving = assign->reroute != REROUTE_NEVER || assign->parallel > 1 || preempts;
    if (is_moving && (assign->rights & RIGHT_WORKER) == 0) {
        read_report(loader, node, "L018",
                    "reroute, offer and preempt are for orders to handle a case, not for checks");
        is_good = false;
    }
    return is_good;
}

struct policy_rounds load_rounds_default(void)
{
    return (struct policy_rounds){.every_ms = 10 * SECOND_MS,
                                  .switch_ms = 30 * SECOND_MS,
                                  .ring_ms = 5 * MINUTE_MS,
                                  .nearest = 16,
                                  .switch_max = 3,
                                  .ageing_permille = 100,
                                  .clock_permille = 100,
                                  .weights = {8, 4, 2, 1}};
}

/* A whole number of percent as permille. */
static bool load_percent(const struct loader *loader, const struct tree_node *node,
                         const char *what, uint32_t *out_permille)
{
    int64_t percent = 0;
    const bool is_good = read_integer(loader, node, what, 0, ROUND_PERMILLE_MAX / 10, &percent);
    *out_permille = (uint32_t)percent * 10;
    return is_good;
}

static bool load_weights(const struct loader *loader, const struct tree_node *node,
                         struct policy_rounds *rounds)
{
    bool is_good = read_list_count(node) == COUNT_OF(rounds->weights);
    if (!is_good) {
        read_report(loader, node, "L018",
                    "weights has %u entries; it must have %u, severity 1 first",
                    read_list_count(node), (uint32_t)COUNT_OF(rounds->weights));
        return false;
    }
    for (uint32_t i = 0; i < COUNT_OF(rounds->weights); i++) {
        int64_t weight = 1;
        is_good = read_integer(loader, read_list_item(node, i), "weights", 1, ROUND_WEIGHT_MAX,
                               &weight) &&
                  is_good;
        rounds->weights[i] = (uint32_t)weight;
    }
    return is_good;
}

bool load_rounds(const struct loader *loader, const struct tree_node *node,
                 struct policy_rounds *rounds)
{
    static const struct key_spec KEYS[] = {
        {"every", KEY_KNOWN},        {"nearest", KEY_KNOWN},      {"switch_penalty", KEY_KNOWN},
        {"switch_limit", KEY_KNOWN}, {"ring_penalty", KEY_KNOWN}, {"ageing", KEY_KNOWN},
        {"deadline", KEY_KNOWN},     {"weights", KEY_KNOWN}};
    if (!read_check_map(loader, node, "reassign", KEYS, COUNT_OF(KEYS))) {
        return false;
    }
    const struct {
        const char *key;
        int64_t low_ms, *target;
    } DURATIONS[] = {{"every", ROUND_EVERY_MIN_MS, &rounds->every_ms},
                     {"switch_penalty", 0, &rounds->switch_ms},
                     {"ring_penalty", 0, &rounds->ring_ms}};
    const struct tree_node *value = NULL;
    int64_t number = 0;
    bool is_good = true;
    for (size_t i = 0; i < COUNT_OF(DURATIONS); i++) {
        if ((value = read_find(node, DURATIONS[i].key)) == NULL) {
            continue;
        }
        int64_t ms = 0;
        is_good = read_duration(loader, value, DURATIONS[i].key, &ms) && is_good;
        if (ms < DURATIONS[i].low_ms || ms > DAY_MS) {
            read_report(loader, value, "L018", "%s must be 1s to 1d", DURATIONS[i].key);
            is_good = false;
        }
        *DURATIONS[i].target = ms;
    }
    if ((value = read_find(node, "nearest")) != NULL) {
        is_good = read_integer(loader, value, "nearest", 1, ROUND_NEAREST_MAX, &number) && is_good;
        rounds->nearest = (uint32_t)number;
    }
    if ((value = read_find(node, "switch_limit")) != NULL) {
        is_good =
            read_integer(loader, value, "switch_limit", 0, ROUND_SWITCHES_MAX, &number) && is_good;
        rounds->switch_max = (uint32_t)number;
    }
    if ((value = read_find(node, "ageing")) != NULL) {
        is_good =
            load_percent(loader, value, "ageing (percent)", &rounds->ageing_permille) && is_good;
    }
    if ((value = read_find(node, "deadline")) != NULL) {
        is_good =
            load_percent(loader, value, "deadline (percent)", &rounds->clock_permille) && is_good;
    }
    if ((value = read_find(node, "weights")) != NULL) {
        is_good = load_weights(loader, value, rounds) && is_good;
    }
    return is_good;
}
