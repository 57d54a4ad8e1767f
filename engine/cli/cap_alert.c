/* cap_alert.c: see cap_alert.h. What may stand where is ELEMENTS, in the words of the standard; shapes are cap_shape.c's. */
#include "engine/cli/cap_alert.h"

#include "engine/city/text_file.h"
#include "engine/cli/cap_shape.h"
#include "engine/core/base.h"
#include "sim/trace_file.h"

#include <expat.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CAP_NAMESPACE "urn:oasis:names:tc:emergency:cap:1.2"
#define CAP_NAMESPACE_ANY "urn:oasis:names:tc:emergency:cap:"
#define SEPARATOR '|'
#define DEPTH_MAX 5u
#define SKIPPED_DEPTH_MAX 64u /* of other namespaces */
#define PROBLEMS_MAX 20
#define DECLARATION_SIZE 256u /* where an encoding is declared */

enum element_flag {
    IS_NEEDED = 1u << 0,
    MAY_REPEAT = 1u << 1,
    IS_GROUP = 1u << 2, /* has elements, no text */
    IS_TIME = 1u << 3,
    IS_SHAPE = 1u << 4,
};

/* words: the only texts allowed, with commas around each; NULL = any. */
static const struct element {
    const char *parent, *name;
    uint32_t flags;
    const char *words;
} ELEMENTS[] = {
    {"", "alert", IS_NEEDED | IS_GROUP, NULL},
    {"alert", "identifier", IS_NEEDED, NULL},
    {"alert", "sender", IS_NEEDED, NULL},
    {"alert", "sent", IS_NEEDED | IS_TIME, NULL},
    {"alert", "status", IS_NEEDED, ",Actual,Exercise,System,Test,Draft,"},
    {"alert", "msgType", IS_NEEDED, ",Alert,Update,Cancel,Ack,Error,"},
    {"alert", "source", 0, NULL},
    {"alert", "scope", IS_NEEDED, ",Public,Restricted,Private,"},
    {"alert", "restriction", 0, NULL},
    {"alert", "addresses", 0, NULL},
    {"alert", "code", MAY_REPEAT, NULL},
    {"alert", "note", 0, NULL},
    {"alert", "references", 0, NULL},
    {"alert", "incidents", 0, NULL},
    {"alert", "info", MAY_REPEAT | IS_GROUP, NULL},
    {"info", "language", 0, NULL},
    {"info", "category", IS_NEEDED | MAY_REPEAT,
     ",Geo,Met,Safety,Security,Rescue,Fire,Health,Env,Transport,Infra,CBRNE,Other,"},
    {"info", "event", IS_NEEDED, NULL},
    {"info", "responseType", MAY_REPEAT,
     ",Shelter,Evacuate,Prepare,Execute,Avoid,Monitor,Assess,AllClear,None,"},
    {"info", "urgency", IS_NEEDED, ",Immediate,Expected,Future,Past,Unknown,"},
    {"info", "severity", IS_NEEDED, ",Extreme,Severe,Moderate,Minor,Unknown,"},
    {"info", "certainty", IS_NEEDED, ",Observed,Likely,Possible,Unlikely,Unknown,"},
    {"info", "audience", 0, NULL},
    {"info", "eventCode", MAY_REPEAT | IS_GROUP, NULL},
    {"info", "effective", IS_TIME, NULL},
    {"info", "onset", IS_TIME, NULL},
    {"info", "expires", IS_TIME, NULL},
    {"info", "senderName", 0, NULL},
    {"info", "headline", 0, NULL},
    {"info", "description", 0, NULL},
    {"info", "instruction", 0, NULL},
    {"info", "web", 0, NULL},
    {"info", "contact", 0, NULL},
    {"info", "parameter", MAY_REPEAT | IS_GROUP, NULL},
    {"info", "resource", MAY_REPEAT | IS_GROUP, NULL},
    {"info", "area", MAY_REPEAT | IS_GROUP, NULL},
    {"eventCode", "valueName", IS_NEEDED, NULL},
    {"eventCode", "value", IS_NEEDED, NULL},
    {"parameter", "valueName", IS_NEEDED, NULL},
    {"parameter", "value", IS_NEEDED, NULL},
    {"geocode", "valueName", IS_NEEDED, NULL},
    {"geocode", "value", IS_NEEDED, NULL},
    {"resource", "resourceDesc", IS_NEEDED, NULL},
    {"resource", "mimeType", IS_NEEDED, NULL},
    {"resource", "size", 0, NULL},
    {"resource", "uri", 0, NULL},
    {"resource", "derefUri", 0, NULL},
    {"resource", "digest", 0, NULL},
    {"area", "areaDesc", IS_NEEDED, NULL},
    {"area", "polygon", MAY_REPEAT | IS_SHAPE, NULL},
    {"area", "circle", MAY_REPEAT | IS_SHAPE, NULL},
    {"area", "geocode", MAY_REPEAT | IS_GROUP, NULL},
    {"area", "altitude", 0, NULL},
    {"area", "ceiling", 0, NULL},
};

_Static_assert(COUNT_OF(ELEMENTS) <= 64, "what was seen of a block is one bit an element");

/* An element that is open. */
struct level {
    const struct element *element;
    uint64_t seen; /* bit per row of ELEMENTS: its children */
    int line, column;
};

struct reading {
    XML_Parser parser;
    struct problems *problems;
    const char *file;
    struct cap_alert *alert;
    struct level levels[DEPTH_MAX + 1];
    uint32_t depth;
    uint32_t skipped; /* levels of other namespaces */
    char *text;       /* CAP_SIZE_MAX + 1 bytes: of the element that is open */
    size_t text_size;
    char *value_name; /* of the parameter, code or geocode that is open */
    bool is_stopped;
};

#define COMPLAIN(reading, line, column, code, ...)                                                 \
    problems_add((reading)->problems, PROBLEM_ERROR, code, (reading)->file, line, column,          \
                 __VA_ARGS__)

static int line_of(const struct reading *reading)
{
    return (int)XML_GetCurrentLineNumber(reading->parser);
}

static int column_of(const struct reading *reading)
{
    return (int)XML_GetCurrentColumnNumber(reading->parser) + 1;
}

static void stop(struct reading *reading)
{
    reading->is_stopped = true;
    (void)XML_StopParser(reading->parser, XML_FALSE);
}

/* ---- values ---- */

const struct cap_value *cap_values_find(const struct cap_values *values, const char *name,
                                        uint32_t i)
{
    for (uint32_t row = 0; row < values->count; row++) {
        if (strcmp(values->rows[row].name, name) == 0 && i-- == 0) {
            return &values->rows[row];
        }
    }
    return NULL;
}

const char *cap_values_text(const struct cap_values *values, const char *name)
{
    const struct cap_value *value = cap_values_find(values, name, 0);
    return value != NULL ? value->text : "";
}

static struct cap_info *info_of(const struct reading *reading)
{
    return reading->alert->info_count == 0 ? NULL
                                           : &reading->alert->infos[reading->alert->info_count - 1];
}

static void put_value(struct reading *reading, const char *name, const char *under)
{
    struct cap_info *info = info_of(reading);
    struct cap_values *values =
        reading->depth > 2 && info != NULL ? &info->values : &reading->alert->values;
    if (values->count == CAP_VALUES_MAX) {
        COMPLAIN(reading, line_of(reading), column_of(reading), "CAP_TOO_LARGE",
                 "more than %u elements in one block", CAP_VALUES_MAX);
        stop(reading);
        return;
    }
    struct cap_value *value = &values->rows[values->count];
    const size_t size = strlen(name) + (under != NULL ? strlen(under) + 1 : 0) + 1;
    value->name = malloc(size);
    value->text = malloc(reading->text_size + 1);
    if (value->name == NULL || value->text == NULL) {
        free(value->name);
        free(value->text);
        stop(reading);
        return;
    }
    (void)snprintf(value->name, size, "%s%s%s", name, under != NULL ? "." : "",
                   under != NULL ? under : "");
    memcpy(value->text, reading->text, reading->text_size + 1);
    value->line = reading->levels[reading->depth].line;
    value->column = reading->levels[reading->depth].column;
    values->count++;
}

/* Without the blanks around it. */
static void trim(struct reading *reading)
{
    size_t begin = strspn(reading->text, " \t\r\n");
    while (reading->text_size > begin &&
           strchr(" \t\r\n", reading->text[reading->text_size - 1]) != NULL) {
        reading->text_size--;
    }
    reading->text_size -= begin;
    memmove(reading->text, reading->text + begin, reading->text_size);
    reading->text[reading->text_size] = '\0';
}

static bool is_word(const char *words, const char *text)
{
    char wanted[64];
    const int size = snprintf(wanted, sizeof wanted, ",%s,", text);
    return size > 2 && (size_t)size < sizeof wanted && strchr(text, ',') == NULL &&
           strstr(words, wanted) != NULL;
}

static void check_text(struct reading *reading, const struct level *level)
{
    const struct element *element = level->element;
    int64_t at_ms;
    int32_t offset;
    if (reading->text_size == 0 && (element->flags & (IS_NEEDED | IS_TIME | IS_SHAPE)) != 0) {
        COMPLAIN(reading, level->line, level->column, "CAP_MISSING", "%s/%s is empty",
                 element->parent, element->name);
    } else if (element->words != NULL && !is_word(element->words, reading->text)) {
        COMPLAIN(reading, level->line, level->column, "CAP_WORD",
                 "%s/%s is \"%.40s\"; one of %.*s expected", element->parent, element->name,
                 reading->text, (int)strlen(element->words) - 2, element->words + 1);
    } else if ((element->flags & IS_TIME) != 0 &&
               !trace_parse_instant(reading->text, &at_ms, &offset)) {
        COMPLAIN(reading, level->line, level->column, "CAP_TIME",
                 "%s/%s is \"%.40s\"; an instant such as 2026-03-03T08:30:00+08:00 expected",
                 element->parent, element->name, reading->text);
    } else if ((element->flags & IS_SHAPE) != 0 && info_of(reading) != NULL) {
        char why[CAP_SHAPE_WHY_SIZE];
        if (!cap_shape_read(reading->text, element->name[0] == 'c', info_of(reading), why)) {
            COMPLAIN(reading, level->line, level->column, "CAP_SHAPE", "%s/%s: %s", element->parent,
                     element->name, why);
        }
    }
}

/* ---- elements ---- */

static const struct element *find_element(const char *parent, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(ELEMENTS); i++) {
        if (strcmp(ELEMENTS[i].parent, parent) == 0 && strcmp(ELEMENTS[i].name, name) == 0) {
            return &ELEMENTS[i];
        }
    }
    return NULL;
}

/* Is it of CAP 1.2? *out_name is its local name then. */
static bool is_cap(const char *qualified, const char **out_name)
{
    const char *bar = strchr(qualified, SEPARATOR);
    if (bar == NULL || strlen(CAP_NAMESPACE) != (size_t)(bar - qualified) ||
        strncmp(qualified, CAP_NAMESPACE, (size_t)(bar - qualified)) != 0) {
        return false;
    }
    *out_name = bar + 1;
    return true;
}

static void refuse_root(struct reading *reading, const char *qualified)
{
    const char *bar = strchr(qualified, SEPARATOR);
    const bool is_other = strncmp(qualified, CAP_NAMESPACE_ANY, strlen(CAP_NAMESPACE_ANY)) == 0;
    COMPLAIN(reading, line_of(reading), column_of(reading), "CAP_NAMESPACE",
             "the root is <%s> of \"%.*s\"; <alert> of \"" CAP_NAMESPACE "\" expected%s",
             bar != NULL ? bar + 1 : qualified, bar != NULL ? (int)(bar - qualified) : 0, qualified,
             is_other ? ": another version of CAP" : "");
    stop(reading);
}

static void begin_info(struct reading *reading)
{
    struct cap_alert *alert = reading->alert;
    if (alert->info_count == CAP_INFOS_MAX) {
        COMPLAIN(reading, line_of(reading), column_of(reading), "CAP_TOO_LARGE",
                 "more than %u info blocks", CAP_INFOS_MAX);
        stop(reading);
        return;
    }
    struct cap_info *info = &alert->infos[alert->info_count];
    info->values.rows = calloc(CAP_VALUES_MAX, sizeof *info->values.rows);
    info->line = line_of(reading);
    info->column = column_of(reading);
    if (info->values.rows == NULL) {
        stop(reading);
        return;
    }
    alert->info_count++;
}

static void XMLCALL on_begin(void *context, const XML_Char *qualified, const XML_Char **attributes)
{
    struct reading *reading = context;
    const char *name = NULL;
    (void)attributes;
    if (reading->is_stopped) {
        return;
    }
    const bool is_own = reading->skipped == 0 && is_cap(qualified, &name);
    if (reading->depth == 0 && (!is_own || strcmp(name, "alert") != 0)) {
        refuse_root(reading, qualified);
        return;
    }
    if (!is_own) { /* a signature, an extension: not ours to read */
        if (++reading->skipped > SKIPPED_DEPTH_MAX) {
            COMPLAIN(reading, line_of(reading), column_of(reading), "CAP_TOO_LARGE",
                     "more than %u elements inside each other", SKIPPED_DEPTH_MAX);
            stop(reading);
        }
        return;
    }
    struct level *above = &reading->levels[reading->depth];
    const char *parent = reading->depth == 0 ? "" : above->element->name;
    const struct element *element = find_element(parent, name);
    if (element == NULL || reading->depth == DEPTH_MAX) {
        COMPLAIN(reading, line_of(reading), column_of(reading), "CAP_ELEMENT",
                 "<%.40s> does not belong into <%s>", name, parent);
        stop(reading);
        return;
    }
    const uint64_t bit = UINT64_C(1) << (element - ELEMENTS);
    if ((above->seen & bit) != 0 && (element->flags & MAY_REPEAT) == 0) {
        COMPLAIN(reading, line_of(reading), column_of(reading), "CAP_REPEATED",
                 "%s/%s stands there twice", parent, name);
    }
    above->seen |= bit;
    reading->levels[++reading->depth] =
        (struct level){.element = element, .line = line_of(reading), .column = column_of(reading)};
    reading->text_size = 0;
    reading->text[0] = '\0';
    if (strcmp(name, "info") == 0) {
        begin_info(reading);
    }
}

static void check_complete(struct reading *reading, const struct level *level)
{
    for (size_t i = 0; i < COUNT_OF(ELEMENTS); i++) {
        const bool is_child = strcmp(ELEMENTS[i].parent, level->element->name) == 0;
        if (is_child && (ELEMENTS[i].flags & IS_NEEDED) != 0 && (level->seen >> i & 1) == 0) {
            COMPLAIN(reading, level->line, level->column, "CAP_MISSING", "<%s> has no <%s>",
                     level->element->name, ELEMENTS[i].name);
        }
    }
}

static void end_text(struct reading *reading, const struct level *level)
{
    const char *parent = level->element->parent, *name = level->element->name;
    const bool is_named = strcmp(parent, "eventCode") == 0 || strcmp(parent, "parameter") == 0 ||
                          strcmp(parent, "geocode") == 0;
    trim(reading);
    check_text(reading, level);
    if (is_named && strcmp(name, "valueName") == 0) {
        free(reading->value_name);
        reading->value_name = strdup(reading->text);
    } else if (is_named) {
        put_value(reading, parent, reading->value_name != NULL ? reading->value_name : "");
        free(reading->value_name);
        reading->value_name = NULL;
    } else if ((level->element->flags & IS_SHAPE) == 0 && strcmp(parent, "resource") != 0) {
        put_value(reading, name, NULL);
    }
}

static void XMLCALL on_end(void *context, const XML_Char *qualified)
{
    struct reading *reading = context;
    (void)qualified;
    if (reading->is_stopped) {
        return;
    }
    if (reading->skipped > 0) {
        reading->skipped--;
        return;
    }
    const struct level *level = &reading->levels[reading->depth];
    if ((level->element->flags & IS_GROUP) != 0) {
        check_complete(reading, level);
    } else {
        end_text(reading, level);
    }
    reading->depth--;
    reading->text_size = 0;
    reading->text[0] = '\0';
    if (problems_error_count(reading->problems) >= PROBLEMS_MAX) {
        stop(reading);
    }
}

static void XMLCALL on_text(void *context, const XML_Char *text, int size)
{
    struct reading *reading = context;
    if (reading->is_stopped || reading->skipped > 0 || reading->depth == 0) {
        return;
    }
    must(reading->text_size + (size_t)size <=
         3 * (size_t)CAP_SIZE_MAX); /* it came out of the input */
    memcpy(reading->text + reading->text_size, text, (size_t)size);
    reading->text_size += (size_t)size;
    reading->text[reading->text_size] = '\0';
}

static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset)
{
    struct reading *reading = context;
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    COMPLAIN(reading, line_of(reading), column_of(reading), "CAP_DOCTYPE",
             "a DOCTYPE is refused, and every entity with it: CAP has none");
    stop(reading);
}

/* ---- bytes ---- */

/* The encoding that the XML declaration names, or "". */
static void find_encoding(const char *bytes, size_t size, char out[32])
{
    char head[DECLARATION_SIZE + 1];
    const size_t count = size < DECLARATION_SIZE ? size : DECLARATION_SIZE;
    memcpy(head, bytes, count);
    head[count] = '\0';
    out[0] = '\0';
    char *end = strstr(head, "?>");
    const size_t bom = strncmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (strncmp(head + bom, "<?xml", 5) != 0 || end == NULL) {
        return;
    }
    *end = '\0';
    const char *at = strstr(head, "encoding");
    const char *quote = at == NULL ? NULL : strpbrk(at, "\"'");
    if (quote != NULL) {
        (void)snprintf(out, 32, "%.*s", (int)strcspn(quote + 1, "\"'"), quote + 1);
    }
}

static bool is_chinese(const char *encoding)
{
    static const char *const NAMES[] = {"GBK",        "GB2312", "GB18030",
                                        "GB_2312-80", "CP936",  "EUC-CN"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcasecmp(encoding, NAMES[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int line_at(const char *bytes, size_t offset)
{
    int line = 1;
    for (size_t i = 0; i < offset; i++) {
        line += bytes[i] == '\n';
    }
    return line;
}

/* GB18030 as UTF-8, malloc'ed; NULL after a problem. */
static char *from_chinese(struct problems *problems, const char *file, const char *bytes,
                          size_t size, size_t *out_size)
{
    const size_t room = size * 2 + 16;
    char *out = malloc(room);
    char *from = malloc(size + 1), *from_at = from, *to_at = out;
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    size_t from_left = size, to_left = room;
    const bool has_all = out != NULL && from != NULL && (intptr_t)converter != -1;
    if (has_all) {
        memcpy(from, bytes, size);
    }
    if (!has_all) {
        problems_add(problems, PROBLEM_ERROR, "CAP_ENCODING", file, 1, 0,
                     "this system cannot convert GB18030 (package libc6)");
    } else if (iconv(converter, &from_at, &from_left, &to_at, &to_left) == (size_t)-1) {
        problems_add(problems, PROBLEM_ERROR, "CAP_ENCODING", file,
                     line_at(bytes, size - from_left), 0,
                     "byte %zu is no GB18030, although the encoding is declared", size - from_left);
    } else {
        *out_size = room - to_left;
    }
    if ((intptr_t)converter != -1) {
        (void)iconv_close(converter);
    }
    free(from);
    if (!has_all || from_left > 0) {
        free(out);
        return NULL;
    }
    return out;
}

/* Refuses what is no XML text at all, in words for whoever sent it. */
static bool is_plain(struct problems *problems, const char *file, const char *bytes, size_t size)
{
    const unsigned char *b = (const unsigned char *)bytes;
    const bool is_packed =
        size >= 4 && ((b[0] == 'P' && b[1] == 'K') || (b[0] == 0x1f && b[1] == 0x8b) ||
                      (b[0] == 0x28 && b[1] == 0xb5 && b[2] == 0x2f) || memcmp(b, "BZh", 3) == 0 ||
                      memcmp(b,
                             "\xfd"
                             "7zX",
                             4) == 0);
    if (size > CAP_SIZE_MAX) {
        problems_add(problems, PROBLEM_ERROR, "CAP_TOO_LARGE", file, 0, 0, "more than %u bytes",
                     CAP_SIZE_MAX);
    } else if (is_packed) {
        problems_add(problems, PROBLEM_ERROR, "CAP_COMPRESSED", file, 0, 0,
                     "compressed; plain XML expected: unpack it first");
    } else if (size == 0) {
        problems_add(problems, PROBLEM_ERROR, "CAP_XML", file, 0, 0, "empty");
    }
    return size > 0 && size <= CAP_SIZE_MAX && !is_packed;
}

static void parse(struct reading *reading, const char *bytes, size_t size)
{
    XML_SetUserData(reading->parser, reading);
    XML_SetElementHandler(reading->parser, on_begin, on_end);
    XML_SetCharacterDataHandler(reading->parser, on_text);
    XML_SetStartDoctypeDeclHandler(reading->parser, on_doctype);
    (void)XML_SetParamEntityParsing(reading->parser, XML_PARAM_ENTITY_PARSING_NEVER);
    if (XML_Parse(reading->parser, bytes, (int)size, XML_TRUE) != XML_STATUS_ERROR ||
        reading->is_stopped) {
        return;
    }
    const enum XML_Error error = XML_GetErrorCode(reading->parser);
    const bool is_encoding =
        error == XML_ERROR_UNKNOWN_ENCODING || error == XML_ERROR_INCORRECT_ENCODING ||
        (error == XML_ERROR_INVALID_TOKEN &&
         utf8_size(bytes + XML_GetCurrentByteIndex(reading->parser),
                   size - (size_t)XML_GetCurrentByteIndex(reading->parser)) == 0);
    COMPLAIN(reading, line_of(reading), column_of(reading),
             is_encoding ? "CAP_ENCODING" : "CAP_XML", "%s%s", XML_ErrorString(error),
             is_encoding ? ": declare the encoding it has: UTF-8, UTF-16, GB18030, GBK or GB2312"
                         : "");
}

struct cap_alert *cap_alert_read(struct problems *problems, const char *file, const char *bytes,
                                 size_t size)
{
    char encoding[32];
    char *converted = NULL;
    const int before = problems_error_count(problems);
    if (!is_plain(problems, file, bytes, size)) {
        return NULL;
    }
    find_encoding(bytes, size, encoding);
    if (is_chinese(encoding)) {
        converted = from_chinese(problems, file, bytes, size, &size);
        if (converted == NULL) {
            return NULL;
        }
    }
    struct reading reading = {.parser =
                                  XML_ParserCreateNS(converted != NULL ? "UTF-8" : NULL, SEPARATOR),
                              .problems = problems,
                              .file = file,
                              .alert = calloc(1, sizeof *reading.alert),
                              .text = malloc(3 * (size_t)CAP_SIZE_MAX + 1)};
    if (reading.alert != NULL) {
        reading.alert->values.rows = calloc(CAP_VALUES_MAX, sizeof *reading.alert->values.rows);
    }
    if (reading.parser != NULL && reading.text != NULL && reading.alert != NULL &&
        reading.alert->values.rows != NULL) {
        reading.text[0] = '\0';
        parse(&reading, converted != NULL ? converted : bytes, size);
    } else {
        problems_add(problems, PROBLEM_ERROR, "CAP_TOO_LARGE", file, 0, 0, "no memory");
    }
    if (reading.parser != NULL) {
        XML_ParserFree(reading.parser);
    }
    free(reading.text);
    free(reading.value_name);
    free(converted);
    if (problems_error_count(problems) > before || reading.is_stopped) {
        cap_alert_free(reading.alert);
        return NULL;
    }
    return reading.alert;
}

static void free_values(struct cap_values *values)
{
    for (uint32_t i = 0; i < values->count; i++) {
        free(values->rows[i].name);
        free(values->rows[i].text);
    }
    free(values->rows);
}

void cap_alert_free(struct cap_alert *alert)
{
    if (alert == NULL) {
        return;
    }
    free_values(&alert->values);
    for (uint32_t i = 0; i < alert->info_count; i++) {
        free_values(&alert->infos[i].values);
        for (uint32_t s = 0; s < alert->infos[i].shape_count; s++) {
            free(alert->infos[i].shapes[s].points);
        }
    }
    free(alert);
}
