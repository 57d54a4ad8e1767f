/* compile.h: rule files in, one policy image out.
 *
 * Reads every *.yaml of a directory strictly, types the expressions, checks names against the city, lowers to
 * the tables of engine/core/policy.h with the match index. All problems of all files are reported.
 * Owner   out_bytes is malloc'ed, 8-aligned, freed by the caller */
#ifndef RULES_COMPILE_H
#define RULES_COMPILE_H

#include "engine/city/problems.h"
#include "engine/core/city.h"
#include "engine/core/err.h"

/* ERR_INPUT when problems holds at least one error. city is the image the rules are lowered against. */
enum err rules_compile(const char *directory, const struct city *city, struct problems *problems,
                       void **out_bytes, size_t *out_size) WARN_UNUSED;

/* The same with a dispatch policy laid over all rules (dispatch_policy.h); dispatch NULL = as they are. */
enum err rules_compile_under(const char *directory, const char *dispatch, const struct city *city,
                             struct problems *problems, void **out_bytes,
                             size_t *out_size) WARN_UNUSED;

#endif
