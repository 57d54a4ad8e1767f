/* serve_options.c: flags > GRIDLOOP_* > file > built-in. The weakest is read first and each next one overwrites. */
#include "engine/cli/serve_options.h"

#include "engine/city/problems.h"
#include "engine/cli/arguments.h"
#include "engine/core/core.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#define LIMIT_NAME(name, value, text) #name,
static const char *const LIMIT_NAMES[] = {LIMITS_LIST(LIMIT_NAME)};

#define LIMIT_OFFSET(name, value, text) offsetof(struct limits, name),
static const size_t LIMIT_OFFSETS[] = {LIMITS_LIST(LIMIT_OFFSET)};

/* One table for flags, environment and file. */
static const struct {
    const char *name;
    int key; /* of its flag */
} SETTINGS[SETTING_COUNT] = {
    [SETTING_CITY] = {"city", 'c'},
    [SETTING_RULES] = {"rules", 'r'},
    [SETTING_DATA] = {"data", 'd'},
    [SETTING_LISTEN] = {"listen", 'l'},
    [SETTING_AUTH] = {"auth", 'a'},
    [SETTING_CLOCK] = {"clock", 'k'},
    [SETTING_LIMIT] = {"limit", 'm'},
    [SETTING_SNAPSHOTS] = {"snapshots", 's'},
    [SETTING_HISTORY_KEEP] = {"history-keep", 'H'},
    [SETTING_EVIDENCE] = {"evidence", 'E'},
    [SETTING_POSITIONS] = {"positions-keep", 'P'},
    [SETTING_HTTP] = {"http", 'w'},
    [SETTING_TLS_CERT] = {"tls-cert", 'C'},
    [SETTING_TLS_KEY] = {"tls-key", 'K'},
    [SETTING_PUBLIC_INTAKE] = {"public-intake", 'I'},
    [SETTING_URL] = {"url", 'u'},
    [SETTING_LANG] = {"lang", 'L'},
    [SETTING_KEY] = {"key", 0x1001}, /* taken by arguments.c, as GRIDLOOP_KEY */
    [SETTING_ENGINE_KEY] = {"engine-key", 0x1002},
};

const char *limits_name(size_t index)
{
    must(index < COUNT_OF(LIMIT_NAMES));
    return LIMIT_NAMES[index];
}

uint32_t limits_value(const struct limits *limits, size_t index)
{
    uint32_t value;
    must(index < COUNT_OF(LIMIT_OFFSETS));
    memcpy(&value, (const uint8_t *)limits + LIMIT_OFFSETS[index], sizeof value);
    return value;
}

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

/* A source being read. */
struct reading {
    struct serve_options *options;
    enum setting_origin origin;
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

/* The first address of a stronger source replaces those of weaker ones. */
static bool add_listen(struct serve_options *options, enum setting_origin origin, const char *url,
                       char *why, size_t why_size)
{
    if (options->origins[SETTING_LISTEN] != origin) {
        options->listen_count = 0;
    }
    if (options->listen_count == NANO_LISTENERS_MAX) {
        (void)snprintf(why, why_size, "at most %u addresses can be listened on",
                       NANO_LISTENERS_MAX);
        return false;
    }
    return copy_value(options->listen[options->listen_count++], sizeof options->listen[0], url, why,
                      why_size);
}

static bool set_limit(struct serve_options *options, enum setting_origin origin, const char *value,
                      char *why, size_t why_size)
{
    if (!limits_set(&options->limits, value, why, why_size)) {
        return false;
    }
    const size_t size = strcspn(value, "=");
    for (size_t i = 0; i < COUNT_OF(LIMIT_NAMES); i++) {
        if (strlen(LIMIT_NAMES[i]) == size && memcmp(LIMIT_NAMES[i], value, size) == 0) {
            options->limit_origins[i] = origin;
        }
    }
    options->has_limits = true;
    return true;
}

/* "200000:10": every so many entries or minutes; 0 leaves one of them out. */
static bool set_snapshots(struct snapshot_rhythm *rhythm, const char *value, char *why,
                          size_t why_size)
{
    char *end = NULL;
    char *last = NULL;
    errno = 0;
    const unsigned long long entries = strtoull(value, &end, 10);
    const unsigned long minutes = *end == ':' ? strtoul(end + 1, &last, 10) : 0;
    if (errno != 0 || end == value || last == NULL || last == end + 1 || *last != '\0' ||
        strchr(value, '-') != NULL || minutes > 525600) {
        (void)snprintf(why, why_size,
                       "snapshots take ENTRIES:MINUTES such as 200000:10, 0 for never, not \"%s\"",
                       value);
        return false;
    }
    *rhythm = (struct snapshot_rhythm){.entries = entries, .minutes = (uint32_t)minutes};
    return true;
}

/* "10240:1024" or "10240:1024:400": megabytes in all, of one sender, days. */
static bool set_evidence(struct evidence_limits *limits, const char *value, char *why,
                         size_t why_size)
{
    unsigned total = 0, each = 0, days = 0;
    int end = 0, last = 0;
    const bool is_good = sscanf(value, "%7u:%7u%n:%5u%n", &total, &each, &end, &days, &last) >= 2 &&
                         strchr(value, '-') == NULL && value[last > 0 ? last : end] == '\0' &&
                         total > 0 && each > 0;
    if (!is_good) {
        (void)snprintf(
            why, why_size,
            "evidence takes TOTAL:EACH[:DAYS] in megabytes such as 10240:1024:400, not \"%s\"",
            value);
        return false;
    }
    *limits = (struct evidence_limits){(uint64_t)total << 20, (uint64_t)each << 20, days * DAY_MS};
    return true;
}

static bool set_positions(int64_t *keep_ms, const char *value, char *why, size_t why_size)
{
    unsigned days = 0;
    int end = 0;
    if (sscanf(value, "%5u%n", &days, &end) != 1 || value[end] != '\0' || value[0] == '-') {
        (void)snprintf(why, why_size, "positions-keep takes days such as 7, 0 for ever, not \"%s\"",
                       value);
        return false;
    }
    *keep_ms = days * DAY_MS;
    return true;
}

static bool set_one(struct serve_options *options, enum serve_setting setting,
                    enum setting_origin origin, const char *value, char *why, size_t why_size)
{
    switch (setting) {
    case SETTING_CITY:
        return copy_value(options->city, sizeof options->city, value, why, why_size);
    case SETTING_RULES:
        options->rules = options->rules_buffer;
        return copy_value(options->rules_buffer, sizeof options->rules_buffer, value, why,
                          why_size);
    case SETTING_DATA:
        return copy_value(options->data, sizeof options->data, value, why, why_size);
    case SETTING_LISTEN:
        return add_listen(options, origin, value, why, why_size);
    case SETTING_AUTH:
        options->has_keys = strcmp(value, "keys") == 0;
        (void)snprintf(why, why_size, "auth is none or keys, not \"%s\"", value);
        return options->has_keys || strcmp(value, "none") == 0;
    case SETTING_CLOCK:
        options->has_clock = true;
        return copy_value(options->clock_text, sizeof options->clock_text, value, why, why_size);
    case SETTING_LIMIT:
        return set_limit(options, origin, value, why, why_size);
    case SETTING_SNAPSHOTS:
        return set_snapshots(&options->snapshots, value, why, why_size);
    case SETTING_HISTORY_KEEP:
        return history_keep_set(&options->history_keep, value, why, why_size);
    case SETTING_EVIDENCE:
        return set_evidence(&options->evidence, value, why, why_size);
    case SETTING_POSITIONS:
        return set_positions(&options->positions_keep_ms, value, why, why_size);
    case SETTING_HTTP:
        return copy_value(options->http, sizeof options->http, value, why, why_size);
    case SETTING_TLS_CERT:
        return copy_value(options->tls_cert, sizeof options->tls_cert, value, why, why_size);
    case SETTING_TLS_KEY:
        return copy_value(options->tls_key, sizeof options->tls_key, value, why, why_size);
    case SETTING_PUBLIC_INTAKE:
        return copy_value(options->public_intake, sizeof options->public_intake, value, why,
                          why_size);
    case SETTING_URL:
        return copy_value(options->url, sizeof options->url, value, why, why_size);
    case SETTING_LANG:
        return copy_value(options->lang, sizeof options->lang, value, why, why_size);
    case SETTING_KEY:
        return copy_value(options->key, sizeof options->key, value, why, why_size);
    case SETTING_ENGINE_KEY:
        return copy_value(options->engine_key, sizeof options->engine_key, value, why, why_size);
    case SETTING_COUNT:
        break;
    }
    must(false);
    return false;
}

/* One setting by name, from variable or file. */
static bool set(void *context, const char *key, const char *value, char *why, size_t why_size)
{
    const struct reading *reading = context;
    const char *names[SETTING_COUNT];
    for (uint32_t i = 0; i < SETTING_COUNT; i++) {
        names[i] = SETTINGS[i].name;
        if (strcmp(key, names[i]) != 0) {
            continue;
        }
        if (!set_one(reading->options, (enum serve_setting)i, reading->origin, value, why,
                     why_size)) {
            return false;
        }
        reading->options->origins[i] = reading->origin;
        return true;
    }
    const char *nearest = problems_nearest(key, names, SETTING_COUNT);
    (void)snprintf(why, why_size,
                   "no setting is called \"%s\"%s%s; gridloop config show lists them", key,
                   nearest != NULL ? "; nearest: " : "", nearest != NULL ? nearest : "");
    return false;
}

/* Finds --config before the flags are read for good, since flags are stronger. */
static const char *find_config(int argc, char **argv)
{
    const char *path = getenv("GRIDLOOP_CONFIG");
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--config=", 9) == 0) {
            path = argv[i] + 9;
        } else if ((strcmp(argv[i], "--config") == 0 || strcmp(argv[i], "-f") == 0) &&
                   i + 1 < argc) {
            path = argv[i + 1];
        }
    }
    return path != NULL && path[0] != '\0' ? path : NULL;
}

error_t serve_options_take(struct serve_options *options, int key, char *value,
                           struct argp_state *state)
{
    char why[256];
    if (key == 'f') {
        return 0; /* read before */
    }
    for (uint32_t i = 0; i < SETTING_COUNT; i++) {
        if (SETTINGS[i].key != key) {
            continue;
        }
        struct reading reading = {options, ORIGIN_FLAG};
        if (!set(&reading, SETTINGS[i].name, value, why, sizeof why)) {
            argp_error(state, "--%s: %s", SETTINGS[i].name, why);
        }
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static error_t parse_flag(int key, char *value, struct argp_state *state)
{
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "\"%s\" is not expected here; the city is named with --city DIR", value);
        return 0;
    }
    return serve_options_take(state->input, key, value, state);
}

bool serve_options_socket(const struct serve_options *options, char *out, size_t size)
{
    const char *data = options->data;
    while (strncmp(data, "./", 2) == 0) {
        data += 2;
    }
    bool is_absolute = data[0] == '/';
    char *directory = is_absolute ? NULL : realpath(".", NULL);
    int length = snprintf(out, size, "ipc://%s%s%s/gridloop.sock",
                          directory != NULL ? directory : "", directory != NULL ? "/" : "", data);
    free(directory);
    /* A socket's path is at most 107 bytes. */
    return length >= 0 && length <= 6 + 107 && (size_t)length < size;
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
    const char *fault = core_limits_fault(&options->limits);
    if (fault != NULL) {
        (void)fprintf(stderr, "gridloop serve: --limit: %s (exit %d)\n", fault, EX_USAGE);
        return EX_USAGE;
    }
    if (log_clock_parse(options->clock_text, clock, why, sizeof why) != ERR_OK) {
        (void)fprintf(stderr, "gridloop serve: --clock: %s (exit %d)\n", why, EX_USAGE);
        return EX_USAGE;
    }
    if ((options->tls_cert[0] == '\0') != (options->tls_key[0] == '\0')) {
        (void)fprintf(stderr, "gridloop serve: --tls-cert and --tls-key come together (exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    if (options->listen_count == 0) {
        if (!serve_options_socket(options, options->listen[0], sizeof options->listen[0])) {
            (void)fprintf(
                stderr,
                "gridloop serve: the data directory's path is too long for a socket in it; "
                "give --listen ipc:///run/gridloop.sock (exit %d)\n",
                EX_USAGE);
            return EX_USAGE;
        }
        options->listen_count = 1;
    }
    return EX_OK;
}

int serve_options_read(const struct argp *argp, int argc, char **argv,
                       struct serve_options *options, void *input)
{
    *options =
        (struct serve_options){.limits = limits_default(),
                               .evidence = evidence_limits_default(),
                               .positions_keep_ms = 7 * DAY_MS,
                               .snapshots = {SNAPSHOT_ENTRIES_DEFAULT, SNAPSHOT_MINUTES_DEFAULT}};
    (void)snprintf(options->data, sizeof options->data, "./gridloop-data");
    (void)snprintf(options->clock_text, sizeof options->clock_text, "wall");
    (void)snprintf(options->http, sizeof options->http, "127.0.0.1:8080");
    struct reading reading = {options, ORIGIN_FILE};
    const char *config = find_config(argc, argv);
    const bool is_question =
        argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], ARGUMENTS_LIST_WORDS) == 0);
    int exit_code = EX_OK;
    if (config != NULL && !is_question) {
        (void)snprintf(options->config, sizeof options->config, "%s", config);
        exit_code = settings_read_file(config, set, &reading);
    }
    reading.origin = ORIGIN_ENVIRONMENT;
    for (uint32_t i = 0; exit_code == EX_OK && !is_question && i < SETTING_COUNT; i++) {
        exit_code = settings_read_variable(
            SETTINGS[i].name, i == SETTING_LISTEN || i == SETTING_LIMIT, set, &reading);
    }
    if (exit_code != EX_OK) {
        return exit_code;
    }
    return arguments_parse(argp, argc, argv, input) != 0 ? EX_USAGE : EX_OK;
}

int serve_options_parse(int argc, char **argv, struct serve_options *out_options,
                        struct log_clock *out_clock)
{
    static const struct argp_option OPTIONS[] = {SERVE_OPTION_ROWS, {0}};
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = parse_flag,
                                     .doc = "Runs the engine of one city until TERM.\v"
                                            "TERM drains and seals, a second one stops now; HUP "
                                            "compiles city and rules again and uses "
                                            "them when they are good.\nFlags are stronger than "
                                            "GRIDLOOP_CITY, GRIDLOOP_DATA, ..., these "
                                            "stronger than the file; gridloop config show --origin "
                                            "says which won."};
    const int exit_code = serve_options_read(&ARGP, argc, argv, out_options, out_options);
    return exit_code != EX_OK ? exit_code : finish(out_options, out_clock);
}
