/* policy_windows.h: what must be true of the tables of rules with state in a policy image. */
#ifndef ENGINE_CORE_POLICY_WINDOWS_H
#define ENGINE_CORE_POLICY_WINDOWS_H

#include "engine/core/policy.h"

/* Called by policy_open once rules and types are known to be sound. */
bool policy_windows_hold(const struct policy *policy, const struct city *city);

#endif
