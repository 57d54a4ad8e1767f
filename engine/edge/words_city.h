/* words_city.h: a city's own words (labels.csv) in place of the program's: 核查 and 核实 mean opposite things in two cities.
 *
 * The words in use belong to the thread that set them, and are copied: a city may go while its words are told.
 *
 *   kind  a vocabulary of words.h: case_state, action, code ...
 *   code  the stable name of a word in it: CHECKING, CHECK_PASS, AT_CAPACITY
 *
 * Cost    use: nothing where the same city is in use already */
#ifndef ENGINE_EDGE_WORDS_CITY_H
#define ENGINE_EDGE_WORDS_CITY_H

#include "engine/city/problems.h"
#include "engine/core/city.h"

/* From now on this thread tells in the city's words; NULL: in the program's own. Unknown rows are passed over. */
void words_use(const struct city *city);

/* Lists every row that names no word: C042, with the nearest. */
void words_check(const struct city *city, struct problems *problems);

#endif
