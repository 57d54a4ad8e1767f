/* process.h: the process as the tests of life.c know it, written from its description and not from the code: what may be done in
 * which state, whose right it is, and how a case of the town gets there.
 *
 * A test tries an act, looks, and goes back to the moment before it. */
#ifndef TESTS_UNIT_CORE_PROCESS_H
#define TESTS_UNIT_CORE_PROCESS_H

#include "engine/core/life.h"
#include "tests/unit/core/town.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct case_no no_case = {0, 0, 0};
static const struct town_field wet[] = {{"level", NULL, 500000}, {0}};
static const struct town_field stopped[] = {{"plate", "A1", 0}, {0}};
static const struct town_field crowd[] = {{"density", NULL, 4000000}, {0}};

#define BIT(name) (UINT64_C(1) << ACTION_##name)
#define OUTSIDE (ACTION_OUTSIDE_LIMIT + 2) /* actions tried: 0 .. */

/* Rights by letter: w who works, i who checks, d dispatcher, c chief, n intake, k desk, o overseer, a auditor, m administrator. */
struct actor {
    const char *id;
    char role;
    const char *desk; /* a post this person sits at, of those that may hold a case here */
};
#define PROCESS_ACTORS 12u
extern const struct actor process_actors[PROCESS_ACTORS];

/* What may be done to a case, by its state. */
extern const uint64_t process_allowed[CASE_STATE_COUNT];
extern const uint64_t process_with_reason; /* actions that need one */

int process_open_town(void **state);
struct case_no process_open(struct town *town, const char *source, const char *type,
                            const char *device, const struct town_field *fields);
void process_do(struct town *town, const char *who, enum action action);

/* Brings a case into the state; how: 0 the usual way, 1 held by a desk or with orders under way. */
struct case_no process_bring(struct town *town, enum case_state state, int how);

/* What an act brings: nothing but a reason, or all that any action could ask for. */
struct town_deed process_deed(const struct town *town, struct case_no no, struct case_no spare,
                              enum action action, enum reason reason, bool is_full);

bool process_is_of_plans(enum action action);
enum code process_expected_of_plans(enum action action, const struct actor *actor);
enum code process_expected(const struct town *town, struct case_no no, const struct actor *actor,
                           enum action action, bool is_full);

/* Does the core offer it? Refusals that only what the act names can bring count as taken: it is offered all the same. */
bool process_is_offered(const struct town *town, struct case_no no, const struct actor *actor,
                        enum action action);
bool process_is_taken(enum code code);

/* The whole core at one moment, to come back to. */
struct moment {
    void *block;
    struct hash128 digest;
};
struct moment moment_take(const struct town *town);
void moment_return(struct town *town, const struct moment *moment);
void moment_free(struct moment *moment);

/* Is everything as then, but for what every act leaves behind: who tried was seen, and the answer is kept? */
bool moment_is_now(struct town *town, const struct moment *moment, const char *who);

#endif
