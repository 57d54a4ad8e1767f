/* idempotency.c: rows in a pool, chained by hash, in the order they began.
 *
 * Truths (idempotency_check): a row in use stands once in its bucket and once in the order; a running row has no answer. */
#include "engine/shell/idempotency.h"

#include <stdlib.h>
#include <string.h>

enum row_state { ROW_FREE = 0, ROW_RUNNING, ROW_STORED };

struct row {
    struct idempotency_ask ask;
    char *bytes; /* of the answer, heap; NULL while running */
    size_t size;
    int status;
    enum row_state state;
    uint32_t bucket_next;
    uint32_t older, newer; /* NONE32 at the ends; newer chains free rows */
};

struct idempotency {
    struct row *rows;
    uint32_t *buckets;
    uint32_t row_count, bucket_count;
    uint32_t free_first;
    uint32_t oldest, newest;
    uint32_t used;
};

static uint32_t *bucket_of(const struct idempotency *table, const struct idempotency_ask *ask)
{
    const uint64_t mixed = ask->identity.lo ^ (ask->key.lo * UINT64_C(0x9e3779b97f4a7c15));
    return &table->buckets[(mixed >> 17) % table->bucket_count];
}

struct idempotency *idempotency_new(uint32_t rows)
{
    must(rows >= 1);
    struct idempotency *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return NULL;
    }
    table->row_count = rows;
    table->bucket_count = rows * 2;
    table->rows = calloc(rows, sizeof *table->rows);
    table->buckets = malloc(table->bucket_count * sizeof *table->buckets);
    if (table->rows == NULL || table->buckets == NULL) {
        idempotency_free(table);
        return NULL;
    }
    memset(table->buckets, 0xff, table->bucket_count * sizeof *table->buckets);
    for (uint32_t i = 0; i < rows; i++) {
        table->rows[i].newer = i + 1 < rows ? i + 1 : NONE32;
    }
    table->free_first = 0;
    table->oldest = NONE32;
    table->newest = NONE32;
    return table;
}

void idempotency_free(struct idempotency *table)
{
    if (table == NULL) {
        return;
    }
    for (uint32_t i = 0; table->rows != NULL && i < table->row_count; i++) {
        free(table->rows[i].bytes);
    }
    free(table->rows);
    free(table->buckets);
    free(table);
}

static void unlink_row(struct idempotency *table, uint32_t index)
{
    struct row *row = &table->rows[index];
    uint32_t *at = bucket_of(table, &row->ask);
    while (*at != index) {
        must(*at != NONE32);
        at = &table->rows[*at].bucket_next;
    }
    *at = row->bucket_next;
    *(row->older != NONE32 ? &table->rows[row->older].newer : &table->oldest) = row->newer;
    *(row->newer != NONE32 ? &table->rows[row->newer].older : &table->newest) = row->older;
    free(row->bytes);
    *row = (struct row){.newer = table->free_first};
    table->free_first = index;
    table->used--;
}

/* Room for one more: the identity's oldest when it has its share, else the oldest of all when nothing is free. */
static bool make_room(struct idempotency *table, const struct hash128 *identity)
{
    uint32_t own = 0, own_oldest = NONE32, oldest = NONE32;
    for (uint32_t i = table->newest; i != NONE32; i = table->rows[i].older) {
        const struct row *row = &table->rows[i];
        const bool is_own = hash128_is_equal(row->ask.identity, *identity);
        own += is_own;
        if (row->state == ROW_STORED) {
            oldest = i;
            own_oldest = is_own ? i : own_oldest;
        }
    }
    if (own >= IDEMPOTENCY_PER_IDENTITY) {
        if (own_oldest == NONE32) {
            return false;
        }
        unlink_row(table, own_oldest);
    } else if (table->free_first == NONE32) {
        if (oldest == NONE32) {
            return false;
        }
        unlink_row(table, oldest);
    }
    return true;
}

enum idempotency_verdict idempotency_begin(struct idempotency *table,
                                           const struct idempotency_ask *ask, uint32_t *out_row,
                                           struct idempotency_answer *out_answer)
{
    for (uint32_t i = *bucket_of(table, ask); i != NONE32; i = table->rows[i].bucket_next) {
        const struct row *row = &table->rows[i];
        if (!hash128_is_equal(row->ask.identity, ask->identity) ||
            !hash128_is_equal(row->ask.key, ask->key)) {
            continue;
        }
        if (!hash128_is_equal(row->ask.digest, ask->digest)) {
            return IDEMPOTENCY_OTHER;
        }
        if (row->state == ROW_RUNNING) {
            return IDEMPOTENCY_RUNNING;
        }
        *out_answer = (struct idempotency_answer){row->status, row->bytes, row->size};
        return IDEMPOTENCY_STORED;
    }
    if (!make_room(table, &ask->identity)) {
        return IDEMPOTENCY_FULL;
    }
    const uint32_t index = table->free_first;
    struct row *row = &table->rows[index];
    table->free_first = row->newer;
    uint32_t *bucket = bucket_of(table, ask);
    *row = (struct row){.ask = *ask,
                        .state = ROW_RUNNING,
                        .bucket_next = *bucket,
                        .older = table->newest,
                        .newer = NONE32};
    *bucket = index;
    *(table->newest != NONE32 ? &table->rows[table->newest].newer : &table->oldest) = index;
    table->newest = index;
    table->used++;
    *out_row = index;
    return IDEMPOTENCY_NEW;
}

void idempotency_end(struct idempotency *table, uint32_t row, int status, const char *bytes,
                     size_t size)
{
    must(row < table->row_count && table->rows[row].state == ROW_RUNNING);
    char *copy = size <= IDEMPOTENCY_ANSWER_MAX ? malloc(size + 1) : NULL;
    if (copy == NULL) {
        unlink_row(table, row);
        return;
    }
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    table->rows[row].bytes = copy;
    table->rows[row].size = size;
    table->rows[row].status = status;
    table->rows[row].state = ROW_STORED;
}

void idempotency_drop(struct idempotency *table, uint32_t row)
{
    must(row < table->row_count && table->rows[row].state == ROW_RUNNING);
    unlink_row(table, row);
}

uint32_t idempotency_count(const struct idempotency *table)
{
    return table->used;
}

void idempotency_check(const struct idempotency *table)
{
    uint32_t in_order = 0, in_buckets = 0, free_rows = 0;
    for (uint32_t i = table->oldest; i != NONE32; i = table->rows[i].newer) {
        const struct row *row = &table->rows[i];
        must(row->state != ROW_FREE);
        must((row->bytes != NULL) == (row->state == ROW_STORED));
        must(++in_order <= table->row_count);
    }
    for (uint32_t b = 0; b < table->bucket_count; b++) {
        for (uint32_t i = table->buckets[b]; i != NONE32; i = table->rows[i].bucket_next) {
            must(bucket_of(table, &table->rows[i].ask) == &table->buckets[b]);
            must(++in_buckets <= table->row_count);
        }
    }
    for (uint32_t i = table->free_first; i != NONE32; i = table->rows[i].newer) {
        must(table->rows[i].state == ROW_FREE);
        must(++free_rows <= table->row_count);
    }
    must(in_order == table->used && in_buckets == table->used);
    must(free_rows + table->used == table->row_count);
}
