/* snapshot_restore.c: see snapshot_restore.h. */
#include "engine/edge/snapshot_restore.h"

#include <stdio.h>

static enum err pass_over(struct log_fault *fault, uint64_t position, enum err err,
                          const char *what)
{
    struct snapshot_paths paths;
    snapshot_paths_make(position, 0, &paths);
    memset(fault, 0, sizeof *fault);
    (void)snprintf(fault->file, sizeof fault->file, "%s", paths.final);
    fault->position = position;
    (void)snprintf(fault->what, sizeof fault->what, "%s", what);
    return err;
}

#define LIMIT_DIFFERS(name, value, text) || a->name != b->name
static bool limits_differ(const struct limits *a, const struct limits *b)
{
    return false LIMITS_LIST(LIMIT_DIFFERS);
}

/* Does the log hold the entry that the snapshot stands behind? The reader then stands behind it too.
 * *out_is_log_fault: what failed is the log, not the snapshot. */
static enum err find_entry(const struct snapshot_search *search, const struct snapshot_info *info,
                           struct log_reader **out_reader, bool *out_is_log_fault,
                           struct log_fault *out_fault)
{
    struct log_reader *reader;
    struct log_entry entry;
    enum err err = log_reader_open(search->disk, search->log, info->position, &reader, out_fault);
    if (err != ERR_OK) {
        *out_is_log_fault = true;
        return err == ERR_NOT_FOUND ? ERR_DAMAGED : err;
    }
    err = log_reader_next(reader, &entry, out_fault);
    if (err == ERR_NOT_FOUND) {
        err = pass_over(out_fault, info->position, ERR_MISMATCH, "it is ahead of the log");
    } else if (err != ERR_OK) {
        *out_is_log_fault = true;
    } else {
        struct log_identity identity;
        log_reader_identify(reader, &identity);
        if (identity.salt != info->log.salt || entry.time_ms != info->time_ms ||
            memcmp(identity.chain, info->log.chain, sizeof identity.chain) != 0) {
            err = pass_over(out_fault, info->position, ERR_MISMATCH,
                            "it was taken of another log than this one");
        }
    }
    if (err != ERR_OK) {
        log_reader_close(reader);
        return err;
    }
    *out_reader = reader;
    return ERR_OK;
}

static enum err try_one(const struct snapshot_search *search, uint64_t position,
                        struct snapshot_info *out_info, struct log_reader **out_reader,
                        bool *out_is_log_fault, struct log_fault *out_fault)
{
    struct snapshot_info info;
    struct log_reader *reader = NULL;
    enum err err = snapshot_read_info(search->disk, position, &info, out_fault);
    if (err == ERR_OK && limits_differ(&info.limits, search->limits)) {
        err = pass_over(out_fault, position, ERR_MISMATCH, "it was taken under other limits");
    }
    if (err == ERR_OK) {
        err = find_entry(search, &info, &reader, out_is_log_fault, out_fault);
    }
    if (err == ERR_OK) {
        err = search->restore(search->context, &info, out_fault);
        if (err != ERR_OK) {
            log_reader_close(reader);
        }
    }
    if (err == ERR_OK) {
        *out_info = info;
        *out_reader = reader;
    }
    return err;
}

enum err snapshot_restore(const struct snapshot_search *search, struct snapshot_info *out_info,
                          struct log_reader **out_reader, uint32_t *out_refused,
                          struct log_fault *out_fault)
{
    struct snapshot_list list;
    memset(out_fault, 0, sizeof *out_fault);
    *out_refused = 0;
    enum err err = snapshot_list(search->disk, &list);
    if (err != ERR_OK) {
        return pass_over(out_fault, 0, err, "the directory cannot be read");
    }
    for (uint32_t i = 0; i < list.count; i++) {
        bool is_log_fault = false;
        if (list.positions[i] > search->until_position) {
            continue;
        }
        err = try_one(search, list.positions[i], out_info, out_reader, &is_log_fault, out_fault);
        if (err == ERR_OK || err == ERR_MEMORY || is_log_fault) {
            return err;
        }
        if (err == ERR_NOT_FOUND) {
            continue; /* the engine that runs has removed it meanwhile: a newer one lies there */
        }
        ++*out_refused;
        if (search->refused != NULL) {
            search->refused(search->context, list.positions[i], err, out_fault);
        }
    }
    memset(out_fault, 0, sizeof *out_fault);
    return ERR_NOT_FOUND;
}
