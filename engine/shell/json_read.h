/* json_read.h: what people and programs send as JSON, read strictly by a table: nothing unknown, nothing of another type.
 *
 * A table names each member of an object, what it must be and where its value goes in the caller's struct. What is wrong is
 * told by its JSON pointer (RFC 6901) and a sentence: "/fix/lon_e7", "a whole number from -1800000000 to 1800000000 is expected,
 * not a text".
 *
 *   want          C type at offset             absent           bounds
 *   TEXT          const char *                 NULL             bytes of UTF-8, from..to; without a zero byte
 *   INT           int64_t                      JSON_ABSENT      value, from..to
 *   BOOL          int64_t 0 or 1               JSON_ABSENT
 *   WORD          int64_t, number of the word  JSON_ABSENT      vocabulary; number below `to`
 *   TEXTS         struct json_texts            count 0          count at most `to`, each as TEXT of 1..64 bytes
 *   OBJECT        as its own table says        as its members; the int64_t at offset is 1 when it is there
 *   ANY           const json_t * of an object  NULL
 *
 * Owner   texts borrow from the json_t
 * Errors  false and the first fault, in the order of the table; unknown members first */
#ifndef ENGINE_SHELL_JSON_READ_H
#define ENGINE_SHELL_JSON_READ_H

#include "engine/core/base.h"
#include "engine/edge/words.h"

#include <jansson.h>

#define JSON_ABSENT INT64_MIN
#define JSON_TEXTS_MAX 16u
#define JSON_DEPTH_MAX 8u

enum json_want {
    JSON_WANT_TEXT,
    JSON_WANT_INT,
    JSON_WANT_BOOL,
    JSON_WANT_WORD,
    JSON_WANT_TEXTS,
    JSON_WANT_OBJECT,
    JSON_WANT_ANY
};

struct json_texts {
    const char *texts[JSON_TEXTS_MAX];
    uint32_t count;
};

struct json_field {
    const char *name;
    enum json_want want;
    bool is_required;
    int64_t from, to;
    size_t offset;
    enum vocabulary vocabulary;      /* of WORD */
    const struct json_field *fields; /* of OBJECT; ends with a NULL name */
};

struct json_fault {
    char pointer[160];
    char detail[224];
};

/* The whole body. Its depth and repeated members are refused too. NULL after a fault; else the caller's to json_decref. */
json_t *json_read_body(const void *bytes, size_t size, struct json_fault *out_fault);

/* Sets every member of the table in `out`, which the table's offsets are in. fields ends with a NULL name. */
bool json_read_object(const json_t *object, const struct json_field *fields, void *out,
                      struct json_fault *out_fault) WARN_UNUSED;

#endif
