/* watch.h: 督办 (supervision) and 超时申诉 (appeal of a missed clock).
 *
 * A supervised case owes an answer within its own clock, whoever holds it; the case's other clocks run on. The engine supervises by
 * itself once a handle clock was missed and its reminder came. Closing ends it.
 *
 * A closed case whose handle clock was missed may be appealed once by its department. The fact stays: a decision adds to
 * it. While an appeal is open the case does not leave the engine. */
#ifndef ENGINE_CORE_WATCH_H
#define ENGINE_CORE_WATCH_H

#include "engine/core/acts.h"

enum code watch_supervise(const struct act *act, uint32_t case_slot);
enum code watch_answer(const struct act *act, uint32_t case_slot);
enum code watch_appeal(const struct act *act, uint32_t case_slot);
enum code watch_appeal_answer(const struct act *act, uint32_t case_slot);

/* The reminder of a missed handle clock: supervised by the engine, once. */
void watch_supervise_missed(struct core *core, uint32_t case_slot);

/* Reopened because the reporter says again that it is not solved. */
void watch_supervise_not_solved(struct core *core, uint32_t case_slot);

/* CASE_TIMER_SUPERVISE was due. */
void watch_supervise_due(struct core *core, uint32_t case_slot, int64_t due_ms);

/* The case closes: nothing is owed any more. */
void watch_end(struct core *core, uint32_t case_slot);

/* The reopen window is over: is an appeal still open? Then the window starts again and the centre is told. */
bool watch_keeps(struct core *core, uint32_t case_slot, int64_t due_ms);

#endif
