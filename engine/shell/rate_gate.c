/* rate_gate.c: see rate_gate.h. */
#include "engine/shell/rate_gate.h"

bool rate_gate_pass(struct rate_gate *gate, struct hash128 who, int64_t now_ms,
                    int64_t *out_wait_ms)
{
    must(gate->burst > 0 && gate->per_minute > 0);
    struct rate_slot *slot = &gate->slots[who.lo % RATE_GATE_SLOTS];
    const int64_t passed_ms = max_i64(now_ms - slot->at_ms, 0);
    /* per minute x 1000 / 60000 ms; clamped before the product so that it cannot overflow */
    const int64_t back = min_i64(passed_ms, DAY_MS) * gate->per_minute / 60;
    if (back >= slot->spent) {
        slot->spent = 0;
        slot->at_ms = now_ms;
    } else {
        /* Only the time that was counted has passed, else many askings within a moment would round it to nothing. */
        slot->spent -= back;
        slot->at_ms += (back * 60 + gate->per_minute - 1) / gate->per_minute;
    }
    if (slot->spent + 1000 > (int64_t)gate->burst * 1000) {
        const int64_t over = slot->spent + 1000 - (int64_t)gate->burst * 1000;
        *out_wait_ms = (over * 60 + gate->per_minute - 1) / gate->per_minute;
        return false;
    }
    slot->spent += 1000;
    return true;
}
