/* intake.h: from an event to a case: the fixed pipeline.
 *
 *   verdict of the edge -> rights -> time -> id dedupe -> clears -> match -> dedupe of the rule -> merge or open
 *
 * The order is part of the contract. Each event ends in exactly one result code, and in exactly one counter of the
 * ledger: events = opened + merged + deduped + suppressed + no_rule + reopened + cleared + refused. */
#ifndef ENGINE_CORE_INTAKE_H
#define ENGINE_CORE_INTAKE_H

#include "engine/core/state.h"

/* Who sent it: a gateway row of the image, or a worker slot (a person reports). The other one is NONE32. */
struct intake_source {
    uint32_t gateway;
    uint32_t worker;
    bool
        has_outbox; /* numbered by the sender: taken once however late, whatever event ids were forgotten */
};

/* Decides one event; fills code, is_late and case_no of the result. */
void intake_event(struct core *core, struct intake_source source, const struct event *event,
                  struct effect_result *result);

/* A case that no event opens: a plan's inspection, what failed it, a report that did not come, a plan begun by hand. It lies
 * at the asset; worker is who wants it, NONE32 = the engine. OPENED or TABLE_FULL. */
enum code intake_open_alone(struct core *core, uint32_t rule, uint32_t asset, uint32_t worker,
                            bool is_drill, struct case_no *out_no);

#endif
