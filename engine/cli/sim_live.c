/* sim_live.c: see sim_live.h. */
#include "engine/cli/sim_live.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE 4096u

/* ---- whole files ---- */

struct whole_file {
    FILE *out;
    const char *path;
    char beside
        [PATH_SIZE]; /* written there first; "": path is no ordinary file and is written as it is */
};

static bool whole_file_open(struct whole_file *file, const char *path)
{
    struct stat stat_of;
    const bool is_special = stat(path, &stat_of) == 0 && !S_ISREG(stat_of.st_mode);
    const int size = snprintf(file->beside, sizeof file->beside, "%s.%ld", path, (long)getpid());
    if (size < 0 || (size_t)size >= sizeof file->beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (is_special) {
        file->beside[0] = '\0';
    }
    file->path = path;
    file->out = fopen(is_special ? path : file->beside, "wb");
    return file->out != NULL;
}

static bool whole_file_close(struct whole_file *file, bool is_written)
{
    is_written = fclose(file->out) == 0 && is_written;
    if (file->beside[0] == '\0') {
        return is_written;
    }
    if (is_written && rename(file->beside, file->path) == 0) {
        return true;
    }
    const int why = errno;
    (void)unlink(file->beside);
    errno = why;
    return false;
}

bool sim_live_write_html(const struct sim_live *live, const struct sim_told *told, uint32_t count,
                         const struct sim_html_at *at)
{
    struct whole_file file;
    if (!whole_file_open(&file, live->html)) {
        return false;
    }
    return whole_file_close(&file,
                            sim_html_write(told, count, live->name, live->lang, at, file.out));
}

bool sim_live_write_json(const char *path, const json_t *root)
{
    struct whole_file file;
    if (!whole_file_open(&file, path)) {
        return false;
    }
    return whole_file_close(&file,
                            json_dumpf(root, file.out, JSON_INDENT(1) | JSON_SORT_KEYS) == 0 &&
                                fputc('\n', file.out) != EOF);
}

/* ---- on the way ---- */

static int64_t real_ms(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* The digest of the state is of its end; what else there is, is as it stands. */
static bool write_json_now(const struct sim_live *live, const struct report *report,
                           const struct sim_html_at *at)
{
    json_t *root = report_to_json(report);
    (void)json_object_set_new(root, "live",
                              json_pack("{s:I, s:I, s:I}", "day", (json_int_t)at->day, "days",
                                        (json_int_t)at->days, "as_of_ms", (json_int_t)at->now_ms));
    const bool is_written = sim_live_write_json(live->json, root);
    json_decref(root);
    return is_written;
}

void sim_live_see(struct sim_live *live, struct sim_told *told, uint32_t count, int64_t now_ms)
{
    const bool has_json = live->json != NULL && strcmp(live->json, "-") != 0;
    struct stat stat_of;
    const int64_t at_ms = real_ms();
    if (live->has_failed || (live->html == NULL && !has_json) ||
        (live->written_ms != 0 && at_ms - live->written_ms < SIM_LIVE_EVERY_MS)) {
        return;
    }
    struct sim_told *last = &told[count - 1];
    report_make(&last->report, last->run);
    const int64_t first_ms = last->report.numbers.first_ms;
    const struct sim_html_at at = {.day = div_floor(now_ms - first_ms, DAY_MS) + 1,
                                   .days = live->days,
                                   .now_ms = now_ms,
                                   .every_s = SIM_LIVE_EVERY_MS / 1000};
    /* A pipe or a terminal gets the last page only. */
    const bool has_page =
        live->html != NULL && (stat(live->html, &stat_of) != 0 || S_ISREG(stat_of.st_mode));
    if ((has_page && !sim_live_write_html(live, told, count, &at)) ||
        (has_json && !write_json_now(live, &last->report, &at))) {
        (void)fprintf(stderr, "cannot write the report on the way: %s\n", strerror(errno));
        live->has_failed = true;
    }
    report_fini(&last->report);
    live->written_ms = real_ms();
}
