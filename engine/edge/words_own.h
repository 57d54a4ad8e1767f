/* words_own.h: what words.c asks of words_city.c: the label that this thread's city has for a word. Internal to the two. */
#ifndef ENGINE_EDGE_WORDS_OWN_H
#define ENGINE_EDGE_WORDS_OWN_H

#include "engine/edge/words.h"

/* NULL: the program's own. */
const char *words_own_label(enum vocabulary vocabulary, uint32_t number, enum lang lang);

#endif
