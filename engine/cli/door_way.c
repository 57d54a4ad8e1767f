/* door_way.c: see door_way.h. */
#include "engine/cli/door_way.h"

#include "engine/core/code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define WAIT_DEFAULT_MS 10000u
#define WAIT_MS_MAX 86400000u
#define DEFAULT_IDENTITY "gridloop-door"

void door_way_note_exit(struct door_way *way, int code)
{
    way->exit_code = way->exit_code == EX_OK ? code : way->exit_code;
}

static void print_json(json_t *row)
{
    char *text = row != NULL ? json_dumps(row, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
    (void)printf("%s\n", text != NULL ? text : "{}");
    (void)fflush(stdout);
    free(text);
    json_decref(row);
}

static void print_result(const struct door_way *way, const struct gridloop_result *result)
{
    const char *words = gridloop_code_text(result->code, way->lang == LANG_ZH ? "zh" : "en");
    const bool has_hint = result->hint[0] != '\0' && strcmp(result->hint, words) != 0;
    if (way->options.is_json) {
        print_json(json_pack("{s:s, s:s, s:s, s:b, s:s}", "id", result->event_id, "code",
                             gridloop_code_name(result->code), "case", result->case_no, "late",
                             (int)result->is_late, "hint", result->hint));
        return;
    }
    (void)printf("%s%s%s %s %s%s%s\n", gridloop_code_name(result->code),
                 result->case_no[0] != '\0' ? " " : "", result->case_no, result->event_id, words,
                 has_hint ? "; " : "", has_hint ? result->hint : "");
    (void)fflush(stdout);
}

static void on_result(void *context, const struct gridloop_result *result)
{
    struct door_way *way = context;
    const uint32_t code = (uint32_t)result->code;
    way->answered++;
    if (words_code_is_refusal(code)) {
        way->refused++;
        if (!way->options.is_steady) {
            door_way_note_exit(way, code == CODE_NO_RIGHT || code == CODE_UNKNOWN_IDENTITY
                                        ? EX_NOPERM
                                        : EX_DATAERR);
        }
    }
    if (!way->options.is_quiet) {
        print_result(way, result);
    }
    if (way->on_result != NULL) {
        way->on_result(way->context, result);
    }
}

static bool read_wait(struct door_way *way)
{
    char *end = NULL;
    way->wait_ms = WAIT_DEFAULT_MS;
    if (way->options.wait == NULL) {
        return true;
    }
    const double seconds = strtod(way->options.wait, &end);
    if (end == way->options.wait || *end != '\0' || !(seconds >= 0) ||
        seconds * 1000.0 > WAIT_MS_MAX) {
        (void)fprintf(stderr, "%s: --wait: seconds expected (exit %d)\n", way->options.command,
                      EX_USAGE);
        door_way_note_exit(way, EX_USAGE);
        return false;
    }
    way->wait_ms = (uint32_t)(seconds * 1000.0);
    return true;
}

static bool read_map(struct door_way *way)
{
    struct problems *problems = problems_new();
    way->map = door_map_read(problems, way->options.map);
    if (way->map == NULL) {
        problems_print(problems, stderr);
        (void)fprintf(
            stderr, "%s: the map cannot be used; docs/doors.md says what one may hold (exit %d)\n",
            way->options.command, EX_CONFIG);
        door_way_note_exit(way, EX_CONFIG);
    }
    problems_free(problems);
    return way->map != NULL;
}

static bool open_gateway(struct door_way *way)
{
    const struct door_way_options *options = &way->options;
    const char *source = door_map_rules(way->map)->source;
    const char *identity = options->identity != NULL ? options->identity
                           : source != NULL          ? source
                                                     : DEFAULT_IDENTITY;
    const struct gridloop_gateway_options with = {.on_result = on_result, .context = way};
    if (options->outbox != NULL) {
        (void)snprintf(way->outbox, sizeof way->outbox, "%s", options->outbox);
    } else if (scratch_make_directory(&way->temporary, "door") != ERR_OK) {
        door_way_note_exit(way, cli_no_scratch(options->command));
        return false;
    } else {
        (void)snprintf(way->outbox, sizeof way->outbox, "%s/outbox", way->temporary.path);
    }
    const int status = gridloop_gateway_open(way->url, identity, way->outbox, &with, &way->gateway);
    if (status != GRIDLOOP_OK) {
        const int code = status == GRIDLOOP_INVALID ? EX_USAGE : EX_IOERR;
        (void)fprintf(stderr, "%s: %s at %s: %s (exit %d)\n", options->command, identity,
                      status == GRIDLOOP_INVALID ? way->url : way->outbox,
                      gridloop_status_text(status), code);
        door_way_note_exit(way, code);
        return false;
    }
    return true;
}

bool door_way_open(struct door_way *way, const struct door_way_options *options)
{
    way->options = *options;
    way->lang = cli_lang(options->lang);
    if (options->needs_outbox && options->outbox == NULL && !options->is_dry) {
        (void)fprintf(
            stderr,
            "%s: --outbox FILE is needed: what was told \"taken\" is kept there (exit %d)\n",
            options->command, EX_USAGE);
        door_way_note_exit(way, EX_USAGE);
        return false;
    }
    if (!read_wait(way) || !read_map(way)) {
        return false;
    }
    if (options->is_dry) {
        return true;
    }
    if (cli_find_url(options->url, way->url) == NULL) {
        door_way_note_exit(way, EX_UNAVAILABLE);
        return false;
    }
    return open_gateway(way);
}

bool door_way_put(struct door_way *way, const struct gridloop_event *event, uint64_t *out_number)
{
    if (way->gateway == NULL) {
        print_json(door_event_json(event));
        way->sent++;
        return true;
    }
    int status = gridloop_gateway_send(way->gateway, event, out_number);
    if (status == GRIDLOOP_FULL && !way->options.is_steady) {
        (void)gridloop_gateway_flush(way->gateway, way->wait_ms);
        status = gridloop_gateway_send(way->gateway, event, out_number);
    }
    if (status != GRIDLOOP_OK) {
        const int code = status == GRIDLOOP_INVALID ? EX_DATAERR : EX_IOERR;
        (void)fprintf(stderr, "%s: %s: %s (exit %d)\n", way->options.command,
                      event->id != NULL ? event->id : event->type,
                      gridloop_gateway_why(way->gateway), code);
        if (!way->options.is_steady) {
            door_way_note_exit(way, code);
        }
        return false;
    }
    way->sent++;
    return true;
}

bool door_way_wait(struct door_way *way, uint32_t wait_ms)
{
    const int status =
        way->gateway == NULL ? GRIDLOOP_OK : gridloop_gateway_flush(way->gateway, wait_ms);
    if (status == GRIDLOOP_IO || status == GRIDLOOP_DAMAGED) {
        (void)fprintf(stderr, "%s: %s: %s\n", way->options.command, way->outbox,
                      gridloop_status_text(status));
        door_way_note_exit(way, EX_IOERR);
        return false;
    }
    return true;
}

bool door_way_sync(struct door_way *way)
{
    return door_way_wait(way, 0);
}

/* What is still in the outbox, and why. */
static void say_left(struct door_way *way, int status)
{
    const uint64_t waiting = gridloop_gateway_waiting(way->gateway);
    const int held = gridloop_gateway_held(way->gateway);
    const bool is_right = held == GRIDLOOP_UNKNOWN_IDENTITY || held == GRIDLOOP_NO_RIGHT;
    const bool is_kept = way->options.outbox != NULL;
    if (status == GRIDLOOP_UNAVAILABLE) {
        door_way_note_exit(way, cli_no_engine(way->url));
    } else {
        door_way_note_exit(way, is_right ? EX_NOPERM : EX_TEMPFAIL);
        (void)fprintf(stderr, "%s: %s (exit %d)\n", way->options.command,
                      gridloop_gateway_why(way->gateway), way->exit_code);
    }
    (void)fprintf(stderr, "%s: %llu events not delivered; %s%s\n", way->options.command,
                  (unsigned long long)waiting,
                  is_kept ? "kept in " : "use --outbox FILE to keep them for the next run",
                  is_kept ? way->outbox : "");
}

int door_way_close(struct door_way *way)
{
    if (way->gateway != NULL) {
        const int status =
            gridloop_gateway_flush(way->gateway, way->options.is_steady ? 0 : way->wait_ms);
        if (status != GRIDLOOP_OK && !way->options.is_steady) {
            say_left(way, status);
        }
        gridloop_gateway_close(way->gateway);
    }
    scratch_remove(&way->temporary);
    door_map_free(way->map);
    return way->exit_code;
}
