/* scratch.c: see scratch.h. */
#include "sim/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OPEN_FILES_MAX 16 /* while a tree is walked */

const char *scratch_base(void)
{
    const char *base = getenv("TMPDIR");
    return base == NULL || base[0] == '\0' ? "/tmp" : base;
}

static bool name_it(struct scratch *scratch, const char *what)
{
    const int length = snprintf(scratch->path, sizeof scratch->path, "%s/gridloop-%s-XXXXXX",
                                scratch_base(), what);
    errno = ENAMETOOLONG;
    return length > 0 && (size_t)length < sizeof scratch->path;
}

enum err scratch_make_directory(struct scratch *scratch, const char *what)
{
    if (name_it(scratch, what) && mkdtemp(scratch->path) != NULL) {
        return ERR_OK;
    }
    scratch->path[0] = '\0';
    return ERR_IO;
}

enum err scratch_make_file(struct scratch *scratch, const char *what)
{
    const int file = name_it(scratch, what) ? mkstemp(scratch->path) : -1;
    if (file >= 0) {
        (void)close(file);
        return ERR_OK;
    }
    scratch->path[0] = '\0';
    return ERR_IO;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    (void)remove(path); /* the rest goes all the same */
    return 0;
}

void scratch_remove_tree(const char *path)
{
    (void)nftw(path, remove_one, OPEN_FILES_MAX, FTW_DEPTH | FTW_PHYS);
}

void scratch_remove(struct scratch *scratch)
{
    if (scratch->path[0] != '\0') {
        scratch_remove_tree(scratch->path);
        scratch->path[0] = '\0';
    }
}
