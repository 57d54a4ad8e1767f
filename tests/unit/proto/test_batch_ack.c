/* test_batch_ack.c: an answer packed by hand is, byte for byte, what protobuf-c packs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/core/base.h"
#include "proto/batch_ack.h"

#define ROUNDS 20000
#define RESULTS_MAX 40u
#define BYTES_MAX (64u << 10)

static uint64_t state = 20261122;

static uint64_t roll(uint64_t limit)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(state) % limit;
}

/* Numbers of every length. */
static uint64_t roll_number(void)
{
    const uint64_t number = roll(UINT64_MAX);
    return number >> roll(64);
}

static char *roll_text(void)
{
    static char texts[3][300] = {"", "110108-20260303-0001"};
    memset(texts[2], 'x', sizeof texts[2] - 1); /* longer than a byte can say */
    const uint64_t which = roll(4);
    return which == 3 ? NULL : texts[which];
}

static void invent(Gridloop__Wire__Answer *answer, Gridloop__Wire__BatchAck *ack,
                   Gridloop__Wire__EventResult *rows, Gridloop__Wire__EventResult **pointers)
{
    static const Gridloop__Wire__EventResult blank = GRIDLOOP__WIRE__EVENT_RESULT__INIT;
    answer->kind_case = GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK;
    answer->batch_ack = ack;
    answer->has_request_id = (protobuf_c_boolean)roll(2);
    answer->request_id = roll_number();
    answer->has_now_ms = (protobuf_c_boolean)roll(2);
    answer->now_ms = (int64_t)roll_number();
    answer->has_speed = (protobuf_c_boolean)roll(2);
    answer->speed = (uint32_t)roll_number();
    ack->has_epoch = (protobuf_c_boolean)roll(2);
    ack->epoch = roll_number();
    ack->has_seq = (protobuf_c_boolean)roll(2);
    ack->seq = roll_number();
    ack->has_durable_position = (protobuf_c_boolean)roll(2);
    ack->durable_position = roll_number();
    ack->has_credit = (protobuf_c_boolean)roll(2);
    ack->credit = (uint32_t)roll_number();
    ack->n_results = roll(RESULTS_MAX);
    ack->results = pointers;
    for (size_t i = 0; i < ack->n_results; i++) {
        pointers[i] = &rows[i];
        rows[i] = blank;
        rows[i].has_code = (protobuf_c_boolean)roll(2);
        rows[i].code = (uint32_t)roll_number();
        rows[i].case_no = roll_text();
        rows[i].has_late = (protobuf_c_boolean)roll(2);
        rows[i].late = (protobuf_c_boolean)roll(2);
        rows[i].hint = roll_text();
        rows[i].has_report = (protobuf_c_boolean)roll(2);
        rows[i].report = (uint32_t)roll_number();
    }
}

static void packs_as_protobuf_does(void **unused)
{
    (void)unused;
    static uint8_t expected[BYTES_MAX], packed[BYTES_MAX];
    static Gridloop__Wire__EventResult rows[RESULTS_MAX];
    static Gridloop__Wire__EventResult *pointers[RESULTS_MAX];
    for (uint32_t i = 0; i < ROUNDS; i++) {
        Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
        Gridloop__Wire__BatchAck ack = GRIDLOOP__WIRE__BATCH_ACK__INIT;
        invent(&answer, &ack, rows, pointers);
        const size_t size = gridloop__wire__answer__get_packed_size(&answer);
        assert_true(size <= BYTES_MAX);
        assert_true(batch_ack_is_it(&answer));
        assert_int_equal(batch_ack_size(&answer), size);
        (void)gridloop__wire__answer__pack(&answer, expected);
        assert_int_equal(batch_ack_pack(&answer, packed), size);
        assert_memory_equal(packed, expected, size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(packs_as_protobuf_does)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
