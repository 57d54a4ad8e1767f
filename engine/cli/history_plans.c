/* history_plans.c: see history_plans.h. */
#include "engine/cli/history_plans.h"

#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/history_print.h"

#include <stdio.h>
#include <sysexits.h>

struct plans_options {
    const char *data, *database, *lang;
    bool is_json;
};

static enum err ask(sqlite3 *db, const char *sql, int64_t from_ms, int64_t until_ms,
                    struct history_rows *out_rows, struct history_fault *out_fault)
{
    if (sqlite3_prepare_v2(db, sql, -1, &out_rows->stmt, NULL) != SQLITE_OK ||
        sqlite3_bind_int64(out_rows->stmt, 1, from_ms) != SQLITE_OK ||
        sqlite3_bind_int64(out_rows->stmt, 2, until_ms) != SQLITE_OK) {
        return history_schema_fail(db, "ask for plans", out_fault);
    }
    return ERR_OK;
}

enum err history_plans_read(sqlite3 *db, int64_t from_ms, int64_t until_ms,
                            struct history_rows *out_rows, struct history_fault *out_fault)
{
    return ask(db,
               "SELECT * FROM plans WHERE asked_at_ms < ?2 AND told_at_ms >= ?1"
               " ORDER BY asked_at_ms, number",
               from_ms, until_ms, out_rows, out_fault);
}

enum err history_plans_late(sqlite3 *db, int64_t from_ms, int64_t until_ms,
                            struct history_rows *out_rows, struct history_fault *out_fault)
{
    return ask(db,
               "SELECT c.number AS number, t.at_ms AS at_ms, t.zh AS zh, t.en AS en FROM timeline t"
               " JOIN cases c ON c.id = t.case_id WHERE t.action = 'LATE_REPORT'"
               " AND t.at_ms >= ?1 AND t.at_ms < ?2 ORDER BY t.position, t.ordinal",
               from_ms, until_ms, out_rows, out_fault);
}

const char *history_plans_share(const struct history_rows *rows, char *out, size_t out_size)
{
    const int64_t total = history_rows_int(rows, "total");
    if (total == 0) {
        (void)snprintf(out, out_size, "n/a");
    } else {
        (void)snprintf(out, out_size, "%.1f %%",
                       100.0 * (double)history_rows_int(rows, "in_time") / (double)total);
    }
    return out;
}

static void print_plan(const struct history_rows *rows, enum lang lang)
{
    static const char *const COUNTS[] = {"total", "in_time", "overdue",   "done",  "started",
                                         "open",  "waiting", "cancelled", "failed"};
    static const char *const WORDS[][2] = {
        {"任务", "tasks"},   {"按时启动", "in time"}, {"超时", "late"},
        {"完成", "done"},    {"进行中", "under way"}, {"待启动", "not begun"},
        {"等待", "waiting"}, {"取消", "cancelled"},   {"未通过", "failed"}};
    const bool is_zh = lang == LANG_ZH;
    char share[16], in_time[32] = "";
    uint32_t state = 0;
    (void)printf("%s  %s%s  %s\n", history_rows_text(rows, "number"),
                 history_rows_text(rows, is_zh ? "title_zh" : "title_en"),
                 history_rows_int(rows, "is_drill") == 0 ? ""
                 : is_zh                                 ? "（演练）"
                                                         : " (drill)",
                 words_parse_plan_state(history_rows_text(rows, "state"), &state)
                     ? words_plan_state(state, lang)
                     : history_rows_text(rows, "state"));
    (void)snprintf(in_time, sizeof in_time, is_zh ? "（%s）" : " (%s)",
                   history_plans_share(rows, share, sizeof share));
    for (size_t i = 0; i < COUNT_OF(COUNTS); i++) {
        (void)printf("%s%s %lld%s",
                     i == 0  ? " "
                     : is_zh ? "，"
                             : ", ",
                     WORDS[i][is_zh ? 0 : 1], (long long)history_rows_int(rows, COUNTS[i]),
                     i == 1 ? in_time : "");
    }
    (void)printf("\n");
}

static enum err print_all(const struct plans_options *options, struct history_rows *rows,
                          json_t *list, bool is_late, struct history_fault *fault)
{
    const enum lang lang = cli_lang(options->lang);
    enum err err = ERR_OK;
    while (history_rows_next(rows, &err, fault)) {
        (void)json_array_append_new(list, history_row_json(rows));
        if (!options->is_json && is_late) {
            (void)printf("%s  %s\n", history_rows_text(rows, "number"),
                         history_rows_text(rows, lang == LANG_ZH ? "zh" : "en"));
        } else if (!options->is_json) {
            print_plan(rows, lang);
        }
    }
    history_rows_end(rows);
    return err;
}

static int run(const struct plans_options *options, sqlite3 *db)
{
    struct history_rows rows = {.stmt = NULL};
    struct history_fault fault = {.text = ""};
    json_t *plans = json_array(), *late = json_array();
    enum err err = history_plans_read(db, INT64_MIN, INT64_MAX, &rows, &fault);
    if (err == ERR_OK) {
        err = print_all(options, &rows, plans, false, &fault);
    }
    if (err == ERR_OK) {
        err = history_plans_late(db, INT64_MIN, INT64_MAX, &rows, &fault);
    }
    if (err == ERR_OK && !options->is_json) {
        (void)printf(cli_lang(options->lang) == LANG_ZH ? "迟报：\n" : "reported late:\n");
    }
    if (err == ERR_OK) {
        err = print_all(options, &rows, late, true, &fault);
    }
    if (err == ERR_OK && !options->is_json && json_array_size(late) == 0) {
        (void)printf(cli_lang(options->lang) == LANG_ZH ? "无\n" : "none\n");
    }
    json_t *root = json_pack("{s:o, s:o}", "plans", plans, "late_reports", late);
    if (err == ERR_OK && options->is_json) {
        (void)json_dumpf(root, stdout, JSON_INDENT(2));
        (void)printf("\n");
    }
    json_decref(root);
    return err == ERR_OK ? EX_OK : history_print_fault(err, &fault);
}

int history_plans(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0},
        {"db", 'b', "FILE", 0, "a history database by its own name", 0},
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},
        {"json", 'j', NULL, 0, "print JSON", 0},
        {0}};
    struct plans_options options = {.data = NULL};
    const struct arguments_slot slots[] = {{'d', &options.data, NULL},
                                           {'b', &options.database, NULL},
                                           {'L', &options.lang, NULL},
                                           {'j', NULL, &options.is_json}};
    const struct arguments_form form = {
        OPTIONS,
        NULL,
        "Emergency plans and drills, how many of their tasks began in time, and accidents that were "
        "reported late.",
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
