/* test_web_view.c: what the web thread knows is what the core holds: told, durable, and told anew when something was lost. */
#include "tests/unit/edge/node_rig.c"
#include "tests/unit/panic.h"

#include "engine/shell/web_view.h"

static struct rig rig;
static struct web_link *web;
static struct web_view *view;
static struct history_feed feed;
static uv_loop_t uv;
static uint32_t mails;

static void see_feed(void *context, uint64_t position, const struct effect *effect)
{
    (void)context;
    history_feed_see(&feed, position, effect);
}

static void settle_feed(void *context, uint64_t position)
{
    (void)context;
    history_feed_settle(&feed, position);
}

static void take_mail(void *context, const void *route, uint32_t route_size, const void *frame,
                      uint64_t frame_size)
{
    (void)context;
    mails++;
    node_receive(rig.node, route, route_size, frame, frame_size, node_now_ms(rig.node));
}

static int open_all(void **state)
{
    (void)state;
    rig_open(&rig, NULL);
    mails = 0;
    while (rig_settle(&rig) != NULL) {
    }
    assert_int_equal(web_link_new(rig.node, &web), ERR_OK);
    assert_int_equal(web_view_new(&view), ERR_OK);
    assert_int_equal(history_feed_init(&feed, node_core(rig.node), web_link_sink(web), 0), ERR_OK);
    node_observe(rig.node, (struct node_observer){.see = see_feed, .settle = settle_feed});
    assert_int_equal(uv_loop_init(&uv), 0);
    web_link_start(web, &uv, take_mail, NULL);
    return 0;
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    uv_close(handle, NULL);
}

static int close_all(void **state)
{
    (void)state;
    web_link_stop(web);
    uv_walk(&uv, close_handle, NULL);
    (void)uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&uv), 0);
    web_view_free(view);
    web_link_free(web);
    history_feed_fini(&feed);
    rig_close(&rig);
    return 0;
}

/* The engine's loop turns a few times; what is durable is taken. */
static void turn(void)
{
    const struct node_images images = {load_image, &rig};
    while (rig_settle(&rig) != NULL) {
    }
    web_link_durable(web, node_durable_position(rig.node));
    for (uint32_t i = 0; i < 3; i++) {
        (void)uv_run(&uv, UV_RUN_ONCE);
    }
    web_view_take(view, web, &images);
}

/* Every open case of the core stands in the view with its state, and no other. */
static void assert_same(void)
{
    struct case_view row;
    uint32_t slot = 0, open = 0;
    while (core_next_case(node_core(rig.node), &slot, &row)) {
        const struct web_case *found = web_view_find(view, row.no);
        if (case_state_is_terminal(row.state)) {
            assert_null(found);
            continue;
        }
        open++;
        assert_non_null(found);
        json_t *json = json_loadb(found->row, found->row_size, 0, NULL);
        assert_string_equal(json_string_value(json_object_get(json, "state")),
                            words_case_state_name((uint32_t)row.state));
        assert_int_equal(json_integer_value(json_object_get(json, "events")), row.event_count);
        json_decref(json);
    }
    assert_int_equal(view->case_count, open);
}

static void test_view_follows_the_core(void **state)
{
    (void)state;
    turn();
    assert_true(view->is_ready);
    assert_int_equal(view->case_count, 0);
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    turn();
    assert_int_equal(view->case_count, 1);
    assert_same();
    assert_true(view->cases[0].needs & WEB_NEED_UNACCEPTED);
    const struct order_view *order = web_view_order(view, view->cases[0].lead);
    assert_non_null(order);
    const struct city *city = core_city(node_core(rig.node));
    const struct image_string id = city->persons[order->person].id;
    char who[32];
    (void)snprintf(who, sizeof who, "%.*s", (int)id.size, city_text(city, id));
    const uint64_t before = view->changed;
    (void)rig_send_act(&rig, who, 1, 1, order->number, NULL, ACTION_ACCEPT);
    turn();
    assert_same();
    assert_true(view->changed > before);
    assert_false(view->cases[0].needs & WEB_NEED_UNACCEPTED);
}

static void test_view_takes_nothing_that_is_not_durable(void **state)
{
    const struct node_images images = {load_image, &rig};
    (void)state;
    turn();
    const uint64_t durable = node_durable_position(rig.node);
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    while (rig_settle(&rig) != NULL) {
    }
    assert_true(node_position(rig.node) > durable);
    web_view_take(view, web, &images); /* nobody said that more is on disk */
    assert_int_equal(view->case_count, 0);
    web_link_durable(web, node_durable_position(rig.node));
    web_view_take(view, web, &images);
    assert_int_equal(view->case_count, 1);
}

/* Nobody takes records for long: the engine goes on, and then the view is made anew and right. */
static void test_view_lost_records_are_told_anew(void **state)
{
    struct case_view row;
    struct history_record record = {.kind = HISTORY_CASE, .position = 1, .view = &row};
    uint32_t slot = 0;
    (void)state;
    turn();
    const uint64_t version = view->version;
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    while (rig_settle(&rig) != NULL) {
    }
    assert_true(core_next_case(node_core(rig.node), &slot, &row));
    const struct history_sink sink = web_link_sink(web);
    for (uint32_t i = 0; i < 100000; i++) {
        sink.put(sink.context, &record);
    }
    assert_int_equal(web_link_lost(web), 1);
    turn(); /* takes what is there */
    turn(); /* is told anew */
    turn();
    assert_true(view->version > version);
    assert_true(view->is_ready);
    assert_same();
}

static void test_link_carries_a_request_and_its_answer(void **state)
{
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__Counters counters = GRIDLOOP__WIRE__COUNTERS__INIT;
    const struct codec_seal seal = {.key_id = "metrics"};
    uint8_t frame[256];
    size_t size = 0;
    struct node_output output;
    uint64_t ask = 0, answer_size = 0;
    bool was_ours = false;
    (void)state;
    turn();
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_COUNTERS;
    request.counters = &counters;
    assert_int_equal(codec_seal_request(&seal, &request, frame, sizeof frame, &size), ERR_OK);
    assert_true(web_link_ask(web, 42, frame, size));
    for (uint32_t i = 0; i < 3 && mails == 0; i++) {
        (void)uv_run(&uv, UV_RUN_ONCE);
    }
    assert_int_equal(mails, 1);
    while (node_next_output(rig.node, &output)) {
        was_ours = web_link_send(web, &output) || was_ours;
    }
    assert_true(was_ours);
    assert_non_null(web_link_answer(web, &ask, &answer_size));
    assert_int_equal(ask, 42);
    assert_true(answer_size > 100);
    web_link_answer_done(web);
    web_link_stop(web);
    assert_false(web_link_ask(web, 43, frame, size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_view_follows_the_core, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_view_takes_nothing_that_is_not_durable, open_all,
                                        close_all),
        cmocka_unit_test_setup_teardown(test_view_lost_records_are_told_anew, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_link_carries_a_request_and_its_answer, open_all,
                                        close_all),
    };
    return cmocka_run_group_tests_name("tests/unit/shell/test_web_view", tests, NULL, NULL);
}
