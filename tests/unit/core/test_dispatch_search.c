/* test_dispatch_search.c: who gets the order on random towns, against a search that looks at everybody. GRIDLOOP_SEED chooses
 * another run. */
#include "tests/unit/core/variants.c"

#include "engine/core/calendar.h"
#include "engine/core/cases.h"
#include "engine/core/choice.h"
#include "engine/core/state.h"
#include "engine/core/workers.h"

#define WORKERS 240

static uint64_t random_state;

static uint32_t roll(uint32_t limit)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mix64(random_state) % limit);
}

static struct place random_place(void)
{
    if (roll(12) == 0) {
        return place_none();
    }
    /* a little more than the box, which is 0.04 x 0.03 degrees */
    return (struct place){1162880000 + (int32_t)roll(440000), 398880000 + (int32_t)roll(340000)};
}

static void random_workers(const char *at)
{
    char line[200];
    char base[64];
    static const char *const roles[] = {"grid_worker", "grid_worker", "grid_worker",
                                        "traffic_officer"};
    static const char *const cells[] = {"11010800101", "11010800201", ""};
    static const char *const shifts[] = {"", "", "shift.day", "cal.office"};
    for (int i = 0; i < WORKERS; i++) {
        const char *cell = cells[roll(3)];
        (void)snprintf(base, sizeof base, ",,,");
        if (roll(3) == 0) {
            (void)snprintf(base, sizeof base, "116.%u,39.%u,true,", 2900 + roll(400),
                           8900 + roll(300));
        }
        (void)snprintf(line, sizeof line, "w%03d,某,%s,%s,worker,,team.%u,%s,%u,%s,%s,%s%s", i,
                       roles[roll(4)], roll(2) == 0 ? "sanitation" : "", roll(3), shifts[roll(4)],
                       1 + roll(3), cell, roll(2) == 0 ? cell : "", base,
                       roll(2) == 0 ? "car" : "walk");
        town_edit(at, "workers.csv", NULL, line);
    }
}

struct ranked {
    int64_t first, second, third;
    uint32_t person;
};

static bool ranks_before(const struct ranked *a, const struct ranked *b)
{
    return a->first != b->first     ? a->first < b->first
           : a->second != b->second ? a->second < b->second
           : a->third != b->third   ? a->third < b->third
                                    : a->person < b->person;
}

static bool is_of_cell(const struct city *city, uint32_t cell, uint32_t person)
{
    for (uint32_t i = 0; cell != NONE32 && i < city->cells[cell].persons.count; i++) {
        if (city->cell_persons[city->cells[cell].persons.first + i] == person) {
            return true;
        }
    }
    return false;
}

static uint64_t bit_of(const struct city *city, const struct image_string *names, uint32_t count,
                       const char *word)
{
    for (uint32_t i = 0; i < count; i++) {
        if (names[i].size == strlen(word) &&
            memcmp(city_text(city, names[i]), word, names[i].size) == 0) {
            return UINT64_C(1) << i;
        }
    }
    return 0;
}

/* May the person be chosen in that ring, and by what rank? */
static bool may_be_chosen(const struct town *town, const struct variant *variant, char ring,
                          struct place at, uint32_t cell, uint32_t p, struct ranked *out_rank)
{
    const struct city *city = &town->city;
    const struct city_person *person = &city->persons[p];
    struct worker_view view;
    assert_true(core_find_worker(town->core, person->id_hash, &view));
    const uint64_t skill =
        variant->skill == NULL ? 0 : bit_of(city, city->skills, city->skill_count, variant->skill);
    const uint64_t role = bit_of(city, city->roles, city->role_count, "grid_worker");
    if ((person->rights & RIGHT_WORKER) == 0 || (person->roles & role) == 0 ||
        (person->skills & skill) != skill || view.status == STATUS_PAUSED) {
        return false;
    }
    if (variant->ignore_shift == 0 &&
        (view.status == STATUS_OFF || !calendar_contains(city, person->shift, town->now_ms))) {
        return false;
    }
    const uint32_t room = variant->max_load != 0 && variant->max_load < person->capacity
                              ? variant->max_load
                              : person->capacity;
    if (view.load >= room || view.item_seq_last - view.item_seq_taken >= WORKER_ITEMS_MAX) {
        return false;
    }
    struct place from = view.fix;
    const bool is_fresh =
        place_is_known(view.fix) && town->now_ms - view.fix_at_ms <= 30 * MINUTE_MS;
    if (!is_fresh) {
        const struct place base = {person->lon, person->lat};
        if (ring == 'g') {
            from = person->has_base != 0
                       ? base
                       : (struct place){city->cells[cell].lon, city->cells[cell].lat};
        } else if (!place_is_known(view.fix) && person->has_base != 0) {
            from = base;
        } else {
            return false;
        }
    }
    const int64_t cm = place_is_known(at) ? distance_cm(from, at) : -1;
    const int64_t limit_cm = ring == 'r' ? 60000 : ring == 'R' ? 200000 : INT64_MAX;
    if ((ring == 'r' || ring == 'R') && (cm < 0 || cm > limit_cm)) {
        return false;
    }
    if (ring == 'g' && !is_of_cell(city, cell, p)) {
        return false;
    }
    if (ring == 's' || ring == 'd') {
        const uint32_t level = ring == 's' ? 1 : 2;
        if (cell == NONE32 || person->home_cell == NONE32 ||
            city_unit_of_cell(city, cell, level) !=
                city_unit_of_cell(city, person->home_cell, level)) {
            return false;
        }
    }
    const struct city_mode *mode = &city->modes[person->mode];
    const int64_t far = cm < 0 ? INT64_MAX : cm;
    const int64_t travel =
        cm < 0 ? INT64_MAX : cm * 10 * mode->detour_permille / mode->speed_mm_per_s;
    *out_rank = variant->pick == PICK_NEAREST ? (struct ranked){far, view.load, 0, p}
                : variant->pick == PICK_ETA   ? (struct ranked){travel, far, view.load, p}
                                              : (struct ranked){view.load, far, 0, p};
    return true;
}

static uint32_t who_should_go(const struct town *town, const struct variant *variant,
                              struct place at, uint32_t cell)
{
    for (const char *ring = variant->rings; *ring != '\0'; ring++) {
        struct ranked best = {0};
        uint32_t chosen = NONE32;
        for (uint32_t p = 0; p < town->city.person_count; p++) {
            struct ranked rank;
            if (town->city.persons[p].capacity > 0 && (*ring != 'g' || cell != NONE32) &&
                may_be_chosen(town, variant, *ring, at, cell, p, &rank) &&
                (chosen == NONE32 || ranks_before(&rank, &best))) {
                best = rank;
                chosen = p;
            }
        }
        if (chosen != NONE32) {
            return chosen;
        }
    }
    return NONE32;
}

static const char *id_of(const struct town *town, uint32_t person, char *out_id, size_t size)
{
    const struct image_string id = town->city.persons[person].id;
    (void)snprintf(out_id, size, "%.*s", (int)id.size, city_text(&town->city, id));
    return out_id;
}

static void random_moves(struct town *town)
{
    char id[16];
    for (int i = 0; i < 3; i++) {
        const uint32_t p = roll(town->city.person_count);
        const enum worker_status status =
            roll(15) == 0 ? (enum worker_status)(1 + roll(3)) : STATUS_READY;
        if (roll(4) != 0) {
            town_seen(town, id_of(town, p, id, sizeof id), status, random_place());
        }
        const uint64_t order = town_order_of(town, id_of(town, p, id, sizeof id));
        if (order != 0 && roll(2) == 0) {
            struct order_view view;
            assert_true(core_find_order(town->core, order, &view));
            (void)town_act(town, id, order, no_case,
                           view.state == ORDER_OFFERED ? ACTION_ACCEPT : ACTION_RETURN,
                           REASON_NO_EQUIPMENT, nowhere, NULL);
        }
    }
    struct worker_view worker;
    const uint32_t p = roll(town->city.person_count);
    assert_true(core_find_worker(town->core, town->city.persons[p].id_hash, &worker));
    town_items_taken(town, id_of(town, p, id, sizeof id), worker.item_seq_last);
    town_pass(town, roll(6) == 0 ? roll(40) * MINUTE_MS : roll(20) * SECOND_MS);
}

static void test_dispatch_equals_a_search_of_everybody(void **state)
{
    (void)state;
    const char *seed = getenv("GRIDLOOP_SEED");
    random_state = seed == NULL ? 20260303 : strtoull(seed, NULL, 10);
    print_message("seed %llu\n", (unsigned long long)random_state);
    const char *at = town_copy();
    random_workers(at);
    struct limits limits = town_limits();
    limits.workers = WORKERS + 20;
    limits.cases = 4096;
    limits.orders = 16384;
    limits.event_ids = 8192;
    struct town *town = open_copy(at, &limits);
    town->check_every = 64;
    uint32_t chosen = 0;
    uint32_t nobody = 0;
    struct case_no recent[48] = {{0, 0, 0}};
    for (int step = 0; step < 2000; step++) {
        random_moves(town);
        const size_t v = roll(COUNT_OF(variants));
        const struct place place = random_place();
        struct fact_record record;
        const struct fact_event event = {.source = facts_text("sensor-1"),
                                         .id = facts_text("x"),
                                         .type = facts_text("sensor.odd"),
                                         .at_ms = town->now_ms,
                                         .place = place};
        facts_resolve(town->facts, &event, town->now_ms, &record);
        const uint32_t expected = who_should_go(town, &variants[v], place, record.head.cell);
        town->effect_count = 0; /* the first decision of this step is the one */
        if (try_variant(town, v, place) != CODE_OPENED) {
            continue; /* outside the city */
        }
        const struct effect_decision *decision = NULL;
        for (uint32_t i = 0; decision == NULL && i < town->effect_count; i++) {
            decision =
                town->effects[i].kind == EFFECT_DECISION ? &town->effects[i].of.decision : NULL;
        }
        assert_non_null(decision);
        const uint32_t got = decision->order == 0 ? NONE32 : decision->candidates[0].person;
        if (got != expected) {
            char id[16];
            fail_msg("step %d variant %zu: person %u, not %u; of whom it said %d, binding %d", step,
                     v, got, expected, code_of(town, id_of(town, expected, id, sizeof id)),
                     decision->binding);
        }
        chosen += got != NONE32;
        nobody += got == NONE32;
        recent[(size_t)step % COUNT_OF(recent)] = town->last.case_no;
        const struct case_no no = recent[roll(COUNT_OF(recent))];
        (void)on_case(town, "chief.chu", no, ACTION_VOID,
                      NULL); /* most orders end sooner or later */
    }
    print_message("%u chosen, %u nobody\n", chosen, nobody);
    assert_true(chosen > 500 && nobody > 50);
    town_close(town);
    free(town);
}

/* Everybody taken out of the grid and put back in another order: the same choice, the same record. */
static void test_dispatch_order_inside_a_bucket_changes_nothing(void **state)
{
    (void)state;
    random_state = 20260304;
    const struct hash128 none = {0};
    const char *at = town_copy();
    random_workers(at);
    struct limits limits = town_limits();
    limits.workers = WORKERS + 20;
    struct town *town = open_copy(at, &limits);
    struct workers *workers = &town->core->workers;
    for (int step = 0; step < 300; step++) {
        random_moves(town);
        const size_t v = roll(COUNT_OF(variants));
        if (try_variant(town, v, random_place()) != CODE_OPENED) {
            continue;
        }
        const uint32_t slot = cases_find(&town->core->cases, town->last.case_no);
        const uint32_t rule = cases_peek(&town->core->cases, slot)->rule;
        const uint32_t assign = state_policy(town->core)->rules[rule].assigns.first;
        const struct choice_question question = {slot, assign, KIND_HANDLE, false, false};
        struct effect before = {.kind = EFFECT_DECISION}, after = before;
        const uint32_t chosen = choice_find(town->core, question, &before.of.decision);
        for (uint32_t w = 0; w < workers->count; w++) {
            const uint32_t other = (w * 7 + (uint32_t)step) % workers->count;
            const struct place place = grid_at(&workers->grid, other);
            grid_move(&workers->grid, other, place_none());
            grid_move(&workers->grid, other, place);
        }
        assert_int_equal(choice_find(town->core, question, &after.of.decision), chosen);
        assert_true(hash128_is_equal(effect_digest(none, &before), effect_digest(none, &after)));
        (void)on_case(town, "chief.chu", town->last.case_no, ACTION_VOID, NULL);
    }
    town_close(town);
    free(town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dispatch_equals_a_search_of_everybody),
        cmocka_unit_test(test_dispatch_order_inside_a_bucket_changes_nothing),
    };
    return cmocka_run_group_tests_name("engine/core/dispatch_search", tests, NULL, NULL);
}
