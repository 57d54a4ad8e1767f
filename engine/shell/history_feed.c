/* history_feed.c: see history_feed.h.
 *
 * Why the rows are read after the command and not put together from the effects: some changes of holder and clock are
 * not worth a line in a case's story, so the story alone does not give the row. */
#include "engine/shell/history_feed.h"

#include "engine/core/code.h"

#include <stdlib.h>

#define TOUCHED_FIRST 1024u

enum err history_feed_init(struct history_feed *feed, const struct core *core,
                           struct history_sink sink, uint64_t after_position)
{
    *feed = (struct history_feed){.core = core, .sink = sink, .after_position = after_position};
    feed->cases = calloc(TOUCHED_FIRST, sizeof *feed->cases);
    feed->orders = calloc(TOUCHED_FIRST, sizeof *feed->orders);
    if (feed->cases == NULL || feed->orders == NULL) {
        history_feed_fini(feed);
        return ERR_MEMORY;
    }
    feed->case_capacity = feed->order_capacity = TOUCHED_FIRST;
    return ERR_OK;
}

void history_feed_fini(struct history_feed *feed)
{
    free(feed->cases);
    free(feed->orders);
    feed->cases = NULL;
    feed->orders = NULL;
}

/* A repeat of the last is left out; others cost a view each. */
static void touch_case(struct history_feed *feed, struct case_no no)
{
    if (case_no_is_none(no) ||
        (feed->case_count > 0 && case_no_is_equal(feed->cases[feed->case_count - 1], no))) {
        return;
    }
    if (feed->case_count == feed->case_capacity) {
        feed->case_capacity *= 2;
        feed->cases = reallocarray(feed->cases, feed->case_capacity, sizeof *feed->cases);
        must(feed->cases != NULL);
    }
    feed->cases[feed->case_count++] = no;
}

static void touch_order(struct history_feed *feed, uint64_t order)
{
    if (order == 0 || (feed->order_count > 0 && feed->orders[feed->order_count - 1] == order)) {
        return;
    }
    if (feed->order_count == feed->order_capacity) {
        feed->order_capacity *= 2;
        feed->orders = reallocarray(feed->orders, feed->order_capacity, sizeof *feed->orders);
        must(feed->orders != NULL);
    }
    feed->orders[feed->order_count++] = order;
}

static void put(struct history_feed *feed, struct history_record record)
{
    feed->sink.put(feed->sink.context, &record);
}

/* Rows of what follows number into the pair that is active now. */
static void tell_images(struct history_feed *feed, uint64_t position, int64_t at_ms)
{
    const struct city *city = core_city(feed->core);
    const struct policy *policy = core_policy(feed->core);
    if (city == NULL || (hash128_is_equal(city->image.digest, feed->images.city) &&
                         hash128_is_equal(policy->image.digest, feed->images.policy))) {
        return;
    }
    feed->images =
        (struct effect_activated){.city = city->image.digest, .policy = policy->image.digest};
    put(feed,
        (struct history_record){
            .kind = HISTORY_IMAGES, .position = position, .at_ms = at_ms, .images = feed->images});
}

/* The rule of a FIRING stands in the case and its code in the RESULT, unless it is in shadow; an ITEM shows in its order; after ACTIVATED the
 * records bear the new names. */
static bool is_written(const struct effect *effect)
{
    const uint16_t kind = (uint16_t)effect->kind;
    if (kind == EFFECT_FIRING) {
        return effect->of.firing.code == CODE_SHADOW;
    }
    return kind != EFFECT_ITEM && kind != EFFECT_ACTIVATED;
}

static bool is_only_counted(const struct effect_result *result)
{
    return result->code == CODE_DEDUPED || result->code == CODE_NO_RULE ||
           result->code == CODE_COALESCED;
}

static void count_result(struct history_feed *feed, const struct effect_result *result)
{
    for (uint32_t i = 0; i < feed->run_count; i++) {
        struct history_run *run = &feed->runs[i];
        if (run->first.code == result->code && run->first.is_late == result->is_late) {
            if (!case_no_is_equal(run->first.case_no, result->case_no)) {
                run->first.case_no = (struct case_no){0, 0, 0};
            }
            run->repeats++;
            return;
        }
    }
    must(feed->run_count < HISTORY_RUNS_MAX);
    feed->runs[feed->run_count++] = (struct history_run){.first = *result};
}

static void tell_shadows(struct history_feed *feed, uint64_t position, int64_t at_ms)
{
    for (uint32_t i = 0; i < feed->shadow_count; i++) {
        struct effect effect;
        effect.kind = EFFECT_FIRING;
        effect.at_ms = at_ms;
        effect.of.firing = feed->shadows[i].first;
        put(feed, (struct history_record){.kind = HISTORY_EFFECT,
                                          .position = position,
                                          .at_ms = at_ms,
                                          .effect = &effect,
                                          .repeats = feed->shadows[i].repeats});
    }
    feed->shadow_count = 0;
}

/* With more rules than there is room for, those so far are told early. */
static void count_shadow(struct history_feed *feed, uint64_t position, int64_t at_ms,
                         const struct effect_firing *firing)
{
    for (uint32_t i = 0; i < feed->shadow_count; i++) {
        struct history_shadow *shadow = &feed->shadows[i];
        if (shadow->first.rule == firing->rule && shadow->first.would == firing->would) {
            shadow->repeats++;
            return;
        }
    }
    if (feed->shadow_count == HISTORY_SHADOWS_MAX) {
        tell_images(feed, position, at_ms);
        tell_shadows(feed, position, at_ms);
    }
    feed->shadows[feed->shadow_count++] = (struct history_shadow){.first = *firing};
}

static void tell_runs(struct history_feed *feed, uint64_t position, int64_t at_ms)
{
    for (uint32_t i = 0; i < feed->run_count; i++) {
        struct effect effect;
        effect.kind = EFFECT_RESULT;
        effect.at_ms = at_ms;
        effect.of.result = feed->runs[i].first;
        put(feed, (struct history_record){.kind = HISTORY_EFFECT,
                                          .position = position,
                                          .at_ms = at_ms,
                                          .effect = &effect,
                                          .repeats = feed->runs[i].repeats});
    }
    feed->run_count = 0;
}

void history_feed_see(struct history_feed *feed, uint64_t position, const struct effect *effect)
{
    if (position <= feed->after_position || !is_written(effect)) {
        return;
    }
    if (effect->kind == EFFECT_RESULT && is_only_counted(&effect->of.result)) {
        count_result(feed, &effect->of.result);
        return;
    }
    if (effect->kind == EFFECT_FIRING) {
        count_shadow(feed, position, effect->at_ms, &effect->of.firing);
        return;
    }
    if (effect->kind == EFFECT_TIMELINE) {
        touch_case(feed, effect->of.timeline.case_no);
        touch_order(feed, effect->of.timeline.order);
    }
    tell_images(feed, position, effect->at_ms);
    put(feed, (struct history_record){.kind = HISTORY_EFFECT,
                                      .position = position,
                                      .at_ms = effect->at_ms,
                                      .effect = effect});
}

void history_feed_settle(struct history_feed *feed, uint64_t position)
{
    struct case_view view;
    struct order_view order;
    if (position <= feed->after_position) {
        return;
    }
    const int64_t at_ms = core_now_ms(feed->core);
    if (feed->run_count > 0 || feed->shadow_count > 0) {
        tell_images(feed, position, at_ms);
        tell_shadows(feed, position, at_ms);
        tell_runs(feed, position, at_ms);
    }
    for (uint32_t i = 0; i < feed->case_count; i++) {
        if (core_find_case(feed->core, feed->cases[i], &view)) {
            put(feed,
                (struct history_record){
                    .kind = HISTORY_CASE, .position = position, .at_ms = at_ms, .view = &view});
        }
    }
    for (uint32_t i = 0; i < feed->order_count; i++) {
        if (core_find_order(feed->core, feed->orders[i], &order)) {
            put(feed,
                (struct history_record){
                    .kind = HISTORY_ORDER, .position = position, .at_ms = at_ms, .order = &order});
        }
    }
    feed->case_count = 0;
    feed->order_count = 0;
}
