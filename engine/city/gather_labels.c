/* gather_labels.c: labels.csv to its rows: words of this city in place of the program's own; see gather.h. Which kinds and codes
 * there are is known to those who tell (engine/edge/words.h), who check them. */
#include <string.h>

#include "engine/city/gather.h"

enum { LABEL_KIND, LABEL_CODE, LABEL_ZH, LABEL_EN };
static const struct csv_column LABEL_COLUMNS[] = {
    {"kind", true}, {"code", true}, {"zh", false}, {"en", false}};

void gather_labels(struct gather *gather)
{
    struct csv csv;
    gather_csv(gather, "labels.csv", false, LABEL_COLUMNS, COUNT_OF(LABEL_COLUMNS), &csv);
    struct city_label *rows = pool_take_rows(&gather->pool, sizeof *rows, csv.row_count);
    for (uint32_t row = 0; row < csv.row_count; row++) {
        for (uint32_t column = LABEL_KIND; column <= LABEL_CODE; column++) {
            if (gather_text(&csv, row, column)[0] == '\0') {
                gather_problem(gather, &csv, row, column, "C013", "may not be empty");
            }
        }
        for (uint32_t column = LABEL_ZH; column <= LABEL_EN; column++) {
            if (strlen(gather_text(&csv, row, column)) > CITY_LABEL_SIZE_MAX) {
                gather_problem(gather, &csv, row, column, "C016", "a label has at most %u bytes",
                               CITY_LABEL_SIZE_MAX);
            }
        }
        rows[row] = (struct city_label){.kind = gather_string(gather, &csv, row, LABEL_KIND),
                                        .code = gather_string(gather, &csv, row, LABEL_CODE),
                                        .zh = gather_string(gather, &csv, row, LABEL_ZH),
                                        .en = gather_string(gather, &csv, row, LABEL_EN),
                                        .line = (uint32_t)csv_at(&csv, row, LABEL_KIND)->line};
    }
    if (csv.row_count > CITY_LABELS_MAX) {
        gather_problem(gather, &csv, CITY_LABELS_MAX, LABEL_KIND, "C029", "at most %u labels",
                       CITY_LABELS_MAX);
        return;
    }
    image_writer_section(gather->writer, CITY_LABELS, sizeof *rows, rows, csv.row_count);
}
