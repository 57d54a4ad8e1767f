/* bench.c: see bench.h. */
#include "sim/bench/bench.h"

#include <jansson.h>
#include <stdarg.h>
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
    json_t *losses;     /* sentences */
    const char *group;  /* last printed */
    char machine[1600]; /* the head, as printed */
    uint32_t kept_count;
    struct {
        struct bench_row row;
        char reason[128]; /* why it has no value */
    } kept[BENCH_ROWS_MAX];
};

static const char *const SIZES[] = {", TINY: figures mean nothing", ", quick", ""};

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
    (void)snprintf(bench->machine, sizeof bench->machine,
                   "machine   %s, %ld cores, %s memory\nkernel    %s\ncompiler  %s, %s\n"
                   "build     gridloop %s, commit %s\nruns      %u each%s, seed %llu; load before "
                   "%s\n",
                   cpu, cores, memory, kernel, __VERSION__, options->flags, options->version,
                   options->commit[0] == '\0' ? "unknown" : options->commit, options->runs,
                   SIZES[options->size], (unsigned long long)options->seed, load);
    (void)printf("%s\n", bench->machine);
    (void)fflush(stdout);
    json_t *machine = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}",
                                "cpu", cpu, "cores", (json_int_t)cores, "memory", memory, "kernel",
                                kernel, "compiler", __VERSION__, "flags", options->flags, "version",
                                options->version, "commit", options->commit, "runs",
                                (json_int_t)options->runs, "size", (json_int_t)options->size,
                                "seed", (json_int_t)options->seed, "load_before", load);
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
    bench->losses = json_array();
    if (bench->root == NULL || bench->rows == NULL || bench->losses == NULL) {
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
    json_decref(bench->losses);
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

uint32_t bench_scale(const struct bench *bench, uint32_t full, uint32_t quick, uint32_t tiny)
{
    const uint32_t sizes[] = {[BENCH_TINY] = tiny, [BENCH_QUICK] = quick, [BENCH_FULL] = full};
    return sizes[bench->options.size];
}

const char *bench_graph(const struct bench *bench)
{
    return bench->options.graph;
}

const char *bench_records(const struct bench *bench)
{
    return bench->options.records;
}

const char *bench_keep_at(const struct bench *bench)
{
    return bench->options.keep;
}

const char *bench_peers(const struct bench *bench)
{
    return bench->options.peers;
}

void bench_value(struct bench_row *row, double value)
{
    must(row->count < BENCH_RUNS_MAX);
    row->values[row->count++] = value;
}

/* Values in ascending order; returns the middle one. */
static double sort_values(const struct bench_row *row, double out_sorted[BENCH_RUNS_MAX])
{
    must(row->count > 0);
    memcpy(out_sorted, row->values, row->count * sizeof out_sorted[0]);
    qsort(out_sorted, row->count, sizeof out_sorted[0], value_compare);
    return out_sorted[(row->count - 1) / 2];
}

double bench_median(const struct bench_row *row)
{
    double sorted[BENCH_RUNS_MAX];
    return sort_values(row, sorted);
}

double bench_mean(const struct bench_row *row)
{
    double sum = 0;
    must(row->count > 0);
    for (uint32_t i = 0; i < row->count; i++) {
        sum += row->values[i];
    }
    return sum / row->count;
}

/* What the row says and is judged by. */
static double said(const struct bench_row *row)
{
    return row->is_mean ? bench_mean(row) : bench_median(row);
}

/* Three digits that mean something, thousands apart. */
static const char *figure(double value, char out[32])
{
    if (value >= 999.5) {
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

static bool is_met(const struct bench_row *row)
{
    return row->bar_kind == BENCH_AT_MOST ? said(row) <= row->bar : said(row) >= row->bar;
}

static const char *bar_text(const struct bench_row *row, char out[48])
{
    char value[32];
    out[0] = '\0';
    if (row->bar_kind != BENCH_NO_BAR) {
        (void)snprintf(out, 48, "%s %s",
                       row->bar_kind == BENCH_AT_MOST ? "<=" : ">=", figure(row->bar, value));
    }
    return out;
}

static void print_name(struct bench *bench, const struct bench_row *row)
{
    if (bench->group == NULL || strcmp(bench->group, row->group) != 0) {
        (void)printf("%s\n", row->group);
        bench->group = row->group;
    }
    (void)printf("  %-68s ", row->name);
}

static void print_row(struct bench *bench, const struct bench_row *row)
{
    char text[4][48];
    double sorted[BENCH_RUNS_MAX];
    (void)sort_values(row, sorted);
    print_name(bench, row);
    (void)printf("%11s %-9s [%s .. %s]", figure(said(row), text[0]), row->unit,
                 figure(sorted[0], text[1]), figure(sorted[row->count - 1], text[2]));
    if (row->bar_kind != BENCH_NO_BAR) {
        (void)printf("  bar %s: %s", bar_text(row, text[3]), is_met(row) ? "met" : "NOT MET");
    }
    (void)printf("%s%s\n", row->note[0] == '\0' ? "" : "  ", row->note);
    (void)fflush(stdout);
}

static void keep(struct bench *bench, const struct bench_row *row, const char *reason)
{
    must(bench->kept_count < BENCH_ROWS_MAX);
    bench->kept[bench->kept_count].row = *row;
    (void)snprintf(bench->kept[bench->kept_count].reason, sizeof bench->kept[0].reason, "%s",
                   reason);
    bench->kept_count++;
}

void bench_add(struct bench *bench, const struct bench_row *row)
{
    print_row(bench, row);
    keep(bench, row, "");
    json_t *values = json_array();
    for (uint32_t i = 0; i < row->count; i++) {
        must(json_array_append_new(values, json_real(row->values[i])) == 0);
    }
    json_t *entry = json_pack("{s:s, s:s, s:s, s:f, s:f, s:o, s:s}", "group", row->group, "name",
                              row->name, "unit", row->unit, "median", bench_median(row), "mean",
                              bench_mean(row), "values", values, "note", row->note);
    must(entry != NULL);
    if (row->bar_kind != BENCH_NO_BAR) {
        must(json_object_set_new(entry, "bar", json_real(row->bar)) == 0);
        must(json_object_set_new(
                 entry, "bar_kind",
                 json_string(row->bar_kind == BENCH_AT_MOST ? "at most" : "at least")) == 0);
        must(json_object_set_new(entry, "met", json_boolean(is_met(row))) == 0);
    }
    if (row->ours > 0) {
        must(json_object_set_new(entry, "ours", json_real(row->ours)) == 0);
    }
    must(json_array_append_new(bench->rows, entry) == 0);
}

void bench_absent(struct bench *bench, const struct bench_row *row, const char *reason)
{
    print_name(bench, row);
    (void)printf("%s\n", reason);
    (void)fflush(stdout);
    keep(bench, row, reason);
    json_t *entry =
        json_pack("{s:s, s:s, s:s}", "group", row->group, "name", row->name, "absent", reason);
    must(entry != NULL && json_array_append_new(bench->rows, entry) == 0);
}

void bench_skip(struct bench *bench, const char *group, const char *reason)
{
    const struct bench_row row = {.group = group, .name = "not measured"};
    bench_absent(bench, &row, reason);
}

/* ---- at the end ---- */

__attribute__((format(printf, 2, 3))) static void lose(struct bench *bench, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)printf("  %s\n", text);
    must(json_array_append_new(bench->losses, json_string(text)) == 0);
}

uint32_t bench_tell_losses(struct bench *bench)
{
    uint32_t missed = 0;
    (void)printf("\nwhat we lose\n");
    for (uint32_t i = 0; i < bench->kept_count; i++) {
        const struct bench_row *row = &bench->kept[i].row;
        char text[3][48];
        if (row->count == 0) {
            continue;
        }
        const double value = said(row);
        if (row->bar_kind != BENCH_NO_BAR && !is_met(row)) {
            missed++;
            lose(bench, "%s: %s: %s %s, the bar is %s", row->group, row->name,
                 figure(value, text[0]), row->unit, bar_text(row, text[1]));
        }
        if (row->ours > 0 && (row->is_more_better ? value > row->ours : value < row->ours)) {
            lose(bench, "%s: %s: %s %s, ours %s", row->group, row->name, figure(value, text[0]),
                 row->unit, figure(row->ours, text[1]));
        }
    }
    if (json_array_size(bench->losses) == 0) {
        (void)printf("  nothing in this run\n");
    }
    (void)printf("\n%u bars missed\n", missed);
    return missed;
}

enum err bench_write(const struct bench *bench, const char *path)
{
    must(json_object_set(bench->root, "rows", bench->rows) == 0);
    must(json_object_set(bench->root, "losses", bench->losses) == 0);
    return json_dump_file(bench->root, path, JSON_INDENT(1)) == 0 ? ERR_OK : ERR_IO;
}

static void write_row(FILE *file, const struct bench_row *row, const char *reason)
{
    char text[4][48];
    double sorted[BENCH_RUNS_MAX];
    if (row->count == 0) {
        (void)fprintf(file, "| %s | %s | | | |\n", row->name, reason);
        return;
    }
    (void)sort_values(row, sorted);
    (void)fprintf(file, "| %s | %s %s | %s .. %s | %s%s | %s |\n", row->name,
                  figure(said(row), text[0]), row->unit, figure(sorted[0], text[1]),
                  figure(sorted[row->count - 1], text[2]), bar_text(row, text[3]),
                  row->bar_kind == BENCH_NO_BAR ? ""
                  : is_met(row)                 ? ", met"
                                                : ", **not met**",
                  row->note);
}

enum err bench_write_tables(const struct bench *bench, const char *path)
{
    const char *group = NULL;
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return ERR_IO;
    }
    (void)fprintf(file, "```\n%s```\n", bench->machine);
    for (uint32_t i = 0; i < bench->kept_count; i++) {
        const struct bench_row *row = &bench->kept[i].row;
        if (group == NULL || strcmp(group, row->group) != 0) {
            group = row->group;
            (void)fprintf(file,
                          "\n### %s\n\n| figure | %s | spread | bar | |\n|---|---|---|---|---|\n",
                          group, row->is_mean ? "mean" : "median");
        }
        write_row(file, row, bench->kept[i].reason);
    }
    (void)fprintf(file, "\n### What we lose\n\n");
    for (size_t i = 0; i < json_array_size(bench->losses); i++) {
        (void)fprintf(file, "- %s\n", json_string_value(json_array_get(bench->losses, i)));
    }
    return fclose(file) == 0 ? ERR_OK : ERR_IO;
}
