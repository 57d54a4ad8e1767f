/* door_way.h: the way from a door to the engine: a map, a gateway with its outbox, results told.
 *
 * What door_way_sync returned true for is on disk in the outbox: only then may the other side be told "taken".
 *
 * Owner   open/close */
#ifndef ENGINE_CLI_DOOR_WAY_H
#define ENGINE_CLI_DOOR_WAY_H

#include "engine/doors/door_event.h"
#include "engine/edge/words.h"

#include "engine/cli/cli.h"
#include "sim/scratch.h"

struct door_way_options {
    const char *command; /* "gridloop door csv", for messages */
    const char *map, *url, *identity, *outbox, *lang, *wait;
    bool is_json, is_dry, is_quiet;
    bool needs_outbox;
    bool is_steady; /* a service: no engine is no error */
};

struct door_way {
    struct door_way_options options;
    char url[CLI_URL_SIZE];
    char outbox[512];
    struct scratch temporary; /* directory of that, without --outbox */
    enum lang lang;
    uint32_t wait_ms;
    struct door_map *map;
    struct gridloop_gateway *gateway; /* NULL: a dry run */
    uint64_t sent, answered, refused, bad;
    int exit_code; /* the first that was not 0 */
    /* Optional: told of each result. */
    void (*on_result)(void *context, const struct gridloop_result *result);
    void *context;
};

/* False after saying why; exit_code then says what to leave with. */
bool door_way_open(struct door_way *way, const struct door_way_options *options);
/* Waits for what is out, says what stayed behind, returns the exit code. */
int door_way_close(struct door_way *way);

/* Puts one event into the outbox; a dry run prints it. False when it cannot be kept: said. *out_number as given by the gateway, may
 * be NULL. */
bool door_way_put(struct door_way *way, const struct gridloop_event *event, uint64_t *out_number);

/* Everything put is on disk, and on its way if an engine answers. False: the outbox cannot be written. */
bool door_way_sync(struct door_way *way);

/* As above, waiting up to wait_ms for answers. */
bool door_way_wait(struct door_way *way, uint32_t wait_ms);

void door_way_note_exit(struct door_way *way, int code);

#endif
