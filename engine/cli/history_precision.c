/* history_precision.c: `gridloop history precision --by source|device|rule`: how many cases of each ended confirmed and how
 * many as false alarms, and how many of a source's reports came late. Never of a person: gateways and devices only. */
#include "engine/cli/history_precision.h"

#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/history_print.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

struct precision_options {
    const char *data, *database, *lang, *by;
    bool is_json;
};

/* A false alarm is a case voided as one, as not found, or by whoever verified it. */
#define ENDS_SQL                                                                                   \
    " FROM (SELECT c.*, c.state = 'VOID' AND EXISTS(SELECT 1 FROM timeline t WHERE t.case_id = "   \
    "c.id"                                                                                         \
    " AND (t.action = 'VERIFY_NO' OR (t.action = 'VOID' AND t.reason IN ('FALSE_ALARM', "          \
    "'NOT_FOUND'))))"                                                                              \
    " AS is_false FROM cases c WHERE c.gateway IS NOT NULL)"
#define SUMS_SQL                                                                                   \
    " count(*) AS cases, sum(state = 'CLOSED') AS confirmed, sum(is_false) AS false_alarms"
#define LATE_SQL                                                                                   \
    " (SELECT count(*) FROM receipts r WHERE r.principal = gateway AND r.is_late <> 0) AS late"
#define ORDER_SQL                                                                                  \
    " ORDER BY false_alarms * 1.0 / max(1, false_alarms + confirmed) DESC, cases DESC, 1, 2"

static const struct {
    const char *by, *sql;
} QUESTIONS[] = {
    {"source", "SELECT gateway AS name, rule AS under," SUMS_SQL "," LATE_SQL ENDS_SQL
               " GROUP BY gateway, rule" ORDER_SQL},
    {"device", "SELECT coalesce(device, '-') AS name, rule AS under," SUMS_SQL
               ", 0 AS late" ENDS_SQL " GROUP BY device, rule" ORDER_SQL},
    {"rule", "SELECT rule AS name, '' AS under," SUMS_SQL ", 0 AS late" ENDS_SQL
             " GROUP BY rule" ORDER_SQL},
};

static void print_row(const struct history_rows *rows, enum lang lang)
{
    (void)lang;
    int64_t confirmed = history_rows_int(rows, "confirmed");
    int64_t false_alarms = history_rows_int(rows, "false_alarms");
    char share[16] = "n/a";
    if (confirmed + false_alarms > 0) {
        (void)snprintf(share, sizeof share, "%.1f %%",
                       100.0 * (double)confirmed / (double)(confirmed + false_alarms));
    }
    (void)printf("%9s %7lld %9lld %6lld %6lld  %s  %s\n", share,
                 (long long)history_rows_int(rows, "cases"), (long long)confirmed,
                 (long long)false_alarms, (long long)history_rows_int(rows, "late"),
                 history_rows_text(rows, "name"), history_rows_text(rows, "under"));
}

int history_precision(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"by", 'B', "source|device|rule", 0, "whose: gateways (default), devices, or rules", 0},
        {"data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0},
        {"db", 'b', "FILE", 0, "a history database by its own name", 0},
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},
        {"json", 'j', NULL, 0, "print JSON", 0},
        {0}};
    struct precision_options options = {.by = "source"};
    const struct arguments_slot slots[] = {{'d', &options.data, NULL},
                                           {'b', &options.database, NULL},
                                           {'L', &options.lang, NULL},
                                           {'B', &options.by, NULL},
                                           {'j', NULL, &options.is_json}};
    const struct arguments_form form = {
        OPTIONS,
        NULL,
        "How many cases of each source ended confirmed and how many as false alarms, worst first.",
        slots,
        COUNT_OF(slots),
        NULL};
    sqlite3 *db = NULL;
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    size_t at = 0;
    while (at + 1 < COUNT_OF(QUESTIONS) && strcmp(QUESTIONS[at].by, options.by) != 0) {
        at++;
    }
    int code = history_print_open(options.data, options.database, &db);
    if (code == EX_OK) {
        const enum lang lang = cli_lang(options.lang);
        const struct history_table table = {
            lang == LANG_ZH ? "   准确率   案件     属实   误报   迟到  来源"
                            : "precision   cases confirmed  false   late  source",
            print_row, lang, options.is_json};
        code = history_print_table(db, QUESTIONS[at].sql, &table);
        (void)sqlite3_close(db);
    }
    return code;
}
