/* truth.h: cases beside the incidents that really happened.
 *
 * Every event of an invented trace names its incident. Merging is judged by pairs, because a pair is either right or wrong
 * whatever the size of its case:
 *
 *   precision  of all pairs of events that share a case, how many share their incident
 *   recall     of all pairs of events that share an incident and both reached a case, how many share the case
 *
 * Two events of one false alarm or one broken device are no pair: one device that is stuck for an hour would outweigh a day
 * of incidents. Beside an event of anything else they are a wrong pair.
 *
 * A case is of the incident of its first event, and false when that event is a false alarm or a fault.
 *
 * Cost    O(n log n), 24 bytes an event
 * Owner   the caller's rows, which are sorted in place */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "engine/core/base.h"

enum truth_kind { TRUTH_REPORT, TRUTH_CLEAR, TRUTH_FALSE };

/* The word of a trace's truth; anything but clear, false_alarm and fault is a report. NULL too. */
enum truth_kind truth_kind_of(const char *word);

/* Of an incident's name; never 0. Names that differ give equal numbers with odds of n^2 / 2^65. */
uint64_t truth_incident_of(const char *name);

struct truth_event {
    uint64_t incident; /* truth_incident_of */
    uint32_t event;    /* position in the trace: says who was first */
    uint32_t record;   /* the case it reached, NONE32 = none */
    uint32_t source;   /* any numbering */
    uint32_t kind;     /* enum truth_kind */
};

/* Cases opened by one source or one rule. */
struct truth_group {
    uint32_t group;
    uint64_t cases, false_cases;
};

#define TRUTH_GROUPS_MAX 512u

struct truth_result {
    uint64_t events, events_without_case;
    uint64_t pairs_together;        /* in one case */
    uint64_t pairs_of_one_incident; /* of events that reached a case */
    uint64_t pairs_right;           /* both */
    uint64_t cases, false_cases;
    uint64_t true_cases_again; /* of an incident that another case is of already */
    uint64_t incidents;        /* true ones: with a report */
    uint64_t incidents_missed; /* none of whose reports reached a case */
    uint64_t false_events, false_events_stopped; /* of false incidents; that reached no case */
    struct truth_group sources[TRUTH_GROUPS_MAX], rules[TRUTH_GROUPS_MAX];
    uint32_t source_count, rule_count; /* in order of group; what is past the largest is left out */
};

/* rule_of gives the rule of a record. */
void truth_measure(struct truth_event *rows, size_t count,
                   uint32_t (*rule_of)(const void *context, uint32_t record), const void *context,
                   struct truth_result *out_result);

#endif
