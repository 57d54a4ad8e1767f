/* web_writing.c: see web_writing.h. */
#include "engine/shell/web_writing.h"

#include "engine/city/facts.h"
#include "engine/shell/api_answer.h"
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* A household looks a few times; a number of receipts tried one after the other is cut short. */
#define PUBLIC_BURST 30u
#define PUBLIC_PER_MINUTE 60u
#define SECRET_BURST 5u
#define SECRET_PER_MINUTE 1u

enum err web_writing_new(const char *data, const char *public_person,
                         struct web_writing **out_writing, char *out_why, size_t why_size)
{
    struct web_writing *writing = calloc(1, sizeof *writing);
    if (writing == NULL || (writing->keys = idempotency_new(WEB_KEYS_MAX)) == NULL) {
        web_writing_free(writing);
        return ERR_MEMORY;
    }
    const enum err err = receipt_key_load(data, writing->receipt_key);
    if (err != ERR_OK) {
        (void)snprintf(
            out_why, why_size,
            "%.300s/receipt.key %s; receipts given out before depend on it: bring it back from a "
            "backup, or move it away to begin anew",
            data, err == ERR_DAMAGED ? "is no key of 32 bytes" : "cannot be read or made");
        web_writing_free(writing);
        return err;
    }
    writing->public_gate.burst = PUBLIC_BURST;
    writing->public_gate.per_minute = PUBLIC_PER_MINUTE;
    writing->secret_gate.burst = SECRET_BURST;
    writing->secret_gate.per_minute = SECRET_PER_MINUTE;
    (void)snprintf(writing->public_person, sizeof writing->public_person, "%s",
                   public_person != NULL ? public_person : "");
    *out_writing = writing;
    return ERR_OK;
}

void web_writing_free(struct web_writing *writing)
{
    if (writing != NULL) {
        idempotency_free(writing->keys);
        free(writing);
    }
}

struct web_writing *web_writing_of(const struct web_exchange *exchange)
{
    return web_of(exchange)->writing;
}

bool web_write_may_ask(struct web_exchange *exchange, struct rate_gate *gate, const char *name)
{
    char seconds[24];
    int64_t wait_ms = 0;
    const int64_t now_ms = (int64_t)(uv_hrtime() / 1000000);
    if (rate_gate_pass(gate, facts_hash(name, strlen(name)), now_ms, &wait_ms)) {
        return true;
    }
    (void)snprintf(seconds, sizeof seconds, "%lld", (long long)(wait_ms / 1000 + 1));
    web_set_header(exchange, "Retry-After", seconds);
    web_problem(exchange, 429, "RATE", "asked too often; again in %s s", seconds);
    return false;
}

/* ---- the request's key ---- */

static struct hash128 digest_of(const struct web_exchange *exchange)
{
    size_t size = 0;
    const void *body = web_body(exchange, &size);
    const char *path = web_path(exchange);
    const struct hash128 head = hash128_add(facts_hash(path, strlen(path)), web_method(exchange));
    return hash128_join(head, facts_hash(body, size));
}

static bool answer_stored(struct web_exchange *exchange, const struct idempotency_answer *stored)
{
    web_set_header(exchange, "Idempotency-Replayed", "true");
    web_answer_bytes(exchange, stored->status,
                     stored->status < 400 ? "application/json" : "application/problem+json",
                     stored->bytes, stored->size);
    return false;
}

/* True: new, or without a key. */
static bool begin_key(struct web_exchange *exchange, struct web_write *write)
{
    struct web_writing *writing = web_writing_of(exchange);
    struct idempotency_answer stored;
    const char *id = web_who(exchange)->id;
    *write = (struct web_write){.row = NONE32};
    if (!web_header(exchange, "idempotency-key", write->key, sizeof write->key)) {
        return true;
    }
    if (!api_is_key(write->key)) {
        web_problem(exchange, 400, "MALFORMED",
                    "Idempotency-Key: 1 to %u printable characters without blanks and quotes",
                    API_KEY_MAX);
        return false;
    }
    const struct idempotency_ask ask = {facts_hash(id, strlen(id)),
                                        facts_hash(write->key, strlen(write->key)),
                                        digest_of(exchange)};
    switch (idempotency_begin(writing->keys, &ask, &write->row, &stored)) {
    case IDEMPOTENCY_NEW:
        return true;
    case IDEMPOTENCY_STORED:
        return answer_stored(exchange, &stored);
    case IDEMPOTENCY_RUNNING:
        web_set_header(exchange, "Retry-After", "1");
        web_problem(exchange, 409, "IN_PROGRESS",
                    "the first request with this Idempotency-Key is still on its way");
        return false;
    case IDEMPOTENCY_OTHER:
        web_problem(
            exchange, 422, "KEY_REUSED",
            "this Idempotency-Key was used for another request; nothing was done. Make a new "
            "key for each thing you do");
        return false;
    case IDEMPOTENCY_FULL:
        web_set_header(exchange, "Retry-After", "1");
        web_problem(exchange, 503, "OVERLOADED", "too many requests on their way");
        return false;
    }
    return false;
}

bool web_write_begin_bytes(struct web_exchange *exchange, struct web_write *out_write)
{
    return begin_key(exchange, out_write);
}

json_t *web_write_begin(struct web_exchange *exchange, struct web_write *out_write)
{
    struct json_fault fault;
    size_t size = 0;
    const void *bytes = web_body(exchange, &size);
    if (!begin_key(exchange, out_write)) {
        return NULL;
    }
    json_t *body = json_read_body(bytes, size, &fault);
    if (body == NULL) {
        web_write_refuse(exchange, out_write, &fault);
    }
    return body;
}

void web_write_drop(struct web_exchange *exchange, const struct web_write *write)
{
    if (write->row != NONE32) {
        idempotency_drop(web_writing_of(exchange)->keys, write->row);
    }
}

/* ---- answers ---- */

/* A problem's own members around what api_answer.h found. */
static void put_problem(int status, const char *code, const char *detail, json_t *body)
{
    (void)json_object_set_new(body, "type", json_string("about:blank"));
    (void)json_object_set_new(body, "title", json_string(code));
    (void)json_object_set_new(body, "status", json_integer(status));
    (void)json_object_set_new(body, "detail", json_string(detail));
    (void)json_object_set_new(body, "code", json_string(code));
}

static void send_json(struct web_exchange *exchange, const struct web_write *write, int status,
                      json_t *body, bool is_final)
{
    struct idempotency *keys = web_writing_of(exchange)->keys;
    char *text = json_dumps(body, JSON_COMPACT);
    must(text != NULL);
    web_answer_bytes(exchange, status,
                     status < 400 ? "application/json" : "application/problem+json", text,
                     strlen(text));
    if (write->row != NONE32 && is_final) {
        idempotency_end(keys, write->row, status, text, strlen(text));
    } else if (write->row != NONE32) {
        idempotency_drop(keys, write->row);
    }
    free(text);
}

void web_write_refuse(struct web_exchange *exchange, const struct web_write *write,
                      const struct json_fault *fault)
{
    char detail[sizeof fault->pointer + sizeof fault->detail + 4];
    json_t *body = json_pack("{s:s}", "pointer", fault->pointer);
    (void)snprintf(detail, sizeof detail, "%s%s%s", fault->pointer,
                   fault->pointer[0] != '\0' ? ": " : "", fault->detail);
    put_problem(400, "MALFORMED", detail, body);
    send_json(exchange, write, 400, body, false);
    json_decref(body);
}

static void put_secret(struct web_exchange *exchange, json_t *body)
{
    char secret[RECEIPT_SECRET_SIZE];
    const char *receipt = json_string_value(json_object_get(body, "receipt"));
    if (receipt != NULL) {
        receipt_secret_make(web_writing_of(exchange)->receipt_key, receipt, secret);
        (void)json_object_set_new(body, "secret", json_string(secret));
    }
}

static void on_answer(struct web_exchange *exchange, const Gridloop__Wire__Answer *answer)
{
    const struct web_write *write = web_context(exchange);
    struct api_reply reply;
    char seconds[16];
    api_answer_read(answer, write->is_order, &reply);
    const bool is_final =
        answer != NULL && answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT;
    if (reply.retry_after_ms > 0 || reply.status == 504) {
        (void)snprintf(seconds, sizeof seconds, "%u", reply.retry_after_ms / 1000 + 1);
        web_set_header(exchange, "Retry-After", seconds);
    }
    if (reply.is_problem) {
        put_problem(reply.status, reply.code, reply.detail, reply.body);
    } else if (write->is_report) {
        put_secret(exchange, reply.body);
    }
    const int status = reply.status == 200 && write->is_created ? 201 : reply.status;
    send_json(exchange, write, status, reply.body, is_final && !write->is_secret);
    json_decref(reply.body);
}

void web_write_ask(struct web_exchange *exchange, const char *identity,
                   const struct web_write *write, const struct api_request *request)
{
    struct web_write *kept = malloc(sizeof *kept);
    if (kept == NULL) {
        web_write_drop(exchange, write);
        web_problem(exchange, 503, "OVERLOADED", "no memory for the request");
        return;
    }
    *kept = *write;
    web_set_context(exchange, kept);
    web_ask(exchange, identity, &request->wire, on_answer);
}
