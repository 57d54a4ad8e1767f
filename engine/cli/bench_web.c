/* bench_web.c: see bench_web.h.
 *
 * Consoles: the events of the latency rows (5,000 a second, 200 of which open a case each, for 1,500 workers) once without
 * and once with 1,000 WebSockets that get a delta ten times a second. Cost is all processor time of the engine's web thread
 * as the kernel counts it, so the consoles' own process is not in it; the receiving half of the loopback device is.
 *
 * Lists: two gateways with six batches of 1,000 in flight each, while one client asks for the newest 100 open cases again
 * and again over one connection. */
#include "engine/cli/bench_web.h"

#include "engine/cli/bench_consoles.h"
#include "engine/cli/bench_latency.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONSOLES 1000u
#define GATEWAYS 2u
#define OPEN_BATCHES 10u /* of calls, before the lists */
#define REQUESTS_MAX 4000u
#define ANSWER_SIZE (1u << 20)
#define SILENCE_NS INT64_C(30000000000)

/* ---- processor time of a thread of the engine ---- */

static bool is_named(const char *path, const char *name)
{
    char line[32] = "";
    FILE *file = fopen(path, "r");
    const bool is_read = file != NULL && fgets(line, sizeof line, file) != NULL;
    if (file != NULL) {
        (void)fclose(file);
    }
    line[strcspn(line, "\n")] = '\0';
    return is_read && strcmp(line, name) == 0;
}

static int64_t read_cpu_ns(const char *path)
{
    long long ns = 0;
    FILE *file = fopen(path, "r");
    const bool is_read = file != NULL && fscanf(file, "%lld", &ns) == 1;
    if (file != NULL) {
        (void)fclose(file);
    }
    return is_read ? ns : 0;
}

/* Of the process's thread of that name, in user and kernel. */
static int64_t thread_cpu_ns(pid_t pid, const char *name)
{
    char path[320];
    int64_t ns = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    for (const struct dirent *entry; tasks != NULL && (entry = readdir(tasks)) != NULL;) {
        (void)snprintf(path, sizeof path, "/proc/%d/task/%.20s/comm", (int)pid, entry->d_name);
        if (entry->d_name[0] != '.' && is_named(path, name)) {
            (void)snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", (int)pid,
                           entry->d_name);
            ns = read_cpu_ns(path);
        }
    }
    if (tasks != NULL) {
        (void)closedir(tasks);
    }
    return ns;
}

/* ---- consoles ---- */

struct watched {
    uint32_t count; /* consoles; 0 = none */
    struct bench_consoles consoles;
    int64_t from_ns, cpu_from_ns;
    uint64_t messages_from, bytes_from;
    /* of the run */
    double core_percent, messages_per_s, bytes_a_message;
    uint32_t lost;
};

static enum err begin_watch(void *context, const struct bench_engine *engine)
{
    struct watched *watched = context;
    if (watched->count > 0) {
        const enum err err =
            bench_consoles_open(engine->port, engine->token, watched->count, &watched->consoles);
        if (err != ERR_OK) {
            (void)fprintf(stderr, "bench: %u consoles do not get through to port %u\n",
                          watched->count, engine->port);
            return err;
        }
        watched->messages_from = watched->consoles.counts->messages;
        watched->bytes_from = watched->consoles.counts->bytes;
    }
    watched->from_ns = bench_now_ns();
    watched->cpu_from_ns = thread_cpu_ns(engine->child.pid, "gridloop-web");
    return ERR_OK;
}

static void end_watch(void *context, const struct bench_engine *engine)
{
    struct watched *watched = context;
    const int64_t cpu_ns = thread_cpu_ns(engine->child.pid, "gridloop-web") - watched->cpu_from_ns;
    const double wall_ns = (double)(bench_now_ns() - watched->from_ns);
    const struct bench_consoles_counts *counts = watched->consoles.counts;
    watched->core_percent = 100 * (double)cpu_ns / wall_ns;
    if (counts != NULL) {
        const double messages = (double)(counts->messages - watched->messages_from);
        watched->messages_per_s = messages / watched->count * 1e9 / wall_ns;
        watched->bytes_a_message = (double)(counts->bytes - watched->bytes_from) / messages;
        watched->lost = counts->lost;
    }
    bench_consoles_close(&watched->consoles);
}

static enum err run_watched(struct bench *bench, struct watched *watched, double out_ms[3],
                            uint32_t *out_count)
{
    const struct bench_latency_beside beside = {begin_watch, end_watch, watched};
    return bench_latency_beside(bench, &beside, out_ms, out_count);
}

static enum err measure_consoles(struct bench *bench)
{
    const uint32_t consoles = bench_scale(bench, CONSOLES, CONSOLES, 20);
    struct bench_row without = {
        .group = "web", .name = "event to task p99, no console", .unit = "ms"};
    struct bench_row with = {.group = "web", .unit = "ms"};
    struct bench_row cost = {
        .group = "web", .unit = "percent of a core", .bar_kind = BENCH_AT_MOST, .bar = 30};
    uint32_t offers = 0;
    struct watched last = {0};
    (void)snprintf(with.name, sizeof with.name, "event to task p99, %u consoles", consoles);
    (void)snprintf(cost.name, sizeof cost.name, "%u consoles, a delta ten times a second",
                   consoles);
    for (uint32_t run = 0; run < bench_runs(bench); run++) {
        struct watched none = {0}, all = {.count = consoles};
        double quiet_ms[3] = {0}, ms[3] = {0};
        enum err err = run_watched(bench, &none, quiet_ms, &offers);
        err = err != ERR_OK ? err : run_watched(bench, &all, ms, &offers);
        if (err != ERR_OK) {
            return err;
        }
        bench_value(&without, quiet_ms[1]);
        bench_value(&with, ms[1]);
        bench_value(&cost, all.core_percent);
        (void)snprintf(without.note, sizeof without.note,
                       "p50 %.2f ms; the web thread itself took %.1f percent", quiet_ms[0],
                       none.core_percent);
        (void)snprintf(with.note, sizeof with.note, "p50 %.2f ms, %u offers a run", ms[0], offers);
        last = all;
    }
    (void)snprintf(cost.note, sizeof cost.note,
                   "%.1f messages a second each, of %.1f KB; %u connections lost",
                   last.messages_per_s, last.bytes_a_message / 1e3, last.lost);
    bench_add(bench, &cost);
    bench_add(bench, &without);
    bench_add(bench, &with);
    return ERR_OK;
}

/* ---- lists beside full ingest ---- */

struct asker {
    int fd;
    char head[256];
    char *answer;
    size_t size;     /* of the answer so far */
    size_t expected; /* 0: the head is not there yet */
    int64_t from_ns;
    double ms[REQUESTS_MAX];
    uint32_t count;
    size_t answer_size; /* of the last one */
};

static enum err ask(struct asker *asker)
{
    asker->size = asker->expected = 0;
    asker->from_ns = bench_now_ns();
    const ssize_t sent = send(asker->fd, asker->head, strlen(asker->head), MSG_NOSIGNAL);
    return sent == (ssize_t)strlen(asker->head) ? ERR_OK : ERR_IO;
}

/* What is there of the answer; when it is whole, the next question. */
static enum err hear(struct asker *asker)
{
    for (;;) {
        const ssize_t got = recv(asker->fd, asker->answer + asker->size,
                                 ANSWER_SIZE - 1 - asker->size, MSG_DONTWAIT);
        if (got <= 0) {
            return got < 0 ? ERR_OK : ERR_IO;
        }
        asker->size += (size_t)got;
        asker->answer[asker->size] = '\0';
        const char *body = strstr(asker->answer, "\r\n\r\n");
        const char *length = strstr(asker->answer, "Content-Length: ");
        if (asker->expected == 0 && body != NULL) {
            if (strncmp(asker->answer, "HTTP/1.1 200", 12) != 0 || length == NULL) {
                (void)fprintf(stderr, "bench: a list was refused: %.60s\n", asker->answer);
                return ERR_REFUSED;
            }
            asker->expected = (size_t)(body - asker->answer) + 4 + strtoul(length + 16, NULL, 10);
        }
        if (asker->expected > 0 && asker->size >= asker->expected) {
            asker->answer_size = asker->expected;
            if (asker->count < REQUESTS_MAX) {
                asker->ms[asker->count++] = (double)(bench_now_ns() - asker->from_ns) / 1e6;
            }
            return ask(asker);
        }
    }
}

static enum err pump(struct bench_gateway *gateways, struct asker *asker)
{
    struct codec_answer answer;
    int64_t heard_ns = bench_now_ns();
    for (uint32_t left = 1; left > 0;) {
        struct pollfd ready[GATEWAYS + 1] = {{asker != NULL ? asker->fd : -1, POLLIN, 0}};
        enum err err = asker != NULL ? hear(asker) : ERR_OK;
        left = 0;
        for (uint32_t g = 0; g < GATEWAYS && err == ERR_OK; g++) {
            while (link_receive(&gateways[g].link, &answer)) {
                heard_ns = bench_now_ns();
                if (!bench_gateway_hear(&gateways[g], answer.answer)) {
                    return ERR_REFUSED;
                }
            }
            err = bench_gateway_send(&gateways[g]);
            left += gateways[g].made - gateways[g].acked;
            ready[g + 1] = (struct pollfd){link_fd(&gateways[g].link), POLLIN, 0};
        }
        if (err != ERR_OK || bench_now_ns() - heard_ns > SILENCE_NS) {
            return err != ERR_OK ? err : ERR_UNAVAILABLE;
        }
        (void)poll(ready, GATEWAYS + 1, left > 0 ? 10 : 0);
    }
    return ERR_OK;
}

static enum err open_asker(const struct bench_engine *engine, struct asker *asker)
{
    *asker = (struct asker){.answer = malloc(ANSWER_SIZE)};
    (void)snprintf(asker->head, sizeof asker->head,
                   "GET /api/v1/cases?limit=100 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                   "Authorization: Bearer %s\r\n\r\n",
                   engine->token);
    asker->fd = bench_consoles_connect(engine->port, asker->head);
    asker->from_ns = bench_now_ns();
    return asker->answer == NULL ? ERR_MEMORY : asker->fd < 0 ? ERR_UNAVAILABLE : ERR_OK;
}

static enum err ingest(struct bench *bench, const struct bench_engine *engine,
                       struct bench_gateway *gateways, struct asker *asker)
{
    enum err err = ERR_OK;
    const uint32_t batches = bench_scale(bench, 200, 100, 2);
    const uint32_t calls = bench_scale(bench, OPEN_BATCHES, OPEN_BATCHES, 1);
    for (uint32_t g = 0; g < GATEWAYS && err == ERR_OK; g++) {
        gateways[g].calls_every = 2;
        err = bench_gateway_make(&gateways[g], &engine->city->city, calls, BENCH_BATCH_EVENTS);
    }
    err = err != ERR_OK ? err : pump(gateways, NULL);
    (void)usleep(1000000); /* the view has them all */
    for (uint32_t g = 0; g < GATEWAYS && err == ERR_OK; g++) {
        gateways[g].calls_every = 0;
        err = bench_gateway_make(&gateways[g], &engine->city->city, batches, BENCH_BATCH_EVENTS);
    }
    err = err != ERR_OK ? err : open_asker(engine, asker);
    return err != ERR_OK ? err : pump(gateways, asker);
}

static enum err measure_list(struct bench *bench, struct bench_row *row)
{
    static struct asker asker;
    struct bench_engine engine;
    struct bench_gateway gateways[GATEWAYS];
    const struct bench_engine_options options = {.has_http = true};
    uint32_t opened = 0;
    asker.fd = -1;
    enum err err = bench_engine_open(bench_seed(bench), &options, &engine);
    if (err != ERR_OK) {
        return err;
    }
    for (; opened < GATEWAYS && err == ERR_OK; opened++) {
        err = bench_gateway_open(&gateways[opened], engine.url, opened);
    }
    const int64_t from_ns = bench_now_ns();
    err = err != ERR_OK ? err : ingest(bench, &engine, gateways, &asker);
    if (err == ERR_OK && asker.count > 0) {
        bench_value(row, bench_quantile(asker.ms, asker.count, 990));
        (void)snprintf(row->note, sizeof row->note,
                       "p50 %.2f ms, %u answers of %zu KB a run of %.1f s",
                       bench_quantile(asker.ms, asker.count, 500), asker.count,
                       asker.answer_size / 1000, (double)(bench_now_ns() - from_ns) / 1e9);
    }
    for (uint32_t g = 0; g < opened; g++) {
        bench_gateway_close(&gateways[g]);
    }
    if (asker.fd >= 0) {
        (void)close(asker.fd);
    }
    free(asker.answer);
    asker.answer = NULL;
    bench_engine_close(&engine);
    return err;
}

enum err bench_web(struct bench *bench)
{
    struct bench_row row = {.group = "web",
                            .name = "a list of 100 of 10,000 cases beside full ingest, p99",
                            .unit = "ms",
                            .bar_kind = BENCH_AT_MOST,
                            .bar = 10};
    enum err err = measure_consoles(bench);
    for (uint32_t run = 0; run < bench_runs(bench) && err == ERR_OK; run++) {
        err = measure_list(bench, &row);
    }
    if (err == ERR_OK && row.count > 0) {
        bench_add(bench, &row);
    } else if (err == ERR_OK) {
        bench_skip(bench, "web", "no list came");
    }
    return err;
}
