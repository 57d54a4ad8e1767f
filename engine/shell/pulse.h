/* pulse.h: what a running engine does by the second: looks at the free space, tells its service manager that it lives, and
 * has the numbers of the process ready for who asks.
 *
 * Owner   inside the loop; its handle is closed with the loop's others */
#ifndef ENGINE_SHELL_PULSE_H
#define ENGINE_SHELL_PULSE_H

#include "engine/edge/log.h"
#include "engine/edge/node.h"
#include "engine/shell/frame_gate.h"
#include "engine/shell/log_thread.h"
#include "engine/shell/service_notify.h"

#include <uv.h>

struct pulse {
    uv_timer_t timer;
    struct log *log;
    struct log_thread *thread;
    const struct frame_gate *gate;
    const struct service_notify *notify; /* NULL: none */
    uint64_t began_ms;                   /* monotonic */
    bool was_low;
};

/* Says READY, and from now on the node knows the process's numbers. log, thread and gate with its node outlive the loop's run. */
void pulse_start(struct pulse *pulse, uv_loop_t *uv, const struct frame_gate *gate, struct log *log,
                 struct log_thread *thread, const struct service_notify *notify);

/* Says STOPPING; the watchdog is fed on. */
void pulse_say_stopping(const struct pulse *pulse);

#endif
