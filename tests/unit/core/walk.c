/* walk.c: random events, acts and time over the town. Included by the tests that use it. */
#include "tests/unit/core/town.c"

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(*state);
}

static uint32_t roll(uint64_t *random, uint32_t limit)
{
    return (uint32_t)(next_random(random) % limit);
}

static struct place random_place(uint64_t *random)
{
    if (roll(random, 8) == 0) {
        return place_none();
    }
    return (struct place){1162950000 + (int32_t)roll(random, 300000),
                          398950000 + (int32_t)roll(random, 200000)};
}

static void random_event(struct town *town, uint64_t *random)
{
    static const char *const sources[] = {"cam-1", "hotline-1", "sensor-1", "wang", "intake.yin"};
    static const char *const devices[] = {NULL, "C-001", "C-002", "C-003", NULL};
    static const char *const types[] = {"camera.garbage_overflow",   "camera.garbage_cleared",
                                        "camera.vehicle_stationary", "camera.crowd_density",
                                        "hotline.garbage",           "sensor.water_level",
                                        "sensor.water_gone",         "sensor.odd",
                                        "sensor.unheard_of"};
    static const char *const plates[] = {"A1", "B2", "C3", "D4"};
    const char *type = types[roll(random, COUNT_OF(types))];
    const int64_t value = roll(random, 5000000);
    const char *name = strstr(type, "crowd") != NULL   ? "density"
                       : strstr(type, "water") != NULL ? "level"
                       : strstr(type, "odd") != NULL   ? "value"
                                                       : "fill";
    const struct town_field numbers[] = {{name, NULL, value}, {0}};
    const struct town_field plate[] = {{"plate", plates[roll(random, COUNT_OF(plates))], 0}, {0}};
    /* one draw a line: compilers order arguments as they like */
    const struct place place = random_place(random);
    const char *device = devices[roll(random, COUNT_OF(devices))];
    const char *source = sources[roll(random, COUNT_OF(sources))];
    (void)town_event(town, source, type, device, place,
                     strstr(type, "vehicle") != NULL ? plate : numbers);
}

static struct case_no random_case(struct town *town, uint64_t *random)
{
    struct case_view view;
    struct case_no picked = {0, 0, 0};
    uint32_t slot = 0;
    uint32_t seen = 0;
    while (core_next_case(town->core, &slot, &view)) {
        if (roll(random, ++seen) == 0) {
            picked = view.no;
        }
    }
    return picked;
}

/* Mostly what the owner of an order would do, sometimes nonsense. */
static void random_act(struct town *town, uint64_t *random)
{
    static const char *const field[] = {"wang", "li", "chen", "sun", "qian", "zhao", "zhou"};
    static const char *const office[] = {"dispatcher.du", "chief.chu", "desk.san", "desk.tra",
                                         "desk.dai",      "zhao",      "li",       "auditor.an",
                                         "intake.yin",    "lead.luo"};
    static const char *const subjects[] = {"wang",      "li",       "sun", "dept.traffic.duty",
                                           "town.desk", "fire.119", NULL};
    const enum reason reason = (enum reason)roll(random, REASON_LIMIT);
    if (roll(random, 3) != 0) {
        const char *who = field[roll(random, COUNT_OF(field))];
        const uint64_t order = town_order_of(town, who);
        struct order_view view;
        struct case_view owner;
        enum action action = (enum action)(1 + roll(random, 9));
        struct place at = random_place(random);
        if (order != 0 && core_find_order(town->core, order, &view)) {
            const uint64_t possible = life_order_actions(view.kind, view.state);
            for (int tries = 0; tries < 20 && (possible & action_bit(action)) == 0; tries++) {
                action = (enum action)(1 + roll(random, 9));
            }
            if ((possible & action_bit(ACTION_REQUEST_HELP)) != 0 && roll(random, 2) == 0) {
                action = ACTION_REQUEST_HELP;
            }
            assert_true(core_find_case(town->core, view.case_no, &owner));
            at = owner.place;
        }
        struct town_deed deed = {
            .order = order, .action = action, .reason = reason, .has_place = true, .place = at};
        if (order == 0) {
            deed.order = 1 + roll(random, 50);
        }
        deed.amount = roll(random, 4);
        if (action == ACTION_REQUEST_HELP && roll(random, 2) == 0) {
            deed.subject = subjects[roll(random, COUNT_OF(subjects))];
        }
        (void)town_do(town, who, deed);
        return;
    }
    const struct case_no no = random_case(town, random);
    struct case_view view;
    enum action action = (enum action)roll(random, ACTION_OUTSIDE_LIMIT + 1);
    const bool is_there = core_find_case(town->core, no, &view);
    for (int tries = 0; is_there && tries < 40 && roll(random, 10) != 0; tries++) {
        if (action < ACTION_OUTSIDE_LIMIT &&
            (life_case_actions(view.state) & action_bit(action)) != 0) {
            break;
        }
        action = (enum action)roll(random, ACTION_OUTSIDE_LIMIT);
    }
    struct town_deed deed = {.no = no, .action = action, .reason = reason};
    deed.other = random_case(town, random);
    deed.subject = subjects[roll(random, COUNT_OF(subjects))];
    deed.text = roll(random, 5) == 0 ? NULL : "about it";
    deed.until_ms = town->now_ms + roll(random, 60) * HOUR_MS;
    deed.amount = roll(random, 30);
    (void)town_do(town, office[roll(random, COUNT_OF(office))], deed);
}

/* What takes two or three to tango: asked by one, decided by others, sometimes in full, sometimes broken off. */
static void random_request(struct town *town, uint64_t *random)
{
    static const struct {
        const char *who;
        enum action action;
    } parts[] = {{"desk.san", ACTION_EXTEND},
                 {"desk.tra", ACTION_EXTEND},
                 {"wang", ACTION_EXTEND},
                 {"dispatcher.du", ACTION_EXTEND_YES},
                 {"chief.chu", ACTION_EXTEND_YES},
                 {"chief.chu", ACTION_EXTEND_NO},
                 {"desk.san", ACTION_APPEAL},
                 {"desk.tra", ACTION_APPEAL},
                 {"chief.chu", ACTION_APPEAL_NO},
                 {"chief.chu", ACTION_APPEAL_YES},
                 {"chief.chu", ACTION_SUPERVISE},
                 {"chief.chu", ACTION_LINK_CHILD},
                 {"chief.chu", ACTION_UNLINK_CHILD},
                 {"desk.san", ACTION_ANSWER},
                 {"dispatcher.du", ACTION_ANSWER}};
    const struct case_no no = random_case(town, random);
    const struct case_no other = random_case(town, random);
    const size_t first = roll(random, COUNT_OF(parts));
    for (size_t k = 0; k < COUNT_OF(parts); k++) {
        const size_t i = (first + k) % COUNT_OF(parts);
        if (roll(random, 4) != 0) {
            (void)town_do(town, parts[i].who,
                          (struct town_deed){.no = no,
                                             .other = other,
                                             .action = parts[i].action,
                                             .reason = REASON_NEEDS_PARTS,
                                             .text = "why"});
        }
    }
}

/* An order to a post, answered by somebody who may sit there. */
static void random_answer(struct town *town, uint64_t *random)
{
    static const char *const desks[] = {"desk.san", "desk.tra", "desk.dai", "lead.luo",
                                        "chief.chu"};
    static const enum action actions[] = {ACTION_ACCEPT, ACTION_DONE, ACTION_DECLINE,
                                          ACTION_COMMENT, ACTION_ARRIVE};
    for (uint32_t slot = 0; slot < town->core->orders.high; slot++) {
        const struct order_row *order = &town->core->orders.rows[slot];
        if (order->is_used != 0 && order->post != NONE32 && roll(random, 2) == 0) {
            struct town_deed deed = {.order = order->number, .reason = REASON_OTHER};
            deed.action = actions[roll(random, COUNT_OF(actions))];
            deed.text = roll(random, 4) == 0 ? NULL : "clause 12";
            (void)town_do(town, desks[roll(random, COUNT_OF(desks))], deed);
            return;
        }
    }
}

/* That many random events, acts, signs of life and pauses; *random goes on where it ends. */
static void walk(struct town *town, uint64_t *random, int steps)
{
    for (int step = 0; step < steps; step++) {
        const uint32_t what = roll(random, 10);
        if (what < 3) {
            random_event(town, random);
        } else if (what < 8) {
            random_act(town, random);
            if (roll(random, 10) == 0) {
                random_request(town, random);
            }
            if (roll(random, 8) == 0) {
                random_answer(town, random);
            }
        } else if (what == 8) {
            static const char *const names[] = {"wang", "li", "chen", "sun", "qian", "zhao"};
            const struct place place = random_place(random);
            const enum worker_status status = roll(random, 10) == 0
                                                  ? (enum worker_status)roll(random, STATUS_LIMIT)
                                                  : STATUS_READY;
            town_seen(town, names[roll(random, COUNT_OF(names))], status, place);
        } else {
            town_pass(town, roll(random, 20) == 0 ? roll(random, 12) * HOUR_MS
                                                  : roll(random, 900) * SECOND_MS);
        }
    }
}

static uint64_t walk_number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}
