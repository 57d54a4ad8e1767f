/* serve_reload.c: see serve_reload.h. */
#include "engine/cli/serve_reload.h"

#include "engine/edge/image_store.h"
#include "engine/edge/labels.h"
#include "engine/edge/words.h"
#include "engine/shell/report.h"
#include "rules/change.h"

#include <stdio.h>
#include <stdlib.h>

enum err serve_put_and_activate(struct serve_reload *reload, const struct compiled_pair *pair)
{
    enum err err =
        image_store_put(reload->disk, pair->city_bytes, pair->city_size, pair->city.image.digest);
    if (err == ERR_OK) {
        err = image_store_put(reload->disk, pair->policy_bytes, pair->policy_size,
                              pair->policy.image.digest);
    }
    if (err != ERR_OK) {
        return err;
    }
    return reload->is_asked ? node_activate_rules(reload->node, pair->city_bytes, pair->city_size,
                                                  pair->policy_bytes, pair->policy_size)
                            : node_activate(reload->node, pair->city_bytes, pair->city_size,
                                            pair->policy_bytes, pair->policy_size);
}

/* What is wrong, as far as an answer has room. */
static void list_problems(const struct serve_reload *reload, enum err err, char *out, size_t size)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    out[0] = '\0';
    if (file != NULL) {
        problems_print(reload->problems, file);
        (void)fclose(file);
        (void)snprintf(out, size, "%s", text);
        free(text);
    }
    uint32_t value, needed;
    const char *limit =
        err == ERR_TOO_LARGE || err == ERR_FULL
            ? core_limits_lack(core_limits(node_core(reload->node)), &reload->fresh.city,
                               &reload->fresh.policy, &value, &needed)
            : NULL;
    if (out[0] == '\0' && limit != NULL) {
        (void)snprintf(
            out, size,
            "limit %s=%u is too small for this city and its rules, which need %u; limits "
            "stay with a log: it takes a new --data and --limit %s=%u or more",
            limit, value, needed, limit, needed);
    } else if (out[0] == '\0') {
        (void)snprintf(out, size, "%s%s%s", words_err(err), err == ERR_NOT_FOUND ? ": " : "",
                       err == ERR_NOT_FOUND ? reload->missing.path : "");
    }
}

/* Cut where a character ends, so that it stays UTF-8. */
static void cut_text(char *text)
{
    size_t size = strlen(text);
    size_t start = size;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80) {
        start--;
    }
    if (start > 0 && (unsigned char)text[start - 1] >= 0xc0) {
        const unsigned char head = (unsigned char)text[start - 1];
        const size_t wanted = head >= 0xf0 ? 4 : head >= 0xe0 ? 3 : 2;
        if (size - (start - 1) < wanted) {
            text[start - 1] = '\0';
        }
    }
}

static void refuse(struct serve_reload *reload, enum code code, enum err err)
{
    char why[NODE_RULES_HINT_SIZE];
    list_problems(reload, err, why, sizeof why);
    cut_text(why);
    problems_print(reload->problems, stderr);
    report(REPORT_ERROR, "reload_refused",
           "code=%s error=%s problems=%d why=%s note=\"the old city and rules stay\"",
           words_code_name((uint32_t)code), words_err_name(err),
           problems_error_count(reload->problems),
           REPORT_TEXT(problems_error_count(reload->problems) == 0 ? why : ""));
    if (reload->is_asked) {
        node_rules_done(reload->node, code, (struct node_rules_counts){0}, why);
    }
}

static const char *name_of(const struct city *city, struct hash128 person, char out[96])
{
    const uint32_t row = labels_find_person(city, person);
    if (row == NONE32) {
        return "-";
    }
    (void)snprintf(out, 96, "%.*s", (int)city->persons[row].id.size,
                   city_text(city, city->persons[row].id));
    return out;
}

static void use(struct serve_reload *reload)
{
    char who[96];
    struct change change;
    const struct hash128 digest = reload->fresh.policy.info->rules_digest;
    change_make(&change, core_policy(node_core(reload->node)), &reload->fresh.policy);
    const struct node_rules_counts counts = {change.counts[CHANGE_KEPT],
                                             change.counts[CHANGE_RESET], change.counts[CHANGE_NEW],
                                             change.counts[CHANGE_REMOVED]};
    change_fini(&change);
    const enum err err = serve_put_and_activate(reload, &reload->fresh);
    if (err != ERR_OK) {
        refuse(reload, CODE_RULES_REFUSED, err);
        return;
    }
    report(REPORT_INFO, "reloaded",
           "city=%s rules=%016llx%016llx kept=%u reset=%u new=%u removed=%u by=%s reason=%s",
           REPORT_TEXT(reload->city), (unsigned long long)digest.hi, (unsigned long long)digest.lo,
           counts.kept, counts.reset, counts.added, counts.removed,
           reload->is_asked ? name_of(core_city(node_core(reload->node)), reload->asked.by, who)
                            : "signal",
           REPORT_TEXT(reload->is_asked ? reload->asked.reason : ""));
    if (reload->is_asked) {
        node_rules_done(reload->node, CODE_DONE, counts, NULL);
    }
}

static void reload_work(uv_work_t *work)
{
    struct serve_reload *reload = work->data;
    reload->err = compile_pair(reload->city, reload->rules, reload->problems, &reload->fresh,
                               &reload->missing);
}

static void reload_done(uv_work_t *work, int status)
{
    struct serve_reload *reload = work->data;
    const enum err err = status != 0 ? ERR_UNAVAILABLE : reload->err;
    reload->is_running = false;
    if (err != ERR_OK) {
        refuse(reload, CODE_RULES_REFUSED, err);
    } else {
        const struct hash128 digest = reload->fresh.policy.info->rules_digest;
        if (reload->is_asked && !hash128_is_none(reload->asked.expected) &&
            !hash128_is_equal(digest, reload->asked.expected)) {
            refuse(reload, CODE_RULES_DIFFER, ERR_MISMATCH);
        } else {
            use(reload);
        }
        compiled_pair_fini(&reload->fresh);
    }
    problems_free(reload->problems);
    reload->problems = NULL;
    reload->is_asked = false;
}

void serve_reload_start(struct serve_reload *reload, uv_loop_t *uv, const struct node_rules *asked)
{
    if (reload->is_running) {
        if (asked == NULL) {
            report(REPORT_WARN, "reload_running", "note=\"this signal is ignored\"");
        } else {
            node_rules_done(reload->node, CODE_OVERLOADED, (struct node_rules_counts){0},
                            "a reload is on its way; try again");
        }
        return;
    }
    reload->is_running = true;
    reload->is_asked = asked != NULL;
    reload->asked = asked != NULL ? *asked : (struct node_rules){.expected = {0, 0}};
    reload->problems = problems_new();
    reload->missing.path[0] = '\0';
    reload->work.data = reload;
    if (uv_queue_work(uv, &reload->work, reload_work, reload_done) != 0) {
        reload_done(&reload->work, -1);
    }
}
