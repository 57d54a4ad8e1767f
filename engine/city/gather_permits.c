/* gather_permits.c: permits.csv to its rows: what an office has allowed on an object; see gather.h. */
#include <stdlib.h>
#include <string.h>

#include "engine/city/date.h"
#include "engine/city/gather.h"

enum {
    PERMIT_CODE,
    PERMIT_OBJECT,
    PERMIT_CLASS,
    PERMIT_DEPARTMENT,
    PERMIT_FROM,
    PERMIT_UNTIL,
    PERMIT_TITLE,
    PERMIT_BASIS
};
static const struct csv_column PERMIT_COLUMNS[] = {
    {"permit", true}, {"object", true}, {"class", true},  {"department", true},
    {"from", true},   {"until", true},  {"title", false}, {"basis", false},
};

/* A permit on its way to its row: sorted by (asset, code); ranks are in the order of codes. */
struct permit_order {
    struct city_permit permit;
    uint32_t rank;
};

static int permit_compare(const void *a, const void *b)
{
    const struct permit_order *left = a;
    const struct permit_order *right = b;
    if (left->permit.asset != right->permit.asset) {
        return left->permit.asset < right->permit.asset ? -1 : 1;
    }
    return left->rank < right->rank ? -1 : left->rank > right->rank;
}

static int32_t day_of(struct gather *gather, uint32_t row, uint32_t column)
{
    const char *text = gather_text(&gather->permits, row, column);
    int32_t day = 0;
    if (!date_parse(text, &day)) {
        gather_problem(gather, &gather->permits, row, column, "C016",
                       "\"%s\" should be a day such as 2026-10-01", text);
    }
    return day;
}

/* A reference that may not be empty. */
static uint32_t needed(struct gather *gather, uint32_t row, uint32_t column,
                       const struct names *names, const char *where)
{
    if (gather_text(&gather->permits, row, column)[0] == '\0') {
        gather_problem(gather, &gather->permits, row, column, "C013", "may not be empty");
        return NONE32;
    }
    return gather_reference(gather, &gather->permits, row, column, names, where);
}

void gather_permits_read(struct gather *gather)
{
    gather_csv(gather, "permits.csv", false, PERMIT_COLUMNS, COUNT_OF(PERMIT_COLUMNS),
               &gather->permits);
    gather_keys(gather, &gather->permits, PERMIT_CODE, &gather->permit_names);
}

void gather_permits_write(struct gather *gather)
{
    const struct csv *csv = &gather->permits;
    const struct names *names = &gather->permit_names;
    struct permit_order *order = pool_take_rows(&gather->pool, sizeof *order, names->count);
    struct city_permit *rows = pool_take_rows(&gather->pool, sizeof *rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        const uint32_t row = names->entries[i].source;
        const uint32_t asset =
            needed(gather, row, PERMIT_OBJECT, &gather->asset_names, "assets.csv");
        order[i].rank = i;
        order[i].permit = (struct city_permit){
            .code = gather_put(gather, names->texts[i]),
            .title = gather_string(gather, csv, row, PERMIT_TITLE),
            .basis = gather_string(gather, csv, row, PERMIT_BASIS),
            .asset = asset == NONE32 ? NONE32 : gather->asset_rows[asset],
            .class_row = needed(gather, row, PERMIT_CLASS, &gather->class_names, "catalogue.csv"),
            .department = needed(gather, row, PERMIT_DEPARTMENT, &gather->department_names,
                                 "departments.csv"),
            .from_day = day_of(gather, row, PERMIT_FROM),
            .until_day = day_of(gather, row, PERMIT_UNTIL) + 1, /* the last day is still valid */
        };
        if (order[i].permit.from_day >= order[i].permit.until_day) {
            gather_problem(gather, csv, row, PERMIT_UNTIL, "C016", "ends before it starts");
        }
    }
    if (names->count > 1) {
        qsort(order, names->count, sizeof *order, permit_compare);
    }
    for (uint32_t i = 0; i < names->count; i++) {
        rows[i] = order[i].permit;
    }
    image_writer_section(gather->writer, CITY_PERMITS, sizeof *rows, rows, names->count);
}
