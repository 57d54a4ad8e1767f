/* serve_options.h: what `gridloop serve` is told: flags, then GRIDLOOP_*, then the file of --config, then built-in. */
#ifndef ENGINE_CLI_SERVE_OPTIONS_H
#define ENGINE_CLI_SERVE_OPTIONS_H

#include "engine/cli/settings.h"
#include "engine/core/limits.h"
#include "engine/shell/evidence.h"
#include "engine/shell/history.h"
#include "engine/shell/log_clock.h"
#include "engine/shell/nano.h"
#include "engine/shell/snapshot_child.h"

#include <argp.h>

/* One row per setting. Flag, GRIDLOOP_* variable and key of the file carry the same name; clients have url and lang besides. */
enum serve_setting {
    SETTING_CITY,
    SETTING_RULES,
    SETTING_DATA,
    SETTING_LISTEN,
    SETTING_AUTH,
    SETTING_CLOCK,
    SETTING_LIMIT,
    SETTING_SNAPSHOTS,
    SETTING_HISTORY_KEEP,
    SETTING_EVIDENCE,
    SETTING_POSITIONS,
    SETTING_HTTP,
    SETTING_TLS_CERT,
    SETTING_TLS_KEY,
    SETTING_PUBLIC_INTAKE,
    SETTING_URL,
    SETTING_LANG,
    SETTING_KEY,
    SETTING_ENGINE_KEY,
    SETTING_COUNT
};

#define LIMITS_COUNT_ONE(name, value, text) +1
enum { SERVE_LIMIT_COUNT = 0 LIMITS_LIST(LIMITS_COUNT_ONE) };

struct serve_options {
    char city[512];
    char rules_buffer[512];
    const char *rules; /* NULL: CITY/rules */
    char data[512];
    char listen[NANO_LISTENERS_MAX][512];
    uint32_t listen_count;
    bool has_keys; /* auth keys */
    char clock_text[128];
    bool has_clock;  /* said by somebody */
    bool has_limits; /* said by somebody */
    struct limits limits;
    struct snapshot_rhythm snapshots;
    struct history_keep history_keep;
    struct evidence_limits evidence;
    int64_t positions_keep_ms;        /* 0 = for ever */
    char http[256];                   /* HOST:PORT; "none" */
    char tls_cert[512], tls_key[512]; /* "": plain HTTP */
    char public_intake[65];           /* "": nobody acts for holders of receipts */
    char url[512];                    /* for clients; "" = the last engine's */
    char lang[32];                    /* for clients; "" = LANG */
    char key[512], engine_key[80];    /* for clients; "" = none, as the key file says */
    char config[512];                 /* the file that was read; "" = none */
    enum setting_origin origins[SETTING_COUNT];
    enum setting_origin limit_origins[SERVE_LIMIT_COUNT]; /* in the order of LIMITS_LIST */
};

/* The flags of serve, as argp takes them. */
#define SERVE_OPTION_ROWS                                                                          \
    {"city", 'c', "DIR", 0, "city directory (see gridloop city demo)", 0},                         \
        {"rules", 'r', "DIR", 0, "rule files; default CITY/rules", 0},                             \
        {"data", 'd', "DIR", 0, "log and images; default ./gridloop-data", 0},                     \
        {"listen",                                                                                 \
         'l',                                                                                      \
         "URL",                                                                                    \
         0,                                                                                        \
         "ipc:///path or tcp://HOST:PORT, several times; default ipc://DATA/gridloop.sock",        \
         0},                                                                                       \
        {"auth",                                                                                   \
         'a',                                                                                      \
         "none|keys",                                                                              \
         0,                                                                                        \
         "keys: sealed frames of registered keys only, and other addresses than ipc and loopback " \
         "(see gridloop key); default none",                                                       \
         0},                                                                                       \
        {"clock", 'k', "MODE", 0, "wall (default) or scaled:60@2026-03-03T08:20+08:00", 0},        \
        {"limit", 'm', "NAME=VALUE", 0, "a limit of gridloop check, several times", 0},            \
        {"snapshots",                                                                              \
         's',                                                                                      \
         "ENTRIES:MINUTES",                                                                        \
         0,                                                                                        \
         "a snapshot every so many log entries or real minutes, 0 = never; default 200000:10",     \
         0},                                                                                       \
        {"history-keep",                                                                           \
         'H',                                                                                      \
         "400d|KIND=30d",                                                                          \
         0,                                                                                        \
         "delete what is older from the history; KIND cases, decisions, receipts or notices, "     \
         "several "                                                                                \
         "times; default for ever",                                                                \
         0},                                                                                       \
        {"positions-keep",                                                                         \
         'P',                                                                                      \
         "DAYS",                                                                                   \
         0,                                                                                        \
         "zero positions of people in the log after so many days, 0 = never; default 7",           \
         0},                                                                                       \
        {"http",                                                                                   \
         'w',                                                                                      \
         "HOST:PORT|none",                                                                         \
         0,                                                                                        \
         "console and HTTP interface; default 127.0.0.1:8080, if that port is free",               \
         0},                                                                                       \
        {"tls-cert", 'C', "FILE", 0, "certificate chain (PEM): HTTP over TLS", 0},                 \
        {"tls-key", 'K', "FILE", 0, "its private key (PEM)", 0},                                   \
        {"public-intake",                                                                          \
         'I',                                                                                      \
         "PERSON",                                                                                 \
         0,                                                                                        \
         "acts for whoever rates a case on the status page by receipt and secret; default nobody", \
         0},                                                                                       \
        {"evidence",                                                                               \
         'E',                                                                                      \
         "TOTAL:EACH[:DAYS]",                                                                      \
         0,                                                                                        \
         "MB of photos and files in all and of one sender, and days they are kept; default "       \
         "10240:1024, for ever",                                                                   \
         0},                                                                                       \
    {                                                                                              \
        "config", 'f', "FILE", 0, "\"key = value\" lines with these names; flags are stronger", 0  \
    }

/* Returns EX_OK, or the exit code after saying what is wrong. --help exits as argp does. */
int serve_options_parse(int argc, char **argv, struct serve_options *out_options,
                        struct log_clock *out_clock);

/* The same from any command whose argp takes SERVE_OPTION_ROWS, without asking for a city: argp's parser hands flags to
 * serve_options_take, with `options` reachable from its input. */
int serve_options_read(const struct argp *argp, int argc, char **argv,
                       struct serve_options *options, void *input);
/* A flag of SERVE_OPTION_ROWS, 'u' (url) or 'L' (lang). ARGP_ERR_UNKNOWN for other keys. */
error_t serve_options_take(struct serve_options *options, int key, char *value,
                           struct argp_state *state);

/* Where clients look when nobody says --listen. False when the path is too long for a socket. */
bool serve_options_socket(const struct serve_options *options, char *out, size_t size);

/* "name=value" of struct limits; false with a sentence. */
bool limits_set(struct limits *limits, const char *assignment, char *out_why, size_t why_size);

/* The limits by their place in LIMITS_LIST. */
const char *limits_name(size_t index);
uint32_t limits_value(const struct limits *limits, size_t index);

#endif
