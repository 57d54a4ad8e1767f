/* marks.h: what each outbox was answered: the watermark and the results of its last batches.
 *
 * Gateways keep limits.batches_kept batches of up to limits.batch_events results; persons keep their last acts in their
 * worker row. A sequence number is taken once: last + 1 inside an epoch, or 1 in a newer epoch.
 *
 * Owner   struct core */
#ifndef ENGINE_CORE_MARKS_H
#define ENGINE_CORE_MARKS_H

#include "engine/core/state.h"

void marks_init(struct marks *marks, struct arena *arena, const struct limits *limits);

/* Is there room for the city's gateways beside those that left? */
bool marks_fit(const struct core *core, const struct city *city);

/* Takes over the gateways of the active city, which fit. */
void marks_adopt(struct core *core);

/* Slot of a gateway identity, or NONE32. */
uint32_t marks_find(const struct marks *marks, struct hash128 id_hash);

/* May (epoch, seq) be taken now? CODE_NOTHING: yes. CODE_DONE: it was taken before, give its results again. Else the
 * refusal: SEQ_GAP, EPOCH_OLD. epoch 0 is not once-only and always taken. */
enum code mark_admit(uint64_t epoch_known, uint64_t seq_known, uint64_t epoch, uint64_t seq);

/* Starts keeping the results of a batch of count events. */
void mark_open_batch(struct marks *marks, uint32_t slot, const struct command_head *head,
                     uint32_t count);
void mark_keep(struct marks *marks, uint32_t slot, uint64_t seq, uint32_t index,
               const struct effect_result *result);

/* Same shape as core_find_results. */
enum err mark_find_results(const struct core *core, uint32_t slot, uint64_t epoch, uint64_t seq,
                           uint64_t content_digest, struct effect_result *out_results,
                           uint32_t limit, uint32_t *out_count) WARN_UNUSED;

/* The index-th of those results; false past the last. */
bool mark_find_one(const struct core *core, uint32_t slot, const struct command_head *head,
                   uint32_t index, struct effect_result *out_result);

/* The same for a person's acts. */
void mark_keep_act(struct worker_row *row, uint64_t content_digest,
                   const struct effect_result *result);
enum err mark_find_act(const struct worker_row *row, uint64_t epoch, uint64_t seq,
                       uint64_t content_digest, struct effect_result *out_result) WARN_UNUSED;

void marks_check(const struct core *core);

#endif
