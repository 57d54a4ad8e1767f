/* keyring.c: see keyring.h. */
#include "engine/core/keyring.h"

#include "engine/core/workers.h"

void keyring_init(struct keyring *keys, struct arena *arena, const struct limits *limits)
{
    keys->limit = limits->keys;
    keys->rows = arena_take(arena, sizeof keys->rows[0], limits->keys);
    table_init(&keys->by_public, arena, limits->keys);
}

bool keyring_takes_act(const struct act_body *body)
{
    return body->action == ACTION_KEY_REGISTER || body->action == ACTION_KEY_REVOKE;
}

static struct hash128 head_of(const uint8_t public[KEY_PUBLIC_SIZE])
{
    struct hash128 head;
    memcpy(&head, public, sizeof head);
    return head;
}

static uint32_t find(const struct keyring *keys, const uint8_t public[KEY_PUBLIC_SIZE])
{
    const uint32_t slot = table_find(&keys->by_public, head_of(public));
    return slot != NONE32 && memcmp(keys->rows[slot].public, public, KEY_PUBLIC_SIZE) == 0 ? slot
                                                                                           : NONE32;
}

static uint32_t count_active(const struct keyring *keys, struct hash128 principal)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < keys->high; i++) {
        const struct key_row *row = &keys->rows[i];
        count += row->is_used != 0 && row->revoked_at_ms == NEVER_MS &&
                 hash128_is_equal(row->principal, principal);
    }
    return count;
}

/* A slot for a new key, NONE32: every one is active. */
static uint32_t take_slot(struct keyring *keys)
{
    if (keys->high < keys->limit) {
        return keys->high++;
    }
    uint32_t oldest = NONE32;
    for (uint32_t i = 0; i < keys->high; i++) {
        const struct key_row *row = &keys->rows[i];
        if (row->revoked_at_ms != NEVER_MS &&
            (oldest == NONE32 || row->revoked_at_ms < keys->rows[oldest].revoked_at_ms)) {
            oldest = i;
        }
    }
    if (oldest != NONE32) {
        table_remove(&keys->by_public, head_of(keys->rows[oldest].public));
    }
    return oldest;
}

/* Is it a gateway or person of the city as it is today? */
static bool is_known(const struct core *core, struct hash128 principal)
{
    const struct city *city = state_city(core);
    const uint32_t worker = workers_find(&core->workers, principal);
    bool is_found = worker != NONE32 && worker_person(core, worker) != NULL;
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        is_found = is_found || hash128_is_equal(city->gateways[i].id_hash, principal);
    }
    return is_found;
}

static bool may_act_for(const struct core *core, uint32_t worker, struct hash128 principal)
{
    const struct city_person *person = worker_person(core, worker);
    const struct hash128 own = core->workers.rows[worker].id_hash;
    return person != NULL &&
           ((person->rights & RIGHT_ADMINISTRATOR) != 0 ||
            (hash128_is_equal(own, principal) && count_active(&core->keyring, own) > 0));
}

/* Who was given which key before has no other chance: a revoked one stays so. */
static enum code find_conflict(const struct keyring *keys, struct hash128 principal,
                               const uint8_t public[KEY_PUBLIC_SIZE])
{
    const uint32_t known = table_find(&keys->by_public, head_of(public));
    if (known == NONE32) {
        return CODE_NOTHING;
    }
    const struct key_row *row = &keys->rows[known];
    if (row->revoked_at_ms != NEVER_MS) {
        return CODE_KEY_REVOKED;
    }
    return find(keys, public) != NONE32 && hash128_is_equal(row->principal, principal)
               ? CODE_DONE
               : CODE_BAD_KEY; /* of somebody else: one key, one identity */
}

static enum code register_key(struct core *core, uint32_t worker, struct hash128 principal,
                              const uint8_t public[KEY_PUBLIC_SIZE])
{
    struct keyring *keys = &core->keyring;
    const enum code conflict = find_conflict(keys, principal, public);
    if (conflict != CODE_NOTHING) {
        return conflict;
    }
    const uint32_t slot =
        count_active(keys, principal) < KEYS_PER_IDENTITY ? take_slot(keys) : NONE32;
    if (slot == NONE32) {
        return CODE_TABLE_FULL;
    }
    struct key_row *row = &keys->rows[slot];
    memset(row, 0, sizeof *row);
    memcpy(row->public, public, KEY_PUBLIC_SIZE);
    row->principal = principal;
    row->by = core->workers.rows[worker].id_hash;
    row->registered_at_ms = core->now_ms;
    row->revoked_at_ms = NEVER_MS;
    row->is_used = 1;
    table_add(&keys->by_public, head_of(public), slot);
    return CODE_DONE;
}

static enum code revoke_key(struct core *core, uint32_t slot, enum reason reason)
{
    if (slot == NONE32) {
        return CODE_UNKNOWN_KEY;
    }
    if (reason == REASON_NONE) {
        return CODE_REASON_NEEDED;
    }
    struct key_row *row = &core->keyring.rows[slot];
    row->revoked_at_ms = min_i64(row->revoked_at_ms, core->now_ms);
    return CODE_DONE;
}

enum code keyring_act(struct core *core, uint32_t worker, const struct command *command)
{
    const struct act_body *body = command->body.act.head;
    const bool is_new = body->action == ACTION_KEY_REGISTER;
    const bool is_key = body->evidence_count * sizeof(struct hash128) == KEY_PUBLIC_SIZE;
    const struct hash128 nobody = {0, 0};
    uint8_t public[KEY_PUBLIC_SIZE] = {0};
    if (is_key) {
        memcpy(public, command->body.act.evidence, sizeof public);
    }
    const uint32_t slot = is_key && !is_new ? find(&core->keyring, public) : NONE32;
    const struct hash128 owner = is_new           ? body->subject
                                 : slot != NONE32 ? core->keyring.rows[slot].principal
                                                  : nobody;
    if (!may_act_for(core, worker, owner)) {
        return CODE_NO_RIGHT;
    }
    if (!is_key) {
        return CODE_BAD_KEY;
    }
    if (is_new && !is_known(core, owner)) {
        return CODE_UNKNOWN_IDENTITY;
    }
    return is_new ? register_key(core, worker, owner, public)
                  : revoke_key(core, slot, (enum reason)body->reason);
}

bool keyring_index(struct keyring *keys)
{
    for (uint32_t i = 0; i < keys->high; i++) {
        const struct key_row *row = &keys->rows[i];
        if (row->is_used != 1 || row->reserved != 0 ||
            table_find(&keys->by_public, head_of(row->public)) != NONE32) {
            return false;
        }
        table_add(&keys->by_public, head_of(row->public), i);
    }
    return true;
}

void keyring_check(const struct core *core)
{
    const struct keyring *keys = &core->keyring;
    must(keys->high <= keys->limit && keys->by_public.count == keys->high);
    for (uint32_t i = 0; i < keys->high; i++) {
        must(keys->rows[i].is_used == 1 && find(keys, keys->rows[i].public) == i);
    }
    table_check(&keys->by_public);
}

/* ---- views ---- */

bool core_find_key(const struct core *core, const uint8_t public[KEY_PUBLIC_SIZE],
                   struct key_row *out_row)
{
    const uint32_t slot = find(&core->keyring, public);
    if (slot != NONE32) {
        *out_row = core->keyring.rows[slot];
    }
    return slot != NONE32;
}

bool core_next_key(const struct core *core, uint32_t *slot, struct key_row *out_row)
{
    if (*slot >= core->keyring.high) {
        return false;
    }
    *out_row = core->keyring.rows[(*slot)++];
    return true;
}
