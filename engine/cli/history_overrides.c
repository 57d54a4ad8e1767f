/* history_overrides.c: `gridloop history overrides`: how often people gave a case to somebody else than the engine had, by rule,
 * and with --each the engine's own choice beside theirs. A rule that is overridden often is wrong, or not understood. */
#include "engine/cli/history_overrides.h"

#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/history_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct overrides_options {
    const char *data, *database, *lang;
    bool is_each, is_json;
};

/* What the engine would have done stands in the decision of the same log entry. */
#define EACH_SQL                                                                                              \
    "SELECT t.case_id, c.number, c.rule, t.at_ms, t.actor, t.reason, t.subject AS person,"                    \
    " d.chosen AS own_choice, t.text FROM timeline t JOIN cases c ON c.id = t.case_id"                        \
    " LEFT JOIN decisions d ON d.position = t.position AND d.case_id = t.case_id AND d.order_kind = 'HANDLE'" \
    " WHERE t.action = 'REASSIGN' AND t.actor IS NOT NULL GROUP BY t.position, t.ordinal"

static const char RULES_SQL[] =
    "SELECT c.rule AS rule, count(*) AS cases, sum(n.count) AS overrides,"
    " sum(n.count > 0) AS overridden, sum(n.same) AS same FROM cases c JOIN (SELECT c.id,"
    " count(e.case_id) AS count, coalesce(sum(e.own_choice = e.person), 0) AS same"
    " FROM cases c LEFT JOIN (" EACH_SQL ") e ON e.case_id = c.id"
    " WHERE EXISTS(SELECT 1 FROM decisions d WHERE d.case_id = c.id) GROUP BY c.id) n"
    " ON n.id = c.id GROUP BY c.rule ORDER BY overridden * 1.0 / count(*) DESC, cases DESC, rule";
static const char EACH_ORDERED_SQL[] = EACH_SQL " ORDER BY t.position DESC, t.ordinal DESC";

static void print_rule(const struct history_rows *rows, enum lang lang)
{
    (void)lang;
    const int64_t cases = history_rows_int(rows, "cases");
    const int64_t overridden = history_rows_int(rows, "overridden");
    (void)printf("%6.1f %% %7lld %9lld %6lld  %s\n",
                 cases > 0 ? 100.0 * (double)overridden / (double)cases : 0.0, (long long)cases,
                 (long long)history_rows_int(rows, "overrides"),
                 (long long)history_rows_int(rows, "same"), history_rows_text(rows, "rule"));
}

static void print_each(const struct history_rows *rows, enum lang lang)
{
    const char *own = history_rows_text(rows, "own_choice");
    const char *reason = history_rows_text(rows, "reason");
    (void)printf(lang == LANG_ZH ? "%s  %s：%s 改派给 %s，引擎会选 %s%s%s\n"
                                 : "%s  %s: %s gave it to %s, the engine would have taken %s%s%s\n",
                 history_rows_text(rows, "number"), history_rows_text(rows, "rule"),
                 history_rows_text(rows, "actor"), history_rows_text(rows, "person"),
                 own[0] != '\0' ? own : "-", reason[0] != '\0' ? ", " : "", reason);
}

static int run(const struct overrides_options *options, sqlite3 *db)
{
    const enum lang lang = cli_lang(options->lang);
    const char *head = lang == LANG_ZH ? "  改派率    案件      改派   同选  规则"
                                       : "    rate   cases overrides   same  rule";
    const struct history_table table = {options->is_each ? NULL : head,
                                        options->is_each ? print_each : print_rule, lang,
                                        options->is_json};
    return history_print_table(db, options->is_each ? EACH_ORDERED_SQL : RULES_SQL, &table);
}

int history_overrides(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"each", 'e', NULL, 0, "every override: the engine's own choice beside the human's", 0},
        {"data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0},
        {"db", 'b', "FILE", 0, "a history database by its own name", 0},
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},
        {"json", 'j', NULL, 0, "print JSON", 0},
        {0}};
    struct overrides_options options = {0};
    const struct arguments_slot slots[] = {{'d', &options.data, NULL},
                                           {'b', &options.database, NULL},
                                           {'L', &options.lang, NULL},
                                           {'e', NULL, &options.is_each},
                                           {'j', NULL, &options.is_json}};
    const struct arguments_form form = {
        OPTIONS,
        NULL,
        "How often a case was given by hand to somebody else, by rule: of the cases somebody was looked for, most often first. "
        "\"same\": the engine would have taken that person too.",
        slots,
        COUNT_OF(slots),
        NULL};
    sqlite3 *db = NULL;
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    int code = history_print_open(options.data, options.database, &db);
    if (code == EX_OK) {
        code = run(&options, db);
        (void)sqlite3_close(db);
    }
    return code;
}
