/* limits.h: every collection of the core has a number; all memory follows from them.
 *
 * X(field, default, meaning). `gridloop check` prints this list. */
#ifndef ENGINE_CORE_LIMITS_H
#define ENGINE_CORE_LIMITS_H

#include "engine/core/base.h"

#define LIMITS_LIST(X)                                                                             \
    X(cases, 65536, "cases in the engine, closed ones within their reopen window included")        \
    X(orders, 131072, "work orders of those cases")                                                \
    X(case_extras, 131072, "blocks of 60 bytes for captured fields and hand-overs of those cases") \
    X(workers, 16384, "persons of the city who take orders or act")                                \
    X(gateways, 1024, "gateways with their watermarks")                                            \
    X(batches_kept, 4, "last batches of a gateway whose results can be given again")               \
    X(batch_events, 1000, "events in one batch")                                                   \
    X(event_ids, 262144, "event ids remembered for doors without an outbox")                       \
    X(dedupe_keys, 262144, "open dedupe windows of all rules")                                     \
    X(window_rules, 4096, "rules with state: for, window, sequence")                               \
    X(window_keys, 65536, "keys of those rules that are watched at once")                          \
    X(window_samples, 262144, "samples in all their windows")                                      \
    X(worker_items, 64, "unacknowledged items of one worker")                                      \
    X(case_events, 1000, "events merged into one case")                                            \
    X(case_workers, 16, "persons a case remembers as having been on it or declined it")            \
    X(contacts, 16384, "sealed contacts of reporters of the cases in the engine")                  \
    X(sources, 16384, "pairs of rule and gateway whose precision is counted")                      \
    X(districts, 1024, "districts with a case counter")                                            \
    X(disputes, 1024, "cases put to adjudication at once")                                         \
    X(rulings, 4096, "rulings on who is responsible that are remembered")                          \
    X(objects, 16384, "objects whose newest cases are remembered")                                 \
    X(burdens, 16384, "pairs of cell and department whose tasks are counted")                      \
    X(image_rows, 131072, "rows of the largest table of a city or policy: devices, assets, rules") \
    X(road_nodes, 131072, "crossings of the road graph")                                           \
    X(plans, 64, "activated emergency plans, the last ended ones included")                        \
    X(plan_tasks, 32768, "tasks of those plans: one for every enterprise or site and step")        \
    X(late_reports, 4096, "places whose own report is waited for, or has just come")               \
    X(waits, 4096, "events that wait for another, which must follow in time")                      \
    X(silences, 256, "silences and maintenance windows at once")                                   \
    X(keys, 32768, "public keys of identities, revoked ones included")                             \
    X(inhibits, 4096, "open cases that hide smaller ones")                                         \
    X(groups, 1024, "groups of notices that are put off or may be told again")                     \
    X(round_orders, 1024,                                                                          \
      "orders matched anew to workers in one round; the others wait for the next")                 \
    X(round_pairs, 32768, "pairs of order and worker looked at in such a round")                   \
    X(tick_operations, 2048, "timers fired, workers looked at for them, before a TICK goes on")

#define LIMITS_FIELD(name, value, text) uint32_t name; /* text */
struct limits {
    LIMITS_LIST(LIMITS_FIELD)
};
#undef LIMITS_FIELD

#define LIMITS_VALUE(name, value, text) .name = (value),
static inline struct limits limits_default(void)
{
    return (struct limits){LIMITS_LIST(LIMITS_VALUE)};
}
#undef LIMITS_VALUE

#define CASE_FIELDS_MAX 8u      /* captured fields of a case */
#define CASE_FIELD_SIZE_MAX 64u /* bytes of a captured string */

#endif
