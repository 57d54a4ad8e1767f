/* node.c: life of a node: opening, recovery, activation, stepping what the log holds, giving
 * answers out.
 *
 *   node_turn --batch out--> [log] --node_appended--> stepped, answers queued --node_durable-->
 * leave
 *
 * Truths checked by node_check(), with those of lanes, polls and outputs:
 *   (1) durable <= position, and no answer that was given out rests on more than durable.
 *   (2) Log time never goes back.
 *   (3) Before a batch is out, no request is neither waiting nor free. */
#include "engine/edge/node_state.h"

#include <stdlib.h>

struct node_limits node_limits_default(void)
{
    return (struct node_limits){.queue_requests = 8192,
                                .queue_bytes = 128u << 20,
                                .polls = 16384,
                                .outputs = 65536,
                                .output_bytes = 64u << 20,
                                .batch_bytes = 1u << 20,
                                .slice_bytes = 256u << 10,
                                .batch_commands = 4096,
                                .credit = 8,
                                .rate_per_s = 2000,
                                .rate_burst = 4000,
                                .checkpoint_entries = 10000};
}

struct node_options node_options_default(void)
{
    return (struct node_options){
        .limits = limits_default(), .edge = node_limits_default(), .speed = 1, .step = core_step};
}

void node_pair_free(struct node_pair *pair)
{
    free(pair->city_bytes);
    free(pair->policy_bytes);
    *pair = (struct node_pair){0};
}

static enum err allocate(struct node *node)
{
    const struct node_options *options = &node->options;
    uint32_t identities = options->limits.workers + options->limits.gateways;
    enum err err = block_new(core_size(&options->limits), &node->core_block);
    node->arena_bytes = aligned_alloc(64, CODEC_ARENA_SIZE);
    node->payload = aligned_alloc(64, NODE_BATCH_CAPACITY);
    node->places = calloc(options->edge.batch_commands, sizeof *node->places);
    node->flights = calloc(options->edge.batch_commands, sizeof *node->flights);
    node->record = calloc(1, sizeof *node->record);
    node->results = calloc(EVENTS_PER_COMMAND_MAX, sizeof *node->results);
    node->held = calloc(EVENTS_PER_COMMAND_MAX, sizeof *node->held);
    node->items_for = calloc(identities, sizeof *node->items_for);
    node->item_text = calloc(NODE_ITEMS_MAX, sizeof *node->item_text);
    node->checklist = calloc(1, sizeof *node->checklist);
    if (err != ERR_OK || node->arena_bytes == NULL || node->payload == NULL ||
        node->places == NULL || node->flights == NULL || node->record == NULL ||
        node->results == NULL || node->held == NULL || node->items_for == NULL ||
        node->item_text == NULL || node->checklist == NULL) {
        return ERR_MEMORY;
    }
    err = sessions_init(&node->sessions, identities);
    if (err == ERR_OK) {
        err = lanes_init(&node->lanes, options->edge.queue_requests, options->edge.queue_bytes);
    }
    if (err == ERR_OK) {
        err = latest_init(&node->latest);
    }
    if (err == ERR_OK) {
        err = polls_init(&node->polls, options->edge.polls);
    }
    if (err == ERR_OK) {
        err = outputs_init(&node->outputs, options->edge.output_bytes, options->edge.outputs);
    }
    return err;
}

enum err node_open(const struct node_options *options, struct node **out_node)
{
    must(options->speed >= 1);
    must(options->step != NULL);
    must(options->edge.batch_commands >= 16);
    must(options->edge.batch_bytes <= NODE_BATCH_BYTES_MAX);
    must(options->edge.slice_bytes > 0);
    must(options->edge.rate_per_s > 0);
    must(options->edge.rate_burst > 0);
    must(options->limits.batch_events <= EVENTS_PER_COMMAND_MAX);
    struct node *node = calloc(1, sizeof *node);
    if (node == NULL) {
        return ERR_MEMORY;
    }
    node->options = *options;
    node->asker.tokens = -1;
    node->now_ms = node->last_time_ms = INT64_MIN / 4;
    if (allocate(node) != ERR_OK) {
        node_close(node);
        return ERR_MEMORY;
    }
    codec_arena_init(&node->arena, node->arena_bytes, CODEC_ARENA_SIZE);
    node->core =
        core_init_zeroed(node->core_block.bytes, core_size(&options->limits), &options->limits);
    *out_node = node;
    return ERR_OK;
}

void node_close(struct node *node)
{
    if (node == NULL) {
        return;
    }
    facts_free(node->facts);
    outputs_fini(&node->outputs);
    polls_fini(&node->polls);
    lanes_fini(&node->lanes);
    latest_fini(&node->latest);
    sessions_fini(&node->sessions);
    node_pair_free(&node->active);
    node_pair_free(&node->before[0]);
    node_pair_free(&node->before[1]);
    node_pair_free(&node->next);
    free(node->item_text);
    free(node->blob.bytes);
    free(node->checklist);
    free(node->items_for);
    free(node->results);
    free(node->held);
    free(node->record);
    free(node->flights);
    free(node->places);
    free(node->payload);
    free(node->arena_bytes);
    block_free(&node->core_block);
    free(node);
}

/* ---- images ---- */

/* Opens both images and hands them to the core, which takes them at the next ACTIVATE. */
static enum err stage_pair(struct node *node, struct node_pair *pair)
{
    struct city city;
    struct policy policy;
    enum err err = city_open(pair->city_bytes, pair->city_size, &city);
    if (err == ERR_OK) {
        err = policy_open(pair->policy_bytes, pair->policy_size, &city, &policy);
    }
    if (err != ERR_OK) {
        return err;
    }
    const struct limits *limits = &node->options.limits;
    if (city.person_count > limits->workers || city.gateway_count > limits->gateways ||
        !sessions_fits(&node->sessions, &city)) {
        return ERR_FULL;
    }
    pair->city = city.image.digest;
    pair->policy = policy.image.digest;
    err = core_stage_city(node->core, pair->city_bytes, pair->city_size);
    return err != ERR_OK ? err
                         : core_stage_policy(node->core, pair->policy_bytes, pair->policy_size);
}

/* The core took node->next: it becomes active, the oldest pair is no longer read by anybody. */
void node_promote_pair(struct node *node)
{
    node->kept_count = 0; /* it names rules by their rows */
    must(node->next.city_bytes != NULL);
    facts_free(node->facts);
    node->facts = NULL;
    node_pair_free(&node->before[1]);
    node->before[1] = node->before[0];
    node->before[0] = node->active;
    node->active = node->next;
    node->next = (struct node_pair){0};
}

bool node_adopt(struct node *node)
{
    if (node->facts != NULL) {
        return true;
    }
    const struct city *city = core_city(node->core);
    if (city == NULL) {
        return false;
    }
    must(facts_new(city, core_policy(node->core), &node->facts) == ERR_OK);
    sessions_rebuild(&node->sessions, city);
    return true;
}

static void *copy_bytes(const void *bytes, uint64_t size)
{
    void *copy = aligned_alloc(64, (size + 63) & ~UINT64_C(63));
    if (copy != NULL) {
        block_enlarge(copy, size);
        memcpy(copy, bytes, size);
    }
    return copy;
}

enum err node_activate(struct node *node, const void *city_bytes, uint64_t city_size,
                       const void *policy_bytes, uint64_t policy_size)
{
    must(!node->is_batch_out);
    node->rules.is_signed = false;
    struct node_pair pair = {.city_bytes = copy_bytes(city_bytes, city_size),
                             .city_size = city_size,
                             .policy_bytes = copy_bytes(policy_bytes, policy_size),
                             .policy_size = policy_size};
    enum err err =
        pair.city_bytes == NULL || pair.policy_bytes == NULL ? ERR_MEMORY : stage_pair(node, &pair);
    if (err == ERR_OK && node->active.city_bytes != NULL &&
        hash128_is_equal(pair.city, node->active.city) &&
        hash128_is_equal(pair.policy, node->active.policy)) {
        /* The core holds these bytes as staged: an ACTIVATE that waited is replaced by staying as
         * it is. */
        err = stage_pair(node, &node->active);
        node_pair_free(&pair);
        node_pair_free(&node->next);
        return err;
    }
    if (err != ERR_OK) {
        node_pair_free(&pair);
        return err;
    }
    node_pair_free(&node->next);
    node->next = pair;
    return ERR_OK;
}

/* ---- stepping ---- */

static void note_item(struct node *node, uint32_t person)
{
    const struct city *city = core_city(node->core);
    if (city == NULL || person >= city->person_count) {
        return;
    }
    uint32_t row = sessions_find(&node->sessions, city->persons[person].id_hash);
    if (row == NONE32 || sessions_at(&node->sessions, row)->has_items) {
        return;
    }
    sessions_at(&node->sessions, row)->has_items = true;
    must(node->items_for_count < node->options.limits.workers + node->options.limits.gateways);
    node->items_for[node->items_for_count++] = row;
}

static void see_effect(void *context, const struct effect *effect)
{
    struct node *node = context;
    if (effect->kind == EFFECT_RESULT) {
        must(node->result_count < EVENTS_PER_COMMAND_MAX);
        node->held[node->result_count] = node->held_now;
        node->held_now.code = CODE_NOTHING;
        node->results[node->result_count++] = effect->of.result;
    } else if (effect->kind == EFFECT_FIRING) {
        node_note_firing(node, &effect->of.firing);
    } else if (effect->kind == EFFECT_ITEM) {
        note_item(node, effect->of.item.person);
    } else if (effect->kind == EFFECT_ACTIVATED) {
        node->is_activated = true;
    }
    for (uint32_t i = 0; i < node->observer_count; i++) {
        node->observers[i].see(node->observers[i].context, node->position, effect);
    }
}

void node_step(struct node *node, int64_t time_ms, const struct command *command)
{
    struct effect_sink sink = {see_effect, node};
    node->result_count = 0;
    node->held_now.code = CODE_NOTHING;
    node->is_activated = false;
    node->options.step(node->core, time_ms, command, &sink);
    node_keep_held(node, command->head);
    for (uint32_t i = 0; i < node->observer_count; i++) {
        if (node->observers[i].settle != NULL) {
            node->observers[i].settle(node->observers[i].context, node->position);
        }
    }
    if (node->is_activated) {
        node_promote_pair(node);
        node_rules_settled(node);
    }
    if (command->head->kind == COMMAND_START) {
        node->has_clock = true;
        node->clock_mode = command->body.start->clock_mode;
        node->clock_speed = command->body.start->speed;
    }
    if (command->head->kind == COMMAND_CHECKPOINT) {
        node->entries_since_check = 0;
    }
}

/* The answer to the request that this command was; or back to its lane when its facts were resolved
 * too early. */
static void finish_request(struct node *node, uint32_t row)
{
    struct request *request = lanes_at(&node->lanes, row);
    must(node->result_count > 0);
    if (node->results[0].code == CODE_RESOLVE_AGAIN) {
        node->counts.resolved_again++;
        lanes_give_back(&node->lanes, &node->sessions, row);
        return;
    }
    for (uint32_t i = 0; i < node->result_count; i++) {
        must(node->results[i].code < CODE_LIMIT);
        node->counts.results[node->results[i].code]++;
    }
    if (!hash128_is_none(request->key) && request->epoch == 0) {
        const struct effect_result *result = &node->results[0];
        sessions_at(&node->sessions, request->session)->last_key = (struct session_key_result){
            .key = request->key,
            .case_digits = {(uint64_t)result->case_no.district << 32 | result->case_no.day,
                            result->case_no.serial},
            .order = result->order,
            .possible = result->possible,
            .code = result->code,
            .state = result->state};
    }
    node->has_held = true;
    node_answer_results(node, request, node_reply_to(request), node->results, node->result_count);
    node->has_held = false;
    lanes_free(&node->lanes, row);
}

/* Held polls of those who got an item. */
static void wake_polls(struct node *node)
{
    for (uint32_t i = 0; i < node->items_for_count; i++) {
        struct session *session = sessions_at(&node->sessions, node->items_for[i]);
        session->has_items = false;
        if (session->poll == NONE32) {
            continue;
        }
        const struct poll *poll = polls_at(&node->polls, session->poll);
        if (node_has_items(node, session, poll->ack_seq)) {
            struct node_reply reply = {poll->route, poll->route_size, poll->request_id};
            node_answer_tasks(node, reply, session, poll->ack_seq);
            polls_release(&node->polls, &node->sessions, session->poll);
        }
    }
    node->items_for_count = 0;
}

static void note_entry(struct node *node, uint64_t position, int64_t time_ms)
{
    must(position > node->position);
    must(time_ms >= node->last_time_ms);
    node->position = position;
    node->last_time_ms = time_ms;
    node->now_ms = max_i64(node->now_ms, time_ms);
    node->entries_since_check++;
}

void node_appended(struct node *node, uint64_t position, int64_t time_ms)
{
    must(node->is_batch_out);
    struct batch_reader reader;
    struct command command;
    uint32_t count = batch_command_count(&node->writer);
    note_entry(node, position, time_ms);
    must(batch_open(&reader, node->payload, node->writer.size, node->places,
                    node->writer.place_count * sizeof *node->places) == ERR_OK);
    for (uint32_t i = 0; i < count; i++) {
        must(batch_next(&reader, &command) == ERR_OK);
        node_step(node, time_ms, &command);
        if (node->flights[i] != NONE32) {
            finish_request(node, node->flights[i]);
        }
    }
    must(batch_next(&reader, &command) == ERR_NOT_FOUND);
    node->has_started = true;
    node->is_batch_out = false;
    wake_polls(node);
    node->counts.batches++;
    node->counts.commands += count;
}

void node_sealed(struct node *node, uint64_t position, int64_t time_ms)
{
    must(!node->is_batch_out);
    note_entry(node, position, time_ms);
}

/* ---- recovery ---- */

enum err node_load_pair(struct node *node, struct hash128 city, struct hash128 policy)
{
    const struct node_images *images = &node->options.images;
    struct node_pair pair = {0};
    if (images->load == NULL) {
        return ERR_NOT_FOUND;
    }
    enum err err = images->load(images->context, city, &pair.city_bytes, &pair.city_size);
    if (err == ERR_OK) {
        err = images->load(images->context, policy, &pair.policy_bytes, &pair.policy_size);
    }
    if (err == ERR_OK) {
        err = stage_pair(node, &pair);
    }
    if (err == ERR_OK &&
        (!hash128_is_equal(pair.city, city) || !hash128_is_equal(pair.policy, policy))) {
        err = ERR_DAMAGED;
    }
    if (err != ERR_OK) {
        node_pair_free(&pair);
        return err;
    }
    node_pair_free(&node->next);
    node->next = pair;
    return ERR_OK;
}

static enum err recover_command(struct node *node, int64_t time_ms, const struct command *command)
{
    if (command->head->kind == COMMAND_ACTIVATE) {
        const struct activate_body *body = command->body.activate;
        enum err err = node_load_pair(node, body->city, body->policy);
        if (err != ERR_OK) {
            return err;
        }
    }
    if (command->head->kind == COMMAND_CHECKPOINT &&
        !hash128_is_equal(core_digest(node->core), command->body.checkpoint->digest)) {
        return ERR_MISMATCH;
    }
    node_step(node, time_ms, command);
    return ERR_OK;
}

enum err node_recover(struct node *node, const struct log_entry *entry)
{
    must(!node->is_batch_out);
    must(!node->has_started);
    struct batch_reader reader;
    struct command command;
    if (entry->time_ms < node->last_time_ms || entry->position <= node->position) {
        return ERR_DAMAGED;
    }
    note_entry(node, entry->position, entry->time_ms);
    if (entry->kind == LOG_BATCH) {
        enum err err = batch_open(&reader, entry->payload, entry->payload_size, entry->places,
                                  entry->places_size);
        while (err == ERR_OK) {
            err = batch_next(&reader, &command);
            if (err == ERR_OK) {
                err = recover_command(node, entry->time_ms, &command);
            }
        }
        if (err != ERR_NOT_FOUND || reader.left != 0) {
            return err;
        }
    }
    node->durable = node->position;
    node->items_for_count = 0;
    return ERR_OK;
}

bool node_recorded_clock(const struct node *node, uint32_t *out_mode, uint32_t *out_speed)
{
    if (node->has_clock) {
        *out_mode = node->clock_mode;
        *out_speed = node->clock_speed;
    }
    return node->has_clock;
}

/* ---- giving out ---- */

void node_durable(struct node *node, uint64_t position)
{
    must(position <= node->position);
    must(position >= node->durable);
    node->durable = position;
}

bool node_next_output(struct node *node, struct node_output *out_output)
{
    struct output output;
    if (node->is_output_out) {
        node->is_output_out = false;
        outputs_drop(&node->outputs);
    }
    if (!outputs_peek(&node->outputs, node->durable, &output)) {
        return false;
    }
    must(output.position <= node->durable);
    node->is_output_out = true;
    node->counts.answers++;
    *out_output = (struct node_output){.route = output.route,
                                       .route_size = output.route_size,
                                       .bytes = output.bytes,
                                       .size = output.size,
                                       .position = output.position};
    return true;
}

int64_t node_next_wake_ms(const struct node *node)
{
    if (node->next.city_bytes != NULL || lanes_count(&node->lanes) > 0 ||
        node->sessions.dirty_first != NONE32 || core_has_backlog(node->core) ||
        core_rehome_from(node->core) != NONE32) {
        return node->now_ms;
    }
    return min_i64(node->polls.due_ms, core_next_due_ms(node->core));
}

void node_stop_intake(struct node *node)
{
    node->is_stopping = true;
    uint32_t row;
    while ((row = polls_any(&node->polls)) != NONE32) {
        const struct poll *poll = polls_at(&node->polls, row);
        struct node_reply reply = {poll->route, poll->route_size, poll->request_id};
        node_answer_tasks(node, reply, sessions_at(&node->sessions, poll->session), poll->ack_seq);
        polls_release(&node->polls, &node->sessions, row);
    }
}

bool node_is_idle(const struct node *node)
{
    uint32_t outputs = node->outputs.count - (node->is_output_out ? 1u : 0u);
    return !node->is_batch_out && lanes_count(&node->lanes) == 0 && outputs == 0 &&
           node->sessions.dirty_first == NONE32 && node->durable == node->position;
}

/* ---- looking on ---- */

void node_observe(struct node *node, struct node_observer observer)
{
    must(node->observer_count < NODE_OBSERVERS_MAX);
    node->observers[node->observer_count++] = observer;
}

struct node_counts node_counts_now(const struct node *node)
{
    struct node_counts counts = node->counts;
    counts.polls_held = node->polls.count;
    counts.queued = lanes_count(&node->lanes);
    counts.outputs_waiting = node->outputs.count;
    return counts;
}

const struct core *node_core(const struct node *node)
{
    return node->core;
}

uint64_t node_position(const struct node *node)
{
    return node->position;
}

uint64_t node_durable_position(const struct node *node)
{
    return node->durable;
}

int64_t node_now_ms(const struct node *node)
{
    return node->now_ms;
}

void node_check(const struct node *node)
{
    must(node->durable <= node->position);
    must(node->last_time_ms <= node->now_ms);
    lanes_check(&node->lanes, &node->sessions);
    polls_check(&node->polls, &node->sessions);
    outputs_check(&node->outputs);
    if (node->is_batch_out) {
        return;
    }
    uint32_t used = node->lanes.limit;
    for (uint32_t row = node->lanes.free_first; row != NONE32;
         row = node->lanes.rows[row].lane_next) {
        must(used > 0);
        used--;
    }
    must(used == lanes_count(&node->lanes));
    must(node->lanes.bytes <= node->lanes.frames.used);
}
