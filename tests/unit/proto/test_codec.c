/* test_codec.c: what is sealed opens to the same; whatever else arrives is refused with a code, never a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/codec.h"
#include "proto/wire.h"

#define FUZZ_ROUNDS 150000u

static uint8_t *arena_block;
static struct codec_arena arena;
static uint8_t frame[CODEC_FRAME_SIZE_MAX];

static int set_up(void **state)
{
    (void)state;
    arena_block = aligned_alloc(64, CODEC_ARENA_SIZE);
    assert_non_null(arena_block);
    codec_arena_init(&arena, arena_block, CODEC_ARENA_SIZE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(arena_block);
    return 0;
}

/* A batch of one event with every field set; events points at the caller's. */
struct sample {
    Gridloop__Wire__Request request;
    Gridloop__Wire__EventBatch batch;
    Gridloop__Wire__Event event;
    Gridloop__Wire__Event *events[CODEC_EVENTS_MAX + 1];
    Gridloop__Wire__Field field;
    Gridloop__Wire__Field *fields[CODEC_FIELDS_MAX + 1];
    Gridloop__Wire__Place place;
    char id[16], type[32], name[16], text[70000];
};

static struct sample sample;

static void sample_init(uint32_t event_count)
{
    struct sample *s = &sample;
    gridloop__wire__request__init(&s->request);
    gridloop__wire__event_batch__init(&s->batch);
    gridloop__wire__event__init(&s->event);
    gridloop__wire__field__init(&s->field);
    gridloop__wire__place__init(&s->place);
    strcpy(s->id, "e1");
    strcpy(s->type, "camera.garbage_overflow");
    strcpy(s->name, "fill");
    strcpy(s->text, "垃圾桶满了");
    s->field.name = s->name;
    s->field.value_case = GRIDLOOP__WIRE__FIELD__VALUE_MICRO;
    s->field.micro = -930000;
    s->fields[0] = &s->field;
    s->place.has_lon_e7 = s->place.has_lat_e7 = 1;
    s->place.lon_e7 = -1163000000;
    s->place.lat_e7 = 399000000;
    s->event.id = s->id;
    s->event.type = s->type;
    s->event.text = s->text;
    s->event.place = &s->place;
    s->event.fields = s->fields;
    s->event.n_fields = 1;
    s->event.has_at_ms = 1;
    s->event.at_ms = 1772496000000;
    for (uint32_t i = 0; i < event_count; i++) {
        s->events[i] = &s->event;
    }
    s->batch.has_epoch = s->batch.has_seq = 1;
    s->batch.epoch = 1772496000001;
    s->batch.seq = 7;
    s->batch.n_events = event_count;
    s->batch.events = s->events;
    s->request.has_request_id = 1;
    s->request.request_id = 99;
    s->request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH;
    s->request.event_batch = &s->batch;
}

static size_t seal(void)
{
    size_t size = 0;
    struct codec_seal who = {.key_id = "camera-gateway-1"};
    assert_int_equal(codec_seal_request(&who, &sample.request, frame, sizeof(frame), &size),
                     ERR_OK);
    assert_int_equal(size, codec_request_size(&who, &sample.request));
    return size;
}

static enum code open_frame(size_t size, struct codec_request *out)
{
    return codec_open_frame(frame, size, &arena, out);
}

static void test_codec_request_round_trip(void **state)
{
    (void)state;
    sample_init(3);
    struct codec_request got;
    assert_int_equal(open_frame(seal(), &got), CODE_NOTHING);
    assert_string_equal(got.key_id, "camera-gateway-1");
    assert_int_equal(got.request_id, 99);
    assert_int_equal(got.unknown_fields, 0);
    assert_int_equal(got.request->kind_case, GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH);
    const Gridloop__Wire__EventBatch *batch = got.request->event_batch;
    assert_int_equal(batch->epoch, 1772496000001);
    assert_int_equal(batch->seq, 7);
    assert_int_equal(batch->n_events, 3);
    assert_string_equal(batch->events[2]->type, "camera.garbage_overflow");
    assert_string_equal(batch->events[2]->text, "垃圾桶满了");
    assert_int_equal(batch->events[2]->fields[0]->micro, -930000);
    assert_int_equal(batch->events[2]->place->lon_e7, -1163000000);
}

static void test_codec_full_batch_fits_the_arena(void **state)
{
    (void)state;
    sample_init(CODEC_EVENTS_MAX);
    for (uint32_t i = 0; i < CODEC_FIELDS_MAX; i++) {
        sample.fields[i] = &sample.field;
    }
    sample.event.n_fields = CODEC_FIELDS_MAX;
    memset(sample.text, 'x', 3000);
    sample.text[3000] = '\0';
    struct codec_request got;
    size_t size = seal();
    assert_true(size > 3500000);
    assert_int_equal(open_frame(size, &got), CODE_NOTHING);
    assert_int_equal(got.request->event_batch->n_events, CODEC_EVENTS_MAX);
    print_message("# a frame of %zu bytes used %zu bytes of the arena\n", size, arena.used);
}

static void test_codec_answer_round_trip(void **state)
{
    (void)state;
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__Reject reject = GRIDLOOP__WIRE__REJECT__INIT;
    reject.has_code = 1;
    reject.code = CODE_SEQ_GAP;
    reject.has_expected_seq = 1;
    reject.expected_seq = 12;
    answer.has_request_id = 1;
    answer.request_id = 4;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_REJECT;
    answer.reject = &reject;
    struct codec_seal who = {.key_id = NULL};
    size_t size = 0;
    assert_int_equal(codec_seal_answer(&who, &answer, frame, sizeof(frame), &size), ERR_OK);
    struct codec_answer got;
    assert_int_equal(codec_open_answer(frame, size, &arena, &got), CODE_NOTHING);
    assert_int_equal(got.request_id, 4);
    assert_int_equal(got.answer->reject->code, CODE_SEQ_GAP);
    assert_int_equal(got.answer->reject->expected_seq, 12);
    size_t short_size = 0;
    assert_int_equal(codec_seal_answer(&who, &answer, frame, size - 1, &short_size), ERR_TOO_LARGE);
}

static void test_codec_digest_follows_content_only(void **state)
{
    (void)state;
    struct codec_request first, second;
    sample_init(2);
    assert_int_equal(open_frame(seal(), &first), CODE_NOTHING);
    sample.request.request_id = 100; /* a resend has its own request id */
    assert_int_equal(open_frame(seal(), &second), CODE_NOTHING);
    assert_true(first.content_digest == second.content_digest);
    sample.field.micro++;
    assert_int_equal(open_frame(seal(), &second), CODE_NOTHING);
    assert_true(first.content_digest != second.content_digest);
}

static void test_codec_caps_hold(void **state)
{
    (void)state;
    struct codec_request got;
    sample_init(CODEC_EVENTS_MAX + 1);
    assert_int_equal(open_frame(seal(), &got), CODE_TOO_LARGE);
    assert_string_equal(got.hint, "EventBatch.events: more than 1000");
    assert_int_equal(got.request_id, 99);
    assert_string_equal(got.key_id, "camera-gateway-1");
    sample_init(0);
    assert_int_equal(open_frame(seal(), &got), CODE_MALFORMED);
    sample_init(1);
    memset(sample.text, 'x', CODEC_STRING_SIZE_MAX + 1);
    sample.text[CODEC_STRING_SIZE_MAX + 1] = '\0';
    assert_int_equal(open_frame(seal(), &got), CODE_TOO_LARGE);
    memset(sample.text, 'x', 66000);
    sample.text[66000] = '\0';
    assert_int_equal(open_frame(seal(), &got), CODE_TOO_LARGE);
    assert_string_equal(got.hint, "EventBatch.events: 66066 bytes, at most 65536");
    sample_init(1);
    for (uint32_t i = 0; i <= CODEC_FIELDS_MAX; i++) {
        sample.fields[i] = &sample.field;
    }
    sample.event.n_fields = CODEC_FIELDS_MAX + 1;
    assert_int_equal(open_frame(seal(), &got), CODE_TOO_LARGE);
    assert_int_equal(codec_open_frame(frame, (size_t)CODEC_FRAME_SIZE_MAX + 1, &arena, &got),
                     CODE_TOO_LARGE);
}

static void test_codec_text_must_be_text(void **state)
{
    (void)state;
    const char *const wrong[] = {"\xff",     "\xc0\x80",        "\xed\xa0\x80", "\xf5\x80\x80\x80",
                                 "\xe4\xb8", "\xf0\x8f\xbf\xbf"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        sample_init(1);
        strcpy(sample.text, wrong[i]);
        struct codec_request got;
        assert_int_equal(open_frame(seal(), &got), CODE_MALFORMED);
        assert_string_equal(got.hint, "Event.text: not UTF-8 text");
    }
}

/* Frame{version 1, key_id "g", sealed inner}. */
static size_t frame_around(const void *inner, size_t size)
{
    uint8_t *at = frame;
    memcpy(at, "\x08\x01\x12\x01g\x2a", 6);
    at = wire_put_varint(at + 6, size);
    memcpy(at, inner, size);
    return (size_t)(at - frame) + size;
}

#define INNER(text) frame_around(text, sizeof(text) - 1)

static void test_codec_unknown_is_told_from_malformed(void **state)
{
    (void)state;
    struct codec_request got;
    assert_int_equal(open_frame(INNER("\x08\x05\xa2\x06\x00"), &got),
                     CODE_UNKNOWN_COMMAND); /* field 100 */
    assert_int_equal(got.request_id, 5);
    assert_int_equal(open_frame(INNER("\x08\x05"), &got), CODE_MALFORMED);
    assert_int_equal(open_frame(INNER("\x08\x05\x12\x00\xa2\x06\x00"), &got),
                     CODE_NOTHING); /* Hello and more */
    assert_int_equal(got.unknown_fields, 1);
    assert_int_equal(open_frame(INNER("\x12\x00\x12\x00"), &got),
                     CODE_MALFORMED); /* a kind twice */
    assert_int_equal(open_frame(INNER("\x12\x00\x22\x00"), &got), CODE_MALFORMED); /* two kinds */
    assert_int_equal(open_frame(INNER("\x08\x05\x08\x05\x12\x00"), &got),
                     CODE_MALFORMED);                                      /* a field twice */
    assert_int_equal(open_frame(INNER("\x10\x01"), &got), CODE_MALFORMED); /* wrong wire type */
    assert_int_equal(open_frame(INNER("\x13\x14"), &got), CODE_MALFORMED); /* a group */
    assert_int_equal(open_frame(INNER("\x22\x06\x18\x80\x80\x80\x80\x10"), &got),
                     CODE_MALFORMED); /* u32 + 2^32 */
    memcpy(frame, "\x08\x02\x12\x01g\x2a\x00", 7);
    assert_int_equal(open_frame(7, &got), CODE_UNKNOWN_COMMAND);
    memcpy(frame, "\x12\x01 \x2a\x00", 5);
    assert_int_equal(open_frame(5, &got), CODE_UNKNOWN_IDENTITY);
    memcpy(frame, "\x2a\x02\x12\x00", 4);
    assert_int_equal(open_frame(4, &got), CODE_UNKNOWN_IDENTITY);
    memcpy(frame, "\x12\x01g\x18\x07\x2a\x02\x12\x00", 9);
    assert_int_equal(open_frame(9, &got), CODE_UNKNOWN_IDENTITY);
    assert_int_equal(open_frame(0, &got), CODE_MALFORMED);
}

static void test_codec_flood_of_fields_ends_at_a_bound(void **state)
{
    (void)state;
    static uint8_t inner[1u << 20];
    struct codec_request got;
    for (size_t i = 0; i < sizeof(inner); i += 2) {
        inner[i] = 0x78; /* unknown field 15, varint */
        inner[i + 1] = 0;
    }
    assert_int_equal(open_frame(frame_around(inner, sizeof(inner)), &got), CODE_TOO_LARGE);
    sample_init(3);
    size_t size = seal();
    struct codec_arena small;
    codec_arena_init(&small, arena_block, 256);
    assert_int_equal(codec_open_frame(frame, size, &small, &got), CODE_TOO_LARGE);
}

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mix64(random_state) >> 33) % bound;
}

/* Opens the bytes as both directions from a heap block of their exact size, so that ASan sees the first byte
 * read past the end. */
static void open_hostile(const uint8_t *bytes, size_t size, uint64_t *out_good)
{
    uint8_t *exact = malloc(size + (size == 0));
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    struct codec_request request;
    struct codec_answer answer;
    enum code code = codec_open_frame(exact, size, &arena, &request);
    assert_true((code == CODE_NOTHING) == (request.request != NULL));
    *out_good += code == CODE_NOTHING;
    code = codec_open_answer(exact, size, &arena, &answer);
    assert_true((code == CODE_NOTHING) == (answer.answer != NULL));
    *out_good += codec_check_event(exact, size) == CODE_NOTHING && size > 0;
    free(exact);
}

static void test_codec_hostile_bytes_never_crash(void **state)
{
    (void)state;
    const char *given = getenv("SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20260303;
    random_state = seed;
    print_message("# seed %llu, %u frames\n", (unsigned long long)seed, FUZZ_ROUNDS);
    uint64_t good = 0;
    static uint8_t bytes[4096];
    sample_init(4);
    size_t size = seal();
    assert_true(size < sizeof(bytes) - 64);
    for (uint32_t round = 0; round < FUZZ_ROUNDS; round++) {
        size_t now = size;
        if (round % 3 == 0) {
            now = random_below(200);
            for (size_t i = 0; i < now; i++) {
                bytes[i] = (uint8_t)random_below(256);
            }
        } else {
            memcpy(bytes, frame, size);
            for (uint32_t k = 1 + random_below(4); k > 0; k--) {
                bytes[random_below((uint32_t)size)] = (uint8_t)random_below(256);
            }
            now = random_below(4) == 0 ? random_below((uint32_t)size) : size;
        }
        open_hostile(bytes, now, &good);
    }
    print_message("# %llu of them were still well-formed\n", (unsigned long long)good);
    assert_true(good > 0);
    assert_true(good < FUZZ_ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codec_request_round_trip),
        cmocka_unit_test(test_codec_full_batch_fits_the_arena),
        cmocka_unit_test(test_codec_answer_round_trip),
        cmocka_unit_test(test_codec_digest_follows_content_only),
        cmocka_unit_test(test_codec_caps_hold),
        cmocka_unit_test(test_codec_text_must_be_text),
        cmocka_unit_test(test_codec_unknown_is_told_from_malformed),
        cmocka_unit_test(test_codec_flood_of_fields_ends_at_a_bound),
        cmocka_unit_test(test_codec_hostile_bytes_never_crash),
    };
    return cmocka_run_group_tests_name("tests/unit/proto/test_codec", tests, set_up, tear_down);
}
