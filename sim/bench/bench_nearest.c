/* bench_nearest.c: see bench_nearest.h.
 *
 * Workers lie evenly over the box of a city; a fifth rest, a fifth have another role, one of 2,000 is of a gas crew. Cases lie
 * evenly too. A search is what dispatching runs: filters, ranking and the complete record of who was passed over; one row is
 * of the nearest alone, without the record. Others are given the same workers and the same places, and must name the same person. They are asked over a socket, so the engine's own
 * core is asked over one too: by the number of an open case, answered with the person. */
#include "sim/bench/bench_nearest.h"

#include "engine/core/choice.h"
#include "sim/bench/bench_driver.h"
#include "sim/bench/bench_peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEARCHES 4096u
#define GROUP 16u
#define RUN_NS_MAX INT64_C(1000000000) /* a run of slow searches ends then; at least one group */

enum filter { FILTER_COMMON, FILTER_RARE, FILTER_COUNT };

struct searcher {
    struct bench_driver *driver;
    uint32_t first;   /* row of the first added worker */
    uint32_t workers; /* added */
    uint32_t searches;
    uint32_t assigns[FILTER_COUNT]; /* rows of the policy's assigns */
};

struct found {
    uint32_t person; /* number of the added worker, NONE32 */
    uint32_t considered;
};

static const char *const FILTER_NAMES[] = {"common role", "0.05 % filter"};

static struct found search(const struct searcher *searcher, uint32_t slot, enum filter filter)
{
    struct effect_decision decision;
    const struct choice_question question = {slot, searcher->assigns[filter], KIND_HANDLE, false,
                                             false};
    const uint32_t worker = choice_find(searcher->driver->core, question, &decision);
    const uint32_t person = worker == NONE32 ? NONE32 : decision.candidates[0].person;
    return (struct found){person == NONE32 ? NONE32 : person - searcher->first,
                          decision.considered};
}

static uint32_t assign_of(const struct bench_driver *driver, enum bench_type type)
{
    const struct image_range rules = driver->policy.types[type].rules;
    return driver->policy.rules[driver->policy.type_rules[rules.first]].assigns.first;
}

/* ---- workers and cases ---- */

static void place_workers(struct searcher *searcher)
{
    struct bench_driver *driver = searcher->driver;
    for (uint32_t i = 0; i < searcher->workers; i++) {
        const bool is_resting =
            i % BENCH_RARE_EVERY != BENCH_RARE_AT && random_chance(&driver->random, 200);
        bench_driver_seen(driver, searcher->first + i, bench_driver_place(driver),
                          is_resting ? STATUS_PAUSED : STATUS_READY);
    }
    bench_driver_flush(driver);
}

/* They wait at a desk, so nobody is on them. */
static void open_cases(struct searcher *searcher)
{
    for (uint32_t i = 0; i < searcher->searches; i++) {
        bench_driver_event(searcher->driver, BENCH_DESK, bench_driver_place(searcher->driver), 0);
    }
    bench_driver_flush(searcher->driver);
    must(core_counts_now(searcher->driver->core)->open_now == searcher->searches);
}

/* ---- rows ---- */

static double add_searches(struct bench *bench, const struct searcher *searcher, enum filter filter,
                           bool has_bar)
{
    struct bench_row row = {.group = "nearest",
                            .unit = "us p50",
                            .bar_kind = has_bar ? BENCH_AT_MOST : BENCH_NO_BAR,
                            .bar = 3};
    static double values[SEARCHES / GROUP];
    uint64_t considered = 0;
    uint32_t nobody = 0, groups = 0;
    for (uint32_t run = 0; run < bench_runs(bench); run++) {
        const int64_t until_ns = bench_now_ns() + RUN_NS_MAX;
        groups = 0;
        considered = nobody = 0;
        for (uint32_t slot = 0;
             slot + GROUP <= searcher->searches && (groups == 0 || bench_now_ns() < until_ns);
             slot += GROUP) {
            const int64_t from_ns = bench_now_ns();
            for (uint32_t k = 0; k < GROUP; k++) {
                const struct found found = search(searcher, slot + k, filter);
                considered += found.considered;
                nobody += found.person == NONE32;
            }
            values[groups++] = (double)(bench_now_ns() - from_ns) / GROUP / 1000;
        }
        bench_value(&row, bench_quantile(values, groups, 500));
    }
    (void)snprintf(row.name, sizeof row.name, "of %u workers, %s", searcher->workers,
                   FILTER_NAMES[filter]);
    (void)snprintf(row.note, sizeof row.note, "with its record; %.0f counted%s; %u searches a run",
                   (double)considered / (groups * GROUP), nobody > 0 ? ", NOBODY FOUND" : "",
                   groups * GROUP);
    bench_add(bench, &row);
    return bench_median(&row);
}

/* The nearest who could take it and nothing else: no record of whom else it could have been. */
static uint32_t find_alone(const struct searcher *searcher, uint32_t slot)
{
    struct near_list list; /* not cleared, as it is large */
    const struct choice_question question = {slot, searcher->assigns[FILTER_COMMON], KIND_HANDLE,
                                             false, false};
    list.held = NULL;
    list.limit = 1;
    (void)choice_near(searcher->driver->core, question, &list);
    must(list.count == 1);
    return list.lines[0].line.person - searcher->first;
}

/* The question that others are asked too, who keep no record either. It must name whom the search with one names. */
static void add_alone(struct bench *bench, const struct searcher *searcher, bool has_bar)
{
    struct bench_row row = {.group = "nearest",
                            .unit = "us p50",
                            .bar_kind = has_bar ? BENCH_AT_MOST : BENCH_NO_BAR,
                            .bar = 0.6};
    static double values[SEARCHES / GROUP];
    for (uint32_t slot = 0; slot < searcher->searches; slot++) {
        must(find_alone(searcher, slot) == search(searcher, slot, FILTER_COMMON).person);
    }
    uint64_t sum = 0;
    uint32_t groups = 0;
    for (uint32_t run = 0; run < bench_runs(bench); run++) {
        const int64_t until_ns = bench_now_ns() + RUN_NS_MAX;
        groups = 0;
        for (uint32_t slot = 0;
             slot + GROUP <= searcher->searches && (groups == 0 || bench_now_ns() < until_ns);
             slot += GROUP) {
            const int64_t from_ns = bench_now_ns();
            for (uint32_t k = 0; k < GROUP; k++) {
                sum += find_alone(searcher, slot + k);
            }
            values[groups++] = (double)(bench_now_ns() - from_ns) / GROUP / 1000;
        }
        bench_value(&row, bench_quantile(values, groups, 500));
    }
    bench_keep(sum);
    (void)snprintf(row.name, sizeof row.name, "of %u workers, common role, the nearest alone",
                   searcher->workers);
    (void)snprintf(row.note, sizeof row.note,
                   "no record, as peers answer; the same persons; %u searches a run",
                   groups * GROUP);
    bench_add(bench, &row);
}

static void add_moves(struct bench *bench, const struct searcher *searcher)
{
    struct bench_row row = {.group = "nearest", .unit = "ns"};
    struct bench_driver *driver = searcher->driver;
    const uint32_t moves = bench_scale(bench, 200000, 20000, 1024);
    for (uint32_t run = 0; run < bench_runs(bench); run++) {
        driver->now_ms += SECOND_MS;
        const int64_t from_ns = bench_now_ns();
        for (uint32_t i = 0; i < moves; i++) { /* far apart in memory, as real ones */
            const uint32_t worker = (uint32_t)random_below(&driver->random, searcher->workers);
            bench_driver_seen(driver, searcher->first + worker, bench_driver_place(driver),
                              STATUS_READY);
        }
        bench_driver_flush(driver);
        bench_value(&row, (double)(bench_now_ns() - from_ns) / moves);
    }
    (void)snprintf(row.name, sizeof row.name, "a fix moves one of %u workers", searcher->workers);
    (void)snprintf(row.note, sizeof row.note,
                   "the whole command, anywhere in the city; core of %.0f MB",
                   (double)core_size(&driver->options.limits) / 1e6);
    bench_add(bench, &row);
}

/* ---- over sockets ---- */

struct question {
    uint32_t slot, filter;
};

_Noreturn static void answer_questions(const struct searcher *searcher, int fd, pid_t parent)
{
    struct question question;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
        _exit(1);
    }
    while (read(fd, &question, sizeof question) == (ssize_t)sizeof question) {
        const struct found found = search(searcher, question.slot, (enum filter)question.filter);
        if (write(fd, &found, sizeof found) != (ssize_t)sizeof found) {
            break;
        }
    }
    _exit(0);
}

static bool ask(int fd, struct question question)
{
    struct found found;
    return write(fd, &question, sizeof question) == (ssize_t)sizeof question &&
           read(fd, &found, sizeof found) == (ssize_t)sizeof found;
}

/* One question, one answer, no other in flight. */
static double add_socket(struct bench *bench, const struct searcher *searcher, enum filter filter)
{
    struct bench_row row = {.group = "nearest", .unit = "us p50"};
    static double values[SEARCHES];
    int ends[2];
    (void)snprintf(row.name, sizeof row.name, "of %u workers, %s, over a socket", searcher->workers,
                   FILTER_NAMES[filter]);
    const pid_t parent = getpid();
    const pid_t pid = socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 ? fork() : -1;
    if (pid == 0) {
        (void)close(ends[0]);
        answer_questions(searcher, ends[1], parent);
    }
    bool is_well = pid > 0;
    if (is_well) {
        (void)close(ends[1]);
    }
    for (uint32_t run = 0; run <= bench_runs(bench) && is_well; run++) {
        const int64_t until_ns = bench_now_ns() + RUN_NS_MAX;
        uint32_t slot = 0;
        while (slot < searcher->searches && is_well && (slot == 0 || bench_now_ns() < until_ns)) {
            const int64_t from_ns = bench_now_ns();
            is_well = ask(ends[0], (struct question){slot, filter});
            values[slot++] = (double)(bench_now_ns() - from_ns) / 1000;
        }
        if (run > 0 && is_well) { /* the first warms */
            bench_value(&row, bench_quantile(values, slot, 500));
        }
    }
    if (pid > 0) {
        (void)close(ends[0]);
        (void)waitpid(pid, NULL, 0);
    }
    if (!is_well) {
        bench_absent(bench, &row, "the process with the core went away");
        return 0;
    }
    (void)snprintf(row.note, sizeof row.note,
                   "a core in a process of its own, bare frames, one question at a time");
    bench_add(bench, &row);
    return bench_median(&row);
}

static enum err write_work(const struct searcher *searcher, const char *directory)
{
    char path[320];
    const struct core *core = searcher->driver->core;
    (void)snprintf(path, sizeof path, "%s/workers.csv", directory);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return ERR_IO;
    }
    for (uint32_t i = 0; i < searcher->workers; i++) {
        struct worker_view view;
        const struct city_person *person = &searcher->driver->city.persons[searcher->first + i];
        must(core_find_worker(core, person->id_hash, &view));
        (void)fprintf(file, "%u,%d,%d,%llu,%llu,%d\n", i, view.fix.lon, view.fix.lat,
                      (unsigned long long)person->roles, (unsigned long long)person->skills,
                      view.status == STATUS_READY);
    }
    if (fclose(file) != 0) {
        return ERR_IO;
    }
    (void)snprintf(path, sizeof path, "%s/queries.csv", directory);
    file = fopen(path, "w");
    if (file == NULL) {
        return ERR_IO;
    }
    const struct policy_assign *assigns = searcher->driver->policy.assigns;
    for (uint32_t slot = 0; slot < searcher->searches; slot++) {
        struct case_view view;
        uint32_t next = slot;
        must(core_next_case(core, &next, &view));
        for (uint32_t filter = 0; filter < FILTER_COUNT; filter++) {
            const struct policy_assign *assign = &assigns[searcher->assigns[filter]];
            (void)fprintf(file, "%u,%d,%d,%llu,%llu,%u\n", filter, view.place.lon, view.place.lat,
                          (unsigned long long)assign->roles, (unsigned long long)assign->skills,
                          search(searcher, slot, (enum filter)filter).person);
        }
    }
    return fclose(file) == 0 ? ERR_OK : ERR_IO;
}

static enum err add_peers(struct bench *bench, const struct searcher *searcher,
                          const double ours[FILTER_COUNT])
{
    static const char *const PROGRAMS[][2] = {{"bench-redis", "Redis GEOSEARCH"},
                                              {"bench-postgres", "PostGIS KNN"}};
    struct scratch directory;
    enum err err = bench_peer_directory(&directory);
    if (err == ERR_OK) {
        err = write_work(searcher, directory.path);
    }
    for (size_t i = 0; i < COUNT_OF(PROGRAMS) && err == ERR_OK; i++) {
        struct bench_row rows[FILTER_COUNT];
        for (uint32_t k = 0; k < FILTER_COUNT; k++) {
            rows[k] = (struct bench_row){.group = "nearest", .unit = "us p50", .ours = ours[k]};
            (void)snprintf(rows[k].name, sizeof rows[k].name, "of %u workers, %s, %s",
                           searcher->workers, FILTER_NAMES[k], PROGRAMS[i][1]);
        }
        bench_peer_run(bench, PROGRAMS[i][0], "nearest", directory.path, rows, FILTER_COUNT);
    }
    scratch_remove(&directory);
    return err;
}

static enum err measure(struct bench *bench, const struct bench_city *city, uint32_t workers,
                        bool is_compared)
{
    struct bench_driver *driver = NULL;
    struct bench_driver_options options = {.city = city,
                                           .image = {.workers = workers},
                                           .limits = limits_default(),
                                           .seed = bench_seed(bench)};
    options.limits.cases = SEARCHES + 64;
    options.limits.orders = SEARCHES + 64;
    enum err err = bench_driver_new(&options, &driver);
    if (err != ERR_OK) {
        return err;
    }
    struct searcher searcher = {
        .driver = driver,
        .first = city->city.person_count,
        .workers = workers,
        .searches = bench_scale(bench, SEARCHES, SEARCHES / 4, 64),
        .assigns = {assign_of(driver, BENCH_CALL), assign_of(driver, BENCH_GAS)}};
    place_workers(&searcher);
    open_cases(&searcher);
    double ours[FILTER_COUNT];
    for (uint32_t filter = 0; filter < FILTER_COUNT; filter++) {
        (void)add_searches(bench, &searcher, (enum filter)filter,
                           is_compared && filter == FILTER_RARE);
        ours[filter] = is_compared ? add_socket(bench, &searcher, (enum filter)filter) : 0;
    }
    add_alone(bench, &searcher, is_compared);
    if (is_compared && bench_peers(bench) != NULL) {
        err = add_peers(bench, &searcher, ours);
    }
    add_moves(bench, &searcher);
    bench_driver_free(driver);
    return err;
}

enum err bench_nearest(struct bench *bench)
{
    static const uint32_t WORKERS[][3] = {
        {1000, 1000, 1000}, {10000, 10000, 1200}, {100000, 100000, 1400}, {1000000, 300000, 1600}};
    struct bench_city *city;
    enum err err = bench_city_new(bench_seed(bench), CITY_MEDIUM, &city);
    for (size_t i = 0; i < COUNT_OF(WORKERS) && err == ERR_OK; i++) {
        err = measure(bench, city, bench_scale(bench, WORKERS[i][0], WORKERS[i][1], WORKERS[i][2]),
                      i == 2);
    }
    bench_city_free(city);
    return err;
}
