/* history_print.c: see history_print.h. */
#include "engine/cli/history_print.h"

#include "engine/cli/cli.h"
#include "engine/edge/story.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

int history_print_fault(enum err err, const struct history_fault *fault)
{
    (void)fprintf(stderr, "gridloop history: %s (exit %d)\n", fault->text, cli_exit_of(err));
    return cli_exit_of(err);
}

int history_print_open(const char *data, const char *database, sqlite3 **out_db)
{
    char path[CLI_URL_SIZE + 32], found[CLI_URL_SIZE];
    struct history_fault fault = {.text = ""};
    if (database == NULL) {
        if (cli_find_data(data, found) == NULL) {
            return EX_NOINPUT;
        }
        (void)snprintf(path, sizeof path, "%s/" HISTORY_FILE, found);
        database = path;
    }
    enum err err = history_schema_read(database, out_db, &fault);
    return err == ERR_OK ? EX_OK : history_print_fault(err, &fault);
}

static json_t *column_json(sqlite3_stmt *stmt, int i)
{
    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(stmt, i));
    case SQLITE_NULL:
        return json_null();
    default:
        break;
    }
    const char *text = (const char *)sqlite3_column_text(stmt, i);
    if (strcmp(sqlite3_column_name(stmt, i), "detail") == 0) {
        return json_loads(text, 0, NULL);
    }
    return json_string(text);
}

json_t *history_row_json(const struct history_rows *rows)
{
    json_t *row = json_object();
    int count = sqlite3_column_count(rows->stmt);
    for (int i = 0; i < count; i++) {
        const char *name = sqlite3_column_name(rows->stmt, i);
        if (strcmp(name, "id") != 0 && strcmp(name, "case_id") != 0) {
            (void)json_object_set_new(row, name, column_json(rows->stmt, i));
        }
    }
    return row;
}

/* The column in the reader's language, else in the other. */
static const char *either(const struct history_rows *rows, const char *zh, const char *en,
                          enum lang lang)
{
    const char *first = history_rows_text(rows, lang == LANG_ZH ? zh : en);
    return first[0] != '\0' ? first : history_rows_text(rows, lang == LANG_ZH ? en : zh);
}

static const char *state_label(const struct history_rows *rows, enum lang lang)
{
    uint32_t state = 0;
    const char *name = history_rows_text(rows, "state");
    return words_parse_case_state(name, &state) ? words_case_state(state, lang) : name;
}

void history_print_line(const struct history_rows *rows, enum lang lang)
{
    (void)printf("%s  %s  %s  %s  %s\n", history_rows_text(rows, "number"),
                 story_severity((uint32_t)history_rows_int(rows, "severity")),
                 state_label(rows, lang), either(rows, "title_zh", "title_en", lang),
                 either(rows, "place_zh", "place_en", lang));
}

static void print_head(const struct history_rows *rows, enum lang lang)
{
    bool is_zh = lang == LANG_ZH;
    const char *holder = either(rows, "holder_zh", "holder_en", lang);
    (void)printf("%s  %s  %s\n", history_rows_text(rows, "number"),
                 story_severity((uint32_t)history_rows_int(rows, "severity")),
                 either(rows, "title_zh", "title_en", lang));
    (void)printf("%s  %s%s%s\n", either(rows, "place_zh", "place_en", lang),
                 state_label(rows, lang), holder[0] != '\0' ? "  " : "", holder);
    (void)printf(is_zh ? "类别 %s %s  规则 %s  责任部门 %s\n"
                       : "class %s %s  rule %s  department %s\n",
                 history_rows_text(rows, "class"), either(rows, "class_zh", "class_en", lang),
                 history_rows_text(rows, "rule"), history_rows_text(rows, "department"));
    (void)printf(is_zh ? "上报 %lld 次  超时 %lld 次  重新立案 %lld 次\n"
                       : "%lld reports  %lld clocks missed  %lld times reopened\n",
                 (long long)history_rows_int(rows, "events"),
                 (long long)history_rows_int(rows, "clocks_missed"),
                 (long long)history_rows_int(rows, "reopenings"));
    if (history_rows_int(rows, "retired_at_ms") != 0) {
        (void)printf(is_zh ? "GONE 案件已归档\n"
                           : "GONE it has left the engine; this is the record\n");
    }
    (void)printf("\n");
}

/* What the decision before has told already. */
static bool is_told_before(const struct history_rows *rows)
{
    const char *action = history_rows_text(rows, "action");
    return strcmp(action, "OFFER") == 0 || strcmp(action, "NOBODY") == 0;
}

static enum err print_story(sqlite3 *db, const struct history_telling *telling,
                            struct history_fault *fault)
{
    struct history_rows rows;
    enum err err = history_read_part(db, HISTORY_PART_STORY, telling->case_id, &rows, fault);
    if (err != ERR_OK) {
        return err;
    }
    while (history_rows_next(&rows, &err, fault)) {
        bool is_line = strcmp(history_rows_text(&rows, "kind"), "timeline") == 0;
        const char *sentence = either(&rows, "zh", "en", telling->lang);
        if (sentence[0] != '\0' && (telling->is_explained ? !is_told_before(&rows) : is_line)) {
            (void)printf("%s\n", sentence);
        }
    }
    history_rows_end(&rows);
    return err;
}

int history_print_case(sqlite3 *db, const struct history_telling *telling)
{
    struct history_rows rows;
    struct history_fault fault = {.text = ""};
    enum err err = history_read_part(db, HISTORY_PART_CASE, telling->case_id, &rows, &fault);
    if (err == ERR_OK) {
        while (history_rows_next(&rows, &err, &fault)) {
            print_head(&rows, telling->lang);
        }
        history_rows_end(&rows);
    }
    if (err == ERR_OK) {
        err = print_story(db, telling, &fault);
    }
    return err == ERR_OK ? EX_OK : history_print_fault(err, &fault);
}

static enum err part_json(sqlite3 *db, enum history_part part, int64_t case_id, json_t *out_rows,
                          struct history_fault *fault)
{
    struct history_rows rows;
    enum err err = history_read_part(db, part, case_id, &rows, fault);
    if (err != ERR_OK) {
        return err;
    }
    while (history_rows_next(&rows, &err, fault)) {
        (void)json_array_append_new(out_rows, history_row_json(&rows));
    }
    history_rows_end(&rows);
    return err;
}

int history_print_case_json(sqlite3 *db, int64_t case_id)
{
    static const struct {
        enum history_part part;
        const char *name;
    } PARTS[] = {{HISTORY_PART_CASE, "case"},
                 {HISTORY_PART_ORDERS, "orders"},
                 {HISTORY_PART_TIMELINE, "timeline"},
                 {HISTORY_PART_DECISIONS, "decisions"}};
    struct history_fault fault = {.text = ""};
    json_t *root = json_object();
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < COUNT_OF(PARTS); i++) {
        json_t *rows = json_array();
        err = part_json(db, PARTS[i].part, case_id, rows, &fault);
        bool is_case = PARTS[i].part == HISTORY_PART_CASE;
        (void)json_object_set(root, PARTS[i].name, is_case ? json_array_get(rows, 0) : rows);
        json_decref(rows);
    }
    if (err == ERR_OK) {
        (void)json_dumpf(root, stdout, JSON_INDENT(2));
        (void)printf("\n");
    }
    json_decref(root);
    return err == ERR_OK ? EX_OK : history_print_fault(err, &fault);
}

int history_print_table(sqlite3 *db, const char *sql, const struct history_table *table)
{
    struct history_rows rows = {.stmt = NULL};
    struct history_fault fault = {.text = ""};
    if (sqlite3_prepare_v2(db, sql, -1, &rows.stmt, NULL) != SQLITE_OK) {
        return history_print_fault(history_schema_fail(db, "ask", &fault), &fault);
    }
    enum err err = ERR_OK;
    json_t *list = json_array();
    if (!table->is_json && table->head != NULL) {
        (void)printf("%s\n", table->head);
    }
    while (history_rows_next(&rows, &err, &fault)) {
        if (table->is_json) {
            (void)json_array_append_new(list, history_row_json(&rows));
        } else {
            table->print(&rows, table->lang);
        }
    }
    history_rows_end(&rows);
    if (err == ERR_OK && table->is_json) {
        (void)json_dumpf(list, stdout, JSON_INDENT(2));
        (void)printf("\n");
    }
    json_decref(list);
    return err == ERR_OK ? EX_OK : history_print_fault(err, &fault);
}
