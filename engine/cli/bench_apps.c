/* bench_apps.c: see bench_apps.h. */
#include "engine/cli/bench_apps.h"

#include "engine/core/distance.h"
#include "sim/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_KIND 4u /* field of Request */

static enum err send_poll(struct bench_apps *apps, uint32_t person, uint64_t ack_seq)
{
    const struct city_person *row = &apps->city->persons[person];
    Gridloop__Wire__Poll poll = GRIDLOOP__WIRE__POLL__INIT;
    uint64_t request_id;
    poll.has_ack_seq = poll.has_wait_ms = poll.has_status = 1;
    poll.ack_seq = ack_seq;
    poll.wait_ms = 25000;
    poll.status = 1;
    Gridloop__Wire__Place place = GRIDLOOP__WIRE__PLACE__INIT;
    Gridloop__Wire__Fix fix = GRIDLOOP__WIRE__FIX__INIT;
    if (ack_seq == 0 && row->lon != PLACE_NONE) { /* at home; it stays fresh for the whole run */
        place.has_lon_e7 = place.has_lat_e7 = fix.has_at_ms = 1;
        place.lon_e7 = row->lon;
        place.lat_e7 = row->lat;
        fix.place = &place;
        fix.at_ms = BENCH_ENGINE_START_MS;
        poll.fix = &fix;
    }
    must(row->id.size < sizeof apps->link.identity);
    memcpy(apps->link.identity, city_text(apps->city, row->id), row->id.size);
    apps->link.identity[row->id.size] = '\0';
    const size_t size = gridloop__wire__poll__pack(&poll, link_inner(&apps->link));
    enum err err = ERR_UNAVAILABLE;
    for (uint32_t i = 0; i < 1000 && err == ERR_UNAVAILABLE; i++) { /* the socket is full for now */
        err = link_send(&apps->link, POLL_KIND, size, &request_id);
        if (err == ERR_UNAVAILABLE) {
            (void)usleep(1000);
        }
    }
    if (err == ERR_OK) {
        apps->polls[request_id % BENCH_APPS_POLLS] = request_id;
        apps->persons[request_id % BENCH_APPS_POLLS] = person;
    }
    return err;
}

void bench_told_note(struct bench_told_list *list, const char *case_no, int64_t at_ns)
{
    if (list->count < BENCH_TOLD_MAX && case_no != NULL) {
        struct bench_told *row = &list->rows[list->count++];
        (void)snprintf(row->case_no, sizeof row->case_no, "%s", case_no);
        row->at_ns = at_ns;
    }
}

/* Takes what workers are told; their apps say at once that they have it and ask again. */
enum err bench_apps_hear(struct bench_apps *apps)
{
    struct codec_answer answer;
    while (link_receive(&apps->link, &answer)) {
        const int64_t at_ns = bench_now_ns();
        const uint32_t slot = (uint32_t)(answer.request_id % BENCH_APPS_POLLS);
        if (answer.answer->kind_case != GRIDLOOP__WIRE__ANSWER__KIND_TASKS ||
            apps->polls[slot] != answer.request_id) {
            continue;
        }
        const Gridloop__Wire__Tasks *tasks = answer.answer->tasks;
        for (size_t i = 0; i < tasks->n_items; i++) {
            if (tasks->items[i]->kind == 1) {
                bench_told_note(&apps->told, tasks->items[i]->case_no, at_ns);
            }
        }
        const enum err err = send_poll(apps, apps->persons[slot], tasks->seq);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

enum err bench_apps_open(struct bench_apps *apps, const char *url, const struct city *city)
{
    apps->city = city;
    enum err err = link_open(&apps->link, url, "nobody", 4096);
    for (uint32_t p = 0; p < city->person_count && err == ERR_OK; p++) {
        if (city->persons[p].capacity > 0) {
            err = send_poll(apps, p, 0);
        }
    }
    if (err == ERR_OK) {
        (void)usleep(1000000); /* all polls are held before the first event */
    }
    return err;
}

void bench_apps_close(struct bench_apps *apps)
{
    link_close(&apps->link);
}

static int compare(const void *left, const void *right)
{
    const struct bench_told *a = left;
    const struct bench_told *b = right;
    const int order = strcmp(a->case_no, b->case_no);
    return order != 0 ? order : (a->at_ns > b->at_ns) - (a->at_ns < b->at_ns);
}

uint32_t bench_told_join(const struct bench_told_list *from, struct bench_told_list *told,
                         double out_ms[BENCH_TOLD_MAX])
{
    uint32_t count = 0, kept = 0;
    qsort(told->rows, told->count, sizeof told->rows[0], compare);
    for (uint32_t i = 0; i < told->count; i++) { /* the first word of each */
        if (i == 0 || strcmp(told->rows[i].case_no, told->rows[kept - 1].case_no) != 0) {
            told->rows[kept++] = told->rows[i];
        }
    }
    told->count = kept;
    for (uint32_t i = 0; i < from->count; i++) {
        uint32_t low = 0, high = kept;
        while (low < high) {
            const uint32_t middle = low + (high - low) / 2;
            if (strcmp(told->rows[middle].case_no, from->rows[i].case_no) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low < kept && strcmp(told->rows[low].case_no, from->rows[i].case_no) == 0) {
            out_ms[count++] = (double)(told->rows[low].at_ns - from->rows[i].at_ns) / 1e6;
        }
    }
    return count;
}
