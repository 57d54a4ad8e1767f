/* door_mqtt.c: see door_mqtt.h.
 *
 * libmosquitto queues the PUBACK of a message before it hands the message over. So it is told that its writing is done elsewhere
 * (mosquitto_threaded_set), and nothing is written while events are put and not yet synced:
 *
 *   readable -> loop_read -> on_message: put, dirty -> turn: sync -> on_safe: loop_write, the PUBACK leaves
 *
 * Where an event cannot be kept the connection is begun anew without writing: the broker, whose session of us is not clean, sends
 * again what was not acknowledged. The id of an event makes that count once. */
#include "engine/cli/door_mqtt.h"

#include "engine/cli/door_loop.h"
#include "engine/core/base.h"

#include <errno.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define KEEPALIVE_S 30
#define MISC_MS 500u
#define RETRY_MS_MAX 30000u
#define PAYLOAD_MAX 65536
#define QOS 1
#define TEXT_SIZE 256u

struct door_mqtt {
    struct door_loop loop;
    const struct door_mqtt_options *options;
    struct mosquitto *client;
    uv_poll_t *poll; /* of the connection that is; NULL: none */
    uv_timer_t timer;
    uint64_t retry_at_ms, retry_ms;
    bool is_held; /* an event could not be kept: begin anew */
    char host[TEXT_SIZE], client_id[TEXT_SIZE], will_topic[TEXT_SIZE];
    int port;
    uint64_t messages;
};

/* ---- the connection ---- */

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void close_poll(struct door_mqtt *door)
{
    if (door->poll != NULL) {
        uv_close((uv_handle_t *)door->poll, on_poll_closed);
        door->poll = NULL;
    }
}

static void lose(struct door_mqtt *door, const char *why)
{
    close_poll(door);
    door->retry_ms = door->retry_ms * 2 < RETRY_MS_MAX ? door->retry_ms * 2 : RETRY_MS_MAX;
    door->retry_at_ms = uv_now(&door->loop.uv) + door->retry_ms;
    (void)fprintf(stderr, "gridloop door mqtt: broker %s:%d: %s; again in %llu ms\n", door->host,
                  door->port, why, (unsigned long long)door->retry_ms);
}

static void on_socket(uv_poll_t *poll, int status, int events);

/* Watches for what libmosquitto wants; never for writing while something is not yet safe. */
static void watch(struct door_mqtt *door)
{
    const bool may_write = !door->loop.is_dirty && mosquitto_want_write(door->client);
    if (door->poll != NULL) {
        (void)uv_poll_start(door->poll, UV_READABLE | (may_write ? UV_WRITABLE : 0), on_socket);
    }
}

static void check(struct door_mqtt *door, int status)
{
    if (status != MOSQ_ERR_SUCCESS) {
        lose(door, mosquitto_strerror(status));
    } else if (door->is_held) {
        lose(door, "the outbox is full; what was not kept is asked for again");
    } else {
        watch(door);
    }
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct door_mqtt *door = poll->data;
    int result = status == 0 ? MOSQ_ERR_SUCCESS : MOSQ_ERR_CONN_LOST;
    if (result == MOSQ_ERR_SUCCESS && (events & UV_READABLE) != 0) {
        result = mosquitto_loop_read(door->client, 1);
    }
    if (result == MOSQ_ERR_SUCCESS && (events & UV_WRITABLE) != 0 && !door->loop.is_dirty) {
        result = mosquitto_loop_write(door->client, 1);
    }
    check(door, result);
}

static void on_safe(void *context)
{
    struct door_mqtt *door = context;
    if (door->poll != NULL && mosquitto_want_write(door->client)) {
        check(door, mosquitto_loop_write(door->client, 1));
    }
}

static void open_poll(struct door_mqtt *door)
{
    const int fd = mosquitto_socket(door->client);
    door->poll = fd >= 0 ? calloc(1, sizeof *door->poll) : NULL;
    if (door->poll == NULL || uv_poll_init(&door->loop.uv, door->poll, fd) != 0) {
        free(door->poll);
        door->poll = NULL;
        lose(door, "no socket");
        return;
    }
    door->poll->data = door;
    watch(door);
}

/* Blocks while the system connects: a broker that is far and silent holds the door up for that long. */
static void connect_now(struct door_mqtt *door)
{
    const bool is_first = door->retry_at_ms == 0;
    door->is_held = false;
    const int status = is_first
                           ? mosquitto_connect(door->client, door->host, door->port, KEEPALIVE_S)
                           : mosquitto_reconnect(door->client);
    if (status != MOSQ_ERR_SUCCESS) {
        lose(door, status == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(status));
        return;
    }
    open_poll(door);
}

static void on_timer(uv_timer_t *timer)
{
    struct door_mqtt *door = timer->data;
    if (door->poll == NULL) {
        if (uv_now(&door->loop.uv) >= door->retry_at_ms) {
            connect_now(door);
        }
        return;
    }
    check(door, mosquitto_loop_misc(door->client));
}

/* ---- messages ---- */

static void on_connect(struct mosquitto *client, void *context, int code)
{
    static const char ONLINE[] = "online";
    struct door_mqtt *door = context;
    const struct door_rules *rules = door_map_rules(door->loop.way.map);
    if (code != 0) {
        (void)fprintf(stderr, "gridloop door mqtt: broker %s:%d refuses: %s\n", door->host,
                      door->port, mosquitto_connack_string(code));
        return;
    }
    door->retry_ms = MISC_MS;
    if (door->options->topic != NULL) {
        (void)mosquitto_subscribe(client, NULL, door->options->topic, QOS);
    }
    for (uint32_t i = 0; door->options->topic == NULL && i < rules->topic_count; i++) {
        (void)mosquitto_subscribe(client, NULL, rules->topics[i], QOS);
    }
    (void)mosquitto_publish(client, NULL, door->will_topic, sizeof ONLINE - 1, ONLINE, QOS, true);
}

static void on_subscribe(struct mosquitto *client, void *context, int mid, int count,
                         const int *granted)
{
    struct door_mqtt *door = context;
    (void)client;
    (void)mid;
    for (int i = 0; i < count; i++) {
        (void)fprintf(stderr, "gridloop door mqtt: %s at %s:%d as %s, outbox %s\n",
                      granted[i] <= 2 ? "subscribed" : "REFUSED a topic", door->host, door->port,
                      door->client_id, door->loop.way.outbox);
    }
}

static json_t *levels_of(const char *topic)
{
    json_t *levels = json_array();
    for (const char *at = topic;; at++) {
        const size_t size = strcspn(at, "/");
        (void)json_array_append_new(levels, json_stringn(at, size));
        at += size;
        if (*at == '\0') {
            return levels;
        }
    }
}

/* JSON, or the text as it is. NULL: neither. */
static json_t *payload_of(const struct mosquitto_message *message)
{
    const size_t size = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    json_t *payload = size == 0 ? NULL
                                : json_loadb(message->payload, size,
                                             JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    return payload != NULL ? payload : json_stringn(size > 0 ? message->payload : "", size);
}

static void on_message(struct mosquitto *client, void *context,
                       const struct mosquitto_message *message)
{
    struct door_mqtt *door = context;
    json_t *payload = message->payloadlen <= PAYLOAD_MAX ? payload_of(message) : NULL;
    (void)client;
    door->messages++;
    if (payload == NULL) {
        (void)fprintf(stderr,
                      "gridloop door mqtt: %s: %d bytes: UTF-8 of at most %d bytes expected; left "
                      "out\n",
                      message->topic, message->payloadlen, PAYLOAD_MAX);
        door->loop.way.bad++;
        return;
    }
    json_t *record = json_pack("{s:s, s:o, s:o, s:b, s:i}", "topic", message->topic, "level",
                               levels_of(message->topic), "payload", payload, "retain",
                               (int)message->retain, "qos", message->qos);
    if (record == NULL || !door_loop_take(&door->loop, message->topic, record)) {
        door->is_held = true;
    }
    json_decref(record);
}

/* ---- running ---- */

static bool set_password(struct door_mqtt *door)
{
    char password[TEXT_SIZE] = "";
    const char *path = door->options->password_file;
    if (door->options->user == NULL) {
        return true;
    }
    if (path != NULL) {
        FILE *file = fopen(path, "r");
        const bool is_read = file != NULL && fgets(password, sizeof password, file) != NULL;
        if (file != NULL) {
            (void)fclose(file);
        }
        if (!is_read) {
            (void)fprintf(stderr, "gridloop door mqtt: %s: cannot be read (exit %d)\n", path,
                          EX_NOINPUT);
            door_way_note_exit(&door->loop.way, EX_NOINPUT);
            return false;
        }
        password[strcspn(password, "\r\n")] = '\0';
    }
    return mosquitto_username_pw_set(door->client, door->options->user,
                                     path != NULL ? password : NULL) == MOSQ_ERR_SUCCESS;
}

static bool make_client(struct door_mqtt *door)
{
    static const char OFFLINE[] = "offline";
    const char *source = door_map_rules(door->loop.way.map)->source;
    const char *identity = door->options->way.identity != NULL ? door->options->way.identity
                           : source != NULL                    ? source
                                                               : "door";
    if (door->options->client != NULL) {
        (void)snprintf(door->client_id, sizeof door->client_id, "%s", door->options->client);
    } else {
        (void)snprintf(door->client_id, sizeof door->client_id, "gridloop-%.128s", identity);
    }
    (void)snprintf(door->will_topic, sizeof door->will_topic, "gridloop/door/%.128s",
                   door->client_id);
    door->client = mosquitto_new(door->client_id, false, door);
    if (door->client == NULL || !set_password(door)) {
        return false;
    }
    int status = mosquitto_threaded_set(door->client, true); /* see the top */
    status = status != MOSQ_ERR_SUCCESS
                 ? status
                 : mosquitto_will_set(door->client, door->will_topic, sizeof OFFLINE - 1, OFFLINE,
                                      QOS, true);
    if (status == MOSQ_ERR_SUCCESS && door->options->ca_file != NULL) {
        status = mosquitto_tls_set(door->client, door->options->ca_file, NULL, NULL, NULL, NULL);
    }
    if (status != MOSQ_ERR_SUCCESS) {
        (void)fprintf(stderr, "gridloop door mqtt: %s (exit %d)\n", mosquitto_strerror(status),
                      EX_CONFIG);
        door_way_note_exit(&door->loop.way, EX_CONFIG);
        return false;
    }
    mosquitto_connect_callback_set(door->client, on_connect);
    mosquitto_subscribe_callback_set(door->client, on_subscribe);
    mosquitto_message_callback_set(door->client, on_message);
    return true;
}

static bool parse_broker(struct door_mqtt *door)
{
    const char *text = door->options->broker, *colon = strrchr(text, ':');
    char *end = NULL;
    const size_t size = colon != NULL ? (size_t)(colon - text) : strlen(text);
    const long port = colon != NULL ? strtol(colon + 1, &end, 10) : 1883;
    if (size == 0 || size >= sizeof door->host || port <= 0 || port > 65535 ||
        (colon != NULL && *end != '\0')) {
        (void)fprintf(stderr,
                      "gridloop door mqtt: --broker: HOST:PORT expected, not \"%s\" (exit %d)\n",
                      text, EX_USAGE);
        door_way_note_exit(&door->loop.way, EX_USAGE);
        return false;
    }
    (void)snprintf(door->host, sizeof door->host, "%.*s", (int)size, text);
    door->port = (int)port;
    return true;
}

static bool has_topics(struct door_mqtt *door)
{
    if (door->options->topic != NULL || door_map_rules(door->loop.way.map)->topic_count > 0) {
        return true;
    }
    (void)fprintf(stderr,
                  "gridloop door mqtt: no topics: give `topics` in the map, or --topic (exit %d)\n",
                  EX_USAGE);
    door_way_note_exit(&door->loop.way, EX_USAGE);
    return false;
}

static void on_stop(void *context)
{
    struct door_mqtt *door = context;
    if (!uv_is_closing((uv_handle_t *)&door->timer)) {
        uv_close((uv_handle_t *)&door->timer, NULL);
    }
    if (door->poll != NULL && !door->loop.is_failed) {
        static const char OFFLINE[] = "offline";
        (void)mosquitto_publish(door->client, NULL, door->will_topic, sizeof OFFLINE - 1, OFFLINE,
                                0, true);
        (void)mosquitto_disconnect(door->client);
        for (int i = 0; i < 8 && mosquitto_want_write(door->client); i++) {
            if (mosquitto_loop_write(door->client, 1) != MOSQ_ERR_SUCCESS) {
                break;
            }
        }
    }
    close_poll(door);
}

int door_mqtt_run(const struct door_mqtt_options *options)
{
    struct door_mqtt *door = calloc(1, sizeof *door);
    if (door == NULL || mosquitto_lib_init() != MOSQ_ERR_SUCCESS) {
        free(door);
        return EX_OSERR;
    }
    door->options = options;
    door->retry_ms = MISC_MS;
    door->loop.on_safe = on_safe;
    door->loop.on_stop = on_stop;
    door->loop.context = door;
    if (door_loop_init(&door->loop, &options->way)) {
        must(uv_timer_init(&door->loop.uv, &door->timer) == 0);
        door->timer.data = door;
        if (parse_broker(door) && has_topics(door) && make_client(door)) {
            must(uv_timer_start(&door->timer, on_timer, 0, MISC_MS) == 0);
            door_loop_run(&door->loop);
        }
        door_loop_stop(&door->loop);
    }
    const int code = door_loop_fini(&door->loop);
    if (door->client != NULL) {
        mosquitto_destroy(door->client);
    }
    (void)mosquitto_lib_cleanup();
    free(door);
    return code;
}
