/* process.c: see process.h. Included by the tests that use it. */
#include "tests/unit/core/process.h"

#include "tests/unit/core/town.c"

#include "engine/core/cases.h"
#include "engine/core/state.h"

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

const uint64_t process_allowed[CASE_STATE_COUNT] = {
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

const struct actor process_actors[PROCESS_ACTORS] = {{"li", 'w', NULL},
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

const uint64_t process_with_reason =
    BIT(HAND_OVER) | BIT(POSITION) | BIT(RULE) | BIT(DECLINE) | BIT(RETURN) | BIT(CHECK_FAIL) |
    BIT(VERIFY_NO) | BIT(REASSIGN) | BIT(SEND_TO_DESK) | BIT(VOID) | BIT(FORCE_CLOSE) |
    BIT(REOPEN) | BIT(EXTEND) | BIT(EXTEND_NO) | BIT(SUSPEND) | BIT(CONTROL) | BIT(APPEAL) |
    BIT(APPEAL_NO) | BIT(SUPERVISE) | BIT(MERGE_INTO) | BIT(REPLACE) | BIT(SPLIT) |
    BIT(UNLINK_CHILD) | BIT(REQUEST_HELP) | BIT(REVEAL) | BIT(ERASE);

#define NEEDS_TEXT (BIT(POSITION) | BIT(ANSWER) | BIT(SPLIT) | BIT(INFORM))
#define NEEDS_UNTIL (BIT(SUSPEND) | BIT(CONTROL))
#define NEEDS_SIDE (BIT(EXTEND) | BIT(ANSWER) | BIT(APPEAL))
#define NEEDS_OTHER (TIES | BIT(RELATE))

int process_open_town(void **state)
{
    const char *at = town_copy();
    town_edit(at, "workers.csv", NULL, "overseer.ou,欧,,,overseer,,,,0,,,,,,");
    town_edit(at, "workers.csv", NULL, "admin.ai,艾,,,administrator,,,,0,,,,,,");
    return town_setup_at(state, NULL, at);
}

struct case_no process_open(struct town *town, const char *source, const char *type,
                            const char *device, const struct town_field *fields)
{
    assert_int_equal(
        town_event(town, source, type, device, device == NULL ? near_bin : nowhere, fields),
        CODE_OPENED);
    return town->last.case_no;
}

void process_do(struct town *town, const char *who, enum action action)
{
    assert_int_equal(town_act(town, who, town_order_of(town, who), no_case, action, REASON_UNSAFE,
                              near_bin, NULL),
                     CODE_DONE);
}

struct case_no process_bring(struct town *town, enum case_state state, int how)
{
    if (state == CASE_VERIFYING) {
        return process_open(town, "hotline-1", "hotline.garbage", NULL, NULL);
    }
    if (state == CASE_HANDLED) {
        const struct case_no no = process_open(town, "sensor-1", "sensor.water_level", NULL, wet);
        const char *who = town_order_of(town, "li") != 0 ? "li" : "wang";
        process_do(town, who, ACTION_ACCEPT);
        process_do(town, who, ACTION_ARRIVE);
        process_do(town, who, ACTION_DONE);
        return no;
    }
    const struct case_no no = town_bin_case(town);
    if (state == CASE_VOID || state == CASE_FORCED_CLOSED) {
        const enum action action = state == CASE_VOID ? ACTION_VOID : ACTION_FORCE_CLOSE;
        assert_int_equal(town_act(town, "chief.chu", 0, no, action, REASON_OTHER, nowhere, NULL),
                         CODE_DONE);
        return no;
    }
    if (state == CASE_MERGED) {
        const struct case_no other =
            process_open(town, "sensor-1", "sensor.water_level", NULL, wet);
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
        process_do(town, "li", path[i]);
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
        process_do(town, "zhao", ACTION_ACCEPT);
    }
    if (state == CASE_CLOSED) {
        process_do(town, "zhao", ACTION_ACCEPT);
        process_do(town, "zhao", ACTION_CHECK_PASS);
    }
    return no;
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

struct town_deed process_deed(const struct town *town, struct case_no no, struct case_no spare,
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
enum code process_expected_of_plans(enum action action, const struct actor *actor)
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

bool process_is_of_plans(enum action action)
{
    return (action >= ACTION_PLAN_CONFIRM && action <= ACTION_PLAN_START) ||
           action == ACTION_SILENCE || action == ACTION_UNSILENCE ||
           action == ACTION_KEY_REGISTER || action == ACTION_KEY_REVOKE;
}

enum code process_expected(const struct town *town, struct case_no no, const struct actor *actor,
                           enum action action, bool is_full)
{
    const enum case_state state = town_case(town, no).state;
    if (action == ACTION_NONE || action >= ACTION_OUTSIDE_LIMIT) {
        return CODE_UNKNOWN_ACTION;
    }
    if (process_is_of_plans(action)) {
        return process_expected_of_plans(action, actor);
    }
    const uint64_t bit = action_bit(action);
    if ((process_allowed[state] & bit) == 0) {
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

bool process_is_taken(enum code code)
{
    return code == CODE_DONE || code == CODE_UNKNOWN_WORKER || code == CODE_BAD_STARS ||
           code == CODE_UNCITED;
}

bool process_is_offered(const struct town *town, struct case_no no, const struct actor *actor,
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

struct moment moment_take(const struct town *town)
{
    return (struct moment){town_save(town), core_digest(town->core)};
}

void moment_return(struct town *town, const struct moment *moment)
{
    town_restore(town, moment->block);
}

void moment_free(struct moment *moment)
{
    free(moment->block);
}

bool moment_is_now(struct town *town, const struct moment *moment, const char *who)
{
    const uint32_t slot = workers_find(&town->core->workers, town_id(who));
    struct worker_row *row = &town->core->workers.rows[slot];
    const struct worker_row now = *row;
    const size_t offset = (size_t)((const char *)row - (const char *)town->block);
    struct worker_row then;
    memcpy(&then, (const char *)moment->block + offset, sizeof then);
    row->seen_at_ms = then.seen_at_ms;
    row->epoch = then.epoch;
    row->last_seq = then.last_seq;
    memcpy(row->results, then.results, sizeof row->results);
    const struct hash128 digest = core_digest(town->core);
    *row = now;
    return hash128_is_equal(digest, moment->digest);
}
