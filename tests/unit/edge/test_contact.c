/* test_contact.c: contacts sealed, opened and masked; numbers in free words. */
#include "engine/edge/contact.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

static const struct hash128 id = {7, 9};
static const uint8_t key[CONTACT_KEY_SIZE] = {1, 2, 3};

static void test_contact_opens_under_its_key_only(void **state)
{
    (void)state;
    struct contact contact, opened;
    struct event_contact sealed;
    uint8_t other[CONTACT_KEY_SIZE] = {1, 2, 4};
    contact_fill(&contact, "张三", "13812341234", "后门");
    contact_seal(&contact, id, key, &sealed);
    assert_true(contact_open(sealed.sealed, id, key, &opened));
    assert_string_equal(opened.name, "张三");
    assert_string_equal(opened.phone, "13812341234");
    assert_string_equal(opened.note, "后门");
    assert_false(contact_open(sealed.sealed, id, other, &opened));
    assert_false(contact_open(sealed.sealed, (struct hash128){7, 8}, key, &opened));
    for (uint32_t i = 0; i < CONTACT_SEALED_SIZE; i++) {
        sealed.sealed[i] ^= 1;
        assert_false(contact_open(sealed.sealed, id, key, &opened));
        sealed.sealed[i] ^= 1;
    }
}

static void test_contact_of_every_length_fits(void **state)
{
    (void)state;
    char long_text[400];
    struct contact contact, opened;
    struct event_contact sealed;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    contact_fill(&contact, long_text, long_text, long_text);
    contact_seal(&contact, id, key, &sealed);
    assert_true(contact_open(sealed.sealed, id, key, &opened));
    assert_int_equal(strlen(opened.name), CONTACT_NAME_MAX);
    assert_int_equal(strlen(opened.phone), CONTACT_PHONE_MAX);
    assert_int_equal(strlen(opened.note), CONTACT_NOTE_MAX);
    memcpy(long_text + CONTACT_NAME_MAX - 1, "张三", strlen("张三"));
    contact_fill(&contact, long_text, NULL, "");
    assert_int_equal(strlen(contact.name), CONTACT_NAME_MAX - 1); /* not half a character */
    assert_string_equal(contact.phone, "");
}

static void test_contact_mask_shows_little(void **state)
{
    (void)state;
    static const char *const ROWS[][2] = {{"13812341234", "138****1234"},
                                          {"02112345678", "021****5678"},
                                          {"62345678", "62****78"},
                                          {"110", "****"},
                                          {"", "****"},
                                          {"+8613812341234", "+86****1234"}};
    struct contact contact;
    char mask[CONTACT_MASK_SIZE];
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        contact_fill(&contact, "", ROWS[i][0], "");
        contact_mask(&contact, mask);
        assert_string_equal(mask, ROWS[i][1]);
    }
}

static void test_contact_numbers_in_words_are_masked(void **state)
{
    (void)state;
    static const char *const ROWS[][2] = {
        {"call 13812341234", "call 138****1234"},
        {"13812341234,13912345678", "138****1234,139****5678"},
        {"+8613812341234 or 008613812341234 or 013812341234",
         "+86138****1234 or 0086138****1234 or 0138****1234"},
        {"138-1234-1234 and 138 1234 1234", "138-****-1234 and 138 **** 1234"},
        {"电话13812341234。", "电话138****1234。"},
        {"asset 1101080021000123, order 88001387700001, 2026-03-03",
         "asset 1101080021000123, order 88001387700001, 2026-03-03"},
        {"12812341234", "12812341234"},
        {"138-1234 1234", "138-1234 1234"},
        {"", ""}};
    char text[128];
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        memcpy(text, ROWS[i][0], strlen(ROWS[i][0]) + 1);
        contact_mask_words(text);
        assert_string_equal(text, ROWS[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contact_opens_under_its_key_only),
        cmocka_unit_test(test_contact_of_every_length_fits),
        cmocka_unit_test(test_contact_mask_shows_little),
        cmocka_unit_test(test_contact_numbers_in_words_are_masked),
    };
    return cmocka_run_group_tests_name("edge/contact", tests, NULL, NULL);
}
