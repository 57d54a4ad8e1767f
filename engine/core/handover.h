/* handover.h: who handed a case to whom, and when that is buck-passing (推诿).
 *
 * A hand-over is one leaving: an office had the case and gave it away. The command post between two offices is not an
 * office: a return to it and its sending on are one hand-over, whose receiver is not known until it has sent.
 * A case keeps the newest HANDOVERS_MAX, fewer when the room of all cases is full (case_extras.h).
 *
 * The rules err to the legitimate side: who did something of his own on the case, who was moved by the engine, a
 * dispatcher or a ruling, is never accused, and neither is a first return.
 *
 * Shape   an array, oldest first
 * Cost    O(HANDOVERS_MAX^2) at each hand-over
 * Source  labelled graphs in tests/data/handovers: no false accusation, none missed */
#ifndef ENGINE_CORE_HANDOVER_H
#define ENGINE_CORE_HANDOVER_H

#include "engine/core/life.h"

#define HANDOVERS_MAX 8u
#define HANDOVER_LATE_PERMILLE 800u /* of the handle clock used: near the deadline */
#define HANDOVER_SAT_PERMILLE 500u  /* of it while this office had the case: it could have acted */

enum handover_direction { HANDOVER_LATERAL = 0, HANDOVER_UP = 1, HANDOVER_DOWN = 2 };

enum handover_flag {
    HANDOVER_ACTED = 1u << 0, /* somebody of the office was there, did a part, asked for help */
    HANDOVER_TAKEN = 1u << 1, /* taken from it by a dispatcher, the engine or a ruling */
    HANDOVER_INSPECTION = 1u << 2, /* it keeps only the inspection for itself */
    HANDOVER_DUTY = 1u << 3,       /* the duty is its own by the catalogue */
};

struct handover {
    int64_t at_ms;
    uint32_t from, to; /* posts; to NONE32 = with the command post, not sent on yet */
    uint8_t direction; /* enum handover_direction */
    uint8_t reason;    /* enum reason */
    uint8_t flags;     /* enum handover_flag */
    uint8_t reserved;
    uint16_t used_permille; /* of the handle clock when it left; more than 1000 = overdue */
    uint16_t held_permille; /* of it that passed while the office had the case */
};

/* What the newest of them shows: REASON_NONE = nothing; CIRCLED, BACK_AND_FORTH, SAME_REASON, NEAR_DEADLINE,
 * PUSHED_UP, PUSHED_DOWN. */
enum reason handover_judge(const struct handover *steps, uint32_t count);

#endif
