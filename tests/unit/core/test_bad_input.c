/* test_bad_input.c: bad input of the domain, one row each: what is tried, by whom, when, and the code that answers it. Whatever is refused
 * leaves the state as it was, but for the sign of life and the kept answer of whoever tried; where another act is possible the answer
 * says which. (Every state, act and role: test_life. Formulas: tests/unit/rules. Registries: test_plans.) */
#include "tests/unit/core/town.c"

#include "engine/core/state.h"
#include "engine/core/workers.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct case_no no_case = {0, 0, 0};
static const struct town_field full[] = {{"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};

/* What a preparation leaves for the row. */
struct scene {
    struct case_no no;
    uint64_t order;
    const char *who; /* was asked first */
};

static int open_town(void **state)
{
    const char *at = town_copy();
    town_edit(at, "workers.csv", NULL,
              "both.bo,柏,,,intake dispatcher shift_chief inspector,,,,0,,,,,,");
    town_edit(at, "workers.csv", NULL, "overseer.ou,欧,,,overseer,,,,0,,,,,,");
    return town_setup_at(state, NULL, at);
}

static void must_do(struct town *town, const char *who, struct town_deed deed)
{
    assert_int_equal(town_do(town, who, deed), CODE_DONE);
}

/* ---- preparations ---- */

static void offered(struct town *town, struct scene *scene)
{
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-001", nowhere, full),
                     CODE_OPENED);
    scene->no = town->last.case_no;
    scene->who = town_order_of(town, "wang") != 0 ? "wang" : "li";
    scene->order = town_order_of(town, scene->who);
    assert_true(scene->order != 0);
}

static void accepted(struct town *town, struct scene *scene)
{
    offered(town, scene);
    must_do(town, scene->who, (struct town_deed){.order = scene->order, .action = ACTION_ACCEPT});
}

static void arrived(struct town *town, struct scene *scene)
{
    accepted(town, scene);
    must_do(
        town, scene->who,
        (struct town_deed){
            .order = scene->order, .action = ACTION_ARRIVE, .has_place = true, .place = near_bin});
}

static void expired(struct town *town, struct scene *scene)
{
    offered(town, scene);
    town_pass(town, 2 * HOUR_MS);
}

static void reassigned(struct town *town, struct scene *scene)
{
    accepted(town, scene);
    must_do(town, "dispatcher.du",
            (struct town_deed){.no = scene->no,
                               .action = ACTION_REASSIGN,
                               .reason = REASON_BETTER_PLACED,
                               .subject = strcmp(scene->who, "wang") == 0 ? "li" : "wang"});
}

static void at_desk(struct town *town, struct scene *scene)
{
    offered(town, scene);
    must_do(town, "dispatcher.du",
            (struct town_deed){.no = scene->no,
                               .action = ACTION_SEND_TO_DESK,
                               .reason = REASON_OTHER,
                               .subject = "dept.sanitation.duty"});
}

static void at_desk_overdue(struct town *town, struct scene *scene)
{
    at_desk(town, scene);
    town_pass(town, 3 * DAY_MS);
}

static void extension_asked(struct town *town, struct scene *scene)
{
    at_desk(town, scene);
    must_do(
        town, "desk.san",
        (struct town_deed){.no = scene->no, .action = ACTION_EXTEND, .reason = REASON_NEEDS_PARTS});
}

static void suspended_once(struct town *town, struct scene *scene)
{
    at_desk(town, scene);
    must_do(town, "chief.chu",
            (struct town_deed){.no = scene->no,
                               .action = ACTION_SUSPEND,
                               .reason = REASON_WEATHER,
                               .until_ms = town->now_ms + HOUR_MS});
    must_do(town, "chief.chu", (struct town_deed){.no = scene->no, .action = ACTION_RESUME});
}

static void commanded_then_handled(struct town *town, struct scene *scene)
{
    offered(town, scene);
    must_do(town, "both.bo",
            (struct town_deed){.no = scene->no,
                               .action = ACTION_SEND_TO_DESK,
                               .reason = REASON_OTHER,
                               .subject = "dept.sanitation.duty"});
    must_do(town, "desk.san", (struct town_deed){.no = scene->no, .action = ACTION_DONE});
}

static void closed(struct town *town, struct scene *scene)
{
    offered(town, scene);
    must_do(
        town, "chief.chu",
        (struct town_deed){.no = scene->no, .action = ACTION_FORCE_CLOSE, .reason = REASON_OTHER});
}

static void closed_and_appealed(struct town *town, struct scene *scene)
{
    at_desk_overdue(town, scene);
    must_do(
        town, "chief.chu",
        (struct town_deed){.no = scene->no, .action = ACTION_FORCE_CLOSE, .reason = REASON_OTHER});
    must_do(
        town, "desk.san",
        (struct town_deed){.no = scene->no, .action = ACTION_APPEAL, .reason = REASON_UNFORESEEN});
    must_do(town, "overseer.ou", (struct town_deed){.no = scene->no, .action = ACTION_APPEAL_YES});
}

static void in_history(struct town *town, struct scene *scene)
{
    closed(town, scene);
    town_pass(town, 8 * DAY_MS);
}

static void never_opened(struct town *town, struct scene *scene)
{
    offered(town, scene);
    scene->no.serial += 77;
}

static void erased(struct town *town, struct scene *scene)
{
    const struct town_report report = {
        .id = "r-1", .type = "hotline.garbage", .place = near_bin, .fields = full, .contact = 5};
    town_send(town, "hotline-1", (struct town_outbox){0, 0, 0}, &report, 1);
    assert_int_equal(town->last.code, CODE_OPENED);
    scene->no = town->last.case_no;
    must_do(town, "intake.yin",
            (struct town_deed){
                .no = scene->no, .action = ACTION_ERASE, .reason = REASON_REPORTER_ASKED});
}

static void closed_at_desk(struct town *town, struct scene *scene)
{
    at_desk(town, scene);
    must_do(
        town, "chief.chu",
        (struct town_deed){.no = scene->no, .action = ACTION_FORCE_CLOSE, .reason = REASON_OTHER});
}

/* ---- rows ---- */

#define BY_ORDER 1u      /* the deed is about the scene's order */
#define BY_FIRST 2u      /* by whoever was asked first; who is ignored */
#define SAYS_POSSIBLE 4u /* the answer lists what is possible now */

static const struct row {
    const char *name;
    void (*prepare)(struct town *, struct scene *);
    const char *who;
    struct town_deed deed;
    enum code expected;
    uint32_t flags;
} rows[] = {
    {"a check before anything was done",
     offered,
     "zhao",
     {.action = ACTION_CHECK_PASS},
     CODE_WRONG_STATE,
     SAYS_POSSIBLE},
    {"closing what is under way",
     arrived,
     "chief.chu",
     {.action = ACTION_CLOSE},
     CODE_WRONG_STATE,
     SAYS_POSSIBLE},
    {"reopening what is open",
     offered,
     "chief.chu",
     {.action = ACTION_REOPEN, .reason = REASON_OTHER},
     CODE_WRONG_STATE,
     SAYS_POSSIBLE},
    {"voided by a worker",
     offered,
     "li",
     {.action = ACTION_VOID, .reason = REASON_OTHER},
     CODE_NO_RIGHT,
     0},
    {"read by an auditor who would act",
     offered,
     "auditor.an",
     {.action = ACTION_DISPATCH},
     CODE_NO_RIGHT,
     0},
    {"checked by who commanded it",
     commanded_then_handled,
     "both.bo",
     {.action = ACTION_CLOSE},
     CODE_CONFLICT_OF_INTEREST,
     0},
    {"another desk's case", at_desk, "desk.tra", {.action = ACTION_DONE}, CODE_NOT_YOURS, 0},
    {"somebody else's order", offered, "chen", {.action = ACTION_ACCEPT}, CODE_NOT_YOURS, BY_ORDER},
    {"accepted twice",
     accepted,
     NULL,
     {.action = ACTION_ACCEPT},
     CODE_WRONG_STATE,
     BY_ORDER | BY_FIRST | SAYS_POSSIBLE},
    {"done before arriving",
     accepted,
     NULL,
     {.action = ACTION_DONE},
     CODE_WRONG_STATE,
     BY_ORDER | BY_FIRST | SAYS_POSSIBLE},
    {"accepted after it expired",
     expired,
     NULL,
     {.action = ACTION_ACCEPT},
     CODE_EXPIRED,
     BY_ORDER | BY_FIRST},
    {"arrived after it was given to another",
     reassigned,
     NULL,
     {.action = ACTION_ARRIVE, .has_place = true, .place = {1163060000, 399060000}},
     CODE_RECALLED,
     BY_ORDER | BY_FIRST},
    {"arrived from far away",
     accepted,
     NULL,
     {.action = ACTION_ARRIVE, .has_place = true, .place = {1163260000, 399060000}},
     CODE_TOO_FAR,
     BY_ORDER | BY_FIRST},
    {"returned without a reason",
     accepted,
     NULL,
     {.action = ACTION_RETURN},
     CODE_REASON_NEEDED,
     BY_ORDER | BY_FIRST},
    {"extended after its deadline",
     at_desk_overdue,
     "desk.san",
     {.action = ACTION_EXTEND, .reason = REASON_NEEDS_PARTS},
     CODE_OVERDUE,
     SAYS_POSSIBLE},
    {"extended while one is asked",
     extension_asked,
     "desk.san",
     {.action = ACTION_EXTEND, .reason = REASON_NEEDS_PARTS},
     CODE_NO_MORE_EXTENSIONS,
     SAYS_POSSIBLE},
    {"an approval that nobody asked for",
     at_desk,
     "chief.chu",
     {.action = ACTION_EXTEND_YES},
     CODE_NOTHING_ASKED,
     SAYS_POSSIBLE},
    {"suspended until yesterday",
     at_desk,
     "chief.chu",
     {.action = ACTION_SUSPEND, .reason = REASON_WEATHER, .until_ms = 1},
     CODE_BAD_UNTIL,
     0},
    {"suspended twice",
     suspended_once,
     "chief.chu",
     {.action = ACTION_SUSPEND, .reason = REASON_WEATHER, .until_ms = HOUR_MS},
     CODE_ONCE_ONLY,
     SAYS_POSSIBLE},
    {"an answer that nobody asked for",
     at_desk,
     "desk.san",
     {.action = ACTION_ANSWER, .text = "x"},
     CODE_NOTHING_ASKED,
     SAYS_POSSIBLE},
    {"split without words",
     at_desk,
     "dispatcher.du",
     {.action = ACTION_SPLIT, .reason = REASON_OTHER_MATTER},
     CODE_TEXT_NEEDED,
     0},
    {"tied to no case",
     at_desk,
     "dispatcher.du",
     {.action = ACTION_MERGE_INTO, .reason = REASON_SAME_MATTER},
     CODE_OTHER_CASE_NEEDED,
     0},
    {"a position without a dispute",
     at_desk,
     "desk.san",
     {.action = ACTION_POSITION, .reason = REASON_BY_CLAUSE, .text = "x"},
     CODE_NO_DISPUTE,
     SAYS_POSSIBLE},
    {"a ruling without a dispute",
     at_desk,
     "dispatcher.du",
     {.action = ACTION_RULE, .reason = REASON_BY_CLAUSE, .subject = "dept.traffic.duty"},
     CODE_NO_DISPUTE,
     SAYS_POSSIBLE},
    {"sent to a post that is not there",
     offered,
     "dispatcher.du",
     {.action = ACTION_SEND_TO_DESK, .reason = REASON_OTHER, .subject = "dept.nowhere"},
     CODE_UNKNOWN_WORKER,
     0},
    {"given to somebody who may not take it",
     offered,
     "dispatcher.du",
     {.action = ACTION_REASSIGN, .reason = REASON_OTHER, .subject = "auditor.an"},
     CODE_NOT_ELIGIBLE,
     0},
    {"an appeal where nothing was missed",
     closed_at_desk,
     "desk.san",
     {.action = ACTION_APPEAL, .reason = REASON_UNFORESEEN},
     CODE_NOT_MISSED,
     SAYS_POSSIBLE},
    {"a second appeal",
     closed_and_appealed,
     "desk.san",
     {.action = ACTION_APPEAL, .reason = REASON_UNFORESEEN},
     CODE_ONCE_ONLY,
     SAYS_POSSIBLE},
    {"a decision twice",
     closed_and_appealed,
     "overseer.ou",
     {.action = ACTION_APPEAL_NO, .reason = REASON_OTHER},
     CODE_NOTHING_ASKED,
     SAYS_POSSIBLE},
    {"rated before the close",
     offered,
     "intake.yin",
     {.action = ACTION_RATE, .other = {0, 0, 1}, .amount = 5},
     CODE_RATED_EARLY,
     0},
    {"six stars",
     closed,
     "intake.yin",
     {.action = ACTION_RATE, .other = {0, 0, 1}, .amount = 6},
     CODE_BAD_STARS,
     0},
    {"a receipt that was never given",
     closed,
     "intake.yin",
     {.action = ACTION_RATE, .other = {0, 0, 9}, .amount = 5},
     CODE_UNKNOWN_RECEIPT,
     0},
    {"commented when it has left",
     in_history,
     "chief.chu",
     {.action = ACTION_COMMENT, .text = "x"},
     CODE_GONE,
     0},
    {"reopened when it has left",
     in_history,
     "chief.chu",
     {.action = ACTION_REOPEN, .reason = REASON_CAME_BACK},
     CODE_GONE,
     0},
    {"an order of a case that has left",
     in_history,
     NULL,
     {.action = ACTION_ACCEPT},
     CODE_GONE,
     BY_ORDER | BY_FIRST},
    {"a case that never was",
     never_opened,
     "chief.chu",
     {.action = ACTION_COMMENT, .text = "x"},
     CODE_UNKNOWN_CASE,
     0},
    {"a contact that was erased",
     erased,
     "intake.yin",
     {.action = ACTION_REVEAL, .reason = REASON_CALL_BACK},
     CODE_CONTACT_ERASED,
     SAYS_POSSIBLE},
    {"erased twice",
     erased,
     "chief.chu",
     {.action = ACTION_ERASE, .reason = REASON_REPORTER_ASKED},
     CODE_CONTACT_ERASED,
     SAYS_POSSIBLE},
    {"rated after the erasure, before the close",
     erased,
     "intake.yin",
     {.action = ACTION_RATE, .other = {0, 0, 1}, .amount = 5},
     CODE_RATED_EARLY,
     0},
    {"not solved, when it has left",
     in_history,
     "intake.yin",
     {.action = ACTION_NOT_SOLVED, .other = {0, 0, 1}},
     CODE_GONE,
     0},
    {"an appeal when it has left",
     in_history,
     "desk.san",
     {.action = ACTION_APPEAL, .reason = REASON_UNFORESEEN},
     CODE_GONE,
     0},
    {"a contact when it has left",
     in_history,
     "chief.chu",
     {.action = ACTION_REVEAL, .reason = REASON_CALL_BACK},
     CODE_GONE,
     0},
    {"a contact that nobody left",
     offered,
     "intake.yin",
     {.action = ACTION_REVEAL, .reason = REASON_CALL_BACK},
     CODE_NO_CONTACT,
     SAYS_POSSIBLE},
    {"an act that is none", offered, "chief.chu", {.action = ACTION_OFFER}, CODE_UNKNOWN_ACTION, 0},
};

/* Everything but what every act leaves behind: who tried was seen, and the answer is kept. */
static struct hash128 settled_digest(struct town *town, const char *who, const void *before)
{
    struct worker_row *row =
        &town->core->workers.rows[workers_find(&town->core->workers, town_id(who))];
    const struct worker_row now = *row;
    struct worker_row then;
    memcpy(&then, (const char *)before + ((const char *)row - (const char *)town->block),
           sizeof then);
    row->seen_at_ms = then.seen_at_ms;
    row->epoch = then.epoch;
    row->last_seq = then.last_seq;
    memcpy(row->results, then.results, sizeof row->results);
    const struct hash128 digest = core_digest(town->core);
    *row = now;
    return digest;
}

static void try_row(struct town *town, const struct row *row)
{
    struct scene scene = {.no = no_case};
    row->prepare(town, &scene);
    const char *who = (row->flags & BY_FIRST) != 0 ? scene.who : row->who;
    struct town_deed deed = row->deed;
    deed.order = (row->flags & BY_ORDER) != 0 ? scene.order : 0;
    deed.no = (row->flags & BY_ORDER) != 0 ? no_case : scene.no;
    deed.until_ms += deed.until_ms > 1 ? town->now_ms : 0; /* from now */
    void *saved = town_save(town);
    const struct hash128 before = core_digest(town->core);
    town->effect_count = 0;
    const enum code code = town_do(town, who, deed);
    if (code != row->expected) {
        fail_msg("%s: %d, not %d", row->name, code, row->expected);
    }
    if (town->effect_count != 1 || !hash128_is_equal(settled_digest(town, who, saved), before)) {
        fail_msg("%s: refused, and something changed (%u effects)", row->name, town->effect_count);
    }
    if ((row->flags & SAYS_POSSIBLE) != 0 && town->last.possible == 0) {
        fail_msg("%s: refused, and the answer does not say what is possible now", row->name);
    }
    free(saved);
}

static void test_bad_input_is_refused_by_name_and_changes_nothing(void **state)
{
    struct town *town = *state;
    void *fresh = town_save(town);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        try_row(town, &rows[i]);
        town_restore(town, fresh);
    }
    free(fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bad_input_is_refused_by_name_and_changes_nothing,
                                        open_town, town_teardown),
    };
    return cmocka_run_group_tests_name("core/bad_input", tests, NULL, NULL);
}
