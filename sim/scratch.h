/* scratch.h: a temporary directory or file with a name of its own under $TMPDIR, else /tmp; gone again with all that was put into it.
 *
 * Owner   scratch_make_* / scratch_remove; a zeroed one holds nothing, and removing it does nothing
 * Threads one at a time
 * Errors  ERR_IO; errno says why, and path is empty */
#ifndef SIM_SCRATCH_H
#define SIM_SCRATCH_H

#include "engine/core/err.h"

#define SCRATCH_PATH_SIZE 256

struct scratch {
    char path[SCRATCH_PATH_SIZE]; /* "" = nothing was made */
};

/* Where temporary things go: borrowed from the environment. */
const char *scratch_base(void);

/* BASE/gridloop-WHAT-xxxxxx, open to its user alone. */
enum err scratch_make_directory(struct scratch *scratch, const char *what) WARN_UNUSED;
enum err scratch_make_file(struct scratch *scratch, const char *what) WARN_UNUSED;

void scratch_remove(struct scratch *scratch);

/* From now on a SIGINT or a SIGTERM removes what this process has made before it ends by it; where they are
 * ignored or handled already, nothing changes. */
void scratch_remove_when_ended(void);

/* A file, or a directory with all that is in it; links are not followed. Nothing there is fine. */
void scratch_remove_tree(const char *path);

#endif
