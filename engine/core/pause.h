/* pause.h: time that people give or take: 延期 (extension), 挂账 (suspension), 管控 (control window).
 *
 * An extension adds the handle clock's original limit once more, at most EXTENSIONS_MAX times, after two approvals by
 * others: first the department's desk or a dispatcher, then a shift chief. Once the clock has run out nothing is granted.
 *
 * A suspended or controlled case pauses every clock, belongs to a post, and goes on by itself when its time is over: at the desk
 * that held it, or dispatched anew. It is suspended once, and controlled as often as a shift chief says. */
#ifndef ENGINE_CORE_PAUSE_H
#define ENGINE_CORE_PAUSE_H

#include "engine/core/acts.h"

enum code pause_suspend(const struct act *act, uint32_t case_slot);
enum code pause_resume(const struct act *act, uint32_t case_slot);

/* CASE_TIMER_CLOCK of SUSPENDED and CONTROL. */
void pause_due(struct core *core, uint32_t case_slot, int64_t due_ms);

enum code pause_extend(const struct act *act, uint32_t case_slot);
enum code pause_extend_answer(const struct act *act, uint32_t case_slot);

/* The handle clock ran out or starts anew: what was asked for falls away, said when it was. */
void pause_extend_lapse(struct core *core, uint32_t case_slot);

#endif
