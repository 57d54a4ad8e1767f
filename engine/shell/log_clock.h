/* log_clock.h: the clock of the log: wall time that never goes back, or a scaled clock for demos and replays.
 *
 *   wall                        log time follows the machine's clock. When that jumps, log time does not: it runs an
 *                               eighth faster or slower than the boot clock until both agree
 *   scaled:60@2026-03-03T08:20+08:00   log time = start + 60 x time since boot
 *
 * A log keeps the kind of clock it began with and goes on from its last time. Units: ms. */
#ifndef ENGINE_SHELL_LOG_CLOCK_H
#define ENGINE_SHELL_LOG_CLOCK_H

#include "engine/core/base.h"
#include "engine/core/err.h"

enum log_clock_mode { LOG_CLOCK_WALL = 0, LOG_CLOCK_SCALED = 1 };

#define LOG_CLOCK_SPEED_MAX 3600u
#define LOG_CLOCK_JUMP_MS                                                                          \
    1000 /* a difference up to this is followed at once when it goes forward */

struct log_clock {
    enum log_clock_mode mode;
    uint32_t speed;   /* log ms per real ms */
    int64_t start_ms; /* scaled: first log time; 0 with resume: the log's last */
    int64_t log_ms;   /* last given out */
    int64_t boot_ms;  /* of CLOCK_BOOTTIME when that was */
    int64_t slew_ms;  /* how far the wall was ahead (or behind, negative) last time; 0 = in step */
    int64_t slew_rest_ms; /* elapsed time not yet slewed, < 8 */
    uint32_t jump_count;  /* jumps seen since the start */
};

/* "wall" or "scaled:SPEED@INSTANT". ERR_INPUT with a sentence in out_why. */
enum err log_clock_parse(const char *text, struct log_clock *out_clock, char *out_why,
                         size_t why_size) WARN_UNUSED;

/* Starts the clock; last_log_ms is the last entry's time, or INT64_MIN for a new log. */
void log_clock_start(struct log_clock *clock, int64_t last_log_ms);

/* Log time now. */
int64_t log_clock_now(struct log_clock *clock);

/* The same with the machine's clocks given: what the two above are made of. */
void log_clock_start_at(struct log_clock *clock, int64_t last_log_ms, int64_t wall_ms,
                        int64_t boot_ms);
int64_t log_clock_advance(struct log_clock *clock, int64_t wall_ms, int64_t boot_ms);

/* Real ms from now until log time due_ms, rounded up; 0 when it has come. */
int64_t log_clock_real_ms_until(const struct log_clock *clock, int64_t due_ms);

#endif
