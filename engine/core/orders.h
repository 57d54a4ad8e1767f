/* orders.h: the table of work orders: one duty of one worker on one case.
 *
 * Each order hangs in two chains: its case's (all orders kept) and its worker's (active ones only).
 * Owner   struct core
 * Errors  orders_take ERR_FULL past limits.orders */
#ifndef ENGINE_CORE_ORDERS_H
#define ENGINE_CORE_ORDERS_H

#include "engine/core/state.h"

void orders_init(struct orders *orders, struct arena *arena, const struct limits *limits);

/* A new OFFERED order of the worker on the case, in both chains; worker NONE32: of a post, which the caller sets. Drops the case's oldest ended order when it keeps
 * CASE_ORDERS_MAX. */
enum err orders_take(struct core *core, uint32_t case_slot, uint32_t worker, enum order_kind kind,
                     uint32_t *out_slot) WARN_UNUSED;

/* Ends an active order: leaves the worker's chain, load goes down, its timer stops. */
void orders_end(struct core *core, uint32_t slot, enum order_state state);

/* Gives every order of a case back; none may be active. */
void orders_give_all(struct core *core, uint32_t case_slot);

static inline struct order_row *orders_at(struct orders *orders, uint32_t slot)
{
    must(slot < orders->high && orders->rows[slot].is_used != 0);
    return &orders->rows[slot];
}
static inline const struct order_row *orders_peek(const struct orders *orders, uint32_t slot)
{
    must(slot < orders->high && orders->rows[slot].is_used != 0);
    return &orders->rows[slot];
}

/* Slot of an order number, or NONE32. */
uint32_t orders_find(const struct orders *orders, uint64_t number);

/* The case's active lead handling order, or NONE32. */
uint32_t orders_find_lead(const struct core *core, const struct case_row *row);

/* Does the case have an active order of that worker? */
bool orders_has_worker(const struct core *core, const struct case_row *row, uint32_t worker);

/* Has that worker done an order of the case since it was last dispatched? */
bool orders_has_finished(const struct core *core, const struct case_row *row, uint32_t worker);

/* Active orders of the case of those kinds (bit per enum order_kind). */
uint32_t orders_count_active(const struct core *core, const struct case_row *row, uint32_t kinds);

/* Builds the table by number from the rows of a snapshot; false where a number occurs twice. */
bool orders_index(struct orders *orders) WARN_UNUSED;

void orders_check(const struct core *core);

#endif
