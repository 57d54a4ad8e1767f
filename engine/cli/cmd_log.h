/* cmd_log.h: what the verbs of `gridloop log` share. */
#ifndef ENGINE_CLI_CMD_LOG_H
#define ENGINE_CLI_CMD_LOG_H

#include "engine/cli/cli.h"
#include "engine/edge/replay.h"
#include "engine/edge/snapshot_file.h"
#include "engine/shell/data_directory.h"

#include <jansson.h>

struct log_command {
    struct limits limits;  /* those the log was written under */
    const char *data;      /* --data, or NULL */
    const char *lang;      /* --lang, or NULL */
    uint64_t from;         /* --from, default 1 */
    uint64_t until;        /* --until, default UINT64_MAX */
    bool is_json;          /* --json */
    bool has_effects;      /* --effects */
    bool has_replay;       /* --replay */
    bool is_from_snapshot; /* --from-snapshot */
    const char *history;   /* --history, or NULL */
};

/* Opens the data directory for reading, takes the limits its log was written under, and says why it cannot; 0 or an
 * exit code. */
int log_command_open(struct log_command *command, struct data_directory *data);

/* "log/000...1.seg at byte 96, entry 1: ..." on standard error; the exit code. */
int log_command_fail(const struct log_command *command, enum err err,
                     const struct log_fault *fault);

/* "what: value" in the language asked for. */
void log_command_print(const struct log_command *command, const char *en, const char *zh,
                       const char *value);

/* Every checksum and the chain; with has_replay the state too. Prints what it found; the exit code. */
int log_command_verify(const struct log_command *command, struct data_directory *data);

/* ---- cmd_log_snapshots.c ---- */

struct snapshot_survey {
    struct snapshot_list list;
    struct snapshot_info infos[SNAPSHOTS_LISTED_MAX];
    enum err errs[SNAPSHOTS_LISTED_MAX];
    char whys[SNAPSHOTS_LISTED_MAX][160]; /* of a damaged one */
};
enum err log_snapshots_survey(const struct disk *disk, struct snapshot_survey *survey) WARN_UNUSED;
json_t *log_snapshots_json(const struct snapshot_survey *survey);
void log_snapshots_print(const struct log_command *command, const struct snapshot_survey *survey);

/* For struct replay_options: on standard error. */
void log_snapshots_tell_refused(void *context, uint64_t position, enum err err,
                                const struct log_fault *fault);

int log_command_dump(const struct log_command *command, struct data_directory *data);

#endif
