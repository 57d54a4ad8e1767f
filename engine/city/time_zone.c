/* time_zone.c: see time_zone.h. Looks at the offset of every fifth day and halves the days in which it changed. */
#include "engine/city/time_zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "engine/city/pool.h"

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define NAME_SIZE_MAX 64u
#define START_S INT64_C(946684800) /* 2000-01-01 UTC */
#define END_S INT64_C(4102444800)  /* 2100-01-01 UTC */
/* No zone changes twice within it: the nearest changes since 2000 are 6.96 days apart (tzdata 2026f: Gaza, Boa Vista). */
#define STEP_S (5 * INT64_C(86400))

bool time_zone_is_known(const char *name)
{
    char path[sizeof ZONE_FOLDER + NAME_SIZE_MAX];
    if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL ||
        strlen(name) > NAME_SIZE_MAX) {
        return false;
    }
    (void)snprintf(path, sizeof path, "%s%s", ZONE_FOLDER, name);
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static int64_t offset_ms_at(int64_t at_s)
{
    time_t at = (time_t)at_s;
    struct tm local;
    must(localtime_r(&at, &local) != NULL);
    return (int64_t)local.tm_gmtoff * SECOND_MS;
}

/* The first second in (low, high] with the offset of high. */
static int64_t find_change(int64_t low_s, int64_t high_s)
{
    int64_t offset_ms = offset_ms_at(high_s);
    while (high_s - low_s > 1) {
        int64_t middle_s = low_s + (high_s - low_s) / 2;
        if (offset_ms_at(middle_s) == offset_ms) {
            high_s = middle_s;
        } else {
            low_s = middle_s;
        }
    }
    return high_s;
}

static void collect(struct city_transition **rows, uint32_t *count)
{
    uint32_t capacity = 0;
    *rows = pool_grow_rows(*rows, sizeof **rows, *count, &capacity);
    (*rows)[(*count)++] = (struct city_transition){INT64_MIN, offset_ms_at(START_S)};
    for (int64_t day_s = START_S + STEP_S; day_s <= END_S; day_s += STEP_S) {
        int64_t offset_ms = offset_ms_at(day_s);
        if (offset_ms != (*rows)[*count - 1].offset_ms) {
            int64_t change_s = find_change(day_s - STEP_S, day_s);
            *rows = pool_grow_rows(*rows, sizeof **rows, *count, &capacity);
            (*rows)[(*count)++] = (struct city_transition){change_s * SECOND_MS, offset_ms};
        }
    }
}

enum err time_zone_load(const char *name, struct city_transition **out_rows, uint32_t *out_count)
{
    if (!time_zone_is_known(name)) {
        return ERR_NOT_FOUND;
    }
    const char *held = getenv("TZ");
    char *old = held == NULL ? NULL : strdup(held);
    char path[sizeof ZONE_FOLDER + NAME_SIZE_MAX + 1];
    (void)snprintf(path, sizeof path, ":%s%s", ZONE_FOLDER, name);
    if ((held != NULL && old == NULL) || setenv("TZ", path, 1) != 0) {
        free(old);
        return ERR_MEMORY;
    }
    tzset();
    struct city_transition *rows = NULL;
    uint32_t count = 0;
    collect(&rows, &count);
    int status = old == NULL ? unsetenv("TZ") : setenv("TZ", old, 1);
    must(status == 0);
    tzset();
    free(old);
    *out_rows = rows;
    *out_count = count;
    return ERR_OK;
}
