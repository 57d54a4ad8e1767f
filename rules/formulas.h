/* formulas.h: an index file: counters over cases, durations between instants, indices as formulas over them.
 *
 *   version: "2026.1"
 *   parameters:
 *     rework_base: {counter: handled}          # a formula's name for one of several counters
 *     response_limit_hours: {number: 24}
 *   exempt: {where: "appeals_upheld > 0", zh: ..., en: ...}
 *   counters:
 *     filed: {at: filed_at, zh: 立案数, en: cases filed}
 *     late:  {at: due_at, where: "handle_missed > 0", sum: events, of: orders, zh: ..., en: ...}
 *   durations:
 *     dispatch: {from: filed_at, to: dispatched_at, zh: ..., en: ...}
 *   indices:
 *     close_rate: {formula: "100 * closed / filed", unit: percent, better: high, beside: [void_rate],
 *                  source: ..., why: ..., zh: ..., en: ...}
 *
 * A counter counts the cases (or orders) whose instant `at` lies in the period and whose `where` holds; with `sum` it
 * adds up an expression instead. Every index and duration is computed twice: over all cases (raw) and without those that
 * `exempt` holds for. The language is formula_expr.h's, docs/indices.md tells people.
 *
 * Owner   formulas_free; texts and rows lie in the set's arena
 * Errors  every finding goes to problems: K001 keys and values, K002 unknown name with the nearest, K003 syntax, K004
 *         types, K005 a formula that leads back to itself, K006 too many or too long, K007 division by a written zero */
#ifndef RULES_FORMULAS_H
#define RULES_FORMULAS_H

#include "rules/formula_expr.h"

#define FORMULAS_MAX 128u       /* counters, indices, durations, parameters: of each */
#define FORMULAS_BESIDE_MAX 4u  /* counter-indices of one index */
#define FORMULAS_UNIT_LEVELS 5u /* levels of units above a cell that facts name */

/* What is known of a case, and of an order in counters `of: orders`. X(name, TYPE, what) */
#define FORMULA_FACTS(X)                                                                           \
    X(number, TEXT, "case number")                                                                 \
    X(state, TEXT, "state now: CLOSED, VOID ...")                                                  \
    X(class, TEXT, "class code")                                                                   \
    X(rule, TEXT, "rule")                                                                          \
    X(source, TEXT, "who reported first: SENSOR, CAMERA, HOTLINE, DEPARTMENT, PATROL")             \
    X(gateway, TEXT, "gateway that reported first")                                                \
    X(device, TEXT, "device that reported first")                                                  \
    X(department, TEXT, "department that answers for it")                                          \
    X(first_department, TEXT, "department it was given to first")                                  \
    X(handled_department, TEXT, "department that handled it")                                      \
    X(post, TEXT, "post that held it last before it was handled")                                  \
    X(team, TEXT, "team of who handled it")                                                        \
    X(person, TEXT, "who handled it")                                                              \
    X(cell, TEXT, "cell")                                                                          \
    X(unit_1, TEXT, "unit directly above the cell")                                                \
    X(unit_2, TEXT, "unit two levels above the cell")                                              \
    X(unit_3, TEXT, "unit three levels above")                                                     \
    X(unit_4, TEXT, "unit four levels above")                                                      \
    X(unit_5, TEXT, "unit five levels above")                                                      \
    X(void_reason, TEXT, "reason given when it was voided")                                        \
    X(order_kind, TEXT, "of: orders: HANDLE, ASSIST ...")                                          \
    X(order_state, TEXT, "of: orders: DONE, DECLINED ...")                                         \
    X(order_department, TEXT, "of: orders: department of the person asked")                        \
    X(order_team, TEXT, "of: orders: team of the person asked")                                    \
    X(order_person, TEXT, "of: orders: the person asked")                                          \
    X(onset_at, INSTANT, "when it happened, by the first event")                                   \
    X(opened_at, INSTANT, "first report taken")                                                    \
    X(filed_at, INSTANT, "filed, the first time")                                                  \
    X(dispatched_at, INSTANT, "first department or worker has it")                                 \
    X(acted_at, INSTANT, "first own act of a handler: accept, arrive, return or done")             \
    X(arrived_at, INSTANT, "first arrival of a handler")                                           \
    X(first_handled_at, INSTANT, "handled, the first time")                                        \
    X(handled_at, INSTANT, "handled, the last time")                                               \
    X(first_closed_at, INSTANT, "closed, the first time")                                          \
    X(closed_at, INSTANT, "closed; absent while open")                                             \
    X(first_due_at, INSTANT, "deadline of handling as first set")                                  \
    X(due_at, INSTANT, "deadline of handling as it stood last")                                    \
    X(order_offered_at, INSTANT, "of: orders: offered")                                            \
    X(order_accepted_at, INSTANT, "of: orders: accepted")                                          \
    X(order_arrived_at, INSTANT, "of: orders: arrived")                                            \
    X(order_ended_at, INSTANT, "of: orders: done, returned, declined ...")                         \
    X(severity, NUMBER, "1 to 4")                                                                  \
    X(events, NUMBER, "reports merged into it")                                                    \
    X(hops, NUMBER, "hand-overs before the first arrival or handling")                             \
    X(returns, NUMBER, "times a handler or desk gave it back")                                     \
    X(declines, NUMBER, "offers declined or expired")                                              \
    X(checks_failed, NUMBER, "checks that were not passed")                                        \
    X(checks_passed, NUMBER, "checks that were passed")                                            \
    X(person_checks, NUMBER, "checks by a person, passed or not")                                  \
    X(reopenings, NUMBER, "times it was opened again")                                             \
    X(clocks_missed, NUMBER, "clocks missed")                                                      \
    X(handle_missed, NUMBER, "times the clock of handling was missed")                             \
    X(extensions, NUMBER, "extensions granted")                                                    \
    X(suspensions, NUMBER, "times suspended")                                                      \
    X(late_suspensions, NUMBER, "times suspended in the last fifth of the clock")                  \
    X(appeals, NUMBER, "appeals against a missed clock")                                           \
    X(appeals_upheld, NUMBER, "appeals that were upheld")                                          \
    X(supervisions, NUMBER, "times put under supervision")                                         \
    X(verified_yes, NUMBER, "times verified as reported")                                          \
    X(verified_no, NUMBER, "times verified as not so")                                             \
    X(proactive_reports, NUMBER, "reports by sensor, camera or patrol")                            \
    X(public_reports, NUMBER, "reports by hotline")                                                \
    X(repeats, NUMBER,                                                                             \
      "cases of its class at its asset, or within 50 m, in the 7 days after its end")              \
    X(assists, NUMBER, "helpers asked")                                                            \
    X(ratings, NUMBER, "receipts that gave stars")                                                 \
    X(stars, NUMBER, "stars given, added up")                                                      \
    X(stars_1, NUMBER, "receipts that gave 1 star")                                                \
    X(stars_2, NUMBER, "receipts that gave 2 stars")                                               \
    X(stars_3, NUMBER, "receipts that gave 3 stars")                                               \
    X(stars_4, NUMBER, "receipts that gave 4 stars")                                               \
    X(stars_5, NUMBER, "receipts that gave 5 stars")                                               \
    X(solved, NUMBER, "receipts that said solved")                                                 \
    X(unsolved, NUMBER, "receipts that said not solved")

#define FORMULA_FACT_ENUM(name, type, what) FACT_##name,
enum formula_fact { FORMULA_FACTS(FORMULA_FACT_ENUM) FACT_COUNT };
#undef FORMULA_FACT_ENUM

enum formula_fact_kind { FACT_IS_TEXT, FACT_IS_INSTANT, FACT_IS_NUMBER };

#define FACT_ABSENT INT64_MIN

/* One case, or one order with its case. Texts are borrowed; NULL and FACT_ABSENT: not there. */
struct formula_facts {
    int64_t numbers[FACT_COUNT];
    const char *texts[FACT_COUNT];
};

struct formula_label {
    const char *zh;
    const char *en;
};

struct formula_counter {
    const char *name;
    struct formula_label label;
    enum formula_fact at;
    bool of_orders;
    struct formula where; /* none: all */
    struct formula sum;   /* none: 1 each */
};

struct formula_duration {
    const char *name;
    struct formula_label label;
    enum formula_fact from, to; /* counted where `to` lies in the period */
    struct formula where;
};

enum formula_unit { UNIT_PERCENT, UNIT_NUMBER, UNIT_STARS };

struct formula_index {
    const char *name;
    struct formula_label label;
    struct formula formula;
    const char *text; /* as written */
    enum formula_unit unit;
    bool high_is_better;
    uint32_t beside[FORMULAS_BESIDE_MAX]; /* counter-indices */
    uint32_t beside_count;
    const char *source; /* where the definition comes from */
    struct formula_label why;
    int line;
};

struct formulas {
    struct arena *arena;
    const char *file;
    const char *version;
    struct formula exempt;
    struct formula_label exempt_label;
    struct formula_counter *counters;
    uint32_t counter_count;
    struct formula_duration *durations;
    uint32_t duration_count;
    struct formula_index *indices;
    uint32_t index_count;
    bool persons_are_ranked; /* `per_person: true`; off unless a city decides so */
};

/* NULL after problems were listed. */
struct formulas *formulas_read(struct problems *problems, const char *file, const char *bytes,
                               size_t size);
void formulas_free(struct formulas *formulas);

const char *formula_fact_name(enum formula_fact fact);
enum formula_fact_kind formula_fact_kind(enum formula_fact fact);
bool formula_fact_find(const char *name, enum formula_fact *out_fact);
void formula_facts_clear(struct formula_facts *facts);

/* Does the condition hold for these facts? One that is not there does. */
bool formula_holds(const struct formula *condition, const struct formula_facts *facts);

/* What the counter adds for these facts: its sum, or 1; 0 where its condition does not hold. */
double formula_count(const struct formula_counter *counter, const struct formula_facts *facts);

/* All indices from the counters of this period and the one before (by counter; previous may be NULL: absent). */
void formulas_compute(const struct formulas *formulas, const double *counts, const double *previous,
                      struct formula_value *out_values);

/* Marks the counters that the index reads, through other indices too: what a drill-down lists. */
void formulas_mark_counters(const struct formulas *formulas, uint32_t index, bool *out_is_read);

/* The index of that name; NONE32 with the nearest name in *out_nearest, or NULL. */
uint32_t formulas_find(const struct formulas *formulas, const char *name, const char **out_nearest);

#endif
