/* frame_gate.h: what stands between the sockets and the node: proves who sent a frame (engine/edge/seals.h), and seals what goes back.
 *
 *   auth none   frames go through as they are; a handshake is answered that no keys are taken here
 *   auth keys   only what a session opens goes through; plain requests are answered KEY_NEEDED
 *
 * A route gets the session's number behind it, so that an answer finds the key it is sealed under. The keys that are good are the core's
 * (core_find_key), asked at every frame: a revoked one is cut at once.
 *
 * Owner   borrows node and nano, which outlive it */
#ifndef ENGINE_SHELL_FRAME_GATE_H
#define ENGINE_SHELL_FRAME_GATE_H

#include "engine/edge/node.h"
#include "engine/edge/seals.h"
#include "engine/shell/nano.h"

struct frame_gate {
    struct node *node;
    struct nano *nano;
    struct seals *seals; /* NULL: auth none */
};

/* identity NULL: auth none. ERR_MEMORY. */
enum err frame_gate_init(struct frame_gate *gate, struct node *node, struct nano *nano,
                         const struct seal_identity *identity) WARN_UNUSED;
void frame_gate_fini(struct frame_gate *gate);

/* A frame from a socket; now_ms is the log clock. */
void frame_gate_receive(struct frame_gate *gate, const void *route, uint32_t route_size,
                        const void *frame, uint64_t frame_size, int64_t now_ms);

/* An answer to one of those. What cannot be sealed or sent is dropped: the client asks again. */
void frame_gate_send(struct frame_gate *gate, const struct node_output *output);

#endif
