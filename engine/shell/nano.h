/* nano.h: the engine's side of nanomsg: raw REP sockets on ipc:// and tcp://.
 *
 * A frame is answered later and in any order: nn_recvmsg hands out the routing header, which is kept as an opaque route
 * and given back with the answer. Lost answers are normal (raw REP drops what a peer does not read); clients ask again.
 *
 * Never a PUB socket and never ws://: both can be stopped by one stranger's message (docs/decisions).
 *
 * Owner   sockets; nano_close closes them at once
 * Bounds  NN_RCVMAXSIZE NODE_FRAME_MAX; a receive call takes at most NANO_FRAMES_PER_CALL */
#ifndef ENGINE_SHELL_NANO_H
#define ENGINE_SHELL_NANO_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#define NANO_LISTENERS_MAX 8u
#define NANO_FRAMES_PER_CALL 64u
#define NANO_BYTES_PER_CALL                                                                        \
    (512u << 10) /* ... or about so many bytes: then a turn, for one of them may be urgent */

struct nano {
    struct {
        int socket;
        int fd; /* readable while frames wait */
        char url[512];
    } listeners[NANO_LISTENERS_MAX];
    uint32_t count;
};

void nano_init(struct nano *nano);
void nano_close(struct nano *nano);

/* With auth none only addresses that stay on this machine are allowed: ipc:// and tcp:// to 127.x.x.x, [::1] or
 * localhost. False with a sentence otherwise. */
bool nano_is_local(const char *url, char *out_why, size_t why_size);

/* ERR_BUSY: the address is in use; ERR_INPUT: not an address; ERR_FULL: more than NANO_LISTENERS_MAX. out_why says
 * more. */
enum err nano_listen(struct nano *nano, const char *url, char *out_why,
                     size_t why_size) WARN_UNUSED;

/* Hands waiting frames of one listener to take; true when more may wait. */
typedef void nano_take_fn(void *context, const void *route, uint32_t route_size, const void *frame,
                          uint64_t frame_size);
bool nano_receive(struct nano *nano, uint32_t listener, nano_take_fn *take, void *context);

/* Sends an answer to where a frame came from. What cannot be sent now is dropped: the client asks again. False then. */
bool nano_send(struct nano *nano, const void *route, uint32_t route_size, const void *bytes,
               uint64_t size);

#endif
