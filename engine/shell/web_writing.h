/* web_writing.h: what writing over HTTP needs beside the engine: keys of requests, secrets of receipts, how often strangers may ask, who
 * acts for them.
 *
 *   handler -> web_write_begin (key known? then answered) -> web_write_ask -> engine -> answered, kept under the key
 *
 * Owner   web thread; opened with it, from its data directory */
#ifndef ENGINE_SHELL_WEB_WRITING_H
#define ENGINE_SHELL_WEB_WRITING_H

#include "engine/shell/api_request.h"
#include "engine/shell/idempotency.h"
#include "engine/shell/rate_gate.h"
#include "engine/shell/receipt_secret.h"
#include "engine/shell/web_api.h"

#define WEB_KEYS_MAX 8192u /* Idempotency-Keys remembered, of all identities together */

struct web_writing {
    struct idempotency *keys;
    struct rate_gate public_gate; /* questions about receipts, by receipt and for all */
    struct rate_gate secret_gate; /* wrong secrets, by receipt */
    uint8_t receipt_key[RECEIPT_KEY_SIZE];
    char public_person[CODEC_KEY_ID_SIZE_MAX +
                       1]; /* who acts for holders of receipts; "" = nobody does */
};

/* ERR_MEMORY; those of receipt_key_load, with a sentence. */
enum err web_writing_new(const char *data, const char *public_person,
                         struct web_writing **out_writing, char *out_why,
                         size_t why_size) WARN_UNUSED;
void web_writing_free(struct web_writing *writing); /* NULL is fine */

/* ---- one request that changes something ---- */

struct web_write {
    uint32_t row;              /* of keys; NONE32 = the request bears no key */
    char key[API_KEY_MAX + 1]; /* "" = none */
    bool is_order;             /* the answer's state is an order's */
    bool is_secret;            /* the answer must not be kept: contacts in clear */
    bool is_report;            /* the answer gets the receipt's secret */
    bool is_created;           /* 201 when it went in */
};

/* The body as JSON and the request's key. NULL: answered already (not JSON, a bad key, answered before, used for something else). The
 * caller frees the body (json_decref). */
json_t *web_write_begin(struct web_exchange *exchange, struct web_write *out_write);
/* The same for a body that is no JSON; false: answered already. */
bool web_write_begin_bytes(struct web_exchange *exchange, struct web_write *out_write);

/* The body is not as it should be: 400 with its pointer. Forgets the key. */
void web_write_refuse(struct web_exchange *exchange, const struct web_write *write,
                      const struct json_fault *fault);
/* Forgets the key of a request that a handler answers otherwise. */
void web_write_drop(struct web_exchange *exchange, const struct web_write *write);

/* Asks as that identity and answers with what comes back. */
void web_write_ask(struct web_exchange *exchange, const char *identity,
                   const struct web_write *write, const struct api_request *request);

/* ---- for those who need no login ---- */

/* False: asked too often, and answered so. name: what is asked about. */
bool web_write_may_ask(struct web_exchange *exchange, struct rate_gate *gate, const char *name);

struct web_writing *web_writing_of(const struct web_exchange *exchange);

#endif
