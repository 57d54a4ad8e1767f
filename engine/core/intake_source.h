/* intake_source.h: who sent an event. */
#ifndef ENGINE_CORE_INTAKE_SOURCE_H
#define ENGINE_CORE_INTAKE_SOURCE_H

#include "engine/core/base.h"

/* A gateway row of the image, or a worker slot (a person reports). The other one is NONE32; both: the engine itself. */
struct intake_source {
    uint32_t gateway;
    uint32_t worker;
    bool
        has_outbox; /* numbered by the sender: taken once however late, whatever event ids were forgotten */
};

#endif
