/* frame_gate.c: see frame_gate.h. */
#include "engine/shell/frame_gate.h"

#include "engine/city/facts.h"
#include "proto/peek.h"

#include <sodium.h>
#include <time.h>

#define REFUSAL_SIZE_MAX 256u

static int64_t real_ms(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum code judge(void *context, const uint8_t public[SEAL_PUBLIC_SIZE], const char *key_id)
{
    const struct frame_gate *gate = context;
    struct key_row row;
    if (!core_find_key(node_core(gate->node), public, &row) ||
        !hash128_is_equal(row.principal, facts_hash(key_id, strlen(key_id)))) {
        return CODE_UNKNOWN_IDENTITY;
    }
    return row.revoked_at_ms == NEVER_MS ? CODE_NOTHING : CODE_KEY_REVOKED;
}

static void fill_random(void *context, void *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
}

enum err frame_gate_init(struct frame_gate *gate, struct node *node, struct nano *nano,
                         const struct seal_identity *identity)
{
    *gate = (struct frame_gate){.node = node, .nano = nano};
    if (identity == NULL) {
        return ERR_OK;
    }
    if (!seal_init()) {
        return ERR_MEMORY;
    }
    struct seals_options options = {.limits = seals_limits_default(),
                                    .identity = *identity,
                                    .judge = judge,
                                    .random = fill_random,
                                    .context = gate};
    const enum err err = seals_open(&options, &gate->seals);
    seal_identity_wipe(&options.identity);
    return err;
}

void frame_gate_fini(struct frame_gate *gate)
{
    seals_close(gate->seals);
    gate->seals = NULL;
}

/* ---- in ---- */

static void refuse_plain(struct frame_gate *gate, const void *route, uint32_t route_size,
                         const void *frame, uint64_t frame_size)
{
    struct peek peek = {.request_id = 0};
    uint8_t bytes[REFUSAL_SIZE_MAX];
    size_t size = 0;
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__Reject reject = GRIDLOOP__WIRE__REJECT__INIT;
    static char HINT[] = "this engine runs with --auth keys: give --key FILE";
    (void)peek_frame(frame, frame_size, &peek);
    reject.has_code = 1;
    reject.code = CODE_KEY_NEEDED;
    reject.hint = HINT;
    answer.has_request_id = 1;
    answer.request_id = peek.request_id;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_REJECT;
    answer.reject = &reject;
    const struct codec_seal seal = {.key_id = NULL};
    if (codec_seal_answer(&seal, &answer, bytes, sizeof bytes, &size) == ERR_OK) {
        (void)nano_send(gate->nano, route, route_size, bytes, size);
    }
}

/* With auth none a client that insists on a key learns why it gets no session. True: it was one. */
static bool refuse_handshake(struct frame_gate *gate, const void *route, uint32_t route_size,
                             const void *frame, uint64_t frame_size)
{
    struct seal_frame outside;
    struct seal_hello hello;
    uint8_t bytes[SEAL_HELLO_SIZE_MAX];
    if (frame_size > SEAL_HELLO_SIZE_MAX || !seal_read_frame(frame, frame_size, &outside) ||
        !seal_read_hello(&outside, &hello)) {
        return false;
    }
    hello.step = SEAL_REFUSED;
    hello.code = CODE_UNKNOWN_COMMAND;
    const size_t size = seal_write_hello(bytes, "", &hello);
    (void)nano_send(gate->nano, route, route_size, bytes, size);
    return true;
}

static void receive_opened(struct frame_gate *gate, const void *route, uint32_t route_size,
                           const struct seals_taken *taken, int64_t now_ms)
{
    uint8_t marked[NODE_ROUTE_MAX];
    if (route_size + sizeof taken->session <= sizeof marked) {
        memcpy(marked, route, route_size);
        memcpy(marked + route_size, &taken->session, sizeof taken->session);
        node_receive(gate->node, marked, route_size + (uint32_t)sizeof taken->session, taken->bytes,
                     taken->size, now_ms);
    }
}

void frame_gate_receive(struct frame_gate *gate, const void *route, uint32_t route_size,
                        const void *frame, uint64_t frame_size, int64_t now_ms)
{
    struct seals_taken taken;
    if (gate->seals == NULL) {
        if (!refuse_handshake(gate, route, route_size, frame, frame_size)) {
            node_receive(gate->node, route, route_size, frame, frame_size, now_ms);
        }
        return;
    }
    switch (seals_take(gate->seals, frame, frame_size, real_ms(), &taken)) {
    case SEALS_OPENED:
        receive_opened(gate, route, route_size, &taken, now_ms);
        break;
    case SEALS_REPLY:
        (void)nano_send(gate->nano, route, route_size, taken.bytes, taken.size);
        break;
    case SEALS_PLAIN:
        refuse_plain(gate, route, route_size, frame, frame_size);
        break;
    case SEALS_DROPPED:
        break;
    }
}

/* ---- out ---- */

void frame_gate_send(struct frame_gate *gate, const struct node_output *output)
{
    uint64_t session;
    const uint8_t *bytes = output->bytes;
    size_t size = output->size;
    uint32_t route_size = output->route_size;
    if (gate->seals != NULL) {
        must(route_size > sizeof session);
        route_size -= (uint32_t)sizeof session;
        memcpy(&session, output->route + route_size, sizeof session);
        if (!seals_seal(gate->seals, session, output->bytes, output->size, real_ms(), &bytes,
                        &size)) {
            return;
        }
    }
    (void)nano_send(gate->nano, output->route, route_size, bytes, size);
}
