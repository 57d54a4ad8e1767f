/* worker_terminal.c: items as they come, acts as they are typed: "accept", "arrive 42", "return 42 private_land". */
#include "engine/cli/worker_terminal.h"

#include "engine/city/problems.h"
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/identities.h"
#include "engine/core/life.h"
#include "engine/edge/hint_acts.h"
#include "proto/client/gridloop.h"
#include "sim/trace_file.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 512u
#define MEET_S 3 /* until an engine that is there has answered */
#define MEET_TURN_MS 100u
#define VERBS_MAX 64u

struct terminal {
    const struct worker_terminal_options *options;
    struct gridloop_worker *worker;
    uint64_t order; /* the last one told: what a bare word is about */
    struct place order_place;
    char line[LINE_SIZE];
    size_t line_size;
    bool is_over;
};

static const char *both(const struct terminal *terminal, const char *en, const char *zh)
{
    return terminal->options->lang == LANG_ZH ? zh : en;
}

static void print_deadline(const struct terminal *terminal, int64_t deadline_ms)
{
    if (deadline_ms <= 0 || deadline_ms == NEVER_MS) {
        return;
    }
    const int64_t left_ms = deadline_ms - gridloop_worker_now_ms(terminal->worker);
    (void)printf("  %s %.16s (%+" PRId64 " min)\n", both(terminal, "until", "时限"),
                 trace_format_instant(deadline_ms, terminal->options->zone_minutes).text,
                 left_ms / MINUTE_MS);
}

static void print_item_json(const struct gridloop_item *item)
{
    json_t *row = json_pack(
        "{s:I, s:i, s:I, s:s, s:i, s:i, s:s, s:s, s:i, s:I}", "seq", (json_int_t)item->seq, "kind",
        item->kind, "order", (json_int_t)item->order, "case", item->case_no, "order_kind",
        item->order_kind, "order_state", item->order_state, "title", item->title, "place",
        item->place_name, "severity", item->severity, "deadline_ms", (json_int_t)item->deadline_ms);
    char *text = row != NULL ? json_dumps(row, JSON_COMPACT) : NULL;
    (void)printf("%s\n", text != NULL ? text : "{}");
    free(text);
    json_decref(row);
}

static bool on_item(void *context, const struct gridloop_item *item)
{
    struct terminal *terminal = context;
    const enum lang lang = terminal->options->lang;
    if (terminal->options->is_json) {
        print_item_json(item);
    } else {
        (void)printf("%s %s %" PRIu64 ": %s %s, %s\n", words_item_kind((uint32_t)item->kind, lang),
                     both(terminal, "order", "工单"), item->order, item->case_no, item->title,
                     words_order_kind((uint32_t)item->order_kind, lang));
        if (item->code != 0) {
            (void)printf("  %s\n", words_code((uint32_t)item->code, lang));
        }
        if (item->place_name[0] != '\0' || item->has_place) {
            (void)printf("  %s %s", both(terminal, "at", "地点"), item->place_name);
            const struct place place = {(int32_t)(item->lon * 1e7), (int32_t)(item->lat * 1e7)};
            if (item->has_place && place_is_known(terminal->options->home)) {
                (void)printf(" (%" PRId64 " m)", distance_cm(terminal->options->home, place) / 100);
            }
            (void)printf("\n");
        }
        print_deadline(terminal, item->deadline_ms);
    }
    terminal->order =
        item->kind == GRIDLOOP_OFFER || terminal->order == 0 ? item->order : terminal->order;
    if (item->kind == GRIDLOOP_OFFER && item->has_place) {
        terminal->order_place =
            (struct place){(int32_t)(item->lon * 1e7), (int32_t)(item->lat * 1e7)};
    }
    (void)fflush(stdout);
    return true;
}

static void on_result(void *context, const struct gridloop_act_result *result)
{
    struct terminal *terminal = context;
    const enum lang lang = terminal->options->lang;
    char possible[512] = "";
    (void)words_actions(result->possible, lang, possible, sizeof possible);
    if (terminal->options->is_json) {
        (void)printf("{\"order\":%" PRIu64 ",\"case\":\"%s\",\"code\":\"%s\",\"state\":%d}\n",
                     result->order, result->case_no, gridloop_code_name(result->code),
                     result->state);
    } else {
        (void)printf("%s %" PRIu64 " %s: %s", both(terminal, "order", "工单"), result->order,
                     gridloop_code_name(result->code), words_code((uint32_t)result->code, lang));
        if (possible[0] != '\0') {
            (void)printf("; %s: %s", both(terminal, "possible now", "当前可执行"), possible);
        }
        const bool has_more =
            hint_act_says_more((uint32_t)result->code, result->possible, result->hint);
        (void)printf("%s%s\n", has_more ? "; " : "", has_more ? result->hint : "");
    }
    (void)fflush(stdout);
}

static void print_help(const struct terminal *terminal)
{
    (void)printf(
        "%s\n",
        both(
            terminal,
            "accept | decline [REASON] | arrive | done [WORDS] | return REASON [WORDS] | "
            "check_pass | check_fail "
            "REASON | verify_yes | verify_no REASON; a number after the word names the order; quit",
            "accept 接单 | decline 拒单 [原因] | arrive 到场 | done 完成 [说明] | return 退回 原因 "
            "[说明] | "
            "check_pass | check_fail 原因 | verify_yes | verify_no "
            "原因；动词后的数字为工单号；quit 退出"));
    (void)fflush(stdout);
}

/* What a mistyped verb may have meant. */
static void suggest_verb(const char *word)
{
    char verbs[VERBS_MAX][32], near[96];
    const char *names[VERBS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < words_count(VOCABULARY_ACTION) && count < VERBS_MAX; i++) {
        const uint32_t action = words_at(VOCABULARY_ACTION, i)->number;
        if (action != 0 && action < ACTION_OUTSIDE_LIMIT) {
            words_action_verb(action, verbs[count], sizeof verbs[count]);
            names[count] = verbs[count];
            count++;
        }
    }
    if (arguments_near(word, names, count, near, sizeof near)[0] != '\0') {
        (void)fprintf(stderr, "gridloop worker: no action \"%s\"%s\n", word, near);
    }
}

/* "word [order] [reason] [words]". */
static void take_line(struct terminal *terminal, char *line)
{
    uint32_t action = 0, reason = 0;
    char *rest = line;
    const char *word = strsep(&rest, " ");
    if (word[0] == '\0') {
        return;
    }
    if (strcmp(word, "quit") == 0 || strcmp(word, "exit") == 0) {
        terminal->is_over = true;
        return;
    }
    if (!words_parse_action(word, &action) || action == 0 || action >= ACTION_OUTSIDE_LIMIT) {
        suggest_verb(word);
        print_help(terminal);
        return;
    }
    struct gridloop_act act = {.order = terminal->order, .action = (int)action};
    char *end = rest;
    const unsigned long long number = rest != NULL ? strtoull(rest, &end, 10) : 0;
    if (number != 0 && (*end == ' ' || *end == '\0')) {
        act.order = number;
        rest = *end == ' ' ? end + 1 : end;
    }
    if (rest != NULL && rest[0] != '\0') {
        char *text = rest;
        const char *name = strsep(&text, " ");
        if (words_parse_reason(name, &reason)) {
            act.reason = (int)reason;
            act.text = text;
        } else {
            if (text != NULL) {
                text[-1] = ' ';
            }
            act.text = rest;
        }
    }
    if (act.order == 0) {
        (void)fprintf(stderr, "gridloop worker: no order was told yet; name one: %s 42\n", word);
        return;
    }
    /* A person at a terminal says where the order is, not where the terminal stands. */
    const struct place place =
        place_is_known(terminal->order_place) ? terminal->order_place : terminal->options->home;
    if (place_is_known(place)) {
        act.fix =
            (struct gridloop_fix){.is_known = true, .lon = place.lon / 1e7, .lat = place.lat / 1e7};
    }
    if (gridloop_worker_act(terminal->worker, &act, NULL) != GRIDLOOP_OK) {
        (void)fprintf(stderr, "gridloop worker: %s\n", gridloop_worker_why(terminal->worker));
    }
}

static void read_input(struct terminal *terminal)
{
    const ssize_t got = read(STDIN_FILENO, terminal->line + terminal->line_size,
                             LINE_SIZE - 1 - terminal->line_size);
    if (got <= 0) {
        terminal->is_over = true;
        return;
    }
    terminal->line_size += (size_t)got;
    char *end;
    while ((end = memchr(terminal->line, '\n', terminal->line_size)) != NULL) {
        *end = '\0';
        take_line(terminal, terminal->line);
        const size_t used = (size_t)(end + 1 - terminal->line);
        terminal->line_size -= used;
        memmove(terminal->line, end + 1, terminal->line_size);
    }
    if (terminal->line_size == LINE_SIZE - 1) {
        terminal->line_size = 0; /* no act is that long */
    }
}

/* Waits for the first answer before input is read: "accept" from a pipe is about what was told, and the end of an empty input
 * says nothing about the engine. Returns the last status. */
static int meet(struct terminal *terminal, const struct gridloop_fix *fix)
{
    const time_t end = time(NULL) + MEET_S;
    int status = GRIDLOOP_OK;
    while (gridloop_worker_now_ms(terminal->worker) == 0 && status != GRIDLOOP_HELD &&
           time(NULL) < end) {
        status = gridloop_worker_poll(terminal->worker, MEET_TURN_MS, GRIDLOOP_READY, fix);
    }
    if (gridloop_worker_now_ms(terminal->worker) == 0 && status != GRIDLOOP_HELD &&
        isatty(STDIN_FILENO) != 0) {
        (void)fprintf(
            stderr, "gridloop worker: no engine answers at %s yet; acts are kept until one does\n",
            terminal->options->url);
    }
    return status;
}

static void turn_until_over(struct terminal *terminal, const struct gridloop_fix *fix, int *status)
{
    const uint32_t seconds = terminal->options->seconds;
    const time_t end = time(NULL) + (time_t)seconds;
    while (*status != GRIDLOOP_HELD && !terminal->is_over && (seconds == 0 || time(NULL) < end)) {
        *status = gridloop_worker_poll(terminal->worker, 0, GRIDLOOP_READY, fix);
        struct pollfd waiting[3] = {
            {.fd = STDIN_FILENO, .events = POLLIN},
            {.fd = gridloop_worker_fd(terminal->worker, 0), .events = POLLIN},
            {.fd = gridloop_worker_fd(terminal->worker, 1), .events = POLLIN}};
        (void)poll(waiting, 3, 50);
        if ((waiting[0].revents & (POLLIN | POLLHUP)) != 0) {
            read_input(terminal);
        }
    }
}

int worker_terminal_run(const struct worker_terminal_options *options)
{
    struct terminal terminal = {.options = options, .order_place = place_none()};
    char path[600], near[IDENTITIES_NEAR_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s.state", options->directory, options->identity);
    struct gridloop_worker_options worker_options = {
        .on_item = on_item, .on_result = on_result, .context = &terminal};
    int status = gridloop_worker_open(options->url, options->identity, path, &worker_options,
                                      &terminal.worker);
    if (status != GRIDLOOP_OK) {
        const bool is_argument = status == GRIDLOOP_INVALID;
        (void)fprintf(
            stderr, "gridloop worker: %s%s: %s (exit %d)\n",
            is_argument
                ? "identity 1-64 of A-Z a-z 0-9 . _ - and a tcp:// or ipc:// address expected: "
                : "",
            is_argument ? options->identity : path, gridloop_status_text(status),
            is_argument ? EX_USAGE : EX_IOERR);
        return is_argument ? EX_USAGE : EX_IOERR;
    }
    const struct gridloop_fix fix = {.is_known = place_is_known(options->home),
                                     .lon = options->home.lon / 1e7,
                                     .lat = options->home.lat / 1e7};
    status = meet(&terminal, &fix);
    turn_until_over(&terminal, &fix, &status);
    if (status == GRIDLOOP_HELD) {
        (void)fprintf(stderr, "gridloop worker: %s%s (exit %d)\n",
                      gridloop_worker_why(terminal.worker),
                      identities_near(NULL, options->identity, near), EX_NOPERM);
    }
    const bool is_delivered = gridloop_worker_flush(terminal.worker, 3000) == GRIDLOOP_OK;
    const bool was_there = gridloop_worker_now_ms(terminal.worker) != 0;
    gridloop_worker_close(terminal.worker);
    if (status == GRIDLOOP_HELD) {
        return EX_NOPERM;
    }
    return !was_there ? cli_no_engine(options->url) : is_delivered ? EX_OK : EX_TEMPFAIL;
}
