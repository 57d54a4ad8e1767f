/* latest.h: which waiting request holds the newest telemetry sample of a device.
 *
 * When the engine is behind with telemetry, an older sample of the same gateway, device and type that
 * still waits is marked: it will be answered COALESCED and not evaluated. Every event keeps its own
 * answer and every batch its number.
 *
 * Shape   direct-mapped cache; a collision forgets a sample, which then is evaluated as usual
 * Cost    O(1) per event, 48 bytes x LATEST_SLOTS
 * Owner   memory taken at init */
#ifndef ENGINE_EDGE_LATEST_H
#define ENGINE_EDGE_LATEST_H

#include "engine/edge/lanes.h"

#define LATEST_SLOTS 65536u

struct latest_sample {
    struct hash128 key; /* of gateway, device and type */
    uint64_t ticket;    /* of the request; 0 = empty */
    int64_t at_ms;      /* when it happened, log clock */
    uint32_t row;       /* of lanes */
    uint32_t event;     /* index inside its batch */
};

struct latest {
    struct latest_sample *slots;
};

enum err latest_init(struct latest *latest) WARN_UNUSED;
void latest_fini(struct latest *latest);

/* Notes a sample that waits now. With is_pressed the older of it and the one noted before is marked in its request;
 * true when one was. */
bool latest_note(struct latest *latest, struct lanes *lanes, const struct latest_sample *sample,
                 bool is_pressed);

#endif
