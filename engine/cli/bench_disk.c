/* bench_disk.c: see bench_disk.h.
 *
 * 4 KB written over zeros that are on the disk already, then synced, as the log does, at the rate of its groups. Nothing else of
 * this process writes meanwhile. An answer waits for at least one such sync, so no quantile of the engine can be better than what
 * the disk leaves: one sync of 200 ms in ten seconds alone makes 2 % of all offers late. */
#include "engine/cli/bench_disk.h"

#include "sim/bench/bench.h"
#include "sim/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PIECE 4096u
#define FILE_SIZE (8u << 20)
#define SYNCS_MAX 4000u
#define PAUSE_NS 2000000 /* about the log's groups under 5,000 events a second */

static enum err fill(int file)
{
    static const uint8_t ZEROS[65536];
    for (uint32_t at = 0; at < FILE_SIZE; at += sizeof ZEROS) {
        if (pwrite(file, ZEROS, sizeof ZEROS, (off_t)at) != (ssize_t)sizeof ZEROS) {
            return ERR_IO;
        }
    }
    return fsync(file) == 0 ? ERR_OK : ERR_IO;
}

static enum err sync_often(int file, double *out_ms, uint32_t syncs)
{
    static uint8_t piece[PIECE];
    for (uint32_t i = 0; i < syncs; i++) {
        const struct timespec pause = {0, PAUSE_NS};
        const off_t at = (off_t)(i % (FILE_SIZE / PIECE)) * PIECE;
        memset(piece, (int)(i % 255) + 1, sizeof piece);
        (void)nanosleep(&pause, NULL);
        const int64_t from_ns = bench_now_ns();
        if (pwrite(file, piece, sizeof piece, at) != (ssize_t)sizeof piece ||
            fdatasync(file) != 0) {
            return ERR_IO;
        }
        out_ms[i] = (double)(bench_now_ns() - from_ns) / 1e6;
    }
    return ERR_OK;
}

static enum err measure(const char *directory, double *out_ms, uint32_t syncs)
{
    char path[340];
    (void)snprintf(path, sizeof path, "%s/syncs", directory);
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (file < 0) {
        return ERR_IO;
    }
    enum err err = fill(file);
    if (err == ERR_OK) {
        err = sync_often(file, out_ms, syncs);
    }
    (void)close(file);
    return err;
}

enum err bench_disk(struct bench *bench)
{
    static const char *const NAMES[] = {"p50", "p99", "p99.9"};
    static const uint32_t PERMILLES[] = {500, 990, 999};
    static double values[SYNCS_MAX];
    struct bench_row rows[3];
    struct scratch directory;
    const uint32_t syncs = bench_scale(bench, SYNCS_MAX, SYNCS_MAX / 4, 64);
    for (uint32_t i = 0; i < COUNT_OF(rows); i++) {
        rows[i] = (struct bench_row){.group = "latency", .unit = "ms"};
        (void)snprintf(rows[i].name, sizeof rows[i].name, "the disk alone, a sync of 4 KB, %s",
                       NAMES[i]);
    }
    enum err err = scratch_make_directory(&directory, "bench");
    if (err != ERR_OK) {
        return err;
    }
    double longest = 0;
    for (uint32_t run = 0; run < bench_runs(bench) && err == ERR_OK; run++) {
        err = measure(directory.path, values, syncs);
        for (uint32_t i = 0; i < COUNT_OF(rows) && err == ERR_OK; i++) {
            bench_value(&rows[i], bench_quantile(values, syncs, PERMILLES[i]));
        }
        longest = err == ERR_OK && values[syncs - 1] > longest ? values[syncs - 1] : longest;
    }
    scratch_remove(&directory);
    for (uint32_t i = 0; i < COUNT_OF(rows) && err == ERR_OK; i++) {
        (void)snprintf(rows[i].note, sizeof rows[i].note, "%u a run; the longest %.1f ms", syncs,
                       longest);
        bench_add(bench, &rows[i]);
    }
    return err;
}
