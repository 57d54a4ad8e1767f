/* scratch.c: see scratch.h. */
#include "sim/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPEN_FILES_MAX 16 /* while a tree is walked */
#define HELD_MAX 16     /* places at one time that a signal takes along; a further one stays then */
#define REMOVE_TRIES 10 /* other threads and children may still write into it */

/* What is there now, and the process that made it (0 = none): a fork removes nothing of its parent's. The owner is written
 * last and cleared first, as a signal may come between any two instructions. */
static struct {
    char path[SCRATCH_PATH_SIZE];
    volatile sig_atomic_t owner;
} held[HELD_MAX];

static void hold(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        if (held[i].owner == 0) {
            (void)snprintf(held[i].path, sizeof held[i].path, "%s", path);
            held[i].owner = getpid();
            return;
        }
    }
}

static void let_go(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        if (held[i].owner != 0 && strcmp(held[i].path, path) == 0) {
            held[i].owner = 0;
        }
    }
}

/* Only what a signal handler may call: walking a tree takes memory, so that another program does it. */
static void remove_from_handler(const char *path)
{
    int status = -1;
    for (int i = 0; i < REMOVE_TRIES && status != 0; i++) {
        const pid_t pid = _Fork();
        if (pid == 0) {
            (void)execl("/bin/rm", "rm", "-rf", "--", path, (char *)NULL);
            _exit(127);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid) {
            return;
        }
    }
}

static void remove_and_end(int signal_number)
{
    const pid_t self = getpid();
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        if (held[i].owner == self) {
            remove_from_handler(held[i].path);
        }
    }
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number); /* comes when the handler returns */
}

void scratch_remove_when_ended(void)
{
    static const int SIGNALS[] = {SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler = remove_and_end}, now;
    (void)sigfillset(&action.sa_mask);
    for (size_t i = 0; i < COUNT_OF(SIGNALS); i++) {
        if (sigaction(SIGNALS[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
            (void)sigaction(SIGNALS[i], &action, NULL);
        }
    }
}

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
        hold(scratch->path);
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
        hold(scratch->path);
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
        let_go(scratch->path);
        scratch->path[0] = '\0';
    }
}
