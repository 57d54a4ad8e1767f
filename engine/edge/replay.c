/* replay.c: see replay.h. */
#include "engine/edge/replay.h"

#include "engine/edge/block.h"
#include "engine/edge/image_store.h"
#include "engine/edge/log_expiry.h"
#include "engine/edge/snapshot_restore.h"
#include "engine/edge/words_city.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PAIRS_KEPT 3u /* core.h: image bytes must outlive their use until two activations later */

struct image_pair {
    void *city;
    void *policy;
};

struct replay {
    struct replay_options options;
    struct log_reader *reader;
    struct block block; /* of the core */
    struct core *core;
    struct image_pair pairs[PAIRS_KEPT];
    uint32_t pair_next;
    const struct log_entry *entry; /* being stepped, for effects */
    struct log_entry held;         /* read, but not known to be on disk yet */
    bool has_held;
    uint64_t position;
    uint64_t snapshot_position;
    int64_t time_ms;
    struct replay_counts counts;
    enum err failure;
};

static void pair_free(struct image_pair *pair)
{
    free(pair->city);
    free(pair->policy);
    *pair = (struct image_pair){0};
}

static enum err begin(struct replay *replay, struct log_fault *fault);

enum err replay_open(const struct replay_options *options, struct replay **out_replay,
                     struct log_fault *out_fault)
{
    memset(out_fault, 0, sizeof *out_fault);
    struct replay *replay = calloc(1, sizeof *replay);
    if (replay == NULL) {
        return ERR_MEMORY;
    }
    replay->options = *options;
    size_t size = core_size(&options->limits);
    if (block_new(size, &replay->block) != ERR_OK) {
        replay_close(replay);
        return ERR_MEMORY;
    }
    replay->core = core_init_zeroed(replay->block.bytes, size, &options->limits);
    enum err err = begin(replay, out_fault);
    if (err != ERR_OK) {
        replay_close(replay);
        return err;
    }
    *out_replay = replay;
    return ERR_OK;
}

void replay_close(struct replay *replay)
{
    if (replay == NULL) {
        return;
    }
    log_reader_close(replay->reader);
    for (uint32_t i = 0; i < PAIRS_KEPT; i++) {
        pair_free(&replay->pairs[i]);
    }
    block_free(&replay->block);
    free(replay);
}

__attribute__((format(printf, 3, 4))) static void say(struct log_fault *fault, uint64_t position,
                                                      const char *format, ...)
{
    memset(fault, 0, sizeof *fault);
    (void)snprintf(fault->file, sizeof fault->file, "log");
    fault->position = position;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(fault->what, sizeof fault->what, format, arguments);
    va_end(arguments);
}

static enum err load_image(struct replay *replay, uint64_t position, struct hash128 digest,
                           void **out_bytes, uint64_t *out_size, struct log_fault *fault)
{
    enum err err = image_store_get(replay->options.disk, digest, out_bytes, out_size);
    if (err != ERR_OK) {
        char path[IMAGE_STORE_PATH_SIZE];
        say(fault, position, "%s, which is used from here on, is %s",
            image_store_path(digest, path),
            err == ERR_NOT_FOUND ? "missing"
            : err == ERR_DAMAGED ? "damaged"
                                 : "not readable");
    }
    return err;
}

static enum err stage_images(struct replay *replay, uint64_t position, struct hash128 city,
                             struct hash128 policy, struct log_fault *fault)
{
    struct image_pair pair = {0};
    uint64_t city_size;
    uint64_t policy_size;
    enum err err = load_image(replay, position, city, &pair.city, &city_size, fault);
    if (err == ERR_OK) {
        err = load_image(replay, position, policy, &pair.policy, &policy_size, fault);
    }
    if (err != ERR_OK) {
        pair_free(&pair);
        return err;
    }
    struct image_pair *slot = &replay->pairs[replay->pair_next];
    pair_free(slot);
    *slot = pair;
    replay->pair_next = (replay->pair_next + 1) % PAIRS_KEPT;
    err = core_stage_city(replay->core, pair.city, city_size);
    if (err == ERR_OK) {
        err = core_stage_policy(replay->core, pair.policy, policy_size);
    }
    if (err != ERR_OK) {
        say(fault, position, "the images used from here on cannot be opened with these limits");
    }
    return err;
}

static void take_effect(void *context, const struct effect *effect)
{
    struct replay *replay = context;
    replay->counts.effects++;
    replay->counts.effects_digest = effect_digest(replay->counts.effects_digest, effect);
    if (replay->options.watch.on_effect != NULL) {
        replay->options.watch.on_effect(replay->options.watch.context, replay->entry, effect);
    }
}

static enum err step_command(struct replay *replay, const struct log_entry *entry,
                             const struct command *command, struct log_fault *fault)
{
    if (command->head->kind == COMMAND_ACTIVATE) {
        const struct activate_body *body = command->body.activate;
        enum err err = stage_images(replay, entry->position, body->city, body->policy, fault);
        if (err != ERR_OK) {
            return err;
        }
        replay->counts.activations++;
    }
    if (command->head->kind == COMMAND_CHECKPOINT) {
        struct hash128 digest = core_digest(replay->core);
        struct hash128 recorded = command->body.checkpoint->digest;
        replay->counts.checkpoints++;
        if (!hash128_is_equal(digest, recorded)) {
            say(fault, entry->position,
                "state %016llx%016llx, but the engine recorded %016llx%016llx%s",
                (unsigned long long)digest.hi, (unsigned long long)digest.lo,
                (unsigned long long)recorded.hi, (unsigned long long)recorded.lo,
                replay->counts.redacted > 0 ? " (positions before were redacted)" : "");
            return ERR_MISMATCH;
        }
    }
    if (command->head->kind == COMMAND_START && !replay->counts.has_start) {
        replay->counts.has_start = true;
        replay->counts.clock_mode = command->body.start->clock_mode;
        replay->counts.speed = command->body.start->speed;
    }
    if (replay->options.watch.on_command != NULL) {
        replay->options.watch.on_command(replay->options.watch.context, entry, command);
    }
    replay->counts.commands++;
    const struct effect_sink sink = {.emit = take_effect, .context = replay};
    core_step(replay->core, entry->time_ms, command, &sink);
    if (replay->options.watch.on_stepped != NULL) {
        replay->options.watch.on_stepped(replay->options.watch.context, entry);
    }
    return ERR_OK;
}

static enum err step_batch(struct replay *replay, const struct log_entry *entry,
                           struct log_fault *fault)
{
    struct batch_reader reader;
    struct command command;
    enum err err =
        batch_open(&reader, entry->payload, entry->payload_size, entry->places, entry->places_size);
    while (err == ERR_OK) {
        err = batch_next(&reader, &command);
        if (err == ERR_OK) {
            err = step_command(replay, entry, &command, fault);
            if (err != ERR_OK) {
                return err; /* said already; ERR_NOT_FOUND here is an image */
            }
        }
    }
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    say(fault, entry->position, "%s",
        err == ERR_VERSION ? "the commands were written by another version"
                           : "the commands do not follow their format");
    return err;
}

static enum err step_entry(struct replay *replay, const struct log_entry *entry,
                           struct log_fault *fault)
{
    replay->entry = entry;
    if (replay->counts.entries == 0 && replay->snapshot_position == 0) {
        replay->counts.first_time_ms = entry->time_ms;
    }
    replay->counts.entries++;
    replay->counts.seals += entry->kind == LOG_SEAL;
    replay->counts.redacted += entry->is_redacted;
    replay->counts.bytes += entry->payload_size + entry->places_size;
    if (replay->options.watch.on_entry != NULL) {
        replay->options.watch.on_entry(replay->options.watch.context, entry);
    }
    enum err err = entry->kind == LOG_BATCH ? step_batch(replay, entry, fault) : ERR_OK;
    replay->entry = NULL;
    if (err == ERR_OK) {
        replay->position = entry->position;
        replay->time_ms = entry->time_ms;
    }
    return err;
}

/* ---- where it begins ---- */

static enum err restore(void *context, const struct snapshot_info *info,
                        struct log_fault *out_fault)
{
    struct replay *replay = context;
    const struct limits *limits = &replay->options.limits;
    enum err err = ERR_OK;
    if (info->has_images) {
        err = stage_images(replay, info->position, info->city, info->policy, out_fault);
        err =
            err == ERR_NOT_FOUND ? ERR_DAMAGED : err; /* the snapshot is there, its image is not */
    }
    if (err == ERR_OK) {
        err = snapshot_load(replay->options.disk, info->position, replay->core, out_fault);
    }
    if (err != ERR_OK) {
        replay->core = core_init(replay->block.bytes, core_size(limits), limits);
        return err;
    }
    replay->position = replay->snapshot_position = info->position;
    replay->time_ms = replay->counts.first_time_ms = info->time_ms;
    replay->counts.has_start = info->has_clock;
    replay->counts.clock_mode = info->clock_mode;
    replay->counts.speed = info->clock_speed;
    return ERR_OK;
}

static void pass_over(void *context, uint64_t position, enum err err, const struct log_fault *fault)
{
    const struct replay *replay = context;
    if (replay->options.refused != NULL) {
        replay->options.refused(replay->options.watch.context, position, err, fault);
    }
}

static enum err begin(struct replay *replay, struct log_fault *fault)
{
    const struct replay_options *options = &replay->options;
    uint64_t expired;
    enum err err = log_expired_read(options->disk, &expired);
    if (err != ERR_OK) {
        say(fault, 1,
            "log/expired is damaged: it is not known from where on this log can be replayed");
        return err;
    }
    if (options->is_from_snapshot || expired > 0) {
        const struct snapshot_search search = {
            .disk = options->disk,
            .log = &options->log,
            .limits = &options->limits,
            .until_position = options->snapshot_until == 0 ? UINT64_MAX : options->snapshot_until,
            .restore = restore,
            .refused = pass_over,
            .context = replay};
        struct snapshot_info info;
        uint32_t refused;
        err = snapshot_restore(&search, &info, &replay->reader, &refused, fault);
        if (err == ERR_OK && info.position < expired) {
            err = ERR_NOT_FOUND;
        }
        if (err == ERR_NOT_FOUND && expired > 0) {
            say(fault, expired,
                "the positions of people in the entries up to here have expired, and no good "
                "snapshot from here on is left");
            return ERR_EXPIRED;
        }
        if (err != ERR_NOT_FOUND) {
            return err;
        }
    }
    return log_reader_open(options->disk, &options->log, 1, &replay->reader, fault);
}

/* The next entry that may be stepped now. */
static enum err take_entry(struct replay *replay, struct log_entry *out_entry,
                           struct log_fault *fault)
{
    if (!replay->has_held) {
        enum err err = log_reader_next(replay->reader, &replay->held, fault);
        if (err != ERR_OK) {
            return err;
        }
        replay->has_held = true;
    }
    if (replay->options.is_durable_only && !replay->held.is_durable) {
        enum err err =
            log_reader_ask_durable(replay->reader, replay->held.position, &replay->held.is_durable);
        if (err != ERR_OK) {
            return err;
        }
        if (!replay->held.is_durable) {
            return ERR_NOT_FOUND;
        }
    }
    replay->has_held = false;
    *out_entry = replay->held;
    return ERR_OK;
}

enum err replay_next(struct replay *replay, struct log_fault *out_fault)
{
    memset(out_fault, 0, sizeof *out_fault);
    must(replay->failure == ERR_OK);
    struct log_entry entry;
    enum err err = take_entry(replay, &entry, out_fault);
    if (err == ERR_NOT_FOUND) {
        return err;
    }
    if (err == ERR_OK) {
        err = step_entry(replay, &entry, out_fault);
        /* ERR_NOT_FOUND means "the end" to the caller. */
        if (err == ERR_NOT_FOUND) {
            err = ERR_DAMAGED;
        }
    }
    replay->failure = err;
    return err;
}

enum err replay_follow(struct replay *replay, uint64_t until_position, struct log_fault *out_fault)
{
    memset(out_fault, 0, sizeof *out_fault);
    while (replay->position < until_position) {
        enum err err = replay_next(replay, out_fault);
        if (err == ERR_NOT_FOUND) {
            break;
        }
        if (err != ERR_OK) {
            return err;
        }
    }
    words_use(core_city(replay->core)); /* who looks at it now tells it in the city's words */
    return ERR_OK;
}

const struct core *replay_core(const struct replay *replay)
{
    return replay->core;
}

uint64_t replay_position(const struct replay *replay)
{
    return replay->position;
}

uint64_t replay_snapshot_position(const struct replay *replay)
{
    return replay->snapshot_position;
}

int64_t replay_time_ms(const struct replay *replay)
{
    return replay->time_ms;
}

const struct replay_counts *replay_counts_now(const struct replay *replay)
{
    return &replay->counts;
}
