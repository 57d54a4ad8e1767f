/* report_types.h: what a person may report, out of the rules in force: "hotline." for who takes calls, "patrol." for who walks the streets.
 *
 * A type counts when an active rule of lane dispatch takes it: reporting it can open a case. Its class is that of the first such rule.
 *
 * Owner   borrows from the images */
#ifndef ENGINE_SHELL_REPORT_TYPES_H
#define ENGINE_SHELL_REPORT_TYPES_H

#include "engine/core/city.h"
#include "engine/core/policy.h"

#include <jansson.h>

#define REPORT_TYPE_SIZE 65u

/* Is it for people, and does an active rule open cases of it? *out_class: row of CITY_CLASSES. */
bool report_type_is_open(const struct policy *policy, uint32_t type, uint32_t *out_class);
/* "hotline", "patrol"; NULL: not for people. */
const char *report_type_by(const struct policy *policy, uint32_t type);

/* [{type, class, title, class_title, by, lane}] */
json_t *report_types_list(const struct city *city, const struct policy *policy);

/* The type by which people with these rights report that class; false: none. */
bool report_types_find(const struct city *city, const struct policy *policy, const char *class_code,
                       uint32_t rights, char out_type[REPORT_TYPE_SIZE]);

#endif
