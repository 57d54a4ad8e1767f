/* tally.h: facts of cases added up by the formulas of an index file, for a period, by area, department, post or team.
 *
 *   tally_new -> tally_take(facts) ... -> tally_settle -> tally_counter, tally_index, tally_duration -> tally_free
 *
 * Row 0 is everything; the rows behind it are the objects asked for, by key. Every figure exists twice: of all cases
 * (raw) and without those that the file exempts. Percentiles are by nearest rank: the value that at least so many
 * in a hundred do not exceed.
 *
 * A case whose instants run backwards (closed before it was reported) is implausible: it is counted like any other, but
 * no duration is taken from it, and tally_implausible says how many there were.
 *
 * Owner   new/free; the formulas must outlive it
 * Cost    a few microseconds a case, 8 bytes a duration kept */
#ifndef RULES_TALLY_H
#define RULES_TALLY_H

#include "rules/formulas.h"

enum tally_object {
    TALLY_CITY,
    TALLY_AREA,
    TALLY_DEPARTMENT,
    TALLY_POST,
    TALLY_TEAM,
    TALLY_PERSON
};

struct tally_options {
    const struct formulas *formulas;
    int64_t before_ms; /* the period before: [before_ms, from_ms) */
    int64_t from_ms;   /* the period: [from_ms, until_ms) */
    int64_t until_ms;
    enum tally_object by;
    uint32_t level; /* TALLY_AREA: 1 = directly above the cell, 0 = the cell */
};

struct tally; /* opaque */

struct tally *tally_new(const struct tally_options *options);
void tally_free(struct tally *tally);

void tally_take(struct tally *tally, const struct formula_facts *facts, bool is_order);

/* Rows in order of their keys; nothing more may be taken. */
void tally_settle(struct tally *tally);

uint32_t tally_row_count(const struct tally *tally);
const char *tally_row_key(const struct tally *tally,
                          uint32_t row); /* "" of row 0; "-" where a case has none */

double tally_counter(const struct tally *tally, uint32_t row, uint32_t counter, bool is_exempted);
struct formula_value tally_index(const struct tally *tally, uint32_t row, uint32_t index,
                                 bool is_exempted);

struct tally_duration {
    uint64_t count; /* 0: nothing to tell */
    int64_t mean_ms, p50_ms, p90_ms, p99_ms;
};
struct tally_duration tally_duration(const struct tally *tally, uint32_t row, uint32_t duration,
                                     bool is_exempted);

/* Cases in the period that are exempt, and that are implausible. */
uint64_t tally_exempt(const struct tally *tally);
uint64_t tally_implausible(const struct tally *tally);

/* Does the counter count these facts in the period? For the list behind a number. */
bool tally_counts(const struct tally_options *options, uint32_t counter,
                  const struct formula_facts *facts, bool is_order);

bool tally_is_implausible(const struct formula_facts *facts);

/* The object these facts belong to under `by`; "-" where there is none. */
const char *tally_key(const struct tally_options *options, const struct formula_facts *facts,
                      bool is_order);

#endif
