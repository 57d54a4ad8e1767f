/* node_silences.c: what is held back for a while, page by page. Nothing here changes state or reaches the log.
 *
 * Owner   rows and texts lie in the arena of the request */
#include "engine/edge/labels.h"
#include "engine/edge/node_state.h"

#define ROWS_PER_PAGE 32u
#define TEXT_SIZE 512u

static char *keep(struct node *node, const char *text, size_t size)
{
    char *out = size == 0 ? NULL : codec_arena_take(&node->arena, size + 1);
    if (out != NULL) {
        memcpy(out, text, size);
        out[size] = '\0';
    }
    return out;
}

static void put_row(struct node *node, const struct silence_row *from, enum lang lang,
                    Gridloop__Wire__Silence *row)
{
    const struct city *city = core_city(node->core);
    const uint32_t person = labels_find_person(city, from->actor);
    char bytes[TEXT_SIZE];
    struct text text;
    text_init(&text, bytes, sizeof bytes);
    for (uint32_t i = 0; i < from->matcher_count; i++) {
        const struct silence_matcher *matcher = &from->matchers[i];
        text_format(&text, "%s%s=%.*s", i > 0 ? " " : "", silence_match_name(matcher->kind),
                    (int)matcher->size, matcher->text);
    }
    row->has_number = row->has_maintenance = row->has_from_ms = row->has_until_ms = row->has_held =
        1;
    row->number = from->number;
    row->maintenance = from->kind == SILENCED_FOR_MAINTENANCE;
    row->from_ms = from->from_ms;
    row->until_ms = from->until_ms;
    row->held = from->held;
    row->matchers = keep(node, bytes, text.used);
    row->desk = keep(node, from->department.text, from->department.size);
    row->why = keep(node, from->why, from->why_size);
    if (person != NONE32) {
        const struct image_string id = city->persons[person].id;
        row->actor = keep(node, city_text(city, id), id.size);
        text_init(&text, bytes, sizeof bytes);
        (void)labels_put_person(&text, city, person, lang);
        row->actor_name = keep(node, bytes, text.used);
    }
}

void node_answer_silences(struct node *node, struct node_reply reply, uint32_t after,
                          bool is_chinese)
{
    static const Gridloop__Wire__Silence blank = GRIDLOOP__WIRE__SILENCE__INIT;
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__SilenceList list = GRIDLOOP__WIRE__SILENCE_LIST__INIT;
    Gridloop__Wire__Silence rows[ROWS_PER_PAGE];
    Gridloop__Wire__Silence *pointers[ROWS_PER_PAGE];
    const struct city *city = core_city(node->core);
    struct silence_row row;
    uint32_t at = after;
    uint32_t count = 0;
    bool has_more = true;
    while (has_more && count < ROWS_PER_PAGE) {
        has_more = core_next_silence(node->core, &at, &row);
        if (has_more) {
            rows[count] = blank;
            pointers[count] = &rows[count];
            put_row(node, &row, is_chinese ? LANG_ZH : LANG_EN, &rows[count++]);
        }
    }
    list.n_rows = count;
    list.rows = pointers;
    list.has_next = has_more;
    list.next = at;
    list.has_offset_minutes = 1;
    list.offset_minutes = (int32_t)((city_local_ms(city, node->now_ms) - node->now_ms) / MINUTE_MS);
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_SILENCE_LIST;
    answer.silence_list = &list;
    node_queue_answer(node, reply, &answer);
}
