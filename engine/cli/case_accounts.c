/* case_accounts.c: see case_accounts.h. */
#include "engine/cli/case_accounts.h"

#include "engine/core/office_views.h"
#include "engine/edge/labels.h"
#include "engine/edge/story.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 128

/* ---- collecting ---- */

static bool is_binding(const struct effect_timeline *line)
{
    static const uint8_t BINDING[] = {CLOCK_VERIFY, CLOCK_DISPATCH,  CLOCK_HANDLE, CLOCK_CLEARED,
                                      CLOCK_CHECK,  CLOCK_SUSPENDED, CLOCK_CONTROL};
    for (size_t i = 0; i < COUNT_OF(BINDING); i++) {
        if (line->clock == BINDING[i]) {
            return true;
        }
    }
    /* An offer binds the command post until it is answered. */
    return line->clock == CLOCK_ACCEPT &&
           (line->state == CASE_DISPATCHING || line->state == CASE_VERIFYING);
}

static void put_string(struct text *text, const struct city *city, struct image_string s)
{
    text_format(text, "%.*s", (int)s.size, city_text(city, s));
}

/* The post that a holder answers at: itself, a person's department's, the city's desk. */
static uint32_t post_of(const struct city *city, struct holder holder)
{
    if (holder.kind == HOLDER_POST) {
        return holder.index;
    }
    const uint32_t department = city->persons[holder.index].department;
    const uint32_t duty = department == NONE32 ? NONE32 : city->departments[department].duty_post;
    return duty == NONE32 ? city->info->desk_post : duty;
}

static void name_account(struct case_account *row, const struct core *core, enum lang lang)
{
    const struct city *city = core_city(core);
    const struct hash128 digest = core_facts_digest(core);
    struct text text;
    text_init(&text, row->who, sizeof row->who);
    (void)(row->holder.kind == HOLDER_PERSON
               ? labels_put_person(&text, city, row->holder.index, lang)
               : labels_put_post(&text, city, row->holder.index, lang));
    text_init(&text, row->post, sizeof row->post);
    (void)labels_put_post(&text, city, post_of(city, row->holder), lang);
    text_init(&text, row->place, sizeof row->place);
    if (row->cell != NONE32) {
        put_string(&text, city, city->cells[row->cell].code);
    }
    text_init(&text, row->duty, sizeof row->duty);
    if (row->class_row != NONE32) {
        const struct city_class *duty = &city->classes[row->class_row];
        put_string(&text, city, duty->code);
        text_put(&text, " ");
        (void)labels_put_class(&text, city, row->class_row, lang);
        if (duty->basis.size > 0) {
            text_put(&text, lang == LANG_ZH ? "，" : ", ");
            put_string(&text, city, duty->basis);
        }
    }
    (void)snprintf(row->city, sizeof row->city, "%016" PRIx64, digest.hi);
}

static struct case_account *add(struct case_accounts *accounts)
{
    if (accounts->count == CASE_ACCOUNTS_MAX) {
        accounts->left_out++;
        return NULL;
    }
    if (accounts->count == accounts->limit) {
        const uint32_t limit = accounts->limit == 0 ? 32 : accounts->limit * 2;
        struct case_account *rows = realloc(accounts->rows, limit * sizeof *rows);
        if (rows == NULL) {
            accounts->left_out++;
            return NULL;
        }
        accounts->rows = rows;
        accounts->limit = limit;
    }
    return &accounts->rows[accounts->count++];
}

void case_accounts_take(struct case_accounts *accounts, const struct core *core,
                        const struct effect *effect, enum lang lang)
{
    const struct effect_timeline *line = &effect->of.timeline;
    struct case_account *last = accounts->count > 0 ? &accounts->rows[accounts->count - 1] : NULL;
    const bool is_running = last != NULL && last->until_ms == NEVER_MS;
    if (line->holder.kind == HOLDER_NONE || core_city(core) == NULL) {
        if (is_running) {
            last->until_ms = effect->at_ms;
        }
        return;
    }
    const bool is_told = is_binding(line) && line->action != ACTION_MISS;
    struct case_account now = {.from_ms = effect->at_ms,
                               .until_ms = NEVER_MS,
                               .deadline_ms = is_told      ? line->deadline_ms
                                              : is_running ? last->deadline_ms
                                                           : NEVER_MS,
                               .holder = line->holder,
                               .cell = line->cell,
                               .class_row = line->class_row,
                               .clock = is_told      ? line->clock
                                        : is_running ? last->clock
                                                     : (uint8_t)CLOCK_NONE};
    name_account(&now, core, lang);
    if (is_running && strcmp(now.who, last->who) == 0 && strcmp(now.place, last->place) == 0 &&
        strcmp(now.duty, last->duty) == 0 && strcmp(now.city, last->city) == 0 &&
        now.clock == last->clock && now.deadline_ms == last->deadline_ms) {
        return;
    }
    if (is_running && last->from_ms == effect->at_ms) { /* stood for no time */
        *last = now;
        return;
    }
    if (is_running) {
        last->until_ms = effect->at_ms;
    }
    struct case_account *row = add(accounts);
    if (row != NULL) {
        *row = now;
    }
}

void case_accounts_free(struct case_accounts *accounts)
{
    free(accounts->rows);
    *accounts = (struct case_accounts){.rows = NULL};
}

/* ---- telling ---- */

static const char *direction_name(uint8_t direction)
{
    return direction == HANDOVER_UP ? "UP" : direction == HANDOVER_DOWN ? "DOWN" : "LATERAL";
}

static const char *direction_words(uint8_t direction, enum lang lang)
{
    if (lang == LANG_ZH) {
        return direction == HANDOVER_UP ? "上交" : direction == HANDOVER_DOWN ? "下派" : "平级移交";
    }
    return direction == HANDOVER_UP ? "up" : direction == HANDOVER_DOWN ? "down" : "lateral";
}

static const char *post_name(const struct city *city, uint32_t post, enum lang lang,
                             char out[NAME_SIZE])
{
    struct text text;
    text_init(&text, out, NAME_SIZE);
    if (post == NONE32) {
        text_put(&text, lang == LANG_ZH ? "指挥岗位" : "the command post");
    } else {
        (void)labels_put_post(&text, city, post, lang);
    }
    return out;
}

static const char *instant(const struct core *core, int64_t at_ms, char out[NAME_SIZE])
{
    if (at_ms == NEVER_MS) {
        (void)snprintf(out, NAME_SIZE, "-");
    } else {
        (void)story_instant(core_city(core), at_ms, core_now_ms(core), out, NAME_SIZE);
    }
    return out;
}

static const char *party_words(enum view_party_state state, enum lang lang)
{
    static const char *const EN[] = {"asked", "filed", "silent"};
    static const char *const ZH[] = {"待陈述", "已陈述", "逾期未陈述"};
    return lang == LANG_ZH ? ZH[state] : EN[state];
}

static void print_dispute(const struct core *core, const struct dispute_view *dispute,
                          enum lang lang)
{
    char post[NAME_SIZE], at[NAME_SIZE];
    (void)printf(lang == LANG_ZH ? "裁定中：%s，由 %s 裁定，%s %s\n"
                                 : "in adjudication: %s, ruled by %s, %s %s\n",
                 words_reason((uint32_t)dispute->reason, lang),
                 post_name(core_city(core), dispute->post, lang, post),
                 words_clock(dispute->is_heard ? CLOCK_RULING : CLOCK_POSITION, lang),
                 instant(core, dispute->due_ms, at));
    for (uint32_t i = 0; i < dispute->party_count; i++) {
        const struct party_view *party = &dispute->parties[i];
        (void)printf(
            "  %u. %s: %s%s%s\n", i + 1, post_name(core_city(core), party->post, lang, post),
            party_words(party->state, lang), party->reason != REASON_NONE ? ", " : "",
            party->reason != REASON_NONE ? words_reason((uint32_t)party->reason, lang) : "");
    }
}

static void print_intervals(const struct case_accounts *accounts, const struct core *core,
                            enum lang lang)
{
    char from[NAME_SIZE], until[NAME_SIZE], due[NAME_SIZE];
    if (accounts->count > 0) {
        (void)printf(lang == LANG_ZH ? "\n责任区间（五定）\n" : "\nwho was accountable\n");
    }
    for (uint32_t i = 0; i < accounts->count; i++) {
        const struct case_account *row = &accounts->rows[i];
        (void)printf("%s - %s  %s", instant(core, row->from_ms, from),
                     instant(core, row->until_ms, until), row->who);
        if (row->holder.kind == HOLDER_PERSON) {
            (void)printf("  @ %s", row->post);
        }
        (void)printf("  %s  %s", row->place[0] != '\0' ? row->place : "-",
                     row->duty[0] != '\0' ? row->duty : "-");
        if (row->clock != CLOCK_NONE) {
            (void)printf("  %s %s", words_clock(row->clock, lang),
                         instant(core, row->deadline_ms, due));
        }
        (void)printf("\n");
    }
}

void case_accounts_print(const struct case_accounts *accounts, const struct core *core,
                         struct case_no no, enum lang lang)
{
    struct handover steps[HANDOVERS_MAX];
    struct dispute_view dispute;
    struct ruling_view ruling;
    char from[NAME_SIZE], to[NAME_SIZE], at[NAME_SIZE];
    const uint32_t count = core_case_handovers(core, no, steps);
    print_intervals(accounts, core, lang);
    if (count > 0) {
        (void)printf(lang == LANG_ZH ? "\n移交\n" : "\nhand-overs\n");
    }
    for (uint32_t i = 0; i < count; i++) {
        (void)printf("%s  %s  %s -> %s: %s\n", instant(core, steps[i].at_ms, at),
                     direction_words(steps[i].direction, lang),
                     post_name(core_city(core), steps[i].from, lang, from),
                     post_name(core_city(core), steps[i].to, lang, to),
                     words_reason(steps[i].reason, lang));
    }
    if (core_case_dispute(core, no, &dispute)) {
        (void)printf("\n");
        print_dispute(core, &dispute, lang);
    }
    if (core_case_ruling(core, no, &ruling)) {
        char number[WORDS_CASE_NO_SIZE];
        (void)printf(lang == LANG_ZH ? "\n裁定：由 %s 牵头（%s，%s）\n"
                                     : "\nruled: %s leads (%s, %s)\n",
                     post_name(core_city(core), ruling.post, lang, to),
                     words_case_no(ruling.no, number), instant(core, ruling.at_ms, at));
    }
}

static json_t *instant_json(int64_t at_ms)
{
    return at_ms == NEVER_MS ? json_null() : json_integer(at_ms);
}

static json_t *dispute_json(const struct core *core, const struct dispute_view *dispute,
                            enum lang lang)
{
    char post[NAME_SIZE];
    json_t *parties = json_array();
    static const char *const STATES[] = {"ASKED", "FILED", "SILENT"};
    for (uint32_t i = 0; i < dispute->party_count; i++) {
        const struct party_view *party = &dispute->parties[i];
        (void)json_array_append_new(parties,
                                    json_pack("{s:s, s:s, s:s}", "post",
                                              post_name(core_city(core), party->post, lang, post),
                                              "state", STATES[party->state], "reason",
                                              words_reason_name((uint32_t)party->reason)));
    }
    return json_pack("{s:s, s:s, s:b, s:I, s:I, s:o}", "reason",
                     words_reason_name((uint32_t)dispute->reason), "post",
                     post_name(core_city(core), dispute->post, lang, post), "is_heard",
                     (int)dispute->is_heard, "opened_at_ms", (json_int_t)dispute->opened_at_ms,
                     "due_ms", (json_int_t)dispute->due_ms, "parties", parties);
}

void case_accounts_json(const struct case_accounts *accounts, const struct core *core,
                        struct case_no no, enum lang lang, json_t *root)
{
    struct handover steps[HANDOVERS_MAX];
    struct dispute_view dispute;
    struct ruling_view ruling;
    char from[NAME_SIZE], to[NAME_SIZE], number[WORDS_CASE_NO_SIZE];
    json_t *intervals = json_array(), *handovers = json_array();
    for (uint32_t i = 0; i < accounts->count; i++) {
        const struct case_account *row = &accounts->rows[i];
        (void)json_array_append_new(
            intervals, json_pack("{s:I, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s}", "from_ms",
                                 (json_int_t)row->from_ms, "until_ms", instant_json(row->until_ms),
                                 "holder_kind", words_holder_kind_name(row->holder.kind), "holder",
                                 row->who, "post", row->post, "cell", row->place, "duty", row->duty,
                                 "clock", words_clock_name(row->clock), "deadline_ms",
                                 instant_json(row->deadline_ms), "city", row->city));
    }
    (void)json_object_set_new(root, "accountable", intervals);
    const uint32_t count = core_case_handovers(core, no, steps);
    for (uint32_t i = 0; i < count; i++) {
        (void)json_array_append_new(
            handovers,
            json_pack("{s:I, s:s, s:s, s:s, s:s, s:i}", "at_ms", (json_int_t)steps[i].at_ms, "from",
                      post_name(core_city(core), steps[i].from, lang, from), "to",
                      post_name(core_city(core), steps[i].to, lang, to), "direction",
                      direction_name(steps[i].direction), "reason",
                      words_reason_name(steps[i].reason), "used_permille",
                      (int)steps[i].used_permille));
    }
    (void)json_object_set_new(root, "handovers", handovers);
    (void)json_object_set_new(
        root, "dispute",
        core_case_dispute(core, no, &dispute) ? dispute_json(core, &dispute, lang) : json_null());
    (void)json_object_set_new(root, "ruling",
                              core_case_ruling(core, no, &ruling)
                                  ? json_pack("{s:s, s:s, s:I}", "case",
                                              words_case_no(ruling.no, number), "post",
                                              post_name(core_city(core), ruling.post, lang, to),
                                              "at_ms", (json_int_t)ruling.at_ms)
                                  : json_null());
}
