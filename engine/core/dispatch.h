/* dispatch.h: who gets the order: search rings, filters, ranking, the offer and its decision record.
 *
 * Rings are searched in the rule's order; inside one, candidates pass the filters and are ranked by straight-line
 * distance, by travel time (distance x detour at the mode's speed) or by load, ties by distance, load and person id.
 * A checker of another team than the handlers goes before one of the same team.
 *
 * Every choice emits EFFECT_DECISION first: the chosen, the nearest passed over with their codes, and counts per code.
 *
 * Cost    nearest: buckets outward until nothing nearer is possible; least_loaded and checks: the whole ring */
#ifndef ENGINE_CORE_DISPATCH_H
#define ENGINE_CORE_DISPATCH_H

#include "engine/core/state.h"

/* Chooses by one row of POLICY_ASSIGNS; the worker's slot, or NONE32 with out_decision->binding set. Fills the record
 * (order number 0) without emitting it. */
uint32_t dispatch_choose(const struct core *core, uint32_t case_slot, uint32_t assign,
                         enum order_kind kind, struct effect_decision *out_decision);

/* Would the filters let this worker take an order by that assign row, wherever he is? ELIGIBLE, or why not. */
enum code dispatch_filter_person(const struct core *core, uint32_t case_slot, uint32_t worker,
                                 enum order_kind kind);

/* Offers to the worker: order, accept clock, item, timeline. decision may be NULL; else it is emitted first with the
 * order's number. False when limits.orders is reached. */
bool dispatch_offer(struct core *core, uint32_t case_slot, uint32_t worker, uint32_t assign,
                    uint32_t assign_index, enum order_kind kind, struct effect_decision *decision);

/* Fills every wanted assign of the case's rule with offers. Returns how many orders are still missing;
 * *out_binding says what stood in the way. is_quiet: do not repeat "nobody" records. */
uint32_t dispatch_fill(struct core *core, uint32_t case_slot, bool is_quiet,
                       enum code *out_binding);

/* Offers a check or verify order by the policy's assigns; false when nobody is eligible, which is said unless is_quiet. The
 * case's state, holder and clock have been set. */
bool dispatch_service(struct core *core, uint32_t case_slot, enum order_kind kind, bool is_quiet);

#endif
