/* status.c: says why nothing goes forward. */
#include "proto/client/status.h"

#include <stdio.h>

int status_of_err(enum err err)
{
    switch ((uint32_t)err) {
    case ERR_OK:
        return GRIDLOOP_OK;
    case ERR_FULL:
        return GRIDLOOP_FULL;
    case ERR_INPUT:
    case ERR_TOO_LARGE:
        return GRIDLOOP_INVALID;
    case ERR_BUSY:
        return GRIDLOOP_BUSY;
    case ERR_MEMORY:
        return GRIDLOOP_NO_MEMORY;
    case ERR_DAMAGED:
    case ERR_VERSION:
    case ERR_CUT:
        return GRIDLOOP_DAMAGED;
    default:
        return GRIDLOOP_IO;
    }
}

int status_of_courier(const struct courier *courier, char why[STATUS_WHY_SIZE])
{
    if (courier->failure != ERR_OK) {
        int status = status_of_err(courier->failure);
        (void)snprintf(why, STATUS_WHY_SIZE, "%s", gridloop_status_text(status));
        return status;
    }
    if (courier->held_code != CODE_NOTHING) {
        (void)snprintf(why, STATUS_WHY_SIZE, "%s: %s%s%s",
                       gridloop_code_name((int)courier->held_code),
                       gridloop_code_text((int)courier->held_code, "en"),
                       courier->hint[0] != '\0' ? "; " : "", courier->hint);
        return GRIDLOOP_HELD;
    }
    if (courier->answered_at_ms == 0 || courier->silences > 0) {
        (void)snprintf(why, STATUS_WHY_SIZE, "no engine answers at %s", link_url(&courier->link));
        return GRIDLOOP_UNAVAILABLE;
    }
    (void)snprintf(why, STATUS_WHY_SIZE, "%s", gridloop_status_text(GRIDLOOP_TIMEOUT));
    return GRIDLOOP_TIMEOUT;
}
