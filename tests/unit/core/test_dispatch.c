/* test_dispatch.c: who gets the order: rings, filters, ranking, teams, counts; and on random towns against a search that
 * looks at everybody. GRIDLOOP_SEED chooses another run of the random part. */
#include "tests/unit/core/town.c"

#include "engine/core/calendar.h"
#include "engine/core/cases.h"
#include "engine/core/choice.h"
#include "engine/core/state.h"
#include "engine/core/workers.h"

static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct place corner = {1163050000, 399050000};
static const struct case_no no_case = {0, 0, 0};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};

/* Rules of every ring and pick; the number in the type's name is the row of `variants`. */
static const struct variant {
    const char *assign;
    uint32_t pick, max_load, ignore_shift;
    const char *skill; /* or NULL */
    const char *rings; /* letters: g grid, r 600 m, R 2 km, s street, d district, c city */
} variants[] = {
    {"{role: grid_worker, search: [grid, 600, city], pick: nearest}", PICK_NEAREST, 0, 0, NULL,
     "grc"},
    {"{role: grid_worker, search: [2000], pick: nearest}", PICK_NEAREST, 0, 0, NULL, "R"},
    {"{role: grid_worker, search: [street, district], pick: nearest}", PICK_NEAREST, 0, 0, NULL,
     "sd"},
    {"{role: grid_worker, search: [district], pick: eta}", PICK_ETA, 0, 0, NULL, "d"},
    {"{role: grid_worker, search: [600, 2000, city], pick: eta, max_load: 2}", PICK_ETA, 2, 0, NULL,
     "rRc"},
    {"{role: grid_worker, search: [grid, city], pick: least_loaded}", PICK_LEAST_LOADED, 0, 0, NULL,
     "gc"},
    {"{role: grid_worker, skills: [sanitation], search: [city], pick: nearest, on_shift: any}",
     PICK_NEAREST, 0, 1, "sanitation", "c"},
    {"{role: grid_worker, search: [600], pick: least_loaded, max_load: 1}", PICK_LEAST_LOADED, 1, 0,
     NULL, "r"},
};

static void write_rules(const char *at)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/rules/variants.yaml", at);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    (void)fprintf(out, "ruleset: 1\nevents:\n");
    for (size_t i = 0; i < COUNT_OF(variants); i++) {
        (void)fprintf(
            out, "  try.v%zu: {title: 试, title_en: try, lane: report, fields: {value: number}}\n",
            i);
    }
    (void)fprintf(out, "rules:\n");
    for (size_t i = 0; i < COUNT_OF(variants); i++) {
        (void)fprintf(out,
                      "- id: try.v%zu\n  title: 试\n  title_en: Try\n  owner: dept.sanitation\n  "
                      "priority: 1\n"
                      "  event: try.v%zu\n  open: {class: \"E.09.09\", severity: 4, title: "
                      "\"v\"}\n  assign: %s\n",
                      i, i, variants[i].assign);
    }
    assert_int_equal(fclose(out), 0);
}

static struct town *open_copy(const char *at, const struct limits *limits)
{
    struct town *town = malloc(sizeof *town);
    write_rules(at);
    town_open_at(town, limits, at);
    return town;
}

static int open_town(void **state)
{
    *state = open_copy(town_copy(), NULL);
    return 0;
}

static enum code try_variant(struct town *town, size_t variant, struct place at)
{
    char type[16];
    (void)snprintf(type, sizeof type, "try.v%zu", variant);
    return town_event(town, "sensor-1", type, NULL, at, value);
}

/* The code of a person in the newest decision. */
static enum code code_of(const struct town *town, const char *who)
{
    const struct effect_decision *decision = town_decision(town);
    for (uint32_t i = 0; i < decision->candidate_count; i++) {
        const struct image_string id = town->city.persons[decision->candidates[i].person].id;
        if (id.size == strlen(who) && memcmp(city_text(&town->city, id), who, id.size) == 0) {
            return (enum code)decision->candidates[i].code;
        }
    }
    return CODE_NOTHING;
}

static enum code act(struct town *town, const char *who, enum action action)
{
    return town_act(town, who, town_order_of(town, who), no_case, action, REASON_BUSY, corner,
                    NULL);
}

static enum code on_case(struct town *town, const char *who, struct case_no no, enum action action,
                         const char *subject)
{
    return town_act(town, who, 0, no, action, REASON_OTHER, nowhere, subject);
}

/* ---- every filter ---- */

static void test_dispatch_filters_of_duty(void **state)
{
    struct town *town = *state;
    town_seen(town, "li", STATUS_PAUSED, corner);
    town_seen(town, "wang", STATUS_OFF, corner);
    town_seen(town, "chen", STATUS_READY, corner);
    assert_int_equal(try_variant(town, 1, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_RESTING);
    assert_int_equal(code_of(town, "wang"), CODE_OFF_SHIFT);
    assert_int_equal(code_of(town, "chen"), CODE_ELIGIBLE);
    assert_int_equal(code_of(town, "sun"), CODE_NOTHING); /* the wrong role is not looked at */
    assert_int_equal(try_variant(town, 6, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "chen"),
                     CODE_WRONG_SKILL); /* nobody is eligible: everybody is listed */
    assert_int_equal(code_of(town, "wang"),
                     CODE_NO_FIX); /* on_shift: any, but no position is kept off shift */
}

static void test_dispatch_filters_of_place(void **state)
{
    struct town *town = *state;
    const struct place far_away = {1163280000, 399180000};
    town_seen(town, "li", STATUS_READY, corner);
    town_pass(town, 30 * MINUTE_MS + SECOND_MS);
    town_seen(town, "wang", STATUS_READY, far_away);
    assert_int_equal(try_variant(town, 1, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_STALE_FIX);
    assert_int_equal(code_of(town, "wang"), CODE_OUT_OF_RADIUS);
    assert_int_equal(code_of(town, "chen"), CODE_NO_FIX);
    assert_int_equal(town_decision(town)->order, 0);
    /* In the own cell nobody must be tracked. */
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_ELIGIBLE);
    assert_true(town_decision(town)->candidates[0].is_home_position);
    /* chen's street is another. */
    town_seen(town, "chen", STATUS_READY, corner);
    assert_int_equal(try_variant(town, 2, corner), CODE_OPENED);
    const struct effect_decision *decision = town_decision(town);
    assert_int_equal(decision->candidates[0].ring, 0);
    assert_int_equal(code_of(town, "chen"), CODE_NOTHING);
    assert_int_equal(decision->considered, decision->candidate_count);
}

/* When nobody can take it everybody is looked at: each by the first filter that stops him, the wrong role unlisted. */
static void test_dispatch_nobody_counts_everybody(void **state)
{
    struct town *town = *state;
    town_seen(town, "li", STATUS_PAUSED, corner);
    town_seen(town, "wang", STATUS_READY, corner);
    town_seen(town, "chen", STATUS_OFF, corner);
    assert_int_equal(try_variant(town, 6, corner), CODE_OPENED);
    town_seen(town, "wang", STATUS_PAUSED, corner);
    assert_int_equal(try_variant(town, 6, corner), CODE_OPENED);
    const struct effect_decision *decision = town_decision(town);
    assert_int_equal(decision->order, 0);
    assert_int_equal(decision->considered, town->core->workers.grid.count);
    uint32_t removed = 0;
    for (size_t i = 0; i < COUNT_OF(decision->removed); i++) {
        removed += decision->removed[i];
    }
    assert_int_equal(removed, decision->considered);
    assert_int_equal(decision->removed[CODE_RESTING - CODE_ELIGIBLE], 2);
    assert_int_equal(code_of(town, "li"), CODE_RESTING);
    assert_int_equal(code_of(town, "chen"), CODE_WRONG_SKILL);
    assert_int_equal(code_of(town, "sun"), CODE_NOTHING);
    assert_int_equal(decision->binding, CODE_WRONG_ROLE);
}

static void test_dispatch_filters_of_the_case(void **state)
{
    struct town *town = *state;
    town_seen(town, "chen", STATUS_OFF, nowhere);
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
    assert_int_equal(code_of(town, "li"), CODE_DECLINED);
    assert_int_equal(code_of(town, "wang"), CODE_ELIGIBLE);
    /* Already on it: the dispatcher may not ask the one who is asked. */
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "wang"),
                     CODE_NOT_ELIGIBLE);
    assert_int_equal(town->last.possible, CODE_ALREADY_ON_CASE);
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "dispatcher.du"),
                     CODE_NOT_ELIGIBLE);
    assert_int_equal(town->last.possible, CODE_WRONG_ROLE);
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "chen"),
                     CODE_NOT_ELIGIBLE);
    assert_int_equal(town->last.possible, CODE_OFF_SHIFT);
    /* Who declined may be asked again by a person. */
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "li"), CODE_DONE);
    assert_true(town_order_of(town, "li") != 0);
}

static void test_dispatch_capacity_binds_rule_and_dispatcher(void **state)
{
    struct town *town = *state;
    town_seen(town, "wang", STATUS_OFF, nowhere);
    town_seen(town, "chen", STATUS_OFF, nowhere);
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no declined = town->last.case_no;
    assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
        assert_int_equal(code_of(town, "li"), CODE_ELIGIBLE);
    }
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_AT_CAPACITY);
    /* Having declined before opens no way round the capacity. */
    assert_int_equal(on_case(town, "dispatcher.du", declined, ACTION_REASSIGN, "li"),
                     CODE_NOT_ELIGIBLE);
    assert_int_equal(town->last.possible, CODE_AT_CAPACITY);
    struct worker_view view;
    assert_true(core_find_worker(town->core, town_id("li"), &view));
    assert_int_equal(view.load, view.capacity);
}

static void test_dispatch_max_load_is_below_the_capacity(void **state)
{
    struct town *town = *state;
    town_seen(town, "li", STATUS_READY, corner);
    assert_int_equal(try_variant(town, 7, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_ELIGIBLE);
    assert_int_equal(try_variant(town, 7, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_AT_CAPACITY);
}

/* An app that takes nothing any more is not given more. */
static void test_dispatch_full_ring_of_items_counts_as_capacity(void **state)
{
    struct town *town = *state;
    town_seen(town, "wang", STATUS_OFF, nowhere);
    town_seen(town, "chen", STATUS_OFF, nowhere);
    for (uint32_t i = 0; i < WORKER_ITEMS_MAX; i++) {
        assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
        assert_int_equal(code_of(town, "li"), CODE_ELIGIBLE);
        assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
        assert_int_equal(on_case(town, "chief.chu", town->last.case_no, ACTION_VOID, NULL),
                         CODE_DONE);
        town_pass(town, i % 32 == 0 ? 73 * HOUR_MS : 0);
    }
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_AT_CAPACITY);
}

static void test_dispatch_passed_over_are_farther_or_busier(void **state)
{
    struct town *town = *state;
    const struct place near = {1163052000, 399050000};
    town_seen(town, "li", STATUS_READY, corner);
    town_seen(town, "wang", STATUS_READY, near);
    assert_int_equal(try_variant(town, 1, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_ELIGIBLE);
    assert_int_equal(code_of(town, "wang"), CODE_FARTHER);
    town_seen(town, "chen", STATUS_OFF, nowhere);
    assert_int_equal(try_variant(town, 5, corner), CODE_OPENED); /* li carries one */
    assert_int_equal(code_of(town, "wang"), CODE_ELIGIBLE);
    assert_int_equal(code_of(town, "li"), CODE_BUSIER);
}

static void test_dispatch_case_without_place_or_cell(void **state)
{
    struct town *town = *state;
    const struct place outside_cells = {1163250000, 398950000};
    town_seen(town, "li", STATUS_READY, corner);
    assert_int_equal(try_variant(town, 0, nowhere), CODE_OPENED);
    assert_int_equal(code_of(town, "li"),
                     CODE_ELIGIBLE); /* the city ring; the other two need a place */
    assert_int_equal(town_decision(town)->candidates[0].distance_cm, -1);
    assert_int_equal(town_decision(town)->candidates[0].travel_ms, -1);
    assert_int_equal(try_variant(town, 2, outside_cells), CODE_OPENED);
    assert_int_equal(town_decision(town)->order, 0);
    assert_int_equal(code_of(town, "li"), CODE_NOT_IN_AREA);
    assert_int_equal(try_variant(town, 1, nowhere), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_OUT_OF_RADIUS);
}

/* ---- checkers ---- */

static void test_dispatch_checker_of_another_team_goes_first(void **state)
{
    (void)state;
    const char *at = town_copy();
    town_edit(at, "workers.csv", "zhao,",
              "zhao,赵敏,inspector,,inspector,,team.a,,4,11010800101,,116.3050,39.9050,true,");
    struct town *town = open_copy(at, NULL);
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_DONE), CODE_DONE);
    /* zhao stands beside it but works with li. */
    assert_int_equal(town_decision(town)->order_kind, KIND_CHECK_RESULT);
    assert_int_equal(code_of(town, "zhou"), CODE_ELIGIBLE);
    assert_int_equal(act(town, "zhou", ACTION_DECLINE), CODE_DONE);
    assert_int_equal(code_of(town, "zhao"), CODE_ELIGIBLE); /* better than nobody */
    assert_string_equal(town_holder(town, no), "town.supervision");
    town_close(town);
    free(town);
}

static void test_dispatch_who_handled_is_conflicted(void **state)
{
    (void)state;
    const char *at = town_copy();
    town_edit(
        at, "workers.csv", "zhao,",
        "zhao,赵敏,inspector grid_worker,,inspector worker,,team.c,,4,11010800101,11010800101,,,,");
    struct town *town = open_copy(at, NULL);
    town_seen(town, "li", STATUS_OFF, nowhere);
    town_seen(town, "wang", STATUS_OFF, nowhere);
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(act(town, "zhao", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "zhao", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, "zhao", ACTION_DONE), CODE_DONE);
    assert_int_equal(code_of(town, "zhao"), CODE_CONFLICTED);
    assert_int_equal(code_of(town, "zhou"), CODE_ELIGIBLE);
    assert_int_equal(on_case(town, "zhao", no, ACTION_CHECK_PASS, NULL), CODE_CONFLICT_OF_INTEREST);
    town_close(town);
    free(town);
}

/* ---- hands from above ---- */

/* Marks the list of a case's persons with n workers who handled or declined it. */
static void fill_persons(struct town *town, uint32_t count, uint32_t flags)
{
    struct case_row *row = &town->core->cases.rows[0];
    while (row->person_count < count) {
        const uint32_t worker = town->core->workers.limit - 1 - row->person_count;
        row->persons[row->person_count++] = case_person_of(worker, flags);
    }
}

static void test_dispatch_reassign_with_a_long_story(void **state)
{
    struct town *town = *state;
    town_seen(town, "chen", STATUS_OFF, nowhere);
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    void *saved = town_save(town);
    for (uint32_t count = 2; count <= CASE_WORKERS_MAX; count++) {
        fill_persons(town, count, PERSON_DECLINED);
        assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "wang"), CODE_DONE);
        assert_true(town_order_of(town, "wang") != 0);
        assert_int_equal(
            case_person_flags(&town->core->cases.rows[0],
                              workers_find(&town->core->workers, town_id("dispatcher.du"))),
            PERSON_COMMANDED);
        town_restore(town, saved);
        fill_persons(town, count, PERSON_HANDLED);           /* these must never be forgotten */
        const bool fits = count + 2 <= CASE_WORKERS_MAX + 1; /* li has only been asked */
        assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "wang"),
                         fits ? CODE_DONE : CODE_TABLE_FULL);
        town_restore(town, saved);
    }
    free(saved);
}

static void test_dispatch_desk_ends_a_long_story(void **state)
{
    struct town *town = *state;
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    fill_persons(town, CASE_WORKERS_MAX, PERSON_DECLINED);
    assert_int_equal(
        on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty"), CODE_DONE);
    fill_persons(town, CASE_WORKERS_MAX, PERSON_DECLINED);
    assert_int_equal(on_case(town, "desk.san", no, ACTION_DONE, NULL), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
    assert_int_equal(case_person_flags(&town->core->cases.rows[0],
                                       workers_find(&town->core->workers, town_id("desk.san"))),
                     PERSON_HANDLED);
}

/* Nobody who handled or commanded may be forgotten: a list full of them takes no new hand. */
static void test_dispatch_list_full_of_hands_refuses_another(void **state)
{
    struct town *town = *state;
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    struct case_row *row = &town->core->cases.rows[0];
    fill_persons(town, CASE_WORKERS_MAX, PERSON_HANDLED);
    row->persons[0].flags = PERSON_HANDLED;
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_DISPATCH, NULL), CODE_TABLE_FULL);
    assert_int_equal(
        on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty"),
        CODE_TABLE_FULL);
    row->person_count--;
    assert_int_equal(
        on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty"), CODE_DONE);
    assert_int_equal(on_case(town, "desk.san", no, ACTION_DONE, NULL), CODE_TABLE_FULL);
    assert_int_equal(on_case(town, "chief.chu", no, ACTION_FORCE_CLOSE, NULL),
                     CODE_DONE); /* it ends all the same */
}

/* A checker is there and the case can remember nobody more: said, not passed over in silence. */
static void test_dispatch_full_list_says_that_no_checker_fits(void **state)
{
    struct town *town = *state;
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    struct case_row *row = &town->core->cases.rows[0];
    while (row->person_count < CASE_WORKERS_MAX) { /* li again and again: they must be there */
        row->persons[row->person_count++] = row->persons[0];
    }
    assert_int_equal(act(town, "li", ACTION_DONE), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
    assert_int_equal(town_count(town, ACTION_NOBODY), 1);
}

static void test_dispatch_again_asks_everybody_again(void **state)
{
    struct town *town = *state;
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
    assert_int_equal(act(town, "wang", ACTION_DECLINE), CODE_DONE);
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
    fill_persons(town, CASE_WORKERS_MAX, PERSON_DECLINED);
    /* A desk sends out only what it holds. */
    assert_int_equal(on_case(town, "desk.tra", no, ACTION_DISPATCH, NULL), CODE_NOT_YOURS);
    assert_int_equal(on_case(town, "desk.san", no, ACTION_DISPATCH, NULL), CODE_DONE);
    assert_true(town_order_of(town, "li") != 0);
    assert_int_equal(on_case(town, "desk.san", no, ACTION_DISPATCH, NULL), CODE_NOT_YOURS);
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_DISPATCH, NULL), CODE_DONE);
    fill_persons(town, CASE_WORKERS_MAX, PERSON_HANDLED);
    town->core->cases.rows[0].persons[0].flags = town->core->cases.rows[0].persons[1].flags =
        PERSON_HANDLED;
    town->core->cases.rows[0].persons[2].flags = PERSON_HANDLED;
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_DISPATCH, NULL),
                     CODE_DONE); /* known already */
}

static void test_dispatch_count_and_rounds(void **state)
{
    struct town *town = *state;
    const struct town_field crowd[] = {{"density", NULL, 4000000}, {0}};
    assert_int_equal(town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, crowd),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    const struct case_view view = town_case(town, no);
    struct order_view order;
    uint32_t leads = 0;
    for (int i = 0; i < 4; i++) { /* two grid workers and two officers */
        assert_true(core_find_order(town->core, view.orders[i], &order));
        leads += order.is_lead;
        assert_int_equal(order.kind, order.is_lead ? KIND_HANDLE : KIND_ASSIST);
    }
    assert_int_equal(leads, 1);
    assert_int_equal(view.orders[4], 0);
}

/* ---- against a search that looks at everybody ---- */

#define WORKERS 240

static uint64_t random_state;

static uint32_t roll(uint32_t limit)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mix64(random_state) % limit);
}

static struct place random_place(void)
{
    if (roll(12) == 0) {
        return place_none();
    }
    /* a little more than the box, which is 0.04 x 0.03 degrees */
    return (struct place){1162880000 + (int32_t)roll(440000), 398880000 + (int32_t)roll(340000)};
}

static void random_workers(const char *at)
{
    char line[200];
    char base[64];
    static const char *const roles[] = {"grid_worker", "grid_worker", "grid_worker",
                                        "traffic_officer"};
    static const char *const cells[] = {"11010800101", "11010800201", ""};
    static const char *const shifts[] = {"", "", "shift.day", "cal.office"};
    for (int i = 0; i < WORKERS; i++) {
        const char *cell = cells[roll(3)];
        (void)snprintf(base, sizeof base, ",,,");
        if (roll(3) == 0) {
            (void)snprintf(base, sizeof base, "116.%u,39.%u,true,", 2900 + roll(400),
                           8900 + roll(300));
        }
        (void)snprintf(line, sizeof line, "w%03d,某,%s,%s,worker,,team.%u,%s,%u,%s,%s,%s%s", i,
                       roles[roll(4)], roll(2) == 0 ? "sanitation" : "", roll(3), shifts[roll(4)],
                       1 + roll(3), cell, roll(2) == 0 ? cell : "", base,
                       roll(2) == 0 ? "car" : "walk");
        town_edit(at, "workers.csv", NULL, line);
    }
}

struct ranked {
    int64_t first, second, third;
    uint32_t person;
};

static bool ranks_before(const struct ranked *a, const struct ranked *b)
{
    return a->first != b->first     ? a->first < b->first
           : a->second != b->second ? a->second < b->second
           : a->third != b->third   ? a->third < b->third
                                    : a->person < b->person;
}

static bool is_of_cell(const struct city *city, uint32_t cell, uint32_t person)
{
    for (uint32_t i = 0; cell != NONE32 && i < city->cells[cell].persons.count; i++) {
        if (city->cell_persons[city->cells[cell].persons.first + i] == person) {
            return true;
        }
    }
    return false;
}

static uint64_t bit_of(const struct city *city, const struct image_string *names, uint32_t count,
                       const char *word)
{
    for (uint32_t i = 0; i < count; i++) {
        if (names[i].size == strlen(word) &&
            memcmp(city_text(city, names[i]), word, names[i].size) == 0) {
            return UINT64_C(1) << i;
        }
    }
    return 0;
}

/* May the person be chosen in that ring, and by what rank? */
static bool may_be_chosen(const struct town *town, const struct variant *variant, char ring,
                          struct place at, uint32_t cell, uint32_t p, struct ranked *out_rank)
{
    const struct city *city = &town->city;
    const struct city_person *person = &city->persons[p];
    struct worker_view view;
    assert_true(core_find_worker(town->core, person->id_hash, &view));
    const uint64_t skill =
        variant->skill == NULL ? 0 : bit_of(city, city->skills, city->skill_count, variant->skill);
    const uint64_t role = bit_of(city, city->roles, city->role_count, "grid_worker");
    if ((person->rights & RIGHT_WORKER) == 0 || (person->roles & role) == 0 ||
        (person->skills & skill) != skill || view.status == STATUS_PAUSED) {
        return false;
    }
    if (variant->ignore_shift == 0 &&
        (view.status == STATUS_OFF || !calendar_contains(city, person->shift, town->now_ms))) {
        return false;
    }
    const uint32_t room = variant->max_load != 0 && variant->max_load < person->capacity
                              ? variant->max_load
                              : person->capacity;
    if (view.load >= room || view.item_seq_last - view.item_seq_taken >= WORKER_ITEMS_MAX) {
        return false;
    }
    struct place from = view.fix;
    const bool is_fresh =
        place_is_known(view.fix) && town->now_ms - view.fix_at_ms <= 30 * MINUTE_MS;
    if (!is_fresh) {
        const struct place base = {person->lon, person->lat};
        if (ring == 'g') {
            from = person->has_base != 0
                       ? base
                       : (struct place){city->cells[cell].lon, city->cells[cell].lat};
        } else if (!place_is_known(view.fix) && person->has_base != 0) {
            from = base;
        } else {
            return false;
        }
    }
    const int64_t cm = place_is_known(at) ? distance_cm(from, at) : -1;
    const int64_t limit_cm = ring == 'r' ? 60000 : ring == 'R' ? 200000 : INT64_MAX;
    if ((ring == 'r' || ring == 'R') && (cm < 0 || cm > limit_cm)) {
        return false;
    }
    if (ring == 'g' && !is_of_cell(city, cell, p)) {
        return false;
    }
    if (ring == 's' || ring == 'd') {
        const uint32_t level = ring == 's' ? 1 : 2;
        if (cell == NONE32 || person->home_cell == NONE32 ||
            city_unit_of_cell(city, cell, level) !=
                city_unit_of_cell(city, person->home_cell, level)) {
            return false;
        }
    }
    const struct city_mode *mode = &city->modes[person->mode];
    const int64_t far = cm < 0 ? INT64_MAX : cm;
    const int64_t travel =
        cm < 0 ? INT64_MAX : cm * 10 * mode->detour_permille / mode->speed_mm_per_s;
    *out_rank = variant->pick == PICK_NEAREST ? (struct ranked){far, view.load, 0, p}
                : variant->pick == PICK_ETA   ? (struct ranked){travel, far, view.load, p}
                                              : (struct ranked){view.load, far, 0, p};
    return true;
}

static uint32_t who_should_go(const struct town *town, const struct variant *variant,
                              struct place at, uint32_t cell)
{
    for (const char *ring = variant->rings; *ring != '\0'; ring++) {
        struct ranked best = {0};
        uint32_t chosen = NONE32;
        for (uint32_t p = 0; p < town->city.person_count; p++) {
            struct ranked rank;
            if (town->city.persons[p].capacity > 0 && (*ring != 'g' || cell != NONE32) &&
                may_be_chosen(town, variant, *ring, at, cell, p, &rank) &&
                (chosen == NONE32 || ranks_before(&rank, &best))) {
                best = rank;
                chosen = p;
            }
        }
        if (chosen != NONE32) {
            return chosen;
        }
    }
    return NONE32;
}

static const char *id_of(const struct town *town, uint32_t person, char *out_id, size_t size)
{
    const struct image_string id = town->city.persons[person].id;
    (void)snprintf(out_id, size, "%.*s", (int)id.size, city_text(&town->city, id));
    return out_id;
}

static void random_moves(struct town *town)
{
    char id[16];
    for (int i = 0; i < 3; i++) {
        const uint32_t p = roll(town->city.person_count);
        const enum worker_status status =
            roll(15) == 0 ? (enum worker_status)(1 + roll(3)) : STATUS_READY;
        if (roll(4) != 0) {
            town_seen(town, id_of(town, p, id, sizeof id), status, random_place());
        }
        const uint64_t order = town_order_of(town, id_of(town, p, id, sizeof id));
        if (order != 0 && roll(2) == 0) {
            struct order_view view;
            assert_true(core_find_order(town->core, order, &view));
            (void)town_act(town, id, order, no_case,
                           view.state == ORDER_OFFERED ? ACTION_ACCEPT : ACTION_RETURN,
                           REASON_NO_EQUIPMENT, nowhere, NULL);
        }
    }
    struct worker_view worker;
    const uint32_t p = roll(town->city.person_count);
    assert_true(core_find_worker(town->core, town->city.persons[p].id_hash, &worker));
    town_items_taken(town, id_of(town, p, id, sizeof id), worker.item_seq_last);
    town_pass(town, roll(6) == 0 ? roll(40) * MINUTE_MS : roll(20) * SECOND_MS);
}

static void test_dispatch_equals_a_search_of_everybody(void **state)
{
    (void)state;
    const char *seed = getenv("GRIDLOOP_SEED");
    random_state = seed == NULL ? 20260303 : strtoull(seed, NULL, 10);
    print_message("seed %llu\n", (unsigned long long)random_state);
    const char *at = town_copy();
    random_workers(at);
    struct limits limits = town_limits();
    limits.workers = WORKERS + 20;
    limits.cases = 4096;
    limits.orders = 16384;
    limits.event_ids = 8192;
    struct town *town = open_copy(at, &limits);
    town->check_every = 64;
    uint32_t chosen = 0;
    uint32_t nobody = 0;
    struct case_no recent[48] = {{0, 0, 0}};
    for (int step = 0; step < 2000; step++) {
        random_moves(town);
        const size_t v = roll(COUNT_OF(variants));
        const struct place place = random_place();
        struct fact_record record;
        const struct fact_event event = {.source = facts_text("sensor-1"),
                                         .id = facts_text("x"),
                                         .type = facts_text("sensor.odd"),
                                         .at_ms = town->now_ms,
                                         .place = place};
        facts_resolve(town->facts, &event, town->now_ms, &record);
        const uint32_t expected = who_should_go(town, &variants[v], place, record.head.cell);
        town->effect_count = 0; /* the first decision of this step is the one */
        if (try_variant(town, v, place) != CODE_OPENED) {
            continue; /* outside the city */
        }
        const struct effect_decision *decision = NULL;
        for (uint32_t i = 0; decision == NULL && i < town->effect_count; i++) {
            decision =
                town->effects[i].kind == EFFECT_DECISION ? &town->effects[i].of.decision : NULL;
        }
        assert_non_null(decision);
        const uint32_t got = decision->order == 0 ? NONE32 : decision->candidates[0].person;
        if (got != expected) {
            char id[16];
            fail_msg("step %d variant %zu: person %u, not %u; of whom it said %d, binding %d", step,
                     v, got, expected, code_of(town, id_of(town, expected, id, sizeof id)),
                     decision->binding);
        }
        chosen += got != NONE32;
        nobody += got == NONE32;
        recent[(size_t)step % COUNT_OF(recent)] = town->last.case_no;
        const struct case_no no = recent[roll(COUNT_OF(recent))];
        (void)on_case(town, "chief.chu", no, ACTION_VOID,
                      NULL); /* most orders end sooner or later */
    }
    print_message("%u chosen, %u nobody\n", chosen, nobody);
    assert_true(chosen > 500 && nobody > 50);
    town_close(town);
    free(town);
}

/* Everybody taken out of the grid and put back in another order: the same choice, the same record. */
static void test_dispatch_order_inside_a_bucket_changes_nothing(void **state)
{
    (void)state;
    random_state = 20260304;
    const struct hash128 none = {0};
    const char *at = town_copy();
    random_workers(at);
    struct limits limits = town_limits();
    limits.workers = WORKERS + 20;
    struct town *town = open_copy(at, &limits);
    struct workers *workers = &town->core->workers;
    for (int step = 0; step < 300; step++) {
        random_moves(town);
        const size_t v = roll(COUNT_OF(variants));
        if (try_variant(town, v, random_place()) != CODE_OPENED) {
            continue;
        }
        const uint32_t slot = cases_find(&town->core->cases, town->last.case_no);
        const uint32_t rule = cases_peek(&town->core->cases, slot)->rule;
        const uint32_t assign = state_policy(town->core)->rules[rule].assigns.first;
        const struct choice_question question = {slot, assign, KIND_HANDLE, false, false};
        struct effect before = {.kind = EFFECT_DECISION}, after = before;
        const uint32_t chosen = choice_find(town->core, question, &before.of.decision);
        for (uint32_t w = 0; w < workers->count; w++) {
            const uint32_t other = (w * 7 + (uint32_t)step) % workers->count;
            const struct place place = grid_at(&workers->grid, other);
            grid_move(&workers->grid, other, place_none());
            grid_move(&workers->grid, other, place);
        }
        assert_int_equal(choice_find(town->core, question, &after.of.decision), chosen);
        assert_true(hash128_is_equal(effect_digest(none, &before), effect_digest(none, &after)));
        (void)on_case(town, "chief.chu", town->last.case_no, ACTION_VOID, NULL);
    }
    town_close(town);
    free(town);
}

#define dispatch(name)                                                                             \
    cmocka_unit_test_setup_teardown(test_dispatch_##name, open_town, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        dispatch(filters_of_duty),
        dispatch(filters_of_place),
        dispatch(nobody_counts_everybody),
        dispatch(filters_of_the_case),
        dispatch(capacity_binds_rule_and_dispatcher),
        dispatch(max_load_is_below_the_capacity),
        dispatch(full_ring_of_items_counts_as_capacity),
        dispatch(passed_over_are_farther_or_busier),
        dispatch(case_without_place_or_cell),
        cmocka_unit_test(test_dispatch_checker_of_another_team_goes_first),
        cmocka_unit_test(test_dispatch_who_handled_is_conflicted),
        dispatch(reassign_with_a_long_story),
        dispatch(desk_ends_a_long_story),
        dispatch(list_full_of_hands_refuses_another),
        dispatch(full_list_says_that_no_checker_fits),
        dispatch(again_asks_everybody_again),
        dispatch(count_and_rounds),
        cmocka_unit_test(test_dispatch_equals_a_search_of_everybody),
        cmocka_unit_test(test_dispatch_order_inside_a_bucket_changes_nothing),
    };
    return cmocka_run_group_tests_name("engine/core/dispatch", tests, NULL, NULL);
}
