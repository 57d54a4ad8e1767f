/* web_api.h: what a handler of the HTTP interface sees: one exchange, and how to answer it.
 *
 *   route found -> who asks, rights, CSRF checked -> body read -> handler -> web_answer_* now, or web_ask and later
 *
 * A new endpoint: write `void api_x(struct web_exchange *exchange)` in an api_*.c, declare it in api.h, give it a row in
 * web_routes.c. Login, rights, CSRF, sizes, the OpenAPI document and "no such path" follow from the row.
 *
 * Every handler answers exactly once. One that calls web_ask answers in the callback, which always comes: with the
 * engine's answer, or with NULL when there is none in time.
 *
 * Owner   exchanges are the web thread's; a handler may keep data of its own in web_set_context (freed with free)
 * Errors  problems go to the client as application/problem+json with a stable code word */
#ifndef ENGINE_SHELL_WEB_API_H
#define ENGINE_SHELL_WEB_API_H

#include "engine/core/city.h"
#include "proto/codec.h"

#include <jansson.h>

struct web;          /* the thread */
struct web_exchange; /* one request and its answer */
struct web_view;     /* what is open now */

enum web_method { WEB_GET = 1, WEB_POST, WEB_PUT, WEB_DELETE };

/* Who asks, from a session's cookie or a token. */
struct web_who {
    bool is_known;
    bool is_machine;                    /* by token: no cookie, no CSRF */
    char id[CODEC_KEY_ID_SIZE_MAX + 1]; /* person, or gateway of a machine */
    uint32_t person;                    /* row of CITY_PERSONS; NONE32 for a gateway */
    uint32_t rights;                    /* enum right */
    char session[65];                   /* its token; "" for a machine */
};

/* ---- the request ---- */
enum web_method web_method(const struct web_exchange *exchange);
const char *web_path(const struct web_exchange *exchange);
/* The piece of the path that {name} stands for; must() when the pattern has none of that name. */
const char *web_param(const struct web_exchange *exchange, const char *name);
/* A query parameter, decoded; NULL when absent. */
const char *web_query(const struct web_exchange *exchange, const char *name);
/* False when the header is absent or longer than out. Name in lower case, without a colon. */
bool web_header(const struct web_exchange *exchange, const char *name, char *out, size_t out_size);
const struct web_who *web_who(const struct web_exchange *exchange);
const void *web_body(const struct web_exchange *exchange, size_t *out_size);
/* The body as a JSON object, freed by the caller; NULL: it is none, and the problem was answered. */
json_t *web_body_object(struct web_exchange *exchange);
/* A field of it: false when absent. A wrong type or a longer text is answered as a problem and *out_wrong set. */
bool web_field_text(struct web_exchange *exchange, const json_t *object, const char *name,
                    size_t size_max, const char **out_text, bool *out_wrong);

/* ---- the answer: one of these, once ---- */
void web_answer_json(struct web_exchange *exchange, int status, json_t *value); /* consumes value */
void web_answer_bytes(struct web_exchange *exchange, int status, const char *type,
                      const void *bytes, size_t size);
/* code: a stable word, such as one of code.h. */
__attribute__((format(printf, 4, 5))) void web_problem(struct web_exchange *exchange, int status,
                                                       const char *code, const char *format, ...);
/* The same with what is possible now, as a JSON array (consumed; NULL is fine). */
void web_problem_with(struct web_exchange *exchange, int status, const char *code,
                      const char *detail, json_t *possible);
/* Before the answer. At most a few short ones. */
void web_set_header(struct web_exchange *exchange, const char *name, const char *value);

/* ---- the world ---- */
struct web *web_of(const struct web_exchange *exchange);
struct web_view *web_view_of(const struct web_exchange *exchange);
int64_t web_now_ms(const struct web_exchange *exchange); /* log time */

/* ---- the engine ---- */
/* Sends a request of that identity to the engine as if it had come over its sockets; the core checks the rights. The
 * callback comes on the web thread. answer NULL: overloaded, stopping, or none within the time. */
typedef void web_answered_fn(struct web_exchange *exchange, const Gridloop__Wire__Answer *answer);
void web_ask(struct web_exchange *exchange, const char *identity,
             const Gridloop__Wire__Request *request, web_answered_fn *answered);
/* As web_ask, waiting so long for the answer: a poll is held. */
void web_ask_within(struct web_exchange *exchange, const char *identity,
                    const Gridloop__Wire__Request *request, uint32_t wait_ms,
                    web_answered_fn *answered);
/* A Reject or no answer, told as a problem. True when it was one (and is answered). */
bool web_refused(struct web_exchange *exchange, const Gridloop__Wire__Answer *answer);

/* For a handler's own data between web_ask and its callback; freed with the exchange. */
void web_set_context(struct web_exchange *exchange, void *context);
void *web_context(const struct web_exchange *exchange);

/* ---- work that takes long (a password's hash), on a thread of the pool; then on_done on the web thread ---- */
void web_work(struct web_exchange *exchange, void (*work)(void *context),
              void (*on_done)(struct web_exchange *exchange));

#endif
