/* history_facts.c: see history_facts.h. */
#include "engine/shell/history_facts.h"

#include "engine/edge/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE 128u
#define REPEAT_MS (7 * DAY_MS)
#define REPEAT_E7 5000 /* degrees: 55 m to the north or south, less to the sides */

enum statement { CASES, TIMELINE, ORDERS, STATEMENT_COUNT };

/* A case is passed over when all its instants lie outside: a deadline may lie behind its end. */
#define CASES_SQL                                                                                  \
    "SELECT *, (SELECT count(*) FROM cases n WHERE n.cell = c.cell AND n.class = c.class"          \
    " AND n.opened_at_ms > c.closed_at_ms AND n.opened_at_ms <= c.closed_at_ms + ?3"               \
    " AND n.state <> 'VOID' AND n.state <> 'MERGED' AND CASE WHEN c.asset IS NOT NULL"             \
    " THEN n.asset = c.asset ELSE abs(n.lon_e7 - c.lon_e7) <= ?4 AND abs(n.lat_e7 - c.lat_e7) <= " \
    "?4"                                                                                           \
    " END) AS repeats FROM cases c"                                                                \
    " WHERE opened_at_ms < ?2 AND (closed_at_ms IS NULL OR closed_at_ms >= ?1"                     \
    " OR due_at_ms >= ?1 OR reopenings > 0) ORDER BY id"

static const char *const SQL[STATEMENT_COUNT] = {
    [CASES] = CASES_SQL,
    [TIMELINE] = "SELECT * FROM timeline WHERE case_id = ?1 ORDER BY id",
    [ORDERS] = "SELECT * FROM orders WHERE case_id = ?1 ORDER BY number",
};

/* Columns are found by name once, not for each row. X(column) of the timeline */
#define LINE_COLUMNS(X)                                                                            \
    X(at_ms)                                                                                       \
    X(action)                                                                                      \
    X(reason)                                                                                      \
    X(order_kind)                                                                                  \
    X(state)                                                                                       \
    X(clock)                                                                                       \
    X(deadline_ms)                                                                                 \
    X(holder_kind)                                                                                 \
    X(holder)                                                                                      \
    X(holder_department)                                                                           \
    X(actor)                                                                                       \
    X(actor_department)                                                                            \
    X(actor_team)                                                                                  \
    X(source)                                                                                      \
    X(amount)

#define LINE_ENUM(name) LINE_##name,
enum line_column { LINE_COLUMNS(LINE_ENUM) LINE_COUNT };
#undef LINE_ENUM

/* Texts that are found in the story, copied: a row's own are gone with it. */
enum kept_text {
    KEPT_FIRST_DEPARTMENT,
    KEPT_HANDLED_DEPARTMENT,
    KEPT_TEAM,
    KEPT_POST,
    KEPT_PERSON,
    KEPT_REASON,
    KEPT_COUNT
};

struct history_facts {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    int lines[LINE_COUNT];
    int fact_columns[FACT_COUNT]; /* of a case row, -1 = not there */
    char kept[KEPT_COUNT][TEXT_SIZE];
    int64_t due_at_ms; /* of handling, as the story told it last; 0 = not yet */
    bool is_handled;   /* in this round */
    bool is_approved;  /* an extension, by the first of two */
    struct formula_facts facts;
};

/* ---- rows ---- */

static int find_column(sqlite3_stmt *stmt, const char *name)
{
    int count = sqlite3_column_count(stmt);
    for (int i = 0; i < count; i++) {
        if (strcmp(sqlite3_column_name(stmt, i), name) == 0) {
            return i;
        }
    }
    return -1;
}

static const char *text_at(sqlite3_stmt *stmt, int column)
{
    return column < 0 ? NULL : (const char *)sqlite3_column_text(stmt, column);
}

static int64_t instant_at(sqlite3_stmt *stmt, int column)
{
    return column < 0 || sqlite3_column_type(stmt, column) == SQLITE_NULL
               ? FACT_ABSENT
               : sqlite3_column_int64(stmt, column);
}

static const char *line_text(const struct history_facts *facts, enum line_column column)
{
    const char *text = text_at(facts->statements[TIMELINE], facts->lines[column]);
    return text != NULL ? text : "";
}

static int64_t line_int(const struct history_facts *facts, enum line_column column)
{
    return sqlite3_column_int64(facts->statements[TIMELINE], facts->lines[column]);
}

/* Where the facts of a case row stand: columns of the same name, instants with their unit. */
static void find_fact_columns(struct history_facts *facts)
{
    for (size_t i = 0; i < FACT_COUNT; i++) {
        char name[64];
        enum formula_fact fact = (enum formula_fact)i;
        bool is_instant = formula_fact_kind(fact) == FACT_IS_INSTANT;
        (void)snprintf(name, sizeof name, "%s%s", formula_fact_name(fact), is_instant ? "_ms" : "");
        facts->fact_columns[i] = find_column(facts->statements[CASES], name);
    }
    facts->fact_columns[FACT_handled_at] =
        -1; /* from the story: the row forgets it at a reopening */
}

enum err history_facts_open(sqlite3 *db, struct history_period period,
                            struct history_facts **out_facts, struct history_fault *out_fault)
{
#define LINE_NAME(name) #name,
    static const char *const LINES[] = {LINE_COLUMNS(LINE_NAME)};
#undef LINE_NAME
    struct history_facts *facts = calloc(1, sizeof *facts);
    if (facts == NULL) {
        return ERR_MEMORY;
    }
    facts->db = db;
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v2(db, SQL[i], -1, &facts->statements[i], NULL) != SQLITE_OK) {
            history_facts_close(facts);
            return history_schema_fail(db, "ask for cases", out_fault);
        }
    }
    for (size_t i = 0; i < LINE_COUNT; i++) {
        facts->lines[i] = find_column(facts->statements[TIMELINE], LINES[i]);
        must(facts->lines[i] >= 0);
    }
    find_fact_columns(facts);
    int code = sqlite3_bind_int64(facts->statements[CASES], 1, period.from_ms);
    must(code == SQLITE_OK);
    code = sqlite3_bind_int64(facts->statements[CASES], 2, period.until_ms);
    must(code == SQLITE_OK);
    code = sqlite3_bind_int64(facts->statements[CASES], 3, REPEAT_MS);
    must(code == SQLITE_OK);
    code = sqlite3_bind_int64(facts->statements[CASES], 4, REPEAT_E7);
    must(code == SQLITE_OK);
    *out_facts = facts;
    return ERR_OK;
}

void history_facts_close(struct history_facts *facts)
{
    if (facts == NULL) {
        return;
    }
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(facts->statements[i]);
    }
    free(facts);
}

/* ---- one line of a story ---- */

static void keep(struct history_facts *facts, enum kept_text kept, enum formula_fact fact,
                 const char *text)
{
    if (text[0] == '\0') {
        return;
    }
    (void)snprintf(facts->kept[kept], TEXT_SIZE, "%s", text);
    facts->facts.texts[fact] = facts->kept[kept];
}

static void set_first(struct history_facts *facts, enum formula_fact fact, int64_t at_ms)
{
    if (facts->facts.numbers[fact] == FACT_ABSENT) {
        facts->facts.numbers[fact] = at_ms;
    }
}

/* The department, or the team of those who belong to none: grid workers. */
static const char *belonging(const struct history_facts *facts, enum line_column department)
{
    const char *text = line_text(facts, department);
    return text[0] != '\0' ? text : line_text(facts, LINE_actor_team);
}

/* Somebody has it now: the first line that leaves dispatching with a handler. */
static void see_hand_over(struct history_facts *facts, const char *action, bool is_handling)
{
    struct formula_facts *out = &facts->facts;
    int64_t at_ms = line_int(facts, LINE_at_ms);
    bool is_desk = strcmp(action, "TO_DESK") == 0;
    if ((is_desk || (strcmp(action, "OFFER") == 0 &&
                     strcmp(line_text(facts, LINE_order_kind), "HANDLE") == 0)) &&
        out->numbers[FACT_acted_at] == FACT_ABSENT) {
        out->numbers[FACT_hops]++;
    }
    if (!is_desk && !(strcmp(action, "ACCEPT") == 0 && is_handling)) {
        return;
    }
    if (out->numbers[FACT_dispatched_at] == FACT_ABSENT) {
        keep(facts, KEPT_FIRST_DEPARTMENT, FACT_first_department,
             belonging(facts, LINE_holder_department));
    }
    set_first(facts, FACT_dispatched_at, at_ms);
    if (is_desk && strcmp(line_text(facts, LINE_holder_kind), "POST") == 0) {
        keep(facts, KEPT_POST, FACT_post, line_text(facts, LINE_holder));
    }
}

/* The work is over when checking starts, when a device is waited for, or with the end itself. */
static void see_handled(struct history_facts *facts, const char *action, bool is_handling)
{
    int64_t at_ms = line_int(facts, LINE_at_ms);
    bool is_over = strcmp(action, "START_CHECK") == 0 || strcmp(action, "AWAIT_CLEAR") == 0 ||
                   strcmp(line_text(facts, LINE_state), "CLOSED") == 0;
    bool is_again = strcmp(action, "CHECK_FAIL") == 0 || strcmp(action, "REOPEN") == 0;
    if (is_again) {
        facts->is_handled = false;
    } else if (is_over && !facts->is_handled) {
        set_first(facts, FACT_first_handled_at, at_ms);
        facts->facts.numbers[FACT_handled_at] = at_ms;
        facts->is_handled = true;
    }
    bool is_done = strcmp(action, "DONE") == 0 || strcmp(action, "SELF_HANDLED") == 0;
    if (!is_done || !is_handling || strcmp(line_text(facts, LINE_order_kind), "ASSIST") == 0) {
        return;
    }
    keep(facts, KEPT_HANDLED_DEPARTMENT, FACT_handled_department,
         belonging(facts, LINE_actor_department));
    keep(facts, KEPT_TEAM, FACT_team, line_text(facts, LINE_actor_team));
    keep(facts, KEPT_PERSON, FACT_person, line_text(facts, LINE_actor));
}

/* What handlers do themselves. */
static void see_act(struct history_facts *facts, const char *action, bool is_handling)
{
    struct formula_facts *out = &facts->facts;
    int64_t at_ms = line_int(facts, LINE_at_ms);
    bool is_done = strcmp(action, "DONE") == 0 || strcmp(action, "SELF_HANDLED") == 0;
    bool is_return = strcmp(action, "RETURN") == 0;
    bool is_arrival = strcmp(action, "ARRIVE") == 0;
    if (!is_handling || !(is_done || is_return || is_arrival || strcmp(action, "ACCEPT") == 0)) {
        return;
    }
    set_first(facts, FACT_acted_at, at_ms);
    if (is_arrival) {
        set_first(facts, FACT_arrived_at, at_ms);
    }
    out->numbers[FACT_returns] += is_return;
}

static void see_end(struct history_facts *facts, const char *action)
{
    const char *state = line_text(facts, LINE_state);
    bool is_end = strcmp(state, "CLOSED") == 0 || strcmp(state, "FORCED_CLOSED") == 0;
    if (is_end && strcmp(action, "RETIRE") != 0) {
        set_first(facts, FACT_first_closed_at, line_int(facts, LINE_at_ms));
    }
    if (strcmp(action, "VOID") == 0 || strcmp(action, "VERIFY_NO") == 0) {
        keep(facts, KEPT_REASON, FACT_void_reason, line_text(facts, LINE_reason));
    }
}

/* In the last fifth between the dispatch and the deadline, by the clock on the wall. */
static bool is_last_fifth(const struct history_facts *facts)
{
    int64_t from_ms = facts->facts.numbers[FACT_dispatched_at];
    return from_ms != FACT_ABSENT && facts->due_at_ms > from_ms &&
           (line_int(facts, LINE_at_ms) - from_ms) * 5 >= (facts->due_at_ms - from_ms) * 4;
}

static void see_rating(struct history_facts *facts, const char *action)
{
    static const enum formula_fact STARS[] = {FACT_stars_1, FACT_stars_2, FACT_stars_3,
                                              FACT_stars_4, FACT_stars_5};
    struct formula_facts *out = &facts->facts;
    int64_t amount = line_int(facts, LINE_amount);
    if (strcmp(action, "RATE") == 0 && amount >= 1 && amount <= (int64_t)COUNT_OF(STARS)) {
        out->numbers[FACT_ratings]++;
        out->numbers[FACT_stars] += amount;
        out->numbers[STARS[amount - 1]]++;
    }
    out->numbers[FACT_solved] += strcmp(action, "SOLVED") == 0;
    out->numbers[FACT_unsolved] += strcmp(action, "NOT_SOLVED") == 0;
}

/* Lines that are counted as they are. */
static void count_line(struct history_facts *facts, const char *action)
{
    static const struct {
        const char *action;
        enum formula_fact fact;
    } COUNTED[] = {
        {"DECLINE", FACT_declines},          {"EXPIRE", FACT_declines},
        {"CHECK_FAIL", FACT_checks_failed},  {"CHECK_PASS", FACT_checks_passed},
        {"CHECK_FAIL", FACT_person_checks},  {"CHECK_PASS", FACT_person_checks},
        {"VERIFY_YES", FACT_verified_yes},   {"VERIFY_NO", FACT_verified_no},
        {"SUSPEND", FACT_suspensions},       {"APPEAL", FACT_appeals},
        {"APPEAL_YES", FACT_appeals_upheld}, {"SUPERVISE", FACT_supervisions},
    };
    struct formula_facts *out = &facts->facts;
    for (size_t i = 0; i < COUNT_OF(COUNTED); i++) {
        out->numbers[COUNTED[i].fact] += strcmp(COUNTED[i].action, action) == 0;
    }
    out->numbers[FACT_handle_missed] +=
        strcmp(action, "MISS") == 0 && strcmp(line_text(facts, LINE_clock), "HANDLE") == 0;
    out->numbers[FACT_late_suspensions] += strcmp(action, "SUSPEND") == 0 && is_last_fifth(facts);
    /* Two approve an extension; the second grants it. */
    bool is_yes = strcmp(action, "EXTEND_YES") == 0;
    out->numbers[FACT_extensions] += is_yes && facts->is_approved;
    if (strncmp(action, "EXTEND", strlen("EXTEND")) == 0) {
        facts->is_approved = is_yes && !facts->is_approved;
    }
    out->numbers[FACT_assists] +=
        strcmp(action, "OFFER") == 0 && strcmp(line_text(facts, LINE_order_kind), "ASSIST") == 0;
    const char *source = line_text(facts, LINE_source);
    if (source[0] != '\0' && strcmp(action, "CLEAR") != 0) {
        bool is_public = strcmp(source, "HOTLINE") == 0;
        out->numbers[FACT_public_reports] += is_public;
        out->numbers[FACT_proactive_reports] += !is_public && strcmp(source, "DEPARTMENT") != 0;
    }
}

static void see_line(struct history_facts *facts)
{
    const char *action = line_text(facts, LINE_action);
    const char *kind = line_text(facts, LINE_order_kind);
    bool is_handling =
        kind[0] == '\0' || strcmp(kind, "HANDLE") == 0 || strcmp(kind, "ASSIST") == 0;
    count_line(facts, action);
    see_hand_over(facts, action, is_handling);
    see_act(facts, action, is_handling);
    see_handled(facts, action, is_handling);
    see_rating(facts, action);
    see_end(facts, action);
    if (strcmp(line_text(facts, LINE_clock), "HANDLE") == 0 && strcmp(action, "MISS") != 0) {
        facts->due_at_ms = line_int(facts, LINE_deadline_ms);
    }
}

/* ---- one case ---- */

static enum err ask(struct history_facts *facts, enum statement statement, int64_t case_id)
{
    (void)sqlite3_reset(facts->statements[statement]);
    return sqlite3_bind_int64(facts->statements[statement], 1, case_id) == SQLITE_OK ? ERR_OK
                                                                                     : ERR_IO;
}

static enum err read_story(struct history_facts *facts, int64_t case_id,
                           struct history_fault *fault)
{
    enum err err = ask(facts, TIMELINE, case_id);
    int code = SQLITE_ROW;
    facts->due_at_ms = 0;
    facts->is_handled = facts->is_approved = false;
    while (err == ERR_OK && (code = sqlite3_step(facts->statements[TIMELINE])) == SQLITE_ROW) {
        see_line(facts);
    }
    return code == SQLITE_DONE ? ERR_OK : history_schema_fail(facts->db, "read a story", fault);
}

static void read_row(struct history_facts *facts)
{
    sqlite3_stmt *stmt = facts->statements[CASES];
    formula_facts_clear(&facts->facts);
    for (size_t i = 0; i < FACT_COUNT; i++) {
        int column = facts->fact_columns[i];
        if (column < 0) {
            continue;
        }
        if (formula_fact_kind((enum formula_fact)i) == FACT_IS_TEXT) {
            facts->facts.texts[i] = text_at(stmt, column);
        } else if (formula_fact_kind((enum formula_fact)i) == FACT_IS_INSTANT) {
            facts->facts.numbers[i] = instant_at(stmt, column);
        } else {
            facts->facts.numbers[i] = sqlite3_column_int64(stmt, column);
        }
    }
}

bool history_facts_next(struct history_facts *facts, struct formula_facts *out, enum err *out_err,
                        struct history_fault *out_fault)
{
    sqlite3_stmt *stmt = facts->statements[CASES];
    int code = sqlite3_step(stmt);
    if (code != SQLITE_ROW) {
        *out_err =
            code == SQLITE_DONE ? ERR_OK : history_schema_fail(facts->db, "read cases", out_fault);
        return false;
    }
    read_row(facts);
    int64_t case_id = sqlite3_column_int64(stmt, find_column(stmt, "id"));
    *out_err = read_story(facts, case_id, out_fault);
    if (*out_err == ERR_OK && facts->facts.texts[FACT_number] != NULL) {
        *out_err = ask(facts, ORDERS, case_id);
    }
    *out = facts->facts;
    return *out_err == ERR_OK;
}

bool history_facts_next_order(struct history_facts *facts, struct formula_facts *out,
                              enum err *out_err, struct history_fault *out_fault)
{
    static const struct {
        enum formula_fact fact;
        const char *column;
    } COLUMNS[] = {{FACT_order_kind, "kind"},
                   {FACT_order_state, "state"},
                   {FACT_order_department, "department"},
                   {FACT_order_team, "team"},
                   {FACT_order_person, "person"},
                   {FACT_order_offered_at, "offered_at_ms"},
                   {FACT_order_accepted_at, "accepted_at_ms"},
                   {FACT_order_arrived_at, "arrived_at_ms"},
                   {FACT_order_ended_at, "ended_at_ms"}};
    sqlite3_stmt *stmt = facts->statements[ORDERS];
    int code = sqlite3_step(stmt);
    if (code != SQLITE_ROW) {
        *out_err =
            code == SQLITE_DONE ? ERR_OK : history_schema_fail(facts->db, "read orders", out_fault);
        return false;
    }
    *out = facts->facts;
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++) {
        int column = find_column(stmt, COLUMNS[i].column);
        if (formula_fact_kind(COLUMNS[i].fact) == FACT_IS_TEXT) {
            out->texts[COLUMNS[i].fact] = text_at(stmt, column);
        } else {
            out->numbers[COLUMNS[i].fact] = instant_at(stmt, column);
        }
    }
    return true;
}
