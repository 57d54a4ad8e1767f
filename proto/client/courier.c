/* courier.c: see courier.h for what is sent when. */
#include "proto/client/courier.h"

#include "proto/wire.h"

#include <stdio.h>
#include <time.h>

#define RESEND_MS_MAX 30000u
#define HOLD_MS_MIN 200
#define HOLD_MS_REFUSED 2000 /* nothing changes before a person does something */
#define UNCONNECTED_MS 25
#define BATCH_SIZE_MAX (1u << 20)
#define EVENT_OVERHEAD 4u /* tag and length of one event in a batch */
#define SILENCES_BEFORE_NEXT_URL 3u
#define CLIENT_NAME "libgridloop/0"

enum { KIND_HELLO = 2 };

static uint64_t real_ms(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

enum err courier_open(struct courier *courier, const char *urls, const char *identity,
                      struct link_key key, const char *path, const struct outbox_options *outbox,
                      const struct courier_options *options, uint64_t *out_cut_size)
{
    *courier = (struct courier){.options = *options, .resend_ms = options->resend_ms, .credit = 1};
    struct outbox_options with_epoch = *outbox;
    with_epoch.epoch = real_ms();
    enum err err = outbox_open(path, &with_epoch, &courier->outbox, out_cut_size);
    if (err != ERR_OK) {
        return err;
    }
    uint32_t item_size_max = OUTBOX_ITEM_SIZE_MAX + EVENT_OVERHEAD;
    size_t capacity =
        32 + (options->batch_items_max == 1 ? item_size_max : BATCH_SIZE_MAX + item_size_max);
    err = link_open_with(&courier->link, urls, identity, key, capacity);
    if (err != ERR_OK) {
        outbox_close(courier->outbox);
    }
    return err;
}

void courier_close(struct courier *courier)
{
    link_close(&courier->link);
    outbox_close(courier->outbox);
}

void courier_greet_again(struct courier *courier)
{
    courier->is_greeted = false;
    courier->hello_at_ms = 0;
}

/* The file is the promise: once it fails nothing that depends on it may go out. */
static bool stored(struct courier *courier, enum err err)
{
    if (err != ERR_OK && courier->failure == ERR_OK) {
        courier->failure = err;
    }
    return err == ERR_OK;
}

static void mark_unsent(struct courier *courier, uint32_t from)
{
    for (uint32_t i = from; i < OUTBOX_BATCHES_MAX; i++) {
        courier->flights[i].sent_at_ms = 0;
    }
}

static void forget_flights(struct courier *courier, uint32_t from)
{
    memset(&courier->flights[from], 0, (OUTBOX_BATCHES_MAX - from) * sizeof(courier->flights[0]));
}

static void hold(struct courier *courier, enum code code, int64_t hold_ms)
{
    courier->held_code = code;
    courier->hold_until_ms = link_monotonic_ms() + hold_ms;
}

/* Numbers everything waiting anew. Only when the engine cannot have taken any of it under the old numbers. */
static void renew(struct courier *courier, uint64_t newer_than)
{
    uint64_t epoch = outbox_epoch(courier->outbox);
    epoch = epoch > newer_than ? epoch : newer_than;
    uint64_t now_ms = real_ms();
    epoch = now_ms > epoch ? now_ms : epoch + 1;
    if (stored(courier, outbox_renew(courier->outbox, epoch))) {
        forget_flights(courier, 0);
    }
}

/* ---- answers ---- */

/* Acks what is settled at the front, oldest first. */
static void ack_front(struct courier *courier)
{
    while (outbox_batch_count(courier->outbox) > 0 && courier->flights[0].is_settled) {
        if (!stored(courier, outbox_ack(courier->outbox))) {
            return;
        }
        memmove(&courier->flights[0], &courier->flights[1],
                (OUTBOX_BATCHES_MAX - 1) * sizeof(courier->flights[0]));
        courier->flights[OUTBOX_BATCHES_MAX - 1] = (struct courier_flight){0};
    }
}

static uint32_t settle(struct courier *courier, uint32_t index,
                       const Gridloop__Wire__Answer *answer)
{
    if (courier->flights[index].is_settled) {
        return 0;
    }
    courier->flights[index].is_settled = true;
    courier->held_code = CODE_NOTHING;
    courier->options.on_settled(courier->options.context, index, answer);
    ack_front(courier);
    return 1;
}

/* A refusal that cannot pass by waiting. The engine has not taken the batch nor any after it. */
static uint32_t take_poison(struct courier *courier, uint32_t index,
                            const Gridloop__Wire__Answer *answer)
{
    struct outbox_batch batch = outbox_batch_at(courier->outbox, index);
    if (batch.count > 1) {
        courier->small_left = batch.count;
        if (stored(courier, outbox_dissolve(courier->outbox, index))) {
            forget_flights(courier, index);
        }
        return 0;
    }
    if (index + 1 < outbox_batch_count(courier->outbox) &&
        !stored(courier, outbox_dissolve(courier->outbox, index + 1))) {
        return 0;
    }
    courier->options.on_settled(courier->options.context, index, answer);
    if (stored(courier, outbox_discard_last(courier->outbox))) {
        forget_flights(courier, index);
    }
    return 1;
}

static void take_gap(struct courier *courier, uint32_t index, uint64_t expected)
{
    uint64_t first = outbox_batch_at(courier->outbox, 0).seq;
    uint64_t seq = outbox_batch_at(courier->outbox, index).seq;
    if (expected == 0) {
        courier_greet_again(courier); /* the welcome tells */
        return;
    }
    if (expected < first) {
        renew(courier, 0);
        return;
    }
    if (expected >= seq) {
        courier->flights[index].sent_at_ms = 0;
        hold(courier, CODE_NOTHING, HOLD_MS_MIN);
        return;
    }
    uint32_t missing = (uint32_t)(expected - first);
    /* Every batch sent after the lost one brings the same refusal; one rewind is enough. */
    if (courier->flights[missing].sent_number < courier->flights[index].sent_number) {
        mark_unsent(courier, missing);
    }
}

static bool is_refusal_of_batch(uint32_t code)
{
    return code == CODE_SEQ_GAP || code == CODE_EPOCH_OLD || code == CODE_SEQ_REUSED ||
           code == CODE_RESOLVE_AGAIN || code == CODE_RATE || code == CODE_OVERLOADED ||
           code == CODE_NO_CITY || code == CODE_UNKNOWN_IDENTITY;
}

static uint32_t take_refusal(struct courier *courier, uint32_t index, uint32_t code,
                             const Gridloop__Wire__Answer *answer)
{
    const Gridloop__Wire__Reject *reject =
        answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT ? answer->reject : NULL;
    (void)snprintf(courier->hint, sizeof(courier->hint), "%s",
                   reject != NULL && reject->hint != NULL ? reject->hint : "");
    int64_t retry_ms = reject != NULL && reject->has_retry_after_ms ? reject->retry_after_ms : 0;
    retry_ms = retry_ms < HOLD_MS_MIN ? HOLD_MS_MIN : min_i64(retry_ms, 60000);
    if (code == CODE_SEQ_GAP) {
        take_gap(courier, index,
                 reject != NULL && reject->has_expected_seq ? reject->expected_seq : 0);
        return 0;
    }
    if (code == CODE_SEQ_REUSED) {
        renew(courier, 0); /* what the engine took under that number was something else */
        return 0;
    }
    if (code == CODE_RESOLVE_AGAIN) {
        mark_unsent(courier, index);
        return 0;
    }
    if (code == CODE_RATE || code == CODE_OVERLOADED || code == CODE_NO_CITY ||
        code == CODE_TABLE_FULL) {
        mark_unsent(courier, index);
        hold(courier, (enum code)code, retry_ms);
        return 0;
    }
    if (code == CODE_EPOCH_OLD || code == CODE_UNKNOWN_IDENTITY || code == CODE_NO_RIGHT) {
        mark_unsent(courier, index);
        hold(courier, (enum code)code, max_i64(retry_ms, HOLD_MS_REFUSED));
        courier_greet_again(courier);
        return 0;
    }
    return take_poison(courier, index, answer);
}

static void take_welcome(struct courier *courier, const Gridloop__Wire__Welcome *welcome)
{
    const struct outbox *outbox = courier->outbox;
    uint64_t ours = outbox_epoch(outbox);
    uint64_t theirs = welcome->has_epoch ? welcome->epoch : 0;
    uint64_t last_seq = welcome->has_last_seq ? welcome->last_seq : 0;
    uint64_t first =
        outbox_batch_count(outbox) > 0 ? outbox_batch_at(outbox, 0).seq : outbox_next_seq(outbox);
    if (theirs > ours && !outbox_is_fresh(outbox)) {
        (void)snprintf(courier->hint, sizeof(courier->hint),
                       "another outbox of this identity is newer (epoch %llu, this one %llu)",
                       (unsigned long long)theirs, (unsigned long long)ours);
        hold(courier, CODE_EPOCH_OLD, HOLD_MS_REFUSED);
        courier->hello_at_ms = 0;
        return;
    }
    bool is_unknown_there = theirs < ours && first > 1;
    bool is_behind_there = theirs == ours && last_seq + 1 < first;
    bool is_ahead_there =
        theirs == ours && last_seq >= outbox_next_seq(outbox) && outbox_batch_count(outbox) == 0;
    if ((outbox_is_fresh(outbox) && theirs >= ours) || is_unknown_there || is_behind_there ||
        is_ahead_there) {
        renew(courier, theirs);
    }
    courier->credit =
        welcome->has_credit ? min_u32(welcome->credit, courier->options.credit_max) : 1;
    courier->is_greeted = true;
    courier->held_code = CODE_NOTHING;
    mark_unsent(courier, 0);
    if (courier->credit == 0) {
        hold(courier, CODE_OVERLOADED, 1000);
        courier_greet_again(courier);
    }
    if (courier->options.on_welcome != NULL) {
        courier->options.on_welcome(courier->options.context, welcome);
    }
}

/* The batch this answer is about; NONE32: none of ours (any more). Refusals count only for the last send: an
 * older one was about a state that has passed. */
static uint32_t find_flight(const struct courier *courier, uint64_t request_id, bool is_last_only)
{
    uint32_t count = outbox_batch_count(courier->outbox);
    for (uint32_t i = 0; i < count; i++) {
        const struct courier_flight *flight = &courier->flights[i];
        uint32_t id_count = is_last_only ? 1 : (uint32_t)COUNT_OF(flight->request_ids);
        for (uint32_t k = 0; k < id_count; k++) {
            if (flight->request_ids[k] == request_id && request_id != 0) {
                return i;
            }
        }
    }
    return NONE32;
}

static uint32_t find_seq(const struct courier *courier, const Gridloop__Wire__BatchAck *ack)
{
    uint32_t count = outbox_batch_count(courier->outbox);
    if (count == 0 || ack->epoch != outbox_epoch(courier->outbox)) {
        return NONE32;
    }
    uint64_t first = outbox_batch_at(courier->outbox, 0).seq;
    return ack->seq >= first && ack->seq - first < count ? (uint32_t)(ack->seq - first) : NONE32;
}

static uint32_t take_ack(struct courier *courier, const Gridloop__Wire__Answer *answer,
                         uint64_t request_id)
{
    const Gridloop__Wire__BatchAck *ack = answer->batch_ack;
    uint32_t index = ack->has_epoch && ack->has_seq ? find_seq(courier, ack)
                                                    : find_flight(courier, request_id, false);
    if (ack->has_credit) {
        courier->credit = min_u32(ack->credit, courier->options.credit_max);
        if (courier->credit == 0) {
            hold(courier, CODE_OVERLOADED, 1000);
            courier_greet_again(courier);
        }
    }
    if (index == NONE32 || courier->flights[index].request_ids[0] == 0) {
        return 0;
    }
    if (ack->n_results == 1 && is_refusal_of_batch(ack->results[0]->code)) {
        return find_flight(courier, request_id, true) == index
                   ? take_refusal(courier, index, ack->results[0]->code, answer)
                   : 0;
    }
    return settle(courier, index, answer);
}

static uint32_t take_answer(struct courier *courier, const struct codec_answer *got)
{
    const Gridloop__Wire__Answer *answer = got->answer;
    courier->silences = 0;
    courier->resend_ms = courier->options.resend_ms;
    courier->answered_at_ms = link_monotonic_ms();
    uint32_t index = NONE32;
    switch ((uint32_t)answer->kind_case) {
    case GRIDLOOP__WIRE__ANSWER__KIND_WELCOME:
        if (got->request_id == courier->hello_id && !courier->is_greeted) {
            take_welcome(courier, answer->welcome);
        }
        return 0;
    case GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK:
        return take_ack(courier, answer, got->request_id);
    case GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT:
        index = find_flight(courier, got->request_id, false);
        if (index == NONE32) {
            return 0;
        }
        if (is_refusal_of_batch(answer->act_result->code)) {
            return take_refusal(courier, index, answer->act_result->code, answer);
        }
        return settle(courier, index, answer);
    case GRIDLOOP__WIRE__ANSWER__KIND_REJECT:
        index = find_flight(courier, got->request_id, true);
        if (index != NONE32) {
            return courier->flights[index].is_settled
                       ? 0
                       : take_refusal(courier, index, answer->reject->code, answer);
        }
        if (got->request_id == courier->hello_id && !courier->is_greeted) {
            (void)snprintf(courier->hint, sizeof(courier->hint), "%s",
                           answer->reject->hint != NULL ? answer->reject->hint : "");
            hold(courier, (enum code)answer->reject->code,
                 max_i64(min_i64(answer->reject->retry_after_ms, 60000), HOLD_MS_MIN));
            courier->hello_at_ms = 0;
        }
        return 0;
    default: /* Tasks come on another link */
        return 0;
    }
}

/* ---- sending ---- */

static void note_silence(struct courier *courier)
{
    courier->silences++;
    courier->resend_ms = min_u32(courier->resend_ms * 2, RESEND_MS_MAX);
    if (courier->silences % SILENCES_BEFORE_NEXT_URL != 0) {
        return;
    }
    courier_greet_again(courier);
    if (link_next(&courier->link) == ERR_OK && courier->link.url_count > 1) {
        courier->resend_ms = courier->options.resend_ms; /* the next one did nothing wrong yet */
    }
}

static void greet(struct courier *courier, int64_t now_ms)
{
    if (courier->hello_at_ms != 0 && now_ms - courier->hello_at_ms < courier->resend_ms) {
        return;
    }
    if (courier->hello_at_ms != 0) {
        note_silence(courier);
    }
    uint8_t *inner = link_inner(&courier->link);
    const size_t name_size = sizeof(CLIENT_NAME) - 1;
    inner[0] = 1 << 3 | 2;
    inner[1] = (uint8_t)name_size;
    memcpy(inner + 2, CLIENT_NAME, name_size);
    if (link_send(&courier->link, KIND_HELLO, 2 + name_size, &courier->hello_id) == ERR_OK) {
        courier->hello_at_ms = now_ms;
        courier->blocked_at_ms = 0;
    } else if (courier->blocked_at_ms == 0) {
        courier->blocked_at_ms = now_ms;
    } else if (now_ms - courier->blocked_at_ms >= courier->options.resend_ms) {
        /* No connection is a silence too; nanomsg goes on connecting meanwhile. */
        courier->blocked_at_ms = now_ms;
        note_silence(courier);
    }
}

/* Writes the batch into the link's buffer: epoch, seq, then the payloads. A resend has the same bytes. */
static enum err write_batch(struct courier *courier, uint32_t index, uint32_t *out_kind,
                            size_t *out_size)
{
    struct outbox_batch batch = outbox_batch_at(courier->outbox, index);
    uint8_t *start = link_inner(&courier->link);
    uint8_t *end = start + courier->link.inner_capacity;
    uint8_t *at = start;
    *at++ = 1 << 3;
    at = wire_put_varint(at, outbox_epoch(courier->outbox));
    *at++ = 2 << 3;
    at = wire_put_varint(at, batch.seq);
    uint8_t payload[OUTBOX_ITEM_SIZE_MAX];
    struct outbox_item item = {0};
    for (uint32_t i = 0; i < batch.count; i++) {
        enum err err = outbox_read(courier->outbox, index, i, payload, sizeof(payload), &item);
        if (err != ERR_OK) {
            return err;
        }
        must((size_t)(end - at) >= (size_t)item.size + EVENT_OVERHEAD);
        if (item.tag == COURIER_EVENT) {
            *at++ = 3 << 3 | 2;
            at = wire_put_varint(at, item.size);
        }
        memcpy(at, payload, item.size);
        at += item.size;
    }
    *out_kind = item.tag;
    *out_size = (size_t)(at - start);
    return ERR_OK;
}

/* false: no connection now, or the file failed. */
static bool send_batch(struct courier *courier, uint32_t index, int64_t now_ms)
{
    uint32_t kind = 0;
    size_t size = 0;
    uint64_t request_id = 0;
    if (!stored(courier, write_batch(courier, index, &kind, &size))) {
        return false;
    }
    if (link_send(&courier->link, kind, size, &request_id) != ERR_OK) {
        return false;
    }
    struct courier_flight *flight = &courier->flights[index];
    memmove(&flight->request_ids[1], &flight->request_ids[0],
            sizeof(flight->request_ids) - sizeof(flight->request_ids[0]));
    flight->request_ids[0] = request_id;
    flight->sent_at_ms = now_ms;
    flight->sent_number = ++courier->sends;
    return true;
}

/* The oldest batch was not answered in time: it and all after it go out again. */
static void check_silence(struct courier *courier, int64_t now_ms)
{
    const struct courier_flight *oldest = &courier->flights[0];
    if (outbox_batch_count(courier->outbox) == 0 || oldest->sent_at_ms == 0 ||
        now_ms - max_i64(oldest->sent_at_ms, courier->answered_at_ms) < courier->resend_ms) {
        return;
    }
    mark_unsent(courier, 0);
    note_silence(courier);
}

static void send_due(struct courier *courier, int64_t now_ms)
{
    uint32_t count = outbox_batch_count(courier->outbox);
    for (uint32_t i = 0; i < count && i < courier->credit; i++) {
        const struct courier_flight *flight = &courier->flights[i];
        if (flight->is_settled || flight->sent_at_ms != 0) {
            continue;
        }
        if (!send_batch(courier, i, now_ms)) {
            return;
        }
    }
    while (count < courier->credit && count < OUTBOX_BATCHES_MAX &&
           outbox_has_loose(courier->outbox)) {
        uint32_t limit = courier->small_left > 0 ? 1 : courier->options.batch_items_max;
        if (!stored(courier, outbox_cut(courier->outbox, limit, BATCH_SIZE_MAX, EVENT_OVERHEAD))) {
            return;
        }
        courier->small_left -= courier->small_left > 0;
        courier->flights[count] = (struct courier_flight){0};
        if (!send_batch(courier, count, now_ms)) {
            return;
        }
        count++;
    }
}

uint32_t courier_turn(struct courier *courier)
{
    uint32_t settled = 0;
    struct codec_answer got;
    while (courier->failure == ERR_OK && link_receive(&courier->link, &got)) {
        settled += take_answer(courier, &got);
    }
    int64_t now_ms = link_monotonic_ms();
    if (courier->renewals != courier->link.sealing.renewals) {
        courier->renewals = courier->link.sealing.renewals;
        courier_greet_again(courier); /* what was on its way under the session before is lost */
    }
    if (courier->failure != ERR_OK || now_ms < courier->hold_until_ms) {
        return settled;
    }
    if (!courier->is_greeted) {
        greet(courier, now_ms);
        return settled;
    }
    check_silence(courier, now_ms);
    if (courier->is_greeted) {
        send_due(courier, now_ms);
    }
    return settled;
}

uint32_t courier_wait_ms(const struct courier *courier)
{
    int64_t now_ms = link_monotonic_ms();
    if (now_ms < courier->hold_until_ms) {
        return (uint32_t)min_i64(courier->hold_until_ms - now_ms, 1000);
    }
    bool is_idle = courier->is_greeted && outbox_waiting(courier->outbox) == 0;
    bool is_on_its_way =
        courier->is_greeted ? courier->flights[0].sent_at_ms != 0 : courier->hello_at_ms != 0;
    if (is_idle) {
        return 1000;
    }
    return is_on_its_way ? min_u32(courier->resend_ms / 4 + 1, 250) : UNCONNECTED_MS;
}

uint32_t courier_wait(struct courier *courier, uint32_t wait_ms)
{
    uint32_t settled = courier_turn(courier);
    wait_ms = min_u32(wait_ms, courier_wait_ms(courier));
    if (settled > 0 || wait_ms == 0) {
        return settled;
    }
    link_wait(&courier->link, wait_ms);
    return courier_turn(courier);
}

bool courier_flush(struct courier *courier, uint32_t wait_ms)
{
    const int64_t end_ms = link_monotonic_ms() + wait_ms;
    for (;;) {
        const int64_t left_ms = end_ms - link_monotonic_ms();
        (void)courier_wait(courier, left_ms > 0 ? (uint32_t)left_ms : 0);
        if (outbox_waiting(courier->outbox) == 0) {
            return true;
        }
        if (left_ms <= 0 || courier->failure != ERR_OK) {
            return false;
        }
    }
}
