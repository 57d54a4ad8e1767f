/* node_rig.c: included by the tests of the node (the runner links one file per test). */
#include "tests/unit/edge/node_rig.h"

#include "engine/city/city_load.h"
#include "rules/compile.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define TOWN "tests/data/town"

static void compile_town(struct rig *rig)
{
    struct problems *problems = problems_new();
    struct city city;
    assert_int_equal(city_load(TOWN, problems, &rig->city_bytes, &rig->city_size), ERR_OK);
    assert_int_equal(city_open(rig->city_bytes, rig->city_size, &city), ERR_OK);
    enum err err =
        rules_compile(TOWN "/rules", &city, problems, &rig->policy_bytes, &rig->policy_size);
    problems_print(problems, stderr);
    assert_int_equal(err, ERR_OK);
    problems_free(problems);
}

static enum err load_image(void *context, struct hash128 digest, void **out_bytes,
                           uint64_t *out_size)
{
    struct rig *rig = context;
    struct image image;
    bool is_city = image_open(rig->city_bytes, rig->city_size, IMAGE_CITY, &image) == ERR_OK &&
                   hash128_is_equal(image.digest, digest);
    *out_size = is_city ? rig->city_size : rig->policy_size;
    *out_bytes = aligned_alloc(64, (*out_size + 63) & ~UINT64_C(63));
    memcpy(*out_bytes, is_city ? rig->city_bytes : rig->policy_bytes, *out_size);
    return ERR_OK;
}

static void see(void *context, uint64_t position, const struct effect *effect)
{
    struct rig *rig = context;
    rig->effects = effect_digest(hash128_add(rig->effects, position), effect);
}

static void open_node(struct rig *rig)
{
    assert_int_equal(node_open(&rig->options, &rig->node), ERR_OK);
    node_observe(rig->node, (struct node_observer){.see = see, .context = rig});
}

void rig_open(struct rig *rig, const struct node_options *options)
{
    *rig = (struct rig){.now_ms = RIG_START_MS};
    rig->options = options != NULL ? *options : node_options_default();
    rig->options.limits.cases = 256;
    rig->options.limits.orders = 512;
    rig->options.limits.event_ids = 1024;
    rig->options.limits.dedupe_keys = 1024;
    rig->options.images = (struct node_images){load_image, rig};
    rig->arena_bytes = aligned_alloc(64, CODEC_ARENA_SIZE);
    codec_arena_init(&rig->arena, rig->arena_bytes, CODEC_ARENA_SIZE);
    compile_town(rig);
    open_node(rig);
    assert_int_equal(node_activate(rig->node, rig->city_bytes, rig->city_size, rig->policy_bytes,
                                   rig->policy_size),
                     ERR_OK);
    (void)rig_append(rig);
    node_durable(rig->node, rig->position);
}

/* As if the log ended before that entry. */
static void rig_cut(struct rig *rig, uint32_t entry)
{
    for (uint32_t i = entry; i < rig->entry_count; i++) {
        free(rig->entries[i].payload);
        free(rig->entries[i].places);
    }
    rig->entry_count = entry;
    rig->position = entry;
}

void rig_close(struct rig *rig)
{
    node_close(rig->node);
    rig_cut(rig, 0);
    free(rig->city_bytes);
    free(rig->policy_bytes);
    free(rig->arena_bytes);
}

void rig_restart(struct rig *rig)
{
    node_close(rig->node);
    rig->effects = (struct hash128){0, 0};
    open_node(rig);
    for (uint32_t i = 0; i < rig->entry_count; i++) {
        assert_int_equal(node_recover(rig->node, &rig->entries[i].entry), ERR_OK);
    }
}

static void keep_entry(struct rig *rig, const struct node_batch *batch)
{
    assert_true(rig->entry_count < RIG_ENTRIES_MAX);
    struct rig_entry *kept = &rig->entries[rig->entry_count++];
    kept->payload = aligned_alloc(64, (batch->payload_size + 63) & ~UINT64_C(63));
    kept->places = malloc(batch->places_size + 1);
    memcpy(kept->payload, batch->payload, batch->payload_size);
    memcpy(kept->places, batch->places, batch->places_size);
    kept->entry = (struct log_entry){.position = ++rig->position,
                                     .time_ms = batch->time_ms,
                                     .kind = LOG_BATCH,
                                     .payload = kept->payload,
                                     .payload_size = batch->payload_size,
                                     .places = kept->places,
                                     .places_size = batch->places_size};
}

uint32_t rig_append(struct rig *rig)
{
    struct node_batch batch;
    uint32_t count = 0;
    while (node_turn(rig->node, rig->now_ms, &batch)) {
        keep_entry(rig, &batch);
        node_appended(rig->node, rig->position, batch.time_ms);
        node_check(rig->node);
        core_check(node_core(rig->node));
        count++;
    }
    return count;
}

const Gridloop__Wire__Answer *rig_next(struct rig *rig)
{
    struct node_output output;
    if (!node_next_output(rig->node, &output)) {
        return NULL;
    }
    assert_true(output.position <= node_durable_position(rig->node));
    assert_int_equal(output.route_size, 5);
    assert_memory_equal(output.route, "route", 5);
    assert_int_equal(codec_open_answer(output.bytes, output.size, &rig->arena, &rig->answer),
                     CODE_NOTHING);
    return rig->answer.answer;
}

const Gridloop__Wire__Answer *rig_settle(struct rig *rig)
{
    (void)rig_append(rig);
    node_durable(rig->node, rig->position);
    return rig_next(rig);
}

uint64_t rig_send(struct rig *rig, const char *who, Gridloop__Wire__Request *request)
{
    static uint8_t frame[1 << 16];
    size_t size = 0;
    request->has_request_id = 1;
    request->request_id = ++rig->request_id;
    struct codec_seal seal = {.key_id = who};
    assert_int_equal(codec_seal_request(&seal, request, frame, sizeof frame, &size), ERR_OK);
    node_receive(rig->node, "route", 5, frame, size, rig->now_ms);
    node_check(rig->node);
    return rig->request_id;
}

uint64_t rig_send_garbage_batch(struct rig *rig, uint64_t epoch, uint64_t seq, uint32_t serial,
                                uint32_t count, double fill)
{
    char ids[RIG_BATCH_MAX][32], type[] = "camera.garbage_overflow", device[] = "C-001",
                                 name[] = "fill";
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__EventBatch batch = GRIDLOOP__WIRE__EVENT_BATCH__INIT;
    Gridloop__Wire__Event blank = GRIDLOOP__WIRE__EVENT__INIT, rows[RIG_BATCH_MAX],
                          *events[RIG_BATCH_MAX];
    Gridloop__Wire__Field field = GRIDLOOP__WIRE__FIELD__INIT, *fields[] = {&field};
    assert_in_range(count, 1, RIG_BATCH_MAX);
    field.name = name;
    field.value_case = GRIDLOOP__WIRE__FIELD__VALUE_NUMBER;
    field.number = fill;
    for (uint32_t i = 0; i < count; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "e%u", serial + i);
        events[i] = &rows[i];
        rows[i] = blank;
        rows[i].id = ids[i];
        rows[i].type = type;
        rows[i].device = device;
        rows[i].n_fields = 1;
        rows[i].fields = fields;
    }
    batch.has_epoch = batch.has_seq = 1;
    batch.epoch = epoch;
    batch.seq = seq;
    batch.n_events = count;
    batch.events = events;
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH;
    request.event_batch = &batch;
    return rig_send(rig, "cam-1", &request);
}

uint64_t rig_send_garbage(struct rig *rig, uint64_t epoch, uint64_t seq, uint32_t serial,
                          double fill)
{
    return rig_send_garbage_batch(rig, epoch, seq, serial, 1, fill);
}

void rig_send_event(struct rig *rig, const char *who, uint64_t seq, Gridloop__Wire__Event *event)
{
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__EventBatch batch = GRIDLOOP__WIRE__EVENT_BATCH__INIT;
    batch.has_epoch = batch.has_seq = 1;
    batch.epoch = 1;
    batch.seq = seq;
    batch.n_events = 1;
    batch.events = &event;
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH;
    request.event_batch = &batch;
    (void)rig_send(rig, who, &request);
}

void rig_send_type(struct rig *rig, const char *who, uint64_t seq, const char *type_name)
{
    char id[32], type[64];
    (void)snprintf(id, sizeof id, "%s.%llu", who, (unsigned long long)seq);
    (void)snprintf(type, sizeof type, "%s", type_name);
    Gridloop__Wire__Event event = GRIDLOOP__WIRE__EVENT__INIT;
    event.id = id;
    event.type = type;
    rig_send_event(rig, who, seq, &event);
}

uint64_t rig_send_poll(struct rig *rig, const char *who, uint64_t ack_seq, uint32_t wait_ms)
{
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__Poll poll = GRIDLOOP__WIRE__POLL__INIT;
    Gridloop__Wire__Fix fix = GRIDLOOP__WIRE__FIX__INIT;
    Gridloop__Wire__Place place = GRIDLOOP__WIRE__PLACE__INIT;
    place.has_lon_e7 = place.has_lat_e7 = 1;
    place.lon_e7 = 1163060000;
    place.lat_e7 = 399061000;
    fix.place = &place;
    poll.has_ack_seq = poll.has_wait_ms = poll.has_status = 1;
    poll.ack_seq = ack_seq;
    poll.wait_ms = wait_ms;
    poll.status = STATUS_READY;
    poll.fix = &fix;
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_POLL;
    request.poll = &poll;
    return rig_send(rig, who, &request);
}

uint64_t rig_send_act(struct rig *rig, const char *who, uint64_t epoch, uint64_t seq,
                      uint64_t order, const char *case_no, uint32_t action)
{
    char number[40] = "";
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__Act act = GRIDLOOP__WIRE__ACT__INIT;
    act.has_epoch = act.has_seq = act.has_order = act.has_action = 1;
    act.epoch = epoch;
    act.seq = seq;
    act.order = order;
    act.action = action;
    if (case_no != NULL) {
        (void)snprintf(number, sizeof number, "%s", case_no);
        act.case_no = number;
    }
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_ACT;
    request.act = &act;
    return rig_send(rig, who, &request);
}
