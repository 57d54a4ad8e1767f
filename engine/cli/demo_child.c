/* demo_child.c: see demo_child.h. */
#include "engine/cli/demo_child.h"

#include "engine/core/base.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 24

/* In the child: output, then the program. The demo's end is the child's end, whatever happens to the demo. */
_Noreturn static void become(const char *log_path, int out_fd, pid_t parent,
                             const char *const *words)
{
    char *argv[WORDS_MAX + 2];
    size_t count = 0;
    const int log_fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    argv[count++] = strdup("gridloop");
    for (; words[count - 1] != NULL && count <= WORDS_MAX; count++) {
        argv[count] = strdup(words[count - 1]);
    }
    argv[count] = NULL;
    if (log_fd < 0 || null_fd < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) {
        _exit(127);
    }
    (void)setpgid(0, 0); /* a Ctrl-C at the demo is the demo's to pass on */
    (void)dup2(null_fd, STDIN_FILENO);
    (void)dup2(out_fd >= 0 ? out_fd : log_fd, STDOUT_FILENO);
    (void)dup2(log_fd, STDERR_FILENO);
    (void)execv("/proc/self/exe", argv);
    _exit(127);
}

static enum err start(struct demo_child *child, const char *log_path, int out_fd,
                      const char *const *words)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) {
        return ERR_MEMORY;
    }
    if (pid == 0) {
        become(log_path, out_fd, parent, words);
    }
    child->pid = pid;
    return ERR_OK;
}

enum err demo_child_start(struct demo_child *child, const char *log_path, const char *const *words)
{
    return start(child, log_path, -1, words);
}

enum err demo_child_start_and_read(struct demo_child *child, const char *log_path,
                                   const char *const *words, int wait_ms, char *out_line,
                                   size_t line_size)
{
    int ends[2];
    size_t used = 0;
    must(line_size > 0);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return ERR_IO;
    }
    enum err err = start(child, log_path, ends[1], words);
    (void)close(ends[1]);
    struct pollfd ready = {.fd = ends[0], .events = POLLIN};
    while (err == ERR_OK && used + 1 < line_size) {
        if (poll(&ready, 1, wait_ms) <= 0 || read(ends[0], out_line + used, 1) != 1) {
            err = ERR_UNAVAILABLE;
        } else if (out_line[used] == '\n') {
            break;
        } else {
            used++;
        }
    }
    out_line[used] = '\0';
    (void)close(ends[0]); /* the engine says nothing more there: its log goes to standard error */
    return err;
}

int demo_child_wait(struct demo_child *child)
{
    int status = 0;
    if (child->pid == 0) {
        return 0;
    }
    while (waitpid(child->pid, &status, 0) < 0) {
        /* interrupted: wait on */
    }
    child->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int demo_child_stop(struct demo_child *child, int signal_number)
{
    if (child->pid == 0) {
        return 0;
    }
    (void)kill(child->pid, signal_number);
    return demo_child_wait(child);
}
