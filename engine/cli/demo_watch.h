/* demo_watch.h: the demo's narrator: a second reader of the engine's log that tells what it sees.
 *
 * It steps a core of its own through the entries that are durable, follows one case in sentences and picks the first of
 * each kind of event that a newcomer should see. Counters stand on the right where the terminal is wide enough. */
#ifndef ENGINE_CLI_DEMO_WATCH_H
#define ENGINE_CLI_DEMO_WATCH_H

#include "engine/core/core.h"
#include "engine/edge/words.h"

#include <stdint.h>

struct demo_watch;

/* Opens the data directory for reading; waits for the log's first entries. NULL after saying why on standard error. */
struct demo_watch *demo_watch_open(const char *data, enum lang lang);
void demo_watch_close(struct demo_watch *watch);

/* Reads what is new and tells it. False when the log cannot be read on; said on standard error. */
bool demo_watch_follow(struct demo_watch *watch);

/* Follows until the log names a city: the engine listens as soon as it has decided, and the entry may reach the file
 * later. wait_on passes some time between two looks; when it returns false, a last look decides. False is said on
 * standard error. */
bool demo_watch_await_city(struct demo_watch *watch, bool (*wait_on)(void *context), void *context);

/* The demo's own words between the engine's, with a blank line before. */
__attribute__((format(printf, 2, 4), format(printf, 3, 4))) void
demo_watch_say(struct demo_watch *watch, const char *zh, const char *en, ...);

/* An empty line, unless there is one above. */
void demo_watch_blank(struct demo_watch *watch);

const struct core *demo_watch_core(const struct demo_watch *watch);

/* Compares the gateways' record of acknowledged events (source id code case, a line each) with the log. */
struct demo_audit {
    uint64_t acknowledged;
    uint64_t lost;    /* acknowledged, but not in the log or with another answer */
    uint64_t doubled; /* event ids that took effect twice */
};
struct demo_audit demo_watch_audit(struct demo_watch *watch, const char *acks_path);

/* The ledger, the open cases' holders and clocks, who is overdue. True when it adds up. */
bool demo_watch_ledger(struct demo_watch *watch);

#endif
