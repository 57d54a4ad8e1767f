/* bench_engine.c: see bench_engine.h.
 *
 * Events are full garbage bins seen by cameras in the morning of a working day: the rule takes them, the first of a camera opens or
 * merges, the rest within its window are repeats. A rule of the bench beside those of the city opens a case for every
 * "call". */
#include "engine/cli/bench_engine.h"

#include "engine/core/code.h"
#include "sim/bench/bench.h"
#include "sim/city_file.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define READY_MS 120000
#define CITY_GATEWAYS 2u /* of cameras, in a city of medium size */
#define CALL_RULE                                                                                  \
    "ruleset: 1\n"                                                                                 \
    "events:\n"                                                                                    \
    "  camera.bench_call: {title: t, lane: report}\n"                                              \
    "rules:\n"                                                                                     \
    "- id: bench.call\n"                                                                           \
    "  title: t\n"                                                                                 \
    "  owner: dept.sanitation\n"                                                                   \
    "  event: camera.bench_call\n"                                                                 \
    "  open: {class: \"E.01.02\", severity: 3, title: t}\n"                                        \
    "  assign: {role: [grid_worker, city_officer, community_worker], search: [city], pick: "       \
    "nearest}\n"
#define EVENT_BATCH_KIND 3u /* field of Request */

enum err bench_engine_start(struct bench_engine *engine, int64_t *out_ns)
{
    char line[512];
    const char *words[20] = {"serve",
                             "--city",
                             engine->city->path,
                             "--data",
                             engine->data,
                             "--listen",
                             engine->url,
                             "--clock",
                             "scaled:1@2026-03-03T08:20:00+08:00",
                             "--http",
                             engine->http,
                             "--auth",
                             engine->has_keys ? "keys" : "none"};
    uint32_t count = 13;
    if (engine->snapshots != NULL) {
        words[count++] = "--snapshots";
        words[count++] = engine->snapshots;
    }
    if (engine->urgent_url[0] != '\0') {
        words[count++] = "--listen";
        words[count++] = engine->urgent_url;
    }
    const int64_t from_ns = bench_now_ns();
    const enum err err =
        demo_child_start_and_read(&engine->child, engine->log, words, READY_MS, line, sizeof line);
    *out_ns = bench_now_ns() - from_ns;
    return err;
}

static enum err write_call_rule(const struct bench_city *city)
{
    struct city_file file;
    char directory[340];
    (void)snprintf(directory, sizeof directory, "%s/rules", city->path);
    const enum err err = city_file_open(&file, directory, "bench.yaml");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "%s", CALL_RULE);
    return city_file_close(&file);
}

/* Those that the city has not. */
static enum err write_gateways(const struct bench_city *city, uint32_t count)
{
    char path[340];
    (void)snprintf(path, sizeof path, "%s/gateways.csv", city->path);
    FILE *file = fopen(path, "a");
    for (uint32_t i = CITY_GATEWAYS; file != NULL && i < count; i++) {
        (void)fprintf(file, "camera-gateway-%u,g%u,camera,true,camera.,wgs84\n", i + 1, i + 1);
    }
    return file == NULL || fclose(file) != 0 ? ERR_IO : ERR_OK;
}

/* A port that nobody has now. */
static enum err find_port(uint16_t *out_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool is_found = fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 &&
                          getsockname(fd, (struct sockaddr *)&address, &size) == 0;
    *out_port = ntohs(address.sin_port);
    if (fd >= 0) {
        (void)close(fd);
    }
    return is_found ? ERR_OK : ERR_IO;
}

/* A token for the first administrator of the city. */
static enum err make_token(struct bench_engine *engine)
{
    struct accounts *accounts = NULL;
    struct accounts_fault fault;
    char id[ACCOUNTS_ID_SIZE] = "";
    const struct city *city = &engine->city->city;
    for (uint32_t i = 0; i < city->person_count && id[0] == '\0'; i++) {
        if ((city->persons[i].rights & RIGHT_ADMINISTRATOR) != 0) {
            (void)snprintf(id, sizeof id, "%.*s", (int)city->persons[i].id.size,
                           city_text(city, city->persons[i].id));
        }
    }
    enum err err = mkdir(engine->data, 0700) == 0 ? ERR_OK : ERR_IO;
    err = err != ERR_OK ? err : accounts_open(engine->data, &accounts, &fault);
    err = err != ERR_OK ? err : accounts_add_token(accounts, id, "bench", 0, engine->token, &fault);
    accounts_close(accounts);
    return err;
}

enum err bench_engine_open(uint64_t seed, const struct bench_engine_options *options,
                           struct bench_engine *out_engine)
{
    int64_t start_ns;
    *out_engine = (struct bench_engine){.snapshots = options->snapshots, .http = "none"};
    enum err err = bench_city_new(seed, CITY_MEDIUM, &out_engine->city);
    if (err != ERR_OK) {
        return err;
    }
    const char *directory = out_engine->city->directory.path;
    (void)snprintf(out_engine->url, sizeof out_engine->url, "ipc://%s/engine.ipc", directory);
    if (options->has_urgent) {
        (void)snprintf(out_engine->urgent_url, sizeof out_engine->urgent_url, "ipc://%s/urgent.ipc",
                       directory);
    }
    (void)snprintf(out_engine->data, sizeof out_engine->data, "%s/data", directory);
    (void)snprintf(out_engine->log, sizeof out_engine->log, "%s/engine.log", directory);
    err = write_call_rule(out_engine->city);
    err = err == ERR_OK ? write_gateways(out_engine->city, options->gateways) : err;
    if (err == ERR_OK && options->has_http) {
        err = find_port(&out_engine->port);
        (void)snprintf(out_engine->http, sizeof out_engine->http, "127.0.0.1:%u", out_engine->port);
        err = err != ERR_OK ? err : make_token(out_engine);
    }
    if (err == ERR_OK) {
        err = bench_engine_start(out_engine, &start_ns);
    }
    if (err != ERR_OK) {
        bench_engine_close(out_engine);
    }
    return err;
}

void bench_engine_close(struct bench_engine *engine)
{
    (void)demo_child_stop(&engine->child, SIGKILL);
    bench_city_free(engine->city);
    engine->city = NULL;
}

enum err bench_gateway_open(struct bench_gateway *gateway, const char *url, uint32_t number)
{
    char identity[32];
    *gateway = (struct bench_gateway){.number = number, .epoch = 1};
    (void)snprintf(identity, sizeof identity, "camera-gateway-%u", number + 1);
    return link_open(&gateway->link, url, identity, CODEC_FRAME_SIZE_MAX / 2);
}

static void drop_batches(struct bench_gateway *gateway)
{
    for (uint32_t i = 0; i < gateway->made; i++) {
        free(gateway->batches[i].bytes);
    }
    free(gateway->batches);
    gateway->batches = NULL;
    gateway->made = gateway->sent = gateway->acked = 0;
}

void bench_gateway_close(struct bench_gateway *gateway)
{
    drop_batches(gateway);
    link_close(&gateway->link);
}

/* Texts of one event; protobuf-c's structs take char *. */
struct event_text {
    char id[32];
    char device[16];
    Gridloop__Wire__Field fields[2];
    Gridloop__Wire__Field *field_list[2];
    Gridloop__Wire__Event event;
};

static void fill_event(struct event_text *text, const struct bench_gateway *gateway,
                       uint64_t number)
{
    static char TYPE[] = "camera.garbage_overflow";
    static char CALL[] = "camera.bench_call";
    static char NAMES[2][12] = {"confidence", "fill"};
    static const Gridloop__Wire__Event event = GRIDLOOP__WIRE__EVENT__INIT;
    static const Gridloop__Wire__Field field = GRIDLOOP__WIRE__FIELD__INIT;
    (void)snprintf(text->id, sizeof text->id, "%u-%llu", gateway->number,
                   (unsigned long long)number);
    (void)snprintf(text->device, sizeof text->device, "C-%03u",
                   (unsigned)(1 + (number * 2 + gateway->number) % 1200));
    text->event = event;
    text->event.id = text->id;
    text->event.type = gateway->calls_every > 0 && number % gateway->calls_every == 0 ? CALL : TYPE;
    text->event.device = text->device;
    text->event.n_fields = 2;
    text->event.fields = text->field_list;
    for (uint32_t i = 0; i < 2; i++) {
        text->fields[i] = field;
        text->fields[i].name = NAMES[i];
        text->fields[i].value_case = GRIDLOOP__WIRE__FIELD__VALUE_MICRO;
        text->fields[i].micro = 950000;
        text->field_list[i] = &text->fields[i];
    }
}

static enum err make_batch(struct bench_gateway *gateway, struct event_text *texts,
                           uint64_t first_event, uint32_t events)
{
    const uint32_t index = gateway->made;
    Gridloop__Wire__Event *list[BENCH_BATCH_EVENTS];
    Gridloop__Wire__EventBatch batch = GRIDLOOP__WIRE__EVENT_BATCH__INIT;
    batch.has_epoch = batch.has_seq = 1;
    batch.epoch = gateway->epoch;
    batch.seq = ++gateway->seq;
    batch.n_events = events;
    batch.events = list;
    for (uint32_t i = 0; i < events; i++) {
        fill_event(&texts[i], gateway, first_event + i);
        list[i] = &texts[i].event;
    }
    gateway->batches[index].size = gridloop__wire__event_batch__get_packed_size(&batch);
    gateway->batches[index].bytes = malloc(gateway->batches[index].size);
    if (gateway->batches[index].bytes == NULL) {
        return ERR_MEMORY;
    }
    (void)gridloop__wire__event_batch__pack(&batch, gateway->batches[index].bytes);
    gateway->made_in_all = ++gateway->made;
    return ERR_OK;
}

enum err bench_gateway_make(struct bench_gateway *gateway, const struct city *city, uint32_t count,
                            uint32_t events)
{
    must(events >= 1 && events <= BENCH_BATCH_EVENTS && city->device_count > 0);
    drop_batches(gateway);
    gateway->batches = calloc(count, sizeof gateway->batches[0]);
    struct event_text *texts = calloc(events, sizeof *texts);
    enum err err = gateway->batches == NULL || texts == NULL ? ERR_MEMORY : ERR_OK;
    for (uint32_t i = 0; i < count && err == ERR_OK; i++) {
        err = make_batch(gateway, texts, (gateway->seq + 1) * events, events);
    }
    free(texts);
    return err;
}

enum err bench_gateway_write(uint32_t gateways, uint32_t batches, const char *directory)
{
    enum err err = ERR_OK;
    for (uint32_t g = 0; g < gateways && err == ERR_OK; g++) {
        char path[320];
        const struct bench_gateway gateway = {.number = g};
        (void)snprintf(path, sizeof path, "%s/events-%u.tsv", directory, g);
        FILE *file = fopen(path, "w");
        for (uint32_t i = 0; file != NULL && i < batches * BENCH_BATCH_EVENTS; i++) {
            struct event_text text;
            fill_event(&text, &gateway, BENCH_BATCH_EVENTS + i);
            (void)fprintf(file, "%s\t%s\t%s\t0.95\t0.95\n", text.event.id, text.event.type,
                          text.event.device);
        }
        err = file == NULL || fclose(file) != 0 ? ERR_IO : ERR_OK;
    }
    return err;
}

enum err bench_gateway_prepare(struct bench_gateway *gateway, uint32_t count)
{
    drop_batches(gateway);
    gateway->made_in_all = 0;
    gateway->batches = calloc(count, sizeof gateway->batches[0]);
    return gateway->batches == NULL ? ERR_MEMORY : ERR_OK;
}

enum err bench_gateway_pack(struct bench_gateway *gateway, uint64_t first_event, uint32_t events)
{
    static struct event_text texts[BENCH_BATCH_EVENTS];
    must(events >= 1 && events <= BENCH_BATCH_EVENTS);
    return make_batch(gateway, texts, first_event, events);
}

bool bench_gateway_has_room(const struct bench_gateway *gateway)
{
    return gateway->made - gateway->acked < BENCH_WINDOW;
}

bool bench_gateway_hear(struct bench_gateway *gateway, const Gridloop__Wire__Answer *answer)
{
    if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT) {
        const uint32_t code = answer->reject->code;
        if (code != CODE_OVERLOADED && code != CODE_RATE && code != CODE_SEQ_GAP &&
            code != CODE_NO_CITY) {
            (void)fprintf(stderr, "bench: the engine refuses a batch with code %u\n", code);
            return false;
        }
        gateway->held++;
        gateway->sent = gateway->acked; /* those behind it leave a gap */
        gateway->again_at_ns = bench_now_ns() + (int64_t)answer->reject->retry_after_ms * 1000000;
        return true;
    }
    if (answer->kind_case != GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK) {
        return false;
    }
    const Gridloop__Wire__BatchAck *ack = answer->batch_ack;
    if (ack->seq != gateway->seq - gateway->made_in_all + gateway->acked + 1) {
        return true; /* of a batch sent twice */
    }
    for (size_t i = 0; i < ack->n_results; i++) {
        gateway->results[ack->results[i]->code % COUNT_OF(gateway->results)]++;
    }
    gateway->acked++;
    gateway->sent = gateway->sent < gateway->acked ? gateway->acked : gateway->sent;
    return true;
}

enum err bench_gateway_send(struct bench_gateway *gateway)
{
    uint64_t request_id;
    if (bench_now_ns() < gateway->again_at_ns) {
        return ERR_OK;
    }
    while (gateway->sent < gateway->made && gateway->sent - gateway->acked < BENCH_WINDOW) {
        const size_t size = gateway->batches[gateway->sent].size;
        memcpy(link_inner(&gateway->link), gateway->batches[gateway->sent].bytes, size);
        const enum err err = link_send(&gateway->link, EVENT_BATCH_KIND, size, &request_id);
        if (err == ERR_UNAVAILABLE) {
            return ERR_OK; /* the socket is full for now */
        }
        if (err != ERR_OK) {
            return err;
        }
        gateway->sent++;
    }
    return ERR_OK;
}
