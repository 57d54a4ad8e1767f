/* keys.c: see keys.h. */
#include "engine/core/keys.h"

struct hash128 state_hash_text(const char *text, uint32_t size)
{
    struct hash128 hash = hash128_add((struct hash128){0, 0}, size);
    for (uint32_t at = 0; at < size; at += 8) {
        uint64_t word = 0;
        memcpy(&word, text + at, size - at < 8 ? size - at : 8);
        hash = hash128_add(hash, word);
    }
    return hash;
}

struct hash128 keys_of_class(const struct core *core, uint32_t class_row)
{
    const struct city *city = state_city(core);
    const struct image_string code = city->classes[class_row].code;
    return state_hash_text(city_text(city, code), code.size);
}

/* The parts of a key, in the rule's order, each with its field's name so that a plate never equals a zone. A missing
 * field counts as its own value. */
struct hash128 keys_of(const struct core *core, struct hash128 base, struct image_range keys,
                       uint32_t class_row, const struct event *event)
{
    const struct policy *policy = state_policy(core);
    struct hash128 hash = base;
    if ((event->head->flags & EVENT_IS_DRILL) != 0) { /* a drill never meets the real */
        hash = hash128_add(hash, SALT_DRILL);
    }
    for (uint32_t i = 0; i < keys.count; i++) {
        const uint32_t key = policy->keys[keys.first + i];
        if (key == KEY_CLASS) {
            hash = hash128_join(hash, keys_of_class(core, class_row));
            continue;
        }
        const struct event_field *field = event_find_field(event, key);
        const struct image_string name = policy->fields[key].name;
        hash = hash128_join(hash, state_hash_text(policy_text(policy, name), name.size));
        hash = hash128_add(hash, field == NULL ? 0 : (uint64_t)field->kind + 1);
        if (field != NULL) {
            hash = hash128_join(hash, (struct hash128){field->a, field->b});
        }
    }
    return hash;
}

/* Does the event carry every part? A close clause matches nothing by a field that is not there. */
bool keys_are_in(const struct policy *policy, struct image_range keys, const struct event *event)
{
    for (uint32_t i = 0; i < keys.count; i++) {
        if (event_find_field(event, policy->keys[keys.first + i]) == NULL) {
            return false;
        }
    }
    return true;
}
