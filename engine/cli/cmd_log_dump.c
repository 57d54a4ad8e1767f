/* cmd_log_dump.c: `gridloop log dump`: one JSON object per command and per seal, in the order of the log. */
#include "engine/cli/cmd_log.h"
#include "engine/cli/dump_json.h"

#include <stdio.h>
#include <sysexits.h>

struct dump {
    const struct log_command *command;
    const struct core *core;
    json_t *object; /* of the command being stepped; NULL outside the range asked for */
    json_t *effects;
    bool is_failed; /* standard output is gone */
};

static void flush(struct dump *dump)
{
    if (dump->object == NULL) {
        return;
    }
    if (dump->effects != NULL) {
        dump_set(dump->object, "effects", dump->effects);
    }
    if (json_dumpf(dump->object, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF) {
        dump->is_failed = true;
    }
    json_decref(dump->object);
    dump->object = NULL;
    dump->effects = NULL;
}

static bool is_wanted(const struct dump *dump, const struct log_entry *entry)
{
    return entry->position >= dump->command->from && entry->position <= dump->command->until;
}

static void on_entry(void *context, const struct log_entry *entry)
{
    struct dump *dump = context;
    flush(dump);
    if (entry->kind == LOG_SEAL && is_wanted(dump, entry)) {
        dump->object = dump_seal(dump->core, entry);
    }
}

static void on_command(void *context, const struct log_entry *entry, const struct command *command)
{
    struct dump *dump = context;
    flush(dump);
    if (is_wanted(dump, entry)) {
        dump->object = dump_command(dump->core, entry, command);
        dump->effects = dump->command->has_effects ? json_array() : NULL;
    }
}

static void on_effect(void *context, const struct log_entry *entry, const struct effect *effect)
{
    struct dump *dump = context;
    (void)entry;
    if (dump->effects != NULL) {
        (void)json_array_append_new(dump->effects, dump_effect(dump->core, effect));
    }
}

int log_command_dump(const struct log_command *command, struct data_directory *data)
{
    struct dump dump = {.command = command};
    struct replay_options options = {.disk = &data->disk.disk,
                                     .log = log_options_default(),
                                     .limits = command->limits,
                                     .watch = {.on_entry = on_entry,
                                               .on_command = on_command,
                                               .on_effect = on_effect,
                                               .context = &dump}};
    struct replay *replay;
    struct log_fault fault;
    enum err err = replay_open(&options, &replay, &fault);
    if (err != ERR_OK) {
        return log_command_fail(command, err, &fault);
    }
    dump.core = replay_core(replay);
    while (err == ERR_OK && !dump.is_failed && replay_position(replay) < command->until) {
        err = replay_next(replay, &fault);
    }
    flush(&dump);
    int code = EX_OK;
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        code = log_command_fail(command, err, &fault);
    } else if (dump.is_failed || fflush(stdout) != 0) {
        code = EX_IOERR;
    }
    replay_close(replay);
    return code;
}
