/* cmd_log_snapshots.c: what `gridloop log` says of snapshots. */
#include "engine/cli/cmd_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/cli/dump_json.h"

/* Every byte of each. A damaged one is no failure: the log is whole without it. */
enum err log_snapshots_survey(const struct disk *disk, struct snapshot_survey *survey)
{
    enum err err = snapshot_list(disk, &survey->list);
    for (uint32_t i = 0; err == ERR_OK && i < survey->list.count; i++) {
        struct log_fault fault;
        survey->infos[i] = (struct snapshot_info){.position = survey->list.positions[i]};
        survey->errs[i] =
            snapshot_verify(disk, survey->list.positions[i], &survey->infos[i], &fault);
        (void)snprintf(survey->whys[i], sizeof survey->whys[i], "%s", fault.what);
    }
    return err;
}

json_t *log_snapshots_json(const struct snapshot_survey *survey)
{
    const struct dump_names names = {NULL, NULL};
    json_t *rows = json_array();
    for (uint32_t i = 0; i < survey->list.count; i++) {
        const struct snapshot_info *info = &survey->infos[i];
        const bool is_whole = survey->errs[i] == ERR_OK;
        (void)json_array_append_new(
            rows,
            json_pack("{s:I, s:b, s:s, s:o, s:I, s:o}", "position", (json_int_t)info->position,
                      "is_whole", is_whole, "why", survey->whys[i], "time",
                      is_whole ? dump_time(names, info->time_ms) : json_null(), "bytes",
                      (json_int_t)info->file_size, "state",
                      is_whole ? dump_hash(info->state) : json_null()));
    }
    return rows;
}

void log_snapshots_print(const struct log_command *command, const struct snapshot_survey *survey)
{
    const bool is_zh = cli_lang(command->lang) == LANG_ZH;
    char value[320];
    for (uint32_t i = 0; i < survey->list.count; i++) {
        const struct snapshot_info *info = &survey->infos[i];
        if (survey->errs[i] == ERR_OK) {
            (void)snprintf(value, sizeof value,
                           is_zh ? "条目 %" PRIu64 "，%" PRIu64 " 字节，完整"
                                 : "entry %" PRIu64 ", %" PRIu64 " bytes, whole",
                           info->position, info->file_size);
        } else {
            (void)snprintf(value, sizeof value,
                           is_zh ? "条目 %" PRIu64 "，已损坏：%s"
                                 : "entry %" PRIu64 ", DAMAGED: %s",
                           info->position, survey->whys[i]);
        }
        log_command_print(command, "snapshot", "快照", value);
    }
    if (survey->list.count == 0) {
        log_command_print(command, "snapshot", "快照", is_zh ? "无" : "none");
    }
}

void log_snapshots_tell_refused(void *context, uint64_t position, enum err err,
                                const struct log_fault *fault)
{
    (void)context;
    (void)fprintf(stderr,
                  "snapshot of entry %" PRIu64 " passed over: %s at byte %" PRIu64 ": %s (%s)\n",
                  position, fault->file, fault->offset, fault->what, words_err_name(err));
}
