/* idempotency.h: the same request asked twice over HTTP takes effect once and gets the same answer.
 *
 * A client names what it does with an Idempotency-Key. The table keeps, for each (identity, key), a digest of method, path and body,
 * and the answer. Asked again: the same body gets the stored answer, another body is told so, one that is still on its way is told to wait.
 *
 *   begin -> NEW  --end-->  stored  (final answers: done, or refused by the core)
 *                 --drop--> forgotten (overloaded, no answer: asking again must reach the engine)
 *
 * Bound   `rows` in all, IDEMPOTENCY_PER_IDENTITY for each identity: the oldest of the identity, then the oldest of all, makes way.
 *         Rows that are on their way never do
 * Memory  rows x (104 bytes + answer of at most IDEMPOTENCY_ANSWER_MAX)
 * Restart the table is empty then. Reports carry their key as the event's id, which the core remembers within its horizon; an act
 *         on an order or a case that took effect is refused with the state it led to
 * Owner   one thread */
#ifndef ENGINE_SHELL_IDEMPOTENCY_H
#define ENGINE_SHELL_IDEMPOTENCY_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#include <stdbool.h>
#include <stddef.h>

#define IDEMPOTENCY_PER_IDENTITY 256u
#define IDEMPOTENCY_ANSWER_MAX 4096u

struct idempotency;

enum idempotency_verdict {
    IDEMPOTENCY_NEW,     /* do it, then end or drop */
    IDEMPOTENCY_STORED,  /* answered before: out_answer */
    IDEMPOTENCY_RUNNING, /* the first one is still on its way */
    IDEMPOTENCY_OTHER,   /* used before for something else */
    IDEMPOTENCY_FULL,    /* every row is on its way */
};

struct idempotency_ask {
    struct hash128 identity;
    struct hash128 key;
    struct hash128 digest; /* of method, path and body */
};

struct idempotency_answer {
    int status;
    const char *bytes; /* the table's, until the next call */
    size_t size;
};

/* NULL without memory. rows >= 1. */
struct idempotency *idempotency_new(uint32_t rows);
void idempotency_free(struct idempotency *table); /* NULL is fine */

enum idempotency_verdict idempotency_begin(struct idempotency *table,
                                           const struct idempotency_ask *ask, uint32_t *out_row,
                                           struct idempotency_answer *out_answer) WARN_UNUSED;

/* Keeps the answer of a row that begin gave out; drops the row instead when it is too long or there is no memory. */
void idempotency_end(struct idempotency *table, uint32_t row, int status, const char *bytes,
                     size_t size);
void idempotency_drop(struct idempotency *table, uint32_t row);

uint32_t idempotency_count(const struct idempotency *table);
/* Walks the table; must() fails on the first truth that does not hold. */
void idempotency_check(const struct idempotency *table);

#endif
