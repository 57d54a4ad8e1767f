/* api_rule.c: one rule as it is written: what a person is shown who asks why. */
#include "engine/shell/api.h"
#include "engine/shell/rule_text.h"
#include "engine/shell/web_state.h"

#include <stdlib.h>

static const struct policy_rule *find_rule(const struct policy *policy, const char *id)
{
    const size_t size = strlen(id);
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        const struct image_string own = policy->rules[i].id;
        if (own.size == size && memcmp(policy_text(policy, own), id, size) == 0) {
            return &policy->rules[i];
        }
    }
    return NULL;
}

/* The parts of a plan stand under the plan: "plan.air.orange/inspect" as "id: inspect". */
static const char *own_part(const char *id)
{
    const char *slash = strchr(id, '/');
    return slash != NULL ? slash + 1 : id;
}

void api_rule(struct web_exchange *exchange)
{
    const struct web *web = web_of(exchange);
    if (!api_is_known(exchange)) {
        return;
    }
    const struct policy *policy = &web_view_of(exchange)->names.policy;
    const char *id = web_param(exchange, "id");
    const struct policy_rule *rule = find_rule(policy, id);
    if (rule == NULL) {
        web_problem(exchange, 404, "UNKNOWN_RULE", "no rule \"%.80s\" is active", id);
        return;
    }
    json_t *file = api_policy_text(policy, rule->file);
    char *text = json_is_string(file)
                     ? rule_text_read(web->rules, json_string_value(file), rule->line, own_part(id))
                     : NULL;
    const struct image_string en = rule->title_en.size > 0 ? rule->title_en : rule->title;
    json_t *out = json_pack("{s:s, s:{s:o, s:o}, s:o, s:I, s:s?}", "id", id, "title", "zh",
                            api_policy_text(policy, rule->title), "en", api_policy_text(policy, en),
                            "file", file, "line", (json_int_t)rule->line, "text", text);
    free(text);
    must(out != NULL);
    web_answer_json(exchange, 200, out);
}
