/* history_labels.c: what the things of the city are called, written whenever a city is activated: reports on old months
 * need no image. */
#include "engine/shell/history_state.h"

static struct history_piece piece_of(const struct history *history, struct image_string string)
{
    return (struct history_piece){city_text(&history->names.city, string), string.size};
}

static enum err write_name(struct history *history, const char *kind, struct image_string code,
                           struct image_string zh, struct image_string en)
{
    struct history_binder binder = history_bind(history, HISTORY_SQL_NAME);
    history_bind_word(&binder, kind);
    history_bind_piece(&binder, piece_of(history, code));
    history_bind_piece(&binder, piece_of(history, zh));
    history_bind_piece(&binder, piece_of(history, en));
    return history_step(history, &binder, "write a name");
}

static enum err write_text_meta(struct history *history, const char *key, struct image_string value)
{
    struct history_binder binder = history_bind(history, HISTORY_SQL_META);
    history_bind_word(&binder, key);
    history_bind_piece(&binder, piece_of(history, value));
    return history_step(history, &binder, "write its city");
}

enum err history_write_names(struct history *history)
{
    const struct city *city = &history->names.city;
    const struct image_string none = {0, 0};
    enum err err = write_text_meta(history, "time_zone", city->info->time_zone);
    if (err == ERR_OK) {
        err = write_text_meta(history, "city", city->info->name);
    }
    if (err == ERR_OK) {
        err = write_text_meta(history, "city_en", city->info->name_en);
    }
    for (uint32_t i = 0; err == ERR_OK && i < city->unit_count; i++) {
        err = write_name(history, "unit", city->units[i].code, city->units[i].name, none);
    }
    for (uint32_t i = 0; err == ERR_OK && i < city->department_count; i++) {
        const struct city_department *row = &city->departments[i];
        err = write_name(history, "department", row->code, row->name, row->name_en);
    }
    for (uint32_t i = 0; err == ERR_OK && i < city->post_count; i++) {
        const struct city_post *row = &city->posts[i];
        err = write_name(history, "post", row->code, row->name, row->name_en);
    }
    return err;
}
