/* index_access.c: an access is opened where it saves more than its lookup costs.
 *
 * Each rule has a field by which it is rarest and another by which it is rarest again. A pair of fields is opened when the rules
 * that would use it are found in vain so often under one field alone that a lookup per event is cheaper; else these rules go under
 * their first field or their areas, when enough of them do; else they are loose. */
#include "rules/index_access.h"

#define LOOKUP_COST 1u /* of a group, beside one record looked at in vain */

#define NONE MATCH_ATTRIBUTE_NONE
#define FIELDS (MATCH_ATTRIBUTES_MAX + 1u)

/* What a rule may be filed under. */
struct options {
    uint32_t best, second; /* fields, or NONE */
    uint32_t best_share, second_share;
    uint32_t area_share; /* INDEX_ALL: asks for no area */
    bool is_impossible;
};

/* Lookups saved by an access, in shares; afterwards its number + 1. */
struct tally {
    uint64_t pairs[FIELDS][FIELDS];
    uint64_t singles[FIELDS]; /* NONE: areas */
};

/* The rarest field under which the rule has at most so many keys. */
static uint32_t find_rarest(const struct index_fields *fields, uint32_t rank, uint32_t except,
                            uint32_t keys_max, uint32_t *out_share)
{
    uint32_t best = NONE;
    *out_share = INDEX_ALL;
    for (uint32_t f = 0; f < fields->count; f++) {
        const struct index_field *field = &fields->items[f];
        const struct anchor *anchor = field->anchors[rank];
        if (anchor == NULL || f == except || index_key_count(field, anchor) > keys_max) {
            continue;
        }
        const uint32_t share = index_share(field, anchor);
        if (share < *out_share) {
            best = f;
            *out_share = share;
        }
    }
    return best;
}

static struct options find_options(const struct index_fields *fields, const struct rule *rule,
                                   uint32_t rank)
{
    struct options options = {NONE, NONE, INDEX_ALL, INDEX_ALL, INDEX_ALL, false};
    for (uint32_t f = 0; f < fields->count; f++) {
        const struct anchor *anchor = fields->items[f].anchors[rank];
        options.is_impossible = options.is_impossible ||
                                (anchor != NULL && index_key_count(&fields->items[f], anchor) == 0);
    }
    options.best = find_rarest(fields, rank, NONE, ANCHOR_TEXTS_MAX, &options.best_share);
    if (options.best != NONE) {
        const struct index_field *best = &fields->items[options.best];
        const uint32_t keys = index_key_count(best, best->anchors[rank]);
        options.second =
            find_rarest(fields, rank, options.best, INDEX_PAIR_KEYS_MAX / (keys == 0 ? 1 : keys),
                        &options.second_share);
    }
    if (index_needs_area(rule)) {
        const uint64_t share =
            (uint64_t)rule->in->areas.count * INDEX_ALL / (fields->area_count + 1);
        options.area_share = (uint32_t)share;
    }
    return options;
}

static uint64_t *pair_of(struct tally *tally, const struct options *options)
{
    const bool is_ordered = options->best < options->second;
    return is_ordered ? &tally->pairs[options->best][options->second]
                      : &tally->pairs[options->second][options->best];
}

static uint64_t *single_of(struct tally *tally, const struct options *options)
{
    return &tally->singles[options->area_share < options->best_share ? NONE : options->best];
}

/* Saved lookups become numbers of accesses. */
static void open_access(struct index_accesses *accesses, uint64_t *saved, uint32_t left,
                        uint32_t right)
{
    if (*saved <= (uint64_t)LOOKUP_COST * INDEX_ALL) {
        *saved = 0;
        return;
    }
    accesses->items[accesses->count++] = (struct index_access){left, right};
    *saved = accesses->count;
}

static void open_pairs(struct tally *tally, const struct options *options, uint32_t rule_count,
                       struct index_accesses *accesses)
{
    for (uint32_t i = 0; i < rule_count; i++) {
        if (options[i].second != NONE) {
            *pair_of(tally, &options[i]) +=
                (uint64_t)options[i].best_share * (INDEX_ALL - options[i].second_share) / INDEX_ALL;
        }
    }
    for (uint32_t left = 0; left < NONE; left++) {
        for (uint32_t right = left + 1; right < NONE; right++) {
            open_access(accesses, &tally->pairs[left][right], left, right);
        }
    }
}

static void open_singles(struct tally *tally, const struct options *options, uint32_t rule_count,
                         struct index_accesses *accesses)
{
    for (uint32_t i = 0; i < rule_count; i++) {
        const bool is_filed = options[i].second != NONE && *pair_of(tally, &options[i]) != 0;
        if (!is_filed && (options[i].best != NONE || options[i].area_share < INDEX_ALL)) {
            const uint32_t share = options[i].area_share < options[i].best_share
                                       ? options[i].area_share
                                       : options[i].best_share;
            *single_of(tally, &options[i]) += INDEX_ALL - share;
        }
    }
    for (uint32_t left = 0; left <= NONE; left++) { /* areas last */
        open_access(accesses, &tally->singles[left], left, NONE);
    }
}

void index_accesses_choose(struct arena *arena, const struct index_fields *fields,
                           const struct rule *const *rules, uint32_t rule_count,
                           struct index_accesses *out_accesses)
{
    struct tally *tally = arena_take(arena, sizeof *tally);
    struct options *options = arena_take(arena, rule_count * sizeof options[0]);
    for (uint32_t i = 0; i < rule_count; i++) {
        options[i] = find_options(fields, rules[i], i);
    }
    out_accesses->count = 0;
    out_accesses->by_rank = arena_take(arena, rule_count * sizeof out_accesses->by_rank[0]);
    open_pairs(tally, options, rule_count, out_accesses);
    open_singles(tally, options, rule_count, out_accesses);
    const uint32_t count = out_accesses->count;
    for (uint32_t i = 0; i < rule_count; i++) {
        uint64_t number = options[i].second == NONE ? 0 : *pair_of(tally, &options[i]);
        if (number == 0 && (options[i].best != NONE || options[i].area_share < INDEX_ALL)) {
            number = *single_of(tally, &options[i]);
        }
        out_accesses->by_rank[i] = options[i].is_impossible ? count
                                   : number == 0            ? count + 1
                                                            : (uint32_t)number - 1;
    }
}
