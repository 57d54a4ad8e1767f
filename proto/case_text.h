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

/* A receipt is a case number, a dot and which of the case's reports it is: "110108-20260303-0001.3"; whole or a tail. False
 * when text (may be NULL) is not that. */
bool receipt_text_split(const char *text, char out_number[CASE_TEXT_SIZE], uint32_t *out_report);

/* "" where there is no report. Returns out. */
#define RECEIPT_TEXT_SIZE (CASE_TEXT_SIZE + 12)
const char *receipt_text_print(struct case_no no, uint32_t report, char out[RECEIPT_TEXT_SIZE]);

#endif
