/* test_command.c: batches read back as written; hostile bytes are refused, never followed. */
#include "engine/core/command.h"

#include "engine/core/code.h"
#include "engine/core/life.h"
#include "engine/core/policy.h"
#include "tests/unit/panic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CAPACITY 8192u
#define FUZZ_ROUNDS 200000u
#define FUZZ_SEED UINT64_C(20260303)

struct buffers {
    _Alignas(8) uint8_t payload[CAPACITY];
    struct place places[8];
    struct batch_writer writer;
};

static struct command_head head_of(enum command_kind kind, uint64_t seq)
{
    return (struct command_head){
        .kind = (uint16_t)kind,
        .principal = {1, 2},
        .epoch = 3,
        .seq = seq,
        .content_digest = 4,
        .received_at_ms = 5,
        .facts_digest = {6, 7},
    };
}

static struct event_head event_of(uint8_t field_count, uint32_t text_size)
{
    return (struct event_head){
        .type = 4,
        .id = {8, 9},
        .event_at_ms = 10,
        .place = {1200000000, 300000000},
        .device = NONE32,
        .cell = 3,
        .asset = NONE32,
        .zone = NONE32,
        .area_count = 2,
        .field_count = field_count,
        .text_size = text_size,
        .areas = {2, 5},
    };
}

static const struct event_field FIELDS[] = {
    {.field = 1, .kind = FIELD_NUMBER, .a = 930000},
    {.field = 4, .kind = FIELD_STRING, .size = 5, .text_offset = 0, .a = 11, .b = 12},
    {.field = 9, .kind = FIELD_BOOL, .a = 1},
    {.field = 12, .kind = FIELD_STRING, .size = 3, .text_offset = 5, .a = 13, .b = 14},
};

/* One command of each kind, with every optional part. */
static void write_all(struct buffers *b)
{
    batch_begin(&b->writer, b->payload, CAPACITY, b->places, 8);
    struct command_head head = head_of(COMMAND_START, 0);
    struct start_body start = {1, 60, 1000};
    assert_int_equal(batch_put(&b->writer, &head, &start, sizeof start, place_none()), ERR_OK);
    head = head_of(COMMAND_ACTIVATE, 0);
    struct activate_body activate = {.city = {1, 1}, .policy = {2, 2}, .reason = "because"};
    assert_int_equal(batch_put(&b->writer, &head, &activate, sizeof activate, place_none()),
                     ERR_OK);
    head = head_of(COMMAND_TICK, 0);
    assert_int_equal(batch_put(&b->writer, &head, NULL, 0, place_none()), ERR_OK);
    head = head_of(COMMAND_EVENTS, 1);
    assert_int_equal(batch_open_events(&b->writer, &head), ERR_OK);
    struct event_head event = event_of(4, 6);
    assert_int_equal(batch_add_event(&b->writer, &event, FIELDS, "helloabc", 8, "满溢"), ERR_OK);
    event = event_of(0, 0);
    event.place = place_none();
    assert_int_equal(batch_add_event(&b->writer, &event, NULL, NULL, 0, NULL), ERR_OK);
    batch_close_events(&b->writer);
    head = head_of(COMMAND_ACT, 2);
    struct act_body act = {.order = 77,
                           .place = 12345,
                           .action = ACTION_DONE,
                           .reason = REASON_OTHER,
                           .text_size = 5,
                           .evidence_count = 2,
                           .other = {110108, 20260303, 4},
                           .amount = 24,
                           .until_ms = 1772500000000};
    const struct hash128 evidence[2] = {{1, 2}, {3, 4}};
    assert_int_equal(batch_put_act(&b->writer, &head, &act, (struct place){1210000000, 310000000},
                                   evidence, "swept"),
                     ERR_OK);
    head = head_of(COMMAND_SEEN, 0);
    struct seen_body seen = {
        .place = 9, .accuracy_cm = 500, .fix_at_ms = 9, .status = STATUS_READY};
    assert_int_equal(
        batch_put(&b->writer, &head, &seen, sizeof seen, (struct place){1220000000, 320000000}),
        ERR_OK);
    assert_int_equal(batch_put(&b->writer, &head, &seen, sizeof seen, place_none()), ERR_OK);
    head = head_of(COMMAND_ITEMS_TAKEN, 0);
    struct items_taken_body taken = {42};
    assert_int_equal(batch_put(&b->writer, &head, &taken, sizeof taken, place_none()), ERR_OK);
    head = head_of(COMMAND_CHECKPOINT, 0);
    struct checkpoint_body checkpoint = {{5, 6}};
    assert_int_equal(batch_put(&b->writer, &head, &checkpoint, sizeof checkpoint, place_none()),
                     ERR_OK);
    head = head_of(COMMAND_REHOME, 0);
    const struct rehome_body rehome = {.from_slot = 3, .until_slot = 9, .count = 2};
    const struct rehome_row rows[] = {{{110108, 20260303, 4}, 7}, {{110108, 20260303, 5}, NONE32}};
    assert_int_equal(batch_put_rehome(&b->writer, &head, &rehome, rows), ERR_OK);
    assert_int_equal(batch_command_count(&b->writer), 10);
}

static void open_batch(const struct buffers *b, struct batch_reader *reader)
{
    assert_int_equal(batch_open(reader, b->payload, b->writer.size, b->places,
                                b->writer.place_count * sizeof(struct place)),
                     ERR_OK);
}

/* The command of that kind, first from the start. */
static struct command read_kind(const struct buffers *b, enum command_kind kind)
{
    struct batch_reader reader;
    open_batch(b, &reader);
    struct command command;
    do {
        assert_int_equal(batch_next(&reader, &command), ERR_OK);
    } while (command.head->kind != kind);
    return command;
}

static void test_command_reads_back_what_was_written(void **state)
{
    (void)state;
    static struct buffers b;
    write_all(&b);
    struct batch_reader reader;
    open_batch(&b, &reader);
    static const uint16_t KINDS[] = {
        COMMAND_START, COMMAND_ACTIVATE, COMMAND_TICK,        COMMAND_EVENTS,     COMMAND_ACT,
        COMMAND_SEEN,  COMMAND_SEEN,     COMMAND_ITEMS_TAKEN, COMMAND_CHECKPOINT, COMMAND_REHOME};
    struct command command;
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        assert_int_equal(batch_next(&reader, &command), ERR_OK);
        assert_int_equal(command.head->kind, KINDS[i]);
        assert_int_equal(command.head->received_at_ms, 5);
    }
    assert_int_equal(batch_next(&reader, &command), ERR_NOT_FOUND);
    assert_int_equal(read_kind(&b, COMMAND_START).body.start->speed, 60);
    assert_int_equal(read_kind(&b, COMMAND_ACTIVATE).body.activate->policy.lo, 2);
    assert_int_equal(read_kind(&b, COMMAND_CHECKPOINT).body.checkpoint->digest.lo, 6);
    assert_int_equal(read_kind(&b, COMMAND_ITEMS_TAKEN).body.items_taken->item_seq, 42);
    command = read_kind(&b, COMMAND_REHOME);
    assert_int_equal(command.body.rehome.head->until_slot, 9);
    assert_int_equal(command.body.rehome.rows[0].no.serial, 4);
    assert_int_equal(command.body.rehome.rows[1].cell, NONE32);
}

static void test_command_events_give_fields_and_texts(void **state)
{
    (void)state;
    static struct buffers b;
    write_all(&b);
    struct command command = read_kind(&b, COMMAND_EVENTS);
    assert_int_equal(command.body.events.event_count, 2);
    uint64_t offset = 0;
    struct event event;
    assert_true(event_next(&command, &offset, &event));
    assert_int_equal(event.head->field_count, 4);
    assert_memory_equal(event.free_text, "满溢", 6);
    const struct event_field *field = event_find_field(&event, 12);
    assert_non_null(field);
    assert_memory_equal(event.text + field->text_offset, "abc", 3);
    assert_int_equal(event_find_field(&event, 1)->a, 930000);
    assert_int_equal(event_find_field(&event, 9)->a, 1);
    assert_null(event_find_field(&event, 0));
    assert_null(event_find_field(&event, 5));
    assert_null(event_find_field(&event, 13));
    assert_true(event_next(&command, &offset, &event));
    assert_int_equal(event.head->field_count, 0);
    assert_false(place_is_known(event.head->place));
    assert_null(event_find_field(&event, 1));
    assert_false(event_next(&command, &offset, &event));
}

static void test_command_act_and_seen_resolve_their_places(void **state)
{
    (void)state;
    static struct buffers b;
    write_all(&b);
    assert_int_equal(b.writer.place_count, 2);
    struct command act = read_kind(&b, COMMAND_ACT);
    assert_int_equal(act.place.lon, 1210000000);
    assert_int_equal(act.body.act.head->evidence_count, 2);
    assert_int_equal(act.body.act.evidence[1].lo, 4);
    assert_memory_equal(act.body.act.text, "swept", 5);
    assert_int_equal(act.body.act.head->other.serial, 4);
    assert_int_equal(act.body.act.head->amount, 24);
    assert_int_equal(act.body.act.head->until_ms, 1772500000000);
    struct command seen = read_kind(&b, COMMAND_SEEN);
    assert_int_equal(seen.place.lat, 320000000);
    assert_int_equal(seen.body.seen->place, 1);
}

static void test_command_full_batch_stays_as_it_was(void **state)
{
    (void)state;
    static struct buffers b;
    batch_begin(&b.writer, b.payload, 8 + 72 + 24 + 72, b.places, 1);
    struct command_head head = head_of(COMMAND_SEEN, 0);
    struct seen_body seen = {.status = STATUS_READY};
    struct place place = {1, 1};
    assert_int_equal(batch_put(&b.writer, &head, &seen, sizeof seen, place), ERR_OK);
    assert_int_equal(batch_put(&b.writer, &head, &seen, sizeof seen, place), ERR_TOO_LARGE);
    head = head_of(COMMAND_EVENTS, 0);
    assert_int_equal(batch_open_events(&b.writer, &head), ERR_TOO_LARGE);
    assert_int_equal(batch_command_count(&b.writer), 1);
    assert_int_equal(b.writer.place_count, 1);
    head = head_of(COMMAND_TICK, 0);
    assert_int_equal(batch_put(&b.writer, &head, NULL, 0, place_none()), ERR_OK);
    struct batch_reader reader;
    open_batch(&b, &reader);
    struct command command;
    assert_int_equal(batch_next(&reader, &command), ERR_OK);
    assert_int_equal(batch_next(&reader, &command), ERR_OK);
    assert_int_equal(batch_next(&reader, &command), ERR_NOT_FOUND);
}

static void test_command_dropped_events_leave_no_trace(void **state)
{
    (void)state;
    static struct buffers b;
    batch_begin(&b.writer, b.payload, CAPACITY, b.places, 8);
    struct command_head head = head_of(COMMAND_EVENTS, 1);
    assert_int_equal(batch_open_events(&b.writer, &head), ERR_OK);
    struct event_head event = event_of(0, 0);
    assert_int_equal(batch_add_event(&b.writer, &event, NULL, NULL, 0, NULL), ERR_OK);
    batch_drop_events(&b.writer);
    assert_int_equal(b.writer.size, 8);
    assert_int_equal(batch_command_count(&b.writer), 0);
    assert_int_equal(batch_open_events(&b.writer, &head), ERR_OK);
    expect_panic(batch_close_events(&b.writer));
}

/* What a client can send wrong and the edge might pass on must be refused by the writer, not
 * logged. */
static void test_command_writer_refuses_what_a_reader_would(void **state)
{
    (void)state;
    static struct buffers b;
    batch_begin(&b.writer, b.payload, CAPACITY, b.places, 8);
    struct command_head head = head_of(COMMAND_SEEN, 0);
    struct seen_body seen = {.status = STATUS_LIMIT};
    assert_int_equal(batch_put(&b.writer, &head, &seen, sizeof seen, (struct place){1, 1}),
                     ERR_MALFORMED);
    seen.status = STATUS_READY;
    assert_int_equal(
        batch_put(&b.writer, &head, &seen, sizeof seen, (struct place){LON_LIMIT + 1, 1}),
        ERR_MALFORMED);
    assert_int_equal(b.writer.place_count, 0);
    head = head_of(COMMAND_ACT, 0);
    struct act_body act = {.order = 1, .action = ACTION_DONE, .reason = REASON_LIMIT};
    assert_int_equal(batch_put_act(&b.writer, &head, &act, place_none(), NULL, NULL),
                     ERR_MALFORMED);
    act.reason = 0;
    act.text_size = ACT_TEXT_MAX + 1;
    assert_int_equal(batch_put_act(&b.writer, &head, &act, place_none(), NULL, NULL),
                     ERR_TOO_LARGE);
    head = head_of(COMMAND_EVENTS, 1);
    assert_int_equal(batch_open_events(&b.writer, &head), ERR_OK);
    struct event_head event = event_of(0, 0);
    event.areas[1] = event.areas[0];
    assert_int_equal(batch_add_event(&b.writer, &event, NULL, NULL, 0, NULL), ERR_MALFORMED);
    event = event_of(2, 0);
    const struct event_field unsorted[2] = {{.field = 2, .kind = FIELD_NUMBER},
                                            {.field = 1, .kind = FIELD_NUMBER}};
    assert_int_equal(batch_add_event(&b.writer, &event, unsorted, NULL, 0, NULL), ERR_MALFORMED);
    event = event_of(0, EVENT_TEXT_MAX + 1);
    assert_int_equal(batch_add_event(&b.writer, &event, NULL, NULL, 0, "x"), ERR_TOO_LARGE);
    batch_drop_events(&b.writer);
    assert_int_equal(b.writer.size, 8);
}

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(*state);
}

/* Reads everything a reader hands out, so that a bad pointer or length is caught by the sanitizers.
 */
static uint64_t touch(const struct command *command)
{
    uint64_t sum = command->head->seq;
    if (command->head->kind == COMMAND_EVENTS) {
        uint64_t offset = 0;
        struct event event;
        uint32_t count = 0;
        while (event_next(command, &offset, &event)) {
            count++;
            for (uint32_t i = 0; i < event.head->field_count; i++) {
                const struct event_field *field = &event.fields[i];
                assert_ptr_equal(event_find_field(&event, field->field), field);
                for (uint32_t k = 0; field->kind == FIELD_STRING && k < field->size; k++) {
                    sum += (uint64_t)(uint8_t)event.text[field->text_offset + k];
                }
            }
            for (uint32_t k = 0; k < event.head->text_size; k++) {
                sum += (uint64_t)(uint8_t)event.free_text[k];
            }
        }
        assert_int_equal(count, command->body.events.event_count);
    } else if (command->head->kind == COMMAND_ACT) {
        for (uint32_t i = 0; i < command->body.act.head->evidence_count; i++) {
            sum += command->body.act.evidence[i].hi;
        }
        for (uint32_t i = 0; i < command->body.act.head->text_size; i++) {
            sum += (uint64_t)(uint8_t)command->body.act.text[i];
        }
    }
    return sum;
}

/* Copies the bytes to a block of exactly their size, reads all of it; returns the last result. */
static enum err read_copy(const uint8_t *payload, uint64_t size, const struct place *places,
                          uint64_t places_size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    uint8_t *places_copy = malloc(places_size > 0 ? places_size : 1);
    assert_non_null(copy);
    assert_non_null(places_copy);
    memcpy(copy, payload, size);
    memcpy(places_copy, places, places_size);
    struct batch_reader reader;
    struct command command;
    enum err err = batch_open(&reader, copy, size, places_copy, places_size);
    while (err == ERR_OK) {
        err = batch_next(&reader, &command);
        if (err == ERR_OK) {
            (void)touch(&command);
        }
    }
    free(copy);
    free(places_copy);
    return err;
}

static void test_command_cut_anywhere_is_malformed(void **state)
{
    (void)state;
    static struct buffers b;
    write_all(&b);
    uint64_t places_size = b.writer.place_count * sizeof(struct place);
    for (uint64_t size = 0; size < b.writer.size; size++) {
        assert_int_equal(read_copy(b.payload, size, b.places, places_size), ERR_MALFORMED);
    }
    assert_int_equal(read_copy(b.payload, b.writer.size, b.places, places_size), ERR_NOT_FOUND);
    assert_int_equal(read_copy(b.payload, b.writer.size, b.places, places_size - 8), ERR_MALFORMED);
    assert_int_equal(read_copy(b.payload, b.writer.size + 8, b.places, places_size), ERR_MALFORMED);
}

static void test_command_hostile_bytes_are_never_followed(void **state)
{
    (void)state;
    static struct buffers b;
    write_all(&b);
    uint64_t places_size = b.writer.place_count * sizeof(struct place);
    uint64_t seed = FUZZ_SEED;
    uint32_t refused = 0;
    uint32_t other_version = 0;
    static _Alignas(8) uint8_t mutated[CAPACITY];
    for (uint32_t round = 0; round < FUZZ_ROUNDS; round++) {
        memcpy(mutated, b.payload, b.writer.size);
        uint64_t changes = 1 + next_random(&seed) % 3;
        for (uint64_t i = 0; i < changes; i++) {
            uint64_t at = next_random(&seed) % b.writer.size;
            static const uint8_t EDGES[] = {0, 1, 7, 8, 0x7f, 0x80, 0xff};
            uint64_t pick = next_random(&seed);
            if (pick % 2 == 0) {
                mutated[at] = EDGES[(pick >> 1) % sizeof EDGES];
            } else {
                mutated[at] = (uint8_t)(mutated[at] ^ (1u << ((pick >> 1) % 8)));
            }
        }
        enum err err = read_copy(mutated, b.writer.size, b.places, places_size);
        assert_true(err == ERR_NOT_FOUND || err == ERR_MALFORMED || err == ERR_VERSION);
        refused += err == ERR_MALFORMED;
        other_version += err == ERR_VERSION;
    }
    print_message("# seed %llu: %u of %u refused, %u of another version\n",
                  (unsigned long long)FUZZ_SEED, refused, FUZZ_ROUNDS, other_version);
    assert_true(refused > FUZZ_ROUNDS / 20);
    assert_true(other_version > 0);
}

static void test_command_rehome_of_another_size_or_backwards_is_refused(void **state)
{
    (void)state;
    const struct rehome_body good = {.from_slot = 3, .until_slot = 9, .count = 1};
    const struct rehome_body bad[] = {{3, 3, 1, 0}, {9, 3, 1, 0},
                                      {3, 9, 1, 1}, {3, 9, 0, 0},
                                      {3, 9, 2, 0}, {3, 9, COMMAND_REHOME_MAX + 1, 0}};
    const struct rehome_row row = {{110108, 20260303, 4}, 7};
    const struct command_head head = head_of(COMMAND_REHOME, 0);
    static struct buffers b;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        batch_begin(&b.writer, b.payload, CAPACITY, b.places, 8);
        assert_int_equal(batch_put_rehome(&b.writer, &head, &good, &row), ERR_OK);
        assert_int_equal(read_copy(b.payload, b.writer.size, b.places, 0), ERR_NOT_FOUND);
        memcpy(b.payload + 8 + sizeof head, &bad[i], sizeof bad[i]);
        assert_int_equal(read_copy(b.payload, b.writer.size, b.places, 0), ERR_MALFORMED);
    }
}

/* As another program might write it: one row more than the limit, and the size that fits them. */
static void test_command_rehome_of_too_many_is_refused(void **state)
{
    (void)state;
    static struct buffers b;
    static struct rehome_row rows[COMMAND_REHOME_MAX];
    struct rehome_body body = {.from_slot = 3, .until_slot = 999, .count = COMMAND_REHOME_MAX};
    struct command_head head = head_of(COMMAND_REHOME, 0);
    for (uint32_t i = 0; i < COUNT_OF(rows); i++) {
        rows[i] = (struct rehome_row){{110108, 20260303, i}, 7};
    }
    batch_begin(&b.writer, b.payload, CAPACITY, b.places, 8);
    assert_int_equal(batch_put_rehome(&b.writer, &head, &body, rows), ERR_OK);
    assert_int_equal(read_copy(b.payload, b.writer.size, b.places, 0), ERR_NOT_FOUND);
    const uint64_t size = b.writer.size + sizeof rows[0];
    head.size = (uint32_t)(size - 8);
    body.count++;
    memcpy(b.payload + 8, &head, sizeof head);
    memcpy(b.payload + 8 + sizeof head, &body, sizeof body);
    memcpy(b.payload + b.writer.size, rows, sizeof rows[0]);
    assert_int_equal(read_copy(b.payload, size, b.places, 0), ERR_MALFORMED);
}

static void test_command_unknown_kind_is_another_version(void **state)
{
    (void)state;
    static struct buffers b;
    batch_begin(&b.writer, b.payload, CAPACITY, b.places, 8);
    struct command_head head = head_of(COMMAND_TICK, 0);
    assert_int_equal(batch_put(&b.writer, &head, NULL, 0, place_none()), ERR_OK);
    b.payload[8 + offsetof(struct command_head, kind)] = COMMAND_REHOME + 1;
    assert_int_equal(read_copy(b.payload, b.writer.size, b.places, 0), ERR_VERSION);
    b.payload[8 + offsetof(struct command_head, kind)] = 0;
    assert_int_equal(read_copy(b.payload, b.writer.size, b.places, 0), ERR_MALFORMED);
    b.payload[0] = BATCH_VERSION + 1;
    assert_int_equal(read_copy(b.payload, b.writer.size, b.places, 0), ERR_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_reads_back_what_was_written),
        cmocka_unit_test(test_command_rehome_of_another_size_or_backwards_is_refused),
        cmocka_unit_test(test_command_rehome_of_too_many_is_refused),
        cmocka_unit_test(test_command_events_give_fields_and_texts),
        cmocka_unit_test(test_command_act_and_seen_resolve_their_places),
        cmocka_unit_test(test_command_full_batch_stays_as_it_was),
        cmocka_unit_test(test_command_dropped_events_leave_no_trace),
        cmocka_unit_test(test_command_writer_refuses_what_a_reader_would),
        cmocka_unit_test(test_command_cut_anywhere_is_malformed),
        cmocka_unit_test(test_command_hostile_bytes_are_never_followed),
        cmocka_unit_test(test_command_unknown_kind_is_another_version),
    };
    return cmocka_run_group_tests_name("tests/unit/core/test_command", tests, NULL, NULL);
}
