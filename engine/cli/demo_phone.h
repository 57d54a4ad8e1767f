/* demo_phone.h: the demo's link for a phone: whoever opens it is one of the district's grid workers.
 *
 * Until then that worker works by itself like the others; once somebody has logged in the demo lets go of it.
 *
 * Owner   open/close; borrows nothing */
#ifndef ENGINE_CLI_DEMO_PHONE_H
#define ENGINE_CLI_DEMO_PHONE_H

#include "engine/core/city.h"
#include "engine/edge/words.h"
#include "engine/shell/accounts.h"

#include <stdbool.h>

#define DEMO_PHONE_PERSON "wang.fang"

struct demo_phone {
    struct accounts *accounts; /* NULL: the engine has no HTTP side */
    char console[256];         /* "http://127.0.0.1:8080" */
    char url[384];             /* "" : the worker is not of this city */
    bool is_taken;
};

/* line: what the engine said first; console and link follow from it. minutes: how long the link is good. */
void demo_phone_open(struct demo_phone *phone, const struct city *city, const char *data,
                     const char *line, int minutes);
void demo_phone_close(struct demo_phone *phone);

/* The address and its QR code. Nothing without HTTP. */
void demo_phone_print(const struct demo_phone *phone, enum lang lang);

/* True once: somebody has just logged in with the link. */
bool demo_phone_was_taken(struct demo_phone *phone);

#endif
