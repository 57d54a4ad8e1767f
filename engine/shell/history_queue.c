/* history_queue.c: see history_queue.h.
 *
 * A record in the ring: struct item, then the parts of its kind. used counts bytes since the start and never wraps;
 * its place is used % capacity. An item of kind 0 fills the end of the ring when the next one would not fit there.
 *
 * Truths: taken <= put <= taken + capacity; the writer alone moves put, the reader alone moves taken. The mutex only
 * guards sleeping; records are handed over by the release store of put and durable. */
#include "engine/shell/history_queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#define PAUSE_NS 200000 /* between two looks for room at the start */

struct item {
    uint64_t size; /* of the whole, a multiple of 8 */
    uint64_t position;
    int64_t at_ms;
    uint32_t kind;
    uint32_t body_size;
    uint32_t event_size;
    uint32_t text_size;
    uint32_t repeats;
    uint32_t evidence_size;
};

struct history_queue {
    uint8_t *ring;
    uint64_t capacity;
    _Atomic uint64_t put;
    _Atomic uint64_t taken;
    _Atomic uint64_t durable;
    _Atomic uint64_t cut; /* first entry that is missing; UINT64_MAX = none */
    atomic_bool is_stopping;
    uint64_t borrowed; /* bytes of the record handed out last */
    uint64_t complete; /* reader: every record up to here was taken */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* the record handed out */
    union {
        struct effect effect;
        struct case_view view;
        struct order_view order;
        struct effect_activated images;
    } body;
    struct event event;
};

enum err history_queue_new(uint64_t capacity, struct history_queue **out_queue)
{
    struct history_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL) {
        return ERR_MEMORY;
    }
    must(capacity >= 65536 && capacity % 8 == 0);
    queue->capacity = capacity;
    queue->ring = malloc(capacity);
    if (queue->ring == NULL) {
        free(queue);
        return ERR_MEMORY;
    }
    atomic_init(&queue->cut, UINT64_MAX);
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&queue->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&queue->mutex, NULL);
    *out_queue = queue;
    return ERR_OK;
}

void history_queue_free(struct history_queue *queue)
{
    if (queue == NULL) {
        return;
    }
    (void)pthread_cond_destroy(&queue->changed);
    (void)pthread_mutex_destroy(&queue->mutex);
    free(queue->ring);
    free(queue);
}

static void wake(struct history_queue *queue)
{
    (void)pthread_mutex_lock(&queue->mutex);
    (void)pthread_cond_signal(&queue->changed);
    (void)pthread_mutex_unlock(&queue->mutex);
}

/* ---- writing ---- */

/* The parts of a record, one behind the other. */
struct parts {
    const void *body;
    const void *event;
    const void *text;
    const void *evidence;
    struct item item;
};

static uint32_t effect_size(const struct effect *effect)
{
    size_t head = offsetof(struct effect, of);
    switch (effect->kind) {
    case EFFECT_RESULT:
        return (uint32_t)(head + sizeof effect->of.result);
    case EFFECT_FIRING:
        return (uint32_t)(head + sizeof effect->of.firing);
    case EFFECT_TIMELINE:
        return (uint32_t)(head + sizeof effect->of.timeline);
    case EFFECT_DECISION:
        return (uint32_t)(head + offsetof(struct effect_decision, candidates) +
                          effect->of.decision.candidate_count * sizeof(struct effect_candidate));
    case EFFECT_ITEM:
        return (uint32_t)(head + sizeof effect->of.item);
    case EFFECT_NOTICE:
        return (uint32_t)(head + sizeof effect->of.notice);
    case EFFECT_PLAN:
        return (uint32_t)(head + sizeof effect->of.plan);
    case EFFECT_ACTIVATED:
        return (uint32_t)(head + sizeof effect->of.activated);
    case EFFECT_CONTACT:
        return (uint32_t)(head + sizeof effect->of.contact);
    case EFFECT_SILENCE:
        return (uint32_t)(head + sizeof effect->of.silence);
    default:
        must(false);
        return 0;
    }
}

static void measure_effect(const struct effect *effect, struct parts *parts)
{
    parts->body = effect;
    parts->item.body_size = effect_size(effect);
    if (effect->kind != EFFECT_TIMELINE) {
        return;
    }
    const struct effect_timeline *line = &effect->of.timeline;
    if (line->event != NULL) {
        parts->event = line->event->head;
        parts->item.event_size = line->event->head->size;
    }
    if (line->text != NULL) {
        parts->text = line->text;
        parts->item.text_size = line->text_size;
    }
    if (line->evidence != NULL) {
        parts->evidence = line->evidence;
        parts->item.evidence_size = (uint32_t)(line->evidence_count * sizeof line->evidence[0]);
    }
}

static uint64_t pad8(uint64_t size)
{
    return (size + 7) & ~UINT64_C(7);
}

static void measure(const struct history_record *record, struct parts *parts)
{
    *parts = (struct parts){.item = {.position = record->position,
                                     .at_ms = record->at_ms,
                                     .kind = (uint32_t)record->kind,
                                     .repeats = record->repeats}};
    if (record->kind == HISTORY_EFFECT) {
        measure_effect(record->effect, parts);
    } else if (record->kind == HISTORY_CASE) {
        parts->body = record->view;
        parts->item.body_size = sizeof *record->view;
    } else if (record->kind == HISTORY_ORDER) {
        parts->body = record->order;
        parts->item.body_size = sizeof *record->order;
    } else {
        must(record->kind == HISTORY_IMAGES);
        parts->body = &record->images;
        parts->item.body_size = sizeof record->images;
    }
    parts->item.size = sizeof parts->item + pad8(parts->item.body_size) +
                       pad8(parts->item.event_size) + pad8(parts->item.text_size) +
                       pad8(parts->item.evidence_size);
}

/* Bytes to skip so that size bytes lie in one piece. */
static uint64_t gap_before(const struct history_queue *queue, uint64_t put, uint64_t size)
{
    uint64_t left = queue->capacity - put % queue->capacity;
    return left < size ? left : 0;
}

static void copy_part(uint8_t **at, const void *bytes, uint32_t size)
{
    if (size > 0) {
        memcpy(*at, bytes, size);
    }
    *at += pad8(size);
}

static bool try_put(struct history_queue *queue, const struct parts *parts)
{
    uint64_t put = atomic_load_explicit(&queue->put, memory_order_relaxed);
    uint64_t taken = atomic_load_explicit(&queue->taken, memory_order_acquire);
    uint64_t gap = gap_before(queue, put, parts->item.size);
    if (put + gap + parts->item.size - taken > queue->capacity) {
        return false;
    }
    if (gap > 0) {
        /* A gap may be shorter than an item: its size alone is read. */
        memcpy(queue->ring + put % queue->capacity, &(uint64_t){0}, sizeof(uint64_t));
        put += gap;
    }
    uint8_t *at = queue->ring + put % queue->capacity;
    memcpy(at, &parts->item, sizeof parts->item);
    at += sizeof parts->item;
    copy_part(&at, parts->body, parts->item.body_size);
    copy_part(&at, parts->event, parts->item.event_size);
    copy_part(&at, parts->text, parts->item.text_size);
    copy_part(&at, parts->evidence, parts->item.evidence_size);
    atomic_store_explicit(&queue->put, put + parts->item.size, memory_order_release);
    return true;
}

static bool is_cut(const struct history_queue *queue)
{
    return atomic_load_explicit(&queue->cut, memory_order_acquire) != UINT64_MAX;
}

bool history_queue_put(struct history_queue *queue, const struct history_record *record)
{
    struct parts parts;
    if (is_cut(queue)) {
        return false;
    }
    measure(record, &parts);
    if (try_put(queue, &parts)) {
        return true;
    }
    history_queue_give_up(queue, record->position);
    return false;
}

void history_queue_put_waiting(struct history_queue *queue, const struct history_record *record)
{
    struct parts parts;
    measure(record, &parts);
    must(parts.item.size <= queue->capacity / 2);
    while (!is_cut(queue) && !try_put(queue, &parts)) {
        wake(queue);
        (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
}

void history_queue_durable(struct history_queue *queue, uint64_t position)
{
    if (position > atomic_load_explicit(&queue->durable, memory_order_relaxed)) {
        atomic_store_explicit(&queue->durable, position, memory_order_release);
        wake(queue);
    }
}

bool history_queue_is_crowded(const struct history_queue *queue)
{
    uint64_t taken = atomic_load_explicit(&queue->taken, memory_order_acquire);
    return atomic_load_explicit(&queue->put, memory_order_relaxed) - taken > queue->capacity / 2;
}

uint64_t history_queue_cut_position(const struct history_queue *queue)
{
    uint64_t cut = atomic_load_explicit(&queue->cut, memory_order_acquire);
    return cut == UINT64_MAX ? 0 : cut;
}

void history_queue_stop(struct history_queue *queue)
{
    atomic_store(&queue->is_stopping, true);
    wake(queue);
}

void history_queue_give_up(struct history_queue *queue, uint64_t position)
{
    uint64_t none = UINT64_MAX;
    (void)atomic_compare_exchange_strong(&queue->cut, &none, position);
}

/* ---- reading ---- */

/* The item at taken, behind a gap if there is one; false when it is not there or may not leave yet. */
static bool peek(struct history_queue *queue, uint64_t until, struct item *out_item)
{
    uint64_t taken = atomic_load_explicit(&queue->taken, memory_order_relaxed) + queue->borrowed;
    queue->borrowed = 0;
    uint64_t put = atomic_load_explicit(&queue->put, memory_order_acquire);
    uint64_t size = 0;
    if (taken < put) {
        memcpy(&size, queue->ring + taken % queue->capacity, sizeof size);
        taken += size == 0 ? queue->capacity - taken % queue->capacity : 0;
    }
    atomic_store_explicit(&queue->taken, taken, memory_order_release);
    if (taken >= put) {
        return false;
    }
    memcpy(out_item, queue->ring + taken % queue->capacity, sizeof *out_item);
    return out_item->position <= until;
}

/* The event as it lies behind the effect: head, fields, bytes of string fields, free text. */
static void restore_event(struct event *event, const uint8_t *at)
{
    uint64_t strings = 0;
    event->head = (const void *)at;
    event->fields = (const void *)(event->head + 1);
    event->text = (const void *)(event->fields + event->head->field_count);
    for (uint32_t i = 0; i < event->head->field_count; i++) {
        const struct event_field *field = &event->fields[i];
        uint64_t end = (uint64_t)field->text_offset + field->size;
        strings = field->kind == FIELD_STRING && end > strings ? end : strings;
    }
    event->free_text = event->text + strings;
}

static void restore_effect(struct history_queue *queue, const struct item *item, const uint8_t *at)
{
    struct effect *effect = &queue->body.effect;
    if (effect->kind != EFFECT_TIMELINE) {
        return;
    }
    struct effect_timeline *line = &effect->of.timeline;
    if (item->event_size > 0) {
        restore_event(&queue->event, at);
        line->event = &queue->event;
    }
    if (item->text_size > 0) {
        line->text = (const char *)at + pad8(item->event_size);
    }
    if (item->evidence_size > 0) {
        line->evidence = (const void *)(at + pad8(item->event_size) + pad8(item->text_size));
    }
}

static void hand_out(struct history_queue *queue, const struct item *item,
                     struct history_record *out_record)
{
    uint64_t taken = atomic_load_explicit(&queue->taken, memory_order_relaxed);
    const uint8_t *at = queue->ring + taken % queue->capacity + sizeof *item;
    must(item->body_size <= sizeof queue->body);
    memcpy(&queue->body, at, item->body_size);
    at += pad8(item->body_size);
    *out_record = (struct history_record){.kind = (enum history_record_kind)item->kind,
                                          .position = item->position,
                                          .at_ms = item->at_ms,
                                          .repeats = item->repeats};
    if (item->kind == HISTORY_EFFECT) {
        restore_effect(queue, item, at);
        out_record->effect = &queue->body.effect;
    } else if (item->kind == HISTORY_CASE) {
        out_record->view = &queue->body.view;
    } else if (item->kind == HISTORY_ORDER) {
        out_record->order = &queue->body.order;
    } else {
        out_record->images = queue->body.images;
    }
    queue->borrowed = item->size;
}

static void sleep_ms(struct history_queue *queue, int64_t wait_ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + wait_ms % 1000 * 1000000;
    until.tv_sec += (time_t)(wait_ms / 1000 + ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    (void)pthread_mutex_lock(&queue->mutex);
    if (!atomic_load(&queue->is_stopping)) {
        (void)pthread_cond_timedwait(&queue->changed, &queue->mutex, &until);
    }
    (void)pthread_mutex_unlock(&queue->mutex);
}

/* What may leave now. Read before put: what is durable by then was put before. */
static uint64_t durable_until(const struct history_queue *queue)
{
    uint64_t durable = atomic_load_explicit(&queue->durable, memory_order_acquire);
    uint64_t cut = atomic_load_explicit(&queue->cut, memory_order_acquire);
    return durable < cut ? durable : cut - 1;
}

enum history_take history_queue_take(struct history_queue *queue, int64_t wait_ms,
                                     struct history_record *out_record, uint64_t *out_position)
{
    struct item item;
    for (int look = 0; look < 2; look++) {
        bool is_stopping = atomic_load(&queue->is_stopping);
        uint64_t until = durable_until(queue);
        if (peek(queue, until, &item)) {
            hand_out(queue, &item, out_record);
            return HISTORY_TAKE_RECORD;
        }
        if (until > queue->complete || is_stopping || look == 1) {
            queue->complete = until > queue->complete ? until : queue->complete;
            *out_position = queue->complete;
            return is_stopping ? HISTORY_TAKE_STOP : HISTORY_TAKE_IDLE;
        }
        sleep_ms(queue, wait_ms);
    }
    must(false);
    return HISTORY_TAKE_IDLE;
}
