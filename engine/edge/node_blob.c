/* node_blob.c: a photo or file on its way to the evidence store: one at a time, so that many cannot fill the memory. */
#include "engine/edge/node_state.h"

#include <stdlib.h>

#define BLOB_RETRY_MS 50 /* real ms */

void node_receive_blob(struct node *node, struct node_reply reply, struct hash128 owner,
                       const Gridloop__Wire__BlobPut *wire)
{
    struct node_blob_slot *slot = &node->blob;
    struct node_refusal refusal = {.code = CODE_NOTHING};
    if (!node->options.takes_blobs) {
        refusal = (struct node_refusal){.code = CODE_UNKNOWN_COMMAND,
                                        .hint = "evidence is not stored here"};
    } else if (wire->digest.len != NODE_DIGEST_SIZE || wire->bytes.len == 0) {
        refusal = (struct node_refusal){
            .code = CODE_MALFORMED,
            .hint = "BlobPut: a digest of 16 bytes (BLAKE2b-128) and 1 to 2097152 bytes"};
    } else if (slot->is_used || node->is_stopping || node->shed != 0) {
        refusal = (struct node_refusal){.code = CODE_OVERLOADED,
                                        .retry_after_ms = BLOB_RETRY_MS,
                                        .hint = "another file is being written"};
    } else if (slot->bytes == NULL) {
        slot->bytes = malloc(CODEC_BLOB_SIZE_MAX);
        refusal.code = slot->bytes == NULL ? CODE_OVERLOADED : CODE_NOTHING;
    }
    if (refusal.code != CODE_NOTHING) {
        node->counts.refused++;
        node_answer_refusal(node, reply, &refusal);
        return;
    }
    must(wire->bytes.len <= CODEC_BLOB_SIZE_MAX && reply.route_size <= NODE_ROUTE_MAX);
    memcpy(slot->bytes, wire->bytes.data, wire->bytes.len);
    memcpy(slot->blob.digest, wire->digest.data, NODE_DIGEST_SIZE);
    slot->blob.bytes = slot->bytes;
    slot->blob.size = (uint32_t)wire->bytes.len;
    slot->blob.owner = owner;
    slot->blob.now_ms = node->now_ms;
    memcpy(slot->route, reply.route, reply.route_size);
    slot->route_size = reply.route_size;
    slot->request_id = reply.request_id;
    slot->is_used = true;
    slot->is_out = false;
}

bool node_take_blob(struct node *node, struct node_blob *out_blob)
{
    if (!node->blob.is_used || node->blob.is_out) {
        return false;
    }
    node->blob.is_out = true;
    *out_blob = node->blob.blob;
    return true;
}

void node_blob_done(struct node *node, enum code code, const char *hint)
{
    struct node_blob_slot *slot = &node->blob;
    const struct node_reply reply = {slot->route, slot->route_size, slot->request_id};
    must(slot->is_used && slot->is_out);
    slot->is_used = slot->is_out = false;
    if (code == CODE_STORED) {
        node_answer_stored(node, reply);
        return;
    }
    node->counts.refused++;
    node_answer_refusal(node, reply, &(struct node_refusal){.code = code, .hint = hint});
}
