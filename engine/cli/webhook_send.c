/* webhook_send.c: see webhook_send.h. */
#include "engine/cli/webhook_send.h"

#include "engine/cli/cli.h"
#include "engine/core/base.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 10000L
#define ANSWER_BYTES_MAX 65536u
#define RETRY_MS_MAX (HOUR_MS)

struct flight {
    CURL *easy; /* NULL: free */
    struct curl_slist *headers;
    struct webhook_delivery delivery;
    const struct webhook *hook;
    size_t answer_size;
    char error[CURL_ERROR_SIZE];
};

struct webhook_sender {
    struct webhook_queue *queue;
    const struct webhook_config *config;
    CURLM *multi;
    struct flight flights[WEBHOOK_FLIGHTS_MAX];
    uint32_t flight_count;
    bool is_quiet;
};

void webhook_sign(const char *secret, int64_t at_s, const char *body, size_t body_size,
                  char out[WEBHOOK_SIGNATURE_SIZE])
{
    crypto_auth_hmacsha256_state state;
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    char hex[sizeof mac * 2 + 1], stamp[32];
    const int size = snprintf(stamp, sizeof stamp, "%lld.", (long long)at_s);
    (void)crypto_auth_hmacsha256_init(&state, (const uint8_t *)secret, strlen(secret));
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)stamp, (unsigned long long)size);
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)body, body_size);
    (void)crypto_auth_hmacsha256_final(&state, mac);
    (void)sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    (void)snprintf(out, WEBHOOK_SIGNATURE_SIZE, "t=%lld,v1=%s", (long long)at_s, hex);
}

struct webhook_sender *webhook_sender_new(struct webhook_queue *queue,
                                          const struct webhook_config *config, bool is_quiet)
{
    struct webhook_sender *sender = calloc(1, sizeof *sender);
    if (sender == NULL || sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(sender);
        return NULL;
    }
    sender->queue = queue;
    sender->config = config;
    sender->is_quiet = is_quiet;
    sender->multi = curl_multi_init();
    must(sender->multi != NULL);
    return sender;
}

static void land(struct webhook_sender *sender, struct flight *flight)
{
    (void)curl_multi_remove_handle(sender->multi, flight->easy);
    curl_easy_cleanup(flight->easy);
    curl_slist_free_all(flight->headers);
    free(flight->delivery.body);
    *flight = (struct flight){.easy = NULL};
    sender->flight_count--;
}

void webhook_sender_free(struct webhook_sender *sender)
{
    if (sender == NULL) {
        return;
    }
    for (uint32_t i = 0; i < WEBHOOK_FLIGHTS_MAX; i++) {
        if (sender->flights[i].easy != NULL) {
            land(sender, &sender->flights[i]); /* waiting again at the next start */
        }
    }
    (void)curl_multi_cleanup(sender->multi);
    curl_global_cleanup();
    free(sender);
}

/* ---- one delivery ---- */

static size_t on_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct flight *flight = context;
    (void)bytes;
    flight->answer_size += size * count;
    return flight->answer_size > ANSWER_BYTES_MAX ? 0 : size * count;
}

static bool add_header(struct flight *flight, const char *name, const char *value)
{
    char line[256];
    (void)snprintf(line, sizeof line, "%s: %.200s", name, value);
    struct curl_slist *longer = curl_slist_append(flight->headers, line);
    flight->headers = longer != NULL ? longer : flight->headers;
    return longer != NULL;
}

static bool prepare(struct flight *flight, int64_t now_ms)
{
    char signature[WEBHOOK_SIGNATURE_SIZE], attempt[16];
    const struct webhook_delivery *delivery = &flight->delivery;
    webhook_sign(flight->hook->secret, now_ms / 1000, delivery->body, delivery->body_size,
                 signature);
    (void)snprintf(attempt, sizeof attempt, "%u", delivery->attempts + 1);
    bool is_good = add_header(flight, "Content-Type", "application/cloudevents+json") &&
                   add_header(flight, "Gridloop-Delivery", delivery->id) &&
                   add_header(flight, "Gridloop-Attempt", attempt) &&
                   add_header(flight, "Gridloop-Signature", signature) &&
                   add_header(flight, "Expect", "");
    CURLcode set = curl_easy_setopt(flight->easy, CURLOPT_URL, flight->hook->url);
    set |= curl_easy_setopt(flight->easy, CURLOPT_HTTPHEADER, flight->headers);
    set |= curl_easy_setopt(flight->easy, CURLOPT_POSTFIELDS, delivery->body);
    set |= curl_easy_setopt(flight->easy, CURLOPT_POSTFIELDSIZE, (long)delivery->body_size);
    set |= curl_easy_setopt(flight->easy, CURLOPT_TIMEOUT_MS, ANSWER_MS);
    set |= curl_easy_setopt(flight->easy, CURLOPT_NOSIGNAL, 1L);
    set |= curl_easy_setopt(flight->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set |= curl_easy_setopt(flight->easy, CURLOPT_USERAGENT, "gridloop/" GRIDLOOP_VERSION);
    set |= curl_easy_setopt(flight->easy, CURLOPT_ERRORBUFFER, flight->error);
    set |= curl_easy_setopt(flight->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    set |= curl_easy_setopt(flight->easy, CURLOPT_WRITEDATA, flight);
    set |= curl_easy_setopt(flight->easy, CURLOPT_PRIVATE, flight);
    return is_good && set == CURLE_OK;
}

static enum err note(struct webhook_sender *sender, const struct webhook_delivery *delivery,
                     const struct webhook_outcome *outcome, struct history_fault *fault)
{
    static const char *const WORDS[] = {"again later", "", "delivered", "dead"};
    if (!sender->is_quiet || outcome->state == WEBHOOK_DEAD) {
        (void)fprintf(stderr, "gridloop webhook: %s attempt %u: %s%s%ld %s\n", delivery->id,
                      delivery->attempts + 1, WORDS[outcome->state],
                      outcome->status != 0 ? ", " : " ", outcome->status, outcome->error);
    }
    return webhook_queue_done(sender->queue, delivery->id, outcome, fault);
}

static void start(struct webhook_sender *sender, struct flight *flight,
                  const struct webhook_delivery *delivery, int64_t now_ms, enum err *err,
                  struct history_fault *fault)
{
    const struct webhook *hook = webhook_config_find(sender->config, delivery->hook);
    if (hook == NULL) {
        const struct webhook_outcome gone = {.state = WEBHOOK_DEAD,
                                             .now_ms = now_ms,
                                             .error = "no hook of that id in the configuration"};
        *err = note(sender, delivery, &gone, fault);
        free(delivery->body);
        return;
    }
    *flight = (struct flight){.easy = curl_easy_init(), .delivery = *delivery, .hook = hook};
    must(flight->easy != NULL);
    sender->flight_count++;
    if (!prepare(flight, now_ms) ||
        curl_multi_add_handle(sender->multi, flight->easy) != CURLM_OK) {
        const struct webhook_outcome failed = {.state = WEBHOOK_WAITING,
                                               .now_ms = now_ms,
                                               .next_at_ms = now_ms + MINUTE_MS,
                                               .error = "the request cannot be made"};
        *err = note(sender, &flight->delivery, &failed, fault);
        land(sender, flight);
    }
}

/* ---- answers ---- */

static int64_t backoff_ms(const struct webhook *hook, uint32_t attempts)
{
    int64_t wait_ms = (int64_t)hook->retry_s * SECOND_MS;
    for (uint32_t i = 0; i < attempts && wait_ms < RETRY_MS_MAX; i++) {
        wait_ms *= 2;
    }
    return wait_ms < RETRY_MS_MAX ? wait_ms : RETRY_MS_MAX;
}

static enum err finish(struct webhook_sender *sender, struct flight *flight, CURLcode result,
                       int64_t now_ms, struct history_fault *fault)
{
    struct webhook_outcome outcome = {.now_ms = now_ms, .error = ""};
    char error[CURL_ERROR_SIZE];
    (void)curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &outcome.status);
    const bool is_taken = outcome.status >= 200 && outcome.status < 300;
    const bool is_last = flight->delivery.attempts + 1 >= flight->hook->attempts_max;
    if (result != CURLE_OK) {
        (void)snprintf(error, sizeof error, "%s",
                       flight->error[0] != '\0' ? flight->error : curl_easy_strerror(result));
        outcome.error = error;
    }
    if (is_taken) {
        outcome.state = WEBHOOK_DELIVERED;
    } else if (is_last || outcome.status == 410) {
        outcome.state = WEBHOOK_DEAD;
    } else {
        outcome.state = WEBHOOK_WAITING;
        outcome.next_at_ms = now_ms + backoff_ms(flight->hook, flight->delivery.attempts);
    }
    const enum err err = note(sender, &flight->delivery, &outcome, fault);
    land(sender, flight);
    return err;
}

uint32_t webhook_sender_turn(struct webhook_sender *sender, int64_t now_ms, int wait_ms,
                             enum err *out_err, struct history_fault *out_fault)
{
    int running = 0, left = 0;
    *out_err = ERR_OK;
    for (uint32_t i = 0; i < WEBHOOK_FLIGHTS_MAX && *out_err == ERR_OK; i++) {
        struct webhook_delivery delivery;
        if (sender->flights[i].easy != NULL) {
            continue;
        }
        if (!webhook_queue_take(sender->queue, now_ms, &delivery)) {
            break;
        }
        start(sender, &sender->flights[i], &delivery, now_ms, out_err, out_fault);
    }
    (void)curl_multi_perform(sender->multi, &running);
    (void)curl_multi_poll(sender->multi, NULL, 0, wait_ms, NULL);
    (void)curl_multi_perform(sender->multi, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(sender->multi, &left)) != NULL;) {
        char *context = NULL;
        if (message->msg == CURLMSG_DONE && *out_err == ERR_OK) {
            const CURLcode result = message->data.result;
            (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context);
            *out_err = finish(sender, (struct flight *)(void *)context, result, now_ms, out_fault);
        }
    }
    return sender->flight_count;
}
