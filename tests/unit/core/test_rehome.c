/* test_rehome.c: the borders of the city move while cases are open: each case comes to the cell that it lies in now, slice by
 * slice, across a snapshot, and what nobody has accepted yet is offered to the people of that cell. */
#include "engine/core/cases.h"
#include "engine/core/snapshot.h"
#include "engine/core/state.h"

#include "tests/unit/core/town.c"

static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct place bin = {1163060000, 399060000};     /* cell 101, then 201 */
static const struct place west = {1163010000, 399020000};    /* cell 101 always */
static const struct place outside = {1163250000, 399050000}; /* in no cell, then in 201 */
static const struct town_field full[] = {{"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};
static const struct case_no no_case = {0, 0, 0};

struct move {
    struct town town;
    const char *copy;
};

static void change(const struct move *move, const char *program, const char *file)
{
    char command[512];
    (void)snprintf(command, sizeof command, "%s %s/%s", program, move->copy, file);
    assert_int_equal(system(command), 0);
}

/* Mei is responsible for cell 201, and can do what Wang and Li do. */
static int open_move(void **state)
{
    struct move *move = malloc(sizeof *move);
    move->copy = town_copy();
    town_edit(move->copy, "workers.csv", NULL,
              "mei,梅,grid_worker,sanitation,worker,,team.b,,2,11010800201,11010800201,,,,");
    town_open_at(&move->town, NULL, move->copy);
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

/* The border between both cells goes west, behind the bin. */
static void move_border(struct move *move)
{
    change(move, "sed -i s/116\\\\.31,/116.305,/", "cells.geojson");
    town_move(&move->town, move->copy);
}

static const char *cell_of(const struct town *town, struct case_no no)
{
    static char code[32];
    const uint32_t cell = town_case(town, no).cell;
    if (cell == NONE32) {
        return "";
    }
    const struct image_string s = town->city.cells[cell].code;
    (void)snprintf(code, sizeof code, "%.*s", (int)s.size, city_text(&town->city, s));
    return code;
}

/* What the engine says after looking at so many cases; false: nothing is left to be located. */
static bool locate(struct town *town, uint32_t looks)
{
    struct rehome_row rows[COMMAND_REHOME_MAX];
    struct rehome_body body = {.from_slot = core_rehome_from(town->core), .until_slot = NONE32};
    struct rehome_view view;
    struct batch_writer writer;
    const struct command_head head = town_head(town, COMMAND_REHOME, NULL);
    uint32_t slot = body.from_slot;
    if (slot == NONE32) {
        return false;
    }
    for (uint32_t i = 0; core_rehome_next(town->core, &slot, &view); i++) {
        uint16_t areas[EVENT_AREAS_MAX];
        uint32_t cell;
        (void)facts_locate(town->facts, view.place, &cell, areas);
        if (cell != view.cell) {
            rows[body.count++] = (struct rehome_row){view.no, cell};
        }
        if (i + 1 == looks) {
            body.until_slot = slot;
            break;
        }
    }
    town_begin(&writer);
    assert_int_equal(batch_put_rehome(&writer, &head, &body, rows), ERR_OK);
    town_step(town, &writer);
    return true;
}

static uint32_t locate_all(struct town *town)
{
    uint32_t slices = 0;
    while (locate(town, 16)) {
        slices++;
    }
    town_pass(town, 0);
    return slices;
}

static struct case_no case_at(struct town *town, struct place place)
{
    static const struct town_field wet[] = {{"level", NULL, 500000}, {0}};
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, place, wet),
                     CODE_OPENED);
    return town->last.case_no;
}

static const char *asked(const struct town *town)
{
    static const char *const who[] = {"wang", "li", "mei"};
    for (size_t i = 0; i < COUNT_OF(who); i++) {
        if (town_order_of(town, who[i]) != 0) {
            return who[i];
        }
    }
    return "";
}

static enum code act(struct town *town, const char *who, enum action action)
{
    return town_act(town, who, town_order_of(town, who), no_case, action, REASON_OTHER, bin, NULL);
}

static const struct effect_timeline *told(const struct town *town, enum action action)
{
    for (uint32_t i = town->effect_count; i > 0; i--) {
        const struct effect *effect = &town->effects[i - 1];
        if (effect->kind == EFFECT_TIMELINE && effect->of.timeline.action == action) {
            return &effect->of.timeline;
        }
    }
    return NULL;
}

static void test_rehome_offers_go_to_the_people_of_the_new_cell(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct case_no no = town_bin_case(town);
    assert_string_not_equal(asked(town), "mei");
    move_border(move);
    assert_string_equal(cell_of(town, no), "11010800101"); /* by its code, until it is located */
    assert_int_equal(locate_all(town), 1);
    assert_string_equal(cell_of(town, no), "11010800201");
    assert_string_equal(asked(town), "mei");
    assert_int_equal(town_count(town, ACTION_REHOME), 1);
    assert_int_equal(town_count(town, ACTION_RECALL), 1);
    assert_int_equal(town_count(town, ACTION_OFFER), 2);
    const struct effect_timeline *line = told(town, ACTION_REHOME);
    assert_int_equal(line->text_size, strlen("11010800101"));
    assert_memory_equal(line->text, "11010800101", line->text_size);
    assert_int_equal(line->cell, town_case(town, no).cell);
    assert_int_equal(act(town, "mei", ACTION_ACCEPT), CODE_DONE);
    assert_string_equal(town_holder(town, no), "mei");
}

static void test_rehome_a_report_is_verified_by_the_people_of_the_new_cell(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, bin, NULL),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(town_case(town, no).state, CASE_VERIFYING);
    assert_true(town_order_of(town, "wang") != 0 || town_order_of(town, "li") != 0);
    move_border(move);
    (void)locate_all(town);
    assert_int_equal(town_case(town, no).state, CASE_VERIFYING);
    assert_int_equal(town_order_of(town, "wang") + town_order_of(town, "li"), 0);
    assert_int_equal(town_count(town, ACTION_RECALL), 1);
    assert_int_equal(act(town, "chen", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "chen", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, "chen", ACTION_VERIFY_YES), CODE_DONE);
}

static void test_rehome_who_accepted_keeps_it(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct case_no no = town_bin_case(town);
    char who[16];
    (void)snprintf(who, sizeof who, "%s", asked(town));
    assert_int_equal(act(town, who, ACTION_ACCEPT), CODE_DONE);
    const struct case_view before = town_case(town, no);
    move_border(move);
    (void)locate_all(town);
    const struct case_view after = town_case(town, no);
    assert_string_equal(cell_of(town, no), "11010800201");
    assert_string_equal(town_holder(town, no), who);
    assert_int_equal(after.state, CASE_ASSIGNED);
    assert_int_equal(after.deadline_ms, before.deadline_ms);
    assert_int_equal(town_count(town, ACTION_REHOME), 1);
    assert_int_equal(town_count(town, ACTION_RECALL), 0);
    assert_int_equal(act(town, who, ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, who, ACTION_DONE), CODE_DONE);
}

static void test_rehome_only_what_lies_elsewhere(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct case_no stays = case_at(town, west);
    const struct case_no enters = case_at(town, outside);
    assert_string_equal(cell_of(town, enters), "");
    const uint32_t asked_before = town_count(town, ACTION_OFFER);
    change(move, "sed -i s/116\\\\.32,/116.33,/", "cells.geojson");
    town_move(town, move->copy);
    (void)locate_all(town);
    assert_string_equal(cell_of(town, stays), "11010800101");
    assert_string_equal(cell_of(town, enters), "11010800201");
    assert_int_equal(town_count(town, ACTION_REHOME), 1);
    assert_int_equal(told(town, ACTION_REHOME)->text_size, 0); /* from no cell */
    assert_true(town_count(town, ACTION_OFFER) > asked_before);
    assert_true(town_order_of(town, "mei") != 0 || town_order_of(town, "chen") != 0);
    /* back again, and it leaves: nobody is responsible there */
    change(move, "sed -i s/116\\\\.33,/116.32,/", "cells.geojson");
    town_move(town, move->copy);
    (void)locate_all(town);
    assert_string_equal(cell_of(town, enters), "");
    assert_int_equal(town_count(town, ACTION_REHOME), 2);
}

static void test_rehome_rules_alone_ask_for_nothing(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    (void)town_bin_case(town);
    town_edit(move->copy, "rules/town.yaml", "  seek_every: 2m", "  seek_every: 3m");
    town_move(town, move->copy);
    assert_int_equal(core_rehome_from(town->core), NONE32);
    /* nor does a first city, nor one without cases */
    struct town *fresh = calloc(1, sizeof *fresh);
    town_open(fresh, NULL);
    assert_int_equal(core_rehome_from(fresh->core), NONE32);
    town_move(fresh, move->copy);
    assert_int_equal(core_rehome_from(fresh->core), NONE32);
    town_close(fresh);
    free(fresh);
}

/* ---- slices ---- */

#define MANY 12u

/* Cases a hundred metres apart, all in cell 101 and from now on in 201. */
static void open_many(struct town *town, struct case_no *out)
{
    for (uint32_t i = 0; i < MANY; i++) {
        const struct place at = {bin.lon + (int32_t)i * 3000, 399099000 - (int32_t)i * 8900};
        out[i] = case_at(town, at);
        town_pass(town, MINUTE_MS);
    }
}

static void test_rehome_goes_on_after_a_restart(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    struct case_no all[MANY];
    open_many(town, all);
    move_border(move);
    struct hash128 before = core_digest(town->core);
    for (uint32_t slices = 0; slices < 4; slices++) {
        assert_true(locate(town, 2));
        assert_int_equal(core_rehome_from(town->core), 2 * slices + 2);
        assert_false(hash128_is_equal(before, core_digest(town->core)));
        before = core_digest(town->core);
    }
    assert_int_equal(town_count(town, ACTION_REHOME), 8);
    assert_int_equal(town_restart(town), ERR_OK);
    assert_int_equal(core_rehome_from(town->core), 8);
    assert_int_equal(locate_all(town), 1);
    assert_int_equal(town_count(town, ACTION_REHOME), MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_string_equal(cell_of(town, all[i]), "11010800201");
    }
}

static void test_rehome_of_old_borders_is_passed_over(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct case_no no = town_bin_case(town);
    move_border(move);
    struct batch_writer writer;
    struct command_head head = town_head(town, COMMAND_REHOME, NULL);
    const struct rehome_body body = {.from_slot = 0, .until_slot = NONE32, .count = 3};
    const struct rehome_row rows[] = {
        {no, 1}, {{110108, 20260303, 999}, 1}, {no, town->city.cell_count}};
    head.facts_digest = (struct hash128){1, 2};
    town_begin(&writer);
    assert_int_equal(batch_put_rehome(&writer, &head, &body, rows), ERR_OK);
    town_step(town, &writer);
    assert_int_equal(core_rehome_from(town->core), 0);
    assert_int_equal(town_count(town, ACTION_REHOME), 0);
    head = town_head(town, COMMAND_REHOME, NULL);
    town_begin(&writer);
    assert_int_equal(batch_put_rehome(&writer, &head, &body, rows), ERR_OK);
    town_step(town, &writer); /* no such case, no such cell: the rest counts */
    assert_int_equal(town_count(town, ACTION_REHOME), 1);
    assert_int_equal(core_rehome_from(town->core), NONE32);
    town_step(town, &writer); /* said once more: nothing is asked for */
    assert_int_equal(town_count(town, ACTION_REHOME), 1);
}

static void test_rehome_a_reopened_case_is_located_too(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct case_no other = case_at(town, west);
    const struct case_no no = town_bin_case(town);
    assert_int_equal(
        town_act(town, "chief.chu", 0, no, ACTION_FORCE_CLOSE, REASON_INSTRUCTED, nowhere, NULL),
        CODE_DONE);
    town_pass(town, HOUR_MS);
    move_border(move);
    (void)locate_all(town);
    assert_string_equal(cell_of(town, no), "11010800101"); /* closed where it was closed */
    assert_int_equal(
        town_act(town, "chief.chu", 0, no, ACTION_REOPEN, REASON_CAME_BACK, nowhere, NULL),
        CODE_DONE);
    assert_int_equal(core_rehome_from(town->core), 1);
    (void)locate_all(town);
    assert_string_equal(cell_of(town, no), "11010800201");
    assert_string_equal(cell_of(town, other), "11010800101");
}

/* A case that was closed, and looked at no more, comes back before what is to be located next. */
static void test_rehome_what_is_asked_for_meanwhile_is_not_passed_over(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct case_no no = town_bin_case(town);
    (void)case_at(town, west);
    (void)case_at(town, outside);
    assert_int_equal(
        town_act(town, "chief.chu", 0, no, ACTION_FORCE_CLOSE, REASON_INSTRUCTED, nowhere, NULL),
        CODE_DONE);
    move_border(move); /* at the instant of the closing, and after it */
    assert_true(locate(town, 1));
    assert_int_equal(core_rehome_from(town->core), 2);
    struct batch_writer writer;
    const struct command_head head = town_head(town, COMMAND_REHOME, NULL);
    const struct rehome_body rest = {.from_slot = 2, .until_slot = NONE32};
    assert_int_equal(
        town_act(town, "chief.chu", 0, no, ACTION_REOPEN, REASON_CAME_BACK, nowhere, NULL),
        CODE_DONE);
    assert_int_equal(core_rehome_from(town->core), 0);
    town_begin(&writer);
    assert_int_equal(batch_put_rehome(&writer, &head, &rest, NULL), ERR_OK);
    town_step(town, &writer);
    assert_int_equal(core_rehome_from(town->core), 0);
    (void)locate_all(town);
    assert_string_equal(cell_of(town, no), "11010800201");
}

/* Its slot lies before those that are still to be looked at. */
static void test_rehome_a_part_split_off_before_its_case_was_located(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    struct case_view view;
    const struct case_no first = case_at(town, outside);
    (void)case_at(town, west);
    const struct case_no no = town_bin_case(town);
    assert_int_equal(
        town_act(town, "chief.chu", 0, first, ACTION_VOID, REASON_OTHER, nowhere, NULL), CODE_DONE);
    for (uint32_t i = 0; core_find_case(town->core, first, &view); i++) {
        assert_true(i < 90);
        town_pass(town, DAY_MS);
    }
    move_border(move);
    assert_true(locate(town, 1)); /* the second case only */
    assert_int_equal(town_do(town, "dispatcher.du",
                             (struct town_deed){.no = no,
                                                .action = ACTION_SPLIT,
                                                .reason = REASON_OTHER_MATTER,
                                                .text = "the lid"}),
                     CODE_DONE);
    const struct case_no part = town->last.case_no;
    assert_int_equal(core_rehome_from(town->core), 0);
    (void)locate_all(town);
    assert_string_equal(cell_of(town, part), "11010800201");
    assert_string_equal(cell_of(town, no), "11010800201");
}

/* What did not come was waited for since before the borders moved: the case opens where the event was located then. */
static void test_rehome_a_case_of_an_event_kept_from_before(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct town_field fields[] = {{"value", NULL, 5000000}, {0}};
    town_edit(move->copy, "rules/town.yaml", "  sensor.odd:",
              "  sensor.odd: {title: 怪, title_en: odd, lane: telemetry, fields: {value: number}}\n"
              "  test.a: {title: 甲, title_en: a, lane: telemetry, fields: {value: number}}\n"
              "  test.b: {title: 乙, title_en: b, lane: telemetry, fields: {value: number}}\n");
    town_edit(move->copy, "rules/town.yaml", NULL,
              "- {id: test.absent, title: 试, owner: dept.traffic, event: test.a,\n"
              "   absent: {after: test.a, expect: test.b, match: [source], within: 30m},\n"
              "   open: {class: \"E.05.03\", severity: 2, title: t},\n"
              "   assign: {role: grid_worker, search: [grid, 3000], pick: nearest}}\n");
    town_move(town, move->copy);
    (void)town_event(town, "sensor-1", "test.a", NULL, bin, fields);
    move_border(move);
    (void)locate_all(town);
    const uint64_t opened = town->core->counts.cases_opened;
    town_pass(town, 31 * MINUTE_MS);
    assert_int_equal(town->core->counts.cases_opened, opened + 1);
    assert_int_equal(core_rehome_from(town->core), 0);
    const struct case_no no = town->core->cases.rows[0].no;
    assert_string_equal(cell_of(town, no), "11010800101");
    assert_int_equal(locate_all(town), 1);
    assert_string_equal(cell_of(town, no), "11010800201");
}

/* Where a better place takes a case, its cell goes along, lest the next walk find it elsewhere. */
static void test_rehome_a_place_known_better_brings_its_cell(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    const struct place before = {1163099500, 399060000}, after = {1163100500, 399060000};
    const struct town_field wet[] = {{"level", NULL, 500000}, {"accuracy_m", NULL, 3000000}, {0}};
    town_edit(
        move->copy, "rules/town.yaml", "  merge: {key: [class], radius_m: 100",
        "  merge: {key: [class], radius_m: 100, while: open, take: {location: best_accuracy}}");
    town_move(town, move->copy);
    const struct case_no no = case_at(town, before);
    assert_string_equal(cell_of(town, no), "11010800101");
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, after, wet),
                     CODE_MERGED);
    assert_int_equal(town_case(town, no).place.lon, after.lon);
    assert_string_equal(cell_of(town, no), "11010800201");
}

/* How far the walk has come is state, and so is when it began. */
static void test_rehome_the_walk_is_in_the_digest_and_bounded_in_snapshots(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    (void)case_at(town, west);
    (void)case_at(town, outside);
    move_border(move);
    const struct hash128 before = core_digest(town->core);
    const uint32_t next = town->core->rehome_next;
    town->core->rehome_next++;
    assert_false(hash128_is_equal(core_digest(town->core), before));
    town->core->rehome_next = next;
    town->core->borders_at_ms++;
    assert_false(hash128_is_equal(core_digest(town->core), before));
    town->core->borders_at_ms--;
    assert_true(hash128_is_equal(core_digest(town->core), before));
    town->core->rehome_next = town->core->cases.high + 1;
    assert_int_equal(town_restart(town), ERR_MALFORMED);
}

/* ---- who answers ---- */

static enum code does(struct town *town, const char *who, struct case_no no, enum action action,
                      enum reason reason, const char *post)
{
    return town_act(town, who, 0, no, action, reason, nowhere, post);
}

/* A ruling about this class in cell 201: it is traffic's. */
static void rule_for_traffic(struct town *town)
{
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-002", nowhere, full),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    const struct {
        const char *who;
        enum action action;
        enum reason reason;
        const char *post;
    } steps[] = {
        {"dispatcher.du", ACTION_SEND_TO_DESK, REASON_OTHER, "dept.sanitation.duty"},
        {"desk.san", ACTION_RETURN, REASON_NOT_MINE, NULL},
        {"dispatcher.du", ACTION_SEND_TO_DESK, REASON_OTHER, "dept.traffic.duty"},
        {"desk.tra", ACTION_HAND_OVER, REASON_NOT_MINE, "dept.sanitation.duty"},
        {"desk.san", ACTION_RETURN, REASON_BUSY, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        assert_int_equal(
            does(town, steps[i].who, no, steps[i].action, steps[i].reason, steps[i].post),
            CODE_DONE);
    }
    town_pass(town, 4 * HOUR_MS);
    assert_int_equal(
        does(town, "dispatcher.du", no, ACTION_RULE, REASON_BY_CLAUSE, "dept.traffic.duty"),
        CODE_DONE);
    assert_int_equal(does(town, "chief.chu", no, ACTION_VOID, REASON_OTHER, NULL), CODE_DONE);
}

/* Everybody who was asked declines until a desk has it. */
static void to_desk(struct town *town, struct case_no no)
{
    for (uint32_t i = 0; i < 8 && asked(town)[0] != '\0'; i++) {
        assert_int_equal(act(town, asked(town), ACTION_DECLINE), CODE_DONE);
    }
    assert_int_equal(town_case(town, no).holder.kind, HOLDER_POST);
    assert_int_equal(town_case(town, no).state, CASE_ASSIGNED);
}

static void test_rehome_a_desk_follows_the_ruling_of_the_new_cell(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    rule_for_traffic(town);
    const struct case_no no = town_bin_case(town);
    to_desk(town, no);
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
    move_border(move);
    (void)locate_all(town);
    assert_string_equal(cell_of(town, no), "11010800201");
    assert_string_equal(town_holder(town, no), "dept.traffic.duty");
}

static void test_rehome_where_people_sent_it_it_stays(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    rule_for_traffic(town);
    const struct case_no no = town_bin_case(town);
    assert_int_equal(
        does(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, REASON_OTHER, "town.desk"), CODE_DONE);
    move_border(move);
    (void)locate_all(town);
    assert_string_equal(cell_of(town, no), "11010800201");
    assert_string_equal(town_holder(town, no), "town.desk");
}

static int64_t step_due_ms(const struct town *town, struct case_no no)
{
    const uint32_t slot = cases_find(&town->core->cases, no);
    return timers_due_ms(&town->core->timers, case_timer_id(slot, CASE_TIMER_STEP));
}

static void test_rehome_the_clock_goes_to_who_answers_now(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    rule_for_traffic(town);
    const struct case_no no = town_bin_case(town);
    char who[16];
    (void)snprintf(who, sizeof who, "%s", asked(town));
    assert_int_equal(act(town, who, ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, who, ACTION_ARRIVE), CODE_DONE);
    town_pass(town, 10 * MINUTE_MS);
    const int64_t before = town_case(town, no).handle_deadline_ms;
    move_border(move);
    (void)locate_all(town);
    assert_string_equal(town_holder(town, no), who);
    /* four fifths of the four hours, which traffic counts by day and night */
    assert_int_equal(step_due_ms(town, no), town->now_ms + 4 * HOUR_MS / 5 * 4);
    assert_int_not_equal(town_case(town, no).handle_deadline_ms, before);
    const struct image_string department =
        town->city
            .departments[town->core->cases.rows[cases_find(&town->core->cases, no)].department]
            .code;
    assert_memory_equal(city_text(&town->city, department), "dept.traffic", department.size);
    assert_int_equal(told(town, ACTION_REHOME)->deadline_ms,
                     town_case(town, no).handle_deadline_ms);
}

int main(void)
{
#define MOVED(name) cmocka_unit_test_setup_teardown(test_rehome_##name, open_move, close_move)
    const struct CMUnitTest tests[] = {
        MOVED(offers_go_to_the_people_of_the_new_cell),
        MOVED(a_report_is_verified_by_the_people_of_the_new_cell),
        MOVED(who_accepted_keeps_it),
        MOVED(only_what_lies_elsewhere),
        MOVED(rules_alone_ask_for_nothing),
        MOVED(goes_on_after_a_restart),
        MOVED(of_old_borders_is_passed_over),
        MOVED(a_reopened_case_is_located_too),
        MOVED(what_is_asked_for_meanwhile_is_not_passed_over),
        MOVED(a_part_split_off_before_its_case_was_located),
        MOVED(a_case_of_an_event_kept_from_before),
        MOVED(a_place_known_better_brings_its_cell),
        MOVED(the_walk_is_in_the_digest_and_bounded_in_snapshots),
        MOVED(a_desk_follows_the_ruling_of_the_new_cell),
        MOVED(where_people_sent_it_it_stays),
        MOVED(the_clock_goes_to_who_answers_now),
    };
    return cmocka_run_group_tests_name("tests/unit/core/rehome", tests, NULL, NULL);
}
