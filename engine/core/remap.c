/* remap.c: see remap.h. */
#include "engine/core/remap.h"

#include "engine/core/burden.h"
#include "engine/core/case_extras.h"
#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/confirm.h"
#include "engine/core/dispute.h"
#include "engine/core/flow.h"
#include "engine/core/groups.h"
#include "engine/core/ledger.h"
#include "engine/core/merging.h"
#include "engine/core/offices.h"
#include "engine/core/orders.h"
#include "engine/core/plans.h"
#include "engine/core/rulings.h"

uint32_t remap_rows_for(const struct limits *limits)
{
    uint32_t rows = REMAP_ROWS_MIN;
    while (rows < limits->image_rows) {
        rows *= 2;
    }
    return rows;
}

bool remap_fits(const struct core *core, const struct city *city, const struct policy *policy)
{
    const uint32_t limit = core->remap_limit;
    return city->unit_count <= core->limits.image_rows && city->cell_count <= limit &&
           city->asset_count <= limit && city->device_count <= limit && city->post_count <= limit &&
           city->class_count <= limit && city->department_count <= limit &&
           city->gateway_count <= limit && city->area_count <= limit &&
           policy->type_count <= limit && policy->rule_count <= limit &&
           policy->field_count <= limit;
}

/* A table of named rows, as far as renumbering is concerned. */
struct named {
    const char *strings;
    const uint8_t *rows;
    uint32_t row_size;
    uint32_t name_offset; /* of the struct image_string inside a row */
    uint32_t count;
};

static struct image_string name_at(const struct named *table, uint32_t row)
{
    struct image_string name;
    memcpy(&name, table->rows + (size_t)row * table->row_size + table->name_offset, sizeof name);
    return name;
}

/* Fills core->remap: old row -> new row by equal names. O(old + new) through a hash chain laid over the scratch. */
static void lay_map(struct core *core, const struct named *from, const struct named *to)
{
    uint32_t *map = core->remap;
    uint32_t *heads = core->remap + core->remap_limit;
    uint32_t *nexts = heads + core->remap_limit;
    for (uint32_t i = 0; i < core->remap_limit; i++) {
        heads[i] = NONE32;
    }
    for (uint32_t i = to->count; i > 0; i--) {
        const struct image_string name = name_at(to, i - 1);
        const uint32_t home = (uint32_t)(state_hash_text(to->strings + name.offset, name.size).lo %
                                         core->remap_limit);
        nexts[i - 1] = heads[home];
        heads[home] = i - 1;
    }
    for (uint32_t i = 0; i < from->count; i++) {
        const struct image_string name = name_at(from, i);
        const uint32_t home =
            (uint32_t)(state_hash_text(from->strings + name.offset, name.size).lo %
                       core->remap_limit);
        map[i] = NONE32;
        for (uint32_t j = heads[home]; j != NONE32; j = nexts[j]) {
            const struct image_string other = name_at(to, j);
            if (other.size == name.size &&
                memcmp(to->strings + other.offset, from->strings + name.offset, name.size) == 0) {
                map[i] = j;
                break;
            }
        }
    }
}

static uint32_t mapped(const struct core *core, uint32_t row)
{
    return row == NONE32 ? NONE32 : core->remap[row];
}

/* A row that an open case stood on; when it is gone, what rests on it is looked at again (move_stuck_cases). */
static void map_ground(const struct core *core, struct case_row *row, uint32_t *value)
{
    const bool was_there = *value != NONE32;
    *value = mapped(core, *value);
    if (was_there && *value == NONE32 && row->is_used != 0) {
        row->flags |= CASE_LOST_ROWS;
    }
}

/* A free row keeps its zeros. */
static uint32_t mapped_if(const struct core *core, bool is_used, uint32_t row)
{
    return is_used ? mapped(core, row) : row;
}

/* One table after the other: lay the map, then renumber what names its rows. */
static struct named named_of(const char *strings, const void *rows, uint32_t row_size,
                             size_t name_offset, uint32_t count)
{
    return (struct named){strings, rows, row_size, (uint32_t)name_offset, count};
}

enum wait_ground { WAIT_CELL, WAIT_ASSET, WAIT_DEVICE, WAIT_GATEWAY };

static void remap_wait_ground(struct core *core, enum wait_ground ground)
{
    for (uint32_t i = 0; i < core->waits.high; i++) {
        struct wait_row *row = &core->waits.rows[i];
        uint32_t *const values[] = {&row->cell, &row->asset, &row->device, &row->gateway};
        *values[ground] = mapped_if(core, row->is_used != 0, *values[ground]);
    }
}

static void lay_area_map(struct core *core, const struct city *old, const struct city *new,
                         size_t name)
{
    const struct named from =
        named_of(old->strings, old->areas, sizeof *old->areas, name, old->area_count);
    const struct named to =
        named_of(new->strings, new->areas, sizeof *new->areas, name, new->area_count);
    lay_map(core, &from, &to);
}

/* Areas by name, which silences ask for; the zone by its own id. Areas that are gone are left out. */
static void remap_wait_areas(struct core *core, const struct city *old, const struct city *new)
{
    lay_area_map(core, old, new, offsetof(struct city_area, zone));
    for (uint32_t i = 0; i < core->waits.high; i++) {
        struct wait_row *row = &core->waits.rows[i];
        row->zone = mapped_if(core, row->is_used != 0, row->zone);
    }
    lay_area_map(core, old, new, offsetof(struct city_area, name));
    for (uint32_t i = 0; i < core->waits.high; i++) {
        struct wait_row *row = &core->waits.rows[i];
        uint32_t kept = 0;
        for (uint32_t k = 0; k < row->area_count; k++) {
            const uint32_t area = mapped(core, row->areas[k]);
            if (area != NONE32) {
                row->areas[kept++] = (uint16_t)area;
            }
        }
        row->area_count = kept;
    }
}

/* Fields stay in the order of their rows: both tables are sorted by name. */
static void remap_wait_fields(struct core *core)
{
    for (uint32_t i = 0; i < core->waits.high; i++) {
        struct wait_row *row = &core->waits.rows[i];
        uint32_t kept = 0;
        for (uint32_t k = 0; k < row->field_count; k++) {
            const uint32_t field = mapped(core, row->fields[k].field);
            if (field != NONE32) {
                row->fields[kept] = row->fields[k];
                row->fields[kept++].field = (uint16_t)field;
            }
        }
        row->field_count = kept;
    }
}

/* A rule that kept its shape names the types that it had. */
static void remap_wait_types(struct core *core, const struct policy *old, const struct policy *new)
{
    const struct named from = named_of(old->strings, old->types, sizeof *old->types,
                                       offsetof(struct policy_type, name), old->type_count);
    const struct named to = named_of(new->strings, new->types, sizeof *new->types,
                                     offsetof(struct policy_type, name), new->type_count);
    lay_map(core, &from, &to);
    for (uint32_t i = 0; i < core->waits.high; i++) {
        core->waits.rows[i].type =
            mapped_if(core, core->waits.rows[i].is_used != 0, core->waits.rows[i].type);
    }
}

static void remap_city_rows(struct core *core, const struct city *old, const struct city *new)
{
    struct named from;
    struct named to;
    from = named_of(old->strings, old->cells, sizeof *old->cells, offsetof(struct city_cell, code),
                    old->cell_count);
    to = named_of(new->strings, new->cells, sizeof *new->cells, offsetof(struct city_cell, code),
                  new->cell_count);
    lay_map(core, &from, &to);
    for (uint32_t i = 0; i < core->cases.high; i++) {
        map_ground(core, &core->cases.rows[i], &core->cases.rows[i].cell);
    }
    rulings_remap(&core->rulings, RULING_CELL, core->remap);
    burden_remap_cells(&core->burdens, core->remap);
    remap_wait_ground(core, WAIT_CELL);
    from = named_of(old->strings, old->assets, sizeof *old->assets,
                    offsetof(struct city_asset, code), old->asset_count);
    to = named_of(new->strings, new->assets, sizeof *new->assets, offsetof(struct city_asset, code),
                  new->asset_count);
    lay_map(core, &from, &to);
    for (uint32_t i = 0; i < core->cases.high; i++) {
        core->cases.rows[i].asset = mapped(core, core->cases.rows[i].asset);
    }
    rulings_remap(&core->rulings, RULING_ASSET, core->remap);
    ledger_remap_assets(&core->objects, core->remap);
    remap_wait_ground(core, WAIT_ASSET);
    for (uint32_t i = 0; i < core->plans.duty_high; i++) {
        core->plans.duties[i].asset =
            mapped_if(core, core->plans.duties[i].is_used != 0, core->plans.duties[i].asset);
    }
    for (uint32_t i = 0; i < core->plans.late_high; i++) {
        core->plans.lates[i].asset =
            mapped_if(core, core->plans.lates[i].is_used != 0, core->plans.lates[i].asset);
    }
    from = named_of(old->strings, old->devices, sizeof *old->devices,
                    offsetof(struct city_device, id), old->device_count);
    to = named_of(new->strings, new->devices, sizeof *new->devices,
                  offsetof(struct city_device, id), new->device_count);
    lay_map(core, &from, &to);
    for (uint32_t i = 0; i < core->cases.high; i++) {
        core->cases.rows[i].device = mapped(core, core->cases.rows[i].device);
    }
    remap_wait_ground(core, WAIT_DEVICE);
    from = named_of(old->strings, old->gateways, sizeof *old->gateways,
                    offsetof(struct city_gateway, id), old->gateway_count);
    to = named_of(new->strings, new->gateways, sizeof *new->gateways,
                  offsetof(struct city_gateway, id), new->gateway_count);
    lay_map(core, &from, &to);
    for (uint32_t i = 0; i < core->cases.high; i++) {
        core->cases.rows[i].gateway = mapped(core, core->cases.rows[i].gateway);
    }
    remap_wait_ground(core, WAIT_GATEWAY);
}

/* A post that is gone leaves no trace in the hand-overs: a forgotten step accuses nobody. */
static void remap_offices(struct core *core)
{
    for (uint32_t i = 0; i < core->cases.high; i++) {
        struct case_row *row = &core->cases.rows[i];
        row->office = mapped(core, row->office);
        row->first_office = mapped(core, row->first_office);
        row->ruled_office = mapped(core, row->ruled_office);
        struct handover steps[HANDOVERS_MAX];
        uint32_t kept = 0;
        case_handovers_get(core, row, steps);
        for (uint32_t h = 0; h < row->handover_count; h++) {
            struct handover step = steps[h];
            const bool had_receiver = step.to != NONE32;
            step.from = mapped(core, step.from);
            step.to = mapped(core, step.to);
            if (step.from != NONE32 && had_receiver == (step.to != NONE32)) {
                steps[kept++] = step;
            } else if (h + 1u == row->handover_count) {
                row->flags &= ~(uint32_t)CASE_IS_SENT_BACK;
            }
        }
        case_handovers_put(core, row, steps, kept);
    }
    rulings_remap(&core->rulings, RULING_POST, core->remap);
    for (uint32_t i = 0; i < core->disputes.high; i++) {
        struct dispute_row *dispute = &core->disputes.rows[i];
        if (dispute->is_used == 0) {
            continue;
        }
        uint32_t kept = 0;
        for (uint32_t p = 0; p < dispute->party_count; p++) {
            dispute->parties[p].post = mapped(core, dispute->parties[p].post);
            if (dispute->parties[p].post != NONE32) {
                dispute->parties[kept++] = dispute->parties[p];
            }
        }
        dispute->party_count = kept;
        dispute->post = mapped(core, dispute->post);
        if (dispute->post == NONE32) {
            dispute->post = state_city(core)->info->adjudication_post;
        }
    }
}

static void remap_plan_posts(struct core *core)
{
    for (uint32_t i = 0; i < core->plans.high; i++) {
        struct plan_row *row = &core->plans.rows[i];
        row->confirm_post = mapped_if(core, row->is_used != 0, row->confirm_post);
    }
    for (uint32_t i = 0; i < core->plans.duty_high; i++) {
        struct duty_row *duty = &core->plans.duties[i];
        duty->post = mapped_if(core, duty->is_used != 0, duty->post);
    }
}

static void remap_office_rows(struct core *core, const struct city *old, const struct city *new)
{
    struct named from;
    struct named to;
    from = named_of(old->strings, old->classes, sizeof *old->classes,
                    offsetof(struct city_class, code), old->class_count);
    to = named_of(new->strings, new->classes, sizeof *new->classes,
                  offsetof(struct city_class, code), new->class_count);
    lay_map(core, &from, &to);
    for (uint32_t i = 0; i < core->cases.high; i++) {
        core->cases.rows[i].class_row = mapped(core, core->cases.rows[i].class_row);
    }
    rulings_remap(&core->rulings, RULING_CLASS, core->remap);
    ledger_remap_classes(&core->objects, core->remap);
    from = named_of(old->strings, old->departments, sizeof *old->departments,
                    offsetof(struct city_department, code), old->department_count);
    to = named_of(new->strings, new->departments, sizeof *new->departments,
                  offsetof(struct city_department, code), new->department_count);
    lay_map(core, &from, &to);
    for (uint32_t i = 0; i < core->cases.high; i++) {
        map_ground(core, &core->cases.rows[i], &core->cases.rows[i].department);
        core->cases.rows[i].owner = mapped(core, core->cases.rows[i].owner);
    }
    rulings_remap(&core->rulings, RULING_DEPARTMENT, core->remap);
    burden_remap_departments(&core->burdens, core->remap);
    from = named_of(old->strings, old->posts, sizeof *old->posts, offsetof(struct city_post, code),
                    old->post_count);
    to = named_of(new->strings, new->posts, sizeof *new->posts, offsetof(struct city_post, code),
                  new->post_count);
    lay_map(core, &from, &to);
    remap_offices(core);
    for (uint32_t i = 0; i < core->cases.high; i++) {
        struct case_row *row = &core->cases.rows[i];
        if (row->is_used == 0 || row->holder.kind != HOLDER_POST) {
            continue;
        }
        row->holder.index =
            mapped(core, row->holder.index); /* gone: NONE32 until remap_rows moves it on */
    }
    for (uint32_t i = 0; i < core->orders.high; i++) {
        struct order_row *order = &core->orders.rows[i];
        if (order->is_used != 0 && order->post != NONE32) {
            order->post = mapped(core, order->post); /* likewise */
        }
    }
    remap_plan_posts(core);
}

/* The assign of a check or verify order: by its place among the policy's own. */
static uint32_t service_assign(const struct core *core, const struct policy *old,
                               const struct policy *new, const struct order_row *order)
{
    /* An order to look that a rule's `confirm` describes: core->remap holds rules, and new is active. */
    const uint32_t old_rule = core->cases.rows[order->case_slot].rule;
    const uint32_t rule = order->kind == KIND_VERIFY_REPORT ? mapped(core, old_rule) : NONE32;
    for (uint32_t i = 0; i < old->confirm_count; i++) {
        const struct image_range theirs = old->confirms[i].assigns;
        const uint32_t at = order->assign - theirs.first;
        if (old->confirms[i].rule == old_rule && at < theirs.count) {
            const struct policy_confirm *confirm = rule == NONE32 ? NULL : confirm_of(core, rule);
            return confirm != NULL && at < confirm->assigns.count ? confirm->assigns.first + at
                                                                  : NONE32;
        }
    }
    const bool is_check = order->kind == KIND_CHECK_RESULT;
    const struct image_range from = is_check ? old->info->check_assigns : old->info->verify_assigns;
    const struct image_range to = is_check ? new->info->check_assigns : new->info->verify_assigns;
    const uint32_t index =
        order->assign - from.first; /* wraps past every count when before the first */
    return index < to.count ? to.first + index : NONE32;
}

static void remap_policy_rows(struct core *core, const struct policy *old, const struct policy *new)
{
    struct named from = named_of(old->strings, old->rules, sizeof *old->rules,
                                 offsetof(struct policy_rule, id), old->rule_count);
    struct named to = named_of(new->strings, new->rules, sizeof *new->rules,
                               offsetof(struct policy_rule, id), new->rule_count);
    lay_map(core, &from, &to);
    for (uint32_t i = 0; i < core->orders.high; i++) {
        struct order_row *order = &core->orders.rows[i];
        if (order->is_used == 0 || order->assign == NONE32) {
            continue;
        }
        if (flow_is_service(order)) {
            order->assign = service_assign(core, old, new, order);
            continue;
        }
        const struct case_row *row = &core->cases.rows[order->case_slot];
        const uint32_t rule = mapped(core, row->rule);
        const bool is_kept = rule != NONE32 && order->assign_index < new->rules[rule].assigns.count;
        order->assign = is_kept ? new->rules[rule].assigns.first + order->assign_index : NONE32;
    }
    for (uint32_t i = 0; i < core->cases.high; i++) {
        core->cases.rows[i].rule = mapped(core, core->cases.rows[i].rule);
    }
    for (uint32_t i = 0; i < core->plans.late_high; i++) {
        core->plans.lates[i].rule =
            mapped_if(core, core->plans.lates[i].is_used != 0, core->plans.lates[i].rule);
    }
    for (uint32_t i = 0; i < core->groups.high; i++) {
        core->groups.rows[i].rule =
            mapped_if(core, core->groups.rows[i].is_used != 0, core->groups.rows[i].rule);
    }
    from = named_of(old->strings, old->fields, sizeof *old->fields,
                    offsetof(struct policy_field, name), old->field_count);
    to = named_of(new->strings, new->fields, sizeof *new->fields,
                  offsetof(struct policy_field, name), new->field_count);
    lay_map(core, &from, &to);
    for (uint32_t i = 0; i < core->cases.high; i++) {
        struct case_row *row = &core->cases.rows[i];
        struct case_captures captures;
        case_captures_get(core, row, &captures);
        for (uint32_t c = 0; c < captures.count; c++) {
            captures.list[c].field = mapped(core, captures.list[c].field);
        }
        case_captures_put(core, row, &captures);
    }
    remap_wait_fields(core);
    remap_wait_types(core, old, new);
}

/* Whoever held a case at a post that is gone hands it on. */
static void move_cases_of_lost_posts(struct core *core)
{
    for (uint32_t i = 0; i < core->cases.high; i++) {
        const struct case_row *row = &core->cases.rows[i];
        if (row->is_used != 0 && row->holder.kind == HOLDER_POST && row->holder.index == NONE32) {
            flow_post_gone(core, i);
        }
    }
}

/* Nobody is left at that post who could answer. */
static void end_orders_of_lost_posts(struct core *core)
{
    for (uint32_t i = 0; i < core->orders.high; i++) {
        const struct order_row *order = &core->orders.rows[i];
        if (order->is_used != 0 && order->worker == NONE32 && order->post == NONE32 &&
            order_state_is_active((enum order_state)order->state)) {
            orders_end(core, i, ORDER_EXPIRED);
            flow_say(core, order->case_slot,
                     &(struct flow_note){.action = ACTION_LOST, .order = i + 1});
        }
    }
}

/* The ground under a case is gone: its cell, its department. Who held it by a desk of that department hands it on; where
 * somebody is on his way, the clock goes to who answers now. */
static void move_stuck_cases(struct core *core)
{
    for (uint32_t i = 0; i < core->cases.high; i++) {
        struct case_row *row = &core->cases.rows[i];
        if (row->is_used == 0) {
            continue;
        }
        const bool is_stuck = (row->flags & CASE_LOST_ROWS) != 0;
        row->flags &= ~(uint32_t)CASE_LOST_ROWS;
        if (!is_stuck || case_state_is_terminal((enum case_state)row->state)) {
            continue;
        }
        flow_say(core, i, &(struct flow_note){.action = ACTION_STUCK, .code = CODE_GONE});
        if (row->state == CASE_ASSIGNED && row->holder.kind == HOLDER_POST) {
            flow_to_desk(core, i, NONE32, CODE_GONE, (row->flags & CASE_IS_SEEKING) != 0);
        } else if ((row->flags & CASE_HANDLE_RUNS) != 0 && row->department == NONE32) {
            clocks_bind_handle(core, i, flow_owner_of(core, row));
        }
    }
}

/* The calendar, or its department, may have changed: a new deadline, said where it differs. */
static void recompute_handle_clock(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const uint32_t timer = case_timer_id(slot, CASE_TIMER_CLOCK);
    const bool was_missed = (row->flags & CASE_IS_MISSED) != 0;
    const int64_t before_ms = timers_due_ms(&core->timers, timer);
    clocks_bind_handle(core, slot, row->department);
    row->flags |= was_missed ? (uint32_t)CASE_IS_MISSED : 0;
    if (!was_missed && timers_due_ms(&core->timers, timer) != before_ms) {
        flow_say(core, slot, &(struct flow_note){.action = ACTION_RECALENDAR});
    }
}

/* A desk whose roster is there and empty of people on shift cannot answer for what it holds. */
static void move_cases_of_empty_posts(struct core *core)
{
    for (uint32_t i = 0; i < core->cases.high; i++) {
        const struct case_row *row = &core->cases.rows[i];
        if (row->is_used != 0 && row->state == CASE_ASSIGNED && row->holder.kind == HOLDER_POST &&
            offices_find_staffed(core, row->holder.index) != row->holder.index) {
            flow_to_desk(core, i, row->holder.index, CODE_OFF_SHIFT,
                         (row->flags & CASE_IS_SEEKING) != 0);
        }
    }
}

/* Orders of people who left the city are lost at once. */
static void lose_orders_of_leavers(struct core *core)
{
    for (uint32_t w = 0; w < core->workers.count; w++) {
        struct worker_row *row = &core->workers.rows[w];
        while (row->person == NONE32 && row->order_first != NONE32) {
            flow_worker_left(core, row->order_first);
        }
    }
}

void remap_rows(struct core *core)
{
    const uint32_t other = 1 - core->slot;
    remap_city_rows(core, &core->cities[other], &core->cities[core->slot]);
    remap_wait_areas(core, &core->cities[other], &core->cities[core->slot]);
    remap_office_rows(core, &core->cities[other], &core->cities[core->slot]);
    remap_policy_rows(core, &core->policies[other], &core->policies[core->slot]);
    merging_adopt(core);
    plans_remap(core, state_policy(core));
    groups_adopt(core);
    move_cases_of_lost_posts(core);
    end_orders_of_lost_posts(core);
    lose_orders_of_leavers(core);
    move_stuck_cases(core);
    move_cases_of_empty_posts(core);
    for (uint32_t i = 0; i < core->cases.high; i++) {
        struct case_row *row = &core->cases.rows[i];
        if (row->is_used == 0 || case_state_is_terminal((enum case_state)row->state)) {
            continue;
        }
        if ((row->flags & CASE_HANDLE_RUNS) != 0) {
            recompute_handle_clock(core, i);
        }
        clocks_arm_step(core, i);
    }
}
