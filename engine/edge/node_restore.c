/* node_restore.c: a node to and from a snapshot. */
#include "engine/edge/node_state.h"
#include "engine/edge/snapshot_file.h"

#include <stdio.h>

enum err node_restore(struct node *node, const struct disk *disk, const struct snapshot_info *info,
                      struct log_fault *out_fault)
{
    must(node->position == 0);
    must(!node->has_started);
    const struct limits *limits = &node->options.limits;
    enum err err = ERR_OK;
    if (info->has_images) {
        err = node_load_pair(node, info->city, info->policy);
        if (err != ERR_OK) {
            memset(out_fault, 0, sizeof *out_fault);
            out_fault->position = info->position;
            (void)snprintf(out_fault->file, sizeof out_fault->file, "images");
            (void)snprintf(out_fault->what, sizeof out_fault->what,
                           "an image that the snapshot names is %s",
                           err == ERR_NOT_FOUND ? "missing" : "damaged or cannot be opened");
            err = err == ERR_NOT_FOUND ? ERR_DAMAGED : err;
        }
    }
    if (err == ERR_OK) {
        err = snapshot_load(disk, info->position, node->core, out_fault);
    }
    if (err != ERR_OK) {
        node->core = core_init(node->core_block.bytes, core_size(limits), limits);
        node_pair_free(&node->next);
        return err;
    }
    if (info->has_images) {
        node_promote_pair(node);
    }
    node->position = node->durable = info->position;
    node->last_time_ms = node->now_ms = info->time_ms;
    node->has_clock = info->has_clock;
    node->clock_mode = info->clock_mode;
    node->clock_speed = info->clock_speed;
    return ERR_OK;
}

void node_describe(const struct node *node, struct snapshot_info *out_info)
{
    must(!node->is_batch_out);
    *out_info = (struct snapshot_info){.position = node->position,
                                       .time_ms = node->last_time_ms,
                                       .has_images = core_city(node->core) != NULL,
                                       .has_clock = node->has_clock,
                                       .clock_mode = node->clock_mode,
                                       .clock_speed = node->clock_speed,
                                       .limits = node->options.limits};
    if (out_info->has_images) {
        out_info->city = core_city(node->core)->image.digest;
        out_info->policy = core_policy(node->core)->image.digest;
    }
}
