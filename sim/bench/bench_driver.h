/* bench_driver.h: a core in this process, fed through the batch writer and reader as the log feeds it.
 *
 * Its rules are three: a call anywhere opens a case of its own for whoever of the grid workers is nearest; a gas alarm one
 * for the gas crews, who are few; a desk call one that nobody near takes, so that it waits at a desk. Commands are put one
 * after another and stepped together, as a turn of the engine does; effects are looked at for the next act and thrown away.
 *
 * Owner   bench_driver_new / bench_driver_free; the city must outlive it
 * Errors  ERR_MEMORY, ERR_IO; ERR_INPUT after printing what the rules' loader found */
#ifndef SIM_BENCH_BENCH_DRIVER_H
#define SIM_BENCH_BENCH_DRIVER_H

#include "engine/core/core.h"
#include "engine/edge/block.h"
#include "sim/bench/bench_city.h"
#include "sim/bench/bench_image.h"
#include "sim/random.h"

#define BENCH_WIDE 64u /* commands stepped together */
#define BENCH_OFFERS_MAX 4096u
#define BENCH_START_MS INT64_C(1772497200000) /* a Tuesday, 08:20 in Shanghai */

enum bench_type {
    BENCH_CALL,
    BENCH_DESK,
    BENCH_GAS,
    BENCH_MOVE
}; /* rows of the policy's types, by name */

struct bench_driver_options {
    const struct bench_city *city;
    struct bench_image_options image;
    struct limits limits; /* workers and rows are raised to what the image needs */
    uint64_t seed;
    bool moves_orders; /* BENCH_MOVE is there: offers of it are matched anew */
};

struct bench_offer {
    uint32_t person;
    uint64_t order, item_seq;
    struct place place; /* of the case */
    bool is_check;
};

struct bench_driver {
    struct bench_driver_options options;
    void *city_bytes, *policy_bytes, *payload;
    struct block block; /* of the core */
    size_t city_size, policy_size;
    struct city city;
    struct policy policy;
    struct core *core;
    struct random random;
    int64_t now_ms;
    uint64_t gateway_seq, event_number, commands;
    uint64_t *seqs; /* acts, by person */
    struct batch_writer writer;
    struct place places[BENCH_WIDE];
    struct bench_offer offers[BENCH_OFFERS_MAX]; /* heard of and not yet acted on */
    uint32_t offer_count;
    uint64_t last_miss;   /* serial of the last case whose clock was missed */
    bool is_out_of_order; /* ... and one came after a later one */
    /* Sees each batch before it is stepped; NULL: nobody does. */
    void (*tee)(void *context, int64_t now_ms, const struct batch_writer *batch);
    void *tee_context;
};

enum err bench_driver_new(const struct bench_driver_options *options,
                          struct bench_driver **out_driver) WARN_UNUSED;
void bench_driver_free(struct bench_driver *driver); /* NULL is fine */

/* An empty core on the same images, everybody with a place of rest seen there. */
enum err bench_driver_restart(struct bench_driver *driver) WARN_UNUSED;

/* Puts a command; a full batch is stepped. */
void bench_driver_event(struct bench_driver *driver, enum bench_type type, struct place place,
                        uint32_t cell);
void bench_driver_seen(struct bench_driver *driver, uint32_t person, struct place fix,
                       enum worker_status status);
void bench_driver_tick(struct bench_driver *driver);
void bench_driver_flush(struct bench_driver *driver);

/* Whoever is offered an order takes it, arrives and ends it, until nobody is. */
void bench_driver_see_through(struct bench_driver *driver);

/* Somewhere in the city's box, a twentieth away from its edges. */
struct place bench_driver_place(struct bench_driver *driver);

#endif
