/* case_text.c: prints and parses case numbers without libc's locale or its leniency. */
#include "proto/case_text.h"

/* District codes have six digits, days eight, serials at least four. */
enum { DISTRICT_DIGITS = 6, DAY_DIGITS = 8, SERIAL_DIGITS = 4 };

/* The first number with more digits than that. */
static const uint32_t ABOVE[DAY_DIGITS + 1] = {1,      10,      100,      1000,     10000,
                                               100000, 1000000, 10000000, 100000000};

static size_t print_number(uint32_t number, uint32_t digits_min, char *out)
{
    size_t size = digits_min;
    for (uint64_t above = ABOVE[digits_min]; number >= above; above *= 10) {
        size++;
    }
    for (size_t i = size; i > 0; i--) {
        out[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    return size;
}

size_t case_text_print(struct case_no no, char out_text[CASE_TEXT_SIZE])
{
    if (case_no_is_none(no)) {
        out_text[0] = '\0';
        return 0;
    }
    size_t size = print_number(no.district, DISTRICT_DIGITS, out_text);
    out_text[size++] = '-';
    size += print_number(no.day, DAY_DIGITS, out_text + size);
    out_text[size++] = '-';
    size += print_number(no.serial, SERIAL_DIGITS, out_text + size);
    must(size < CASE_TEXT_SIZE);
    out_text[size] = '\0';
    return size;
}

enum err case_text_parse(const char *text, struct case_no *out_no)
{
    uint32_t parts[3];
    uint32_t count = 0;
    const char *at = text;
    for (;;) {
        uint64_t number = 0;
        const char *start = at;
        for (; *at >= '0' && *at <= '9'; at++) {
            number = number * 10 + (uint64_t)(*at - '0');
            if (number > UINT32_MAX) {
                return ERR_MALFORMED;
            }
        }
        if (at == start || count == COUNT_OF(parts)) {
            return ERR_MALFORMED;
        }
        parts[count++] = (uint32_t)number;
        if (*at == '\0') {
            break;
        }
        if (*at++ != '-') {
            return ERR_MALFORMED;
        }
    }
    if (parts[count - 1] == 0) {
        return ERR_MALFORMED;
    }
    struct case_no no = {0, 0, parts[count - 1]};
    no.day = count >= 2 ? parts[count - 2] : 0;
    no.district = count == 3 ? parts[0] : 0;
    *out_no = no;
    return ERR_OK;
}

bool receipt_text_split(const char *text, char out_number[CASE_TEXT_SIZE], uint32_t *out_report)
{
    const char *dot = text;
    uint64_t report = 0;
    while (dot != NULL && *dot != '\0' && *dot != '.') {
        dot++;
    }
    if (dot == NULL || *dot == '\0' || dot == text || (size_t)(dot - text) >= CASE_TEXT_SIZE) {
        return false;
    }
    const char *at = dot + 1;
    for (; *at >= '0' && *at <= '9' && report <= UINT32_MAX; at++) {
        report = report * 10 + (uint64_t)(*at - '0');
    }
    if (*at != '\0' || report == 0 || report > UINT32_MAX) {
        return false;
    }
    memcpy(out_number, text, (size_t)(dot - text));
    out_number[dot - text] = '\0';
    *out_report = (uint32_t)report;
    return true;
}

const char *receipt_text_print(struct case_no no, uint32_t report, char out[RECEIPT_TEXT_SIZE])
{
    out[0] = '\0';
    if (report == 0 || case_no_is_none(no)) {
        return out;
    }
    size_t size = case_text_print(no, out);
    out[size++] = '.';
    size += print_number(report, 1, out + size);
    out[size] = '\0';
    return out;
}
