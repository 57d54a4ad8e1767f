/* bench.c: see bench.h. */
#include "sim/bench/bench.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

struct bench {
    struct bench_options options;
    json_t *root;
    json_t *rows;
    uint32_t missed;
    const char *group; /* last printed */
};

static volatile uint64_t sink; /* what bench_keep writes to */

void bench_keep(uint64_t value)
{
    sink = value;
}

int64_t bench_now_ns(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

int64_t bench_cpu_ns(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static int value_compare(const void *left, const void *right)
{
    const double *a = left;
    const double *b = right;
    return *a < *b ? -1 : *a > *b;
}

double bench_quantile(double *values, uint32_t count, uint32_t permille)
{
    must(count > 0 && permille <= 1000);
    qsort(values, count, sizeof values[0], value_compare);
    return values[(uint64_t)(count - 1) * permille / 1000];
}

/* The first line of a file that starts with a word, behind its colon. */
static void read_line(const char *path, const char *word, char *out, size_t size)
{
    char line[512];
    FILE *file = fopen(path, "r");
    (void)snprintf(out, size, "unknown");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, word, strlen(word)) == 0 && colon != NULL) {
            (void)snprintf(out, size, "%s", colon + 1 + strspn(colon + 1, " \t"));
            out[strcspn(out, "\n")] = '\0';
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static void tell_machine(struct bench *bench)
{
    const struct bench_options *options = &bench->options;
    char cpu[256];
    char memory[64];
    char load[64] = "unknown";
    char kernel[512] = "unknown";
    struct utsname name;
    read_line("/proc/cpuinfo", "model name", cpu, sizeof cpu);
    read_line("/proc/meminfo", "MemTotal", memory, sizeof memory);
    if (uname(&name) == 0) {
        (void)snprintf(kernel, sizeof kernel, "%s %s %s", name.sysname, name.release, name.machine);
    }
    FILE *file = fopen("/proc/loadavg", "r");
    if (file != NULL) {
        if (fgets(load, sizeof load, file) != NULL) {
            load[strcspn(load, "\n")] = '\0';
        }
        (void)fclose(file);
    }
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    (void)printf("machine   %s, %ld cores, %s memory\nkernel    %s\n", cpu, cores, memory, kernel);
    (void)printf("compiler  %s, %s\nbuild     gridloop %s, commit %s\n", __VERSION__,
                 options->flags, options->version,
                 options->commit[0] == '\0' ? "unknown" : options->commit);
    (void)printf("runs      %u each, seed %llu; load before %s\n\n", options->runs,
                 (unsigned long long)options->seed, load);
    (void)fflush(stdout);
    json_t *machine = json_pack(
        "{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "cpu", cpu, "cores",
        (json_int_t)cores, "memory", memory, "kernel", kernel, "compiler", __VERSION__, "flags",
        options->flags, "version", options->version, "commit", options->commit, "runs",
        (json_int_t)options->runs, "seed", (json_int_t)options->seed, "load_before", load);
    must(machine != NULL && json_object_set_new(bench->root, "machine", machine) == 0);
}

enum err bench_open(const struct bench_options *options, struct bench **out_bench)
{
    must(options->runs >= 1 && options->runs <= BENCH_RUNS_MAX);
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL) {
        return ERR_MEMORY;
    }
    bench->options = *options;
    bench->root = json_object();
    bench->rows = json_array();
    if (bench->root == NULL || bench->rows == NULL) {
        bench_close(bench);
        return ERR_MEMORY;
    }
    tell_machine(bench);
    *out_bench = bench;
    return ERR_OK;
}

void bench_close(struct bench *bench)
{
    if (bench == NULL) {
        return;
    }
    json_decref(bench->root);
    json_decref(bench->rows);
    free(bench);
}

uint64_t bench_seed(const struct bench *bench)
{
    return bench->options.seed;
}

uint32_t bench_runs(const struct bench *bench)
{
    return bench->options.runs;
}

uint32_t bench_missed(const struct bench *bench)
{
    return bench->missed;
}

void bench_value(struct bench_row *row, double value)
{
    must(row->count < BENCH_RUNS_MAX);
    row->values[row->count++] = value;
}

/* Three digits that mean something, thousands apart. */
static const char *figure(double value, char out[32])
{
    if (value >= 1000) {
        const long long whole = (long long)(value + 0.5);
        if (whole >= 1000000) {
            (void)snprintf(out, 32, "%lld,%03lld,%03lld", whole / 1000000, whole / 1000 % 1000,
                           whole % 1000);
        } else {
            (void)snprintf(out, 32, "%lld,%03lld", whole / 1000, whole % 1000);
        }
    } else {
        (void)snprintf(out, 32, "%.*f",
                       value >= 100  ? 0
                       : value >= 10 ? 1
                       : value >= 1  ? 2
                                     : 3,
                       value);
    }
    return out;
}

static bool is_met(const struct bench_row *row, double median)
{
    return row->bar_kind == BENCH_AT_MOST ? median <= row->bar : median >= row->bar;
}

static void print_row(struct bench *bench, const struct bench_row *row, const double *sorted)
{
    char a[32];
    char b[32];
    char c[32];
    if (bench->group == NULL || strcmp(bench->group, row->group) != 0) {
        (void)printf("%s\n", row->group);
        bench->group = row->group;
    }
    const double median = sorted[(row->count - 1) / 2];
    (void)printf("  %-62s %11s %-9s [%s .. %s]", row->name, figure(median, a), row->unit,
                 figure(sorted[0], b), figure(sorted[row->count - 1], c));
    if (row->bar_kind != BENCH_NO_BAR) {
        (void)printf("  bar %s %s: %s",
                     row->bar_kind == BENCH_AT_MOST ? "<=" : ">=", figure(row->bar, a),
                     is_met(row, median) ? "met" : "NOT MET");
    }
    (void)printf("%s%s\n", row->note[0] == '\0' ? "" : "  ", row->note);
    (void)fflush(stdout);
}

void bench_add(struct bench *bench, const struct bench_row *row)
{
    double sorted[BENCH_RUNS_MAX];
    must(row->count > 0);
    memcpy(sorted, row->values, row->count * sizeof sorted[0]);
    qsort(sorted, row->count, sizeof sorted[0], value_compare);
    const double median = sorted[(row->count - 1) / 2];
    print_row(bench, row, sorted);
    json_t *values = json_array();
    for (uint32_t i = 0; i < row->count; i++) {
        must(json_array_append_new(values, json_real(row->values[i])) == 0);
    }
    json_t *entry =
        json_pack("{s:s, s:s, s:s, s:f, s:o, s:s}", "group", row->group, "name", row->name, "unit",
                  row->unit, "median", median, "values", values, "note", row->note);
    must(entry != NULL);
    if (row->bar_kind != BENCH_NO_BAR) {
        const bool met = is_met(row, median);
        bench->missed += !met;
        must(json_object_set_new(entry, "bar", json_real(row->bar)) == 0);
        must(json_object_set_new(
                 entry, "bar_kind",
                 json_string(row->bar_kind == BENCH_AT_MOST ? "at most" : "at least")) == 0);
        must(json_object_set_new(entry, "met", json_boolean(met)) == 0);
    }
    must(json_array_append_new(bench->rows, entry) == 0);
}

void bench_skip(struct bench *bench, const char *group, const char *reason)
{
    (void)printf("%s\n  not measured: %s\n", group, reason);
    (void)fflush(stdout);
    bench->group = group;
    json_t *entry = json_pack("{s:s, s:s}", "group", group, "skipped", reason);
    must(entry != NULL && json_array_append_new(bench->rows, entry) == 0);
}

enum err bench_write(const struct bench *bench, const char *path)
{
    must(json_object_set(bench->root, "rows", bench->rows) == 0);
    return json_dump_file(bench->root, path, JSON_INDENT(1)) == 0 ? ERR_OK : ERR_IO;
}
