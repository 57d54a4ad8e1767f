/* flow.h: transitions of a case: filing, acceptance, arrival, hand-over, checking, closing; acts by people.
 *
 * Every transition leaves the case with exactly one holder and one binding clock, and says so in one
 * EFFECT_TIMELINE. */
#ifndef ENGINE_CORE_FLOW_H
#define ENGINE_CORE_FLOW_H

#include "engine/core/state.h"

/* What to put into a timeline entry beside the case's own state. Zero means "none" for slots: they hold slot + 1. */
struct flow_note {
    enum action action;
    enum reason reason;
    enum code code;
    uint32_t order;   /* order slot + 1 */
    uint32_t actor;   /* worker slot + 1 */
    uint32_t subject; /* worker slot + 1 */
    uint32_t gateway; /* image row + 1 */
    uint32_t post;    /* image row + 1 */
    struct case_no other;
    int64_t until_ms;
    uint32_t amount;
    uint8_t state_before; /* 0 = as now */
    uint8_t clock;        /* with deadline_ms; 0 = the binding clock */
    int64_t deadline_ms;
    struct place place; /* {0,0} = the case's */
    int64_t distance_cm;
    uint32_t report; /* of a rating */
    const struct event *event;
    const char *text;
    uint32_t text_size;
    uint32_t evidence_count;
    const struct hash128 *evidence; /* of an act */
};

void flow_say(struct core *core, uint32_t case_slot, const struct flow_note *note);

/* FILED: dispatching starts. */
void flow_file(struct core *core, uint32_t case_slot);

/* REPORTED by somebody not trusted: an order to verify on site first. */
void flow_verify(struct core *core, uint32_t case_slot);

/* Puts the case to the desk of its rule (or post when not NONE32). is_seeking: the engine goes on looking for a worker. */
void flow_to_desk(struct core *core, uint32_t case_slot, uint32_t post, enum code code,
                  bool is_seeking);

/* Recalls the lead's order unless arrived, and dispatches again. */
void flow_take_back(struct core *core, uint32_t case_slot);

/* HANDLED: waits for the device, checks or closes. */
void flow_handled(struct core *core, uint32_t case_slot);

/* The source says it is over. */
void flow_cleared(struct core *core, uint32_t case_slot, const struct event *event,
                  uint32_t gateway);

/* The case got worse by a merged event of another rule: that rule's assigns and ladder apply from now on. */
void flow_worsen(struct core *core, uint32_t case_slot, uint32_t rule, uint32_t assign_mask);

/* A closed case opens again. */
void flow_reopen(struct core *core, uint32_t case_slot, const struct flow_note *note);

/* Terminal: recalls what is active, starts the reopen window. */
void flow_close(struct core *core, uint32_t case_slot, enum case_state state,
                const struct flow_note *note);

/* Looks for a checker, or leaves the case with the supervision post. */
void flow_seek_checker(struct core *core, uint32_t case_slot);

/* Ends an active order with that state and tells its worker so, and why. */
void flow_recall_order(struct core *core, uint32_t order_slot, enum order_state state,
                       enum code code);

/* An order's clock or its worker's sign of life ran out. */
void flow_order_due(struct core *core, uint32_t order_slot);

/* An active order's worker is no longer in the city. */
void flow_worker_left(struct core *core, uint32_t order_slot);

/* The post that held the case is no longer in the city: the post that its state belongs to takes over. */
void flow_post_gone(struct core *core, uint32_t case_slot);

/* CASE_TIMER_CLOCK of CLEARED and RETIRE, CASE_TIMER_SEEK. */
void flow_cleared_due(struct core *core, uint32_t case_slot);
void flow_retire(struct core *core, uint32_t case_slot);
void flow_seek(struct core *core, uint32_t case_slot);

/* ---- steps shared with what people do (acts.h) ---- */

void flow_hold_by_post(struct case_row *row, uint32_t post);
void flow_hold_by_person(struct case_row *row, uint32_t worker);

/* Look for somebody again after the policy's seek_every, or stop looking. */
void flow_arm_seek(struct core *core, uint32_t case_slot, bool is_wanted);

/* Ends the case's active orders and tells their workers; those on site stay when asked. */
void flow_recall_all(struct core *core, uint32_t case_slot, bool keep_arrived);

/* A check or verify order, not one that handles? */
bool flow_is_service(const struct order_row *order);

/* An accepted order needs looking at: its arrive clock, or its worker's silence. */
void flow_arm_accepted(struct core *core, uint32_t order_slot);

/* The department that a ruling names for the case, its own or an earlier one about its place, or NONE32. */
uint32_t flow_ruled_department(const struct core *core, const struct case_row *row);

/* The desk that takes what nobody took: the first receiver in a dispute, the office of a ruling, the rule's fallback, the
 * owner's duty post, the city's desk. */
uint32_t flow_desk_of(const struct core *core, const struct case_row *row);

/* Tells a post that it has something to do with the case. */
void flow_tell_post(struct core *core, const struct case_row *row, uint32_t post, enum code code);

/* The department that answers for the case by ruling, by rule or by catalogue, or NONE32. */
uint32_t flow_owner_of(const struct core *core, const struct case_row *row);

/* The desk that takes what nobody took: the rule's fallback, the owner's duty post, the city's desk. */
uint32_t flow_desk_of(const struct core *core, const struct case_row *row);

/* Tells a post about the case. */
void flow_tell_post(struct core *core, const struct case_row *row, uint32_t post, enum code code);

/* Offers what is wanted and not yet offered; what nobody takes goes to the desk. */
void flow_fill(struct core *core, uint32_t case_slot);

/* Handled by whoever reported it: checked where its number is in the sample, else closed. */
void flow_self_handled(struct core *core, uint32_t case_slot);

/* Passed: closed, or where its number is in the sample, looked at once more by another checker. */
void flow_passed(struct core *core, uint32_t case_slot, const struct flow_note *note);

/* An order to a post is over its clock: said once, the post above is told. */
void flow_post_order_due(struct core *core, uint32_t order_slot);

/* Back to the command post: a new round of dispatching, with nobody asked yet. */
void flow_to_command(struct core *core, uint32_t case_slot);

/* The same, then look for somebody. */
void flow_dispatch_start(struct core *core, uint32_t case_slot);

/* A handling order ended without success: somebody else must take over. */
void flow_after_loss(struct core *core, uint32_t case_slot, uint32_t worker, bool was_lead);

/* A check or verify order ended without an answer: back to the supervision post, look again. */
void flow_service_again(struct core *core, uint32_t case_slot, enum order_kind kind);

/* An assisting worker who is under way becomes the lead; false when there is none. */
bool flow_promote_assist(struct core *core, uint32_t case_slot);

#endif
