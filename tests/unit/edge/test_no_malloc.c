/* test_no_malloc.c: once warm, events pass through the node and the core without a single call to the allocator.
 *
 * Events with a free place are the exception: GEOS takes two small blocks for the point and gives them back.
 *
 * The program's malloc family stands before the C library's and counts while asked to. Under a sanitizer, which has its own, the
 * test is skipped. */
#include "tests/unit/edge/node_rig.c"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER 0
#endif

#define HINTS 16u /* of a batch: what is refused or unknown is resolved again for its hint */
#define EVENTS 1000u
#define BATCHES 10u
#define FRAME_SIZE_MAX (1u << 20)
#define PLACE_CALLS_MAX                                                                            \
    2 /* GEOS makes a point of each free place; places of fixed devices are resolved beforehand */

static uint64_t calls;
static bool is_counting;

#if !HAS_SANITIZER
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    calls += is_counting;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    calls += is_counting;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    calls += is_counting;
    return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    calls += is_counting;
    return __libc_memalign(alignment, size);
}
#endif

static struct rig rig;
static uint8_t frame[FRAME_SIZE_MAX];

/* A frame of EVENTS samples; kind 0: of a device, 1: of free places, 2: reports that a rule takes. */
static size_t make_frame(uint64_t seq, uint32_t kind)
{
    static Gridloop__Wire__Event events[EVENTS], *pointers[EVENTS];
    static Gridloop__Wire__Place places[EVENTS];
    static Gridloop__Wire__Field fields[EVENTS], *field_pointers[EVENTS];
    static char ids[EVENTS][32], type[] = "camera.garbage_overflow", device[] = "C-001",
                                 name[] = "fill";
    static const Gridloop__Wire__Event blank = GRIDLOOP__WIRE__EVENT__INIT;
    static const Gridloop__Wire__Place nowhere = GRIDLOOP__WIRE__PLACE__INIT;
    static const Gridloop__Wire__Field empty = GRIDLOOP__WIRE__FIELD__INIT;
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__EventBatch batch = GRIDLOOP__WIRE__EVENT_BATCH__INIT;
    struct codec_seal seal = {.key_id = "cam-1"};
    size_t size = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "%llu-%u", (unsigned long long)seq, i);
        events[i] = blank;
        pointers[i] = &events[i];
        events[i].id = ids[i];
        events[i].type = type;
        fields[i] = empty;
        fields[i].name = name;
        fields[i].value_case = GRIDLOOP__WIRE__FIELD__VALUE_NUMBER;
        fields[i].number = kind == 2 ? 0.95 : 0.1;
        field_pointers[i] = &fields[i];
        events[i].n_fields = 1;
        events[i].fields = &field_pointers[i];
        places[i] = nowhere;
        places[i].has_lon_e7 = places[i].has_lat_e7 = 1;
        places[i].lon_e7 = 1163060000 + (int32_t)i;
        places[i].lat_e7 = 399060000 + (int32_t)i;
        if (kind == 1) {
            events[i].place = &places[i];
        } else {
            events[i].device = device;
        }
    }
    batch.has_epoch = batch.has_seq = 1;
    batch.epoch = 1;
    batch.seq = seq;
    batch.n_events = EVENTS;
    batch.events = pointers;
    request.has_request_id = 1;
    request.request_id = 1;
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH;
    request.event_batch = &batch;
    assert_int_equal(codec_seal_request(&seal, &request, frame, sizeof frame, &size), ERR_OK);
    return size;
}

/* Receive, turn, step, durable, answer: all of it counted. */
static uint64_t pass(uint64_t seq, uint32_t kind)
{
    struct node_batch batch;
    struct node_output output;
    size_t size = make_frame(seq, kind);
    uint64_t before = core_counts_now(node_core(rig.node))->events;
    uint32_t answers = 0;
    calls = 0;
    is_counting = true;
    node_receive(rig.node, "route", 5, frame, size, rig.now_ms);
    while (node_turn(rig.node, rig.now_ms, &batch)) {
        node_appended(rig.node, ++rig.position, batch.time_ms);
    }
    node_durable(rig.node, rig.position);
    while (node_next_output(rig.node, &output)) {
        answers++;
    }
    is_counting = false;
    assert_int_equal(answers, 1);
    assert_int_equal(core_counts_now(node_core(rig.node))->events - before, EVENTS);
    return calls;
}

static void test_the_counter_counts(void **state)
{
    (void)state;
    if (HAS_SANITIZER) {
        skip();
    }
    calls = 0;
    is_counting = true;
    void *(*volatile take)(size_t) = malloc; /* not to be optimised away */
    void *block = take(100);
    is_counting = false;
    free(block);
    assert_int_equal(calls, 1);
}

static void test_ten_thousand_events_cost_no_allocation(void **state)
{
    (void)state;
    if (HAS_SANITIZER) {
        skip();
    }
    uint64_t seq = 0;
    rig_open(&rig, NULL);
    for (uint32_t kind = 0; kind < 3; kind++) {
        uint64_t warm = pass(++seq, kind), total = 0;
        for (uint32_t i = 0; i < BATCHES; i++) {
            total += pass(++seq, kind);
        }
        print_message("# kind %u: %llu calls for the first %u events, %llu for the next %u\n", kind,
                      (unsigned long long)warm, EVENTS, (unsigned long long)total,
                      EVENTS * BATCHES);
        assert_in_range(total, 0,
                        kind == 1 ? PLACE_CALLS_MAX * (uint64_t)((EVENTS + HINTS) * BATCHES) : 0);
    }
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_counter_counts),
        cmocka_unit_test(test_ten_thousand_events_cost_no_allocation),
    };
    return cmocka_run_group_tests_name("edge/no_malloc", tests, NULL, NULL);
}
