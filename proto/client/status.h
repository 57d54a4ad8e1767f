/* status.h: from enum err inside to enum gridloop_status outside, and a courier's state in words. */
#ifndef PROTO_CLIENT_STATUS_H
#define PROTO_CLIENT_STATUS_H

#include "proto/client/courier.h"
#include "proto/client/gridloop.h"

#define STATUS_WHY_SIZE 320u

int status_of_err(enum err err);

/* After waiting in vain: UNAVAILABLE, HELD, TIMEOUT, or the outbox's failure. Writes the sentence. */
int status_of_courier(const struct courier *courier, char why[STATUS_WHY_SIZE]);

#endif
