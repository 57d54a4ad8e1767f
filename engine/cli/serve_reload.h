/* serve_reload.h: city and rules are read again while the engine runs: on a signal, or because a person asked.
 *
 *   HUP or a Rules request -> compiled and linted on a thread of libuv's pool -> held against what runs -> activated on the
 *   engine thread, or the old pair stays and both ends are told why
 *
 * Owner   borrows node and disk; one reload at a time */
#ifndef ENGINE_CLI_SERVE_RELOAD_H
#define ENGINE_CLI_SERVE_RELOAD_H

#include "engine/edge/node.h"
#include "engine/shell/compile_pair.h"

#include <uv.h>

struct serve_reload {
    const char *city, *rules; /* directories; rules NULL: CITY/rules */
    struct node *node;
    const struct disk *disk; /* of the data directory */
    uv_work_t work;
    bool is_running, is_asked; /* asked: by a person, who waits for an answer */
    struct node_rules asked;
    struct compiled_pair fresh;
    struct problems *problems;
    struct pair_missing missing;
    enum err err;
};

/* Makes both images durable and has them activated, on that request where there is one. */
enum err serve_put_and_activate(struct serve_reload *reload,
                                const struct compiled_pair *pair) WARN_UNUSED;

/* asked NULL: a signal. */
void serve_reload_start(struct serve_reload *reload, uv_loop_t *uv, const struct node_rules *asked);

#endif
