/* case_status.c: `gridloop case status RECEIPT`: how a report stands, for the reporter: nothing of anybody's person, no
 * free text, no names; cases that were merged lead to the one that survived. Read from the history. */
#include "engine/cli/case_status.h"

#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/history_print.h"
#include "engine/cli/kpi.h"
#include "engine/edge/words.h"
#include "proto/case_text.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define FOLLOW_MAX 16 /* merges of merges */

struct status_options {
    const char *receipt;
    const char *data, *database, *lang;
    bool is_json;
};

static int refuse(const char *code, const char *receipt, int exit_code)
{
    uint32_t number = 0;
    bool is_known = words_parse_code(code, &number);
    (void)fprintf(stderr, "%s: %s: \"%s\" (exit %d)\n", code,
                  is_known ? words_code(number, LANG_EN) : "a receipt is written CASE.REPORT: 17.1",
                  receipt != NULL ? receipt : "", exit_code);
    return exit_code;
}

static int64_t one_int(sqlite3 *db, const char *sql, int64_t id, int64_t report)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value = 0;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_bind_int64(stmt, 1, id) == SQLITE_OK &&
        (report == 0 || sqlite3_bind_int64(stmt, 2, report) == SQLITE_OK) &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        value = sqlite3_column_int64(stmt, 0);
    }
    (void)sqlite3_finalize(stmt);
    return value;
}

/* The case that survived, following merges of merges; the same where it was never merged. */
static int64_t survivor_of(sqlite3 *db, int64_t id)
{
    for (int i = 0; i < FOLLOW_MAX; i++) {
        int64_t next = one_int(db, "SELECT merged_into FROM cases WHERE id = ?1", id, 0);
        if (next == 0) {
            break;
        }
        id = next;
    }
    return id;
}

struct status {
    char number[WORDS_CASE_NO_SIZE], state[32], class_zh[128], class_en[128];
    int64_t received_at_ms, due_at_ms, closed_at_ms;
    bool is_rated, is_answered;
};

static void read_status(sqlite3 *db, int64_t id, int64_t first, int64_t report, struct status *out)
{
    struct history_rows rows;
    struct history_fault fault;
    enum err err = history_read_part(db, HISTORY_PART_CASE, id, &rows, &fault);
    *out = (struct status){.received_at_ms = 0};
    if (err != ERR_OK) {
        return;
    }
    while (history_rows_next(&rows, &err, &fault)) {
        (void)snprintf(out->number, sizeof out->number, "%s", history_rows_text(&rows, "number"));
        (void)snprintf(out->state, sizeof out->state, "%s", history_rows_text(&rows, "state"));
        (void)snprintf(out->class_zh, sizeof out->class_zh, "%s",
                       history_rows_text(&rows, "class_zh"));
        (void)snprintf(out->class_en, sizeof out->class_en, "%s",
                       history_rows_text(&rows, "class_en"));
        out->due_at_ms = history_rows_int(&rows, "due_at_ms");
        out->closed_at_ms = history_rows_int(&rows, "closed_at_ms");
    }
    history_rows_end(&rows);
    out->received_at_ms = one_int(
        db, "SELECT at_ms FROM timeline WHERE case_id = ?1 AND report = ?2 AND source IS NOT NULL",
        first, report);
    out->is_rated = one_int(db,
                            "SELECT count(*) FROM timeline WHERE case_id = ?1 AND report = ?2"
                            " AND action = 'RATE'",
                            id, report) > 0;
    out->is_answered = one_int(db,
                               "SELECT count(*) FROM timeline WHERE case_id = ?1 AND report = ?2"
                               " AND action IN ('SOLVED', 'NOT_SOLVED')",
                               id, report) > 0;
}

static json_t *instant_json(int64_t at_ms)
{
    return at_ms != 0 ? json_integer(at_ms) : json_null();
}

static void print_status(const struct status_options *options, const struct kpi *clock,
                         const struct status *status)
{
    enum lang lang = cli_lang(options->lang);
    bool is_zh = lang == LANG_ZH;
    uint32_t state = 0;
    char at[3][32] = {"", "", ""};
    const int64_t instants[] = {status->received_at_ms, status->due_at_ms, status->closed_at_ms};
    if (options->is_json) {
        json_t *root = json_pack(
            "{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:b}", "receipt", options->receipt, "case",
            status->number, "state", status->state, "class", status->class_zh, "received_at_ms",
            instant_json(status->received_at_ms), "due_at_ms", instant_json(status->due_at_ms),
            "closed_at_ms", instant_json(status->closed_at_ms), "is_rated", (int)status->is_rated,
            "is_answered", (int)status->is_answered);
        (void)json_dumpf(root, stdout, JSON_INDENT(2));
        (void)printf("\n");
        json_decref(root);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(instants); i++) {
        if (instants[i] != 0) {
            (void)kpi_instant(clock, instants[i], at[i], sizeof at[i]);
        }
    }
    bool is_known = words_parse_case_state(status->state, &state);
    (void)printf("%s  %s  %s\n", status->number,
                 is_zh || status->class_en[0] == '\0' ? status->class_zh : status->class_en,
                 is_known ? words_case_state(state, lang) : status->state);
    (void)printf(is_zh ? "受理 %s%s%s%s%s\n" : "received %s%s%s%s%s\n", at[0],
                 at[1][0] != '\0' ? (is_zh ? "  处置时限 " : "  to be handled by ") : "", at[1],
                 at[2][0] != '\0' ? (is_zh ? "  结案 " : "  closed ") : "", at[2]);
    if (at[2][0] != '\0' && !status->is_rated) {
        (void)printf(is_zh ? "尚未评价\n" : "not rated yet\n");
    }
}

static int run(const struct status_options *options)
{
    char number[CASE_TEXT_SIZE];
    uint32_t report = 0, count = 0;
    struct case_no part;
    struct history_fault fault = {.text = ""};
    struct kpi clock;
    int64_t id = 0;
    const struct kpi_asked asked = {
        .command = "gridloop case status", .data = options->data, .database = options->database};
    if (!receipt_text_split(options->receipt, number, &report) ||
        case_text_parse(number, &part) != ERR_OK) {
        return refuse("BAD_RECEIPT", options->receipt, EX_USAGE);
    }
    int code = kpi_open(&asked, &clock);
    if (code != EX_OK) {
        return code;
    }
    enum err err = history_read_find(clock.db, part, &id, &count, &fault);
    if (err == ERR_OK &&
        one_int(clock.db, "SELECT events FROM cases WHERE id = ?1", id, 0) < report) {
        err = ERR_NOT_FOUND;
    }
    if (err == ERR_OK) {
        struct status status;
        read_status(clock.db, survivor_of(clock.db, id), id, report, &status);
        print_status(options, &clock, &status);
    } else {
        code = err == ERR_NOT_FOUND ? refuse("UNKNOWN_RECEIPT", options->receipt, EX_NOINPUT)
               : err == ERR_INPUT   ? refuse("AMBIGUOUS", options->receipt, EX_USAGE)
                                    : history_print_fault(err, &fault);
    }
    kpi_close(&clock);
    return code;
}

int case_status(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0},
        {"db", 'b', "FILE", 0, "a history database by its own name", 0},
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},
        {"json", 'j', NULL, 0, "print JSON", 0},
        {0}};
    struct status_options options = {.is_json = false};
    const struct arguments_slot slots[] = {{'d', &options.data, NULL},
                                           {'b', &options.database, NULL},
                                           {'L', &options.lang, NULL},
                                           {'j', NULL, &options.is_json},
                                           {ARGUMENTS_WORD, &options.receipt, NULL}};
    const struct arguments_form form = {OPTIONS,
                                        "RECEIPT",
                                        "How a report stands, without a word about persons. "
                                        "RECEIPT is a case, a dot and which of its reports: 17.1.",
                                        slots,
                                        COUNT_OF(slots),
                                        NULL};
    return arguments_fill(&form, argc, argv) != 0 ? EX_USAGE : run(&options);
}
