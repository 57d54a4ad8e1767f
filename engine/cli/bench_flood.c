/* bench_flood.c: see bench_flood.h.
 *
 * Batches that are over the credit differ in their number only: the engine refuses them by their outside, and packing them
 * anew would take the time that sending needs. */
#include "engine/cli/bench_flood.h"

#include "proto/wire.h"
#include "sim/bench/bench.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EVENT_BATCH_KIND 3u /* field of Request */
#define BATCHES_MAX 8000u   /* of an obedient gateway, in all its stretches */
#define PAUSE_NS 200000     /* nothing to do */
#define BURST 8u            /* batches of an unruly gateway in one round */
#define FLOOD_NICE 19       /* a city's gateways are not on the engine's machine */

/* What the parent says: a stretch begins, or it is over. */
struct word {
    double events_per_s; /* 0 = within credit only */
    double seconds;      /* 0 = until the next word */
};

struct unruly {
    struct link link;
    uint64_t seq;
};

struct flooder {
    int words, told;
    struct bench_gateway obedient[BENCH_FLOOD_OBEDIENT];
    uint64_t made[BENCH_FLOOD_OBEDIENT];
    struct unruly unruly[BENCH_FLOOD_UNRULY];
    uint8_t *events; /* of a batch, packed, without its number */
    size_t events_size;
    struct bench_flood_told stretch;
};

/* ---- in the child ---- */

static double cpu_seconds(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at); /* nanomsg's threads too */
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void count_answer(struct flooder *flooder, const Gridloop__Wire__Answer *answer)
{
    if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT) {
        flooder->stretch.rejects[answer->reject->code % COUNT_OF(flooder->stretch.rejects)]++;
    } else if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK) {
        flooder->stretch.answered += answer->batch_ack->n_results;
    }
}

static bool obey(struct flooder *flooder, uint32_t number)
{
    struct bench_gateway *gateway = &flooder->obedient[number];
    struct codec_answer answer;
    bool has_moved = false;
    while (link_receive(&gateway->link, &answer)) {
        count_answer(flooder, answer.answer);
        must(bench_gateway_hear(gateway, answer.answer));
        has_moved = true;
    }
    while (bench_gateway_has_room(gateway) && gateway->made < BATCHES_MAX) {
        must(bench_gateway_pack(gateway, ++flooder->made[number] * BENCH_BATCH_EVENTS,
                                BENCH_BATCH_EVENTS) == ERR_OK);
        has_moved = true;
    }
    const uint32_t before = gateway->sent;
    must(bench_gateway_send(gateway) == ERR_OK);
    flooder->stretch.offered +=
        gateway->sent > before ? (uint64_t)(gateway->sent - before) * BENCH_BATCH_EVENTS : 0;
    return has_moved;
}

/* One batch more; false: the socket is full. */
static bool send_one(struct flooder *flooder, struct unruly *unruly)
{
    uint64_t request_id;
    uint8_t *start = link_inner(&unruly->link), *at = start;
    *at++ = 1 << 3; /* epoch */
    *at++ = 1;
    *at++ = 2 << 3; /* seq */
    at = wire_put_varint(at, unruly->seq + 1);
    memcpy(at, flooder->events, flooder->events_size);
    const size_t size = (size_t)(at - start) + flooder->events_size;
    if (link_send(&unruly->link, EVENT_BATCH_KIND, size, &request_id) != ERR_OK) {
        flooder->stretch.full++;
        return false;
    }
    unruly->seq++;
    flooder->stretch.offered += BENCH_BATCH_EVENTS;
    return true;
}

static bool disobey(struct flooder *flooder, uint64_t due)
{
    bool has_moved = false;
    for (uint32_t i = 0; i < BENCH_FLOOD_UNRULY; i++) {
        struct unruly *unruly = &flooder->unruly[i];
        struct codec_answer answer;
        while (link_receive(&unruly->link, &answer)) {
            count_answer(flooder, answer.answer);
        }
        for (uint32_t j = 0; j < BURST && flooder->stretch.offered < due; j++) {
            if (!send_one(flooder, unruly)) {
                break;
            }
            has_moved = true;
        }
    }
    return has_moved;
}

static bool has_word(const struct flooder *flooder)
{
    struct pollfd waiting = {flooder->words, POLLIN, 0};
    return poll(&waiting, 1, 0) > 0;
}

static void play(struct flooder *flooder, const struct word *word)
{
    flooder->stretch = (struct bench_flood_told){0};
    const double cpu_from = cpu_seconds();
    const int64_t from_ns = bench_now_ns();
    for (;;) {
        const double seconds = (double)(bench_now_ns() - from_ns) / 1e9;
        if (word->seconds > 0 ? seconds >= word->seconds : has_word(flooder)) {
            flooder->stretch.seconds = seconds;
            break;
        }
        bool has_moved = false;
        for (uint32_t i = 0; i < BENCH_FLOOD_OBEDIENT; i++) {
            has_moved = obey(flooder, i) || has_moved;
        }
        const double due = word->events_per_s * seconds;
        if (!disobey(flooder, (uint64_t)due) && !has_moved) {
            const struct timespec pause = {0, PAUSE_NS};
            (void)nanosleep(&pause, NULL);
        }
    }
    flooder->stretch.cpu_seconds = cpu_seconds() - cpu_from;
}

/* The events of a packed batch: what stands behind its epoch and number. */
static void take_events(struct flooder *flooder)
{
    struct bench_gateway *gateway = &flooder->obedient[0];
    must(bench_gateway_pack(gateway, 0, BENCH_BATCH_EVENTS) == ERR_OK);
    const uint8_t *bytes = gateway->batches[0].bytes;
    must(bytes[0] == 1 << 3 && bytes[1] == 1 && bytes[2] == 2 << 3 && bytes[3] < 0x80);
    flooder->events_size = gateway->batches[0].size - 4;
    flooder->events = malloc(flooder->events_size);
    must(flooder->events != NULL);
    memcpy(flooder->events, bytes + 4, flooder->events_size);
}

_Noreturn static void run(struct flooder *flooder, const char *url)
{
    struct word word;
    (void)!nice(FLOOD_NICE); /* before nanomsg makes threads, which inherit it */
    for (uint32_t i = 0; i < BENCH_FLOOD_OBEDIENT; i++) {
        must(bench_gateway_open(&flooder->obedient[i], url, i) == ERR_OK);
        must(bench_gateway_prepare(&flooder->obedient[i], BATCHES_MAX) == ERR_OK);
    }
    take_events(flooder);
    for (uint32_t i = 0; i < BENCH_FLOOD_UNRULY; i++) {
        struct bench_gateway gateway;
        must(bench_gateway_open(&gateway, url, BENCH_FLOOD_OBEDIENT + i) == ERR_OK);
        flooder->unruly[i].link = gateway.link;
    }
    while (read(flooder->words, &word, sizeof word) == (ssize_t)sizeof word) {
        if (word.seconds == 0 && word.events_per_s == 0) {
            continue; /* the stretch is over already */
        }
        play(flooder, &word);
        if (write(flooder->told, &flooder->stretch, sizeof flooder->stretch) < 0) {
            break;
        }
    }
    _exit(0);
}

/* ---- in the parent ---- */

enum err bench_flood_start(struct bench_flood *flood, const char *url)
{
    int words[2], told[2];
    const pid_t parent = getpid();
    *flood = (struct bench_flood){.pid = -1, .words = -1, .told = -1};
    if (pipe(words) != 0) {
        return ERR_IO;
    }
    if (pipe(told) != 0) {
        (void)close(words[0]);
        (void)close(words[1]);
        return ERR_IO;
    }
    flood->pid = fork();
    if (flood->pid == 0) {
        static struct flooder flooder;
        (void)close(words[1]);
        (void)close(told[0]);
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
            _exit(1);
        }
        flooder.words = words[0];
        flooder.told = told[1];
        run(&flooder, url);
    }
    (void)close(words[0]);
    (void)close(told[1]);
    flood->words = words[1];
    flood->told = told[0];
    return flood->pid < 0 ? ERR_MEMORY : ERR_OK;
}

void bench_flood_stop(struct bench_flood *flood)
{
    if (flood->pid > 0) {
        (void)kill(flood->pid, SIGKILL);
        while (waitpid(flood->pid, NULL, 0) < 0 && errno == EINTR) {
            /* again */
        }
        (void)close(flood->words);
        (void)close(flood->told);
    }
    *flood = (struct bench_flood){.pid = -1, .words = -1, .told = -1};
}

static enum err say(const struct bench_flood *flood, struct word word)
{
    return write(flood->words, &word, sizeof word) == (ssize_t)sizeof word ? ERR_OK
                                                                           : ERR_UNAVAILABLE;
}

static enum err hear(const struct bench_flood *flood, struct bench_flood_told *out_told)
{
    /* Smaller than a pipe writes in one piece. */
    _Static_assert(sizeof *out_told <= 4096, "read whole");
    return read(flood->told, out_told, sizeof *out_told) == (ssize_t)sizeof *out_told
               ? ERR_OK
               : ERR_UNAVAILABLE;
}

enum err bench_flood_calm(struct bench_flood *flood, uint32_t seconds,
                          const struct bench_flood_meanwhile *meanwhile,
                          struct bench_flood_told *out_told)
{
    struct pollfd told = {flood->told, POLLIN, 0};
    enum err err = say(flood, (struct word){0, seconds});
    while (err == ERR_OK && poll(&told, 1, 0) == 0) {
        err = meanwhile->wait(meanwhile->context);
    }
    return err == ERR_OK ? hear(flood, out_told) : err;
}

enum err bench_flood_begin(struct bench_flood *flood, double events_per_s)
{
    return say(flood, (struct word){events_per_s, 0});
}

enum err bench_flood_end(struct bench_flood *flood, struct bench_flood_told *out_told)
{
    const enum err err = say(flood, (struct word){0, 0});
    return err == ERR_OK ? hear(flood, out_told) : err;
}
