/* choice.h: who may take an order and who goes first: search rings, filters, ranking, the decision record.
 *
 * Rings are searched in the rule's order; inside one, candidates pass the filters and are ranked by straight-line
 * distance, by travel time (distance x detour at the mode's speed) or by load, ties by distance, load and person id.
 * A checker of another team than the handlers goes before one of the same team.
 *
 * People whose rights, role, skills or shift rule them out are not looked at (grid.h). When nobody can take it, everybody of
 * the last ring is looked at after all, so that the record says by what filter how many were removed.
 *
 * The record   chosen: candidates are the nearest of those looked at in all rings, considered how many were looked at in
 *                      the ring that gave the chosen, removed counts the candidates by code
 *              nobody: considered and removed are everybody of the last ring; candidates the nearest of the right role
 *
 * Cost    nearest, eta: buckets outward until nothing better is possible; least_loaded: the kinds that are wanted */
#ifndef ENGINE_CORE_CHOICE_H
#define ENGINE_CORE_CHOICE_H

#include "engine/core/state.h"

struct choice_question {
    uint32_t case_slot;
    uint32_t assign; /* row of POLICY_ASSIGNS */
    enum order_kind kind;
    bool is_silent;   /* nobody will hear of a "nobody": binding and removed are not counted */
    bool may_preempt; /* who is on the way to a case of less severity may be taken from it */
};

/* One who could take an order, and what he counts as. */
struct near_line {
    uint32_t worker; /* slot */
    int64_t cost_ms; /* his way, and what later rings and other owners count */
    struct effect_candidate line;
};

struct near_list {
    const int32_t
        *held;      /* by worker slot: of his orders so many do not count towards his load; NULL */
    uint32_t limit; /* 1..ROUND_NEAREST_MAX */
    uint32_t count; /* by cost_ms, then person */
    bool is_cut;    /* there may be more */
    struct near_line lines[ROUND_NEAREST_MAX];
};

/* The worker's slot, or NONE32 with out_decision->binding set. Fills the record (order number 0) without emitting it. */
uint32_t choice_find(const struct core *core, struct choice_question question,
                     struct effect_decision *out_decision);

/* The nearest of those who could take it, of all rings; limit and held of the list are given. Returns how many workers
 * were looked at. */
uint32_t choice_near(const struct core *core, struct choice_question question,
                     struct near_list *list);

/* Whom the engine would take, beside the worker whom a dispatcher takes. */
void choice_record_beside(const struct core *core, struct choice_question question, uint32_t worker,
                          enum reason reason, struct effect_decision *out_decision);

/* That worker's line whether he could take it or not: his load does not count. False: he may not. */
bool choice_near_one(const struct core *core, struct choice_question question, uint32_t worker,
                     struct near_line *out_line);

/* The record of a choice that a round made: he first, then the nearest others and why it is not one of them. */
void choice_record_round(const struct core *core, struct choice_question question,
                         const struct near_line *chosen, struct effect_decision *out_decision);

/* The order that severity 1 may take from a worker who is on no site: of the least severe case, the newest; or NONE32. */
uint32_t choice_lesser_order(const struct core *core, uint32_t worker);

/* What a search that nobody hears of counts as, however far it looked: a part of those whom duty allows. */
uint32_t choice_silent_operations(const struct core *core, uint32_t assign);

/* Would the filters let this worker take an order, wherever he is and whatever he knows? ELIGIBLE, or why not. */
enum code choice_filter_person(const struct core *core, uint32_t case_slot, uint32_t worker,
                               enum order_kind kind);

#endif
