/* test_image.c: the container of images, made well and made badly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "engine/city/image_write.h"
#include "tests/unit/panic.h"

struct made {
    uint8_t *bytes;
    size_t size;
};

static struct made make_image(void)
{
    static const uint32_t ROWS[3] = {7, 8, 9};
    struct image_writer *writer = image_writer_new(IMAGE_POLICY);
    struct image_string a = image_writer_string(writer, "alpha", 5);
    struct image_string b = image_writer_string(writer, "beta", 4);
    struct image_string again = image_writer_string(writer, "alpha", 5);
    assert_int_equal(a.offset, again.offset);
    assert_int_not_equal(a.offset, b.offset);
    image_writer_section(writer, 9, sizeof ROWS[0], ROWS, 3);
    image_writer_section(writer, 2, sizeof a, &b, 1);
    image_writer_section(writer, 5, 12, NULL, 0);
    void *bytes = NULL;
    struct made made;
    assert_int_equal(image_writer_finish(writer, &bytes, &made.size), ERR_OK);
    made.bytes = bytes;
    image_writer_free(writer);
    return made;
}

static void test_what_was_written_is_read(void **unused)
{
    (void)unused;
    struct made made = make_image();
    struct image image;
    assert_int_equal(image_open(made.bytes, made.size, IMAGE_POLICY, &image), ERR_OK);
    const void *rows;
    uint32_t count;
    assert_int_equal(image_rows(&image, 9, 4, &rows, &count), ERR_OK);
    assert_int_equal(count, 3);
    assert_int_equal((uintptr_t)rows % 8, 0);
    assert_int_equal(((const uint32_t *)rows)[2], 9);
    assert_int_equal(image_rows(&image, 5, 12, &rows, &count), ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(image_rows(&image, 77, 12, &rows, &count), ERR_OK);
    assert_null(rows);
    assert_int_equal(image_rows(&image, 9, 8, &rows, &count), ERR_MALFORMED);
    struct hash128 digest = image_digest(made.bytes, made.size);
    assert_true(hash128_is_equal(digest, image.digest));
    assert_int_equal(image_rows(&image, SECTION_STRINGS, 1, &rows, &count), ERR_OK);
    assert_memory_equal(rows, "alphabeta", 9);
    free(made.bytes);
}

static void test_order_of_calls_does_not_show(void **unused)
{
    (void)unused;
    struct made made = make_image();
    struct made again = make_image();
    assert_int_equal(made.size, again.size);
    assert_memory_equal(made.bytes, again.bytes, made.size);
    struct image image;
    assert_int_equal(image_open(made.bytes, made.size, IMAGE_POLICY, &image), ERR_OK);
    uint32_t last = 0;
    for (uint32_t i = 0; i < image.section_count; i++) {
        uint32_t id;
        memcpy(&id, made.bytes + IMAGE_HEADER_SIZE + 24 * i, sizeof id);
        assert_true(i == 0 || id > last);
        last = id;
    }
    free(made.bytes);
    free(again.bytes);
}

static void test_wrong_headers_are_refused(void **unused)
{
    (void)unused;
    struct made made = make_image();
    struct image image;
    assert_int_equal(image_open(made.bytes, made.size, IMAGE_CITY, &image), ERR_MALFORMED);
    assert_int_equal(image_open(made.bytes, made.size - 8, IMAGE_POLICY, &image), ERR_MALFORMED);
    assert_int_equal(image_open(made.bytes, 39, IMAGE_POLICY, &image), ERR_MALFORMED);
    assert_int_equal(image_open(made.bytes, 0, IMAGE_POLICY, &image), ERR_MALFORMED);
    made.bytes[7] = 'x';
    assert_int_equal(image_open(made.bytes, made.size, IMAGE_POLICY, &image), ERR_VERSION);
    made.bytes[7] = '2';
    made.bytes[0] = 'g';
    assert_int_equal(image_open(made.bytes, made.size, IMAGE_POLICY, &image), ERR_MALFORMED);
    enum err err = ERR_OK;
    expect_panic(err = image_open(made.bytes + 1, made.size - 1, IMAGE_POLICY, &image));
    assert_int_equal(err, ERR_OK);
    free(made.bytes);
}

static void put_u64(struct made made, size_t offset, uint64_t value)
{
    memcpy(made.bytes + offset, &value, sizeof value);
}

static void test_bad_section_tables_are_refused(void **unused)
{
    (void)unused;
    struct made made = make_image();
    struct image image;
    size_t entry = IMAGE_HEADER_SIZE + 24; /* of section 2 */
    uint8_t *kept = malloc(made.size);
    memcpy(kept, made.bytes, made.size);
    static const struct {
        size_t at;
        uint64_t value;
    } BAD[] = {
        {8, 4},              /* not a multiple of 8 */
        {8, 0},              /* before the table's end */
        {8, UINT64_MAX - 7}, /* far outside */
        {16, UINT64_MAX},    /* rows that overflow */
        {16, 1000000},       /* rows past the end */
        {0, 9},              /* row size 0 and an id that is used */
    };
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        memcpy(made.bytes, kept, made.size);
        put_u64(made, entry + BAD[i].at, BAD[i].value);
        assert_int_equal(image_open(made.bytes, made.size, IMAGE_POLICY, &image), ERR_MALFORMED);
    }
    memcpy(made.bytes, kept, made.size);
    uint64_t offset;
    memcpy(&offset, made.bytes + entry + 8, sizeof offset);
    put_u64(made, entry + 8, offset + 4); /* inside, but not a multiple of 8 */
    assert_int_equal(image_open(made.bytes, made.size, IMAGE_POLICY, &image), ERR_MALFORMED);
    put_u64(made, entry + 8, offset + 8);
    assert_int_equal(image_open(made.bytes, made.size, IMAGE_POLICY, &image), ERR_OK);
    memcpy(made.bytes, kept, made.size);
    uint32_t twice = 9;
    memcpy(made.bytes + entry, &twice, sizeof twice);
    assert_int_equal(image_open(made.bytes, made.size, IMAGE_POLICY, &image), ERR_MALFORMED);
    uint32_t many = 65;
    memcpy(made.bytes, kept, made.size);
    memcpy(made.bytes + 12, &many, sizeof many);
    assert_int_equal(image_open(made.bytes, made.size, IMAGE_POLICY, &image), ERR_MALFORMED);
    free(kept);
    free(made.bytes);
}

static void test_a_section_twice_is_a_bug(void **unused)
{
    (void)unused;
    struct image_writer *writer = image_writer_new(IMAGE_CITY);
    uint32_t row = 1;
    image_writer_section(writer, 3, 4, &row, 1);
    expect_panic(image_writer_section(writer, 3, 4, &row, 1));
    expect_panic(image_writer_section(writer, SECTION_STRINGS, 4, &row, 1));
    image_writer_free(writer);
}

static void test_many_strings(void **unused)
{
    (void)unused;
    struct image_writer *writer = image_writer_new(IMAGE_CITY);
    struct image_string first[5000];
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < COUNT_OF(first); i++) {
            char text[16];
            int size = snprintf(text, sizeof text, "name %u", i);
            struct image_string s = image_writer_string(writer, text, (size_t)size);
            if (round == 0) {
                first[i] = s;
            }
            assert_int_equal(s.offset, first[i].offset);
            assert_int_equal(s.size, size);
        }
    }
    assert_int_equal(image_writer_string(writer, "", 0).size, 0);
    image_writer_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_is_read),
        cmocka_unit_test(test_order_of_calls_does_not_show),
        cmocka_unit_test(test_wrong_headers_are_refused),
        cmocka_unit_test(test_bad_section_tables_are_refused),
        cmocka_unit_test(test_a_section_twice_is_a_bug),
        cmocka_unit_test(test_many_strings),
    };
    return cmocka_run_group_tests_name("tests/unit/core/test_image", tests, NULL, NULL);
}
