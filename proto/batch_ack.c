/* batch_ack.c: see batch_ack.h. Fields are written ascending by number, as every encoder does. */
#include "proto/batch_ack.h"

#include "proto/wire.h"

#define TAG_NUMBER(field) ((uint8_t)((field) << 3))
#define TAG_BYTES(field) ((uint8_t)((field) << 3 | 2))

static inline size_t number_size(bool is_there, uint64_t number)
{
    return !is_there ? 0 : number < 0x80 ? 2 : 1 + wire_varint_size(number);
}

static inline uint8_t *put_number(uint8_t *at, uint8_t tag, bool is_there, uint64_t number)
{
    if (!is_there) {
        return at;
    }
    *at++ = tag;
    if (number < 0x80) {
        *at++ = (uint8_t)number;
        return at;
    }
    return wire_put_varint(at, number);
}

static inline size_t text_size(const char *text)
{
    if (text == NULL) {
        return 0;
    }
    const size_t size = strlen(text);
    return 1 + wire_varint_size(size) + size;
}

static inline uint8_t *put_text(uint8_t *at, uint8_t tag, const char *text)
{
    if (text == NULL) {
        return at;
    }
    const size_t size = strlen(text);
    *at++ = tag;
    at = wire_put_varint(at, size);
    memcpy(at, text, size);
    return at + size;
}

static size_t result_size(const Gridloop__Wire__EventResult *result)
{
    return number_size(result->has_code, result->code) + text_size(result->case_no) +
           (result->has_late ? 2 : 0) + text_size(result->hint) +
           number_size(result->has_report, result->report);
}

static uint8_t *put_result(uint8_t *at, const Gridloop__Wire__EventResult *result)
{
    at = put_number(at, TAG_NUMBER(1), result->has_code, result->code);
    at = put_text(at, TAG_BYTES(2), result->case_no);
    at = put_number(at, TAG_NUMBER(3), result->has_late, result->late != 0);
    at = put_text(at, TAG_BYTES(4), result->hint);
    return put_number(at, TAG_NUMBER(5), result->has_report, result->report);
}

static size_t ack_size(const Gridloop__Wire__BatchAck *ack)
{
    size_t size = number_size(ack->has_epoch, ack->epoch) + number_size(ack->has_seq, ack->seq) +
                  number_size(ack->has_durable_position, ack->durable_position) +
                  number_size(ack->has_credit, ack->credit);
    for (size_t i = 0; i < ack->n_results; i++) {
        const size_t result = result_size(ack->results[i]);
        size += 1 + wire_varint_size(result) + result;
    }
    return size;
}

static uint8_t *put_ack(uint8_t *at, const Gridloop__Wire__BatchAck *ack)
{
    at = put_number(at, TAG_NUMBER(1), ack->has_epoch, ack->epoch);
    at = put_number(at, TAG_NUMBER(2), ack->has_seq, ack->seq);
    at = put_number(at, TAG_NUMBER(3), ack->has_durable_position, ack->durable_position);
    for (size_t i = 0; i < ack->n_results; i++) {
        *at++ = TAG_BYTES(4);
        at = wire_put_varint(at, result_size(ack->results[i]));
        at = put_result(at, ack->results[i]);
    }
    return put_number(at, TAG_NUMBER(5), ack->has_credit, ack->credit);
}

bool batch_ack_is_it(const Gridloop__Wire__Answer *answer)
{
    return answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK;
}

size_t batch_ack_size(const Gridloop__Wire__Answer *answer)
{
    const size_t inner = ack_size(answer->batch_ack);
    return number_size(answer->has_request_id, answer->request_id) +
           number_size(answer->has_now_ms, (uint64_t)answer->now_ms) +
           number_size(answer->has_speed, answer->speed) + 1 + wire_varint_size(inner) + inner;
}

size_t batch_ack_pack(const Gridloop__Wire__Answer *answer, uint8_t *out_bytes)
{
    uint8_t *at = put_number(out_bytes, TAG_NUMBER(1), answer->has_request_id, answer->request_id);
    at = put_number(at, TAG_NUMBER(2), answer->has_now_ms, (uint64_t)answer->now_ms);
    at = put_number(at, TAG_NUMBER(3), answer->has_speed, answer->speed);
    *at++ = TAG_BYTES(5);
    at = wire_put_varint(at, ack_size(answer->batch_ack));
    at = put_ack(at, answer->batch_ack);
    return (size_t)(at - out_bytes);
}
