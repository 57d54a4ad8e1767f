/* identities.h: the person, post or gateway of a city that somebody who mistyped one may have meant. */
#ifndef ENGINE_CLI_IDENTITIES_H
#define ENGINE_CLI_IDENTITIES_H

#include <stddef.h>

#define IDENTITIES_NEAR_SIZE 160

/* `; did you mean "li.qiang"?`, or "" when nothing is near or the city cannot be read. directory NULL: the last engine's city.
 * Returns out. */
const char *identities_near(const char *directory, const char *word,
                            char out[IDENTITIES_NEAR_SIZE]);

#endif
