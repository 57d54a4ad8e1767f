/* api_request.h: bodies of the HTTP API as requests of the wire.
 *
 * What a browser or a program writes in JSON becomes the very message that a native client sends, so that rights, states and
 * repeats are judged in one place: the core. Only the form is judged here.
 *
 *   act      {action, reason?, text?, subject?, other_case?, until_ms?, amount?, fix?, evidence?}
 *   report   {type, text?, lon_e7+lat_e7 | device?, accuracy_cm?, at_ms?, contact?, on_behalf_of?, self_handled?, drill?, fields?}
 *   poll     {ack_seq?, wait_ms?, status?, fix?}
 *   silence  {matchers, for_ms, after_ms?, why, maintenance?}
 *   rating   {secret, stars? | solved?, text?}
 *   fix      {lon_e7, lat_e7, accuracy_cm?, at_ms?};  evidence: digests of 32 hexadecimal digits
 *
 * Owner   the caller holds body, key and target until the request is packed: the request borrows from them
 * Errors  false and where in the body it is wrong (json_read.h) */
#ifndef ENGINE_SHELL_API_REQUEST_H
#define ENGINE_SHELL_API_REQUEST_H

#include "engine/core/command.h"
#include "engine/shell/json_read.h"
#include "proto/codec.h"

#define API_KEY_MAX 64u    /* bytes of an Idempotency-Key */
#define API_FIELDS_MAX 16u /* of one report */
#define API_WAIT_MS_MAX 25000
#define API_DIGEST_SIZE 16u

/* One request and everything it points to. */
struct api_request {
    Gridloop__Wire__Request wire;
    Gridloop__Wire__Act act;
    Gridloop__Wire__Report report;
    Gridloop__Wire__Event event;
    Gridloop__Wire__Poll poll;
    Gridloop__Wire__BlobPut blob;
    Gridloop__Wire__Fix fix;
    Gridloop__Wire__Place place;
    Gridloop__Wire__Contact contact;
    Gridloop__Wire__Field fields[API_FIELDS_MAX];
    Gridloop__Wire__Field *field_pointers[API_FIELDS_MAX];
    ProtobufCBinaryData evidence[EVIDENCE_MAX];
    uint8_t digests[EVIDENCE_MAX][API_DIGEST_SIZE];
    char text[ACT_TEXT_MAX + 1];
};

/* What an act is on: a case (a unique tail is enough), an order, or neither. */
struct api_target {
    const char *case_no; /* NULL: none */
    uint64_t order;      /* 0: none */
    const char *key;     /* Idempotency-Key; NULL: none */
};

bool api_request_act(const json_t *body, const struct api_target *target, struct api_request *out,
                     struct json_fault *out_fault) WARN_UNUSED;

/* key names the event inside its sender: a repeat is DEDUPED, after a restart too. type: what the body's `class` came to, when it
 * gives no type; NULL: none was found. */
bool api_request_report(const json_t *body, const char *key, const char *type,
                        struct api_request *out, struct json_fault *out_fault) WARN_UNUSED;

/* The class a report names instead of a type, or NULL. */
const char *api_request_report_class(const json_t *body);

bool api_request_poll(const json_t *body, struct api_request *out,
                      struct json_fault *out_fault) WARN_UNUSED;

/* now_ms: log time, from which the silence's end is counted. */
bool api_request_silence(const json_t *body, int64_t now_ms, struct api_request *out,
                         struct json_fault *out_fault) WARN_UNUSED;

void api_request_unsilence(uint32_t number, struct api_request *out);

void api_request_blob(const uint8_t digest[API_DIGEST_SIZE], const void *bytes, size_t size,
                      struct api_request *out);

/* What whoever holds a receipt says. */
struct api_rating {
    const char *secret, *text;
    int64_t stars;  /* or JSON_ABSENT */
    int64_t solved; /* 0, 1 or JSON_ABSENT */
};
bool api_request_read_rating(const json_t *body, struct api_rating *out,
                             struct json_fault *out_fault) WARN_UNUSED;
/* receipt: "110108-20260303-0001.1". */
void api_request_rating(const struct api_rating *rating, const char *receipt, const char *key,
                        struct api_request *out);

/* 32 hexadecimal digits. */
bool api_digest_parse(const char *text, uint8_t out[API_DIGEST_SIZE]);
/* 1..64 bytes of what an Idempotency-Key may hold: printable, no blanks, no quotes. */
bool api_is_key(const char *text);

#endif
