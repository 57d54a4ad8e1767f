/* acts.h: what people do to orders and cases. */
#ifndef ENGINE_CORE_ACTS_H
#define ENGINE_CORE_ACTS_H

#include "engine/core/flow.h"

/* One act on its way through: who, what, and the answer that is being made. */
struct act {
    struct core *core;
    uint32_t worker; /* who acts: slot */
    const struct act_body *body;
    const char *text;
    const struct hash128 *evidence;
    struct place place;
    struct effect_result *result;
};

/* Carries out a checked ACT command of a known worker row, or refuses it. Fills code, case_no, order, state and
 * possible of the result; the caller keeps and emits it. */
void acts_take(struct core *core, uint32_t worker, const struct command *command,
               struct effect_result *result);

/* ---- for pause.c, watch.c, links.c and joint.c ---- */

/* The timeline entry of the act, and saying it. order_slot NONE32 = about the case; before 0 = as now. */
struct flow_note act_note(const struct act *act);
void act_say(const struct act *act, uint32_t case_slot, uint32_t order_slot, uint8_t before);

/* The post that the act names, or NONE32. */
uint32_t act_subject_post(const struct act *act);

/* Who acts: does he sit at that post, by its roster or as a desk of its department? */
bool act_is_of_post(const struct core *core, uint32_t worker, uint32_t post);

/* Does he hold the case, sit at the post that holds it, or at a desk of the department whose clock runs? */
bool act_is_of_side(const struct core *core, uint32_t worker, const struct case_row *row);

/* ---- between acts.c, order_acts.c and case_acts.c ---- */

/* Carries out, or refuses, an act that names an order, or only a case. */
enum code act_on_order(const struct act *act);
enum code act_on_case(const struct act *act);

/* Words and an instant: what the row of the table asks for beside the state and the right. CODE_NOTHING: all is there. */
enum code act_check_needs(const struct act *act, uint32_t needs);

/* The checker's word; what somebody saw of a report; a ruling. By order, or with NONE32 at a desk. */
enum code act_check(const struct act *act, uint32_t case_slot, uint32_t order_slot);
void act_verify(const struct act *act, uint32_t case_slot, uint32_t order_slot);
enum code act_rule(const struct act *act, uint32_t case_slot, uint32_t order_slot);

#endif
