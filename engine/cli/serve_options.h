/* serve_options.h: what `gridloop serve` is told: flags, then GRIDLOOP_*, then the file of --config, then built-in. */
#ifndef ENGINE_CLI_SERVE_OPTIONS_H
#define ENGINE_CLI_SERVE_OPTIONS_H

#include "engine/core/limits.h"
#include "engine/shell/log_clock.h"
#include "engine/shell/nano.h"

struct serve_options {
    char city[512];
    char rules_buffer[512];
    const char *rules; /* NULL: CITY/rules */
    char data[512];
    char listen[NANO_LISTENERS_MAX][512];
    uint32_t listen_count;
    char clock_text[128];
    bool has_clock; /* said by somebody */
    bool has_limits; /* said by somebody */
    struct limits limits;
};

/* Returns EX_OK, or the exit code after saying what is wrong. --help exits as argp does. */
int serve_options_parse(int argc, char **argv, struct serve_options *out_options,
                        struct log_clock *out_clock);

/* "name=value" of struct limits; false with a sentence. */
bool limits_set(struct limits *limits, const char *assignment, char *out_why, size_t why_size);

#endif
