/* peer.c: see peer.h. */
#include "sim/bench/peers/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUN_NS_MAX INT64_C(2000000000) /* a run of slow questions ends then */

static pid_t server; /* 0 = none */

_Noreturn void peer_fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, why);
    (void)printf("absent failed: %s: %.80s\n", what, why);
    exit(1);
}

_Noreturn void peer_absent(const char *why)
{
    (void)printf("absent %s\n", why);
    exit(0);
}

int64_t peer_now_ns(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static int value_compare(const void *left, const void *right)
{
    const double *a = left;
    const double *b = right;
    return *a < *b ? -1 : *a > *b;
}

double peer_median(double *values, uint32_t count)
{
    qsort(values, count, sizeof values[0], value_compare);
    return values[(count - 1) / 2];
}

/* ---- a server ---- */

static const char *find_program(const char *const *paths)
{
    for (uint32_t i = 0; paths[i] != NULL; i++) {
        if (access(paths[i], X_OK) == 0) {
            return paths[i];
        }
    }
    return NULL;
}

static void become_user(const char *user)
{
    const struct passwd *row = user == NULL || geteuid() != 0 ? NULL : getpwnam(user);
    if (row != NULL && (setgid(row->pw_gid) != 0 || setuid(row->pw_uid) != 0)) {
        _exit(126);
    }
}

/* The tie to this program comes last: changing the user undoes it. */
static pid_t start(const char *directory, const char *path, const char *const *argv,
                   const char *user)
{
    char log[320];
    char *words[32] = {NULL};
    const pid_t parent = getpid();
    (void)snprintf(log, sizeof log, "%s/server.log", directory);
    for (uint32_t i = 0; argv[i] != NULL && i < 31; i++) {
        words[i] = strdup(argv[i]);
    }
    const int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const pid_t pid = fork();
    if (pid == 0) {
        (void)setpgid(0, 0);
        (void)dup2(null, STDIN_FILENO);
        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(out, STDERR_FILENO);
        become_user(user);
        if (chdir(directory) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
            _exit(126);
        }
        (void)execv(path, words);
        _exit(127);
    }
    (void)close(out);
    (void)close(null);
    if (pid < 0) {
        peer_fail(path, strerror(errno));
    }
    return pid;
}

static void on_end(int number)
{
    (void)number;
    if (server > 0) {
        (void)kill(server, SIGKILL);
    }
    _exit(1);
}

void peer_start(const char *directory, const char *const *paths, const char *const *argv,
                const char *user)
{
    const char *path = find_program(paths);
    if (path == NULL) {
        peer_absent("not installed (make deps-bench)");
    }
    (void)signal(SIGTERM, on_end);
    (void)signal(SIGALRM, on_end);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)alarm(240);
    server = start(directory, path, argv, user);
    (void)atexit(peer_stop);
}

bool peer_run(const char *directory, const char *const *paths, const char *const *argv,
              const char *user)
{
    int status = 1;
    const char *path = find_program(paths);
    if (path == NULL) {
        peer_absent("not installed (make deps-bench)");
    }
    const pid_t pid = start(directory, path, argv, user);
    return waitpid(pid, &status, 0) == pid && status == 0;
}

/* Politely, then not. */
void peer_stop(void)
{
    for (uint32_t i = 0; i < 500 && server > 0; i++) {
        if (i == 0 || i == 400) {
            (void)kill(server, i == 0 ? SIGINT : SIGKILL);
        }
        if (waitpid(server, NULL, WNOHANG) == server) {
            server = 0;
            return;
        }
        (void)usleep(10000);
    }
}

void peer_give(const char *path, const char *user)
{
    const struct passwd *row = geteuid() != 0 ? NULL : getpwnam(user);
    if (row != NULL && chown(path, row->pw_uid, row->pw_gid) != 0) {
        peer_fail(path, strerror(errno));
    }
}

/* ---- work ---- */

static FILE *open_work(const char *directory, const char *name)
{
    char path[320];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        peer_fail(path, strerror(errno));
    }
    return file;
}

/* Room for one more row. */
static void *grow(void *rows, uint32_t count, size_t size)
{
    if ((count & (count - 1)) != 0) {
        return rows;
    }
    rows = realloc(rows, (count == 0 ? 1 : 2 * (size_t)count) * size);
    if (rows == NULL) {
        peer_fail("work", "no memory");
    }
    return rows;
}

void peer_read_events(const char *directory, uint32_t gateway, struct peer_events *out_events)
{
    char name[32];
    char line[256];
    *out_events = (struct peer_events){NULL, 0, 0};
    (void)snprintf(name, sizeof name, "events-%u.tsv", gateway);
    FILE *file = open_work(directory, name);
    while (fgets(line, sizeof line, file) != NULL) {
        struct peer_event row;
        if (sscanf(line, "%31s %31s %15s %7s %7s", row.id, row.type, row.device, row.confidence,
                   row.fill) != 5) {
            peer_fail(name, "a line of another form");
        }
        out_events->rows = grow(out_events->rows, out_events->count, sizeof row);
        out_events->rows[out_events->count++] = row;
    }
    out_events->batches = out_events->count / PEER_BATCH;
    (void)fclose(file);
}

struct sender {
    peer_send_fn *send;
    void *context;
    uint32_t gateway;
    struct peer_events events;
};

static void *run_sender(void *context)
{
    struct sender *sender = context;
    sender->send(sender->context, sender->gateway, &sender->events);
    return NULL;
}

void peer_ingest(const char *directory, uint32_t runs, uint32_t share, peer_send_fn *send,
                 void *context, void (*between)(void *context), const char *note)
{
    struct sender senders[PEER_GATEWAYS];
    uint64_t count = 0;
    for (uint32_t g = 0; g < PEER_GATEWAYS; g++) {
        senders[g] = (struct sender){.send = send, .context = context, .gateway = g};
        peer_read_events(directory, g, &senders[g].events);
        senders[g].events.batches = (senders[g].events.batches + share - 1) / share;
        count += senders[g].events.batches * PEER_BATCH;
    }
    (void)printf("row\n");
    for (uint32_t run = 0; run <= runs; run++) {
        pthread_t threads[PEER_GATEWAYS];
        if (between != NULL) {
            between(context);
        }
        const int64_t from_ns = peer_now_ns();
        for (uint32_t g = 0; g < PEER_GATEWAYS; g++) {
            if (pthread_create(&threads[g], NULL, run_sender, &senders[g]) != 0) {
                peer_fail("a thread", strerror(errno));
            }
        }
        for (uint32_t g = 0; g < PEER_GATEWAYS; g++) {
            (void)pthread_join(threads[g], NULL);
        }
        if (run > 0) {
            (void)printf("value %.1f\n", (double)count * 1e9 / (double)(peer_now_ns() - from_ns));
        }
    }
    (void)printf("note %s; %u events a run\n", note, (unsigned)count);
    for (uint32_t g = 0; g < PEER_GATEWAYS; g++) {
        free(senders[g].events.rows);
    }
}

void peer_read_work(const char *directory, struct peer_work *out_work)
{
    char line[256];
    struct peer_work *work = out_work;
    *work = (struct peer_work){NULL, 0, NULL, 0};
    FILE *file = open_work(directory, "workers.csv");
    while (fgets(line, sizeof line, file) != NULL) {
        struct peer_worker row;
        uint32_t number;
        int is_ready;
        if (sscanf(line, "%" SCNu32 ",%" SCNd32 ",%" SCNd32 ",%" SCNu64 ",%" SCNu64 ",%d", &number,
                   &row.lon, &row.lat, &row.roles, &row.skills, &is_ready) != 6) {
            peer_fail("workers.csv", "a line of another form");
        }
        row.is_ready = is_ready != 0;
        work->workers = grow(work->workers, work->worker_count, sizeof row);
        work->workers[work->worker_count++] = row;
    }
    (void)fclose(file);
    file = open_work(directory, "queries.csv");
    while (fgets(line, sizeof line, file) != NULL) {
        struct peer_query row;
        if (sscanf(line, "%" SCNu32 ",%" SCNd32 ",%" SCNd32 ",%" SCNu64 ",%" SCNu64 ",%" SCNu32,
                   &row.filter, &row.lon, &row.lat, &row.roles, &row.skills, &row.expected) != 6) {
            peer_fail("queries.csv", "a line of another form");
        }
        work->queries = grow(work->queries, work->query_count, sizeof row);
        work->queries[work->query_count++] = row;
    }
    (void)fclose(file);
}

void peer_nearest(const struct peer_work *work, uint32_t runs,
                  uint32_t (*ask)(void *context, const struct peer_query *query), void *context,
                  const char *note)
{
    double *values = calloc(work->query_count, sizeof values[0]);
    if (values == NULL) {
        peer_fail("queries", "no memory");
    }
    for (uint32_t filter = 0; filter < PEER_FILTERS; filter++) {
        uint32_t count = 0, same = 0;
        (void)printf("row\n");
        for (uint32_t run = 0; run <= runs; run++) {
            const int64_t until_ns = peer_now_ns() + RUN_NS_MAX;
            count = same = 0;
            for (uint32_t i = 0; i < work->query_count && peer_now_ns() < until_ns; i++) {
                if (work->queries[i].filter == filter) {
                    const int64_t from_ns = peer_now_ns();
                    same += ask(context, &work->queries[i]) == work->queries[i].expected;
                    values[count++] = (double)(peer_now_ns() - from_ns) / 1000;
                }
            }
            if (run > 0 && count > 0) { /* the first warms */
                (void)printf("value %.3f\n", peer_median(values, count));
            }
        }
        (void)printf("note %s; %.1f %% the same person\n", note,
                     100.0 * same / (count == 0 ? 1 : count));
    }
    free(values);
}
