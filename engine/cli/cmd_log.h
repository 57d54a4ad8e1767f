/* cmd_log.h: what the verbs of `gridloop log` share. */
#ifndef ENGINE_CLI_CMD_LOG_H
#define ENGINE_CLI_CMD_LOG_H

#include "engine/cli/cli.h"
#include "engine/edge/replay.h"
#include "engine/shell/data_directory.h"

struct log_command {
    struct limits limits; /* those the log was written under */
    const char *data;     /* --data, or NULL */
    const char *lang;     /* --lang, or NULL */
    uint64_t from;        /* --from, default 1 */
    uint64_t until;       /* --until, default UINT64_MAX */
    bool is_json;         /* --json */
    bool has_effects;     /* --effects */
    bool has_replay;      /* --replay */
};

/* Opens the data directory for reading, takes the limits its log was written under, and says why it cannot; 0 or an
 * exit code. */
int log_command_open(struct log_command *command, struct data_directory *data);

/* "log/000...1.seg at byte 96, entry 1: ..." on standard error; the exit code. */
int log_command_fail(const struct log_command *command, enum err err,
                     const struct log_fault *fault);

int log_command_dump(const struct log_command *command, struct data_directory *data);

#endif
