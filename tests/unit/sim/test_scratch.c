/* test_scratch.c: temporary places lie where TMPDIR says, are nobody else's, and go with all that is in them and nothing beside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/scratch.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char base[SCRATCH_PATH_SIZE];

static int open_base(void **state)
{
    (void)state;
    struct scratch made;
    if (scratch_make_directory(&made, "base") != ERR_OK) {
        return -1;
    }
    memcpy(base, made.path, sizeof base);
    return setenv("TMPDIR", base, 1);
}

/* Fails where anything is left in it. */
static int close_base(void **state)
{
    (void)state;
    const int removed = rmdir(base);
    *strrchr(base, '/') = '\0';
    return setenv("TMPDIR", base, 1) != 0 || removed != 0;
}

static void put(const char *directory, const char *name, char out[SCRATCH_PATH_SIZE + 16])
{
    (void)snprintf(out, SCRATCH_PATH_SIZE + 16, "%s/%s", directory, name);
    FILE *file = fopen(out, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static void test_scratch_lies_where_tmpdir_says(void **state)
{
    struct scratch directory, file;
    struct stat info;
    (void)state;
    assert_int_equal(scratch_make_directory(&directory, "here"), ERR_OK);
    assert_int_equal(scratch_make_file(&file, "here"), ERR_OK);
    assert_memory_equal(directory.path, base, strlen(base));
    assert_non_null(strstr(directory.path, "/gridloop-here-"));
    assert_string_not_equal(directory.path, file.path);
    assert_int_equal(stat(directory.path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    assert_int_equal(stat(file.path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    scratch_remove(&directory);
    scratch_remove(&file);
    assert_string_equal(directory.path, "");
    assert_string_equal(file.path, "");
}

static void test_scratch_goes_with_all_that_is_in_it_and_nothing_beside(void **state)
{
    struct scratch directory, beside;
    char path[SCRATCH_PATH_SIZE + 16], kept[SCRATCH_PATH_SIZE + 16];
    (void)state;
    assert_int_equal(scratch_make_directory(&directory, "full"), ERR_OK);
    assert_int_equal(scratch_make_directory(&beside, "beside"), ERR_OK);
    put(beside.path, "kept", kept);
    (void)snprintf(path, sizeof path, "%s/below", directory.path);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof path, "%s/below/link", directory.path);
    assert_int_equal(symlink(beside.path, path), 0);
    put(directory.path, "below/file", path);
    scratch_remove(&directory);
    assert_int_equal(access(kept, F_OK), 0); /* the link went, not what it led to */
    scratch_remove(&beside);
    scratch_remove(&beside); /* again: nothing to do */
}

/* What becomes of a process that has made a place, and of one that it has forked, when both get the signal. */
static void end_by(int signal_number, bool is_in_fork)
{
    struct scratch scratch;
    char path[SCRATCH_PATH_SIZE + 16];
    int status = 0;
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        scratch_remove_when_ended();
        if (scratch_make_directory(&scratch, "ended") != ERR_OK) {
            _exit(1);
        }
        put(scratch.path, "file", path);
        const pid_t child = is_in_fork ? fork() : 0;
        if (child == 0) {
            (void)raise(signal_number);
            _exit(2);
        }
        (void)waitpid(child, &status, 0);
        const bool is_there = access(path, F_OK) == 0;
        scratch_remove(&scratch);
        _exit(is_there && WIFSIGNALED(status) ? 0 : 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (is_in_fork) {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    } else {
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), signal_number);
    }
}

static void test_scratch_goes_when_its_process_is_ended(void **state)
{
    (void)state;
    end_by(SIGTERM, false);
    end_by(SIGINT, false);
}

static void test_scratch_stays_when_a_fork_of_its_process_is_ended(void **state)
{
    (void)state;
    end_by(SIGTERM, true);
}

static void test_scratch_says_why_it_has_no_place(void **state)
{
    static char longer[SCRATCH_PATH_SIZE + 1];
    struct scratch scratch;
    (void)state;
    assert_int_equal(setenv("TMPDIR", "/nonexistent/of/gridloop", 1), 0);
    assert_int_equal(scratch_make_directory(&scratch, "x"), ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_string_equal(scratch.path, "");
    scratch_remove(&scratch);
    memset(longer, 'x', SCRATCH_PATH_SIZE);
    assert_int_equal(setenv("TMPDIR", longer, 1), 0);
    assert_int_equal(scratch_make_file(&scratch, "x"), ERR_IO);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_string_equal(scratch.path, "");
    assert_int_equal(setenv("TMPDIR", "", 1), 0);
    assert_string_equal(scratch_base(), "/tmp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_BASE(test) cmocka_unit_test_setup_teardown(test, open_base, close_base)
        IN_BASE(test_scratch_lies_where_tmpdir_says),
        IN_BASE(test_scratch_goes_with_all_that_is_in_it_and_nothing_beside),
        IN_BASE(test_scratch_goes_when_its_process_is_ended),
        IN_BASE(test_scratch_stays_when_a_fork_of_its_process_is_ended),
        IN_BASE(test_scratch_says_why_it_has_no_place),
    };
    return cmocka_run_group_tests_name("sim/scratch", tests, NULL, NULL);
}
