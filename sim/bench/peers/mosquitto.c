/* mosquitto.c: Mosquitto on the bench's work: a QoS 1 message an event, for a subscriber that is away.
 *
 * Two connections, up to 6,000 messages each unanswered. Somebody with a session that outlives the connection has subscribed and
 * gone, so the broker must keep what comes. It answers before it writes: persistence is its whole state, written every second here
 * (autosave_interval 1), so up to a second of what it has acknowledged is lost with the power. No other setting is nearer
 * to the promise of the others. */
#include "sim/bench/peers/peer.h"

#include <mosquitto.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHARE 10u

struct broker {
    char socket[300];
    const char *directory;
};

struct sender {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t waiting;
};

static void on_published(struct mosquitto *client, void *context, int number)
{
    struct sender *sender = context;
    (void)client;
    (void)number;
    (void)pthread_mutex_lock(&sender->mutex);
    sender->waiting--;
    (void)pthread_cond_signal(&sender->changed);
    (void)pthread_mutex_unlock(&sender->mutex);
}

static void connect_to(struct mosquitto *client, const struct broker *broker)
{
    for (uint32_t i = 0; i < 500; i++) {
        if (mosquitto_connect(client, broker->socket, 0, 60) == MOSQ_ERR_SUCCESS) {
            return;
        }
        (void)usleep(20000);
    }
    peer_fail("mosquitto", "no connection");
}

static void send_events(void *context, uint32_t gateway, const struct peer_events *events)
{
    const struct broker *broker = context;
    struct sender sender = {.waiting = 0};
    char name[16];
    (void)pthread_mutex_init(&sender.mutex, NULL);
    (void)pthread_cond_init(&sender.changed, NULL);
    (void)snprintf(name, sizeof name, "g%u", gateway);
    struct mosquitto *client = mosquitto_new(name, true, &sender);
    if (client == NULL) {
        peer_fail("mosquitto", "no memory");
    }
    mosquitto_publish_callback_set(client, on_published);
    (void)mosquitto_max_inflight_messages_set(client, PEER_BATCH * PEER_WINDOW);
    connect_to(client, broker);
    if (mosquitto_loop_start(client) != MOSQ_ERR_SUCCESS) {
        peer_fail("mosquitto", "no thread");
    }
    for (uint32_t i = 0; i < events->batches * PEER_BATCH; i++) {
        char text[160];
        const struct peer_event *row = &events->rows[i];
        const int size = snprintf(text, sizeof text, "%s %s %s %s %s", row->id, row->type,
                                  row->device, row->confidence, row->fill);
        (void)pthread_mutex_lock(&sender.mutex);
        while (sender.waiting >= PEER_BATCH * PEER_WINDOW) {
            (void)pthread_cond_wait(&sender.changed, &sender.mutex);
        }
        sender.waiting++;
        (void)pthread_mutex_unlock(&sender.mutex);
        if (mosquitto_publish(client, NULL, "events", size, text, 1, false) != MOSQ_ERR_SUCCESS) {
            peer_fail("mosquitto", "a message was refused");
        }
    }
    (void)pthread_mutex_lock(&sender.mutex);
    while (sender.waiting > 0) {
        (void)pthread_cond_wait(&sender.changed, &sender.mutex);
    }
    (void)pthread_mutex_unlock(&sender.mutex);
    (void)mosquitto_disconnect(client);
    (void)mosquitto_loop_stop(client, false);
    mosquitto_destroy(client);
}

/* A session of its own that subscribes and goes away; one that was there before starts empty. */
static void subscribe(void *context)
{
    const struct broker *broker = context;
    for (uint32_t i = 0; i < 2; i++) {
        const bool is_clean = i == 0;
        struct mosquitto *client = mosquitto_new("keeper", is_clean, NULL);
        if (client == NULL) {
            peer_fail("mosquitto", "no memory");
        }
        connect_to(client, broker);
        if (!is_clean) {
            (void)mosquitto_subscribe(client, NULL, "events", 1);
        }
        for (uint32_t k = 0; k < 20; k++) {
            (void)mosquitto_loop(client, 10, 1);
        }
        (void)mosquitto_disconnect(client);
        for (uint32_t k = 0; k < 5; k++) {
            (void)mosquitto_loop(client, 10, 1);
        }
        mosquitto_destroy(client);
    }
}

int main(int argc, char **argv)
{
    char config[320];
    static const char *const PATHS[] = {"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", NULL};
    if (argc != 4 || strcmp(argv[1], "ingest") != 0) {
        (void)fprintf(stderr, "usage: bench-mosquitto ingest DIRECTORY RUNS\n");
        return 64;
    }
    struct broker broker = {.directory = argv[2]};
    (void)snprintf(broker.socket, sizeof broker.socket, "%s/mosquitto.sock", argv[2]);
    (void)snprintf(config, sizeof config, "%s/mosquitto.conf", argv[2]);
    FILE *file = fopen(config, "w");
    if (file == NULL) {
        peer_fail(config, "cannot be written");
    }
    (void)fprintf(file,
                  "listener 0 %s\nallow_anonymous true\npersistence true\n"
                  "persistence_location %s/\nautosave_interval 1\nmax_queued_messages 0\n"
                  "max_inflight_messages 0\nmemory_limit 0\n%s",
                  broker.socket, argv[2], geteuid() == 0 ? "user root\n" : "");
    (void)fclose(file);
    const char *const words[] = {"mosquitto", "-c", config, NULL};
    peer_start(argv[2], PATHS, words, NULL);
    (void)mosquitto_lib_init();
    peer_ingest(argv[2], (uint32_t)strtoul(argv[3], NULL, 10), SHARE, send_events, &broker,
                subscribe,
                "answered BEFORE it is on disk, state saved each second; kept for one subscriber");
    (void)mosquitto_lib_cleanup();
    return 0;
}
