/* test_life.c: the whole table: (case state, action, role) and (order kind, order state, action).
 *
 * The tables below are written from the process, not from life.c. In every state that a case or an order can be in,
 * every person tries every action; what the table does not allow must be refused with the right code and leave the
 * state as it was, but for the sign of life and the kept answer of whoever tried. */
#include "tests/unit/core/town.c"

#include "engine/core/cases.h"
#include "engine/core/state.h"
#include "engine/core/workers.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct case_no no_case = {0, 0, 0};
static const struct town_field full[] = {{"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};
static const struct town_field wet[] = {{"level", NULL, 500000}, {0}};
static const struct town_field stopped[] = {{"plate", "A1", 0}, {0}};
static const struct town_field crowd[] = {{"density", NULL, 4000000}, {0}};

#define BIT(name) (UINT64_C(1) << ACTION_##name)
#define OUTSIDE (ACTION_OUTSIDE_LIMIT + 2) /* actions tried: 0 .. */

#define EVERY (BIT(COMMENT) | BIT(RELATE) | BIT(REVEAL) | BIT(ERASE) | BIT(READ_EVIDENCE))
#define ENDING (BIT(VOID) | BIT(FORCE_CLOSE))
#define WATCHED (BIT(SUPERVISE) | BIT(ANSWER))
#define TIES (BIT(MERGE_INTO) | BIT(REPLACE) | BIT(LINK_CHILD) | BIT(UNLINK_CHILD))
#define OPENED (EVERY | ENDING | WATCHED | TIES)
#define SENDING                                                                                    \
    (BIT(REASSIGN) | BIT(DISPATCH) | BIT(SEND_TO_DESK) | BIT(CONTROL) | BIT(SPLIT) | BIT(INFORM))
#define TIMES (BIT(EXTEND) | BIT(EXTEND_YES) | BIT(EXTEND_NO) | BIT(SUSPEND))
#define CHECKS (BIT(CHECK_PASS) | BIT(CHECK_FAIL) | BIT(CLOSE) | BIT(SPLIT) | BIT(INFORM))
#define RATINGS (BIT(RATE) | BIT(SOLVED) | BIT(NOT_SOLVED))
#define HEARING (BIT(POSITION) | BIT(RULE))
#define APPEALS (BIT(APPEAL) | BIT(APPEAL_YES) | BIT(APPEAL_NO))

/* What may be done to a case, by its state. */
static const uint64_t allowed[CASE_STATE_COUNT] = {
    [CASE_REPORTED] = OPENED | BIT(FILE),
    [CASE_VERIFYING] =
        OPENED | BIT(FILE) | BIT(VERIFY_YES) | BIT(VERIFY_NO) | BIT(CONTROL) | BIT(INFORM),
    [CASE_FILED] = OPENED | SENDING,
    [CASE_DISPATCHING] = OPENED | SENDING | HEARING | BIT(RETURN),
    [CASE_ASSIGNED] = OPENED | SENDING | TIMES | HEARING | BIT(HAND_OVER) | BIT(DONE) |
                      BIT(RETURN) | BIT(MAKE_SAFE),
    [CASE_ON_SITE] = OPENED | SENDING | TIMES | HEARING,
    [CASE_HANDLED] = OPENED | CHECKS | HEARING,
    [CASE_CHECKING] = OPENED | CHECKS | HEARING,
    [CASE_SUSPENDED] = OPENED | HEARING | BIT(RESUME),
    [CASE_CLOSED] = EVERY | BIT(REOPEN) | APPEALS | RATINGS,
    [CASE_FORCED_CLOSED] = EVERY | BIT(REOPEN) | APPEALS | RATINGS,
    [CASE_VOID] = EVERY | BIT(REOPEN),
    [CASE_MERGED] = EVERY,
};

/* Whose right it is: a letter a role, see actors. "*": everybody known. */
static const char *const whose[ACTION_OUTSIDE_LIMIT] = {
    [ACTION_MAKE_SAFE] = "k",      [ACTION_HAND_OVER] = "k",
    [ACTION_POSITION] = "*",       [ACTION_RULE] = "*",
    [ACTION_DONE] = "k",           [ACTION_RETURN] = "k",
    [ACTION_CHECK_PASS] = "ic",    [ACTION_CHECK_FAIL] = "ic",
    [ACTION_VERIFY_YES] = "ic",    [ACTION_VERIFY_NO] = "ic",
    [ACTION_REASSIGN] = "d",       [ACTION_DISPATCH] = "dk",
    [ACTION_VOID] = "c",           [ACTION_FORCE_CLOSE] = "c",
    [ACTION_REOPEN] = "cno",       [ACTION_COMMENT] = "*",
    [ACTION_FILE] = "nc",          [ACTION_CLOSE] = "c",
    [ACTION_SEND_TO_DESK] = "d",   [ACTION_SUSPEND] = "dc",
    [ACTION_RESUME] = "dc",        [ACTION_EXTEND] = "kw",
    [ACTION_EXTEND_YES] = "kdc",   [ACTION_EXTEND_NO] = "kdc",
    [ACTION_APPEAL] = "k",         [ACTION_APPEAL_YES] = "co",
    [ACTION_APPEAL_NO] = "co",     [ACTION_SUPERVISE] = "oc",
    [ACTION_ANSWER] = "*",         [ACTION_MERGE_INTO] = "ndc",
    [ACTION_SPLIT] = "ndc",        [ACTION_LINK_CHILD] = "ndc",
    [ACTION_UNLINK_CHILD] = "ndc", [ACTION_RELATE] = "ndck",
    [ACTION_REPLACE] = "dc",       [ACTION_CONTROL] = "c",
    [ACTION_INFORM] = "dkc",       [ACTION_REVEAL] = "ncd",
    [ACTION_ERASE] = "nc",         [ACTION_READ_EVIDENCE] = "ncdkioa",
    [ACTION_RATE] = "n",           [ACTION_SOLVED] = "n",
    [ACTION_NOT_SOLVED] = "n",
};

static const struct actor {
    const char *id;
    char role;
    const char *desk; /* a post this person sits at, of those that may hold a case here */
} actors[] = {{"li", 'w', NULL},
              {"wang", 'w', NULL},
              {"zhao", 'i', NULL},
              {"dispatcher.du", 'd', NULL},
              {"chief.chu", 'c', NULL},
              {"intake.yin", 'n', NULL},
              {"desk.san", 'k', "dept.sanitation.duty"},
              {"desk.tra", 'k', "dept.traffic.duty"},
              {"overseer.ou", 'o', NULL},
              {"auditor.an", 'a', NULL},
              {"admin.ai", 'm', NULL},
              {"lead.luo", 'k', "dept.sanitation.duty"}};

static const uint64_t with_reason =
    BIT(HAND_OVER) | BIT(POSITION) | BIT(RULE) | BIT(DECLINE) | BIT(RETURN) | BIT(CHECK_FAIL) |
    BIT(VERIFY_NO) | BIT(REASSIGN) | BIT(SEND_TO_DESK) | BIT(VOID) | BIT(FORCE_CLOSE) |
    BIT(REOPEN) | BIT(EXTEND) | BIT(EXTEND_NO) | BIT(SUSPEND) | BIT(CONTROL) | BIT(APPEAL) |
    BIT(APPEAL_NO) | BIT(SUPERVISE) | BIT(MERGE_INTO) | BIT(REPLACE) | BIT(SPLIT) |
    BIT(UNLINK_CHILD) | BIT(REQUEST_HELP) | BIT(REVEAL) | BIT(ERASE);

#define NEEDS_TEXT (BIT(POSITION) | BIT(ANSWER) | BIT(SPLIT) | BIT(INFORM))
#define NEEDS_UNTIL (BIT(SUSPEND) | BIT(CONTROL))
#define NEEDS_SIDE (BIT(EXTEND) | BIT(ANSWER) | BIT(APPEAL))
#define NEEDS_OTHER (TIES | BIT(RELATE))

static int open_town(void **state)
{
    const char *at = town_copy();
    town_edit(at, "workers.csv", NULL, "overseer.ou,欧,,,overseer,,,,0,,,,,,");
    town_edit(at, "workers.csv", NULL, "admin.ai,艾,,,administrator,,,,0,,,,,,");
    return town_setup_at(state, NULL, at);
}

static struct case_no opened(struct town *town, const char *source, const char *type,
                             const char *device, const struct town_field *fields)
{
    assert_int_equal(
        town_event(town, source, type, device, device == NULL ? near_bin : nowhere, fields),
        CODE_OPENED);
    return town->last.case_no;
}

static void does(struct town *town, const char *who, enum action action)
{
    assert_int_equal(town_act(town, who, town_order_of(town, who), no_case, action, REASON_UNSAFE,
                              near_bin, NULL),
                     CODE_DONE);
}

/* Brings a case into the state; how: 0 the usual way, 1 held by a desk or with orders under way. */
static struct case_no bring(struct town *town, enum case_state state, int how)
{
    if (state == CASE_VERIFYING) {
        return opened(town, "hotline-1", "hotline.garbage", NULL, NULL);
    }
    if (state == CASE_HANDLED) {
        const struct case_no no = opened(town, "sensor-1", "sensor.water_level", NULL, wet);
        const char *who = town_order_of(town, "li") != 0 ? "li" : "wang";
        does(town, who, ACTION_ACCEPT);
        does(town, who, ACTION_ARRIVE);
        does(town, who, ACTION_DONE);
        return no;
    }
    const struct case_no no = opened(town, "cam-1", "camera.garbage_overflow", "C-001", full);
    if (state == CASE_VOID || state == CASE_FORCED_CLOSED) {
        const enum action action = state == CASE_VOID ? ACTION_VOID : ACTION_FORCE_CLOSE;
        assert_int_equal(town_act(town, "chief.chu", 0, no, action, REASON_OTHER, nowhere, NULL),
                         CODE_DONE);
        return no;
    }
    if (state == CASE_MERGED) {
        const struct case_no other = opened(town, "sensor-1", "sensor.water_level", NULL, wet);
        assert_int_equal(town_do(town, "chief.chu",
                                 (struct town_deed){.no = no,
                                                    .other = other,
                                                    .action = ACTION_MERGE_INTO,
                                                    .reason = REASON_SAME_MATTER}),
                         CODE_DONE);
        return no;
    }
    if (state == CASE_ASSIGNED && how == 1) {
        assert_int_equal(town_act(town, "dispatcher.du", 0, no, ACTION_SEND_TO_DESK, REASON_OTHER,
                                  nowhere, "dept.sanitation.duty"),
                         CODE_DONE);
        return no;
    }
    const enum action path[] = {ACTION_ACCEPT, ACTION_ARRIVE, ACTION_DONE};
    const enum case_state after[] = {CASE_ASSIGNED, CASE_ON_SITE, CASE_CHECKING};
    for (int i = 0; i < 3 && town_case(town, no).state != state && state != CASE_DISPATCHING &&
                    (state != CASE_SUSPENDED || i < 1 + how);
         i++) {
        does(town, "li", path[i]);
        assert_int_equal(town_case(town, no).state, after[i]);
    }
    if (state == CASE_SUSPENDED) {
        assert_int_equal(town_do(town, "dispatcher.du",
                                 (struct town_deed){.no = no,
                                                    .action = ACTION_SUSPEND,
                                                    .reason = REASON_WEATHER,
                                                    .until_ms = town->now_ms + DAY_MS}),
                         CODE_DONE);
    }
    if (state == CASE_CHECKING && how == 1) {
        does(town, "zhao", ACTION_ACCEPT);
    }
    if (state == CASE_CLOSED) {
        does(town, "zhao", ACTION_ACCEPT);
        does(town, "zhao", ACTION_CHECK_PASS);
    }
    return no;
}

/* Everything but what every act leaves behind: who tried was seen, and the answer is kept. */
static struct hash128 settled_digest(struct town *town, const char *who, const void *before)
{
    const uint32_t slot = workers_find(&town->core->workers, town_id(who));
    struct worker_row *row = &town->core->workers.rows[slot];
    const struct worker_row now = *row;
    const size_t offset = (size_t)((const char *)row - (const char *)town->block);
    struct worker_row then;
    memcpy(&then, (const char *)before + offset, sizeof then);
    row->seen_at_ms = then.seen_at_ms;
    row->epoch = then.epoch;
    row->last_seq = then.last_seq;
    memcpy(row->results, then.results, sizeof row->results);
    const struct hash128 digest = core_digest(town->core);
    *row = now;
    return digest;
}

/* Does the actor hold it, sit at the post that does, or at a desk of the department whose clock ran last? */
static bool is_on_side(const struct town *town, struct case_no no, const struct actor *actor)
{
    const char *holder = town_holder(town, no);
    const uint32_t slot = cases_find(&town->core->cases, no);
    const uint32_t department = town->core->cases.rows[slot].department;
    bool is_office = false;
    if (actor->role == 'k' && department != NONE32) {
        const struct image_string code = town->city.departments[department].code;
        is_office = strncmp(actor->desk, city_text(&town->city, code), code.size) == 0;
    }
    return is_office || strcmp(holder, actor->id) == 0 ||
           (actor->desk != NULL && strcmp(holder, actor->desk) == 0) ||
           (strcmp(actor->id, "chief.chu") == 0 &&
            (strcmp(holder, "town.supervision") == 0 || strcmp(holder, "town.command") == 0)) ||
           (strcmp(actor->id, "dispatcher.du") == 0 && strcmp(holder, "town.command") == 0);
}

/* What an act brings: nothing but a reason, or all that any action could ask for. */
static struct town_deed deed_of(const struct town *town, struct case_no no, struct case_no spare,
                                enum action action, enum reason reason, bool is_full)
{
    struct town_deed deed = {.no = no, .action = action, .reason = reason};
    if (is_full) {
        deed.other = spare;
        deed.text = "about it";
        deed.subject = "dept.traffic.duty";
        deed.until_ms = town->now_ms + 7 * DAY_MS;
    }
    return deed;
}

/* Beyond state, right and reason. */
static enum code expected_of_full(uint32_t action)
{
    switch (action) {
    case ACTION_REASSIGN: /* to a post: no worker */
        return CODE_UNKNOWN_WORKER;
    case ACTION_EXTEND_YES:
    case ACTION_EXTEND_NO:
    case ACTION_APPEAL_YES:
    case ACTION_APPEAL_NO:
    case ACTION_ANSWER:
        return CODE_NOTHING_ASKED;
    case ACTION_APPEAL:
        return CODE_NOT_MISSED;
    case ACTION_UNLINK_CHILD:
        return CODE_OTHER_CASE_NEEDED;
    case ACTION_RATE: /* of the first report, which is the spare case's serial; without stars */
        return CODE_BAD_STARS;
    case ACTION_POSITION: /* disputes: test_dispute.c */
    case ACTION_RULE:
        return CODE_NO_DISPUTE;
    default:
        return CODE_DONE;
    }
}

/* The town has no plan: these acts find none; and nobody here brings a key (test_keyring.c). */
static enum code expected_of_plans(enum action action, const struct actor *actor)
{
    if (action == ACTION_KEY_REGISTER || action == ACTION_KEY_REVOKE) {
        return actor->role == 'm' ? CODE_BAD_KEY : CODE_NO_RIGHT;
    }
    if (action == ACTION_SILENCE || action == ACTION_UNSILENCE) {
        const bool may = actor->role == 'c' || actor->role == 'o' ||
                         (actor->role == 'k' && strcmp(actor->id, "desk.dai") != 0);
        return !may                       ? CODE_NO_RIGHT
               : action == ACTION_SILENCE ? CODE_BAD_MATCHER
                                          : CODE_UNKNOWN_SILENCE;
    }
    return action == ACTION_PLAN_ACK ? CODE_UNKNOWN_ORDER : CODE_UNKNOWN_PLAN;
}

static bool is_of_plans(enum action action)
{
    return (action >= ACTION_PLAN_CONFIRM && action <= ACTION_PLAN_START) ||
           action == ACTION_SILENCE || action == ACTION_UNSILENCE ||
           action == ACTION_KEY_REGISTER || action == ACTION_KEY_REVOKE;
}

static enum code expected_on_case(const struct town *town, struct case_no no,
                                  const struct actor *actor, enum action action, bool is_full)
{
    const enum case_state state = town_case(town, no).state;
    if (action == ACTION_NONE || action >= ACTION_OUTSIDE_LIMIT) {
        return CODE_UNKNOWN_ACTION;
    }
    if (is_of_plans(action)) {
        return expected_of_plans(action, actor);
    }
    const uint64_t bit = action_bit(action);
    if ((allowed[state] & bit) == 0) {
        if ((RATINGS & bit) != 0 && !case_state_is_terminal(state)) {
            return CODE_RATED_EARLY;
        }
        return CODE_WRONG_STATE;
    }
    const char *may = action == ACTION_RETURN && state == CASE_DISPATCHING ? "d" : whose[action];
    if (may[0] != '*' && strchr(may, actor->role) == NULL) {
        return CODE_NO_RIGHT;
    }
    if (action == ACTION_REVEAL || action == ACTION_ERASE) {
        return CODE_NO_CONTACT; /* no report here bears one */
    }
    const bool is_holder = actor->role == 'k' && (strcmp(town_holder(town, no), actor->desk) == 0);
    const uint64_t of_desk =
        BIT(DONE) | BIT(RETURN) | BIT(DISPATCH) | BIT(HAND_OVER) | BIT(MAKE_SAFE);
    if (actor->role == 'k' && (of_desk & bit) != 0 && !is_holder) {
        return CODE_NOT_YOURS;
    }
    if ((NEEDS_SIDE & bit) != 0 && !is_on_side(town, no, actor)) {
        return CODE_NOT_YOURS;
    }
    if (!is_full && (NEEDS_TEXT & bit) != 0) {
        return CODE_TEXT_NEEDED;
    }
    if (!is_full && (NEEDS_UNTIL & bit) != 0) {
        return CODE_BAD_UNTIL;
    }
    if (!is_full && (NEEDS_OTHER & bit) != 0) {
        return CODE_OTHER_CASE_NEEDED;
    }
    if (!is_full && (RATINGS & bit) != 0) {
        return CODE_UNKNOWN_RECEIPT;
    }
    return !is_full && (action == ACTION_SEND_TO_DESK || action == ACTION_HAND_OVER)
               ? CODE_UNKNOWN_WORKER
               : expected_of_full(action);
}

/* Refusals that only what the act names can bring: the act is offered all the same. */
static bool is_taken(enum code code)
{
    return code == CODE_DONE || code == CODE_UNKNOWN_WORKER || code == CODE_BAD_STARS ||
           code == CODE_UNCITED;
}

static bool is_offered(const struct town *town, struct case_no no, const struct actor *actor,
                       enum action action)
{
    const struct case_view view = town_case(town, no);
    uint32_t person = 0;
    while (!hash128_is_equal(town->city.persons[person].id_hash, town_id(actor->id))) {
        person++;
    }
    return action < ACTION_OUTSIDE_LIMIT &&
           (core_possible(&view.doors, &town->city, person) & action_bit(action)) != 0;
}

/* What is offered is taken, and what is not offered is refused: by everybody, every act. */
static void try_offers(struct town *town, struct case_no no, struct case_no spare)
{
    uint32_t offered = 0;
    for (size_t a = 0; a < COUNT_OF(actors); a++) {
        for (int action = 1; action < ACTION_OUTSIDE_LIMIT; action++) {
            const bool is = is_offered(town, no, &actors[a], (enum action)action);
            void *saved = town_save(town);
            const enum code code =
                town_do(town, actors[a].id,
                        deed_of(town, no, spare, (enum action)action, REASON_OTHER, true));
            if (is != is_taken(code)) {
                print_error("state %d action %d by %s: offered %d, answered %d\n",
                            town_case(town, no).state, action, actors[a].id, is, code);
            }
            assert_int_equal(is, is_taken(code));
            offered += is;
            town_restore(town, saved);
            free(saved);
        }
    }
    assert_true(offered > 0);
}

static void try_case(struct town *town, struct town_deed deed, const struct actor *actor,
                     enum code expected)
{
    const bool is_full = deed.text != NULL;
    if (is_full && !is_of_plans(deed.action)) {
        assert_int_equal(is_offered(town, deed.no, actor, deed.action), is_taken(expected));
    }
    void *saved = town_save(town);
    const struct hash128 before = core_digest(town->core);
    const enum case_state state = town_case(town, deed.no).state;
    const uint64_t refused = town_case(town, deed.no).doors.refused;
    const uint32_t effects = town->effect_count = 0;
    const enum code code = town_do(town, actor->id, deed);
    if (code != expected) {
        print_error("state %d action %d by %s: %d, not %d\n", state, deed.action, actor->id, code,
                    expected);
    }
    assert_int_equal(code, expected);
    if (code != CODE_DONE) {
        assert_true(hash128_is_equal(settled_digest(town, actor->id, saved), before));
        assert_int_equal(town->effect_count, effects + 1); /* the answer and nothing else */
    } else {
        assert_true(town->effect_count > effects + 1);
        assert_int_equal(town->last.state, town_case(town, town->last.case_no).state);
    }
    if (code == CODE_WRONG_STATE) {
        assert_int_equal(town->last.possible, allowed[state] & ~refused);
    }
    const bool is_filter = code == CODE_NOT_ELIGIBLE; /* told there: the one that stopped him */
    if (code != CODE_DONE && !is_filter && deed.action < ACTION_OUTSIDE_LIMIT) {
        assert_int_equal(town->last.possible & action_bit(deed.action), 0);
    }
    town_restore(town, saved);
    free(saved);
}

static void test_life_every_state_action_and_role(void **state)
{
    struct town *town = *state;
    static const struct {
        enum case_state state;
        int how;
    } ways[] = {{CASE_VERIFYING, 0}, {CASE_DISPATCHING, 0},   {CASE_ASSIGNED, 0},
                {CASE_ASSIGNED, 1},  {CASE_ON_SITE, 0},       {CASE_HANDLED, 0},
                {CASE_CHECKING, 0},  {CASE_CHECKING, 1},      {CASE_CLOSED, 0},
                {CASE_VOID, 0},      {CASE_FORCED_CLOSED, 0}, {CASE_SUSPENDED, 0},
                {CASE_SUSPENDED, 1}, {CASE_MERGED, 0}};
    uint32_t tried = 0;
    void *fresh = town_save(town);
    for (size_t w = 0; w < COUNT_OF(ways); w++) {
        const struct case_no spare =
            opened(town, "cam-1", "camera.vehicle_stationary", "C-003", stopped);
        const struct case_no no = bring(town, ways[w].state, ways[w].how);
        assert_int_equal(town_case(town, no).state, ways[w].state);
        for (size_t a = 0; a < COUNT_OF(actors); a++) {
            for (int action = 0; action < (int)OUTSIDE; action++) {
                for (int full_too = 0; full_too < 2; full_too++) {
                    try_case(
                        town,
                        deed_of(town, no, spare, (enum action)action, REASON_OTHER, full_too != 0),
                        &actors[a],
                        expected_on_case(town, no, &actors[a], (enum action)action, full_too != 0));
                    tried++;
                }
            }
        }
        town_restore(town, fresh);
        town->event_serial += 100; /* other event ids: the restored core does not know these */
    }
    free(fresh);
    print_message("%u triples\n", tried);
}

static void wants(struct town *town, const char *who, struct case_no no, enum action action)
{
    assert_int_equal(town_do(town, who, deed_of(town, no, no_case, action, REASON_OTHER, true)),
                     CODE_DONE);
}

/* What was asked, granted, used up or is being ruled on decides what is offered, not the state alone. */
static void test_life_what_is_offered_is_taken(void **state)
{
    struct town *town = *state;
    const struct case_no spare =
        opened(town, "cam-1", "camera.vehicle_stationary", "C-003", stopped);
    const struct case_no no = bring(town, CASE_ASSIGNED, 0);
    wants(town, "li", no, ACTION_EXTEND);
    try_offers(town, no, spare);
    assert_true(is_offered(town, no, &actors[3], ACTION_EXTEND_YES));
    wants(town, "dispatcher.du", no, ACTION_EXTEND_YES);
    try_offers(town, no, spare);
    wants(town, "chief.chu", no, ACTION_EXTEND_YES);
    try_offers(town, no, spare);
    wants(town, "overseer.ou", no, ACTION_SUPERVISE);
    try_offers(town, no, spare);
    wants(town, "dispatcher.du", no, ACTION_SUSPEND);
    wants(town, "dispatcher.du", no, ACTION_RESUME);
    try_offers(town, no, spare);
    town_pass(town, 30 * DAY_MS); /* every clock is missed */
    try_offers(town, no, spare);
    wants(town, "chief.chu", no, ACTION_FORCE_CLOSE);
    try_offers(town, no, spare);
    wants(town, "desk.san", no, ACTION_APPEAL);
    try_offers(town, no, spare);
    wants(town, "chief.chu", no, ACTION_APPEAL_NO);
    try_offers(town, no, spare);
}

static void test_life_made_safe_is_offered_once(void **state)
{
    struct town *town = *state;
    const struct case_no no = bring(town, CASE_ASSIGNED, 1);
    assert_true(is_offered(town, no, &actors[6], ACTION_MAKE_SAFE));
    wants(town, "desk.san", no, ACTION_MAKE_SAFE);
    assert_false(is_offered(town, no, &actors[6], ACTION_MAKE_SAFE));
}

/* Sanitation, traffic, and away from sanitation again: heard, then ruled on. */
static void test_life_parties_are_heard_before_the_ruling(void **state)
{
    struct town *town = *state;
    const struct case_no spare =
        opened(town, "cam-1", "camera.vehicle_stationary", "C-003", stopped);
    const struct case_no no = bring(town, CASE_ASSIGNED, 1);
    assert_int_equal(
        town_act(town, "desk.san", 0, no, ACTION_RETURN, REASON_NOT_MINE, nowhere, NULL),
        CODE_DONE);
    wants(town, "dispatcher.du", no, ACTION_SEND_TO_DESK);
    assert_int_equal(town_act(town, "desk.tra", 0, no, ACTION_HAND_OVER, REASON_NOT_MINE, nowhere,
                              "dept.sanitation.duty"),
                     CODE_DONE);
    assert_int_equal(town_act(town, "desk.san", 0, no, ACTION_RETURN, REASON_BUSY, nowhere, NULL),
                     CODE_DONE);
    assert_int_equal(town_count(town, ACTION_ADJUDICATE), 1);
    try_offers(town, no, spare);
    assert_true(is_offered(town, no, &actors[7], ACTION_POSITION));
    wants(town, "desk.tra", no, ACTION_POSITION);
    wants(town, "desk.san", no, ACTION_POSITION);
    try_offers(town, no, spare);
    assert_false(is_offered(town, no, &actors[7], ACTION_POSITION));
}

static void test_life_a_parent_is_not_offered_its_end(void **state)
{
    struct town *town = *state;
    const struct case_no spare =
        opened(town, "cam-1", "camera.vehicle_stationary", "C-003", stopped);
    const struct case_no no = bring(town, CASE_CHECKING, 0);
    assert_int_equal(
        town_do(town, "chief.chu", deed_of(town, no, spare, ACTION_LINK_CHILD, REASON_OTHER, true)),
        CODE_DONE);
    assert_false(is_offered(town, no, &actors[4], ACTION_CHECK_PASS));
    assert_true(is_offered(town, no, &actors[2], ACTION_CHECK_FAIL));
    assert_true(is_offered(town, no, &actors[4], ACTION_UNLINK_CHILD));
    assert_false(is_offered(town, spare, &actors[4], ACTION_LINK_CHILD));
}

static void test_life_states_nobody_reaches_are_in_the_table_too(void **state)
{
    (void)state;
    for (int s = 0; s < CASE_STATE_COUNT; s++) {
        assert_int_equal(life_case_actions((enum case_state)s), allowed[s]);
    }
    for (int a = 1; a < ACTION_OUTSIDE_LIMIT; a++) {
        assert_int_equal(life_needs_reason((enum action)a), (with_reason >> a) & 1);
    }
    assert_false(life_needs_reason(ACTION_OPEN));
    for (int a = 1; a < ACTION_LIMIT;
         a++) { /* who must give one is offered some, and "other" at last */
        const uint64_t reasons = life_act_reasons((enum action)a);
        assert_int_equal(reasons != 0, life_needs_reason((enum action)a));
        assert_int_equal(reasons >> REASON_OTHER & 1, reasons != 0);
        assert_int_equal(reasons & (1u << REASON_NONE), 0);
    }
    uint32_t count;
    const struct life_case_rule *cases = life_case_rules(&count);
    for (uint32_t i = 0; i < count; i++) {
        assert_true((cases[i].needs & NEED_REASON) == 0 ||
                    life_needs_reason((enum action)cases[i].action));
    }
    const struct life_order_rule *orders = life_order_rules(&count);
    for (uint32_t i = 0; i < count; i++) {
        assert_true((orders[i].needs & NEED_REASON) == 0 ||
                    life_needs_reason((enum action)orders[i].action));
    }
}

static void test_life_reasons_are_asked_for_first(void **state)
{
    struct town *town = *state;
    const struct case_no no = bring(town, CASE_DISPATCHING, 0);
    for (size_t a = 0; a < COUNT_OF(actors); a++) {
        for (int action = 1; action < ACTION_OUTSIDE_LIMIT; action++) {
            if ((with_reason & action_bit((enum action)action)) != 0) {
                try_case(town, deed_of(town, no, no_case, (enum action)action, REASON_NONE, false),
                         &actors[a], CODE_REASON_NEEDED);
            }
        }
    }
}

static void test_life_who_handled_or_commanded_may_not_check(void **state)
{
    struct town *town = *state;
    const struct case_no no = bring(town, CASE_CHECKING, 0);
    struct case_row *row = &town->core->cases.rows[0];
    static const uint32_t marks[] = {PERSON_HANDLED, PERSON_COMMANDED};
    static const int checks[] = {ACTION_CHECK_PASS, ACTION_CHECK_FAIL, ACTION_CLOSE};
    for (size_t m = 0; m < COUNT_OF(marks); m++) {
        row->persons[row->person_count++] =
            case_person_of(workers_find(&town->core->workers, town_id("chief.chu")), marks[m]);
        for (size_t i = 0; i < COUNT_OF(checks); i++) {
            try_case(town, deed_of(town, no, no_case, (enum action)checks[i], REASON_OTHER, false),
                     &actors[4], CODE_CONFLICT_OF_INTEREST);
        }
        row->person_count--;
    }
}

/* ---- orders ---- */

static uint64_t allowed_on_order(enum order_kind kind, enum order_state state)
{
    if (state == ORDER_OFFERED) {
        return BIT(ACCEPT) | BIT(DECLINE);
    }
    const uint64_t under_way = BIT(RETURN) | BIT(COMMENT);
    if (state == ORDER_ACCEPTED) {
        return under_way | BIT(ARRIVE) |
               (kind == KIND_CHECK_RESULT ? BIT(CHECK_PASS) | BIT(CHECK_FAIL) : 0);
    }
    if (state == ORDER_ARRIVED) {
        return under_way | (kind == KIND_CHECK_RESULT    ? BIT(CHECK_PASS) | BIT(CHECK_FAIL)
                            : kind == KIND_VERIFY_REPORT ? BIT(VERIFY_YES) | BIT(VERIFY_NO)
                            : kind == KIND_HANDLE ? BIT(DONE) | BIT(MAKE_SAFE) | BIT(REQUEST_HELP)
                                                  : BIT(DONE) | BIT(MAKE_SAFE));
    }
    return 0;
}

/* The worker with an active order of the kind on the case. */
static const char *worker_of(struct town *town, enum order_kind kind)
{
    static const char *const names[] = {"li", "wang", "chen", "sun", "qian", "zhao", "zhou"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct order_view view;
        const uint64_t order = town_order_of(town, names[i]);
        if (order != 0 && core_find_order(town->core, order, &view) && view.kind == kind) {
            return names[i];
        }
    }
    fail_msg("nobody has an order of kind %d", kind);
    return NULL;
}

static struct case_no with_order(struct town *town, enum order_kind kind)
{
    if (kind == KIND_VERIFY_REPORT) {
        return bring(town, CASE_VERIFYING, 0);
    }
    if (kind == KIND_CHECK_RESULT) {
        return bring(town, CASE_CHECKING, 0);
    }
    return opened(town, "cam-1", "camera.crowd_density", "C-003", crowd);
}

/* Brings the order of that kind into the state; returns its number. */
static uint64_t bring_order(struct town *town, enum order_kind kind, enum order_state state,
                            const char **out_who)
{
    const struct case_no no = with_order(town, kind);
    const char *who = worker_of(town, kind);
    const uint64_t order = town_order_of(town, who);
    *out_who = who;
    if (state == ORDER_EXPIRED) {
        town_pass(town, 10 * MINUTE_MS);
        return order;
    }
    if (state == ORDER_DECLINED) {
        does(town, who, ACTION_DECLINE);
        return order;
    }
    if (state == ORDER_OFFERED) {
        return order;
    }
    if (state == ORDER_RECALLED) {
        const bool is_service = kind == KIND_CHECK_RESULT || kind == KIND_VERIFY_REPORT;
        assert_int_equal(town_act(town, is_service ? "chief.chu" : "dispatcher.du", 0, no,
                                  is_service ? ACTION_VOID : ACTION_SEND_TO_DESK, REASON_OTHER,
                                  nowhere, is_service ? NULL : "town.desk"),
                         CODE_DONE);
        return order;
    }
    does(town, who, ACTION_ACCEPT);
    if (state == ORDER_RETURNED) {
        does(town, who, ACTION_RETURN);
    } else if (state == ORDER_ARRIVED || state == ORDER_DONE) {
        does(town, who, ACTION_ARRIVE);
    }
    if (state == ORDER_DONE) {
        does(town, who,
             kind == KIND_CHECK_RESULT    ? ACTION_CHECK_PASS
             : kind == KIND_VERIFY_REPORT ? ACTION_VERIFY_YES
                                          : ACTION_DONE);
    }
    return order;
}

static void try_order(struct town *town, uint64_t order, enum order_kind kind,
                      enum order_state state, const struct actor *actor, bool is_own, int action)
{
    void *saved = town_save(town);
    const struct hash128 before = core_digest(town->core);
    const uint64_t possible = allowed_on_order(kind, state);
    enum code expected = CODE_DONE;
    if (action == 0 || action >= (int)ACTION_OUTSIDE_LIMIT) {
        expected = CODE_UNKNOWN_ACTION;
    } else if (is_of_plans((enum action)action)) {
        expected = action != ACTION_PLAN_ANSWER ? expected_of_plans((enum action)action, actor)
                   : is_own                     ? CODE_UNKNOWN_PLAN
                                                : CODE_NOT_YOURS;
    } else if (!is_own) {
        expected = CODE_NOT_YOURS;
    } else if ((possible & action_bit((enum action)action)) == 0) {
        expected = state == ORDER_RECALLED  ? CODE_RECALLED
                   : state == ORDER_EXPIRED ? CODE_EXPIRED
                                            : CODE_WRONG_STATE;
    } else if (action == ACTION_REQUEST_HELP) {
        expected = CODE_BAD_AMOUNT; /* tried without a number */
    }
    const enum code code = town_act(town, actor->id, order, no_case, (enum action)action,
                                    REASON_OTHER, near_bin, NULL);
    if (code != expected) {
        print_error("kind %d state %d action %d by %s: %d, not %d\n", kind, state, action,
                    actor->id, code, expected);
    }
    assert_int_equal(code, expected);
    if (code != CODE_DONE) {
        if (!hash128_is_equal(settled_digest(town, actor->id, saved), before)) {
            fail_msg("kind %d state %d action %d by %s changed something", kind, state, action,
                     actor->id);
        }
        assert_true(expected != CODE_WRONG_STATE || town->last.possible == possible);
    }
    town_restore(town, saved);
    free(saved);
}

static void test_life_every_order_kind_state_and_action(void **state)
{
    struct town *town = *state;
    static const enum order_kind kinds[] = {KIND_HANDLE, KIND_ASSIST, KIND_VERIFY_REPORT,
                                            KIND_CHECK_RESULT};
    uint32_t tried = 0;
    void *fresh = town_save(town);
    const int64_t start_ms = town->now_ms;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        for (int s = ORDER_OFFERED; s < ORDER_STATE_COUNT; s++) {
            const char *who;
            struct order_view view;
            const uint64_t order = bring_order(town, kinds[k], (enum order_state)s, &who);
            town_pass(town, 0); /* what is due now must not be mistaken for the act's doing */
            assert_true(core_find_order(town->core, order, &view));
            assert_int_equal(view.state, s);
            const struct actor owner = {who, 'w', NULL};
            for (int action = 0; action < (int)OUTSIDE; action++) {
                try_order(town, order, kinds[k], (enum order_state)s, &owner, true, action);
                try_order(town, order, kinds[k], (enum order_state)s, &actors[3], false, action);
                try_order(town, order, kinds[k], (enum order_state)s, &actors[9], false, action);
                tried += 3;
            }
            town_restore(town, fresh);
            town->now_ms = start_ms;
            town->event_serial += 100;
        }
    }
    free(fresh);
    print_message("%u triples\n", tried);
}

#define life(name) cmocka_unit_test_setup_teardown(test_life_##name, open_town, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        life(every_state_action_and_role),       life(what_is_offered_is_taken),
        life(made_safe_is_offered_once),         life(parties_are_heard_before_the_ruling),
        life(a_parent_is_not_offered_its_end),   life(states_nobody_reaches_are_in_the_table_too),
        life(reasons_are_asked_for_first),       life(who_handled_or_commanded_may_not_check),
        life(every_order_kind_state_and_action),
    };
    return cmocka_run_group_tests_name("engine/core/life", tests, NULL, NULL);
}
