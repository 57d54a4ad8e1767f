/* gather_table.c: files of the directory to tables with sorted keys; see gather.h. */
#include <string.h>

#include "engine/city/facts.h"
#include "engine/city/gather.h"

/* Before anything is changed in place. */
static void join_digest(struct gather *gather, const char *name, const struct text_file *file)
{
    gather->source_digest = hash128_join(gather->source_digest, facts_hash(name, strlen(name)));
    gather->source_digest =
        hash128_join(gather->source_digest, facts_hash(file->bytes, file->size));
}

bool gather_file(struct gather *gather, const char *name, struct text_file *out_file)
{
    if (!text_file_read(&gather->pool, gather->problems, gather->directory, name, out_file)) {
        return false;
    }
    join_digest(gather, name, out_file);
    return true;
}

bool gather_bytes(struct gather *gather, const char *name, struct text_file *out_file)
{
    if (!file_read(&gather->pool, gather->problems, gather->directory, name, out_file)) {
        return false;
    }
    join_digest(gather, name, out_file);
    return true;
}

void gather_csv(struct gather *gather, const char *name, bool is_needed,
                const struct csv_column *columns, uint32_t column_count, struct csv *out_csv)
{
    *out_csv = (struct csv){.file = name, .column_count = column_count};
    struct text_file file;
    if (!is_needed && !text_file_exists(gather->directory, name)) {
        return;
    }
    if (gather_file(gather, name, &file)) {
        csv_parse(&gather->pool, gather->problems, &file, columns, column_count, out_csv);
    } else {
        out_csv->has_problems = true;
    }
}

/* Whose keys are being sorted. */
struct sorting {
    struct gather *gather;
    const struct csv *csv;
    uint32_t column;
};

static void tell_twice(void *context, uint32_t source, uint32_t first_source)
{
    const struct sorting *sorting = context;
    gather_problem(sorting->gather, sorting->csv, source, sorting->column, "C015",
                   "\"%s\" stands twice, first in line %d",
                   gather_text(sorting->csv, source, sorting->column),
                   csv_at(sorting->csv, first_source, sorting->column)->line);
}

void gather_keys(struct gather *gather, const struct csv *csv, uint32_t column, struct names *names)
{
    int errors_before = problems_error_count(gather->problems);
    for (uint32_t row = 0; row < csv->row_count; row++) {
        const char *text = gather_text(csv, row, column);
        if (csv_at(csv, row, column)->column == 0) {
            continue; /* the missing column or cell has been told */
        }
        if (text[0] == '\0') {
            gather_problem(gather, csv, row, column, "C013", "may not be empty");
        } else if (!gather_id_is_sound(text)) {
            gather_problem(gather, csv, row, column, "C014",
                           "\"%s\" should be 1 to 64 bytes without spaces and control characters",
                           text);
        } else {
            names_add(names, text, row);
        }
    }
    struct sorting sorting = {gather, csv, column};
    names_sort(names, tell_twice, &sorting);
    names->is_incomplete =
        csv->has_problems || problems_error_count(gather->problems) > errors_before;
}

void gather_vocabulary(struct gather *gather, const struct csv *csv, uint32_t column,
                       struct names *names, uint32_t limit)
{
    for (uint32_t row = 0; row < csv->row_count; row++) {
        uint32_t count;
        const char **items = gather_list(gather, csv, row, column, &count);
        for (uint32_t i = 0; i < count; i++) {
            if (gather_id_is_sound(items[i])) {
                names_add(names, items[i], row);
            } else {
                gather_problem(gather, csv, row, column, "C014", "\"%s\" is longer than 64 bytes",
                               items[i]);
            }
        }
    }
    names_sort(names, NULL, NULL);
    if (names->count > limit) {
        gather_problem(gather, csv, names->entries[limit].source, column, "C029",
                       "\"%s\" is one too many: %u different words, at most %u in a city",
                       names->entries[limit].text, names->count, limit);
    }
}

void gather_write_names(struct gather *gather, uint32_t section, const struct names *names)
{
    struct image_string *rows = pool_take_rows(&gather->pool, sizeof *rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        rows[i] = gather_put(gather, names->texts[i]);
    }
    image_writer_section(gather->writer, section, sizeof *rows, rows, names->count);
}
