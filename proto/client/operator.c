/* operator.c: one act of a person at a desk; no outbox, so a key makes it once-only within the engine's horizon. */
#include "proto/client/gridloop.h"
#include "proto/client/link.h"
#include "proto/client/pack.h"
#include "proto/client/status.h"

#include "proto/wire.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define KIND_ACT 5u
#define KIND_BLOB_PUT 7u
#define KIND_RULES 10u
#define RESEND_MS 1000
#define RULES_RESEND_MS 5000 /* they are compiled first */
#define RULES_REASON_MAX 119u
#define ACT_SIZE_MAX 4096u

static bool make_key(char key[40])
{
    uint64_t bits[2];
    if (getrandom(bits, sizeof(bits), 0) != (ssize_t)sizeof(bits)) {
        return false;
    }
    (void)snprintf(key, 40, "%016llx%016llx", (unsigned long long)bits[0],
                   (unsigned long long)bits[1]);
    return true;
}

static void take_contacts(const Gridloop__Wire__ActResult *got,
                          struct gridloop_operator_result *result)
{
    for (size_t i = 0; i < got->n_contacts && i < COUNT_OF(result->contacts); i++) {
        const Gridloop__Wire__Contact *from = got->contacts[i];
        (void)snprintf(result->contacts[i].name, sizeof(result->contacts[i].name), "%s",
                       from->name != NULL ? from->name : "");
        (void)snprintf(result->contacts[i].phone, sizeof(result->contacts[i].phone), "%s",
                       from->phone != NULL ? from->phone : "");
        (void)snprintf(result->contacts[i].note, sizeof(result->contacts[i].note), "%s",
                       from->note != NULL ? from->note : "");
        result->contact_count = (uint32_t)i + 1;
    }
}

/* true: this answer ends the matter. */
static bool take_answer(const Gridloop__Wire__Answer *answer, void *context)
{
    struct gridloop_operator_result *result = context;
    if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT) {
        const Gridloop__Wire__ActResult *got = answer->act_result;
        result->code = (int)got->code;
        result->order = got->order;
        result->state = (int)got->state;
        result->report = got->report;
        result->possible = got->possible;
        (void)snprintf(result->case_no, sizeof(result->case_no), "%s",
                       got->case_no != NULL ? got->case_no : "");
        (void)snprintf(result->hint, sizeof(result->hint), "%s",
                       got->hint != NULL ? got->hint : "");
        take_contacts(got, result);
        return got->code != CODE_RESOLVE_AGAIN;
    }
    if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT) {
        const Gridloop__Wire__Reject *reject = answer->reject;
        result->code = (int)reject->code;
        (void)snprintf(result->hint, sizeof(result->hint), "%s",
                       reject->hint != NULL ? reject->hint : "");
        return reject->code != CODE_RATE && reject->code != CODE_OVERLOADED &&
               reject->code != CODE_RESOLVE_AGAIN;
    }
    return false;
}

/* An inner message and who looks at the answers to it: true ends the matter. */
struct question {
    uint32_t kind;
    const uint8_t *inner;
    uint32_t size;
    int64_t resend_ms;
    bool (*take)(const Gridloop__Wire__Answer *answer, void *result);
    void *result;
};

/* Sends until an answer ends it. */
static int exchange(struct link *link, const struct question *question, uint32_t wait_ms)
{
    int64_t end_ms = link_monotonic_ms() + wait_ms;
    int64_t send_at_ms = 0;
    bool was_answered = false;
    for (;;) {
        int64_t now_ms = link_monotonic_ms();
        uint64_t request_id = 0;
        if (now_ms >= send_at_ms) {
            memcpy(link_inner(link), question->inner, question->size);
            send_at_ms =
                now_ms + (link_send(link, question->kind, question->size, &request_id) == ERR_OK
                              ? question->resend_ms
                              : 25);
        }
        struct codec_answer got;
        while (link_receive(link, &got)) {
            was_answered = true;
            if (question->take(got.answer, question->result)) {
                return GRIDLOOP_OK;
            }
        }
        if (now_ms >= end_ms) {
            return was_answered ? GRIDLOOP_HELD : GRIDLOOP_UNAVAILABLE;
        }
        link_wait(link, (uint32_t)min_i64(end_ms - now_ms, max_i64(send_at_ms - now_ms, 1)));
    }
}

int gridloop_operator_act(const char *urls, const char *identity, const struct gridloop_act *act,
                          uint32_t wait_ms, struct gridloop_operator_result *out_result)
{
    if (urls == NULL || identity == NULL || act == NULL || out_result == NULL) {
        return GRIDLOOP_INVALID;
    }
    *out_result = (struct gridloop_operator_result){0};
    char key[40];
    uint8_t bytes[ACT_SIZE_MAX];
    uint32_t size = 0;
    struct pack_why why = {""};
    if (!make_key(key)) {
        return GRIDLOOP_IO;
    }
    enum err err = pack_act(act, key, bytes, sizeof(bytes), &size, &why);
    if (err != ERR_OK) {
        (void)snprintf(out_result->hint, sizeof(out_result->hint), "%s", why.text);
        return GRIDLOOP_INVALID;
    }
    struct link link;
    err = link_open(&link, urls, identity, ACT_SIZE_MAX);
    if (err != ERR_OK) {
        return status_of_err(err);
    }
    const struct question question = {KIND_ACT, bytes, size, RESEND_MS, take_answer, out_result};
    int status = exchange(&link, &question, wait_ms);
    link_close(&link);
    return status;
}

int gridloop_operator_put(const char *urls, const char *identity, const void *bytes, size_t size,
                          uint32_t wait_ms, unsigned char out_digest[16],
                          struct gridloop_operator_result *out_result)
{
    if (urls == NULL || identity == NULL || bytes == NULL || out_digest == NULL ||
        out_result == NULL || size == 0) {
        return GRIDLOOP_INVALID;
    }
    *out_result = (struct gridloop_operator_result){0};
    if (size > CODEC_BLOB_SIZE_MAX) {
        (void)snprintf(out_result->hint, sizeof(out_result->hint), "%zu bytes, at most %u", size,
                       CODEC_BLOB_SIZE_MAX);
        return GRIDLOOP_INVALID;
    }
    struct link link;
    const uint32_t room = (uint32_t)size + 64;
    uint8_t *inner = malloc(room);
    enum err err = inner == NULL ? ERR_MEMORY : link_open(&link, urls, identity, room);
    if (err != ERR_OK) {
        free(inner);
        return status_of_err(err);
    }
    (void)crypto_generichash(out_digest, 16, bytes, size, NULL, 0);
    uint8_t *at = inner;
    *at++ = 1 << 3 | 2;
    *at++ = 16;
    memcpy(at, out_digest, 16);
    at += 16;
    *at++ = 2 << 3 | 2;
    at = wire_put_varint(at, size);
    memcpy(at, bytes, size);
    const struct question question = {
        KIND_BLOB_PUT, inner,       (uint32_t)(at - inner + (ptrdiff_t)size),
        RESEND_MS,     take_answer, out_result};
    const int status = exchange(&link, &question, wait_ms);
    link_close(&link);
    free(inner);
    return status;
}

static void take_digest(const ProtobufCBinaryData *from, protobuf_c_boolean is_there,
                        unsigned char out[16])
{
    if (is_there && from->len == 16) {
        memcpy(out, from->data, 16);
    }
}

static bool take_rules(const Gridloop__Wire__Answer *answer, void *context)
{
    struct gridloop_rules_result *result = context;
    if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_RULES_RESULT) {
        const Gridloop__Wire__RulesResult *got = answer->rules_result;
        result->code = (int)got->code;
        take_digest(&got->rules, got->has_rules, result->rules);
        take_digest(&got->policy, got->has_policy, result->policy);
        result->kept = got->kept;
        result->reset = got->reset;
        result->added = got->added;
        result->removed = got->removed;
        (void)snprintf(result->hint, sizeof(result->hint), "%s",
                       got->hint != NULL ? got->hint : "");
        return got->code != CODE_OVERLOADED;
    }
    struct gridloop_operator_result refusal = {0};
    if (!take_answer(answer, &refusal)) {
        return false;
    }
    result->code = refusal.code;
    (void)snprintf(result->hint, sizeof(result->hint), "%s", refusal.hint);
    return true;
}

int gridloop_operator_rules(const char *urls, const char *identity,
                            const struct gridloop_rules_request *request, uint32_t wait_ms,
                            struct gridloop_rules_result *out_result)
{
    if (urls == NULL || identity == NULL || request == NULL || out_result == NULL) {
        return GRIDLOOP_INVALID;
    }
    *out_result = (struct gridloop_rules_result){0};
    const size_t reason_size = request->reason == NULL ? 0 : strlen(request->reason);
    if (reason_size > RULES_REASON_MAX) {
        (void)snprintf(out_result->hint, sizeof(out_result->hint),
                       "the reason has %zu bytes, at most %u", reason_size, RULES_REASON_MAX);
        return GRIDLOOP_INVALID;
    }
    uint8_t inner[RULES_REASON_MAX + 32];
    uint8_t *at = inner;
    if (request->activate) {
        *at++ = 1 << 3;
        *at++ = 1;
        *at++ = 2 << 3 | 2;
        at = wire_put_varint(at, reason_size);
        memcpy(at, request->reason == NULL ? "" : request->reason, reason_size);
        at += reason_size;
        if (request->expected != NULL) {
            *at++ = 3 << 3 | 2;
            *at++ = 16;
            memcpy(at, request->expected, 16);
            at += 16;
        }
    }
    struct link link;
    enum err err = link_open(&link, urls, identity, sizeof(inner));
    if (err != ERR_OK) {
        return status_of_err(err);
    }
    const struct question question = {KIND_RULES,      inner,      (uint32_t)(at - inner),
                                      RULES_RESEND_MS, take_rules, out_result};
    const int status = exchange(&link, &question, wait_ms);
    link_close(&link);
    return status;
}
