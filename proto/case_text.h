/* case_text.h: case numbers between people and the engine: "110108-20260303-0001".
 *
 * A unique tail is enough to name a case: "1", "0001" and "20260303-0001" parse to a number whose missing parts
 * are 0, for core_find_case_suffix. */
#ifndef PROTO_CASE_TEXT_H
#define PROTO_CASE_TEXT_H

#include "engine/core/command.h"

#define CASE_TEXT_SIZE 34u /* three u32 in decimal, two hyphens, the end */

/* Writes a terminated text; empty for "none". Returns its length. */
size_t case_text_print(struct case_no no, char out_text[CASE_TEXT_SIZE]);

/* ERR_MALFORMED unless text is one to three numbers joined by hyphens with a serial above 0. */
enum err case_text_parse(const char *text, struct case_no *out_no) WARN_UNUSED;

#endif
