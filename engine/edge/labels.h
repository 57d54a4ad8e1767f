/* labels.h: what rows of the city and the policy are called, in the reader's language.
 *
 * Each function adds to a text. A row of NONE32 adds nothing and gives false. Where the city has no
 * English name the local one stands in. */
#ifndef ENGINE_EDGE_LABELS_H
#define ENGINE_EDGE_LABELS_H

#include "engine/core/city.h"
#include "engine/core/policy.h"
#include "engine/edge/text.h"
#include "engine/edge/words.h"

bool labels_put_person(struct text *text, const struct city *city, uint32_t person, enum lang lang);
bool labels_put_post(struct text *text, const struct city *city, uint32_t post, enum lang lang);
bool labels_put_class(struct text *text, const struct city *city, uint32_t class_row,
                      enum lang lang);
bool labels_put_rule(struct text *text, const struct policy *policy, uint32_t rule);

/* type is a row of POLICY_TYPES or NONE16. The title, else the type's own name. */
bool labels_put_type(struct text *text, const struct policy *policy, uint16_t type, enum lang lang);

/* Asset, else device, else cell, else coordinates. */
struct labels_where {
    uint32_t asset;
    uint32_t device;
    uint32_t cell;
    struct place place;
};
bool labels_put_where(struct text *text, const struct city *city, const struct labels_where *where,
                      enum lang lang);

/* The person whose principal this is; NONE32 if none. O(persons). */
uint32_t labels_find_person(const struct city *city, struct hash128 principal);

#endif
