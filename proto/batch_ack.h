/* batch_ack.h: packs the answer to a batch of events: a thousand results of a few bytes each, without a descriptor for each byte.
 *
 * The same bytes as protobuf-c's own packer, which does everything else. Fields that no descriptor knows are not packed. */
#ifndef PROTO_BATCH_ACK_H
#define PROTO_BATCH_ACK_H

#include "proto/gridloop.pb-c.h"

#include <stdbool.h>

bool batch_ack_is_it(const Gridloop__Wire__Answer *answer);

/* Of an answer that is it: its bytes, and their number. */
size_t batch_ack_size(const Gridloop__Wire__Answer *answer);
size_t batch_ack_pack(const Gridloop__Wire__Answer *answer, uint8_t *out_bytes);

#endif
