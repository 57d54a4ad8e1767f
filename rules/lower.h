/* lower.h: a clean rule set to the bytes of a policy image. */
#ifndef RULES_LOWER_H
#define RULES_LOWER_H

#include "rules/ruleset.h"

/* The set was loaded without findings. out_bytes is malloc'ed, 8-aligned, freed by the caller. ERR_MEMORY, ERR_TOO_LARGE. */
enum err ruleset_lower(const struct ruleset *set, void **out_bytes, size_t *out_size) WARN_UNUSED;

#endif
