/* rules_beside.h: a rule set again, with one rule, event type and field more that come first in their order: it decides the same,
 * and every row of it is another one. What takes over in the middle of tests.
 *
 * Owner   rules_inputs_fini of the caller, after a failure too */
#ifndef ENGINE_CLI_RULES_BESIDE_H
#define ENGINE_CLI_RULES_BESIDE_H

#include "engine/cli/rules_inputs.h"

enum err rules_beside_read(const struct rules_inputs *read, const char *city,
                           struct rules_inputs *out) WARN_UNUSED;

#endif
