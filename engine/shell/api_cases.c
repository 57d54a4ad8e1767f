/* api_cases.c: cases: open ones from the view, all others from the history.
 *
 * Cursors: of open cases the number of the last one given, of others the history's own count. Both go from new to old. */
#include "engine/core/life.h"
#include "engine/edge/words.h"
#include "engine/shell/api.h"
#include "engine/shell/web_history.h"
#include "engine/shell/web_scope.h"
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <stdlib.h>

#define VERB_SIZE 32u
#define SEARCH_MAX 2000u
#define LIST_TAIL_SIZE 256u /* what stands around the rows of a list */

enum which { WHICH_OPEN, WHICH_CLOSED, WHICH_ALL };

#define WORD_SIZE 128u
#define WORDS_SIZE 512u

/* What is asked for; texts are copies, "" = any. */
struct asked {
    enum which which;
    uint32_t needs; /* one of them; 0 = any */
    char class_code[WORD_SIZE], cell[WORD_SIZE], department[WORD_SIZE], words[WORDS_SIZE];
    char cursor[WORD_SIZE];
    int64_t limit;
    struct web_scope scope;
};

static bool read_needs(struct web_exchange *exchange, struct asked *asked)
{
    const char *need = web_query(exchange, "need");
    if (need == NULL || need[0] == '\0') {
        return true;
    }
    for (uint32_t bit = 0; bit < WEB_NEED_COUNT; bit++) {
        asked->needs |= strcmp(need, web_need_name(bit)) == 0 ? 1u << bit : 0;
    }
    if (asked->needs == 0) {
        web_problem(exchange, 400, "MALFORMED",
                    "need takes unaccepted, nobody, overdue, check or adjudication, not \"%.40s\"",
                    need);
    }
    return asked->needs != 0;
}

static void copy_query(const struct web_exchange *exchange, const char *name, char *out,
                       size_t size)
{
    const char *value = web_query(exchange, name);
    (void)snprintf(out, size, "%s", value != NULL ? value : "");
}

static const char *or_none(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static bool read_asked(struct web_exchange *exchange, struct asked *asked)
{
    static const char *const STATES[] = {"open", "closed", "all"};
    const char *state = web_query(exchange, "state");
    *asked = (struct asked){.scope = web_scope_of(exchange)};
    copy_query(exchange, "class", asked->class_code, sizeof asked->class_code);
    copy_query(exchange, "cell", asked->cell, sizeof asked->cell);
    copy_query(exchange, "department", asked->department, sizeof asked->department);
    copy_query(exchange, "q", asked->words, sizeof asked->words);
    copy_query(exchange, "cursor", asked->cursor, sizeof asked->cursor);
    if (state != NULL) {
        size_t i = 0;
        while (i < COUNT_OF(STATES) && strcmp(state, STATES[i]) != 0) {
            i++;
        }
        if (i == COUNT_OF(STATES)) {
            web_problem(exchange, 400, "MALFORMED",
                        "state takes open, closed or all, not \"%.40s\"", state);
            return false;
        }
        asked->which = (enum which)i;
    }
    return read_needs(exchange, asked) && web_limit(exchange, &asked->limit);
}

/* ---- open: from the view ---- */

static bool is_named(struct history_piece piece, const char *name)
{
    return name[0] == '\0' || (piece.bytes != NULL && piece.size == strlen(name) &&
                               memcmp(piece.bytes, name, piece.size) == 0);
}

static bool is_asked(const struct web_view *view, const struct asked *asked,
                     const struct web_case *row)
{
    return row->row != NULL && (asked->needs == 0 || (row->needs & asked->needs) != 0) &&
           is_named(history_class(&view->names, row->class_row), asked->class_code) &&
           is_named(history_cell(&view->names, row->cell), asked->cell) &&
           is_named(history_department(&view->names, row->department), asked->department) &&
           (asked->words[0] == '\0' || strstr(row->row, asked->words) != NULL) &&
           web_scope_has_case(&asked->scope, view, row);
}

/* Newer first; the district last, so that every order is one. */
static int compare_numbers(struct case_no a, struct case_no b)
{
    if (a.day != b.day) {
        return a.day > b.day ? -1 : 1;
    }
    if (a.serial != b.serial) {
        return a.serial > b.serial ? -1 : 1;
    }
    return a.district == b.district ? 0 : a.district > b.district ? -1 : 1;
}

static int compare_rows(const void *a, const void *b)
{
    const struct web_case *const *first = a;
    const struct web_case *const *second = b;
    return compare_numbers((*first)->no, (*second)->no);
}

/* Keeps the newest `size` rows: a heap with the oldest of them on top. Sorting all that are open would hold up everybody. */
struct newest {
    const struct web_case **rows;
    uint32_t size, count;
};

static void sink(struct newest *newest)
{
    const struct web_case *row = newest->rows[0];
    uint32_t at = 0;
    for (uint32_t child = 1; child < newest->count; child = 2 * at + 1) {
        if (child + 1 < newest->count &&
            compare_numbers(newest->rows[child + 1]->no, newest->rows[child]->no) > 0) {
            child++;
        }
        if (compare_numbers(newest->rows[child]->no, row->no) <= 0) {
            break;
        }
        newest->rows[at] = newest->rows[child];
        at = child;
    }
    newest->rows[at] = row;
}

static void keep_newest(struct newest *newest, const struct web_case *row)
{
    if (newest->count == newest->size) {
        if (compare_numbers(row->no, newest->rows[0]->no) < 0) {
            newest->rows[0] = row;
            sink(newest);
        }
        return;
    }
    uint32_t at = newest->count++;
    while (at > 0 && compare_numbers(row->no, newest->rows[(at - 1) / 2]->no) > 0) {
        newest->rows[at] = newest->rows[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    newest->rows[at] = row;
}

/* The rows are texts already: one answer is made of them by copying. */
static void answer_texts(struct web_exchange *exchange, const struct web_case **rows,
                         uint32_t count, const char *next)
{
    const struct web_view *view = web_view_of(exchange);
    size_t size = LIST_TAIL_SIZE, used = 0;
    for (uint32_t i = 0; i < count; i++) {
        size += rows[i]->row_size + 1;
    }
    char *text = malloc(size);
    must(text != NULL);
    used += (size_t)sprintf(text, "{\"items\":[");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) {
            text[used++] = ',';
        }
        memcpy(text + used, rows[i]->row, rows[i]->row_size);
        used += rows[i]->row_size;
    }
    used += (size_t)snprintf(text + used, size - used,
                             "],\"next\":%s%s%s,\"position\":%llu,\"now_ms\":%lld,\"age_ms\":%lld}",
                             next != NULL ? "\"" : "", next != NULL ? next : "null",
                             next != NULL ? "\"" : "", (unsigned long long)view->position,
                             (long long)web_now_ms(exchange), (long long)web_age_ms(exchange));
    web_answer_bytes(exchange, 200, "application/json", text, used);
    free(text);
}

static void answer_open(struct web_exchange *exchange, const struct asked *asked)
{
    const struct web_view *view = web_view_of(exchange);
    struct case_no after = {0, 0, 0};
    char next[WORDS_CASE_NO_SIZE];
    if (asked->cursor[0] != '\0' && !words_parse_case_no(asked->cursor, &after)) {
        web_problem(exchange, 400, "MALFORMED", "the cursor is none of this list");
        return;
    }
    const struct web_case *rows[WEB_LIMIT_MAX + 1];
    const uint32_t limit = (uint32_t)asked->limit;
    struct newest newest = {rows, limit + 1, 0};
    for (uint32_t i = 0; i < view->case_count; i++) {
        const struct web_case *row = &view->cases[i];
        if ((asked->cursor[0] == '\0' || compare_numbers(row->no, after) > 0) &&
            is_asked(view, asked, row)) {
            keep_newest(&newest, row);
        }
    }
    qsort(rows, newest.count, sizeof rows[0], compare_rows);
    const bool has_more = newest.count > limit;
    const uint32_t shown = has_more ? limit : newest.count;
    answer_texts(exchange, rows, shown, has_more ? words_case_no(rows[shown - 1]->no, next) : NULL);
}

/* ---- all: from the history ---- */

static const char LIST_SQL[] =
    "SELECT * FROM cases c WHERE id < CAST(?1 AS INTEGER) AND (?2 IS NULL OR class = ?2)"
    " AND (?3 IS NULL OR cell = ?3) AND (?4 IS NULL OR department = ?4)"
    " AND (?5 IS NULL OR state IN ('CLOSED', 'VOID', 'MERGED', 'FORCED_CLOSED'))" WEB_SCOPE_SQL
    " ORDER BY id DESC LIMIT CAST(?6 AS INTEGER)";

/* Is that case of the history within the scope? */
static const char WITHIN_SQL[] =
    "SELECT 1 AS \"is\" FROM cases c WHERE c.id = CAST(?1 AS INTEGER)" WEB_SCOPE_SQL;

struct list_question {
    struct web_question question;
    struct asked asked;
    int64_t before;
    json_t *items;
    bool has_more;
    char next[24];
};

static bool is_terminal(const char *state)
{
    uint32_t number = 0;
    return words_parse_case_state(state, &number) &&
           case_state_is_terminal((enum case_state)number);
}

static bool is_same(const struct history_rows *rows, const char *column, const char *wanted)
{
    return wanted[0] == '\0' || strcmp(history_rows_text(rows, column), wanted) == 0;
}

/* A search gives all that hold the words: the rest is looked at here. */
static bool is_wanted(const struct history_rows *rows, const struct asked *asked, int64_t before)
{
    return history_rows_int(rows, "id") < before && is_same(rows, "class", asked->class_code) &&
           is_same(rows, "cell", asked->cell) && is_same(rows, "department", asked->department) &&
           (asked->which != WHICH_CLOSED || is_terminal(history_rows_text(rows, "state")));
}

static enum err is_within(struct web_question *question, const struct web_scope *scope, int64_t id,
                          bool *out_is)
{
    char text[24];
    const char *const texts[] = {text};
    struct history_rows rows;
    *out_is = web_scope_is_all(scope);
    if (*out_is) {
        return ERR_OK;
    }
    (void)snprintf(text, sizeof text, "%lld", (long long)id);
    enum err err = web_question_rows(question, WITHIN_SQL, texts, COUNT_OF(texts), &rows);
    if (err == ERR_OK) {
        web_scope_bind(&rows, scope);
        *out_is = web_question_next(question, &rows, &err);
        if (*out_is) {
            history_rows_end(&rows);
        }
    }
    return err;
}

static enum err take_rows(struct list_question *question, struct history_rows *rows)
{
    const struct asked *asked = &question->asked;
    const bool is_search = asked->words[0] != '\0';
    enum err err = ERR_OK;
    question->items = json_array();
    while (!question->has_more && web_question_next(&question->question, rows, &err)) {
        const int64_t id = history_rows_int(rows, "id");
        bool is_in = is_wanted(rows, asked, question->before);
        if (is_in && is_search) { /* its statement knows nothing of the scope */
            err = is_within(&question->question, &asked->scope, id, &is_in);
        }
        if (err != ERR_OK) {
            history_rows_end(rows);
            break;
        }
        question->has_more = is_in && json_array_size(question->items) == (size_t)asked->limit;
        if (question->has_more) {
            history_rows_end(rows);
        } else if (is_in) {
            (void)json_array_append_new(question->items, web_history_case(rows));
            (void)snprintf(question->next, sizeof question->next, "%lld", (long long)id);
        }
    }
    if (err != ERR_OK) {
        json_decref(question->items);
    }
    return err;
}

static enum err ask_search(struct list_question *question)
{
    char text[WORDS_SIZE];
    char *rest = text;
    struct history_words words = {.count = 0};
    struct history_rows rows;
    (void)snprintf(text, sizeof text, "%s", question->asked.words);
    for (char *word;
         words.count < HISTORY_WORDS_MAX && (word = strtok_r(NULL, " ", &rest)) != NULL;) {
        words.words[words.count++] = word;
    }
    if (words.count == 0) {
        question->items = json_array();
        return ERR_OK;
    }
    const enum err err = history_read_search(question->question.db, &words, SEARCH_MAX, &rows,
                                             &question->question.fault);
    return err == ERR_OK ? take_rows(question, &rows) : err;
}

static enum err ask_list(struct web_question *asked)
{
    struct list_question *question = (struct list_question *)asked;
    const struct asked *what = &question->asked;
    char before[24], limit[24];
    struct history_rows rows;
    if (what->words[0] != '\0') {
        return ask_search(question);
    }
    (void)snprintf(before, sizeof before, "%lld", (long long)question->before);
    (void)snprintf(limit, sizeof limit, "%lld", (long long)what->limit + 1);
    const char *const texts[] = {before,
                                 or_none(what->class_code),
                                 or_none(what->cell),
                                 or_none(what->department),
                                 what->which == WHICH_CLOSED ? "1" : NULL,
                                 limit};
    const enum err err = web_question_rows(asked, LIST_SQL, texts, COUNT_OF(texts), &rows);
    if (err != ERR_OK) {
        return err;
    }
    web_scope_bind(&rows, &what->scope);
    return take_rows(question, &rows);
}

static void tell_list(struct web_exchange *exchange, struct web_question *asked)
{
    const struct list_question *question = (const struct list_question *)asked;
    web_answer_list(exchange, question->items, question->has_more ? question->next : NULL);
}

static void answer_history(struct web_exchange *exchange, const struct asked *asked)
{
    int64_t before = INT64_MAX;
    if (!web_query_int(exchange, "cursor", &before)) {
        return;
    }
    struct list_question *question = calloc(1, sizeof *question);
    must(question != NULL);
    question->question = (struct web_question){.ask = ask_list, .answer = tell_list};
    question->asked = *asked;
    question->before = before;
    web_history_question(exchange, &question->question);
}

void api_cases_list(struct web_exchange *exchange)
{
    struct asked asked;
    if (!read_asked(exchange, &asked)) {
        return;
    }
    if (asked.which == WHICH_OPEN) {
        answer_open(exchange, &asked);
    } else {
        answer_history(exchange, &asked);
    }
}

/* ---- one case ---- */

static json_t *line_of(const struct history_rows *rows)
{
    json_t *out = json_object();
    (void)json_object_set_new(out, "order", web_column(rows, "order_no"));
    web_columns(
        out, rows,
        "position,at_ms,action,reason,code,state_before,state,severity,clock,deadline_ms,"
        "actor,subject,post,distance_cm,device,text,zh,en,amount,report,other_case,until_ms");
    const char *digests = history_rows_text(rows, "evidence");
    if (digests[0] != '\0') {
        (void)json_object_set_new(out, "evidence", web_words(digests));
    }
    return out;
}

static json_t *order_of(const struct history_rows *rows)
{
    json_t *out = json_object();
    web_columns(out, rows,
                "number,kind,state,person,is_lead,offered_at_ms,accepted_at_ms,arrived_at_ms,"
                "ended_at_ms,clock,deadline_ms,department");
    return out;
}

static json_t *decision_of(const struct history_rows *rows)
{
    json_t *out = json_object();
    (void)json_object_set_new(out, "order", web_column(rows, "order_no"));
    web_columns(out, rows, "at_ms,rule,chosen,binding,considered,zh,en");
    (void)json_object_set_new(out, "detail", web_column_json(rows, "detail"));
    return out;
}

static uint32_t find_department(const struct city *city, const char *code)
{
    for (uint32_t i = 0; i < city->department_count; i++) {
        const struct image_string own = city->departments[i].code;
        if (own.size == strlen(code) && memcmp(city_text(city, own), code, own.size) == 0) {
            return i;
        }
    }
    return NONE32;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

/* How a closed case stands: the view has it no more, the history says. */
static struct case_doors doors_of_closed(const struct city *city, const json_t *found)
{
    uint32_t state = 0;
    const char *appeal = text_of(found, "appeal");
    const bool may_appeal =
        appeal[0] == '\0' && json_integer_value(json_object_get(found, "clocks_missed")) > 0;
    const bool has_contact = strcmp(text_of(found, "source"), "HOTLINE") == 0 ||
                             json_integer_value(json_object_get(found, "events")) > 1;
    (void)words_parse_case_state(text_of(found, "state"), &state);
    return (struct case_doors){
        .refused = (may_appeal ? 0 : action_bit(ACTION_APPEAL)) |
                   (strcmp(appeal, "OPEN") == 0
                        ? 0
                        : action_bit(ACTION_APPEAL_YES) | action_bit(ACTION_APPEAL_NO)) |
                   (has_contact ? 0 : action_bit(ACTION_REVEAL) | action_bit(ACTION_ERASE)),
        .department = find_department(city, text_of(found, "department")),
        .extend_asker = NONE32,
        .extend_first = NONE32,
        .ruling_post = NONE32,
        .state = (uint8_t)state};
}

/* What the engine would take from this person as the case stands. Nothing once it has left the engine. */
static json_t *list_possible(struct web_exchange *exchange, const struct web_case *live,
                             const json_t *found)
{
    json_t *out = json_array();
    const struct city *city = &web_view_of(exchange)->names.city;
    const struct case_doors doors =
        live != NULL && live->row != NULL ? live->doors : doors_of_closed(city, found);
    const bool is_gone = json_is_integer(json_object_get(found, "retired_at_ms"));
    const uint64_t bits = is_gone ? 0 : core_possible(&doors, city, web_who(exchange)->person);
    for (uint32_t action = 1; action < ACTION_OUTSIDE_LIMIT; action++) {
        char verb[VERB_SIZE];
        if ((bits >> action & 1) != 0) {
            words_action_verb(action, verb, sizeof verb);
            (void)json_array_append_new(out, json_string(verb));
        }
    }
    return out;
}

static json_t *detail_of(const struct history_rows *rows)
{
    json_t *out = web_history_case(rows);
    web_columns(out, rows, "appeal,retired_at_ms");
    return out;
}

/* One case, with all that hangs on it. */
struct case_question {
    struct web_question question;
    struct case_no part;
    char text[WORD_SIZE]; /* as it was asked for */
    struct web_scope scope;
    char data[512]; /* directory */
    uint32_t count; /* cases it may mean */
    json_t *found;  /* NULL: none, or several */
};

/* The row as the view has it, where the case is open: newer than the history. */
static void tell_case(struct web_exchange *exchange, struct web_question *asked)
{
    const struct case_question *question = (const struct case_question *)asked;
    json_t *out = question->found;
    struct case_no no;
    if (out == NULL && question->count > 1) {
        web_problem(exchange, 409, "AMBIGUOUS", "%u cases end in %s; give more of the number",
                    question->count, question->text);
        return;
    }
    if (out == NULL) {
        web_problem(exchange, 404, "UNKNOWN_CASE", "there is no case %s", question->text);
        return;
    }
    const struct web_case *live = NULL;
    if (words_parse_case_no(json_string_value(json_object_get(out, "number")), &no)) {
        live = web_view_find(web_view_of(exchange), no);
    }
    if (live != NULL && live->row != NULL) {
        json_t *fresh = json_loadb(live->row, live->row_size, 0, NULL);
        (void)json_object_del(fresh,
                              "source"); /* the history knows whose words a person passed on */
        (void)json_object_update(out, fresh);
        json_decref(fresh);
    }
    (void)json_object_set_new(out, "can", list_possible(exchange, live, out));
    web_answer_json(exchange, 200, out);
}

static enum err ask_parts(struct case_question *question, int64_t id)
{
    static const struct {
        const char *name; /* NULL: the case itself */
        enum history_part part;
        json_t *(*row_of)(const struct history_rows *rows);
    } PARTS[] = {{NULL, HISTORY_PART_CASE, detail_of},
                 {"timeline", HISTORY_PART_TIMELINE, line_of},
                 {"orders", HISTORY_PART_ORDERS, order_of},
                 {"decisions", HISTORY_PART_DECISIONS, decision_of}};
    struct web_question *asked = &question->question;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < COUNT_OF(PARTS); i++) {
        struct history_rows rows;
        json_t *list = NULL;
        err = history_read_part(asked->db, PARTS[i].part, id, &rows, &asked->fault);
        err = err != ERR_OK ? err : web_question_list(asked, &rows, PARTS[i].row_of, &list);
        if (err == ERR_OK && PARTS[i].name != NULL) {
            (void)json_object_set_new(question->found, PARTS[i].name, list);
        } else if (err == ERR_OK) {
            question->found = json_incref(json_array_get(list, 0));
            json_decref(list);
        }
    }
    if (err != ERR_OK) {
        json_decref(question->found);
        return err;
    }
    (void)json_object_set_new(
        question->found, "evidence",
        api_evidence_list(question->data, json_object_get(question->found, "timeline")));
    return ERR_OK;
}

static enum err ask_case(struct web_question *asked)
{
    struct case_question *question = (struct case_question *)asked;
    int64_t id = 0;
    bool is_in = false;
    enum err err =
        history_read_find(asked->db, question->part, &id, &question->count, &asked->fault);
    if (err == ERR_NOT_FOUND || (err == ERR_INPUT && question->count > 1)) {
        return ERR_OK;
    }
    err = err != ERR_OK ? err : is_within(asked, &question->scope, id, &is_in);
    return err == ERR_OK && is_in ? ask_parts(question, id) : err;
}

void api_cases_get(struct web_exchange *exchange)
{
    struct case_no part;
    const char *text = web_param(exchange, "id");
    if (!words_parse_case_no(text, &part)) {
        web_problem(exchange, 404, "UNKNOWN_CASE",
                    "\"%s\" is no case number such as 110108-20260303-0001", text);
        return;
    }
    struct case_question *question = calloc(1, sizeof *question);
    must(question != NULL);
    question->question = (struct web_question){.ask = ask_case, .answer = tell_case};
    question->part = part;
    question->scope = web_scope_of(exchange);
    (void)snprintf(question->text, sizeof question->text, "%s", text);
    (void)snprintf(question->data, sizeof question->data, "%s", web_of(exchange)->data);
    web_history_question(exchange, &question->question);
}
