/* log_history.c: see log_history.h. */
#include "engine/cli/log_history.h"

#include "engine/cli/cli.h"
#include "engine/edge/log_files.h"

#include <stdio.h>
#include <sysexits.h>

#define COMMIT_RECORDS 50000u

static int fail(const struct log_history *rebuild, enum err err)
{
    (void)fprintf(stderr, "gridloop log replay: %s (exit %d)\n",
                  history_fault_text(rebuild->history), cli_exit_of(err));
    return cli_exit_of(err);
}

int log_history_open(struct log_history *rebuild, struct data_directory *data, const char *path)
{
    struct history_fault fault = {.text = ""};
    struct history_options options = {
        .path = path, .log_position = INT64_MAX, .images = {data_directory_load_image, data}};
    *rebuild = (struct log_history){.data = data};
    enum err err = log_files_salt(&data->disk.disk, &options.log_salt);
    if (err == ERR_OK) {
        err = history_open(&options, &rebuild->history, &fault);
    } else {
        (void)snprintf(fault.text, sizeof fault.text, "the log cannot be read: %s", words_err(err));
    }
    if (err != ERR_OK) {
        (void)fprintf(stderr, "gridloop log replay: %s (exit %d)\n", fault.text, cli_exit_of(err));
        return cli_exit_of(err);
    }
    return EX_OK;
}

void log_history_close(struct log_history *rebuild)
{
    history_close(rebuild->history);
    history_feed_fini(&rebuild->feed);
}

/* ---- what the replay calls ---- */

static void take(void *context, const struct history_record *record)
{
    struct log_history *rebuild = context;
    if (rebuild->failure == ERR_OK) {
        rebuild->failure = history_take(rebuild->history, record);
        rebuild->taken++;
    }
}

/* Transactions end between entries. */
static void on_entry(void *context, const struct log_entry *entry)
{
    struct log_history *rebuild = context;
    if (rebuild->taken >= COMMIT_RECORDS && rebuild->failure == ERR_OK) {
        rebuild->failure = history_commit(rebuild->history, rebuild->position);
        rebuild->taken = 0;
    }
    rebuild->position = entry->position;
}

static void on_effect(void *context, const struct log_entry *entry, const struct effect *effect)
{
    struct log_history *rebuild = context;
    history_feed_see(&rebuild->feed, entry->position, effect);
}

static void on_stepped(void *context, const struct log_entry *entry)
{
    struct log_history *rebuild = context;
    history_feed_settle(&rebuild->feed, entry->position);
}

struct replay_watch log_history_watch(struct log_history *rebuild)
{
    return (struct replay_watch){
        .on_entry = on_entry, .on_effect = on_effect, .on_stepped = on_stepped, .context = rebuild};
}

int log_history_follow(struct log_history *rebuild, const struct replay *replay)
{
    struct history_sink sink = {take, rebuild};
    enum err err = history_feed_init(&rebuild->feed, replay_core(replay), sink,
                                     history_position(rebuild->history));
    return err == ERR_OK ? EX_OK : cli_exit_of(err);
}

int log_history_finish(struct log_history *rebuild, enum lang lang)
{
    enum err err = rebuild->failure;
    if (err == ERR_OK && rebuild->position > history_position(rebuild->history)) {
        err = history_commit(rebuild->history, rebuild->position);
    }
    if (err != ERR_OK) {
        return fail(rebuild, err);
    }
    if (rebuild->is_quiet) {
        return EX_OK;
    }
    (void)fprintf(stderr,
                  lang == LANG_ZH ? "历史库已至第 %llu 条，写入 %llu 行\n"
                                  : "history up to entry %llu, %llu rows written\n",
                  (unsigned long long)history_position(rebuild->history),
                  (unsigned long long)history_counts_now(rebuild->history).rows);
    return EX_OK;
}
