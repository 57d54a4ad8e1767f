/* latest.c: a direct-mapped cache of waiting samples. A slot is believed only while the request that it names is the one
 * that it was noted with (tickets are never used twice). */
#include "engine/edge/latest.h"

#include <stdlib.h>

_Static_assert((LATEST_SLOTS & (LATEST_SLOTS - 1)) == 0, "the slot is taken with a mask");

enum err latest_init(struct latest *latest)
{
    latest->slots = calloc(LATEST_SLOTS, sizeof *latest->slots);
    return latest->slots == NULL ? ERR_MEMORY : ERR_OK;
}

void latest_fini(struct latest *latest)
{
    free(latest->slots);
    latest->slots = NULL;
}

bool latest_note(struct latest *latest, struct lanes *lanes, const struct latest_sample *sample,
                 bool is_pressed)
{
    must(sample->ticket != 0);
    struct latest_sample *slot = &latest->slots[sample->key.lo & (LATEST_SLOTS - 1)];
    bool is_waiting = slot->ticket != 0 && hash128_is_equal(slot->key, sample->key) &&
                      lanes_at(lanes, slot->row)->ticket == slot->ticket;
    struct latest_sample older = *slot;
    bool is_newer = !is_waiting || sample->at_ms >= slot->at_ms;
    if (is_newer) {
        *slot = *sample;
    } else {
        older = *sample;
    }
    if (!is_waiting || !is_pressed) {
        return false;
    }
    return request_skip_event(lanes_at(lanes, older.row), older.event);
}
