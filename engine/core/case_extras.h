/* case_extras.h: captured fields and hand-overs of a case, which lie in the shared room of extras.h.
 *
 * limits.case_extras bounds the room of all cases together. When it is full, a captured field is left out as if the event did
 * not have it, and a hand-over pushes out the oldest of its case; without any, it is forgotten itself and accuses nobody.
 *
 * Owner   struct core */
#ifndef ENGINE_CORE_CASE_EXTRAS_H
#define ENGINE_CORE_CASE_EXTRAS_H

#include "engine/core/state.h"

#define CASE_CAPTURE_SIZE 320u /* bytes shared by a case's captured strings and numbers */

struct case_capture {
    uint32_t field;  /* row of POLICY_FIELDS, NONE32 = its field is gone */
    uint16_t offset; /* into bytes */
    uint8_t kind;    /* enum field_kind */
    uint8_t size;
};

/* The fields of one case, unpacked. */
struct case_captures {
    uint32_t count, used;
    struct case_capture list[CASE_FIELDS_MAX];
    uint8_t bytes[CASE_CAPTURE_SIZE];
};

/* Adds a field of the event; false, and left out, when it does not fit. */
bool captures_add(struct case_captures *captures, const struct event *event,
                  const struct event_field *field);

void case_captures_get(const struct core *core, const struct case_row *row,
                       struct case_captures *out);

/* Instead of what the case kept. What finds no room leaves, the last first: captures->count tells. */
void case_captures_put(struct core *core, struct case_row *row, struct case_captures *captures);

/* row->handover_count of them, oldest first. */
void case_handovers_get(const struct core *core, const struct case_row *row,
                        struct handover out[HANDOVERS_MAX]);

/* Instead of what the case kept; the newest that find room. */
void case_handovers_put(struct core *core, struct case_row *row, const struct handover *steps,
                        uint32_t count);

/* The case leaves. */
void case_extras_give(struct core *core, struct case_row *row);

void case_extras_check(const struct core *core);

#endif
