/* case_record.h: `gridloop case reveal | erase | evidence`, and how `case show` names a reporter: masked. */
#ifndef ENGINE_CLI_CASE_RECORD_H
#define ENGINE_CLI_CASE_RECORD_H

#include "engine/core/core.h"
#include "engine/edge/words.h"

int case_record_reveal(int argc, char **argv);
int case_record_erase(int argc, char **argv);
int case_record_evidence(int argc, char **argv); /* case_evidence.c */

/* "138****1234, 2 reports with a contact", "erased", or "" for a case without. data: the directory with keys.db. */
#define CASE_REPORTER_SIZE 160u
void case_record_reporter(const char *data, const struct core *core, struct case_no no,
                          enum lang lang, char out[CASE_REPORTER_SIZE]);

#endif
