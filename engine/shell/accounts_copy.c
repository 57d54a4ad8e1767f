/* accounts_copy.c: accounts_copy of accounts.h: a copy of accounts.db that is whole, also while an engine writes it. */
#include "engine/shell/accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 5000

static enum err say(struct accounts_fault *fault, const char *verb, const char *path,
                    const char *why)
{
    (void)snprintf(fault->text, sizeof fault->text, "cannot %s %.300s: %.120s", verb, path, why);
    return ERR_IO;
}

static bool is_whole(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    const bool is_good =
        sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
    (void)sqlite3_finalize(stmt);
    return is_good && sqlite3_exec(db, "SELECT 1 FROM passwords, tokens LIMIT 1", NULL, NULL,
                                   NULL) == SQLITE_OK;
}

static enum err copy(sqlite3 *from, sqlite3 *to, const char *path, struct accounts_fault *out_fault)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    const int code = backup != NULL ? sqlite3_backup_step(backup, -1) : SQLITE_NOMEM;
    (void)sqlite3_backup_finish(backup);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        (void)say(out_fault, "copy", path, "somebody holds it locked; try again");
        return ERR_BUSY;
    }
    if (code != SQLITE_DONE) {
        (void)say(out_fault, "copy", path, sqlite3_errstr(code));
        return code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ERR_DAMAGED : ERR_IO;
    }
    if (!is_whole(to)) {
        (void)say(out_fault, "copy", path,
                  "it is damaged; gridloop account add makes accounts anew");
        return ERR_DAMAGED;
    }
    return ERR_OK;
}

enum err accounts_copy(const char *data, const char *directory, struct accounts_fault *out_fault)
{
    char from_path[600], to_path[600];
    sqlite3 *from = NULL;
    sqlite3 *to = NULL;
    enum err err = ERR_OK;
    (void)snprintf(from_path, sizeof from_path, "%.500s/" ACCOUNTS_FILE, data);
    (void)snprintf(to_path, sizeof to_path, "%.500s/" ACCOUNTS_FILE, directory);
    if (access(from_path, F_OK) != 0 && errno == ENOENT) {
        (void)say(out_fault, "copy", from_path, strerror(ENOENT));
        return ERR_NOT_FOUND;
    }
    const int file = open(to_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return say(out_fault, "make", to_path, strerror(errno));
    }
    (void)close(file);
    /* Not read-only: what an engine that was killed left half written is rolled back first. */
    if (sqlite3_open_v2(from_path, &from, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        err = say(out_fault, "open", from_path, from != NULL ? sqlite3_errmsg(from) : "memory");
    } else if (sqlite3_open_v2(to_path, &to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        err = say(out_fault, "open", to_path, to != NULL ? sqlite3_errmsg(to) : "memory");
    } else {
        (void)sqlite3_busy_timeout(from, BUSY_MS);
        err = copy(from, to, from_path, out_fault);
    }
    (void)sqlite3_close(from);
    (void)sqlite3_close(to);
    return err;
}
