/* cmd_burden.c: `gridloop burden [CELL]`: tasks that departments have put on a cell (上面千条线，下面一根针). Read from the log by
 * replay. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/ledger.h"
#include "engine/core/office_views.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static int compare_burdens(const void *a, const void *b)
{
    const struct burden_view *left = a, *right = b;
    if (left->total != right->total) {
        return left->total > right->total ? -1 : 1;
    }
    if (left->cell != right->cell) {
        return left->cell < right->cell ? -1 : 1;
    }
    return left->department < right->department ? -1 : left->department > right->department;
}

static json_t *tell_burden(const struct ledger *ledger, const struct burden_view *view)
{
    char code[LEDGER_NAME_SIZE], cell[LEDGER_NAME_SIZE], owner[LEDGER_NAME_SIZE];
    const struct city_cell *row = &ledger->city->cells[view->cell];
    (void)ledger_cell(ledger, view->cell, cell);
    (void)ledger_department(ledger, view->department, owner);
    json_t *days = json_array();
    for (uint32_t i = 0; i < VIEW_BURDEN_DAYS; i++) {
        (void)json_array_append_new(days, json_integer(view->days[i]));
    }
    if (!ledger->is_json) {
        (void)printf(ledger_pick(ledger, "%s %s  %s  %u in 7 days, %u today",
                                 "%s %s  %s  七日 %u 件，今日 %u 件"),
                     ledger_text(ledger, row->code, code), cell, owner, view->total, view->days[0]);
        if (view->short_count > 0) {
            (void)printf(ledger_pick(ledger, ", %u at short notice", "，通知时间不足 %u 件"),
                         view->short_count);
        }
        (void)printf("\n");
    }
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:o}", "cell", ledger_text(ledger, row->code, code),
                     "name", cell, "department", owner, "tasks", (int)view->total, "short_notice",
                     (int)view->short_count, "days", days);
}

static int run_burden_of(const struct ledger_options *options)
{
    struct ledger ledger;
    struct burden_view view;
    char code[LEDGER_NAME_SIZE];
    int exit_code = ledger_open(options, "burden", &ledger);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    struct burden_view *views =
        calloc((size_t)core_limits(ledger.core)->burdens + 1, sizeof *views);
    uint32_t count = 0;
    bool is_known = options->word == NULL;
    for (uint32_t i = 0; !is_known && i < ledger.city->cell_count; i++) {
        is_known =
            strcmp(ledger_text(&ledger, ledger.city->cells[i].code, code), options->word) == 0;
    }
    for (uint32_t slot = 0; views != NULL && core_next_burden(ledger.core, &slot, &view);) {
        if (options->word == NULL ||
            strcmp(ledger_text(&ledger, ledger.city->cells[view.cell].code, code), options->word) ==
                0) {
            views[count++] = view;
        }
    }
    json_t *rows = json_array();
    if (views != NULL && count > 0) {
        qsort(views, count, sizeof *views, compare_burdens);
    }
    for (uint32_t i = 0; i < count; i++) {
        (void)json_array_append_new(rows, tell_burden(&ledger, &views[i]));
    }
    if (!is_known) {
        (void)fprintf(
            stderr,
            "gridloop burden: no cell \"%s\"; gridloop burden lists those with tasks (exit %d)\n",
            options->word, EX_NOINPUT);
        exit_code = EX_NOINPUT;
    } else if (options->is_json) {
        ledger_print_json(rows);
    } else if (count == 0) {
        (void)printf("%s\n", ledger_pick(&ledger, "no tasks in the last 7 days", "近七日无任务"));
    }
    json_decref(rows);
    free(views);
    case_story_close(&ledger.story);
    return exit_code;
}

int cmd_burden(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {LEDGER_OPTIONS, {0}};
    static const struct argp ARGP = {
        .options = OPTIONS,
        .parser = ledger_parse,
        .args_doc = "[CELL]",
        .doc = "Tasks that departments have put on each cell in the last seven days, most first, "
               "and how many came with less notice "
               "than their class asks for."};
    struct ledger_options options = {.word = NULL};
    argp_err_exit_status = EX_USAGE;
    return arguments_parse(&ARGP, argc, argv, &options) != 0 ? EX_USAGE : run_burden_of(&options);
}
