/* evidence_index.h: lines of DATA/evidence/index; shared by evidence.c and evidence_copy.c only.
 *
 *   <digest, 32 hex> <owner, 32 hex> <size> <log time ms>\n     a last line without its end was being written and does not count */
#ifndef ENGINE_SHELL_EVIDENCE_INDEX_H
#define ENGINE_SHELL_EVIDENCE_INDEX_H

#include "engine/shell/evidence.h"

#define EVIDENCE_INDEX "evidence/index"
#define EVIDENCE_LINE_SIZE 128

struct evidence_entry {
    uint8_t digest[NODE_DIGEST_SIZE];
    struct hash128 owner;
    uint64_t size;
    int64_t at_ms;
};

/* Returns its length. */
int evidence_print_line(const struct evidence_entry *entry, char line[EVIDENCE_LINE_SIZE]);
bool evidence_parse_line(const char *line, struct evidence_entry *out);

#endif
