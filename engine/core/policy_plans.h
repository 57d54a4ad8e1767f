/* policy_plans.h: what must be true of the plan tables of a policy image. */
#ifndef ENGINE_CORE_POLICY_PLANS_H
#define ENGINE_CORE_POLICY_PLANS_H

#include "engine/core/policy.h"

/* Called by policy_open once rules and types are known to be sound. */
bool policy_plans_hold(const struct policy *policy, const struct city *city);

#endif
