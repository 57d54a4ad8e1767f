/* dispatch_policy.h: a file that says how orders are given out, laid over every rule of a set, so that ways of dispatching can be
 * compared on the same rules.
 *
 *   policy: 1
 *   title: Matched anew
 *   assign: {pick: eta, reroute: true}   # pick, reroute, offer, preempt, area_guard: as in a rule's assign
 *   reassign: {every: 10s}               # as in defaults of a rule file
 *
 * What the file does not say stays as the rules have it. Only orders that handle a case are meant, not checks.
 *
 * Errors  problems with file and line; codes of read.h */
#ifndef RULES_DISPATCH_POLICY_H
#define RULES_DISPATCH_POLICY_H

#include "rules/ruleset.h"

/* ERR_INPUT when problems holds an error. The file goes into the set's digest: the image is another one. */
enum err dispatch_policy_lay_over(const char *path, struct ruleset *set,
                                  struct problems *problems) WARN_UNUSED;

#endif
