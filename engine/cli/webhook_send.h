/* webhook_send.h: deliveries over HTTP, several at once, signed.
 *
 *   Gridloop-Signature: t=SECONDS,v1=HEX   HMAC-SHA256 by the hook's secret over "SECONDS.BODY"
 *   Gridloop-Delivery: ID                  the same however often it is sent: whoever takes it keeps the ids it has seen
 *   Gridloop-Attempt: N                    from 1
 *
 * 2xx is delivered. 410 is dead at once. Anything else comes again, later each time, until attempts_max: dead.
 * Redirects are not followed; 10 s for an answer, whose body is thrown away.
 *
 * Owner   init/fini */
#ifndef ENGINE_CLI_WEBHOOK_SEND_H
#define ENGINE_CLI_WEBHOOK_SEND_H

#include "engine/cli/webhook_queue.h"

#define WEBHOOK_FLIGHTS_MAX 16u
#define WEBHOOK_SIGNATURE_SIZE 100u

struct webhook_sender; /* opaque */

struct webhook_sender *webhook_sender_new(struct webhook_queue *queue,
                                          const struct webhook_config *config, bool is_quiet);
void webhook_sender_free(struct webhook_sender *sender);

/* Starts what is due, waits up to wait_ms for answers, notes them. Returns how many are on their way. */
uint32_t webhook_sender_turn(struct webhook_sender *sender, int64_t now_ms, int wait_ms,
                             enum err *out_err, struct history_fault *out_fault);

/* "t=...,v1=..." */
void webhook_sign(const char *secret, int64_t at_s, const char *body, size_t body_size,
                  char out[WEBHOOK_SIGNATURE_SIZE]);

#endif
