/* plans.h: emergency plans (应急预案): from the alert to the last inspection, so that nobody can ignore one.
 *
 * A plan belongs to the case that activated it. Its tasks are of two kinds: somebody named acknowledges that it has begun
 * (ACK: a row here with its own clock), or somebody goes and looks (INSPECT: a case of its own under a rule of its own,
 * so that holder, clock, dispatch and record are those of any case). Which targets it is about is settled when it begins.
 *
 * Cost    beginning: one pass over the plan's targets; then one task a turn of its timer, so that no step is long
 * Owner   struct core
 * Errors  a full table leaves the plan waiting and says so to the command post */
#ifndef ENGINE_CORE_PLANS_H
#define ENGINE_CORE_PLANS_H

#include "engine/core/flow.h"

void plans_init(struct plans *plans, struct arena *arena, const struct limits *limits);

/* Finds the fields `alert` and `refers` of the active policy. */
void plans_adopt(struct core *core);

/* Room for the tasks of every plan of the policy? */
bool plans_fit(const struct core *core, const struct policy *policy);

/* ---- what cases tell plans ---- */

/* A case was opened by its rule; event may be NULL. Asks for confirmation, or begins. */
void plans_case_opened(struct core *core, uint32_t case_slot, const struct event *event);

/* A step of a case's ladder begins the plan, at once. */
void plans_escalated(struct core *core, uint32_t case_slot, uint32_t plan);

/* Something was said of a case. Only remembers and arms timers, so that it may be called in the middle of anything. */
void plans_case_told(struct core *core, uint32_t case_slot, const struct flow_note *note);

/* May somebody say that this case is handled? CHECKLIST_OPEN while a required line has no answer, else NOTHING. */
enum code plans_may_finish(const struct core *core, uint32_t case_slot);

/* Of an event that refers to an earlier alert: the slot of the plan. NOTHING where it refers to none (*out_slot NONE32) or to
 * one that runs; else UNKNOWN_ALERT or ALERT_OVER. */
enum code plans_find_alert(const struct core *core, const struct event *event, uint32_t *out_slot);

/* The newer message of the same alert: later ones may refer to it. */
void plans_add_alert(struct core *core, uint32_t slot, const struct event *event);

/* Ends at once what another level or a real alert replaces. */
void plans_replace(struct core *core, uint32_t slot);

/* The slot of the plan that runs, or NONE32. */
uint32_t plans_find_running(const struct core *core, struct hash128 id_hash, bool is_drill);

/* The task that a case is, or NONE32. */
uint32_t plans_duty_of_case(const struct core *core, struct case_no no);

/* ---- acts ---- */

/* Is it an act on a plan or on one of its tasks? */
bool plans_takes_act(const struct act_body *body);
enum code plans_act(struct core *core, uint32_t worker, const struct command *command,
                    struct effect_result *result);

/* ---- timers, activation, checks ---- */

void plans_timer(struct core *core, uint32_t slot);
void plans_duty_timer(struct core *core, uint32_t slot);

/* After the rows of other images were laid: plans found again by id, or stood down. */
void plans_remap(struct core *core, const struct policy *policy);

bool plans_index(struct core *core) WARN_UNUSED;
bool plans_hold(const struct core *core); /* a snapshot's rows */
void plans_check(const struct core *core);

/* ---- between plans.c, plan_duties.c and plan_acts.c ---- */

const struct policy_plan *plans_policy(const struct core *core, const struct plan_row *row);
const struct policy_plan_task *plans_def(const struct core *core, const struct duty_row *duty);
void plans_begin(struct core *core, uint32_t slot, uint32_t worker); /* worker NONE32 = by itself */
/* said: by whom and why; NULL = by itself. */
void plans_stand_down(struct core *core, uint32_t slot, const struct flow_note *said,
                      bool has_grace);
/* Has the district inspections to do, and has nobody been sent to one? */
bool plans_is_silent(const struct core *core, uint32_t slot, uint32_t unit);
/* An EFFECT_PLAN with the numbers of a district, or of all, and a line in the story of its case. */
void plans_say(struct core *core, uint32_t slot, const struct flow_note *note, uint32_t unit);
void plans_tell_post(struct core *core, uint32_t slot, uint32_t post, enum code code);
/* Who stands above a post's or a department's people: its lead, else the command post. */
uint32_t plans_post_above(const struct core *core, uint32_t department, uint32_t post);
bool plans_count(const struct core *core, uint32_t slot, uint32_t unit, struct plan_counts *out);
/* The district that a task's target lies in, or NONE32. */
uint32_t plans_unit_of(const struct core *core, const struct duty_row *duty);

bool duties_take(struct core *core, uint32_t plan_slot); /* one row per task and target */
void duties_give(struct core *core, uint32_t plan_slot); /* all of a plan that has ended */
void duties_release(struct core *core,
                    uint32_t duty_slot); /* it may begin, once what it needs is done */
void duties_cancel(struct core *core, uint32_t duty_slot); /* unless somebody is at it */
void duties_acknowledge(struct core *core, uint32_t duty_slot, uint32_t worker, enum action action);
uint32_t duties_find(const struct core *core, uint64_t order); /* by number outside; NONE32 */

#endif
