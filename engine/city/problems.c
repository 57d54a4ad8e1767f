/* problems.c: the list behind problems.h. */
#include "engine/city/problems.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEMS_MAX 1000
#define WORD_MAX 128 /* bytes of a word that is compared with candidates */

struct problem {
    enum problem_level level;
    int line;
    int column;
    char code[20];
    char *file;
    char *text;
};

struct problems {
    struct problem *list;
    int kept;
    int capacity;
    int total;
    int errors;
};

struct problems *problems_new(void)
{
    return calloc(1, sizeof(struct problems));
}

void problems_free(struct problems *problems)
{
    if (problems == NULL) {
        return;
    }
    for (int i = 0; i < problems->kept; i++) {
        free(problems->list[i].file);
        free(problems->list[i].text);
    }
    free(problems->list);
    free(problems);
}

static bool list_reserve(struct problems *problems)
{
    if (problems->kept < problems->capacity) {
        return true;
    }
    int capacity = problems->capacity == 0 ? 16 : problems->capacity * 2;
    struct problem *grown = realloc(problems->list, (size_t)capacity * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    problems->list = grown;
    problems->capacity = capacity;
    return true;
}

void problems_add(struct problems *problems, enum problem_level level, const char *code,
                  const char *file, int line, int column, const char *format, ...)
{
    problems->total++;
    if (level == PROBLEM_ERROR) {
        problems->errors++;
    }
    /* Without memory the problem is still counted, so that a load cannot pass by mistake. */
    if (problems->kept >= PROBLEMS_MAX || !list_reserve(problems)) {
        return;
    }
    struct problem problem = {.level = level, .line = line, .column = column};
    (void)snprintf(problem.code, sizeof problem.code, "%s", code);
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&problem.text, format, arguments);
    va_end(arguments);
    problem.file = strdup(file == NULL ? "" : file);
    if (length < 0 || problem.file == NULL) {
        if (length >= 0) {
            free(problem.text);
        }
        free(problem.file);
        return;
    }
    problems->list[problems->kept++] = problem;
}

int problems_error_count(const struct problems *problems)
{
    return problems->errors;
}

int problems_count(const struct problems *problems)
{
    return problems->total;
}

static const char *level_name(enum problem_level level)
{
    switch (level) {
    case PROBLEM_ERROR:
        return "error";
    case PROBLEM_WARNING:
        return "warning";
    case PROBLEM_NOTE:
        return "note";
    }
    return "error";
}

void problems_print(const struct problems *problems, FILE *out)
{
    for (int i = 0; i < problems->kept; i++) {
        const struct problem *problem = &problems->list[i];
        (void)fprintf(out, "%s", problem->file);
        if (problem->line > 0) {
            (void)fprintf(out, ":%d", problem->line);
        }
        if (problem->line > 0 && problem->column > 0) {
            (void)fprintf(out, ":%d", problem->column);
        }
        (void)fprintf(out, ": %s %s: %s\n", level_name(problem->level), problem->code,
                      problem->text);
    }
    if (problems->total > problems->kept) {
        (void)fprintf(out, "... and %d more\n", problems->total - problems->kept);
    }
}

char *problems_to_json(const struct problems *problems)
{
    json_t *array = json_array();
    for (int i = 0; i < problems->kept; i++) {
        const struct problem *problem = &problems->list[i];
        json_t *text = json_string(problem->text);
        if (text == NULL) { /* a cell that was not UTF-8, quoted in the sentence */
            text = json_string("the text of this problem is not UTF-8");
        }
        json_t *file = json_string(problem->file);
        json_t *entry = json_pack("{s:o, s:i, s:i, s:s, s:s, s:o}", "file",
                                  file == NULL ? json_string("?") : file, "line", problem->line,
                                  "column", problem->column, "level", level_name(problem->level),
                                  "code", problem->code, "text", text);
        (void)json_array_append_new(array, entry);
    }
    char *text = json_dumps(array, JSON_INDENT(1));
    json_decref(array);
    return text;
}

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

/* Edit distance with swaps of neighbours (optimal string alignment), on bytes. */
static int edit_distance(const char *a, int a_size, const char *b, int b_size)
{
    int rows[3][WORD_MAX + 1];
    for (int j = 0; j <= b_size; j++) {
        rows[0][j] = j;
    }
    for (int i = 1; i <= a_size; i++) {
        int *row = rows[i % 3];
        const int *above = rows[(i + 2) % 3];
        const int *above_2 = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= b_size; j++) {
            int best = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            best = min_int(best, min_int(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = min_int(best, above_2[j - 2] + 1);
            }
            row[j] = best;
        }
    }
    return rows[a_size % 3][b_size];
}

/* "square" of "area.square": the end of a name, from a dot or an underscore on. */
static bool is_end_of(const char *word, size_t word_size, const char *name)
{
    const size_t size = strlen(name);
    return size > word_size && strcmp(name + size - word_size, word) == 0 &&
           (name[size - word_size - 1] == '.' || name[size - word_size - 1] == '_');
}

const char *problems_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t word_size = strlen(word);
    if (word_size == 0 || word_size > WORD_MAX) {
        return NULL;
    }
    int limit = (int)word_size / 3;
    const char *nearest = NULL;
    for (size_t i = 0; i < count && limit > 0; i++) {
        size_t size = strlen(candidates[i]);
        if (size > WORD_MAX || size > word_size + (size_t)limit ||
            word_size > size + (size_t)limit) {
            continue;
        }
        int distance = edit_distance(word, (int)word_size, candidates[i], (int)size);
        if (distance <= limit) {
            nearest = candidates[i];
            limit = distance - 1; /* later candidates must be nearer */
        }
    }
    for (size_t i = 0; i < count && nearest == NULL; i++) {
        nearest = is_end_of(word, word_size, candidates[i]) ? candidates[i] : NULL;
    }
    return nearest;
}
