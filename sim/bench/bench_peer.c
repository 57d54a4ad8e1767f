/* bench_peer.c: see bench_peer.h. */
#include "sim/bench/bench_peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ABSENT_SIZE 128u

enum err bench_peer_directory(struct scratch *directory)
{
    enum err err = scratch_make_directory(directory, "bench");
    if (err == ERR_OK && chmod(directory->path, 0755) != 0) {
        scratch_remove(directory);
        err = ERR_IO;
    }
    return err;
}

_Noreturn static void run(const char *path, const char *const words[3], int out, pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent ||
        dup2(out, STDOUT_FILENO) < 0) {
        _exit(1);
    }
    (void)execl(path, path, words[0], words[1], words[2], (char *)NULL);
    _exit(1);
}

static void read_lines(FILE *file, struct bench_row *rows, uint32_t count, char *absent)
{
    char line[512];
    uint32_t row = NONE32;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "row") == 0) {
            row = row == NONE32 ? 0 : row + 1;
        } else if (strncmp(line, "absent ", 7) == 0) {
            (void)snprintf(absent, ABSENT_SIZE, "%.127s", line + 7);
        } else if (row < count && strncmp(line, "value ", 6) == 0 &&
                   rows[row].count < BENCH_RUNS_MAX) {
            bench_value(&rows[row], strtod(line + 6, NULL));
        } else if (row < count && strncmp(line, "note ", 5) == 0) {
            (void)snprintf(rows[row].note, sizeof rows[row].note, "%.199s", line + 5);
        }
    }
}

static void ask(const char *path, const char *const words[3], struct bench_row *rows,
                uint32_t count, char *absent)
{
    int ends[2];
    const pid_t parent = getpid();
    if (pipe(ends) != 0) {
        return;
    }
    const pid_t pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        run(path, words, ends[1], parent);
    }
    (void)close(ends[1]);
    FILE *file = fdopen(ends[0], "r");
    if (file != NULL) {
        read_lines(file, rows, count, absent);
        (void)fclose(file);
    }
    if (pid > 0) {
        (void)waitpid(pid, NULL, 0);
    }
}

void bench_peer_run(struct bench *bench, const char *program, const char *work,
                    const char *directory, struct bench_row *rows, uint32_t count)
{
    char path[512];
    char runs[16];
    char absent[ABSENT_SIZE] = "it failed, see above";
    (void)snprintf(path, sizeof path, "%s/%s", bench_peers(bench), program);
    (void)snprintf(runs, sizeof runs, "%u", bench_runs(bench));
    if (access(path, X_OK) == 0) {
        (void)fflush(stdout);
        ask(path, (const char *const[3]){work, directory, runs}, rows, count, absent);
    } else {
        (void)snprintf(absent, sizeof absent, "not installed (make deps-bench)");
    }
    for (uint32_t i = 0; i < count; i++) {
        if (rows[i].count > 0) {
            bench_add(bench, &rows[i]);
        } else {
            bench_absent(bench, &rows[i], absent);
        }
    }
}
