/* lower_plan.h: plan tables of engine/core/policy.h from rules/plan.h. */
#ifndef RULES_LOWER_PLAN_H
#define RULES_LOWER_PLAN_H

#include "engine/city/image_write.h"
#include "rules/plan.h"

/* Writes the sections POLICY_PLANS .. POLICY_TARGETS. Rules, types and fields have their rows. */
void lower_plans(const struct ruleset *set, struct image_writer *image);

#endif
