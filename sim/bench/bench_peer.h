/* bench_peer.h: asks another program's measuring program (sim/bench/peers/) for figures of the same work.
 *
 *   DIR/bench-NAME WORK DIRECTORY RUNS
 *
 * It starts the other program on DIRECTORY, does the work that lies there RUNS times, and writes lines: "row" before each
 * row, "value X" per run, "note TEXT", "absent WHY" for all. Whatever goes wrong becomes a row without a value, never an
 * error. */
#ifndef SIM_BENCH_BENCH_PEER_H
#define SIM_BENCH_BENCH_PEER_H

#include "sim/bench/bench.h"
#include "sim/scratch.h"

/* A directory of its own that another user may enter; for scratch_remove. ERR_IO. */
enum err bench_peer_directory(struct scratch *directory) WARN_UNUSED;

/* Fills and adds the rows, which have names, units and what they are held against. */
void bench_peer_run(struct bench *bench, const char *program, const char *work,
                    const char *directory, struct bench_row *rows, uint32_t count);

#endif
