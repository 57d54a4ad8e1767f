/* load_table.c: files of the directory to tables with sorted keys; see load.h. */
#include <string.h>

#include "engine/city/facts.h"
#include "engine/city/load.h"

bool load_file(struct load *load, const char *name, struct text_file *out_file)
{
    if (!text_file_read(&load->pool, load->problems, load->directory, name, out_file)) {
        return false;
    }
    /* Before anything is changed in place. */
    load->source_digest = hash128_join(load->source_digest, facts_hash(name, strlen(name)));
    load->source_digest =
        hash128_join(load->source_digest, facts_hash(out_file->bytes, out_file->size));
    return true;
}

void load_csv(struct load *load, const char *name, bool is_needed, const struct csv_column *columns,
              uint32_t column_count, struct csv *out_csv)
{
    *out_csv = (struct csv){.file = name, .column_count = column_count};
    struct text_file file;
    if (!is_needed && !text_file_exists(load->directory, name)) {
        return;
    }
    if (load_file(load, name, &file)) {
        csv_parse(&load->pool, load->problems, &file, columns, column_count, out_csv);
    }
}

/* Whose keys are being sorted. */
struct sorting {
    struct load *load;
    const struct csv *csv;
    uint32_t column;
};

static void tell_twice(void *context, uint32_t source, uint32_t first_source)
{
    const struct sorting *sorting = context;
    load_problem(sorting->load, sorting->csv, source, sorting->column, "C015",
                 "\"%s\" stands twice, first in line %d",
                 load_text(sorting->csv, source, sorting->column),
                 csv_at(sorting->csv, first_source, sorting->column)->line);
}

void load_keys(struct load *load, const struct csv *csv, uint32_t column, struct names *names)
{
    for (uint32_t row = 0; row < csv->row_count; row++) {
        const char *text = load_text(csv, row, column);
        if (csv_at(csv, row, column)->column == 0) {
            continue; /* the missing column or cell has been told */
        }
        if (text[0] == '\0') {
            load_problem(load, csv, row, column, "C013", "may not be empty");
        } else if (!load_id_is_sound(text)) {
            load_problem(load, csv, row, column, "C014",
                         "\"%s\" should be 1 to 64 bytes without spaces and control characters", text);
        } else {
            names_add(names, text, row);
        }
    }
    struct sorting sorting = {load, csv, column};
    names_sort(names, tell_twice, &sorting);
}

void load_vocabulary(struct load *load, const struct csv *csv, uint32_t column, struct names *names,
                     uint32_t limit)
{
    for (uint32_t row = 0; row < csv->row_count; row++) {
        uint32_t count;
        const char **items = load_list(load, csv, row, column, &count);
        for (uint32_t i = 0; i < count; i++) {
            if (load_id_is_sound(items[i])) {
                names_add(names, items[i], row);
            } else {
                load_problem(load, csv, row, column, "C014", "\"%s\" is longer than 64 bytes",
                             items[i]);
            }
        }
    }
    names_sort(names, NULL, NULL);
    if (names->count > limit) {
        load_problem(load, csv, names->entries[limit].source, column, "C029",
                     "\"%s\" is one too many: %u different words, at most %u in a city",
                     names->entries[limit].text, names->count, limit);
    }
}

void load_write_names(struct load *load, uint32_t section, const struct names *names)
{
    struct image_string *rows = pool_take_rows(&load->pool, sizeof *rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        rows[i] = load_put(load, names->texts[i]);
    }
    image_writer_section(load->writer, section, sizeof *rows, rows, names->count);
}
