/* cmd_ledger.c: `gridloop ledger [OBJECT]`: the file of an object (一物一档): what its register says, permits, control windows, cases,
 * conflicts, and what was ruled about it. Read from the log by replay. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/ledger.h"
#include "engine/core/office_views.h"
#include "engine/edge/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static json_t *tell_register(const struct ledger *ledger, uint32_t asset)
{
    const struct city_asset *row = &ledger->city->assets[asset];
    const struct city_registry *registry = city_registry_of(ledger->city, row->kind);
    char code[LEDGER_NAME_SIZE], name[LEDGER_NAME_SIZE], kind[LEDGER_NAME_SIZE],
        owner[LEDGER_NAME_SIZE], cell[LEDGER_NAME_SIZE], value[LEDGER_NAME_SIZE];
    (void)ledger_text(ledger, row->name, name);
    (void)ledger_text(ledger, ledger->city->asset_kinds[row->kind], kind);
    (void)ledger_department(ledger, row->department, owner);
    (void)ledger_cell(ledger, row->cell, cell);
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "object", ledger_text(ledger, row->code, code),
                  "name", name, "kind", kind, "department", owner, "cell", cell);
    if (!ledger->is_json) {
        (void)printf("%s  %s  %s%s%s%s%s\n", ledger_text(ledger, row->code, code), name, kind,
                     owner[0] != '\0' ? "  " : "", owner, cell[0] != '\0' ? "  " : "", cell);
    }
    json_t *columns = json_object();
    for (uint32_t i = 0; registry != NULL && i < registry->columns.count; i++) {
        const struct city_column *column = &ledger->city->columns[registry->columns.first + i];
        const struct city_value *cell_value = city_value_at(ledger->city, registry, asset, i);
        if (cell_value == NULL || cell_value->text.size == 0) {
            continue;
        }
        (void)ledger_text(ledger, cell_value->text, value);
        (void)json_object_set_new(columns, ledger_text(ledger, column->name, code),
                                  json_string(value));
        if (!ledger->is_json) {
            (void)printf("  %s: %s\n", ledger_text(ledger, column->name, code), value);
        }
    }
    (void)json_object_set_new(object, "columns", columns);
    return object;
}

static json_t *tell_permits(const struct ledger *ledger, uint32_t asset)
{
    const int32_t today =
        (int32_t)div_floor(city_local_ms(ledger->city, core_now_ms(ledger->core)), DAY_MS);
    json_t *rows = json_array();
    char code[LEDGER_NAME_SIZE], owner[LEDGER_NAME_SIZE], kind[LEDGER_NAME_SIZE],
        title[LEDGER_NAME_SIZE], basis[LEDGER_NAME_SIZE];
    for (uint32_t i = 0; i < ledger->city->permit_count; i++) {
        const struct city_permit *permit = &ledger->city->permits[i];
        if (permit->asset != asset) {
            continue;
        }
        const char *state = today < permit->from_day    ? "future"
                            : today < permit->until_day ? "valid"
                                                        : "expired";
        const uint32_t from = city_date_of_day(permit->from_day),
                       until = city_date_of_day(permit->until_day - 1);
        (void)json_array_append_new(
            rows, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:s}", "permit",
                            ledger_text(ledger, permit->code, code), "class",
                            ledger_class(ledger, permit->class_row, kind), "department",
                            ledger_department(ledger, permit->department, owner), "state", state,
                            "from", (int)from, "until", (int)until, "title",
                            ledger_text(ledger, permit->title, title), "basis",
                            ledger_text(ledger, permit->basis, basis)));
        if (!ledger->is_json) {
            (void)printf(ledger_pick(ledger, "permit %s by %s against %s, %u to %u: %s\n",
                                     "许可 %s，%s 发放，涉及 %s，%u 至 %u：%s\n"),
                         ledger_text(ledger, permit->code, code),
                         ledger_department(ledger, permit->department, owner),
                         ledger_class(ledger, permit->class_row, kind), from, until,
                         ledger->lang == LANG_EN        ? state
                         : strcmp(state, "valid") == 0  ? "有效"
                         : strcmp(state, "future") == 0 ? "未生效"
                                                        : "已失效");
        }
    }
    return rows;
}

/* The cases kept with the object; the pauses and disputes of those that the engine still has. */
static void tell_cases(const struct ledger *ledger, const struct object_view *object, json_t *cases,
                       json_t *windows, json_t *conflicts)
{
    char no[WORDS_CASE_NO_SIZE], kind[LEDGER_NAME_SIZE], at[LEDGER_NAME_SIZE],
        until[LEDGER_NAME_SIZE], post[LEDGER_NAME_SIZE];
    for (uint32_t i = 0; i < object->kept; i++) {
        struct case_view view;
        struct dispute_view dispute;
        const bool is_here = core_find_case(ledger->core, object->cases[i].no, &view);
        const enum case_state state = is_here ? view.state : object->cases[i].state;
        (void)words_case_no(object->cases[i].no, no);
        (void)json_array_append_new(
            cases, json_pack("{s:s, s:s, s:s, s:I, s:b}", "case", no, "class",
                             ledger_class(ledger, object->cases[i].class_row, kind), "state",
                             words_case_state_name((uint32_t)state), "at_ms",
                             (json_int_t)object->cases[i].at_ms, "is_in_engine", (int)is_here));
        if (!ledger->is_json) {
            (void)printf("%s  %s  %s  %s\n", no, ledger_instant(ledger, object->cases[i].at_ms, at),
                         words_case_state((uint32_t)state, ledger->lang), kind);
        }
        if (is_here && view.state == CASE_SUSPENDED) {
            (void)json_array_append_new(windows, json_pack("{s:s, s:s, s:I}", "case", no, "clock",
                                                           words_clock_name(view.clock), "until_ms",
                                                           (json_int_t)view.deadline_ms));
            if (!ledger->is_json) {
                (void)printf("  %s %s\n", words_clock(view.clock, ledger->lang),
                             ledger_instant(ledger, view.deadline_ms, until));
            }
        }
        if (is_here && core_case_dispute(ledger->core, view.no, &dispute)) {
            (void)json_array_append_new(conflicts,
                                        json_pack("{s:s, s:s, s:s, s:I}", "case", no, "reason",
                                                  words_reason_name((uint32_t)dispute.reason),
                                                  "post", ledger_post(ledger, dispute.post, post),
                                                  "due_ms", (json_int_t)dispute.due_ms));
            if (!ledger->is_json) {
                (void)printf(
                    ledger_pick(ledger, "  in adjudication by %s: %s\n", "  由 %s 裁定中：%s\n"),
                    ledger_post(ledger, dispute.post, post),
                    words_reason((uint32_t)dispute.reason, ledger->lang));
            }
        }
    }
}

static json_t *tell_ruling(const struct ledger *ledger, const struct ruling_view *ruling)
{
    char no[WORDS_CASE_NO_SIZE], kind[LEDGER_NAME_SIZE], owner[LEDGER_NAME_SIZE],
        post[LEDGER_NAME_SIZE], at[LEDGER_NAME_SIZE], where[LEDGER_NAME_SIZE];
    (void)words_case_no(ruling->no, no);
    (void)(ruling->asset != NONE32
               ? ledger_text(ledger, ledger->city->assets[ruling->asset].code, where)
               : ledger_cell(ledger, ruling->cell, where));
    (void)ledger_class(ledger, ruling->class_row, kind);
    (void)ledger_department(ledger, ruling->department, owner);
    (void)ledger_post(ledger, ruling->post, post);
    if (!ledger->is_json) {
        (void)printf(ledger_pick(ledger,
                                 "ruled %s on %s: %s, %s belongs to %s (%s); used %u times\n",
                                 "%s 裁定（%s）：%s，%s 归 %s（%s）；已适用 %u 次\n"),
                     ledger_instant(ledger, ruling->at_ms, at), no, where, kind, owner, post,
                     ruling->used_count);
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:i, s:i, s:i}", "case", no, "where", where,
                     "class", kind, "department", owner, "post", post, "at_ms",
                     (json_int_t)ruling->at_ms, "cited", (int)ruling->cited, "silent",
                     (int)ruling->silent, "used", (int)ruling->used_count);
}

static json_t *tell_rulings(const struct ledger *ledger, uint32_t asset)
{
    json_t *rows = json_array();
    struct ruling_view ruling;
    for (uint32_t slot = 0; core_next_ruling(ledger->core, &slot, &ruling);) {
        if (asset == NONE32 || ruling.asset == asset) {
            (void)json_array_append_new(rows, tell_ruling(ledger, &ruling));
        }
    }
    return rows;
}

static int tell_object(const struct ledger *ledger, uint32_t asset)
{
    struct object_view object = {.asset = asset};
    json_t *root = tell_register(ledger, asset);
    json_t *cases = json_array(), *windows = json_array(), *conflicts = json_array();
    (void)core_find_object(ledger->core, asset, &object);
    (void)json_object_set_new(root, "permits", tell_permits(ledger, asset));
    tell_cases(ledger, &object, cases, windows, conflicts);
    (void)json_object_set_new(root, "rulings", tell_rulings(ledger, asset));
    if (!ledger->is_json && object.kept == 0) {
        (void)printf("%s\n", ledger_pick(ledger, "no case about it yet", "尚无相关案件"));
    }
    (void)json_object_set_new(root, "case_count", json_integer(object.case_count));
    (void)json_object_set_new(root, "cases", cases);
    (void)json_object_set_new(root, "windows", windows);
    (void)json_object_set_new(root, "conflicts", conflicts);
    if (ledger->is_json) {
        ledger_print_json(root);
    }
    json_decref(root);
    return EX_OK;
}

/* The asset of that code, NONE32 after naming the nearest on standard error. */
static uint32_t find_asset(const struct ledger *ledger, const char *word)
{
    char near[LEDGER_NAME_SIZE + 32] = "";
    char(*codes)[LEDGER_NAME_SIZE] = calloc((size_t)ledger->city->asset_count + 1, sizeof *codes);
    const char **names = calloc((size_t)ledger->city->asset_count + 1, sizeof *names);
    uint32_t found = NONE32;
    for (uint32_t i = 0;
         codes != NULL && names != NULL && found == NONE32 && i < ledger->city->asset_count; i++) {
        names[i] = ledger_text(ledger, ledger->city->assets[i].code, codes[i]);
        found = strcmp(names[i], word) == 0 ? i : NONE32;
    }
    if (found == NONE32) {
        const size_t count = names != NULL && codes != NULL ? ledger->city->asset_count : 0;
        (void)fprintf(stderr,
                      "gridloop ledger: no object \"%s\" in assets.csv or a register%s (exit %d)\n",
                      word, arguments_near(word, names, count, near, sizeof near), EX_NOINPUT);
    }
    free(names);
    free(codes);
    return found;
}

/* All objects that ever had a case. */
static int list_objects(const struct ledger *ledger)
{
    struct object_view object;
    json_t *rows = json_array();
    char code[LEDGER_NAME_SIZE], name[LEDGER_NAME_SIZE];
    for (uint32_t slot = 0; core_next_object(ledger->core, &slot, &object);) {
        const struct city_asset *asset = &ledger->city->assets[object.asset];
        (void)ledger_text(ledger, asset->name, name);
        (void)json_array_append_new(rows, json_pack("{s:s, s:s, s:i}", "object",
                                                    ledger_text(ledger, asset->code, code), "name",
                                                    name, "cases", (int)object.case_count));
        if (!ledger->is_json) {
            (void)printf("%s  %s  %u\n", ledger_text(ledger, asset->code, code), name,
                         object.case_count);
        }
    }
    if (ledger->is_json) {
        ledger_print_json(rows);
    } else if (json_array_size(rows) == 0) {
        (void)printf("%s\n",
                     ledger_pick(ledger, "no object has had a case yet", "尚无涉及对象的案件"));
    }
    json_decref(rows);
    return EX_OK;
}

static int run_ledger_of(const struct ledger_options *options)
{
    struct ledger ledger;
    int exit_code = ledger_open(options, "ledger", &ledger);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    if (options->has_rulings) {
        json_t *rows = tell_rulings(&ledger, NONE32);
        if (options->is_json) {
            ledger_print_json(rows);
        } else if (json_array_size(rows) == 0) {
            (void)printf("%s\n", ledger_pick(&ledger, "nothing was ruled yet", "尚无裁定"));
        }
        json_decref(rows);
    } else if (options->word == NULL) {
        exit_code = list_objects(&ledger);
    } else {
        const uint32_t asset = find_asset(&ledger, options->word);
        exit_code = asset == NONE32 ? EX_NOINPUT : tell_object(&ledger, asset);
    }
    case_story_close(&ledger.story);
    return exit_code;
}

int cmd_ledger(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        LEDGER_OPTIONS,
        {"rulings", 'r', NULL, 0, "what was ruled on who is responsible (adjudication memory)", 0},
        {0}};
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = ledger_parse,
                                     .args_doc = "[OBJECT]",
                                     .doc = "The file of an object of assets.csv or of a register: "
                                            "permits, control windows, cases, conflicts, rulings. "
                                            "Without OBJECT all that have had a case."};
    struct ledger_options options = {.word = NULL};
    argp_err_exit_status = EX_USAGE;
    return arguments_parse(&ARGP, argc, argv, &options) != 0 ? EX_USAGE : run_ledger_of(&options);
}
