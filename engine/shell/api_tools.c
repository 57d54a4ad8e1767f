/* api_tools.c: answers that this program itself works out in another process, on files it only reads: indices of a month,
 * findings of the linter. An engine must not stand still for them.
 *
 * One at a time. Killed after TOOL_MS, or when it says too much. */
#include "engine/shell/api.h"
#include "engine/shell/web_scope.h"
#include "engine/shell/web_state.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#define TOOL_MS 20000u
#define TOOL_BYTES_MAX (8u << 20)

/* value: what it printed, borrowed; NULL: nothing of use. */
typedef void tool_done_fn(struct web_exchange *exchange, json_t *value, int64_t exit_code);

struct tool {
    struct web_exchange *exchange;
    tool_done_fn *done;
    uv_process_t process;
    uv_pipe_t out;
    uv_timer_t patience;
    uint32_t open; /* handles not yet closed */
    char *text;
    size_t size;
    bool is_too_much;
    int64_t exit_code;
    char buffer[65536];
};

static void give_up(struct tool *tool)
{
    (void)uv_process_kill(&tool->process, SIGKILL);
}

static void finish(struct tool *tool)
{
    struct web_exchange *exchange = tool->exchange;
    json_t *value = tool->is_too_much || tool->text == NULL
                        ? NULL
                        : json_loadb(tool->text, tool->size, 0, NULL);
    web_of(exchange)->is_tool_busy = false;
    tool->done(exchange, value, tool->exit_code);
    json_decref(value);
    web_exchange_let_go(exchange);
    free(tool->text);
    free(tool);
}

static void on_closed(uv_handle_t *handle)
{
    struct tool *tool = handle->data;
    if (--tool->open == 0) {
        finish(tool);
    }
}

static void on_end(uv_process_t *process, int64_t exit_code, int signal_number)
{
    struct tool *tool = process->data;
    tool->exit_code = signal_number != 0 ? -1 : exit_code;
    uv_close((uv_handle_t *)&tool->process, on_closed);
    uv_close((uv_handle_t *)&tool->patience, on_closed);
}

static void on_late(uv_timer_t *timer)
{
    give_up(timer->data);
}

static void give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct tool *tool = handle->data;
    (void)wanted;
    *out = uv_buf_init(tool->buffer, sizeof tool->buffer);
}

static void on_text(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct tool *tool = stream->data;
    if (size < 0) {
        uv_close((uv_handle_t *)stream, on_closed);
        return;
    }
    char *text = tool->size + (size_t)size > TOOL_BYTES_MAX
                     ? NULL
                     : realloc(tool->text, tool->size + (size_t)size + 1);
    if (text == NULL) {
        tool->is_too_much = true;
        give_up(tool);
        return;
    }
    memcpy(text + tool->size, buffer->base, (size_t)size);
    tool->text = text;
    tool->size += (size_t)size;
}

static struct tool *make_tool(struct web_exchange *exchange)
{
    struct web *web = web_of(exchange);
    struct tool *tool = calloc(1, sizeof *tool);
    must(tool != NULL);
    tool->exchange = exchange;
    must(uv_pipe_init(&web->uv, &tool->out, 0) == 0);
    must(uv_timer_init(&web->uv, &tool->patience) == 0);
    tool->out.data = tool->patience.data = tool->process.data = tool;
    tool->open = 3;
    return tool;
}

/* words: a command of this program that prints JSON; the last is NULL. False: another is running. */
static bool run(struct web_exchange *exchange, char **words, tool_done_fn *done)
{
    struct web *web = web_of(exchange);
    if (web->is_tool_busy) {
        return false;
    }
    struct tool *tool = make_tool(exchange);
    uv_stdio_container_t pipes[3] = {
        {.flags = UV_IGNORE, .data = {.fd = 0}},
        {.flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE), .data = {.fd = 0}},
        {.flags = UV_IGNORE, .data = {.fd = 0}}};
    pipes[1].data.stream = (uv_stream_t *)&tool->out;
    uv_process_options_t options;
    memset(&options, 0, sizeof options);
    options.exit_cb = on_end;
    options.file = "/proc/self/exe";
    options.args = words;
    options.stdio_count = 3;
    options.stdio = pipes;
    tool->done = done;
    web->is_tool_busy = true;
    web_exchange_hold(exchange);
    const int failed = uv_spawn(&web->uv, &tool->process, &options);
    if (failed != 0) {
        tool->exit_code = failed;
        uv_close((uv_handle_t *)&tool->process, on_closed);
        uv_close((uv_handle_t *)&tool->patience, on_closed);
        uv_close((uv_handle_t *)&tool->out, on_closed);
        return true;
    }
    must(uv_read_start((uv_stream_t *)&tool->out, give_buffer, on_text) == 0);
    must(uv_timer_start(&tool->patience, on_late, TOOL_MS, 0) == 0);
    if (exchange->wsi != NULL) {
        lws_set_timeout(exchange->wsi, NO_PENDING_TIMEOUT, 0);
    }
    return true;
}

/* ---- indices ---- */

static void on_indices(struct web_exchange *exchange, json_t *value, int64_t exit_code)
{
    if (value != NULL) {
        web_answer_json(exchange, 200, json_incref(value));
    } else if (exit_code == EX_USAGE || exit_code == EX_DATAERR || exit_code == EX_NOINPUT) {
        web_problem(exchange, 404, "NOT_FOUND",
                    "there are no indices of that month, or no index of that name");
    } else {
        web_problem(exchange, 503, "OVERLOADED", "the indices took too long (exit %lld)",
                    (long long)exit_code);
    }
}

static bool is_month(const char *text)
{
    return strlen(text) == 7 && strspn(text, "0123456789") == 4 && text[4] == '-' &&
           strspn(text + 5, "0123456789") == 2;
}

static bool is_name(const char *text)
{
    const size_t size = strlen(text);
    return size > 0 && size < 64 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_:") == size;
}

/* As `gridloop index --json` prints them; with ?index= the cases behind one; with ?by= of each object. */
void api_kpi(struct web_exchange *exchange)
{
    struct web *web = web_of(exchange);
    char texts[3][96] = {"", "", ""};
    char data[600], city[600];
    const char *month = web_query(exchange, "month");
    const char *index = web_query(exchange, "index");
    const char *by = web_query(exchange, "by");
    char program[] = "gridloop", command[] = "index", json[] = "--json", cases[] = "--cases";
    char *words[10] = {program, command, json, data, city};
    size_t count = 5;
    const struct web_scope scope = web_scope_of(exchange);
    if (index != NULL && !web_scope_is_all(&scope)) {
        web_problem(exchange, 403, "NO_RIGHT",
                    "the cases behind an index are for who reads the whole city");
        return;
    }
    if ((month != NULL && !is_month(month)) || (index != NULL && !is_name(index)) ||
        (by != NULL && !is_name(by))) {
        web_problem(exchange, 400, "MALFORMED",
                    "month takes 2026-03, index a name, by area:1 to area:5, department or post");
        return;
    }
    (void)snprintf(data, sizeof data, "--data=%s", web->data);
    (void)snprintf(city, sizeof city, "--city=%s", web->city);
    if (month != NULL) {
        (void)snprintf(texts[0], sizeof texts[0], "--month=%s", month);
        words[count++] = texts[0];
    }
    if (by != NULL) {
        (void)snprintf(texts[1], sizeof texts[1], "--by=%s", by);
        words[count++] = texts[1];
    }
    if (index != NULL) {
        (void)snprintf(texts[2], sizeof texts[2], "%s", index);
        words[count++] = cases;
        words[count++] = texts[2];
    }
    words[count] = NULL;
    if (!run(exchange, words, on_indices)) {
        web_set_header(exchange, "Retry-After", "2");
        web_problem(exchange, 429, "OVERLOADED", "another is being worked out; ask again in 2 s");
    }
}

/* ---- rules, with what the linter finds ---- */

static void on_lint(struct web_exchange *exchange, json_t *value, int64_t exit_code)
{
    struct web *web = web_of(exchange);
    (void)exit_code; /* 65: errors were found, and stand in the list */
    json_decref(web->lint);
    web->lint = value != NULL ? json_incref(json_object_get(value, "findings")) : NULL;
    api_rules_answer(exchange);
}

void api_rules(struct web_exchange *exchange)
{
    struct web *web = web_of(exchange);
    char city[512], rules[620];
    char program[] = "gridloop", first[] = "rules", second[] = "lint", format[] = "--format=json",
         level[] = "--fail-level=error";
    char *words[] = {program, first, second, format, level, city, rules, NULL};
    if (!api_is_known(exchange)) {
        return;
    }
    (void)snprintf(city, sizeof city, "%s", web->city);
    (void)snprintf(rules, sizeof rules, "--rules=%s", web->rules);
    if (web->lint_version != web->view->version && !web->is_tool_busy) {
        web->lint_version = web->view->version;
        (void)run(exchange, words, on_lint);
        return;
    }
    api_rules_answer(exchange);
}
