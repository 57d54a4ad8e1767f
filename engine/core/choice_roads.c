/* choice_roads.c: travel times by road of the people that a search looks at; see choice_search.h.
 *
 * One walk a mode goes out from the case against the arcs and is kept, between candidates and between searches: it is driven on
 * until a candidate's node is settled, or until nobody whose node is not settled yet can beat the best so far. So the chosen and
 * every time in the record follow from the graph alone, not from the order in which people were looked at nor from how far an earlier
 * search drove the walk: that nobody gets there is only known to a search that would have driven it to its end. */
#include "engine/core/choice_search.h"

static void begin_walk(struct search *search, uint32_t mode)
{
    struct case_roads *roads = &search->roads;
    const struct city *city = state_city(search->core);
    const struct place place = search->row->place;
    const struct road_walks *kept = &search->core->road_walks;
    const uint32_t target = road_walks_crossing(kept, city, place, mode);
    roads->begun |= UINT32_C(1) << mode;
    roads->targets[mode] = target;
    if (target == NONE32) {
        return;
    }
    const struct place node = {city->road_nodes[target].lon, city->road_nodes[target].lat};
    roads->access_ms[mode] = city_travel_ms(&city->modes[mode], distance_cm(place, node));
    roads->walks[mode] = road_walks_find(kept, city, target, mode);
}

void choice_road_travel(struct search *search, const struct city_person *person, struct place at,
                        int64_t give_up_ms, struct effect_candidate *line)
{
    struct case_roads *roads = &search->roads;
    const struct city *city = state_city(search->core);
    const uint32_t mode = person->mode;
    if (!place_is_known(at)) {
        return;
    }
    if ((roads->begun >> mode & 1) == 0) {
        begin_walk(search, mode);
    }
    const uint32_t node = roads->targets[mode] == NONE32
                              ? NONE32
                              : road_walks_crossing(&search->core->road_walks, city, at, mode);
    line->travel = TRAVEL_NO_WAY;
    if (node == NONE32) {
        return;
    }
    const struct place crossing = {city->road_nodes[node].lon, city->road_nodes[node].lat};
    const int64_t legs_ms =
        roads->access_ms[mode] + city_travel_ms(&city->modes[mode], distance_cm(at, crossing));
    struct road_walk *walk = roads->walks[mode];
    const int64_t most_ms = give_up_ms - legs_ms; /* that the roads may take */
    uint32_t ms, settled;
    bool is_known = road_walk_knows(walk, node, &ms);
    while (!is_known && road_walk_frontier(walk) <= most_ms &&
           road_walk_next(walk, &settled, &ms)) {
        is_known = settled == node;
    }
    roads->driven_ms[mode] =
        max_i64(roads->driven_ms[mode], is_known ? min_i64(ms, most_ms) : most_ms);
    if (is_known && ms <= most_ms) {
        line->travel = TRAVEL_ROAD;
        line->travel_ms = legs_ms + ms;
    } else if (is_known || !road_walk_is_over(walk, roads->driven_ms[mode])) {
        line->travel = TRAVEL_LONGER;
        line->travel_ms = -1;
    }
}

int64_t choice_road_rank_ms(const struct effect_candidate *line)
{
    if (line->travel == TRAVEL_LONGER || line->travel_ms < 0) {
        return INT64_MAX;
    }
    return line->travel == TRAVEL_NO_WAY ? add_clamped(ROAD_MS_MAX, line->travel_ms)
                                         : line->travel_ms;
}

void choice_road_settle(struct search *search)
{
    struct effect_decision *record = search->record;
    const struct city *city = state_city(search->core);
    for (uint32_t i = 0; search->roads.is_used && i < record->candidate_count; i++) {
        struct effect_candidate *line = &record->candidates[i];
        const struct city_person *person = &city->persons[line->person];
        const uint32_t slot = search->core->workers.person_slots[line->person];
        struct place at = grid_at(&search->core->workers.grid, slot);
        bool is_home;
        search->is_grid_ring = line->is_home_cell; /* as it was when he was looked at */
        (void)choice_filter_position(search, slot, person, &at, &is_home);
        if (i > 0) {
            choice_road_travel(search, person, at, search->best_rank.first, line);
        }
    }
}
