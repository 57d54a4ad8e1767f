/* snapshot_sizes.h: sizes of what snapshot.c walks: a new field in state.h stops the build here until the walk knows it. */
#ifndef ENGINE_CORE_SNAPSHOT_SIZES_H
#define ENGINE_CORE_SNAPSHOT_SIZES_H

#include "engine/core/state.h"

_Static_assert(sizeof(struct case_row) == 440, "walk_case knows every field");
_Static_assert(sizeof(struct case_person) == 4, "walk_case knows every field");
_Static_assert(sizeof(struct extra_block) == 64, "what hangs in blocks is walked with its case");
_Static_assert(sizeof(struct extras) == 24, "follows from the cases");
_Static_assert(sizeof(struct district_counter) == 12, "walk_cases knows every field");
_Static_assert(sizeof(struct cases) == 40 + 3 * sizeof(struct rowmap),
               "walk_cases knows every field");
_Static_assert(sizeof(struct order_row) == 96, "walk_order knows every field");
_Static_assert(sizeof(struct orders) == 32 + sizeof(struct rowmap),
               "walk_orders knows every field");
_Static_assert(sizeof(struct worker_row) == 384, "walk_worker knows every field");
_Static_assert(sizeof(struct item_row) == 24, "walk_items knows every field");
_Static_assert(sizeof(struct act_result) == 64, "walk_results knows every field");
_Static_assert(sizeof(struct workers) == 32 + sizeof(struct table) + sizeof(struct grid),
               "walk_workers knows every field; the grid follows from the rows");
_Static_assert(sizeof(struct mark_row) == 40, "walk_mark knows every field");
_Static_assert(sizeof(struct kept_batch) == 24, "walk_mark knows every field");
_Static_assert(sizeof(struct kept_result) == 16, "walk_mark knows every field");
_Static_assert(sizeof(struct marks) == 40 + sizeof(struct table), "walk_marks knows every field");
_Static_assert(sizeof(struct contact_row) == 40 + CONTACT_SEALED_SIZE,
               "walk_contacts knows every field");
_Static_assert(sizeof(struct contacts) == 32, "walk_contacts knows every field");
_Static_assert(sizeof(struct memory_row) == 40, "walk_memory_row knows every field");
_Static_assert(sizeof(struct memory) == 32 + sizeof(struct rowmap),
               "walk_memory knows every field");
_Static_assert(sizeof(struct window_row) == 88, "walked as it lies: no padding");
_Static_assert(sizeof(struct sample_row) == 72, "walked as it lies: no padding");
_Static_assert(sizeof(struct window_rule) == 24, "walked as it lies: no padding");
_Static_assert(sizeof(struct samples) == 24, "walk_windows knows every field");
_Static_assert(sizeof(struct windows) == 72 + sizeof(struct table) + sizeof(struct samples),
               "walk_windows knows every field");
_Static_assert(sizeof(struct wait_row) ==
                   112 + EVENT_FIELDS_MAX * sizeof(struct event_field) + WAIT_TEXT_SIZE,
               "walked as it lies: no padding");
_Static_assert(sizeof(struct waits) == 24, "walk_waits knows every field");
_Static_assert(sizeof(struct source_row) == 24, "walk_sources knows every field");
_Static_assert(sizeof(struct sources) == 16 + sizeof(struct table),
               "walk_sources knows every field");
_Static_assert(sizeof(struct handover) == 24, "walk_handovers knows every field");
_Static_assert(sizeof(struct dispute_party) == 40, "walk_dispute knows every field");
_Static_assert(sizeof(struct dispute_row) == 232, "walk_dispute knows every field");
_Static_assert(sizeof(struct disputes) == 24, "walk_disputes knows every field");
_Static_assert(sizeof(struct ring) == 24 + sizeof(struct rowmap), "walk_ring knows every field");
_Static_assert(sizeof(struct ruling_row) == 56, "walk_ruling knows every field");
_Static_assert(sizeof(struct object_row) == 264, "walk_object knows every field");
_Static_assert(sizeof(struct burden_row) == 48, "walk_burden knows every field");
_Static_assert(sizeof(struct plan_row) == 192, "a plan is walked as it lies: no padding");
_Static_assert(sizeof(struct duty_row) == 96, "a plan's task is walked as it lies: no padding");
_Static_assert(sizeof(struct late_row) == 40, "walked as it lies: no padding");
_Static_assert(sizeof(struct plans) == 72 + 2 * sizeof(struct table),
               "walk_plans knows every field");
_Static_assert(sizeof(struct silence_row) == 544, "walked as it lies: no padding");
_Static_assert(sizeof(struct silences) == 24, "walk_held_back knows every field");
_Static_assert(sizeof(struct key_row) == 88, "walked as it lies: no padding");
_Static_assert(sizeof(struct keyring) == 16 + sizeof(struct table), "walk_keys knows every field");
_Static_assert(sizeof(struct inhibit_row) == 56, "walked as it lies: no padding");
_Static_assert(sizeof(struct inhibits) == 32 + sizeof(struct table),
               "walk_held_back knows every field");
_Static_assert(sizeof(struct group_row) == 56, "walked as it lies: no padding");
_Static_assert(sizeof(struct groups) == 24 + sizeof(struct table), "walk_groups knows every field");
_Static_assert(sizeof(struct round_row) == 56, "walked as it lies: no padding");
_Static_assert(sizeof(struct assign_row) == 32, "walked as it lies: no padding");
_Static_assert(sizeof(struct assign_column) == 24, "walked as it lies: no padding");
_Static_assert(sizeof(struct assign_pair) == 16, "walked as it lies: no padding");
_Static_assert(sizeof(struct rounds) == sizeof(struct assign_problem) + 80,
               "walk_rounds knows every field");
_Static_assert(sizeof(struct timer_entry) == 16, "walk_timers knows every field");
_Static_assert(sizeof(struct timers) == 32, "walk_timers knows every field");
_Static_assert(sizeof(struct core_counts) == 29 * sizeof(uint64_t), "counters are all u64");
#define LIMITS_PADDING (sizeof(struct limits) % 8) /* what follows is 8-aligned */
_Static_assert(sizeof(struct core) - 3 * sizeof(struct city) - 3 * sizeof(struct policy) -
                       sizeof(struct limits) - sizeof(struct core_counts) - sizeof(struct cases) -
                       sizeof(struct extras) - sizeof(struct orders) - sizeof(struct workers) -
                       sizeof(struct marks) - sizeof(struct contacts) - 2 * sizeof(struct memory) -
                       sizeof(struct windows) - sizeof(struct waits) - sizeof(struct sources) -
                       sizeof(struct disputes) - sizeof(struct rulings) - sizeof(struct objects) -
                       sizeof(struct burdens) - sizeof(struct timers) - sizeof(struct plans) -
                       sizeof(struct road_walks) - sizeof(struct silences) -
                       sizeof(struct keyring) - sizeof(struct inhibits) - sizeof(struct groups) -
                       sizeof(struct rounds) ==
                   96 + LIMITS_PADDING,
               "walk_head knows every field but the guess at the next repeat");

#endif
