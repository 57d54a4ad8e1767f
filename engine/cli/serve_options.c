/* serve_options.c: flags > GRIDLOOP_* > file > built-in. The weakest is read first and each next one overwrites. */
#include "engine/cli/serve_options.h"

#include "engine/city/problems.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#define LIMIT_NAME(name, value, text) #name,
static const char *const LIMIT_NAMES[] = {LIMITS_LIST(LIMIT_NAME)};

#define LIMIT_OFFSET(name, value, text) offsetof(struct limits, name),
static const size_t LIMIT_OFFSETS[] = {LIMITS_LIST(LIMIT_OFFSET)};

/* Where a setting may stand: one table for flags, environment and file. */
static const char *const KEYS[] = {"city", "rules", "data", "listen", "clock", "limit"};

bool limits_set(struct limits *limits, const char *assignment, char *out_why, size_t why_size)
{
    char name[64];
    const char *equals = strchr(assignment, '=');
    size_t size = equals != NULL ? (size_t)(equals - assignment) : 0;
    if (size == 0 || size >= sizeof name) {
        (void)snprintf(out_why, why_size, "a limit is NAME=VALUE, not \"%s\"", assignment);
        return false;
    }
    memcpy(name, assignment, size);
    name[size] = '\0';
    for (size_t i = 0; i < COUNT_OF(LIMIT_NAMES); i++) {
        if (strcmp(name, LIMIT_NAMES[i]) != 0) {
            continue;
        }
        char *end = NULL;
        errno = 0;
        unsigned long value = strtoul(equals + 1, &end, 10);
        if (errno != 0 || *end != '\0' || end == equals + 1 || value == 0 || value > 100000000ul) {
            (void)snprintf(out_why, why_size, "limit %s takes 1 to 100000000, not \"%s\"", name,
                           equals + 1);
            return false;
        }
        uint32_t number = (uint32_t)value;
        memcpy((uint8_t *)limits + LIMIT_OFFSETS[i], &number, sizeof number);
        return true;
    }
    const char *nearest = problems_nearest(name, LIMIT_NAMES, COUNT_OF(LIMIT_NAMES));
    (void)snprintf(out_why, why_size, "no limit is called \"%s\"%s%s; gridloop check lists them",
                   name, nearest != NULL ? "; nearest: " : "", nearest != NULL ? nearest : "");
    return false;
}

struct parsing {
    struct serve_options *options;
    const char *config;
    bool is_listen_said; /* by the source being read: its first address replaces weaker ones */
};

static bool copy_value(char *out, size_t size, const char *value, char *why, size_t why_size)
{
    int length = snprintf(out, size, "%s", value);
    if (length < 0 || (size_t)length >= size || length == 0) {
        (void)snprintf(why, why_size, "a value of 1 to %zu bytes is expected", size - 1);
        return false;
    }
    return true;
}

static bool add_listen(struct parsing *parsing, const char *url, char *why, size_t why_size)
{
    struct serve_options *options = parsing->options;
    if (!parsing->is_listen_said) {
        options->listen_count = 0;
        parsing->is_listen_said = true;
    }
    if (options->listen_count == NANO_LISTENERS_MAX) {
        (void)snprintf(why, why_size, "at most %u addresses can be listened on",
                       NANO_LISTENERS_MAX);
        return false;
    }
    return copy_value(options->listen[options->listen_count++], sizeof options->listen[0], url, why,
                      why_size);
}

/* One setting from any source; false with a sentence. */
static bool set(struct parsing *parsing, const char *key, const char *value, char *why,
                size_t why_size)
{
    struct serve_options *options = parsing->options;
    if (strcmp(key, "city") == 0) {
        return copy_value(options->city, sizeof options->city, value, why, why_size);
    }
    if (strcmp(key, "rules") == 0) {
        options->rules = options->rules_buffer;
        return copy_value(options->rules_buffer, sizeof options->rules_buffer, value, why,
                          why_size);
    }
    if (strcmp(key, "data") == 0) {
        return copy_value(options->data, sizeof options->data, value, why, why_size);
    }
    if (strcmp(key, "listen") == 0) {
        return add_listen(parsing, value, why, why_size);
    }
    if (strcmp(key, "clock") == 0) {
        options->has_clock = true;
        return copy_value(options->clock_text, sizeof options->clock_text, value, why, why_size);
    }
    if (strcmp(key, "limit") == 0) {
        options->has_limits = true;
        return limits_set(&options->limits, value, why, why_size);
    }
    const char *nearest = problems_nearest(key, KEYS, COUNT_OF(KEYS));
    (void)snprintf(why, why_size, "no setting is called \"%s\"%s%s", key,
                   nearest != NULL ? "; nearest: " : "", nearest != NULL ? nearest : "");
    return false;
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL) {
        text[--size] = '\0';
    }
    return text;
}

/* "key = value" lines, # comments. */
static int read_file(struct parsing *parsing, const char *path)
{
    char line[1200], why[256];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        (void)fprintf(stderr, "gridloop serve: cannot read %s: %s (exit %d)\n", path,
                      strerror(errno), EX_NOINPUT);
        return EX_NOINPUT;
    }
    parsing->is_listen_said = false;
    int exit_code = EX_OK;
    for (int number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        char *text = trim(line);
        char *equals = strchr(text, '=');
        if (text[0] == '\0' || text[0] == '#') {
            continue;
        }
        (void)snprintf(why, sizeof why, "\"key = value\" is expected");
        bool is_good = equals != NULL;
        if (is_good) {
            *equals = '\0';
            is_good = set(parsing, trim(text), trim(equals + 1), why, sizeof why);
        }
        if (!is_good) {
            (void)fprintf(stderr, "%s:%d: error: %s\n", path, number, why);
            exit_code = EX_CONFIG;
        }
    }
    (void)fclose(file);
    return exit_code;
}

static int read_environment(struct parsing *parsing)
{
    char name[64], why[256];
    int exit_code = EX_OK;
    parsing->is_listen_said = false;
    for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
        size_t used = (size_t)snprintf(name, sizeof name, "GRIDLOOP_");
        for (const char *at = KEYS[i]; *at != '\0'; at++) {
            name[used++] = (char)(*at - 'a' + 'A');
        }
        name[used] = '\0';
        const char *value = getenv(name);
        if (value != NULL && value[0] != '\0' && !set(parsing, KEYS[i], value, why, sizeof why)) {
            (void)fprintf(stderr, "gridloop serve: %s: %s (exit %d)\n", name, why, EX_CONFIG);
            exit_code = EX_CONFIG;
        }
    }
    return exit_code;
}

/* Finds --config before the flags are read for good, since flags are stronger. */
static const char *find_config(int argc, char **argv)
{
    const char *path = getenv("GRIDLOOP_CONFIG");
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--config=", 9) == 0) {
            path = argv[i] + 9;
        } else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            path = argv[i + 1];
        }
    }
    return path;
}

static error_t parse_flag(int key, char *value, struct argp_state *state)
{
    struct parsing *parsing = state->input;
    static const struct {
        int key;
        const char *name;
    } FLAGS[] = {{'c', "city"},   {'r', "rules"}, {'d', "data"},
                 {'l', "listen"}, {'k', "clock"}, {'m', "limit"}};
    char why[256];
    if (key == 'f') {
        return 0; /* read before */
    }
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "\"%s\" is not expected here; the city is named with --city DIR", value);
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(FLAGS); i++) {
        if (FLAGS[i].key == key) {
            if (!set(parsing, FLAGS[i].name, value, why, sizeof why)) {
                argp_error(state, "--%s: %s", FLAGS[i].name, why);
            }
            return 0;
        }
    }
    return ARGP_ERR_UNKNOWN;
}

static int finish(struct serve_options *options, struct log_clock *clock)
{
    char why[256];
    if (options->city[0] == '\0') {
        (void)fprintf(stderr,
                      "gridloop serve: name a city with --city DIR; make one to try: gridloop city "
                      "demo DIR (exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    if (log_clock_parse(options->clock_text, clock, why, sizeof why) != ERR_OK) {
        (void)fprintf(stderr, "gridloop serve: --clock: %s (exit %d)\n", why, EX_USAGE);
        return EX_USAGE;
    }
    if (options->listen_count == 0) {
        char path[512];
        const char *data = options->data;
        while (strncmp(data, "./", 2) == 0) {
            data += 2;
        }
        bool is_absolute = data[0] == '/';
        char *directory = is_absolute ? NULL : realpath(".", NULL);
        int length =
            snprintf(path, sizeof path, "ipc://%s%s%s/gridloop.sock",
                     directory != NULL ? directory : "", directory != NULL ? "/" : "", data);
        free(directory);
        /* A socket's path is at most 107 bytes. */
        if (length < 0 || length > 6 + 107) {
            (void)fprintf(
                stderr,
                "gridloop serve: the data directory's path is too long for a socket in it; "
                "give --listen ipc:///run/gridloop.sock (exit %d)\n",
                EX_USAGE);
            return EX_USAGE;
        }
        (void)snprintf(options->listen[options->listen_count++], sizeof options->listen[0], "%s",
                       path);
    }
    return EX_OK;
}

int serve_options_parse(int argc, char **argv, struct serve_options *out_options,
                        struct log_clock *out_clock)
{
    static const struct argp_option OPTIONS[] = {
        {"city", 'c', "DIR", 0, "city directory (see gridloop city demo)", 0},
        {"rules", 'r', "DIR", 0, "rule files; default CITY/rules", 0},
        {"data", 'd', "DIR", 0, "log and images; default ./gridloop-data", 0},
        {"listen", 'l', "URL", 0,
         "ipc:///path or tcp://127.0.0.1:PORT, several times; default ipc://DATA/gridloop.sock", 0},
        {"clock", 'k', "MODE", 0, "wall (default) or scaled:60@2026-03-03T08:20+08:00", 0},
        {"limit", 'm', "NAME=VALUE", 0, "a limit of gridloop check, several times", 0},
        {"config", 'f', "FILE", 0, "\"key = value\" lines with these names; flags are stronger", 0},
        {0}};
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = parse_flag,
                                     .doc = "Runs the engine of one city until TERM.\v"
                                            "TERM drains and seals, a second one stops now; HUP "
                                            "compiles city and rules again and uses "
                                            "them when they are good.\nFlags are stronger than "
                                            "GRIDLOOP_CITY, GRIDLOOP_DATA, ..., these "
                                            "stronger than the file."};
    *out_options = (struct serve_options){.limits = limits_default()};
    (void)snprintf(out_options->data, sizeof out_options->data, "./gridloop-data");
    (void)snprintf(out_options->clock_text, sizeof out_options->clock_text, "wall");
    struct parsing parsing = {.options = out_options, .config = find_config(argc, argv)};
    int exit_code = parsing.config != NULL ? read_file(&parsing, parsing.config) : EX_OK;
    if (exit_code == EX_OK) {
        exit_code = read_environment(&parsing);
    }
    if (exit_code != EX_OK) {
        return exit_code;
    }
    parsing.is_listen_said = false;
    argp_err_exit_status = EX_USAGE;
    if (argp_parse(&ARGP, argc, argv, 0, NULL, &parsing) != 0) {
        return EX_USAGE;
    }
    return finish(out_options, out_clock);
}
