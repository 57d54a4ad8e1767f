/* node_rules.c: somebody wants other rules used: one request at a time, compiled outside, answered when its ACTIVATE is in the
 * log. Who and why ride in that command. */
#include "engine/edge/node_state.h"

#include <stdio.h>

#define RULES_RETRY_MS 500 /* real ms */

struct rules_answer {
    enum code code;
    struct node_rules_counts counts;
    const char *hint; /* or NULL */
};

static void write_digest(struct hash128 digest, uint8_t out[16])
{
    for (uint32_t i = 0; i < 8; i++) {
        out[i] = (uint8_t)(digest.hi >> (56 - 8 * i));
        out[8 + i] = (uint8_t)(digest.lo >> (56 - 8 * i));
    }
}

/* The digests are of what runs now. */
static void tell(struct node *node, struct node_reply reply, const struct rules_answer *result)
{
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__RulesResult rules = GRIDLOOP__WIRE__RULES_RESULT__INIT;
    const struct policy *policy = core_policy(node->core);
    uint8_t digests[2][16];
    must(policy != NULL);
    write_digest(policy->info->rules_digest, digests[0]);
    write_digest(policy->image.digest, digests[1]);
    rules.has_code = rules.has_rules = rules.has_policy = 1;
    rules.code = (uint32_t)result->code;
    rules.rules = (ProtobufCBinaryData){sizeof digests[0], digests[0]};
    rules.policy = (ProtobufCBinaryData){sizeof digests[1], digests[1]};
    rules.has_kept = rules.has_reset = rules.has_added = rules.has_removed = 1;
    rules.kept = result->counts.kept;
    rules.reset = result->counts.reset;
    rules.added = result->counts.added;
    rules.removed = result->counts.removed;
    char hint[NODE_RULES_HINT_SIZE];
    (void)snprintf(hint, sizeof hint, "%s", result->hint != NULL ? result->hint : "");
    rules.hint = hint;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_RULES_RESULT;
    answer.rules_result = &rules;
    node_queue_answer(node, reply, &answer);
}

static struct hash128 read_digest(const uint8_t *bytes)
{
    struct hash128 digest = {0, 0};
    for (uint32_t i = 0; i < 8; i++) {
        digest.hi = digest.hi << 8 | bytes[i];
        digest.lo = digest.lo << 8 | bytes[8 + i];
    }
    return digest;
}

/* Rules are everybody's: only who answers for the whole city may put others into force. */
static bool may_activate(const struct node *node, const struct session *session)
{
    const struct city *city = core_city(node->core);
    return session->kind == SESSION_PERSON && session->row < city->person_count &&
           (city->persons[session->row].rights & (RIGHT_ADMINISTRATOR | RIGHT_SHIFT_CHIEF)) != 0;
}

static struct node_refusal refusal_of(const struct node *node, const struct session *session,
                                      const Gridloop__Wire__Rules *wire)
{
    if (!may_activate(node, session)) {
        return (struct node_refusal){.code = CODE_NO_RIGHT,
                                     .hint = "administrator and shift_chief may activate rules"};
    }
    if (wire->reason == NULL || wire->reason[0] == '\0') {
        return (struct node_refusal){.code = CODE_REASON_NEEDED,
                                     .hint =
                                         "say why the rules change; it is kept with the command"};
    }
    if (strlen(wire->reason) >= ACTIVATE_REASON_SIZE) {
        return (struct node_refusal){.code = CODE_TOO_LARGE,
                                     .hint = "the reason has more than 119 bytes"};
    }
    if (wire->has_expected && wire->expected.len != sizeof(struct hash128)) {
        return (struct node_refusal){.code = CODE_MALFORMED,
                                     .hint = "Rules.expected: a digest of 16 bytes"};
    }
    if (node->rules.is_used || node->is_stopping) {
        return (struct node_refusal){.code = CODE_OVERLOADED,
                                     .retry_after_ms = RULES_RETRY_MS,
                                     .hint = "another change of rules is on its way"};
    }
    return (struct node_refusal){.code = CODE_NOTHING};
}

void node_receive_rules(struct node *node, struct node_reply reply, const struct session *session,
                        const Gridloop__Wire__Rules *wire)
{
    struct node_rules_slot *slot = &node->rules;
    must(reply.route_size <= NODE_ROUTE_MAX);
    if (!wire->has_activate || !wire->activate) {
        tell(node, reply, &(struct rules_answer){.code = CODE_DONE});
        return;
    }
    if (slot->is_used && hash128_is_equal(slot->rules.by, session->principal) &&
        wire->reason != NULL && strcmp(wire->reason, slot->rules.reason) == 0) {
        memcpy(slot->route, reply.route, reply.route_size); /* sent again: the answer goes there */
        slot->route_size = reply.route_size;
        slot->request_id = reply.request_id;
        return;
    }
    const struct node_refusal refusal = refusal_of(node, session, wire);
    if (refusal.code != CODE_NOTHING) {
        node->counts.refused++;
        node_answer_refusal(node, reply, &refusal);
        return;
    }
    *slot = (struct node_rules_slot){.rules.by = session->principal,
                                     .is_used = true,
                                     .request_id = reply.request_id,
                                     .route_size = reply.route_size};
    memcpy(slot->rules.reason, wire->reason, strlen(wire->reason));
    if (wire->has_expected) {
        slot->rules.expected = read_digest(wire->expected.data);
    }
    memcpy(slot->route, reply.route, reply.route_size);
}

bool node_take_rules(struct node *node, struct node_rules *out_rules)
{
    if (!node->rules.is_used || node->rules.is_out) {
        return false;
    }
    node->rules.is_out = true;
    *out_rules = node->rules.rules;
    return true;
}

enum err node_activate_rules(struct node *node, const void *city_bytes, uint64_t city_size,
                             const void *policy_bytes, uint64_t policy_size)
{
    must(node->rules.is_used && node->rules.is_out);
    enum err err = node_activate(node, city_bytes, city_size, policy_bytes, policy_size);
    node->rules.is_signed = err == ERR_OK && node->next.city_bytes != NULL;
    return err;
}

static void answer(struct node *node, const struct rules_answer *result)
{
    struct node_rules_slot *slot = &node->rules;
    const struct node_reply reply = {slot->route, slot->route_size, slot->request_id};
    slot->is_used = false;
    tell(node, reply, result);
}

void node_rules_done(struct node *node, enum code code, struct node_rules_counts counts,
                     const char *hint)
{
    struct node_rules_slot *slot = &node->rules;
    must(slot->is_used && slot->is_out);
    if (code == CODE_DONE && slot->is_signed) { /* waits for its ACTIVATE */
        slot->counts = counts;
        slot->is_settled = true;
        return;
    }
    node->counts.refused += code == CODE_DONE ? 0 : 1;
    answer(node, &(struct rules_answer){code, counts, hint});
}

void node_rules_settled(struct node *node)
{
    if (node->rules.is_used && node->rules.is_settled) {
        answer(node, &(struct rules_answer){CODE_DONE, node->rules.counts, NULL});
    }
}

void node_rules_sign(const struct node *node, struct command_head *head, struct activate_body *body)
{
    if (node->rules.is_used && node->rules.is_signed) {
        head->principal = node->rules.rules.by;
        memcpy(body->reason, node->rules.rules.reason, sizeof body->reason);
    }
}
