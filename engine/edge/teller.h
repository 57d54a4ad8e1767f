/* teller.h: one sentence of the story in the making: what all tellers share.
 *
 * Private to story.c and story_timeline.c. A pair of texts is always English, Chinese. */
#ifndef ENGINE_EDGE_TELLER_H
#define ENGINE_EDGE_TELLER_H

#include "engine/core/effect.h"
#include "engine/core/policy.h"
#include "engine/edge/text.h"
#include "engine/edge/words.h"

struct teller {
    const struct city *city;
    const struct policy *policy;
    int64_t at_ms; /* log time of the effect */
    enum lang lang;
    struct text text;
};

void teller_say(struct teller *t, const char *en, const char *zh);

/* Rows of NONE32 say nothing. */
void teller_say_person(struct teller *t, uint32_t person);
void teller_say_post(struct teller *t, uint32_t post);
void teller_say_distance(struct teller *t, int64_t cm);
void teller_say_case(struct teller *t, struct case_no no);

/* "; handle by 12:21": the clock that runs for whoever holds the case now; nothing where none runs.
 */
void teller_say_deadline(struct teller *t, uint32_t clock, int64_t deadline_ms);

/* "08:21" local; with the date in front unless on the local day of near_ms. */
void teller_put_instant(struct text *text, const struct city *city, int64_t at_ms, int64_t near_ms);

/* Whoever acted, and ": why, \"what was said\"". */
void teller_say_actor(struct teller *t, const struct effect_timeline *line);
void teller_say_reason(struct teller *t, const struct effect_timeline *line);

/* story_flows.c: false where the action is not one of its own. */
bool teller_tell_flow(struct teller *t, const struct effect_timeline *line);

/* story_timeline.c */
void teller_tell_timeline(struct teller *t, const struct effect_timeline *line);

#endif
