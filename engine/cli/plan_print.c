/* plan_print.c: see plan_print.h. Numbers come first in a line, names last: names are of any width. */
#include "engine/cli/plan_print.h"

#include "engine/core/life.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SHOWN_MAX 20u

static const char *text_at(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text != NULL ? text : "";
}

static bool is_set(const json_t *row, const char *name)
{
    return json_is_true(json_object_get(row, name));
}

static long long number_at(const json_t *row, const char *name)
{
    return (long long)json_integer_value(json_object_get(row, name));
}

static const char *say(const struct plan_asker *asker, const char *en, const char *zh)
{
    return asker->lang == LANG_ZH ? zh : en;
}

/* "03-03 08:31" on the city's clock; "" where there is none. */
static const char *instant(const struct plan_asker *asker, const json_t *row, const char *name,
                           char out[24])
{
    const json_t *value = json_object_get(row, name);
    struct tm parts;
    out[0] = '\0';
    if (json_is_integer(value)) {
        const time_t local =
            (time_t)(json_integer_value(value) / 1000 + (json_int_t)asker->offset_minutes * 60);
        if (gmtime_r(&local, &parts) != NULL) {
            (void)strftime(out, 24, "%m-%d %H:%M", &parts);
        }
    }
    return out;
}

static const char *plan_state(const struct plan_asker *asker, const json_t *plan)
{
    uint32_t state = 0;
    return words_parse_plan_state(text_at(plan, "state"), &state)
               ? words_plan_state(state, asker->lang)
               : text_at(plan, "state");
}

static void print_since(const struct plan_asker *asker, const json_t *plan)
{
    char at[24];
    const char *state = text_at(plan, "state");
    if (strcmp(state, "PENDING") == 0) {
        (void)printf("%s%s", say(asker, "  to be confirmed by ", "  确认时限 "),
                     instant(asker, plan, "deadline_ms", at));
        (void)printf("%s%s", text_at(plan, "confirm_post")[0] != '\0' ? "  " : "",
                     text_at(plan, "confirm_post"));
    } else if (instant(asker, plan, "begun_at_ms", at)[0] != '\0') {
        (void)printf("%s%s", say(asker, "  since ", "  启动 "), at);
    }
    if (instant(asker, plan, "ended_at_ms", at)[0] != '\0') {
        (void)printf("%s%s", say(asker, "  stood down ", "  终止 "), at);
    }
    if (strcmp(state, "STANDING_DOWN") == 0) {
        (void)printf("%s%s", say(asker, "  grace until ", "  宽限至 "),
                     instant(asker, plan, "deadline_ms", at));
    }
}

void plan_print_line(const struct plan_asker *asker, const json_t *plan)
{
    (void)printf("%s  %s%s", text_at(plan, "case"), plan_state(asker, plan),
                 is_set(plan, "drill") ? say(asker, "  DRILL", "  【演练】") : "");
    print_since(asker, plan);
    (void)printf("  %s  %s\n", text_at(plan, "plan"), text_at(plan, "title"));
}

/* ---- numbers ---- */

static const struct {
    const char *name, *en, *zh;
} COLUMNS[] = {{"total", "total", "总数"},       {"done", "done", "完成"},
               {"started", "started", "进行中"}, {"open", "asked", "已下达"},
               {"waiting", "waiting", "未开始"}, {"cancelled", "cancelled", "已取消"},
               {"overdue", "overdue", "逾期"},   {"failed", "failed", "未通过"}};

static void print_head(const struct plan_asker *asker, const char *last)
{
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++) {
        const int wide = asker->lang == LANG_ZH ? (int)strlen(COLUMNS[i].zh) / 3 : 0;
        (void)printf("%*s", (asker->lang == LANG_ZH ? 9 + wide : 10) - (i == 0 ? 1 : 0),
                     say(asker, COLUMNS[i].en, COLUMNS[i].zh));
    }
    (void)printf("  %s\n", last);
}

static void print_counts(const struct plan_asker *asker, const json_t *row, const char *name,
                         const char *remark)
{
    const json_t *counts = json_object_get(row, "counts");
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++) {
        (void)printf("%*lld", (asker->lang == LANG_ZH ? 9 : 10) - (i == 0 ? 1 : 0),
                     number_at(counts, COLUMNS[i].name));
    }
    (void)printf("  %s%s\n", name, remark);
}

void plan_print_list(const struct plan_asker *asker, const json_t *plans)
{
    if (json_array_size(plans) == 0) {
        (void)printf("%s", say(asker, "no activated plans\n", "没有启动的预案\n"));
    }
    for (size_t i = 0; i < json_array_size(plans); i++) {
        const json_t *plan = json_array_get(plans, i);
        const json_t *counts = json_object_get(plan, "counts");
        plan_print_line(asker, plan);
        if (number_at(counts, "total") > 0) {
            (void)printf(
                asker->lang == LANG_ZH
                    ? "  已完成 %lld/%lld，进行中 %lld，已下达 %lld，逾期 %lld，未通过 %lld\n"
                    : "  %lld of %lld done, %lld under way, %lld asked, %lld overdue, %lld "
                      "failed\n",
                number_at(counts, "done"), number_at(counts, "total"), number_at(counts, "started"),
                number_at(counts, "open"), number_at(counts, "overdue"),
                number_at(counts, "failed"));
        }
    }
}

/* ---- tasks ---- */

void plan_print_task(const struct plan_asker *asker, const json_t *task)
{
    char at[24];
    uint32_t state = 0;
    const char *who = text_at(task, "person")[0] != '\0' ? "person" : "post";
    const char *done_by = text_at(task, "done_by_name");
    (void)words_parse_duty_state(text_at(task, "state"), &state);
    (void)printf("  %lld  %s", number_at(task, "order"), words_duty_state(state, asker->lang));
    if (state == DUTY_DONE) {
        (void)printf(" %s", instant(asker, task, "ended_at_ms", at));
        (void)printf("%s%s", done_by[0] != '\0' ? say(asker, " by ", " ") : "", done_by);
    } else if (state == DUTY_STARTED) {
        (void)printf(" %s", instant(asker, task, "begun_at_ms", at));
    }
    if (state == DUTY_OPEN && instant(asker, task, "due_ms", at)[0] != '\0') {
        (void)printf("%s%s", say(asker, ", due ", "，时限 "), at);
    }
    (void)printf("%s", is_set(task, "overdue") ? say(asker, ", OVERDUE", "，已逾期") : "");
    (void)printf("  %s", text_at(task, who));
    if (strcmp(who, "person") == 0) {
        (void)printf(" %s", text_at(task, "person_name"));
    }
    (void)printf("%s%s", text_at(task, "case")[0] != '\0' ? say(asker, "case ", "案件 ") : "",
                 text_at(task, "case"));
    (void)printf("  %s%s%s%s%s\n", text_at(task, "target_name"),
                 text_at(task, "target_name")[0] != '\0' ? "  " : "", text_at(task, "district"),
                 text_at(task, "district")[0] != '\0' ? "  " : "", text_at(task, "text"));
    if (text_at(task, "failed")[0] != '\0') {
        (void)printf("    %s%s\n", say(asker, "did not pass: ", "未通过："),
                     text_at(task, "failed"));
    }
}

static bool is_of(const json_t *task, const char *which)
{
    const char *state = text_at(task, "state");
    const bool is_over = strcmp(state, "DONE") == 0 || strcmp(state, "CANCELLED") == 0;
    if (strcmp(which, "first") == 0) {
        return text_at(task, "target")[0] == '\0';
    }
    if (strcmp(which, "open") == 0) {
        return !is_over && strcmp(state, "WAITING") != 0;
    }
    if (strcmp(which, "overdue") == 0) {
        return is_set(task, "overdue") && !is_over;
    }
    if (strcmp(which, "failed") == 0) {
        return text_at(task, "failed")[0] != '\0';
    }
    return strcmp(which, "all") == 0 || strcmp(state, "DONE") == 0;
}

static void print_tasks(const struct plan_asker *asker, const json_t *tasks, const char *which,
                        const char *title, size_t limit)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        count += is_of(json_array_get(tasks, i), which);
    }
    if (count == 0) {
        return;
    }
    (void)printf("%s (%zu)\n", title, count);
    size_t shown = 0;
    for (size_t i = 0; i < json_array_size(tasks) && shown < limit; i++) {
        const json_t *task = json_array_get(tasks, i);
        if (is_of(task, which)) {
            plan_print_task(asker, task);
            shown++;
        }
    }
    if (shown < count) {
        (void)printf(asker->lang == LANG_ZH ? "  另有 %zu 项：--tasks %s\n"
                                            : "  and %zu more: --tasks %s\n",
                     count - shown, strcmp(which, "first") == 0 ? "all" : which);
    }
}

void plan_print_show(const struct plan_asker *asker, const json_t *plan, const json_t *districts,
                     const json_t *tasks, const char *which)
{
    plan_print_line(asker, plan);
    if (number_at(json_object_get(plan, "counts"), "total") == 0) {
        return;
    }
    print_head(asker, say(asker, "district", "区域"));
    print_counts(asker, plan, say(asker, "all", "全部"), "");
    for (size_t i = 0; i < json_array_size(districts); i++) {
        const json_t *row = json_array_get(districts, i);
        print_counts(asker, row, text_at(row, "name"),
                     is_set(row, "silent") ? say(asker, "  SILENT: nobody sent", "  未派人检查")
                                           : "");
    }
    if (which != NULL) {
        print_tasks(asker, tasks, which, which, json_array_size(tasks));
        return;
    }
    print_tasks(asker, tasks, "first", say(asker, "responsible units", "责任单位"), SHOWN_MAX);
    print_tasks(asker, tasks, "overdue", say(asker, "overdue", "已逾期"), SHOWN_MAX);
    print_tasks(asker, tasks, "failed", say(asker, "checklist did not pass", "检查未通过"),
                SHOWN_MAX);
}
