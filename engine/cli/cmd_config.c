/* cmd_config.c: `gridloop config show`: what serve and the clients would take, and from where. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/serve_options.h"
#include "engine/shell/last_engine.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

struct show {
    struct serve_options options;
    bool has_origin, is_json;
    json_t *root; /* section > key > {value, origin}; printed at the end */
};

static error_t parse_show(int key, char *text, struct argp_state *state)
{
    struct show *show = state->input;
    switch (key) {
    case 'o':
        show->has_origin = true;
        return 0;
    case 'j':
        show->is_json = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\" is not expected here", text);
        return 0;
    default:
        return serve_options_take(&show->options, key, text, state);
    }
}

/* "flag --city", "environment GRIDLOOP_CITY", "file /etc/gridloop.conf". */
static void name_origin(const struct show *show, const char *key, enum setting_origin origin,
                        char *out, size_t size)
{
    char variable[SETTING_VARIABLE_SIZE];
    const char *more = origin == ORIGIN_FLAG          ? key
                       : origin == ORIGIN_ENVIRONMENT ? settings_variable(key, variable)
                       : origin == ORIGIN_FILE        ? show->options.config
                                                      : "";
    (void)snprintf(out, size, "%s%s%s%s", settings_origin_name(origin), more[0] != '\0' ? " " : "",
                   origin == ORIGIN_FLAG ? "--" : "", more);
}

static void add(struct show *show, const char *section, const char *name, const char *key,
                const char *value, enum setting_origin origin)
{
    char words[640];
    json_t *rows = json_object_get(show->root, section);
    if (rows == NULL) {
        rows = json_object();
        (void)json_object_set_new(show->root, section, rows);
    }
    name_origin(show, key, origin, words, sizeof words);
    (void)json_object_set_new(rows, name, json_pack("{s:s, s:s}", "value", value, "origin", words));
}

static void add_serve(struct show *show)
{
    const struct serve_options *options = &show->options;
    const enum setting_origin *origins = options->origins;
    char text[600];
    add(show, "serve", "city", "city", options->city, origins[SETTING_CITY]);
    (void)snprintf(text, sizeof text, "%s%s",
                   options->rules != NULL ? options->rules : options->city,
                   options->rules == NULL && options->city[0] != '\0' ? "/rules" : "");
    add(show, "serve", "rules", "rules", text, origins[SETTING_RULES]);
    add(show, "serve", "data", "data", options->data, origins[SETTING_DATA]);
    if (options->listen_count == 0) {
        add(show, "serve", "listen", "listen",
            serve_options_socket(options, text, sizeof text) ? text : "", ORIGIN_BUILT_IN);
    }
    for (uint32_t i = 0; i < options->listen_count; i++) {
        (void)snprintf(text, sizeof text, i == 0 ? "listen" : "listen.%u", i + 1);
        add(show, "serve", text, "listen", options->listen[i], origins[SETTING_LISTEN]);
    }
    add(show, "serve", "auth", "auth", options->has_keys ? "keys" : "none", origins[SETTING_AUTH]);
    add(show, "serve", "clock", "clock", options->clock_text, origins[SETTING_CLOCK]);
    (void)snprintf(text, sizeof text, "%llu:%u", (unsigned long long)options->snapshots.entries,
                   options->snapshots.minutes);
    add(show, "serve", "snapshots", "snapshots", text, origins[SETTING_SNAPSHOTS]);
    (void)snprintf(text, sizeof text, "%llu:%llu:%lld",
                   (unsigned long long)(options->evidence.total_bytes >> 20),
                   (unsigned long long)(options->evidence.owner_bytes >> 20),
                   (long long)(options->evidence.keep_ms / DAY_MS));
    add(show, "serve", "evidence", "evidence", text, origins[SETTING_EVIDENCE]);
    (void)snprintf(text, sizeof text, "%lld", (long long)(options->positions_keep_ms / DAY_MS));
    add(show, "serve", "positions-keep", "positions-keep", text, origins[SETTING_POSITIONS]);
    add(show, "serve", "http", "http", options->http, origins[SETTING_HTTP]);
    add(show, "serve", "tls-cert", "tls-cert", options->tls_cert, origins[SETTING_TLS_CERT]);
    add(show, "serve", "tls-key", "tls-key", options->tls_key, origins[SETTING_TLS_KEY]);
    for (size_t i = 0; i < SERVE_LIMIT_COUNT; i++) {
        char value[16];
        (void)snprintf(text, sizeof text, "limit.%s", limits_name(i));
        (void)snprintf(value, sizeof value, "%u", limits_value(&options->limits, i));
        add(show, "serve", text, "limit", value, options->limit_origins[i]);
    }
}

static void add_clients(struct show *show)
{
    const struct serve_options *options = &show->options;
    struct last_engine note = {.pid = 0};
    if (last_engine_read(&note) != ERR_OK) {
        note = (struct last_engine){.pid = 0};
    }
    const bool has_url = options->url[0] != '\0',
               has_data = options->origins[SETTING_DATA] != ORIGIN_BUILT_IN;
    add(show, "clients", "url", "url", has_url ? options->url : note.url,
        has_url ? options->origins[SETTING_URL] : ORIGIN_LAST_ENGINE);
    add(show, "clients", "data", "data", has_data ? options->data : note.data,
        has_data ? options->origins[SETTING_DATA] : ORIGIN_LAST_ENGINE);
    add(show, "clients", "city", "city", note.city, ORIGIN_LAST_ENGINE);
    add(show, "clients", "key", "key", options->key, options->origins[SETTING_KEY]);
    add(show, "clients", "engine-key", "engine-key", options->engine_key,
        options->origins[SETTING_ENGINE_KEY]);
    const char *asked = options->lang[0] != '\0' ? options->lang : NULL;
    add(show, "clients", "lang", "lang", cli_lang(asked) == LANG_ZH ? "zh" : "en",
        asked != NULL                                        ? options->origins[SETTING_LANG]
        : getenv("LC_ALL") != NULL || getenv("LANG") != NULL ? ORIGIN_ENVIRONMENT
                                                             : ORIGIN_BUILT_IN);
}

static void print(const struct show *show)
{
    const char *section, *name;
    json_t *rows, *row;
    if (show->is_json) {
        (void)json_dumpf(show->root, stdout, JSON_INDENT(2));
        (void)printf("\n");
        return;
    }
    json_object_foreach(show->root, section, rows)
    {
        (void)printf("# %s\n", section);
        json_object_foreach(rows, name, row)
        {
            const char *value = json_string_value(json_object_get(row, "value"));
            value = value[0] != '\0' ? value : "-";
            if (show->has_origin) {
                (void)printf("%-22s %-32s %s\n", name, value,
                             json_string_value(json_object_get(row, "origin")));
            } else {
                (void)printf("%-22s %s\n", name, value);
            }
        }
    }
}

static int config_show(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        SERVE_OPTION_ROWS,
        {"url", 'u', "URL", 0, "engine for clients", 0},
        {"lang", 'L', "zh|en", 0, "language of clients", 0},
        {"origin", 'o', NULL, 0, "say where each value comes from", 0},
        {"json", 'j', NULL, 0, "print JSON, always with origins", 0},
        {0}};
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = parse_show,
                                     .doc =
                                         "Prints the settings that gridloop serve and the clients "
                                         "would take if they were started here with these flags.\v"
                                         "Flags are stronger than GRIDLOOP_CITY, GRIDLOOP_DATA, "
                                         "..., these than the file of --config or GRIDLOOP_CONFIG, "
                                         "and that than what is built in. Clients take url and "
                                         "data from the engine started last where nobody says "
                                         "otherwise."};
    struct show *show = calloc(1, sizeof *show);
    if (show == NULL || (show->root = json_object()) == NULL) {
        free(show);
        (void)fprintf(stderr, "gridloop config: out of memory (exit %d)\n", EX_OSERR);
        return EX_OSERR;
    }
    const int exit_code = serve_options_read(&ARGP, argc, argv, &show->options, show);
    if (exit_code == EX_OK) {
        add_serve(show);
        add_clients(show);
        print(show);
    }
    json_decref(show->root);
    free(show);
    return exit_code;
}

int cmd_config(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"show", config_show, "the settings in force here, with --origin where each comes from"},
        {NULL, NULL, NULL}};
    return cli_run_verb("gridloop config", VERBS, argc, argv);
}
