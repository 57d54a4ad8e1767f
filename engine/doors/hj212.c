/* hj212.c: see hj212.h. */
#include "engine/doors/hj212.h"

#include "engine/core/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_AT 2u
#define DATA_AT 6u
#define TAIL_SIZE 6u /* CRC, CR, LF */
#define NAME_SIZE 64u
#define FACTORS_MAX 512u
#define SERVER_ST "91" /* of answers: interaction, not a kind of source */

/* ---- frames ---- */

uint16_t hj212_crc(const char *data, size_t size)
{
    uint32_t crc = 0xffff;
    for (size_t i = 0; i < size; i++) {
        crc = (crc >> 8) ^ (uint8_t)data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1u) != 0 ? (crc >> 1) ^ 0xa001u : crc >> 1;
        }
    }
    return (uint16_t)crc;
}

size_t hj212_feed(struct hj212_reader *reader, const void *bytes, size_t size)
{
    const size_t room = sizeof reader->bytes - reader->size;
    const size_t taken = size < room ? size : room;
    memcpy(reader->bytes + reader->size, bytes, taken);
    reader->size += taken;
    return taken;
}

static void drop(struct hj212_reader *reader, size_t size)
{
    memmove(reader->bytes, reader->bytes + size, reader->size - size);
    reader->size -= size;
}

/* Steps to the next place where a frame may begin; a lone '#' at the end may be one. */
static void skip_to_mark(struct hj212_reader *reader, size_t from)
{
    size_t at = from;
    while (at < reader->size && !(reader->bytes[at] == '#' &&
                                  (at + 1 == reader->size || reader->bytes[at + 1] == '#'))) {
        at++;
    }
    reader->skipped += at;
    drop(reader, at);
}

static bool read_digits(const char *text, size_t count, uint32_t *out_value)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    *out_value = value;
    return true;
}

static bool read_hex(const char *text, uint16_t *out_value)
{
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++) {
        const char c = text[i];
        const bool is_digit = c >= '0' && c <= '9';
        const bool is_small = c >= 'a' && c <= 'f', is_large = c >= 'A' && c <= 'F';
        if (!is_digit && !is_small && !is_large) {
            return false;
        }
        value = value * 16 + (uint32_t)(c - (is_digit ? '0' : is_small ? 'a' - 10 : 'A' - 10));
    }
    *out_value = (uint16_t)value;
    return true;
}

/* Another '#' directly behind the mark is the mark, so "###0101..." is read as its last two. */
const char *hj212_next(struct hj212_reader *reader, size_t *out_size)
{
    for (;;) {
        uint32_t size;
        uint16_t crc = 0;
        skip_to_mark(reader, 0);
        if (reader->size < DATA_AT) {
            return NULL;
        }
        if (!read_digits(reader->bytes + LENGTH_AT, 4, &size)) {
            reader->bad_length += reader->bytes[LENGTH_AT] != '#';
            skip_to_mark(reader, 1);
            continue;
        }
        const size_t whole = DATA_AT + size + TAIL_SIZE;
        if (reader->size < whole) {
            return NULL;
        }
        const char *tail = reader->bytes + DATA_AT + size;
        const bool is_ended = tail[4] == '\r' && tail[5] == '\n';
        const bool is_good =
            is_ended && read_hex(tail, &crc) && crc == hj212_crc(reader->bytes + DATA_AT, size);
        if (!is_good) {
            reader->bad_length += !is_ended;
            reader->bad_crc += is_ended;
            skip_to_mark(reader, 2);
            continue;
        }
        reader->frames++;
        memcpy(reader->data, reader->bytes + DATA_AT, size);
        reader->data[size] = '\0';
        drop(reader, whole);
        *out_size = size;
        return reader->data;
    }
}

/* ---- data ---- */

/* The value of NAME= in the head, up to ';' ; false where it is not there or too long. */
static bool head_text(const char *data, size_t size, const char *name, char *out, size_t out_size)
{
    const size_t name_size = strlen(name);
    for (size_t at = 0; at + name_size + 1 <= size; at++) {
        const bool is_start = at == 0 || data[at - 1] == ';';
        if (!is_start || memcmp(data + at, name, name_size) != 0 || data[at + name_size] != '=') {
            continue;
        }
        const char *value = data + at + name_size + 1;
        size_t used = 0;
        while (value + used < data + size && value[used] != ';') {
            used++;
        }
        if (used >= out_size) {
            return false;
        }
        memcpy(out, value, used);
        out[used] = '\0';
        return true;
    }
    out[0] = '\0';
    return false;
}

static uint32_t head_number(const char *data, size_t size, const char *name)
{
    char text[12];
    uint32_t value;
    return head_text(data, size, name, text, sizeof text) && text[0] != '\0' &&
                   read_digits(text, strlen(text), &value) && strlen(text) < 6
               ? value
               : 0;
}

/* Puts NAME=VALUE of CP where it belongs; false where it is not UTF-8. */
static bool put_pair(json_t *record, const char *name, size_t name_size, const char *value,
                     size_t value_size)
{
    json_t *text = json_stringn(value, value_size);
    const char *dash = memchr(name, '-', name_size);
    char key[NAME_SIZE], item[NAME_SIZE];
    if (text == NULL || name_size == 0 || name_size >= NAME_SIZE) {
        json_decref(text);
        return name_size == 0;
    }
    if (dash == NULL) {
        (void)snprintf(key, sizeof key, "%.*s", (int)name_size, name);
        return json_object_set_new(json_object_get(record, "CP"), key, text) == 0;
    }
    (void)snprintf(key, sizeof key, "%.*s", (int)(dash - name), name);
    (void)snprintf(item, sizeof item, "%.*s", (int)(name + name_size - dash - 1), dash + 1);
    json_t *factors = json_object_get(record, "factors");
    json_t *factor = json_object_get(factors, key);
    if (factor == NULL && json_object_size(factors) < FACTORS_MAX) {
        factor = json_object();
        if (json_object_set_new(factors, key, factor) != 0) {
            json_decref(text);
            return false;
        }
    }
    if (factor == NULL) {
        json_decref(text);
        return false;
    }
    return json_object_set_new(factor, item, text) == 0;
}

/* a-Rtd=1.2,a-Flag=N;b-Rtd=... */
static bool read_pairs(json_t *record, const char *at, const char *end)
{
    while (at < end) {
        const char *stop = at;
        while (stop < end && *stop != ',' && *stop != ';') {
            stop++;
        }
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        if (equals != NULL &&
            !put_pair(record, at, (size_t)(equals - at), equals + 1, (size_t)(stop - equals - 1))) {
            return false;
        }
        at = stop + 1;
    }
    return true;
}

static bool say(char *out_why, const char *why)
{
    (void)snprintf(out_why, HJ212_WHY_SIZE, "%s", why);
    return false;
}

/* The head as members, with `at`: when it was measured, else when it was sent. */
static void put_head(json_t *record, const struct hj212_head *head)
{
    const json_t *cp = json_object_get(record, "CP");
    const char *measured = json_string_value(json_object_get(cp, "DataTime"));
    char packet[12];
    (void)json_object_set_new(record, "QN", json_string(head->qn));
    (void)json_object_set_new(record, "ST", json_string(head->st));
    (void)json_object_set_new(record, "CN", json_string(head->cn));
    (void)json_object_set_new(record, "MN", json_string(head->mn));
    if (head->packet > 0) {
        (void)snprintf(packet, sizeof packet, "%u", head->packet);
        (void)json_object_set_new(record, "PNO", json_string(packet));
    }
    const char *at = measured != NULL ? measured : head->qn;
    if (at[0] != '\0') {
        (void)json_object_set_new(record, "at", json_string(at));
    }
}

bool hj212_parse(const char *data, size_t size, struct hj212_head *out_head, json_t **out_record,
                 char *out_why)
{
    static const char BEGIN[] = "CP=&&", END[] = "&&";
    const char *cp = memmem(data, size, BEGIN, sizeof BEGIN - 1);
    *out_head = (struct hj212_head){.qn = ""};
    if (cp == NULL) {
        return say(out_why, "CP=&&...&& is missing");
    }
    const size_t head_size = (size_t)(cp - data);
    const char *from = cp + sizeof BEGIN - 1;
    const char *end = memmem(from, (size_t)(data + size - from), END, sizeof END - 1);
    if (end == NULL) {
        return say(out_why, "CP does not end with &&");
    }
    if (!head_text(data, head_size, "MN", out_head->mn, sizeof out_head->mn) ||
        out_head->mn[0] == '\0') {
        return say(out_why, "MN, the number of the station, is missing or too long");
    }
    if (!head_text(data, head_size, "CN", out_head->cn, sizeof out_head->cn)) {
        return say(out_why, "CN, the number of the command, is missing");
    }
    (void)head_text(data, head_size, "QN", out_head->qn, sizeof out_head->qn);
    (void)head_text(data, head_size, "ST", out_head->st, sizeof out_head->st);
    (void)head_text(data, head_size, "PW", out_head->pw, sizeof out_head->pw);
    out_head->command = head_number(data, head_size, "CN");
    out_head->flag = head_number(data, head_size, "Flag");
    out_head->packet_count = head_number(data, head_size, "PNUM");
    out_head->packet = head_number(data, head_size, "PNO");
    json_t *record = json_pack("{s:{}, s:{}}", "CP", "factors");
    if (record == NULL || !read_pairs(record, from, end)) {
        json_decref(record);
        return say(out_why, "CP: names of at most 63 bytes, at most 512 factors, UTF-8 expected");
    }
    put_head(record, out_head);
    *out_record = record;
    return true;
}

uint32_t hj212_answer_to(const struct hj212_head *head)
{
    const bool is_upload = head->command >= 2000 && head->command < 4000;
    return (head->flag & 1u) == 0              ? 0
           : head->command == HJ212_TIME_ASKED ? (uint32_t)HJ212_NOTICE_TAKEN
           : is_upload                         ? (uint32_t)HJ212_DATA_TAKEN
                                               : 0;
}

size_t hj212_answer(const struct hj212_head *head, uint32_t command, char out[HJ212_ANSWER_SIZE])
{
    char data[HJ212_ANSWER_SIZE - 16];
    const int size = snprintf(data, sizeof data, "QN=%s;ST=%s;CN=%u;PW=%s;MN=%s;Flag=4;CP=&&&&",
                              head->qn, SERVER_ST, command, head->pw, head->mn);
    must(size > 0 && (size_t)size < sizeof data);
    const int whole = snprintf(out, HJ212_ANSWER_SIZE, "##%04d%s%04X\r\n", size, data,
                               hj212_crc(data, (size_t)size));
    must(whole > 0 && (size_t)whole < HJ212_ANSWER_SIZE);
    return (size_t)whole;
}
