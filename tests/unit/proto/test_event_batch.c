/* test_event_batch.c: the quick way in takes what the slow way takes, and reads the same out of it.
 *
 * The slow way is forced by an unknown field behind the batch: the quick one leaves such a request alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "proto/event_batch.h"
#include "proto/wire.h"

#define ROUNDS 60000
#define EVENTS_MAX 6u
#define ARENA_SIZE (4u << 20)

static uint8_t *blocks[3];
static struct codec_arena quick_arena, slow_arena, frame_arena;
static uint64_t state = 20261122;

static uint64_t roll(uint64_t limit)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(state) % limit;
}

static int open_arenas(void **unused)
{
    (void)unused;
    struct codec_arena *arenas[] = {&quick_arena, &slow_arena, &frame_arena};
    for (size_t i = 0; i < COUNT_OF(arenas); i++) {
        blocks[i] = aligned_alloc(64, ARENA_SIZE);
        assert_non_null(blocks[i]);
        codec_arena_init(arenas[i], blocks[i], ARENA_SIZE);
    }
    return 0;
}

static int close_arenas(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        free(blocks[i]);
    }
    return 0;
}

/* A request of invented events; texts lie in the frame arena. */
static char *invent_text(size_t size_max)
{
    static const char *const PARTS[] = {"a", "C-017", "满", "camera.", "é", "0", " ", "垃圾"};
    char *text = codec_arena_take(&frame_arena, size_max + 1);
    size_t size = 0;
    const char *part = PARTS[roll(COUNT_OF(PARTS))];
    while (roll(6) != 0 && size + strlen(part) <= size_max) {
        memcpy(text + size, part, strlen(part));
        size += strlen(part);
        part = PARTS[roll(COUNT_OF(PARTS))];
    }
    text[size] = '\0';
    return text;
}

static Gridloop__Wire__Field *invent_field(void)
{
    static const Gridloop__Wire__Field blank = GRIDLOOP__WIRE__FIELD__INIT;
    Gridloop__Wire__Field *field = codec_arena_take(&frame_arena, sizeof *field);
    *field = blank;
    field->name = roll(8) != 0 ? invent_text(20) : NULL;
    field->value_case = (Gridloop__Wire__Field__ValueCase)(roll(5) + 1);
    switch (field->value_case) {
    case GRIDLOOP__WIRE__FIELD__VALUE_MICRO:
        field->micro = (int64_t)roll(UINT64_MAX) >> roll(64);
        break;
    case GRIDLOOP__WIRE__FIELD__VALUE_NUMBER:
        field->number = (double)roll(100000) / 7;
        break;
    case GRIDLOOP__WIRE__FIELD__VALUE_TEXT:
        field->text = invent_text(40);
        break;
    case GRIDLOOP__WIRE__FIELD__VALUE_FLAG:
        field->flag = roll(2) != 0;
        break;
    case GRIDLOOP__WIRE__FIELD__VALUE__NOT_SET:
    case _GRIDLOOP__WIRE__FIELD__VALUE__CASE_IS_INT_SIZE:
    default:
        field->value_case = GRIDLOOP__WIRE__FIELD__VALUE__NOT_SET;
        break;
    }
    return field;
}

static Gridloop__Wire__Event *invent_event(void)
{
    static const Gridloop__Wire__Event blank = GRIDLOOP__WIRE__EVENT__INIT;
    static const Gridloop__Wire__Place nowhere = GRIDLOOP__WIRE__PLACE__INIT;
    Gridloop__Wire__Event *event = codec_arena_take(&frame_arena, sizeof *event);
    *event = blank;
    event->id = roll(4) != 0 ? invent_text(30) : NULL;
    event->type = roll(8) != 0 ? invent_text(30) : NULL;
    event->device = roll(2) != 0 ? invent_text(12) : NULL;
    event->text = roll(4) == 0 ? invent_text(200) : NULL;
    event->has_at_ms = roll(2) != 0;
    event->at_ms = event->has_at_ms ? (int64_t)roll(UINT64_MAX) >> roll(64) : 0;
    event->has_flags = roll(4) == 0;
    event->flags = event->has_flags ? (uint32_t)roll(UINT32_MAX) : 0;
    if (roll(3) == 0) {
        event->place = codec_arena_take(&frame_arena, sizeof *event->place);
        *event->place = nowhere;
        event->place->has_lon_e7 = event->place->has_accuracy_cm = roll(2) != 0;
        event->place->lon_e7 = event->place->has_lon_e7 ? (int32_t)roll(UINT32_MAX) : 0;
        event->place->has_lat_e7 = 1;
        event->place->lat_e7 = (int32_t)roll(UINT32_MAX);
        event->place->accuracy_cm = event->place->has_accuracy_cm ? (uint32_t)roll(UINT32_MAX) : 0;
    }
    event->n_fields = roll(5);
    event->fields = codec_arena_take(&frame_arena, 8 * sizeof event->fields[0]);
    for (size_t i = 0; i < event->n_fields; i++) {
        event->fields[i] = invent_field();
    }
    return event;
}

static size_t invent_request(uint8_t *out, size_t capacity)
{
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__EventBatch batch = GRIDLOOP__WIRE__EVENT_BATCH__INIT;
    Gridloop__Wire__Event *events[EVENTS_MAX];
    codec_arena_reset(&frame_arena);
    batch.has_epoch = batch.has_seq = 1;
    batch.epoch = roll(3);
    batch.seq = roll(UINT64_MAX) >> roll(64);
    batch.n_events = roll(EVENTS_MAX) + 1;
    batch.events = events;
    for (size_t i = 0; i < batch.n_events; i++) {
        events[i] = invent_event();
    }
    request.has_request_id = 1;
    request.request_id = roll(1u << 20);
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH;
    request.event_batch = &batch;
    assert_true(gridloop__wire__request__get_packed_size(&request) <= capacity);
    return gridloop__wire__request__pack(&request, out);
}

/* Frame{version, key_id, sealed} with an unknown field behind the request. */
static size_t frame_with_stranger(const uint8_t *request, size_t size, uint8_t *out)
{
    uint8_t *at = out;
    *at++ = 1 << 3;
    *at++ = CODEC_VERSION;
    *at++ = 2 << 3 | 2;
    *at++ = 2;
    *at++ = 'g';
    *at++ = 'w';
    *at++ = 5 << 3 | 2;
    at = wire_put_varint(at, size + 3);
    memcpy(at, request, size);
    at += size;
    at = wire_put_varint(at, 1000 << 3);
    *at++ = 1;
    return (size_t)(at - out);
}

/* True when the quick way takes the bytes; then the slow way must, with the same content. */
static bool compare(const uint8_t *request, size_t size)
{
    static uint8_t frame[1 << 16], one[1 << 16], other[1 << 16];
    struct event_batch_span span;
    struct codec_request slow;
    codec_arena_reset(&quick_arena);
    const Gridloop__Wire__Request *quick = event_batch_read(request, size, &quick_arena, &span);
    const size_t frame_size = frame_with_stranger(request, size, frame);
    const enum code code = codec_open_frame(frame, frame_size, &slow_arena, &slow);
    if (quick == NULL) {
        return false;
    }
    assert_true(span.bytes >= request && span.bytes + span.size == request + size);
    if (quick->event_batch->n_events == 0) {
        assert_int_equal(code, CODE_MALFORMED); /* said by codec.c after either way */
        return true;
    }
    if (code != CODE_NOTHING) {
        fail_msg("taken quickly, refused slowly: %s", slow.hint);
    }
    assert_int_equal(slow.unknown_fields, 1);
    assert_int_equal(slow.request_id, quick->request_id);
    const size_t one_size = gridloop__wire__event_batch__pack(quick->event_batch, one);
    const size_t other_size = gridloop__wire__event_batch__pack(slow.request->event_batch, other);
    assert_int_equal(one_size, other_size);
    assert_memory_equal(one, other, one_size);
    return true;
}

static void test_what_an_encoder_writes_is_taken(void **unused)
{
    (void)unused;
    uint8_t bytes[16384];
    for (int round = 0; round < 2000; round++) {
        const size_t size = invent_request(bytes, sizeof bytes);
        assert_true(compare(bytes, size));
    }
}

static void test_damaged_bytes_are_never_taken_otherwise(void **unused)
{
    (void)unused;
    uint8_t bytes[16384];
    uint32_t taken = 0;
    for (int round = 0; round < ROUNDS; round++) {
        size_t size = invent_request(bytes, sizeof bytes);
        for (uint64_t i = roll(3) + 1; i > 0; i--) {
            bytes[roll(size)] =
                roll(2) != 0 ? (uint8_t)roll(256) : (uint8_t)(bytes[roll(size)] ^ 1u << roll(8));
        }
        size = roll(8) == 0 ? roll(size) + 1 : size;
        taken += compare(bytes, size);
    }
    print_message("# %u of %d damaged requests are still requests\n", taken, ROUNDS);
    assert_true(taken > ROUNDS / 100 && taken < ROUNDS);
}

/* Caps are codec.c's to name: one over any of them is left to it. */
static void test_one_over_a_cap_is_left_alone(void **unused)
{
    (void)unused;
    static char text[CODEC_STRING_SIZE_MAX + 2];
    static uint8_t bytes[1 << 17];
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__EventBatch batch = GRIDLOOP__WIRE__EVENT_BATCH__INIT;
    Gridloop__Wire__Event event = GRIDLOOP__WIRE__EVENT__INIT, *events[CODEC_EVENTS_MAX + 1];
    struct event_batch_span span;
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        events[i] = &event;
    }
    request.has_request_id = 1;
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH;
    request.event_batch = &batch;
    batch.events = events;
    for (int over = 0; over < 2; over++) {
        batch.n_events = CODEC_EVENTS_MAX + (size_t)over;
        size_t size = gridloop__wire__request__pack(&request, bytes);
        codec_arena_reset(&quick_arena);
        assert_int_equal(event_batch_read(bytes, size, &quick_arena, &span) == NULL, over);
        batch.n_events = 1;
        memset(text, 'x', CODEC_STRING_SIZE_MAX + (size_t)over);
        event.text = text;
        size = gridloop__wire__request__pack(&request, bytes);
        codec_arena_reset(&quick_arena);
        assert_int_equal(event_batch_read(bytes, size, &quick_arena, &span) == NULL, over);
        event.text = NULL;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_an_encoder_writes_is_taken),
        cmocka_unit_test(test_damaged_bytes_are_never_taken_otherwise),
        cmocka_unit_test(test_one_over_a_cap_is_left_alone),
    };
    return cmocka_run_group_tests_name("proto/event_batch", tests, open_arenas, close_arenas);
}
