/* door_wire.c: see door_wire.h. The client's packing is used, so that what it would refuse is refused here in the same words. */
#include "engine/doors/door_wire.h"

#include "proto/client/pack.h"
#include "proto/codec.h"

#include <stdio.h>
#include <stdlib.h>

void door_wire_init(struct door_wire *wire)
{
    *wire = (struct door_wire){.events = NULL};
    gridloop__wire__request__init(&wire->request);
    gridloop__wire__event_batch__init(&wire->batch);
}

bool door_wire_add(struct door_wire *wire, const struct gridloop_event *event, char *out_why)
{
    uint8_t bytes[CODEC_EVENT_SIZE_MAX];
    uint32_t size = 0;
    struct pack_why why = {""};
    (void)snprintf(out_why, DOOR_WIRE_WHY_SIZE, "at most %u events", CODEC_EVENTS_MAX);
    if (wire->events == NULL) {
        wire->events = calloc(CODEC_EVENTS_MAX, sizeof(Gridloop__Wire__Event *));
    }
    if (wire->events == NULL || wire->count == CODEC_EVENTS_MAX) {
        return false;
    }
    if (pack_event(event, NULL, bytes, sizeof bytes, &size, &why) != ERR_OK ||
        codec_check_event(bytes, size) != CODE_NOTHING) {
        (void)snprintf(out_why, DOOR_WIRE_WHY_SIZE, "%s",
                       why.text[0] != '\0' ? why.text : "too large");
        return false;
    }
    Gridloop__Wire__Event *made = gridloop__wire__event__unpack(NULL, size, bytes);
    if (made == NULL) {
        (void)snprintf(out_why, DOOR_WIRE_WHY_SIZE, "out of memory");
        return false;
    }
    wire->events[wire->count++] = made;
    return true;
}

const Gridloop__Wire__Request *door_wire_request(struct door_wire *wire)
{
    wire->batch.n_events = wire->count;
    wire->batch.events = wire->events;
    wire->request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH;
    wire->request.event_batch = &wire->batch;
    return &wire->request;
}

void door_wire_fini(struct door_wire *wire)
{
    for (uint32_t i = 0; i < wire->count; i++) {
        gridloop__wire__event__free_unpacked(wire->events[i], NULL);
    }
    free(wire->events);
}
