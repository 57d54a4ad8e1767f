/* door_file.h: the doors that read a file: CSV with a header, JSON lines, one JSON document. */
#ifndef ENGINE_CLI_DOOR_FILE_H
#define ENGINE_CLI_DOOR_FILE_H

#include "engine/cli/door_way.h"

enum door_form { DOOR_CSV, DOOR_NDJSON, DOOR_JSON };

struct door_file_options {
    struct door_way_options way;
    enum door_form form;
    const char *file;    /* "-": standard input */
    const char *rejects; /* what was not taken, with the reason; or NULL */
    const char *resume;  /* notes how far the outbox has it; or NULL */
};

/* Returns the exit code. */
int door_file_run(const struct door_file_options *options);

#endif
