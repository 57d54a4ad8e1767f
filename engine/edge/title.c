/* title.c: fills a case title. */
#include "engine/edge/title.h"

#include "engine/edge/text.h"

static void put_city(struct text *text, const struct city *city, struct image_string string)
{
    text_put_bytes(text, city_text(city, string), string.size);
}

static bool is_word(const char *name, size_t size, const char *word)
{
    return strlen(word) == size && memcmp(name, word, size) == 0;
}

/* A captured field of that name; false if the case has none. */
static bool put_field(struct text *text, const struct policy *policy, const struct case_view *view,
                      const char *name, size_t size)
{
    for (uint32_t i = 0; i < view->field_count; i++) {
        must(view->fields[i].field < policy->field_count);
        struct image_string field = policy->fields[view->fields[i].field].name;
        if (field.size != size || memcmp(policy_text(policy, field), name, size) != 0) {
            continue;
        }
        if (view->fields[i].kind == FIELD_NUMBER) {
            text_put_micro(text, view->fields[i].number);
        } else if (view->fields[i].kind == FIELD_STRING) {
            text_put_bytes(text, view->fields[i].text, view->fields[i].size);
        } else {
            text_put(text, view->fields[i].number != 0 ? "true" : "false");
        }
        return true;
    }
    return false;
}

/* The cell of a register's object. */
static void put_column(struct text *text, const struct city *city, uint32_t asset, const char *name,
                       size_t size)
{
    const struct city_registry *registry = city_registry_of(city, city->assets[asset].kind);
    for (uint32_t i = 0; registry != NULL && i < registry->columns.count; i++) {
        struct image_string column = city->columns[registry->columns.first + i].name;
        if (column.size == size && memcmp(city_text(city, column), name, size) == 0) {
            put_city(text, city, city_value_at(city, registry, asset, i)->text);
        }
    }
}

/* What the case's rows are called. */
static void put_built_in(struct text *text, const struct city *city, const struct case_view *view,
                         const char *name, size_t size)
{
    if (view->asset != NONE32 && is_word(name, size, "asset.name")) {
        put_city(text, city, city->assets[view->asset].name);
    } else if (view->asset != NONE32 && is_word(name, size, "asset.code")) {
        put_city(text, city, city->assets[view->asset].code);
    } else if (view->asset != NONE32 && size > 6 && memcmp(name, "asset.", 6) == 0) {
        put_column(text, city, view->asset, name + 6, size - 6);
    } else if (view->device != NONE32 && is_word(name, size, "device")) {
        put_city(text, city, city->devices[view->device].id);
    } else if (view->cell != NONE32 && is_word(name, size, "cell")) {
        put_city(text, city, city->cells[view->cell].code);
    } else if (view->cell != NONE32 && is_word(name, size, "cell.name")) {
        put_city(text, city, city->cells[view->cell].name);
    } else if (view->class_row != NONE32 && is_word(name, size, "class")) {
        put_city(text, city, city->classes[view->class_row].title);
    }
}

static void put_template(struct text *text, const struct city *city, const struct policy *policy,
                         const struct case_view *view, const char *template, size_t size)
{
    size_t at = 0;
    while (at < size) {
        size_t start = at;
        while (at < size && template[at] != '{') {
            at++;
        }
        text_put_bytes(text, template + start, at - start);
        if (at + 1 < size && template[at + 1] == '{') {
            text_put(text, "{");
            at += 2;
            continue;
        }
        const char *end = at < size ? memchr(template + at, '}', size - at) : NULL;
        if (end == NULL) {
            text_put_bytes(text, template + at, size - at); /* no name follows: as it stands */
            return;
        }
        const char *name = template + at + 1;
        if (!put_field(text, policy, view, name, (size_t)(end - name))) {
            put_built_in(text, city, view, name, (size_t)(end - name));
        }
        at = (size_t)(end - template) + 1;
    }
}

static struct image_string either(struct image_string local, struct image_string english,
                                  enum lang lang)
{
    return lang == LANG_EN && english.size > 0 ? english : local;
}

void title_render(const struct city *city, const struct policy *policy,
                  const struct case_view *view, char *out, size_t out_size)
{
    title_render_in(city, policy, view, LANG_ZH, out, out_size);
}

void title_render_in(const struct city *city, const struct policy *policy,
                     const struct case_view *view, enum lang lang, char *out, size_t out_size)
{
    struct text text;
    text_init(&text, out, out_size);
    if (view->rule < policy->rule_count) {
        const struct policy_rule *rule = &policy->rules[view->rule];
        struct image_string template = either(rule->case_title, rule->case_title_en, lang);
        if (template.size > 0) {
            put_template(&text, city, policy, view, policy_text(policy, template), template.size);
            text_trim(&text);
        } else {
            struct image_string title = either(rule->title, rule->title_en, lang);
            text_put_bytes(&text, policy_text(policy, title), title.size);
        }
    }
    if (text.used == 0 && view->class_row < city->class_count) {
        const struct city_class *row = &city->classes[view->class_row];
        put_city(&text, city, either(row->title, row->title_en, lang));
    }
}

void title_place_name(const struct city *city, const struct case_view *view, char *out,
                      size_t out_size)
{
    struct text text;
    text_init(&text, out, out_size);
    if (view->asset < city->asset_count) {
        put_city(&text, city, city->assets[view->asset].name);
    } else if (view->device < city->device_count) {
        put_city(&text, city, city->devices[view->device].id);
    } else if (view->cell < city->cell_count) {
        put_city(&text, city, city->cells[view->cell].name);
    }
}

void title_render_target(const struct city *city, const struct policy *policy,
                         struct image_string template, uint32_t asset, char *out, size_t out_size)
{
    struct text text;
    const struct case_view view = {
        .asset = asset, .device = NONE32, .cell = NONE32, .class_row = NONE32};
    text_init(&text, out, out_size);
    put_template(&text, city, policy, &view, policy_text(policy, template), template.size);
}
