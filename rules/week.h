/* week.h: when a rule's time clause holds, as a bit per minute of the week, and instants at which two of them hold.
 *
 * The mask is the weekly pattern alone; dated exceptions are what calendar_contains says. Two rules that share no minute of
 * the week may still meet on an exceptional day, which is looked at by itself. Clauses are compared for the time in which
 * all their calendars are valid.
 *
 * Shape   minute 0 = Monday 00:00 of the city's local time
 * Cost    one mask per distinct clause; week_find_instant looks at a bounded number of instants */
#ifndef RULES_WEEK_H
#define RULES_WEEK_H

#include "rules/ruleset.h"

#define WEEK_MINUTES 10080u
#define WEEK_WORDS ((WEEK_MINUTES + 63u) / 64u)

struct week {
    uint64_t words[WEEK_WORDS];
    bool is_plain; /* no dated exceptions: the mask says it all */
};

/* Masks of one rule set, one per distinct clause. */
struct weeks;

struct weeks *weeks_new(struct arena *arena, const struct city *city);

/* The mask of a rule's clause. Borrowed. */
const struct week *weeks_of(struct weeks *weeks, const struct rule *rule);

/* Is inner's clause certainly inside outer's? */
bool week_is_within(const struct weeks *weeks, const struct rule *inner,
                    const struct week *inner_week, const struct rule *outer,
                    const struct week *outer_week);

/* May the two share an instant? Right whenever it says no. */
bool week_may_meet(const struct week *a, const struct week *b);

/* An instant at which the clauses of both rules hold. False: none was found. b may be a. */
bool week_find_instant(const struct weeks *weeks, const struct rule *a, const struct week *a_week,
                       const struct rule *b, const struct week *b_week, int64_t *out_at_ms);

/* Does the rule's time clause hold at that instant? */
bool week_clause_holds(const struct city *city, const struct rule *rule, int64_t at_ms);

#endif
