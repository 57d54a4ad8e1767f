/* story.h: effects told as sentences, for people who were not there.
 *
 *   08:21 camera C-017: bin overflowing (fill_percent 93) -> rule bins.full -> case 1 (...)
 *   08:21 offered to Wang Fang, 420 m, own cell. Not Li Qiang 180 m: AT_CAPACITY 6/6
 *   08:24 Wang Fang accepted; arrive by 08:54
 *
 * Rows inside an effect number into the images that were active when it was made: give those.
 * Times are the city's local time. A case is named by its serial; the full number stands in the
 * sentence that opens it. Free text and string fields of reports are never told (they may hold a
 * reporter's contact); a worker's own remark is.
 *
 * Owner   the caller's buffer; always terminated, never cut inside a character
 * Errors  none; an effect that is not for people gives 0 and an empty string */
#ifndef ENGINE_EDGE_STORY_H
#define ENGINE_EDGE_STORY_H

#include "engine/core/city.h"
#include "engine/core/effect.h"
#include "engine/core/policy.h"
#include "engine/edge/words.h"

#include <stddef.h>

#define STORY_SENTENCE_SIZE 1024u /* enough for every sentence with names of ordinary length */

/* Told to somebody who follows one case: time and what happened. Returns the bytes written. */
size_t story_sentence(const struct effect *effect, const struct city *city,
                      const struct policy *policy, enum lang lang, char *out, size_t out_size);

/* Told to somebody who watches all cases: the same, naming the case it is about. */
size_t story_feed_line(const struct effect *effect, const struct city *city,
                       const struct policy *policy, enum lang lang, char *out, size_t out_size);

/* OFFER and NOBODY of the timeline repeat what the DECISION before them told. Who shows both kinds
 * of effect leaves these out. */
bool story_is_told_before(const struct effect *effect);

/* "08:21" local; with the date in front ("03-04 08:21") unless on the local day of near_ms. */
size_t story_instant(const struct city *city, int64_t at_ms, int64_t near_ms, char *out,
                     size_t out_size);

/* Severity 1..4 as people write it: Ⅰ Ⅱ Ⅲ Ⅳ; "?" otherwise. */
const char *story_severity(uint32_t severity);

#endif
