/* dispatch.h: the offer: who is asked, with what record, how many are wanted. Who it is: choice.h.
 *
 * Every choice emits EFFECT_DECISION first. */
#ifndef ENGINE_CORE_DISPATCH_H
#define ENGINE_CORE_DISPATCH_H

#include "engine/core/state.h"

/* Offers to the worker: order, accept clock, item, timeline. decision may be NULL; else it is emitted first with the
 * order's number. False when limits.orders is reached. */
bool dispatch_offer(struct core *core, uint32_t case_slot, uint32_t worker, uint32_t assign,
                    uint32_t assign_index, enum order_kind kind, struct effect_decision *decision);

/* Fills every wanted assign of the case's rule with offers. Returns how many orders are still missing;
 * *out_binding says what stood in the way. is_quiet: do not repeat "nobody" records. */
uint32_t dispatch_fill(struct core *core, uint32_t case_slot, bool is_quiet,
                       enum code *out_binding);

/* How many orders of that assign the case still lacks; 0 where it is not wanted. */
uint32_t dispatch_missing(const struct core *core, const struct case_row *row, uint32_t index);

/* An order was accepted: others that were asked at the same time are recalled once enough have. */
void dispatch_accepted(struct core *core, uint32_t order_slot);

/* Has somebody else accepted what this recalled order offered to several at once? */
bool dispatch_was_taken(const struct core *core, const struct order_row *order);

/* Takes an active order from its worker, who is told the code and the story the action; other: for which case, or none. The case is
 * then sought for at the next turn of timers, unless is_given at once. */
void dispatch_withdraw(struct core *core, uint32_t order_slot, enum action action, enum code code,
                       struct case_no other, bool is_given);

/* Offers a check or verify order by the policy's assigns; false when nobody is eligible, which is said unless is_quiet. The
 * case's state, holder and clock have been set. */
bool dispatch_service(struct core *core, uint32_t case_slot, enum order_kind kind, bool is_quiet);

#endif
