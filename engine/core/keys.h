/* keys.h: what makes two events the same: 128-bit keys of a rule's key fields.
 *
 * A key is a function of texts and numbers alone, never of image rows, so that it means the same after an activation. */
#ifndef ENGINE_CORE_KEYS_H
#define ENGINE_CORE_KEYS_H

#include "engine/core/state.h"

/* Salts keep keys of different tables apart. */
enum key_salt {
    SALT_DEDUPE = 1,
    SALT_MERGE = 2,
    SALT_CLOSE = 3,
    SALT_PLACE = 4,
    SALT_ASSET = 5,
    SALT_DRILL = 6,
    SALT_WINDOW = 7,
    SALT_INHIBIT = 17, /* fields that must be equal */
    SALT_GROUP = 18,   /* what is told together */
    SALT_STEP = 16     /* a step of lane escalate that a case has seen */
};

struct hash128 keys_of_class(const struct core *core, uint32_t class_row);

/* The parts of a key, in the rule's order, each with its field's name so that a plate never equals a zone. A missing
 * field counts as its own value. */
struct hash128 keys_of(const struct core *core, struct hash128 base, struct image_range keys,
                       uint32_t class_row, const struct event *event);

/* Does the event carry every part? A close clause matches nothing by a field that is not there. */
bool keys_are_in(const struct policy *policy, struct image_range keys, const struct event *event);

#endif
