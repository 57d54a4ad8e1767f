/* api_evidence.c: photos and files that acts on a case name: what there is, and one of them.
 *
 *   GET /cases/{id}/evidence/{digest}: is the case within reach and names it an act? -> the file, checked against its name
 *   (pool) -> READ_EVIDENCE, a logged act of whoever asks -> the bytes
 *
 * Nobody gets bytes before it is on record who did. Pictures come without what phones write into them, as `gridloop case
 * evidence --save` gives them; ?original=1 gives the bytes as they were sent. */
#include "engine/edge/words.h"
#include "engine/shell/api.h"
#include "engine/shell/api_request.h"
#include "engine/shell/evidence.h"
#include "engine/shell/photo.h"
#include "engine/shell/web_history.h"
#include "engine/shell/web_scope.h"
#include "engine/shell/web_state.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (2u << 20)
#define HEX_SIZE (2 * NODE_DIGEST_SIZE + 1)
#define HEAD_SIZE 16u /* of a file: its kind */

static const char *type_of(enum photo_kind kind)
{
    return kind == PHOTO_JPEG  ? "image/jpeg"
           : kind == PHOTO_PNG ? "image/png"
                               : "application/octet-stream";
}

static void path_of(const char *data, const uint8_t digest[NODE_DIGEST_SIZE], char *out,
                    size_t size)
{
    char name[EVIDENCE_NAME_SIZE];
    evidence_name(digest, name);
    (void)snprintf(out, size, "%.500s/%s", data, name);
}

/* ---- what there is ---- */

static json_t *describe(const char *data, const char *hex, const json_t *line)
{
    static const char *const OF_LINE[] = {"at_ms", "action", "actor", "order"};
    uint8_t digest[NODE_DIGEST_SIZE], head[HEAD_SIZE];
    char path[600];
    struct stat status;
    size_t size = 0;
    json_t *out = json_pack("{s:s}", "digest", hex);
    for (size_t i = 0; i < COUNT_OF(OF_LINE); i++) {
        (void)json_object_set(out, OF_LINE[i], json_object_get(line, OF_LINE[i]));
    }
    bool is_there = api_digest_parse(hex, digest);
    if (is_there) {
        path_of(data, digest, path, sizeof path);
        FILE *file = fopen(path, "rbe");
        is_there = file != NULL && fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
        size = is_there ? fread(head, 1, sizeof head, file) : 0;
        if (file != NULL) {
            (void)fclose(file);
        }
    }
    (void)json_object_set_new(out, "is_there", json_boolean(is_there));
    (void)json_object_set_new(out, "size", is_there ? json_integer(status.st_size) : json_null());
    (void)json_object_set_new(
        out, "type", is_there ? json_string(type_of(photo_kind_of(head, size))) : json_null());
    return out;
}

static bool has_digest(const json_t *list, const json_t *digest)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (json_equal(json_object_get(item, "digest"), digest)) {
            return true;
        }
    }
    return false;
}

json_t *api_evidence_list(const char *data, const json_t *timeline)
{
    json_t *out = json_array();
    size_t i, k;
    json_t *line, *digest;
    json_array_foreach(timeline, i, line)
    {
        json_array_foreach(json_object_get(line, "evidence"), k, digest)
        {
            if (!has_digest(out, digest)) { /* named again: the first act counts */
                (void)json_array_append_new(out, describe(data, json_string_value(digest), line));
            }
        }
    }
    return out;
}

/* ---- one of them ---- */

struct evidence_question {
    struct web_question question;
    struct case_no part;
    struct web_scope scope;
    char data[512], hex[HEX_SIZE];
    uint8_t digest[NODE_DIGEST_SIZE];
    bool is_original;
    /* found */
    char number[WORDS_CASE_NO_SIZE]; /* "" = no such case, or it names no such file */
    uint8_t *bytes;                  /* NULL: not there, or damaged */
    size_t size;
    enum photo_kind kind;
    bool is_damaged;
};

/* Between the question and the engine's word; the exchange's context. */
struct evidence_file {
    size_t size;
    enum photo_kind kind;
    char hex[HEX_SIZE];
    uint8_t bytes[];
};

static void read_file(struct evidence_question *question)
{
    char path[600];
    uint8_t found[NODE_DIGEST_SIZE];
    path_of(question->data, question->digest, path, sizeof path);
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return;
    }
    uint8_t *bytes = malloc(FILE_MAX);
    question->size = bytes == NULL ? 0 : fread(bytes, 1, FILE_MAX, file);
    (void)fclose(file);
    (void)crypto_generichash(found, sizeof found, bytes, question->size, NULL, 0);
    question->is_damaged = memcmp(found, question->digest, sizeof found) != 0;
    question->kind = photo_kind_of(bytes, question->size);
    if (!question->is_damaged && !question->is_original) {
        question->size = photo_strip(question->kind, bytes, question->size);
        question->is_damaged = question->size == 0; /* nothing is better than a place overlooked */
    }
    if (question->is_damaged) {
        free(bytes);
        return;
    }
    question->bytes = bytes;
}

static enum err ask_evidence(struct web_question *asked)
{
    static const char SQL[] =
        "SELECT c.number FROM cases c WHERE c.id = CAST(?1 AS INTEGER) AND EXISTS (SELECT 1 FROM"
        " timeline t WHERE t.case_id = c.id AND instr(t.evidence, ?2) > 0)" WEB_SCOPE_SQL;
    struct evidence_question *question = (struct evidence_question *)asked;
    int64_t id = 0;
    uint32_t count = 0;
    char id_text[24];
    const char *const texts[] = {id_text, question->hex};
    struct history_rows rows;
    enum err err = history_read_find(asked->db, question->part, &id, &count, &asked->fault);
    if (err == ERR_NOT_FOUND || (err == ERR_INPUT && count > 1)) {
        return ERR_OK;
    }
    (void)snprintf(id_text, sizeof id_text, "%lld", (long long)id);
    err = err != ERR_OK ? err : web_question_rows(asked, SQL, texts, COUNT_OF(texts), &rows);
    if (err != ERR_OK) {
        return err;
    }
    web_scope_bind(&rows, &question->scope);
    if (web_question_next(asked, &rows, &err)) {
        (void)snprintf(question->number, sizeof question->number, "%s",
                       history_rows_text(&rows, "number"));
        history_rows_end(&rows);
        read_file(question);
    }
    return err;
}

static void on_recorded(struct web_exchange *exchange, const Gridloop__Wire__Answer *answer)
{
    const struct evidence_file *file = web_context(exchange);
    char name[128];
    if (web_refused(exchange, answer)) {
        return;
    }
    const uint32_t code = answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT
                              ? answer->act_result->code
                              : (uint32_t)CODE_NO_RIGHT;
    if (words_code_is_refusal(code)) {
        web_problem(exchange, 403, words_code_name(code), "%s", words_code(code, LANG_EN));
        return;
    }
    (void)snprintf(name, sizeof name, "attachment; filename=\"%s%s\"", file->hex,
                   photo_ending(file->kind));
    web_set_header(exchange, "Content-Disposition", name);
    web_answer_bytes(exchange, 200, type_of(file->kind), file->bytes, file->size);
}

static void tell_evidence(struct web_exchange *exchange, struct web_question *asked)
{
    struct evidence_question *question = (struct evidence_question *)asked;
    struct api_request request;
    struct json_fault fault;
    if (question->number[0] == '\0') {
        web_problem(exchange, 404, "UNKNOWN_EVIDENCE", "no act on this case names that file");
        return;
    }
    if (question->bytes == NULL) {
        web_problem(exchange, 404, "EVIDENCE_MISSING",
                    question->is_damaged
                        ? "the file is damaged, or a picture that cannot be cleaned: original=1"
                        : "an act names it, but nobody has sent it yet, or it has expired");
        return;
    }
    struct evidence_file *file = malloc(sizeof *file + question->size);
    must(file != NULL);
    file->size = question->size;
    file->kind = question->kind;
    memcpy(file->hex, question->hex, sizeof file->hex);
    memcpy(file->bytes, question->bytes, question->size);
    free(question->bytes);
    web_set_context(exchange, file);
    json_t *body = json_pack("{s:s}", "action", "read_evidence");
    const struct api_target target = {.case_no = question->number};
    const bool is_good = api_request_act(body, &target, &request, &fault);
    must(is_good);
    web_ask(exchange, web_who(exchange)->id, &request.wire, on_recorded);
    json_decref(body);
}

void api_evidence_get(struct web_exchange *exchange)
{
    struct case_no part;
    uint8_t digest[API_DIGEST_SIZE];
    const char *original = web_query(exchange, "original");
    if (!words_parse_case_no(web_param(exchange, "id"), &part) ||
        !api_digest_parse(web_param(exchange, "digest"), digest)) {
        web_problem(exchange, 404, "UNKNOWN_EVIDENCE",
                    "a case number and a digest of 32 hexadecimal digits are expected");
        return;
    }
    struct evidence_question *question = calloc(1, sizeof *question);
    must(question != NULL);
    question->question = (struct web_question){.ask = ask_evidence, .answer = tell_evidence};
    question->part = part;
    question->scope = web_scope_of(exchange);
    question->is_original = original != NULL && strcmp(original, "1") == 0;
    (void)snprintf(question->data, sizeof question->data, "%s", web_of(exchange)->data);
    memcpy(question->digest, digest, sizeof question->digest);
    (void)sodium_bin2hex(question->hex, sizeof question->hex, digest, sizeof digest);
    web_history_question(exchange, &question->question);
}
