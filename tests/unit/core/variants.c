/* variants.c: the town with rules of every ring and pick, and what a decision said. Included by the tests that use it. */
#include "tests/unit/core/town.c"

static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct case_no no_case = {0, 0, 0};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};

/* Rules of every ring and pick; the number in the type's name is the row of `variants`. */
static const struct variant {
    const char *assign;
    uint32_t pick, max_load, ignore_shift;
    const char *skill; /* or NULL */
    const char *rings; /* letters: g grid, r 600 m, R 2 km, s street, d district, c city */
} variants[] = {
    {"{role: grid_worker, search: [grid, 600, city], pick: nearest}", PICK_NEAREST, 0, 0, NULL,
     "grc"},
    {"{role: grid_worker, search: [2000], pick: nearest}", PICK_NEAREST, 0, 0, NULL, "R"},
    {"{role: grid_worker, search: [street, district], pick: nearest}", PICK_NEAREST, 0, 0, NULL,
     "sd"},
    {"{role: grid_worker, search: [district], pick: eta}", PICK_ETA, 0, 0, NULL, "d"},
    {"{role: grid_worker, search: [600, 2000, city], pick: eta, max_load: 2}", PICK_ETA, 2, 0, NULL,
     "rRc"},
    {"{role: grid_worker, search: [grid, city], pick: least_loaded}", PICK_LEAST_LOADED, 0, 0, NULL,
     "gc"},
    {"{role: grid_worker, skills: [sanitation], search: [city], pick: nearest, on_shift: any}",
     PICK_NEAREST, 0, 1, "sanitation", "c"},
    {"{role: grid_worker, search: [600], pick: least_loaded, max_load: 1}", PICK_LEAST_LOADED, 1, 0,
     NULL, "r"},
};

static void write_rules(const char *at)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/rules/variants.yaml", at);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    (void)fprintf(out, "ruleset: 1\nevents:\n");
    for (size_t i = 0; i < COUNT_OF(variants); i++) {
        (void)fprintf(
            out, "  try.v%zu: {title: 试, title_en: try, lane: report, fields: {value: number}}\n",
            i);
    }
    (void)fprintf(out, "rules:\n");
    for (size_t i = 0; i < COUNT_OF(variants); i++) {
        (void)fprintf(out,
                      "- id: try.v%zu\n  title: 试\n  title_en: Try\n  owner: dept.sanitation\n  "
                      "priority: 1\n"
                      "  event: try.v%zu\n  open: {class: \"E.09.09\", severity: 4, title: "
                      "\"v\"}\n  assign: %s\n",
                      i, i, variants[i].assign);
    }
    assert_int_equal(fclose(out), 0);
}

static struct town *open_copy(const char *at, const struct limits *limits)
{
    struct town *town = malloc(sizeof *town);
    write_rules(at);
    town_open_at(town, limits, at);
    return town;
}

static enum code try_variant(struct town *town, size_t variant, struct place at)
{
    char type[16];
    (void)snprintf(type, sizeof type, "try.v%zu", variant);
    return town_event(town, "sensor-1", type, NULL, at, value);
}

/* The code of a person in the newest decision. */
static enum code code_of(const struct town *town, const char *who)
{
    const struct effect_decision *decision = town_decision(town);
    for (uint32_t i = 0; i < decision->candidate_count; i++) {
        const struct image_string id = town->city.persons[decision->candidates[i].person].id;
        if (id.size == strlen(who) && memcmp(city_text(&town->city, id), who, id.size) == 0) {
            return (enum code)decision->candidates[i].code;
        }
    }
    return CODE_NOTHING;
}

static enum code on_case(struct town *town, const char *who, struct case_no no, enum action action,
                         const char *subject)
{
    return town_act(town, who, 0, no, action, REASON_OTHER, nowhere, subject);
}
