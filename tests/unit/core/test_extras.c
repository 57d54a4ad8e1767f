/* test_extras.c: the shared room for captured fields and hand-overs: what was put is what is got, what is given back is free,
 * and cases go on when there is none. */
#include "tests/unit/core/town.c"

#include "engine/core/case_extras.h"
#include "engine/core/office_views.h"

#define OWNERS 12u
#define SIZE_MAX_TEST 400u

static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct town_field full[] = {{"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};

static uint64_t random_state = 20261122;

static uint32_t roll(uint32_t limit)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mix64(random_state) % limit);
}

static void test_extras_random_texts_against_copies(void **state)
{
    (void)state;
    static uint8_t copies[OWNERS][SIZE_MAX_TEST];
    uint8_t text[SIZE_MAX_TEST];
    uint32_t sizes[OWNERS] = {0}, heads[OWNERS] = {0}, refused = 0;
    struct extra_block blocks[30];
    struct extras extras = {.blocks = blocks, .limit = 30};
    memset(blocks, 0xa5, sizeof blocks);
    for (int step = 0; step < 20000; step++) {
        const uint32_t who = roll(OWNERS);
        const uint32_t size = roll(4) == 0 ? 0 : roll(SIZE_MAX_TEST + 1);
        memset(text, (int)roll(256), sizeof text);
        const uint32_t left = extras.limit - extras.used + extras_blocks(sizes[who]);
        if (extras_put(&extras, &heads[who], text, size)) {
            assert_true(extras_blocks(size) <= left);
            memcpy(copies[who], text, size);
            sizes[who] = size;
        } else {
            assert_true(extras_blocks(size) > left);
            refused++;
        }
        uint32_t used = 0;
        for (uint32_t i = 0; i < OWNERS; i++) {
            extras_get(&extras, heads[i], text, sizes[i]);
            assert_memory_equal(text, copies[i], sizes[i]);
            assert_true(extras_is_chain(&extras, heads[i], extras_blocks(sizes[i])));
            used += extras_blocks(sizes[i]);
        }
        extras_check(&extras, used);
    }
    assert_true(refused > 100);
}

static void test_extras_captures_keep_what_fits(void **state)
{
    (void)state;
    struct case_captures captures = {.count = 0};
    char text[64];
    memset(text, 'x', sizeof text);
    const struct event event = {.text = text};
    const struct event_field number = {.field = 3, .kind = FIELD_NUMBER, .a = 42};
    assert_true(captures_add(&captures, &event, &number));
    for (uint16_t i = 1; i < 5; i++) {
        const struct event_field string = {.field = i, .kind = FIELD_STRING, .size = 64};
        assert_true(captures_add(&captures, &event, &string));
    }
    const struct event_field more = {.field = 5, .kind = FIELD_STRING, .size = 64};
    assert_false(captures_add(&captures, &event, &more)); /* 8 + 4 x 64 of 320 bytes are used */
    assert_true(captures_add(&captures, &event, &number));
    assert_true(captures_add(&captures, &event, &number));
    assert_true(captures_add(&captures, &event, &number));
    assert_false(captures_add(&captures, &event, &number));
    assert_int_equal(captures.count, CASE_FIELDS_MAX);
    assert_int_equal(captures.list[4].size, 64);
    assert_int_equal(captures.list[5].offset, 8 + 4 * 64);
}

static enum code does(struct town *town, const char *who, struct case_no no, enum action action,
                      enum reason reason, const char *post)
{
    return town_act(town, who, 0, no, action, reason, nowhere, post);
}

/* Opens a case and hands it on four times; how many hand-overs and fields it keeps with so many blocks for all. */
static void quarrel_with(uint32_t blocks, uint32_t *out_handovers, uint32_t *out_fields)
{
    struct limits limits = town_limits();
    struct town *town = malloc(sizeof *town);
    struct handover steps[HANDOVERS_MAX];
    limits.case_extras = blocks;
    town_open(town, &limits);
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-001", nowhere, full),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    const char *const posts[] = {"dept.sanitation.duty", "dept.traffic.duty",
                                 "dept.sanitation.duty"};
    const char *const desks[] = {"desk.san", "desk.tra", "desk.san"};
    for (size_t i = 0; i < COUNT_OF(posts); i++) {
        assert_int_equal(
            does(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, REASON_OTHER, posts[i]),
            CODE_DONE);
        core_check(town->core);
        assert_int_equal(
            does(town, desks[i], no, ACTION_RETURN, i < 2 ? REASON_NOT_MINE : REASON_BUSY, NULL),
            CODE_DONE);
        core_check(town->core);
    }
    *out_handovers = core_case_handovers(town->core, no, steps);
    *out_fields = town_case(town, no).field_count;
    if (*out_handovers > 0) { /* the newest is kept */
        assert_int_equal(steps[*out_handovers - 1].reason, REASON_BUSY);
    }
    assert_true(town->core->extras.used <= blocks);
    assert_int_equal(does(town, "chief.chu", no, ACTION_VOID, REASON_OTHER, NULL), CODE_DONE);
    town_pass(town, 10 * DAY_MS);
    core_check(town->core);
    assert_int_equal(core_counts_now(town->core)->retired, 1);
    assert_int_equal(town->core->extras.used, 0); /* all is given back */
    town_close(town);
    free(town);
}

static void test_extras_full_room_forgets_and_goes_on(void **state)
{
    (void)state;
    uint32_t handovers, fields, all;
    quarrel_with(64, &handovers, &all);
    assert_int_equal(handovers, 3);
    assert_true(all > 0);
    quarrel_with(0, &handovers, &fields);
    assert_int_equal(handovers, 0);
    assert_int_equal(fields, 0);
    quarrel_with(1, &handovers, &fields); /* the first come, the fields, have it */
    assert_int_equal(handovers, 0);
    assert_true(fields > 0);
    quarrel_with(2, &handovers, &fields);
    assert_int_equal(handovers, 2);
    assert_int_equal(fields, all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extras_random_texts_against_copies),
        cmocka_unit_test(test_extras_captures_keep_what_fits),
        cmocka_unit_test(test_extras_full_room_forgets_and_goes_on),
    };
    return cmocka_run_group_tests_name("core/extras", tests, NULL, NULL);
}
