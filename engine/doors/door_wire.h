/* door_wire.h: events of a door as one request of the wire, for whoever asks the engine without an outbox.
 *
 * The batch has neither epoch nor number: each event counts once by its id, as long as the engine remembers it.
 *
 * Owner   init/fini; the request borrows from the batch */
#ifndef ENGINE_DOORS_DOOR_WIRE_H
#define ENGINE_DOORS_DOOR_WIRE_H

#include "engine/doors/door_event.h"
#include "proto/gridloop.pb-c.h"

#define DOOR_WIRE_WHY_SIZE 192u

struct door_wire {
    Gridloop__Wire__Request request;
    Gridloop__Wire__EventBatch batch;
    Gridloop__Wire__Event **events; /* malloc'ed */
    uint32_t count;
};

/* False where the event cannot go over the wire: a sentence in out_why (DOOR_WIRE_WHY_SIZE). */
void door_wire_init(struct door_wire *wire);
bool door_wire_add(struct door_wire *wire, const struct gridloop_event *event, char *out_why);
const Gridloop__Wire__Request *door_wire_request(struct door_wire *wire);
void door_wire_fini(struct door_wire *wire);

#endif
