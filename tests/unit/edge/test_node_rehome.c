/* test_node_rehome.c: after the borders moved the node says where the open cases lie, some hundred a turn; it goes on where it
 * was from any entry of the log, and says the same. */
#include "sim/scratch.h"
#include "tests/unit/edge/node_rig.c"

#define CASES 600u

/* One of two cities: as the town is, or with the border between its cells moved west. */
struct cities {
    struct rig rig;
    void *moved, *policy; /* of the other city */
    size_t moved_size, policy_size;
};

static void compile_moved(struct cities *cities)
{
    struct scratch copy;
    char command[2 * SCRATCH_PATH_SIZE + 128];
    struct city city;
    assert_int_equal(scratch_make_directory(&copy, "border"), ERR_OK);
    (void)snprintf(command, sizeof command,
                   "cp -r " TOWN "/. %s && sed -i 's/116\\.31,/116.305,/' %s/cells.geojson",
                   copy.path, copy.path);
    assert_int_equal(system(command), 0);
    struct problems *problems = problems_new();
    assert_int_equal(city_load(copy.path, problems, &cities->moved, &cities->moved_size), ERR_OK);
    assert_int_equal(city_open(cities->moved, cities->moved_size, &city), ERR_OK);
    assert_int_equal(
        rules_compile(TOWN "/rules", &city, problems, &cities->policy, &cities->policy_size),
        ERR_OK);
    problems_free(problems);
    scratch_remove(&copy);
}

static enum err load_either(void *context, struct hash128 digest, void **out_bytes,
                            uint64_t *out_size)
{
    struct cities *cities = context;
    const struct {
        const void *bytes;
        size_t size;
        enum image_kind kind;
    } others[] = {{cities->moved, cities->moved_size, IMAGE_CITY},
                  {cities->policy, cities->policy_size, IMAGE_POLICY},
                  {cities->rig.policy_bytes, cities->rig.policy_size, IMAGE_POLICY}};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct image image;
        if (image_open(others[i].bytes, others[i].size, others[i].kind, &image) == ERR_OK &&
            hash128_is_equal(image.digest, digest)) {
            *out_size = others[i].size;
            *out_bytes = aligned_alloc(64, (*out_size + 63) & ~UINT64_C(63));
            memcpy(*out_bytes, others[i].bytes, *out_size);
            return ERR_OK;
        }
    }
    return load_image(&cities->rig, digest, out_bytes, out_size);
}

/* A case of water every hundred metres or so, all west of the old border. */
static void send_water(struct rig *rig, uint32_t number)
{
    char id[32], type[] = "sensor.odd", name[] = "value";
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__EventBatch batch = GRIDLOOP__WIRE__EVENT_BATCH__INIT;
    Gridloop__Wire__Event event = GRIDLOOP__WIRE__EVENT__INIT, *events[] = {&event};
    Gridloop__Wire__Field field = GRIDLOOP__WIRE__FIELD__INIT, *fields[] = {&field};
    Gridloop__Wire__Place place = GRIDLOOP__WIRE__PLACE__INIT;
    (void)snprintf(id, sizeof id, "w%u", number);
    place.has_lon_e7 = place.has_lat_e7 = 1;
    place.lon_e7 = 1163001000 + (int32_t)number * 150;
    place.lat_e7 = 399050000;
    field.name = name;
    field.value_case = GRIDLOOP__WIRE__FIELD__VALUE_NUMBER;
    field.number = 1;
    event.id = id;
    event.type = type;
    event.place = &place;
    event.n_fields = 1;
    event.fields = fields;
    batch.has_epoch = batch.has_seq = 1;
    batch.epoch = 1;
    batch.seq = number + 1;
    batch.n_events = 1;
    batch.events = events;
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH;
    request.event_batch = &batch;
    (void)rig_send(rig, "sensor-1", &request);
}

static int open_cities(void **state)
{
    struct cities *cities = calloc(1, sizeof *cities);
    struct node_options options = node_options_default();
    options.edge.rate_burst = options.edge.rate_per_s = 100000;
    assert_non_null(cities);
    rig_open(&cities->rig, &options);
    compile_moved(cities);
    node_close(cities->rig.node);
    cities->rig.options.limits.cases = 1024;
    cities->rig.options.images = (struct node_images){load_either, cities};
    rig_cut(&cities->rig, 0);
    open_node(&cities->rig);
    assert_int_equal(node_activate(cities->rig.node, cities->rig.city_bytes, cities->rig.city_size,
                                   cities->rig.policy_bytes, cities->rig.policy_size),
                     ERR_OK);
    (void)rig_settle(&cities->rig);
    for (uint32_t i = 0; i < CASES; i++) {
        send_water(&cities->rig, i);
        if (i % 8 == 7 || i + 1 == CASES) {
            while (rig_settle(&cities->rig) != NULL) {
            }
        }
    }
    assert_int_equal(core_counts_now(node_core(cities->rig.node))->open_now, CASES);
    *state = cities;
    return 0;
}

static int close_cities(void **state)
{
    struct cities *cities = *state;
    rig_close(&cities->rig);
    free(cities->moved);
    free(cities->policy);
    free(cities);
    return 0;
}

static uint32_t count_in(const struct rig *rig, const char *code)
{
    const struct city *city = core_city(node_core(rig->node));
    struct case_view view;
    uint32_t slot = 0, count = 0;
    while (core_next_case(node_core(rig->node), &slot, &view)) {
        const struct image_string s = city->cells[view.cell].code;
        count += s.size == strlen(code) && memcmp(city_text(city, s), code, s.size) == 0;
    }
    return count;
}

/* Of the batches from one on: how many say where cases lie, and the most cases that one names. None looks at more than 256 of
 * these slots, all in use; none stands where timers fire, which open cases. */
static uint32_t count_slices(const struct rig *rig, uint32_t from, uint32_t *out_most)
{
    uint32_t slices = 0;
    *out_most = 0;
    for (uint32_t i = from; i < rig->entry_count; i++) {
        const struct log_entry *entry = &rig->entries[i].entry;
        struct batch_reader reader;
        struct command command;
        bool has_tick = false;
        assert_int_equal(batch_open(&reader, entry->payload, entry->payload_size, entry->places,
                                    entry->places_size),
                         ERR_OK);
        while (batch_next(&reader, &command) == ERR_OK) {
            has_tick = has_tick || command.head->kind == COMMAND_TICK;
            if (command.head->kind == COMMAND_REHOME) {
                const struct rehome_body *body = command.body.rehome.head;
                const uint32_t count = body->count;
                assert_false(has_tick);
                assert_true(min_u32(body->until_slot, CASES) - body->from_slot <= 256);
                *out_most = count > *out_most ? count : *out_most;
                slices++;
            }
        }
    }
    return slices;
}

static void test_node_rehome_says_where_cases_lie_in_slices(void **state)
{
    struct cities *cities = *state;
    struct rig *rig = &cities->rig;
    uint32_t most;
    assert_int_equal(count_in(rig, "11010800101"), CASES);
    const uint32_t before = rig->entry_count;
    assert_int_equal(node_activate(rig->node, cities->moved, cities->moved_size, cities->policy,
                                   cities->policy_size),
                     ERR_OK);
    assert_int_equal(node_next_wake_ms(rig->node), node_now_ms(rig->node));
    while (rig_settle(rig) != NULL) {
    }
    /* 116.3001 + 150e-7 a case: those from 116.305 on lie in the other cell. A place on the border belongs to the lower code. */
    const uint32_t stay = (1163050000 - 1163001000) / 150 + 1;
    assert_int_equal(count_in(rig, "11010800101"), stay);
    assert_int_equal(count_in(rig, "11010800201"), CASES - stay);
    assert_true(count_slices(rig, before, &most) >= CASES / 256);
    assert_in_range(most, 1, COMMAND_REHOME_MAX);
    assert_true(node_next_wake_ms(rig->node) > node_now_ms(rig->node));
}

static uint32_t count_kind(const struct rig *rig, uint32_t from, enum command_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = from; i < rig->entry_count; i++) {
        const struct log_entry *entry = &rig->entries[i].entry;
        struct batch_reader reader;
        struct command command;
        assert_int_equal(batch_open(&reader, entry->payload, entry->payload_size, entry->places,
                                    entry->places_size),
                         ERR_OK);
        while (batch_next(&reader, &command) == ERR_OK) {
            count += command.head->kind == kind;
        }
    }
    return count;
}

/* The clocks of all cases run out as the walk begins. */
static void test_node_rehome_waits_for_timers_that_are_due(void **state)
{
    struct cities *cities = *state;
    struct rig *rig = &cities->rig;
    struct node_batch batch;
    uint32_t most;
    assert_int_equal(node_activate(rig->node, cities->moved, cities->moved_size, cities->policy,
                                   cities->policy_size),
                     ERR_OK);
    assert_true(node_turn(rig->node, rig->now_ms, &batch));
    keep_entry(rig, &batch);
    node_appended(rig->node, rig->position, batch.time_ms);
    rig->now_ms += HOUR_MS;
    const uint32_t before = rig->entry_count;
    while (rig_settle(rig) != NULL) {
    }
    assert_true(count_kind(rig, before, COMMAND_TICK) > 0);
    assert_true(count_slices(rig, before, &most) > 0);
    assert_int_equal(core_rehome_from(node_core(rig->node)), NONE32);
    assert_int_equal(count_in(rig, "11010800201"), CASES - ((1163050000 - 1163001000) / 150 + 1));
}

/* Killed after any entry: what is in the log is replayed without polygons, the rest is located by the next engine. */
static void test_node_rehome_goes_on_from_any_entry(void **state)
{
    struct cities *cities = *state;
    struct rig *rig = &cities->rig;
    const uint32_t before = rig->entry_count;
    assert_int_equal(node_activate(rig->node, cities->moved, cities->moved_size, cities->policy,
                                   cities->policy_size),
                     ERR_OK);
    while (rig_settle(rig) != NULL) {
    }
    const struct hash128 live = core_digest(node_core(rig->node));
    const uint32_t all = rig->entry_count;
    uint32_t in_walk = 0;
    rig_restart(rig);
    assert_true(hash128_is_equal(live, core_digest(node_core(rig->node))));
    for (uint32_t cut = before + 1; cut < all; cut++) {
        uint32_t most;
        rig_cut(rig, cut);
        rig_restart(rig);
        assert_int_equal(node_activate(rig->node, cities->moved, cities->moved_size, cities->policy,
                                       cities->policy_size),
                         ERR_OK);
        if (core_rehome_from(node_core(rig->node)) != NONE32) { /* nothing else asks for a turn */
            assert_int_equal(node_next_wake_ms(rig->node), node_now_ms(rig->node));
            in_walk++;
        }
        while (rig_settle(rig) != NULL) {
        }
        (void)count_slices(rig, cut, &most);
        assert_int_equal(count_in(rig, "11010800201"),
                         CASES - ((1163050000 - 1163001000) / 150 + 1));
        assert_int_equal(core_rehome_from(node_core(rig->node)), NONE32);
    }
    assert_true(in_walk > 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_cities, close_cities)
    const struct CMUnitTest tests[] = {
        T(test_node_rehome_says_where_cases_lie_in_slices),
        T(test_node_rehome_waits_for_timers_that_are_due),
        T(test_node_rehome_goes_on_from_any_entry),
    };
    return cmocka_run_group_tests_name("edge/node_rehome", tests, NULL, NULL);
}
