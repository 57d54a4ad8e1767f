/* town.c: see town.h. Included by the tests that use it. */
#include "tests/unit/core/town.h"

#include "engine/city/city_load.h"
#include "engine/core/orders.h"
#include "engine/core/snapshot.h"
#include "engine/core/workers.h"
#include "rules/compile.h"
#include "sim/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void town_remember(void *context, const struct effect *effect)
{
    struct town *town = context;
    town->effects_digest = effect_digest(town->effects_digest, effect);
    if (effect->kind == EFFECT_RESULT) {
        town->last = effect->of.result;
    }
    if (town->effect_count == TOWN_EFFECTS_MAX) { /* long runs keep the newest part only */
        town->effect_count = 0;
    }
    if (effect->kind == EFFECT_TIMELINE) {
        town->told[effect->of.timeline.action]++;
    }
    town->effects[town->effect_count] = *effect;
    town->effects[town->effect_count].of.timeline.event =
        effect->kind == EFFECT_TIMELINE ? NULL
                                        : town->effects[town->effect_count].of.timeline.event;
    town->effect_count++;
}

void town_step(struct town *town, const struct batch_writer *writer)
{
    const struct effect_sink sink = {town_remember, town};
    struct batch_reader reader;
    struct command command;
    assert_int_equal(batch_open(&reader, writer->payload, writer->size, writer->places,
                                writer->place_count * sizeof(struct place)),
                     ERR_OK);
    while (batch_next(&reader, &command) == ERR_OK) {
        core_step(town->core, town->now_ms, &command, &sink);
        if (town->check_every <= 1 || ++town->step_count % town->check_every == 0) {
            core_check(town->core);
        }
    }
}

static void town_begin(struct batch_writer *writer)
{
    static uint64_t payload[32768];
    static struct place places[16];
    batch_begin(writer, payload, sizeof payload, places, 16);
}

static struct command_head town_head(const struct town *town, enum command_kind kind,
                                     const char *who)
{
    return (struct command_head){.kind = (uint16_t)kind,
                                 .principal = who == NULL ? (struct hash128){0, 0} : town_id(who),
                                 .received_at_ms = town->now_ms,
                                 .facts_digest = core_facts_digest(town->core)};
}

struct hash128 town_id(const char *id)
{
    return facts_hash(id, strlen(id));
}

static void town_compile(struct town *town, const char *directory)
{
    struct problems *problems = problems_new();
    char rules[256];
    (void)snprintf(rules, sizeof rules, "%s/rules", directory);
    enum err err = city_load(directory, problems, &town->city_bytes, &town->city_size);
    if (err == ERR_OK) {
        assert_int_equal(city_open(town->city_bytes, town->city_size, &town->city), ERR_OK);
        err = rules_compile(rules, &town->city, problems, &town->policy_bytes, &town->policy_size);
    }
    problems_print(problems, stderr);
    assert_int_equal(err, ERR_OK);
    problems_free(problems);
    assert_int_equal(policy_open(town->policy_bytes, town->policy_size, &town->city, &town->policy),
                     ERR_OK);
    assert_int_equal(facts_new(&town->city, &town->policy, &town->facts), ERR_OK);
}

static void town_activate(struct town *town)
{
    struct batch_writer writer;
    const struct activate_body body = {.city = town->city.image.digest,
                                       .policy = town->policy.image.digest};
    const struct command_head head = town_head(town, COMMAND_ACTIVATE, NULL);
    assert_int_equal(core_stage_city(town->core, town->city_bytes, town->city_size), ERR_OK);
    assert_int_equal(core_stage_policy(town->core, town->policy_bytes, town->policy_size), ERR_OK);
    town_begin(&writer);
    assert_int_equal(batch_put(&writer, &head, &body, sizeof body, place_none()), ERR_OK);
    town_step(town, &writer);
}

struct limits town_limits(void)
{
    struct limits small = limits_default();
    small.cases = 64;
    small.orders = 256;
    small.case_extras = 128;
    small.workers = 32;
    small.gateways = 8;
    small.batch_events = 16;
    small.event_ids = 128;
    small.dedupe_keys = 64;
    small.case_events = 20;
    small.contacts = 32;
    small.sources = 64;
    small.window_rules = 16;
    small.window_keys = 64;
    small.window_samples = 512;
    small.disputes = 16;
    small.rulings = 32;
    small.objects = 64;
    small.burdens = 64;
    small.image_rows = 4096;
    small.road_nodes = 1024;
    small.plans = 4;
    small.plan_tasks = 64;
    small.late_reports = 16;
    small.waits = 4;
    small.silences = 4;
    small.keys = 8;
    small.inhibits = 8;
    small.groups = 4;
    small.round_orders = 48;
    small.round_pairs = 768;
    return small;
}

void town_open(struct town *town, const struct limits *limits)
{
    town_open_at(town, limits, "tests/data/town");
}

void town_open_at(struct town *town, const struct limits *limits, const char *directory)
{
    const struct limits small = town_limits();
    memset(town, 0, sizeof *town);
    town_compile(town, directory);
    const struct limits *used = limits != NULL ? limits : &small;
    const size_t size = core_size(used);
    town->block_size = size;
    town->block = aligned_alloc(64, size);
    town->effects = calloc(TOWN_EFFECTS_MAX, sizeof *town->effects);
    assert_non_null(town->block);
    assert_non_null(town->effects);
    town->core = core_init(town->block, size, used);
    town->now_ms = TOWN_START_MS;
    town_activate(town);
}

void town_move(struct town *town, const char *directory)
{
    assert_true(town->old_count + 2 <= COUNT_OF(town->old_bytes));
    town->old_bytes[town->old_count++] = town->city_bytes;
    town->old_bytes[town->old_count++] = town->policy_bytes;
    facts_free(town->facts);
    town_compile(town, directory);
    town_activate(town);
}

static struct scratch town_copied;

static void town_remove_copy(void)
{
    scratch_remove(&town_copied);
}

const char *town_copy(void)
{
    char command[SCRATCH_PATH_SIZE + 64];
    if (town_copied.path[0] == '\0') {
        assert_int_equal(atexit(town_remove_copy), 0);
    }
    scratch_remove(&town_copied);
    assert_int_equal(scratch_make_directory(&town_copied, "town"), ERR_OK);
    (void)snprintf(command, sizeof command, "cp -r tests/data/town/. %s", town_copied.path);
    assert_int_equal(system(command), 0);
    return town_copied.path;
}

void town_edit(const char *directory, const char *file, const char *prefix, const char *line)
{
    static char text[65536];
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", directory, file);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    const size_t size = fread(text, 1, sizeof text - 1, in);
    (void)fclose(in);
    text[size] = '\0';
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    bool is_found = prefix == NULL;
    for (char *at = text, *end = NULL; *at != '\0'; at = end + 1) {
        end = strchr(at, '\n');
        assert_non_null(end);
        *end = '\0';
        const bool is_it = prefix != NULL && strncmp(at, prefix, strlen(prefix)) == 0;
        is_found = is_found || is_it;
        if (!is_it || line != NULL) {
            (void)fprintf(out, "%s\n", is_it ? line : at);
        }
    }
    if (prefix == NULL) {
        (void)fprintf(out, "%s\n", line);
    }
    assert_true(is_found);
    assert_int_equal(fclose(out), 0);
}

void town_write(const char *directory, const char *file, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", directory, file);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
    *slash = '/';
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

enum err town_keep(void *context, const void *bytes, size_t size)
{
    struct town_bytes *kept = context;
    assert_true(size > 0 && size <= SNAPSHOT_PIECE_SIZE);
    if (kept->size + size > kept->capacity) {
        kept->capacity = (kept->size + size) * 2;
        kept->at = realloc(kept->at, kept->capacity);
        assert_non_null(kept->at);
    }
    memcpy(kept->at + kept->size, bytes, size);
    kept->size += size;
    return ERR_OK;
}

enum err town_give(void *context, void *bytes, size_t size, size_t *out_size)
{
    struct town_bytes *kept = context;
    const size_t left = kept->size - kept->read;
    size_t part = left < size ? left : size;
    part = kept->piece == 0 || part < kept->piece ? part : kept->piece;
    if (part == 0) {
        return ERR_CUT;
    }
    memcpy(bytes, kept->at + kept->read, part);
    kept->read += part;
    *out_size = part;
    return ERR_OK;
}

enum err town_load(struct town *town, struct town_bytes *bytes)
{
    const struct snapshot_source source = {town_give, bytes};
    const struct limits limits = *core_limits(town->core);
    struct hash128 digest;
    town->core = core_init(town->block, core_size(&limits), &limits);
    assert_int_equal(core_stage_city(town->core, town->city_bytes, town->city_size), ERR_OK);
    assert_int_equal(core_stage_policy(town->core, town->policy_bytes, town->policy_size), ERR_OK);
    bytes->read = 0;
    return core_load(town->core, &source, &digest);
}

enum err town_restart(struct town *town)
{
    struct town_bytes bytes = {0};
    const struct snapshot_sink sink = {town_keep, &bytes};
    struct hash128 saved;
    assert_int_equal(core_save(town->core, &sink, &saved), ERR_OK);
    const enum err err = town_load(town, &bytes);
    if (err == ERR_OK) {
        assert_true(hash128_is_equal(saved, core_digest(town->core)));
        core_check(town->core);
    }
    free(bytes.at);
    return err;
}

struct case_no town_bin_case(struct town *town)
{
    static const struct town_field full[] = {
        {"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};
    assert_int_equal(
        town_event(town, "cam-1", "camera.garbage_overflow", "C-001", place_none(), full),
        CODE_OPENED);
    return town->last.case_no;
}

void *town_save(const struct town *town)
{
    void *copy = malloc(town->block_size);
    assert_non_null(copy);
    return memcpy(copy, town->block, town->block_size);
}

void town_restore(struct town *town, const void *saved)
{
    memcpy(town->block, saved, town->block_size);
}

void town_close(struct town *town)
{
    for (uint32_t i = 0; i < town->old_count; i++) {
        free(town->old_bytes[i]);
    }
    facts_free(town->facts);
    free(town->effects);
    free(town->block);
    free(town->city_bytes);
    free(town->policy_bytes);
}

int town_setup_at(void **state, const struct limits *limits, const char *copy)
{
    struct town *town = malloc(sizeof *town);
    assert_non_null(town);
    town_open_at(town, limits, copy);
    *state = town;
    return 0;
}

int town_setup(void **state)
{
    struct town *town = malloc(sizeof *town);
    assert_non_null(town);
    town_open(town, NULL);
    *state = town;
    return 0;
}

int town_teardown(void **state)
{
    town_close(*state);
    free(*state);
    return 0;
}

static void town_tick(struct town *town)
{
    struct batch_writer writer;
    const struct command_head head = town_head(town, COMMAND_TICK, NULL);
    town_begin(&writer);
    assert_int_equal(batch_put(&writer, &head, NULL, 0, place_none()), ERR_OK);
    town_step(town, &writer);
}

void town_pass(struct town *town, int64_t ms)
{
    const int64_t until = town->now_ms + ms;
    while (core_next_due_ms(town->core) <= until) {
        town->now_ms = max_i64(town->now_ms, core_next_due_ms(town->core));
        town_tick(town);
    }
    town->now_ms = until;
    town_tick(town);
}

void town_send(struct town *town, const char *source, struct town_outbox outbox,
               const struct town_report *reports, uint32_t count)
{
    static struct fact_record record;
    struct fact_field given[8];
    struct batch_writer writer;
    struct command_head head = town_head(town, COMMAND_EVENTS, source);
    head.epoch = outbox.epoch;
    head.seq = outbox.seq;
    head.content_digest = outbox.digest;
    town_begin(&writer);
    assert_int_equal(batch_open_events(&writer, &head), ERR_OK);
    for (uint32_t i = 0; i < count; i++) {
        const struct town_field *fields = reports[i].fields;
        uint32_t field_count = 0;
        for (; fields != NULL && fields[field_count].name != NULL; field_count++) {
            const struct town_field *from = &fields[field_count];
            given[field_count] = (struct fact_field){
                .name = facts_text(from->name),
                .kind = from->text != NULL ? FIELD_STRING : FIELD_NUMBER,
                .number = from->number,
                .text = from->text,
                .text_size = from->text != NULL ? (uint32_t)strlen(from->text) : 0};
        }
        const struct fact_event event = {.source = facts_text(source),
                                         .id = facts_text(reports[i].id),
                                         .type = facts_text(reports[i].type),
                                         .device = facts_text(reports[i].device),
                                         .at_ms = town->now_ms + reports[i].after_ms,
                                         .place = reports[i].place,
                                         .fields = given,
                                         .field_count = field_count};
        facts_resolve(town->facts, &event, town->now_ms, &record);
        record.head.flags = (uint16_t)(record.head.flags | reports[i].flags);
        assert_int_equal(batch_add_event(&writer, &record.head, record.fields, record.text,
                                         record.text_bytes, record.free_text),
                         ERR_OK);
        if (reports[i].contact != 0) {
            struct event_contact contact = {.id = {1, reports[i].contact}};
            memset(contact.sealed, (int)reports[i].contact, sizeof contact.sealed);
            assert_int_equal(batch_add_contact(&writer, &contact), ERR_OK);
        }
    }
    batch_close_events(&writer);
    town_step(town, &writer);
}

enum code town_event(struct town *town, const char *source, const char *type, const char *device,
                     struct place place, const struct town_field *fields)
{
    char id[32];
    (void)snprintf(id, sizeof id, "e%llu", (unsigned long long)++town->event_serial);
    const struct outbox_mark mark = core_outbox_mark(town->core, town_id(source));
    const struct town_report report = {
        .id = id, .type = type, .device = device, .place = place, .fields = fields};
    town_send(town, source,
              (struct town_outbox){mark.epoch == 0 ? 1 : mark.epoch, mark.last_seq + 1,
                                   town->event_serial},
              &report, 1);
    return (enum code)town->last.code;
}

static struct hash128 town_subject(const struct town *town, const char *subject)
{
    for (uint32_t p = 0; subject != NULL && p < town->city.post_count; p++) {
        const struct image_string code = town->city.posts[p].code;
        if (strlen(subject) == code.size &&
            memcmp(subject, city_text(&town->city, code), code.size) == 0) {
            return (struct hash128){UINT64_MAX, p};
        }
    }
    return subject == NULL ? (struct hash128){0, 0} : town_id(subject);
}

enum code town_do(struct town *town, const char *who, struct town_deed deed)
{
    struct batch_writer writer;
    struct command_head head = town_head(town, COMMAND_ACT, who);
    const struct outbox_mark mark = core_outbox_mark(town->core, head.principal);
    head.epoch = mark.epoch == 0 ? 1 : mark.epoch;
    head.seq = mark.last_seq + 1;
    head.content_digest = ++town->act_serial;
    const struct act_body body = {.order = deed.order,
                                  .case_no = deed.no,
                                  .place = NONE32,
                                  .subject = town_subject(town, deed.subject),
                                  .at_ms = town->now_ms,
                                  .action = (uint16_t)deed.action,
                                  .reason = (uint16_t)deed.reason,
                                  .text_size =
                                      (uint16_t)(deed.text == NULL ? 0 : strlen(deed.text)),
                                  .other = deed.other,
                                  .amount = deed.amount,
                                  .until_ms = deed.until_ms,
                                  .evidence_count = deed.evidence_count};
    town_begin(&writer);
    assert_int_equal(batch_put_act(&writer, &head, &body,
                                   deed.has_place ? deed.place : place_none(), deed.evidence,
                                   deed.text),
                     ERR_OK);
    town_step(town, &writer);
    return (enum code)town->last.code;
}

enum code town_act(struct town *town, const char *who, uint64_t order, struct case_no no,
                   enum action action, enum reason reason, struct place place, const char *subject)
{
    return town_do(town, who,
                   (struct town_deed){.order = order,
                                      .no = no,
                                      .action = action,
                                      .reason = reason,
                                      .has_place = true,
                                      .place = place,
                                      .subject = subject});
}

void town_seen(struct town *town, const char *who, enum worker_status status, struct place fix)
{
    struct batch_writer writer;
    const struct command_head head = town_head(town, COMMAND_SEEN, who);
    const struct seen_body body = {
        .place = NONE32, .fix_at_ms = town->now_ms, .status = (uint32_t)status};
    town_begin(&writer);
    assert_int_equal(batch_put(&writer, &head, &body, sizeof body, fix), ERR_OK);
    town_step(town, &writer);
}

struct case_view town_case(const struct town *town, struct case_no no)
{
    struct case_view view;
    assert_true(core_find_case(town->core, no, &view));
    return view;
}

const char *town_holder(const struct town *town, struct case_no no)
{
    static char name[64];
    const struct case_view view = town_case(town, no);
    struct image_string text = {0, 0};
    if (view.holder.kind == HOLDER_PERSON) {
        text = town->city.persons[view.holder.index].id;
    } else if (view.holder.kind == HOLDER_POST) {
        text = town->city.posts[view.holder.index].code;
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)text.size, city_text(&town->city, text));
    return name;
}

uint64_t town_order_of(const struct town *town, const char *who)
{
    const struct core *core = town->core;
    const uint32_t worker = workers_find(&core->workers, town_id(who));
    assert_int_not_equal(worker, NONE32);
    const uint32_t newest = core->workers.rows[worker].order_first;
    return newest == NONE32 ? 0 : orders_peek(&core->orders, newest)->number;
}

void town_items_taken(struct town *town, const char *who, uint64_t item_seq)
{
    struct batch_writer writer;
    const struct command_head head = town_head(town, COMMAND_ITEMS_TAKEN, who);
    const struct items_taken_body body = {.item_seq = item_seq};
    town_begin(&writer);
    assert_int_equal(batch_put(&writer, &head, &body, sizeof body, place_none()), ERR_OK);
    town_step(town, &writer);
}

uint32_t town_count(const struct town *town, enum action action)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < town->effect_count; i++) {
        count += town->effects[i].kind == EFFECT_TIMELINE &&
                 town->effects[i].of.timeline.action == action;
    }
    return count;
}

const struct effect_decision *town_decision(const struct town *town)
{
    for (uint32_t i = town->effect_count; i > 0; i--) {
        if (town->effects[i - 1].kind == EFFECT_DECISION) {
            return &town->effects[i - 1].of.decision;
        }
    }
    return NULL;
}
