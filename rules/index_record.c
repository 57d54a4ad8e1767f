/* index_record.c: what a rule needs of single fields, rarest first: three in the record, the others beside it as clauses.
 *
 * Texts are compared by their hash in the record and byte by byte as clauses. A condition that says more than that keeps its program
 * and needs no clauses. */
#include "rules/index_record.h"

struct test {
    uint32_t share; /* of the events that get here */
    uint32_t field;
    uint64_t low, span;
};

struct tests {
    struct test items[MATCH_ATTRIBUTES_MAX]; /* lowest share first */
    uint32_t count;
    uint32_t needs;
    uint32_t texts[MATCH_ATTRIBUTES_MAX]; /* fields */
    uint32_t text_count;
    bool has_lists; /* one of several texts: only the program says that */
};

static void insert_test(struct tests *tests, struct test test)
{
    uint32_t at = tests->count++;
    for (; at > 0 && tests->items[at - 1].share > test.share; at--) {
        tests->items[at] = tests->items[at - 1];
    }
    tests->items[at] = test;
}

/* A tag stands for a text, so that the record need not ask again, but a cell of numbers is only part of the answer. */
static void find_tests(const struct index_fields *fields, const struct index_access *access,
                       uint32_t rank, struct tests *out)
{
    memset(out, 0, sizeof *out);
    for (uint32_t f = 0; f < fields->count; f++) {
        const struct index_field *field = &fields->items[f];
        const struct anchor *anchor = field->anchors[rank];
        if (anchor == NULL) {
            continue;
        }
        out->needs |= UINT32_C(1) << f;
        const bool is_filed = access != NULL && (access->left == f || access->right == f);
        struct test test = {index_share(field, anchor), f, 0, 0};
        if (field->field->kind != FIELD_STRING) {
            test.low = match_number_key(anchor->low);
            test.span = match_number_key(anchor->high) - test.low;
            test.share = is_filed ? INDEX_ALL / 2 : test.share;
            insert_test(out, test);
        } else if (anchor->text_count != 1) {
            out->has_lists = true;
        } else {
            out->texts[out->text_count++] = f;
            test.low = index_text_key(anchor->texts[0]);
            if (!is_filed) {
                insert_test(out, test);
            }
        }
    }
}

/* Returns how many. */
static uint32_t add_clauses(struct index_tables *tables, const struct index_fields *fields,
                            const struct tests *tests, uint32_t rank)
{
    const uint32_t first = tables->clauses.count;
    for (uint32_t i = MATCH_TESTS; i < tests->count; i++) {
        const struct test *test = &tests->items[i];
        const struct match_clause clause = {
            .attribute = test->field, .low = test->low, .span = test->span};
        if (fields->items[test->field].field->kind != FIELD_STRING) {
            (void)table_add(&tables->clauses, &clause, 1);
        }
    }
    for (uint32_t i = 0; i < tests->text_count; i++) {
        const char *text = fields->items[tests->texts[i]].anchors[rank]->texts[0];
        const struct match_clause clause = {
            .attribute = tests->texts[i],
            .text = image_writer_string(tables->image, text, strlen(text))};
        (void)table_add(&tables->clauses, &clause, 1);
    }
    return tables->clauses.count - first;
}

void index_record_add(struct index_tables *tables, const struct index_fields *fields,
                      const struct index_access *access, const struct rule *rule, uint32_t rank)
{
    struct tests tests;
    find_tests(fields, access, rank, &tests);
    struct match_record record = {
        .rank = rank, .needs = tests.needs, .clauses = tables->clauses.count};
    if (fields->is_whole[rank] && !tests.has_lists) {
        record.rest = (uint8_t)add_clauses(tables, fields, &tests, rank);
    } else {
        record.rest = MATCH_REST_PROGRAM;
    }
    if (rule->in != NULL || rule->out != NULL || rule->calendars_in.count > 0 ||
        rule->calendars_out.count > 0) {
        record.rest |= MATCH_REST_PLACE_TIME;
    }
    for (uint32_t i = 0; i < MATCH_TESTS; i++) {
        record.tests[i] = MATCH_ATTRIBUTE_NONE;
        if (i < tests.count) {
            record.tests[i] = (uint8_t)tests.items[i].field;
            record.lows[i] = tests.items[i].low;
            record.spans[i] = tests.items[i].span;
        }
    }
    (void)table_add(&tables->records, &record, 1);
}
