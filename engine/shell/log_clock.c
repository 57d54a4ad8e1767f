/* log_clock.c: see log_clock.h. */
#include "engine/shell/log_clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SLEW_PART 8 /* slewing changes the rate by one part in so many */

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    must(clock_gettime(id, &now) == 0);
    return (int64_t)now.tv_sec * SECOND_MS + now.tv_nsec / 1000000;
}

/* "2026-03-03T08:20[:ss](+08:00|Z)" as ms since 1970 UTC. */
static bool parse_instant(const char *text, int64_t *out_ms)
{
    struct tm local = {0};
    int year, month, used = 0, offset_hours = 0, offset_minutes = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d%n", &year, &month, &local.tm_mday, &local.tm_hour,
               &local.tm_min, &used) != 5 ||
        used == 0) {
        return false;
    }
    const char *at = text + used;
    if (*at == ':') {
        if (sscanf(at, ":%2d%n", &local.tm_sec, &used) != 1) {
            return false;
        }
        at += used;
    }
    char sign = *at;
    if (sign == '+' || sign == '-') {
        if (sscanf(at + 1, "%2d:%2d%n", &offset_hours, &offset_minutes, &used) != 2) {
            return false;
        }
        at += 1 + used;
    } else if (sign == 'Z') {
        at++;
    } else {
        return false;
    }
    if (*at != '\0' || month < 1 || month > 12 || local.tm_mday < 1 || local.tm_mday > 31 ||
        local.tm_hour > 23 || local.tm_min > 59 || local.tm_sec > 59) {
        return false;
    }
    local.tm_year = year - 1900;
    local.tm_mon = month - 1;
    int64_t offset_ms = (offset_hours * 60 + offset_minutes) * MINUTE_MS;
    *out_ms = (int64_t)timegm(&local) * SECOND_MS - (sign == '-' ? -offset_ms : offset_ms);
    return true;
}

enum err log_clock_parse(const char *text, struct log_clock *out_clock, char *out_why,
                         size_t why_size)
{
    if (strcmp(text, "wall") == 0) {
        *out_clock = (struct log_clock){.mode = LOG_CLOCK_WALL, .speed = 1};
        return ERR_OK;
    }
    unsigned speed = 0;
    int used = 0;
    int64_t start_ms = 0;
    if (sscanf(text, "scaled:%u@%n", &speed, &used) != 1 || used == 0) {
        (void)snprintf(out_why, why_size,
                       "a clock is \"wall\" or \"scaled:60@2026-03-03T08:20+08:00\", not \"%s\"",
                       text);
        return ERR_INPUT;
    }
    if (speed < 1 || speed > LOG_CLOCK_SPEED_MAX) {
        (void)snprintf(out_why, why_size, "a scaled clock runs 1 to %u times as fast, not %u",
                       LOG_CLOCK_SPEED_MAX, speed);
        return ERR_INPUT;
    }
    if (!parse_instant(text + used, &start_ms)) {
        (void)snprintf(out_why, why_size,
                       "the clock starts at an instant such as 2026-03-03T08:20+08:00, not \"%s\"",
                       text + used);
        return ERR_INPUT;
    }
    *out_clock = (struct log_clock){.mode = LOG_CLOCK_SCALED, .speed = speed, .start_ms = start_ms};
    return ERR_OK;
}

void log_clock_start_at(struct log_clock *clock, int64_t last_log_ms, int64_t wall_ms,
                        int64_t boot_ms)
{
    bool is_new = last_log_ms == INT64_MIN;
    if (clock->mode == LOG_CLOCK_SCALED) {
        clock->log_ms = is_new ? clock->start_ms : last_log_ms;
    } else {
        clock->log_ms = is_new ? wall_ms : max_i64(wall_ms, last_log_ms);
    }
    clock->boot_ms = boot_ms;
    clock->slew_ms = 0;
    clock->slew_rest_ms = 0;
    clock->jump_count = 0;
}

int64_t log_clock_advance(struct log_clock *clock, int64_t wall_ms, int64_t boot_ms)
{
    int64_t elapsed_ms = max_i64(0, boot_ms - clock->boot_ms);
    clock->boot_ms = max_i64(clock->boot_ms, boot_ms);
    if (clock->mode == LOG_CLOCK_SCALED) {
        clock->log_ms += elapsed_ms * clock->speed;
        return clock->log_ms;
    }
    int64_t steady_ms = clock->log_ms + elapsed_ms;
    int64_t ahead_ms = wall_ms - steady_ms;
    if (ahead_ms >= 0 && ahead_ms <= LOG_CLOCK_JUMP_MS) {
        clock->slew_ms = 0;
        clock->log_ms = wall_ms;
        return clock->log_ms;
    }
    bool is_jump = ahead_ms > LOG_CLOCK_JUMP_MS || ahead_ms < -LOG_CLOCK_JUMP_MS;
    if (is_jump && clock->slew_ms == 0) {
        clock->jump_count++;
    }
    clock->slew_ms = is_jump ? ahead_ms : clock->slew_ms;
    /* Calls come every millisecond: what an eighth of one leaves over is kept for the next. */
    clock->slew_rest_ms += elapsed_ms;
    int64_t part_ms = clock->slew_rest_ms / SLEW_PART;
    clock->slew_rest_ms %= SLEW_PART;
    clock->log_ms = ahead_ms > 0 ? steady_ms + min_i64(part_ms, ahead_ms)
                                 : steady_ms - min_i64(min_i64(part_ms, elapsed_ms), -ahead_ms);
    return clock->log_ms;
}

void log_clock_start(struct log_clock *clock, int64_t last_log_ms)
{
    log_clock_start_at(clock, last_log_ms, read_clock(CLOCK_REALTIME), read_clock(CLOCK_BOOTTIME));
}

int64_t log_clock_now(struct log_clock *clock)
{
    return log_clock_advance(clock, read_clock(CLOCK_REALTIME), read_clock(CLOCK_BOOTTIME));
}

int64_t log_clock_real_ms_until(const struct log_clock *clock, int64_t due_ms)
{
    if (due_ms <= clock->log_ms) {
        return 0;
    }
    return (due_ms - clock->log_ms + clock->speed - 1) / clock->speed;
}
