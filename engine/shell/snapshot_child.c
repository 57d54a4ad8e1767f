/* snapshot_child.c: see snapshot_child.h.
 *
 * What the child may do is little, since other threads of the engine may have held any lock at the fork: system calls,
 * and the writers of snapshot_file.c. Its paths are made before. All signals are blocked across the fork: libuv's
 * handlers in the child would write into the pipe that it shares with its parent. */
#include "engine/shell/snapshot_child.h"

#include "engine/edge/words.h"
#include "engine/shell/report.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILD_MS_MAX (15 * MINUTE_MS) /* one that takes longer hangs */
#define CHILD_NICE 10                 /* dispatching goes first */

static int64_t real_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t real_ms(void)
{
    return real_us() / 1000;
}

void snapshot_child_init(struct snapshot_child *child, const struct posix_disk *disk,
                         const struct node *node, const struct log *log,
                         struct snapshot_rhythm rhythm, uint64_t position)
{
    *child = (struct snapshot_child){.disk = disk,
                                     .node = node,
                                     .log = log,
                                     .rhythm = rhythm,
                                     .begun_position = position,
                                     .begun_at_ms = real_ms()};
}

bool snapshot_child_is_due(struct snapshot_child *child, bool has_room)
{
    const uint64_t entries = node_position(child->node) - child->begun_position;
    const int64_t waited_ms = real_ms() - child->begun_at_ms;
    if (child->pid != 0) {
        if (waited_ms > CHILD_MS_MAX) {
            (void)kill(child->pid, SIGKILL); /* SIGCHLD follows */
        }
        return false;
    }
    const bool is_due =
        has_room && entries > 0 &&
        ((child->rhythm.entries > 0 && entries >= child->rhythm.entries) ||
         (child->rhythm.minutes > 0 && waited_ms >= child->rhythm.minutes * MINUTE_MS));
    if (is_due && child->held_at_us == 0) {
        child->held_at_us = real_us();
    }
    return is_due;
}

static void describe(struct snapshot_child *child)
{
    must(node_durable_position(child->node) == node_position(child->node));
    node_describe(child->node, &child->info);
    log_identify(child->log, &child->info.log);
    child->begun_position = child->info.position;
    child->begun_at_ms = real_ms();
}

/* Never returns. */
_Noreturn static void run_child(struct snapshot_child *child, pid_t parent,
                                const struct snapshot_paths *paths)
{
    const unsigned directory = (unsigned)child->disk->directory;
    /* In this order: a parent that died before the first call is noticed by the second. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
        _exit(ERR_UNAVAILABLE);
    }
    /* Sockets, the lock and the log must not live on here. Standard error stays for a last word. */
    const unsigned first = directory < STDERR_FILENO ? directory : STDERR_FILENO;
    const unsigned second = directory < STDERR_FILENO ? STDERR_FILENO : directory;
    if ((first > 0 && close_range(0, first - 1, 0) != 0) ||
        (second > first + 1 && close_range(first + 1, second - 1, 0) != 0) ||
        close_range(second + 1, ~0u, 0) != 0) {
        _exit(ERR_UNAVAILABLE);
    }
    errno = 0;
    (void)!nice(CHILD_NICE);
    _exit((int)snapshot_write(&child->disk->disk, paths, node_core(child->node), &child->info));
}

void snapshot_child_start(struct snapshot_child *child)
{
    must(child->pid == 0);
    struct snapshot_paths paths;
    sigset_t all;
    sigset_t before;
    const pid_t self = getpid();
    describe(child);
    snapshot_paths_make(child->info.position, self, &paths);
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &before);
    const int64_t start_us = real_us();
    const pid_t pid = fork();
    if (pid == 0) {
        run_child(child, self, &paths);
    }
    child->fork_us = real_us() - start_us;
    child->held_us = child->held_at_us == 0 ? 0 : start_us - child->held_at_us;
    child->held_at_us = 0;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid < 0) {
        report(REPORT_WARN, "snapshot_failed", "position=%llu doing=fork why=%s",
               (unsigned long long)child->info.position, REPORT_TEXT(strerror(errno)));
        return;
    }
    child->pid = pid;
}

/* It is on disk: say so, and let older ones go. */
static void tell_done(struct snapshot_child *child)
{
    const struct disk *disk = &child->disk->disk;
    struct snapshot_info info;
    struct log_fault fault;
    enum err err = snapshot_read_info(disk, child->info.position, &info, &fault);
    if (err == ERR_OK) {
        report(REPORT_INFO, "snapshot",
               "position=%llu bytes=%llu ms=%lld fork_us=%lld held_us=%lld",
               (unsigned long long)info.position, (unsigned long long)info.file_size,
               (long long)(real_ms() - child->begun_at_ms), (long long)child->fork_us,
               (long long)child->held_us);
        err = snapshot_keep_newest(disk, SNAPSHOTS_KEPT, history_thread_position(child->history));
    }
    if (err != ERR_OK) {
        report(REPORT_WARN, "snapshot_failed", "position=%llu doing=\"look after it\" error=%s",
               (unsigned long long)child->info.position, words_err_name(err));
    }
}

static void tell_failed(const struct snapshot_child *child, int status)
{
    if (WIFSIGNALED(status)) {
        report(REPORT_WARN, "snapshot_failed", "position=%llu signal=%d",
               (unsigned long long)child->info.position, WTERMSIG(status));
        return;
    }
    const int code = WEXITSTATUS(status);
    report(REPORT_WARN, "snapshot_failed",
           "position=%llu error=%s note=\"tried again when the next one is due\"",
           (unsigned long long)child->info.position,
           code < ERR_COUNT ? words_err_name((enum err)code) : "unknown");
}

/* What a killed child leaves under its temporary name. */
static void remove_unfinished(const struct snapshot_child *child)
{
    const struct disk *disk = &child->disk->disk;
    struct snapshot_paths paths;
    snapshot_paths_make(child->info.position, getpid(), &paths);
    (void)disk->remove(disk->context, paths.temporary);
}

static void settle(struct snapshot_child *child, int status)
{
    child->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == ERR_OK) {
        tell_done(child);
    } else {
        remove_unfinished(child);
        tell_failed(child, status);
    }
}

void snapshot_child_reap(struct snapshot_child *child)
{
    int status;
    if (child->pid != 0 && waitpid(child->pid, &status, WNOHANG) == child->pid) {
        settle(child, status);
    }
}

void snapshot_child_finish(struct snapshot_child *child, bool has_room)
{
    int status;
    if (child->pid != 0) { /* the one that is written now would be older than the last one */
        (void)kill(child->pid, SIGKILL);
        if (waitpid(child->pid, &status, 0) == child->pid) {
            child->pid = 0;
            remove_unfinished(child);
            child->begun_position = 0;
        }
    }
    if (!has_room || node_position(child->node) == child->begun_position ||
        node_position(child->node) == 0) {
        return;
    }
    struct snapshot_paths paths;
    child->fork_us = child->held_us = 0;
    describe(child);
    snapshot_paths_make(child->info.position, getpid(), &paths);
    enum err err = snapshot_write(&child->disk->disk, &paths, node_core(child->node), &child->info);
    if (err == ERR_OK) {
        tell_done(child);
    } else {
        report(REPORT_WARN, "snapshot_failed", "position=%llu error=%s",
               (unsigned long long)child->info.position, words_err_name(err));
    }
}
