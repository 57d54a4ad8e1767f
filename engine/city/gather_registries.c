/* gather_registries.c: registries/NAME.csv, registers of enterprises, sites and the like, to assets with columns of their own;
 * see gather.h.
 *
 * Every row is an asset of the kind NAME (code, name, lon, lat, department as in assets.csv). Every other column is the
 * register's own: numbers where every filled cell is a decimal number, truths where every one is true or false, else
 * texts. Plans select by them and show them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/city/facts.h"
#include "engine/city/gather.h"

#define FIXED_COLUMNS 5u /* code, name, lon, lat, department */
#define DECIMALS 6u
#define FILE_NAME_SIZE 300u

enum { FIXED_CODE, FIXED_NAME, FIXED_LON, FIXED_LAT, FIXED_DEPARTMENT };

static int text_compare(const void *left, const void *right)
{
    const char *const *a = left;
    const char *const *b = right;
    return strcmp(*a, *b);
}

/* Names of the registers: files of the folder without ".csv", sorted. */
static uint32_t list_registries(struct gather *gather, const char *names[GATHER_REGISTRIES_MAX])
{
    char path[4096];
    uint32_t count = 0;
    (void)snprintf(path, sizeof path, "%s/registries", gather->directory);
    DIR *folder = opendir(path);
    struct dirent *entry = NULL;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        size_t size = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || size < 5 || strcmp(entry->d_name + size - 4, ".csv") != 0) {
            continue;
        }
        const char *name = pool_text(&gather->pool, entry->d_name, size - 4);
        if (count == GATHER_REGISTRIES_MAX || !gather_id_is_sound(name)) {
            problems_add(gather->problems, PROBLEM_ERROR, "C035", "registries", 0, 0,
                         "\"%s\": a name of 1 to 64 bytes without spaces, and at most %u files",
                         name, GATHER_REGISTRIES_MAX);
            continue;
        }
        names[count++] = name;
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    qsort(names, count, sizeof names[0], text_compare);
    return count;
}

static bool is_column_name(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && size <= 40 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == size;
}

/* The columns that the first line names: the fixed ones first. The file decides, so it is looked at before it is parsed. */
static uint32_t read_columns(struct gather *gather, const struct text_file *file,
                             struct csv_column columns[CSV_COLUMNS_MAX])
{
    static const struct csv_column FIXED[FIXED_COLUMNS] = {
        {"code", true}, {"name", false}, {"lon", true}, {"lat", true}, {"department", false}};
    uint32_t count = FIXED_COLUMNS;
    memcpy(columns, FIXED, sizeof FIXED);
    const char *line = file->bytes + strspn(file->bytes, "\r\n");
    const char *end = line + strcspn(line, "\r\n");
    while (line < end) {
        size_t size = strcspn(line, ",\r\n");
        size_t quoted = size >= 2 && line[0] == '"' && line[size - 1] == '"' ? 1 : 0;
        const char *name = pool_text(&gather->pool, line + quoted, size - 2 * quoted);
        bool is_known = false;
        for (uint32_t i = 0; i < count; i++) {
            is_known = is_known || strcmp(columns[i].name, name) == 0;
        }
        if (!is_known && !is_column_name(name)) {
            problems_add(gather->problems, PROBLEM_ERROR, "C035", file->name, 1, 0,
                         "column \"%s\" should be made of a-z, 0-9 and _", name);
        } else if (!is_known && count < CSV_COLUMNS_MAX - 1) {
            columns[count++] = (struct csv_column){name, false};
        }
        line += size + (size_t)(line[size] == ',');
    }
    return count;
}

static bool is_number(const char *text, int64_t *out_value)
{
    double value = 0;
    if (!gather_parse_decimal(text, &value) || value > 1e11 || value < -1e11) {
        return false;
    }
    *out_value = (int64_t)(value * 1e6 + (value < 0 ? -0.5 : 0.5));
    return true;
}

/* The strictest kind that every filled cell of the column follows. */
static enum column_kind kind_of(const struct csv *csv, uint32_t column)
{
    bool is_all_number = true;
    bool is_all_truth = true;
    uint32_t filled = 0;
    for (uint32_t row = 0; row < csv->row_count; row++) {
        const char *text = gather_text(csv, row, column);
        int64_t value;
        if (text[0] == '\0') {
            continue;
        }
        filled++;
        is_all_number = is_all_number && is_number(text, &value);
        is_all_truth = is_all_truth && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0);
    }
    if (filled == 0 || (!is_all_number && !is_all_truth)) {
        return COLUMN_TEXT;
    }
    return is_all_truth ? COLUMN_TRUTH : COLUMN_NUMBER;
}

static int column_compare(const void *left, const void *right)
{
    const struct gather_column *a = left;
    const struct gather_column *b = right;
    return strcmp(a->name, b->name);
}

/* Adds the rows behind those of assets.csv; codes that stand there already are problems of the register. */
static void append_rows(struct gather *gather, struct gather_registry *registry,
                        const struct names *known)
{
    const struct csv *csv = &registry->csv;
    struct csv *assets = &gather->assets;
    static const uint32_t FROM[] = {FIXED_CODE, FIXED_NAME, NONE32,
                                    FIXED_LON,  FIXED_LAT,  FIXED_DEPARTMENT};
    const uint32_t width = assets->column_count;
    must(width == COUNT_OF(FROM));
    registry->row_first = assets->row_count;
    struct csv_cell *cells = pool_take_rows(&gather->pool, sizeof *cells,
                                            ((size_t)assets->row_count + csv->row_count) * width);
    if (assets->row_count > 0) {
        memcpy(cells, assets->cells, (size_t)assets->row_count * width * sizeof *cells);
    }
    for (uint32_t row = 0; row < csv->row_count; row++) {
        for (uint32_t i = 0; i < width; i++) {
            struct csv_cell *cell = &cells[((size_t)assets->row_count + row) * width + i];
            *cell = FROM[i] == NONE32 ? (struct csv_cell){registry->name, 0, 1}
                                      : *csv_at(csv, row, FROM[i]);
        }
        if (known->count > 0 && names_find(known, gather_text(csv, row, FIXED_CODE)) != NONE32) {
            gather_problem(gather, csv, row, FIXED_CODE, "C015", "\"%s\" stands in assets.csv too",
                           gather_text(csv, row, FIXED_CODE));
        }
    }
    assets->cells = cells;
    assets->row_count += csv->row_count;
}

static void read_registry(struct gather *gather, const char *name, const struct names *known)
{
    char path[FILE_NAME_SIZE];
    struct text_file file;
    struct csv_column columns[CSV_COLUMNS_MAX];
    struct gather_registry *registry = &gather->registries[gather->registry_count];
    *registry = (struct gather_registry){.name = name};
    (void)snprintf(path, sizeof path, "registries/%s.csv", name);
    if (!gather_file(gather, pool_text(&gather->pool, path, strlen(path)), &file)) {
        gather->assets.has_problems = true;
        return;
    }
    const uint32_t count = read_columns(gather, &file, columns);
    struct csv *csv = &registry->csv;
    csv_parse(&gather->pool, gather->problems, &file, columns, count, csv);
    struct names keys = {0};
    names_init(&keys);
    gather_keys(gather, csv, FIXED_CODE, &keys);
    for (uint32_t row = 0; row < csv->row_count; row++) {
        (void)gather_place(gather, csv, row, FIXED_LON, true);
    }
    for (uint32_t i = FIXED_COLUMNS; i < count; i++) {
        registry->columns[registry->column_count++] =
            (struct gather_column){columns[i].name, i, kind_of(csv, i)};
    }
    qsort(registry->columns, registry->column_count, sizeof registry->columns[0], column_compare);
    if (keys.is_incomplete) {
        gather->assets.has_problems = true; /* names of assets may be missing: not told again */
    } else {
        append_rows(gather, registry, known);
        gather->registry_count++;
    }
    names_fini(&keys);
}

/* A kind that is a register may not be written into assets.csv: those rows would have no columns. */
static void check_kinds(struct gather *gather, uint32_t own_rows)
{
    enum { ASSET_KIND_COLUMN = 2 };
    for (uint32_t row = 0; row < own_rows; row++) {
        for (uint32_t i = 0; i < gather->registry_count; i++) {
            const char *name = gather->registries[i].name;
            if (strcmp(gather_text(&gather->assets, row, ASSET_KIND_COLUMN), name) == 0) {
                gather_problem(gather, &gather->assets, row, ASSET_KIND_COLUMN, "C035",
                               "\"%s\" is a register: put the row into registries/%s.csv", name,
                               name);
            }
        }
    }
}

void gather_registries_read(struct gather *gather)
{
    const char *names[GATHER_REGISTRIES_MAX];
    const uint32_t count = list_registries(gather, names);
    const uint32_t own_rows = gather->assets.row_count;
    struct names known = {0};
    names_init(&known);
    for (uint32_t row = 0; count > 0 && row < own_rows; row++) {
        names_add(&known, gather_text(&gather->assets, row, 0), row);
    }
    names_sort(&known, NULL, NULL);
    for (uint32_t i = 0; i < count; i++) {
        read_registry(gather, names[i], &known);
    }
    names_fini(&known);
    check_kinds(gather, own_rows);
}

/* ---- rows of the image ---- */

static void fill_values(struct gather *gather, const struct gather_registry *registry,
                        uint32_t first, struct city_value *values)
{
    const struct csv *csv = &registry->csv;
    for (uint32_t rank = 0; rank < gather->asset_names.count; rank++) {
        const uint32_t source = gather->asset_names.entries[rank].source;
        if (source < registry->row_first || source - registry->row_first >= csv->row_count) {
            continue;
        }
        const uint32_t row = gather->asset_rows[rank] - first;
        if (row >= csv->row_count) {
            continue; /* a problem was told: rows of the kind stand in assets.csv too */
        }
        for (uint32_t c = 0; c < registry->column_count; c++) {
            const struct gather_column *column = &registry->columns[c];
            const char *text = gather_text(csv, source - registry->row_first, column->place);
            struct city_value *value = &values[row * registry->column_count + c];
            value->text = gather_put(gather, text);
            if (column->kind == COLUMN_NUMBER) {
                (void)is_number(text, &value->number);
            } else if (column->kind == COLUMN_TRUTH) {
                value->number = strcmp(text, "true") == 0;
            }
        }
    }
}

void gather_registries_write(struct gather *gather, const struct city_asset *assets, uint32_t count)
{
    struct city_registry rows[GATHER_REGISTRIES_MAX];
    uint32_t column_total = 0;
    size_t value_total = 0;
    for (uint32_t i = 0; i < gather->registry_count; i++) {
        column_total += gather->registries[i].column_count;
        value_total +=
            (size_t)gather->registries[i].column_count * gather->registries[i].csv.row_count;
    }
    struct city_column *columns = pool_take_rows(&gather->pool, sizeof *columns, column_total);
    struct city_value *values = pool_take_rows(&gather->pool, sizeof *values, value_total);
    uint32_t column_first = 0;
    uint32_t value_first = 0;
    for (uint32_t i = 0; i < gather->registry_count; i++) {
        const struct gather_registry *registry = &gather->registries[i];
        const uint32_t kind = names_find(&gather->kind_names, registry->name);
        uint32_t first = 0;
        while (first < count && assets[first].kind < kind) {
            first++;
        }
        rows[i] = (struct city_registry){.kind = kind,
                                         .assets = {first, registry->csv.row_count},
                                         .columns = {column_first, registry->column_count},
                                         .value_first = value_first};
        for (uint32_t c = 0; c < registry->column_count; c++) {
            columns[column_first + c] = (struct city_column){
                gather_put(gather, registry->columns[c].name), registry->columns[c].kind, 0};
        }
        fill_values(gather, registry, first, values + value_first);
        column_first += registry->column_count;
        value_first += registry->column_count * registry->csv.row_count;
    }
    image_writer_section(gather->writer, CITY_REGISTRIES, sizeof rows[0], rows,
                         gather->registry_count);
    image_writer_section(gather->writer, CITY_COLUMNS, sizeof *columns, columns, column_total);
    image_writer_section(gather->writer, CITY_VALUES, sizeof *values, values,
                         (uint32_t)value_total);
}
