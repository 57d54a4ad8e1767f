/* test_remap.c: a new city and new rules while cases are open: rows are renumbered, what is gone is replaced, every case
 * goes on; what does not fit is refused before it can be activated. */
#include "tests/unit/core/town.c"

#include "engine/core/state.h"
#include "engine/core/workers.h"
#include "tests/unit/panic.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct case_no no_case = {0, 0, 0};
static const struct town_field full[] = {{"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};
static const struct town_field wet[] = {{"level", NULL, 500000}, {0}};

struct move {
    struct town town;
    const char *copy; /* the directory to change and move to */
};

static int open_move(void **state)
{
    struct move *move = calloc(1, sizeof *move);
    town_open(&move->town, NULL);
    move->copy = town_copy();
    *state = move;
    return 0;
}

static int close_move(void **state)
{
    struct move *move = *state;
    town_close(&move->town);
    free(move);
    return 0;
}

static enum code act(struct town *town, const char *who, enum action action)
{
    return town_act(town, who, town_order_of(town, who), no_case, action, REASON_OTHER, near_bin,
                    NULL);
}

static enum code on_case(struct town *town, const char *who, struct case_no no, enum action action,
                         const char *subject)
{
    return town_act(town, who, 0, no, action, REASON_OTHER, nowhere, subject);
}

/* New rows before the old ones in every table: nothing keeps its number. */
static void add_rows_in_front(const char *at)
{
    town_edit(at, "workers.csv", NULL,
              "aaron,安,grid_worker,sanitation,worker,,team.a,,2,11010800201,,,,,");
    town_edit(at, "posts.csv", "town.command,",
              "a.post,前岗,,desk.dai\ntown.command,指挥中心,,dispatcher.du chief.chu");
    town_edit(at, "departments.csv", "dept.sanitation,",
              "dept.art,艺术,Art,a.post,,\ndept.sanitation,环卫,Sanitation,dept.sanitation.duty,"
              "dept.sanitation.lead,cal.office");
    town_edit(at, "devices.csv", "C-001,",
              "A-001,camera,116.3060,39.9060,,\nC-001,camera,116.3060,39.9060,bin-1,");
    town_edit(at, "assets.csv", "bin-1,",
              "abin-0,箱0,litter_bin,116.3181,39.9001,dept.sanitation\nbin-1,箱1,litter_bin,116."
              "3061,39.9061,"
              "dept.sanitation");
    town_edit(at, "gateways.csv", "cam-1,",
              "aa-1,first,camera,true,camera.\ncam-1,cameras,camera,true,camera.");
    town_edit(
        at, "catalogue.csv", "E.01.02,",
        "E.01.01,杂物,Junk,dept.sanitation,4wh,person,72h,\nE.01.02,垃圾满溢,Garbage overflow,"
        "dept.sanitation,4wh,person,72h,");
    town_edit(at, "rules/town.yaml", "- id: sanitation.garbage_overflow",
              "- id: aa.first\n  title: 首\n  title_en: First\n  owner: dept.art\n  priority: 1\n"
              "  event: sensor.odd\n  where: value >= 900\n  open: {class: \"E.01.01\", severity: "
              "4, title: \"a\"}\n"
              "  assign: {role: grid_worker, search: [grid], pick: nearest}\n- id: "
              "sanitation.garbage_overflow");
}

static void is_text(struct image_string text, const char *strings, const char *expected)
{
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(strings + text.offset, expected, text.size);
}

static void test_remap_every_row_keeps_its_name(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    const struct case_view before = town_case(town, no);
    add_rows_in_front(move->copy);
    town_move(town, move->copy);
    core_check(town->core);
    const struct case_view after = town_case(town, no);
    assert_int_not_equal(before.rule, after.rule);
    assert_int_not_equal(before.class_row, after.class_row);
    assert_int_not_equal(before.asset, after.asset);
    assert_int_not_equal(before.device, after.device);
    assert_int_not_equal(before.holder.index, after.holder.index);
    is_text(town->policy.rules[after.rule].id, town->policy.strings, "sanitation.garbage_overflow");
    is_text(town->city.classes[after.class_row].code, town->city.strings, "E.01.02");
    is_text(town->city.assets[after.asset].code, town->city.strings, "bin-1");
    is_text(town->city.devices[after.device].id, town->city.strings, "C-001");
    is_text(town->city.cells[after.cell].code, town->city.strings, "11010800101");
    const struct case_row *row = &town->core->cases.rows[0];
    is_text(town->city.gateways[row->gateway].id, town->city.strings, "cam-1");
    is_text(town->city.departments[row->department].code, town->city.strings, "dept.sanitation");
    assert_string_equal(town_holder(town, no), "li");
    assert_int_equal(after.handle_deadline_ms, before.handle_deadline_ms);
    struct order_view order;
    assert_true(core_find_order(town->core, 1, &order));
    assert_int_equal(order.assign, town->policy.rules[after.rule].assigns.first);
    /* and the case goes on: same keys merge, the same people finish it. */
    const struct place eleven_metres = {1163061000, 399061000};
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, eleven_metres, NULL),
                     CODE_MERGED);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_DONE), CODE_DONE);
    assert_int_equal(act(town, "zhao", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "zhao", ACTION_CHECK_PASS), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CLOSED);
}

static void test_remap_same_pair_again_changes_nothing(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    (void)town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    (void)town_event(town, "hotline-1", "hotline.garbage", NULL,
                     (struct place){1163151000, 399051000}, NULL);
    (void)town_event(town, "sensor-1", "sensor.odd", NULL, near_bin,
                     (const struct town_field[]){{"value", NULL, 1}, {0}});
    struct case_row cases[3];
    struct order_row orders[2];
    int64_t due_ms[3 * CASE_TIMER_COUNT];
    memcpy(cases, town->core->cases.rows, sizeof cases);
    memcpy(orders, town->core->orders.rows, sizeof orders);
    for (uint32_t i = 0; i < COUNT_OF(due_ms); i++) {
        due_ms[i] = timers_due_ms(&town->core->timers, i);
    }
    const uint32_t effects = town->effect_count;
    town_move(town, move->copy);
    core_check(town->core);
    assert_memory_equal(cases, town->core->cases.rows, sizeof cases);
    assert_memory_equal(orders, town->core->orders.rows, sizeof orders);
    for (uint32_t i = 0; i < COUNT_OF(due_ms); i++) {
        assert_int_equal(due_ms[i], timers_due_ms(&town->core->timers, i));
    }
    assert_int_equal(town->effect_count, effects + 1);
    assert_int_equal(town->effects[effects].kind, EFFECT_ACTIVATED);
}

static void test_remap_worker_who_left_loses_the_order(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    struct worker_view view;
    const struct case_no no = town_bin_case(town);
    const uint64_t order = town_order_of(town, "li");
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    town_edit(move->copy, "workers.csv", "li,", NULL);
    town_move(town, move->copy);
    core_check(town->core);
    assert_int_equal(town_count(town, ACTION_LOST), 1);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
    assert_true(town_order_of(town, "wang") != 0);
    assert_int_equal(
        town_act(town, "li", order, no_case, ACTION_ARRIVE, REASON_NONE, near_bin, NULL),
        CODE_UNKNOWN_IDENTITY);
    assert_true(core_find_worker(town->core, town_id("li"), &view));
    assert_int_equal(view.person, NONE32);
    assert_int_equal(view.load, 0);
    /* Back again, the same row with its numbers; what was said meanwhile is still there to be told. */
    struct item_view items[8];
    town_edit(move->copy, "workers.csv", NULL,
              "li,李强,grid_worker,sanitation,worker,,team.a,,2,11010800101,11010800101,,,,");
    town_move(town, move->copy);
    assert_true(core_find_worker(town->core, town_id("li"), &view));
    assert_int_not_equal(view.person, NONE32);
    assert_int_equal(core_worker_items(town->core, town_id("li"), 0, items, 8), 2);
    assert_int_equal(items[1].kind, ITEM_RECALL);
    assert_int_equal(
        town_act(town, "li", order, no_case, ACTION_ARRIVE, REASON_NONE, near_bin, NULL),
        CODE_EXPIRED);
}

static void test_remap_checker_who_left_is_replaced(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_DONE), CODE_DONE);
    assert_int_equal(act(town, "zhao", ACTION_ACCEPT), CODE_DONE);
    town_edit(move->copy, "workers.csv", "zhao,", NULL);
    town_move(town, move->copy);
    core_check(town->core);
    assert_string_equal(town_holder(town, no), "town.supervision");
    assert_int_equal(act(town, "zhou", ACTION_ACCEPT), CODE_DONE);
    assert_string_equal(town_holder(town, no), "zhou");
}

static void test_remap_last_checker_who_left_is_said(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct case_no no = town_bin_case(town);
    town_seen(town, "zhou", STATUS_OFF, nowhere);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_DONE), CODE_DONE);
    assert_int_equal(act(town, "zhao", ACTION_ACCEPT), CODE_DONE);
    town_edit(move->copy, "workers.csv", "zhao,", NULL);
    const uint32_t from = town->effect_count;
    town_move(town, move->copy);
    bool is_said = false; /* the story names the post that answers for it now */
    for (uint32_t i = from; i < town->effect_count; i++) {
        const struct effect *effect = &town->effects[i];
        is_said = is_said ||
                  (effect->kind == EFFECT_TIMELINE && effect->of.timeline.action == ACTION_NOBODY &&
                   effect->of.timeline.holder.kind == HOLDER_POST);
    }
    assert_true(is_said);
    assert_string_equal(town_holder(town, no), "town.supervision");
}

static void test_remap_post_that_is_gone_hands_on(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct case_no at_desk = town_bin_case(town);
    assert_int_equal(on_case(town, "dispatcher.du", at_desk, ACTION_SEND_TO_DESK, "fire.119"),
                     CODE_DONE);
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL,
                                (struct place){1163151000, 399051000}, NULL),
                     CODE_OPENED);
    const struct case_no verifying = town->last.case_no;
    assert_int_equal(town_event(town, "cam-1", "camera.vehicle_stationary", "C-003", nowhere,
                                (const struct town_field[]){{"plate", "A1", 0}, {0}}),
                     CODE_OPENED);
    const struct case_no dispatching = town->last.case_no;
    /* The command post, the supervision post and the fire brigade's have other names from now on. */
    town_edit(move->copy, "posts.csv", "town.command,",
              "city.command,指挥中心,,dispatcher.du chief.chu");
    town_edit(move->copy, "posts.csv", "town.supervision,", "city.supervision,监督中心,,chief.chu");
    town_edit(move->copy, "posts.csv", "fire.119,", NULL);
    town_edit(move->copy, "city.yaml", "posts:",
              "posts: {command: city.command, supervision: city.supervision, desk: town.desk}");
    char command[200];
    (void)snprintf(command, sizeof command,
                   "sed -i s/town.command/city.command/ %s/rules/town.yaml", move->copy);
    assert_int_equal(system(command), 0);
    const uint32_t from = town->effect_count;
    town_move(town, move->copy);
    core_check(town->core);
    assert_string_equal(town_holder(town, at_desk), "dept.sanitation.duty");
    assert_int_equal(town_case(town, at_desk).state, CASE_ASSIGNED);
    assert_string_equal(town_holder(town, verifying), "city.supervision");
    assert_int_equal(town_case(town, verifying).state, CASE_VERIFYING);
    assert_string_equal(town_holder(town, dispatching), "city.command");
    uint32_t said = 0;
    uint32_t told = 0;
    for (uint32_t i = from; i < town->effect_count; i++) {
        said += town->effects[i].kind == EFFECT_TIMELINE &&
                town->effects[i].of.timeline.action == ACTION_TO_DESK;
        told += town->effects[i].kind == EFFECT_NOTICE;
    }
    assert_int_equal(said, 3);
    assert_int_equal(told, 3);
}

/* A rule is taken out while its cases are open: they are handled, checked and closed all the same. */
static void test_remap_rule_that_is_gone_lets_its_cases_go_on(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct case_no accepted = town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-002", nowhere, full),
                     CODE_OPENED);
    const struct case_no offered = town->last.case_no;
    town_edit(move->copy, "rules/town.yaml", "- id: sanitation.garbage_overflow",
              "- id: sanitation.garbage_renamed");
    town_move(town, move->copy);
    core_check(town->core);
    assert_int_equal(town_case(town, accepted).rule, NONE32);
    struct order_view order;
    assert_true(core_find_order(town->core, 1, &order));
    assert_int_equal(order.assign, NONE32);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_DONE), CODE_DONE);
    assert_int_equal(town_case(town, accepted).state, CASE_CHECKING);
    assert_int_equal(act(town, "zhao", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "zhao", ACTION_CHECK_FAIL), CODE_DONE);
    /* Nobody is named to do it: the owner of the class gets it. */
    assert_string_equal(town_holder(town, accepted), "dept.sanitation.duty");
    town_pass(town, 10 * MINUTE_MS); /* the other offer runs out */
    assert_string_equal(town_holder(town, offered), "dept.sanitation.duty");
    assert_int_equal(on_case(town, "dispatcher.du", offered, ACTION_REASSIGN, "wang"), CODE_DONE);
    assert_int_equal(act(town, "wang", ACTION_ACCEPT), CODE_DONE);
    assert_string_equal(town_holder(town, offered), "wang");
    town_pass(town, 2 * DAY_MS); /* clocks and reminders without a rule */
    assert_int_equal(on_case(town, "chief.chu", offered, ACTION_VOID, NULL), CODE_DONE);
    assert_int_equal(on_case(town, "chief.chu", offered, ACTION_REOPEN, NULL), CODE_DONE);
    core_check(town->core);
    /* The renamed rule merges into cases of the same class. */
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-001", nowhere, full),
                     CODE_MERGED);
}

static void test_remap_class_cell_and_device_that_are_gone(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, near_bin, wet),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    char command[400];
    (void)snprintf(command, sizeof command,
                   "sed -i 's/E.02.03/E.02.04/' %s/catalogue.csv %s/rules/town.yaml && "
                   "sed -i 's/11010800101/11010800109/g' %s/cells.geojson %s/workers.csv",
                   move->copy, move->copy, move->copy, move->copy);
    assert_int_equal(system(command), 0);
    town_move(town, move->copy);
    core_check(town->core);
    const struct case_view view = town_case(town, no);
    assert_int_equal(view.class_row, NONE32);
    assert_int_equal(view.cell, NONE32);
    assert_int_not_equal(view.rule, NONE32);
    /* Without a class nobody says that a device may check it: a person does. */
    const char *who = town_order_of(town, "li") != 0 ? "li" : "wang";
    assert_int_equal(act(town, who, ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, who, ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, who, ACTION_DONE), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
    assert_int_equal(on_case(town, "chief.chu", no, ACTION_CLOSE, NULL), CODE_DONE);
    town_pass(town, SECOND_MS); /* no class, no reopen window */
    assert_int_equal(on_case(town, "chief.chu", no, ACTION_COMMENT, NULL), CODE_GONE);
}

static void test_remap_calendar_change_moves_the_deadline(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(town_case(town, no).handle_deadline_ms, TOWN_START_MS + 6 * HOUR_MS);
    town_edit(move->copy, "calendars.yaml",
              "    week: {mon-fri:", "    week: {mon-fri: \"08:00-18:00\"}");
    town_move(town, move->copy);
    assert_int_equal(town_case(town, no).handle_deadline_ms, TOWN_START_MS + 4 * HOUR_MS);
}

static void test_remap_captured_fields_keep_their_names(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, near_bin, wet),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    add_rows_in_front(move->copy);
    town_edit(move->copy, "rules/town.yaml", "  sensor.odd:",
              "  sensor.odd: {title: 怪, title_en: odd, lane: telemetry, fields: {value: number, "
              "aardvark: number}}");
    town_move(town, move->copy);
    const struct case_view view = town_case(town, no);
    bool has_level = false;
    for (uint32_t i = 0; i < view.field_count; i++) {
        const struct image_string name = town->policy.fields[view.fields[i].field].name;
        if (name.size == 5 && memcmp(policy_text(&town->policy, name), "level", 5) == 0) {
            has_level = true;
            assert_int_equal(view.fields[i].number, 500000);
        }
    }
    assert_true(has_level);
}

static void test_remap_gateway_that_left_may_not_send(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    (void)town_bin_case(town);
    town_edit(move->copy, "gateways.csv", "cam-1,", NULL);
    town_move(town, move->copy);
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-002", nowhere, full),
                     CODE_UNKNOWN_IDENTITY);
    assert_int_equal(core_outbox_mark(town->core, town_id("cam-1")).last_seq, 1);
    /* The id comes back as a person's: that person's numbers count from now on. */
    town_edit(move->copy, "workers.csv", NULL, "cam-1,卡,,,intake,,,,0,,,,,,");
    town_move(town, move->copy);
    assert_int_equal(core_outbox_mark(town->core, town_id("cam-1")).last_seq, 0);
    assert_int_equal(on_case(town, "cam-1", (struct case_no){1, 2, 3}, ACTION_COMMENT, NULL),
                     CODE_UNKNOWN_CASE);
    assert_int_equal(core_outbox_mark(town->core, town_id("cam-1")).last_seq, 1);
}

/* ---- what does not fit ---- */

static void test_remap_pair_that_does_not_fit_is_refused_when_staged(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    struct town other;
    add_rows_in_front(move->copy);
    town_open_at(&other, NULL, move->copy);
    /* A policy belongs to one city. */
    assert_int_equal(core_stage_policy(town->core, other.policy_bytes, other.policy_size),
                     ERR_NOT_FOUND);
    assert_int_equal(core_stage_city(town->core, town->city_bytes, town->city_size), ERR_OK);
    assert_int_equal(core_stage_policy(town->core, other.policy_bytes, other.policy_size),
                     ERR_MISMATCH);
    assert_int_equal(core_stage_policy(town->core, other.city_bytes, other.city_size),
                     ERR_MALFORMED);
    assert_int_equal(core_stage_city(town->core, town->policy_bytes, town->policy_size),
                     ERR_MALFORMED);
    /* A staged policy goes with its city. */
    assert_int_equal(core_stage_city(town->core, town->city_bytes, town->city_size), ERR_OK);
    assert_int_equal(core_stage_policy(town->core, town->policy_bytes, town->policy_size), ERR_OK);
    assert_int_equal(core_stage_city(town->core, other.city_bytes, other.city_size), ERR_OK);
    struct batch_writer writer;
    const struct activate_body body = {.city = town->city.image.digest,
                                       .policy = town->policy.image.digest};
    const struct command_head head = town_head(town, COMMAND_ACTIVATE, NULL);
    town_begin(&writer);
    assert_int_equal(batch_put(&writer, &head, &body, sizeof body, place_none()), ERR_OK);
    expect_panic(town_step(town, &writer));
    town->core->sink = NULL; /* the step that stopped did not end */
    town_close(&other);
}

static void test_remap_too_many_persons_or_gateways_are_refused(void **state)
{
    struct move *move = *state;
    struct town town;
    struct limits limits = town_limits();
    limits.workers = 16; /* the town has 15 */
    limits.gateways = 4; /* of 3 */
    town_open(&town, &limits);
    town_edit(move->copy, "workers.csv", "wang,",
              "wa,汪,grid_worker,sanitation,worker,,team.a,,2,11010800101,,,,,");
    town_move(&town, move->copy); /* wang keeps a row for the day of return: 16 */
    town_edit(move->copy, "workers.csv", "wa,",
              "wo,沃,grid_worker,sanitation,worker,,team.a,,2,11010800101,,,,,");
    struct town other;
    town_open_at(&other, NULL, move->copy);
    assert_int_equal(core_stage_city(town.core, other.city_bytes, other.city_size), ERR_FULL);
    assert_int_equal(core_stage_policy(town.core, other.policy_bytes, other.policy_size),
                     ERR_NOT_FOUND);
    town_close(&other);
    town_edit(move->copy, "workers.csv", "wo,",
              "wang,王芳,grid_worker,sanitation,worker,,team.a,,2,11010800101,,,,,");
    town_edit(move->copy, "gateways.csv", "cam-1,",
              "cam-2,a,camera,true,camera.\ncam-3,b,camera,true,camera.");
    town_open_at(&other, NULL, move->copy);
    assert_int_equal(core_stage_city(town.core, other.city_bytes, other.city_size), ERR_FULL);
    town_close(&other);
    town_close(&town);
}

#define remap(name) cmocka_unit_test_setup_teardown(test_remap_##name, open_move, close_move)

int main(void)
{
    const struct CMUnitTest tests[] = {
        remap(every_row_keeps_its_name),
        remap(same_pair_again_changes_nothing),
        remap(worker_who_left_loses_the_order),
        remap(checker_who_left_is_replaced),
        remap(last_checker_who_left_is_said),
        remap(post_that_is_gone_hands_on),
        remap(rule_that_is_gone_lets_its_cases_go_on),
        remap(class_cell_and_device_that_are_gone),
        remap(calendar_change_moves_the_deadline),
        remap(captured_fields_keep_their_names),
        remap(gateway_that_left_may_not_send),
        remap(pair_that_does_not_fit_is_refused_when_staged),
        remap(too_many_persons_or_gateways_are_refused),
    };
    return cmocka_run_group_tests_name("engine/core/remap", tests, NULL, NULL);
}
