/* bench.h: rows of figures: repeated runs, their median and spread, a bar where one is set, the machine they ran on.
 *
 * A row is printed as soon as it is complete and kept for the files written at the end and for the list of what is lost: bars
 * not met, and others that did the same work better. Times are real times of this process on this machine with whatever
 * else runs on it: they are reported, never asserted.
 *
 * Owner   bench_open / bench_close
 * Units   each row names its own */
#ifndef SIM_BENCH_BENCH_H
#define SIM_BENCH_BENCH_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#define BENCH_RUNS_MAX 32u
#define BENCH_ROWS_MAX 256u

enum bench_bar { BENCH_NO_BAR, BENCH_AT_MOST, BENCH_AT_LEAST };

/* How much work a row does. TINY shows that the bench itself works; its figures mean nothing. */
enum bench_size { BENCH_TINY, BENCH_QUICK, BENCH_FULL };

struct bench_row {
    const char *group; /* what the command line calls it */
    char name[96];
    const char *unit;
    enum bench_bar bar_kind;
    double bar;
    uint32_t count;
    double values[BENCH_RUNS_MAX]; /* one per run */
    bool
        is_mean; /* runs differ by what they play, not by noise: their mean counts, not their median */
    char note[200]; /* said behind the figure; "" = nothing */
    double
        ours; /* of another's row: what the engine took for the same work; 0 = nothing to compare */
    bool is_more_better; /* ... and in which direction */
};

struct bench; /* opaque */

struct bench_options {
    uint64_t seed;
    uint32_t runs; /* 1..BENCH_RUNS_MAX */
    enum bench_size size;
    const char
        *peers; /* directory of the programs that measure others; NULL = they are not asked */
    const char *graph;   /* directory of a road graph; NULL = a lattice of our own */
    const char *records; /* folder of public records (docs/real-data.md); NULL = not at hand */
    const char *keep;    /* where the cities of the group dispatch stay; NULL = nowhere */
    const char *version; /* of the program */
    const char *commit;  /* it was built from; "" = unknown */
    const char *flags;   /* it was built with */
};

/* Prints the machine. ERR_MEMORY. */
enum err bench_open(const struct bench_options *options, struct bench **out_bench) WARN_UNUSED;
void bench_close(struct bench *bench); /* NULL is fine */

uint64_t bench_seed(const struct bench *bench);
uint32_t bench_runs(const struct bench *bench);
uint32_t bench_scale(const struct bench *bench, uint32_t full, uint32_t quick, uint32_t tiny);
const char *bench_peers(const struct bench *bench);
const char *bench_graph(const struct bench *bench);
const char *bench_records(const struct bench *bench);
const char *bench_keep_at(const struct bench *bench);

void bench_value(struct bench_row *row, double value);
double bench_median(const struct bench_row *row);
double bench_mean(const struct bench_row *row);
void bench_add(struct bench *bench, const struct bench_row *row);

/* A thing that could not be measured: printed and kept with its reason. */
void bench_skip(struct bench *bench, const char *group, const char *reason);

/* A row without a value: the other program is not there. */
void bench_absent(struct bench *bench, const struct bench_row *row, const char *reason);

/* Prints what is lost: bars not met, and what others do better. Returns how many bars were missed. */
uint32_t bench_tell_losses(struct bench *bench);

/* Everything so far as JSON, or as the tables of docs/benchmarks.md. ERR_IO. */
enum err bench_write(const struct bench *bench, const char *path) WARN_UNUSED;
enum err bench_write_tables(const struct bench *bench, const char *path) WARN_UNUSED;

/* ---- measuring ---- */

int64_t bench_now_ns(void);

/* Time this thread had a core for: what others do on the machine disturbs it less. A system call. */
int64_t bench_cpu_ns(void);

/* The value below which permille of the sorted values lie. values are sorted in place. */
double bench_quantile(double *values, uint32_t count, uint32_t permille);

/* Keeps a computed value alive in the eyes of the compiler. */
void bench_keep(uint64_t value);

#endif
