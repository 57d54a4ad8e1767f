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
    case ERR_REFUSED:
        return GRIDLOOP_BAD_KEY;
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
    const uint32_t refused = courier->link.sealing.refused;
    if (refused != 0) {
        (void)snprintf(why, STATUS_WHY_SIZE, "%s: %s; the engine takes no frames under this key",
                       gridloop_code_name((int)refused), gridloop_code_text((int)refused, "en"));
        return GRIDLOOP_HELD;
    }
    if (courier->answered_at_ms == 0 || courier->silences > 0) {
        (void)snprintf(why, STATUS_WHY_SIZE, "no engine answers at %s", link_url(&courier->link));
        return GRIDLOOP_UNAVAILABLE;
    }
    (void)snprintf(why, STATUS_WHY_SIZE, "%s", gridloop_status_text(GRIDLOOP_TIMEOUT));
    return GRIDLOOP_TIMEOUT;
}

bool gridloop_key_check(const char *urls, char *out_why, size_t why_size)
{
    return urls != NULL && link_check_key(urls, out_why, why_size);
}
