/* change.c: see change.h. Both rule tables are sorted by id and walked side by side. */
#include "rules/change.h"

#include <stdlib.h>
#include <xxhash.h>

struct change_words {
    const char *json, *en, *zh;
};

static const struct change_words KINDS[] = {
#define CHANGE_ROW(name, json, en, zh) {json, en, zh},
    CHANGE_LIST(CHANGE_ROW)
#undef CHANGE_ROW
};

static const struct change_words SHAPES[] = {
#define CHANGE_ROW(name, json, en, zh) {json, en, zh},
    CHANGE_SHAPE_LIST(CHANGE_ROW)
#undef CHANGE_ROW
};

/* A digest of the event types per rule, whatever their order; 0 where none is tried, as of a rule that is not active. */
static uint64_t *types_of(const struct policy *policy)
{
    uint64_t *sums = calloc(policy->rule_count + 1u, sizeof sums[0]);
    must(sums != NULL);
    for (uint32_t i = 0; i < policy->type_count; i++) {
        const struct policy_type *type = &policy->types[i];
        const uint64_t name = XXH3_64bits(policy_text(policy, type->name), type->name.size);
        for (uint32_t k = 0; k < type->rules.count; k++) {
            sums[policy->type_rules[type->rules.first + k]] += name;
        }
    }
    return sums;
}

/* Fields of a key are rows of each image's own table: names are compared, in their order. */
static bool keys_are_equal(const struct policy *old, struct image_range a, const struct policy *new,
                           struct image_range b)
{
    bool is_equal = a.count == b.count;
    for (uint32_t i = 0; is_equal && i < a.count; i++) {
        const uint32_t left = old->keys[a.first + i];
        const uint32_t right = new->keys[b.first + i];
        if (left == KEY_CLASS || right == KEY_CLASS) {
            is_equal = left == right;
            continue;
        }
        const struct image_string from = old->fields[left].name;
        const struct image_string to = new->fields[right].name;
        is_equal = from.size == to.size &&
                   memcmp(policy_text(old, from), policy_text(new, to), from.size) == 0;
    }
    return is_equal;
}

static uint32_t shape_of(const struct change *change, const struct policy_rule *a,
                         const struct policy_rule *b, uint64_t types_a, uint64_t types_b)
{
    uint32_t shape = 0;
    if (types_a != 0 && types_b != 0 && types_a != types_b) {
        shape |= 1u << CHANGE_SHAPE_BIT_EVENTS;
    }
    if (a->dedupe.keys.count > 0 &&
        !keys_are_equal(change->old, a->dedupe.keys, change->new, b->dedupe.keys)) {
        shape |= 1u << CHANGE_SHAPE_BIT_DEDUPE;
    }
    if ((a->merge.flags & MERGE_ENABLED) != 0 &&
        (!keys_are_equal(change->old, a->merge.keys, change->new, b->merge.keys) ||
         (a->merge.asset_kind == NONE32) != (b->merge.asset_kind == NONE32))) {
        shape |= 1u << CHANGE_SHAPE_BIT_MERGE;
    }
    if (a->window != NONE32 &&
        (b->window == NONE32 || !hash128_is_equal(change->old->windows[a->window].shape,
                                                  change->new->windows[b->window].shape))) {
        shape |= 1u << CHANGE_SHAPE_BIT_WINDOW;
    }
    return shape;
}

/* The rule of before whose id the new one names with `was`, if that id is gone; NONE32. */
static uint32_t find_former(const struct change *change, uint32_t new)
{
    const struct policy_rule *rule = &change->new->rules[new];
    const struct hash128 was = rule->window == NONE32 ? (struct hash128){0, 0}
                                                      : change->new->windows[rule->window].was_hash;
    uint32_t found = NONE32;
    for (uint32_t i = 0;
         change->old != NULL && !hash128_is_none(was) && i < change->old->rule_count; i++) {
        found = hash128_is_equal(change->old->rules[i].id_hash, was) ? i : found;
    }
    for (uint32_t i = 0; found != NONE32 && i < change->new->rule_count; i++) {
        found = hash128_is_equal(change->new->rules[i].id_hash, was) ? NONE32 : found;
    }
    return found;
}

/* Does a new rule go on with the window of this one, that is gone? */
static bool is_taken_over(const struct change *change, uint32_t old)
{
    for (uint32_t i = 0; i < change->new->window_count; i++) {
        if (hash128_is_equal(change->new->windows[i].was_hash, change->old->rules[old].id_hash)) {
            return true;
        }
    }
    return false;
}

/* Of a rule under another id: repeats are remembered under the id. */
static uint32_t former_shape(const struct change *change, uint32_t old, uint32_t shape)
{
    return change->old->rules[old].dedupe.keys.count > 0 ? shape | 1u << CHANGE_SHAPE_BIT_DEDUPE
                                                         : shape;
}

static int id_compare(const struct change *change, uint32_t old, uint32_t new)
{
    const struct image_string a = change->old->rules[old].id;
    const struct image_string b = change->new->rules[new].id;
    const int order = memcmp(policy_text(change->old, a), policy_text(change->new, b),
                             a.size < b.size ? a.size : b.size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static void put_row(struct change *change, struct change_row row)
{
    row.was_active = row.old != NONE32 && change->old->rules[row.old].status == RULE_ACTIVE;
    row.is_active = row.new != NONE32 && change->new->rules[row.new].status == RULE_ACTIVE;
    change->counts[row.kind]++;
    change->rows[change->count++] = row;
}

void change_make(struct change *change, const struct policy *old, const struct policy *new)
{
    *change = (struct change){.old = old, .new = new};
    const uint32_t old_count = old == NULL ? 0 : old->rule_count;
    uint64_t *old_types = old == NULL ? NULL : types_of(old);
    uint64_t *new_types = types_of(new);
    change->rows = calloc((size_t)old_count + new->rule_count + 1u, sizeof change->rows[0]);
    must(change->rows != NULL);
    for (uint32_t i = 0, k = 0; i < old_count || k < new->rule_count;) {
        const int order = i == old_count ? 1 : k == new->rule_count ? -1 : id_compare(change, i, k);
        if (order < 0) {
            if (!is_taken_over(change, i)) {
                put_row(change,
                        (struct change_row){.kind = CHANGE_REMOVED, .old = i, .new = NONE32});
            }
            i++;
        } else if (order > 0) {
            const uint32_t former = find_former(change, k);
            const uint32_t shape =
                former == NONE32
                    ? 0
                    : former_shape(change, former,
                                   shape_of(change, &old->rules[former], &new->rules[k],
                                            old_types[former], new_types[k]));
            put_row(change, (struct change_row){.kind = former == NONE32 ? CHANGE_NEW
                                                        : shape == 0     ? CHANGE_KEPT
                                                                         : CHANGE_RESET,
                                                .old = former,
                                                .new = k++,
                                                .shape = shape});
        } else {
            const uint32_t shape =
                shape_of(change, &old->rules[i], &new->rules[k], old_types[i], new_types[k]);
            put_row(change, (struct change_row){.kind = shape == 0 ? CHANGE_KEPT : CHANGE_RESET,
                                                .old = i++,
                                                .new = k++,
                                                .shape = shape});
        }
    }
    free(old_types);
    free(new_types);
}

void change_fini(struct change *change)
{
    free(change->rows);
}

const char *change_id(const struct change *change, const struct change_row *row, uint32_t *out_size)
{
    const struct policy *policy = row->new != NONE32 ? change->new : change->old;
    const struct image_string id = policy->rules[row->new != NONE32 ? row->new : row->old].id;
    *out_size = id.size;
    return policy_text(policy, id);
}

const char *change_kind_json(enum change_kind kind)
{
    return KINDS[kind].json;
}

const char *change_kind_words(enum change_kind kind, bool is_chinese)
{
    return is_chinese ? KINDS[kind].zh : KINDS[kind].en;
}

const char *change_shape_json(enum change_shape_bit bit)
{
    return SHAPES[bit].json;
}

const char *change_shape_words(enum change_shape_bit bit, bool is_chinese)
{
    return is_chinese ? SHAPES[bit].zh : SHAPES[bit].en;
}
