/* api.h: the handlers of the HTTP interface, by file. Rows of web_routes.c name them. */
#ifndef ENGINE_SHELL_API_H
#define ENGINE_SHELL_API_H

#include "engine/shell/web_api.h"

/* api_session.c */
void api_session_login(struct web_exchange *exchange);
void api_session_get(struct web_exchange *exchange);
void api_session_logout(struct web_exchange *exchange);
/* Logs that person in: sets the cookie and answers with the session. False: a problem was answered. */
bool api_session_begin(struct web_exchange *exchange, const char *person, bool is_phone);

/* api_cases.c */
void api_cases_list(struct web_exchange *exchange);
void api_cases_get(struct web_exchange *exchange);

/* api_evidence.c */
void api_evidence_get(struct web_exchange *exchange);
struct web;
/* [{digest, at_ms, action, actor, order, is_there, size, type}] of lines of a timeline as JSON; any thread. */
json_t *api_evidence_list(const char *data, const json_t *timeline);

/* api_acts.c */
void api_acts_on_case(struct web_exchange *exchange);
void api_acts_on_order(struct web_exchange *exchange);
void api_acts_on_plan(struct web_exchange *exchange);
void api_silences_add(struct web_exchange *exchange);
void api_silences_end(struct web_exchange *exchange);
void api_blobs_put(struct web_exchange *exchange);

/* api_rule.c */
void api_rule(struct web_exchange *exchange);

/* api_reports.c */
void api_report_types(struct web_exchange *exchange);
void api_reports_add(struct web_exchange *exchange);
void api_receipts_get(struct web_exchange *exchange);
void api_receipts_rate(struct web_exchange *exchange);

/* api_worker.c */
void api_worker_poll(struct web_exchange *exchange);
void api_worker_orders(struct web_exchange *exchange);
void api_worker_links_add(struct web_exchange *exchange);
void api_worker_session(struct web_exchange *exchange);

/* api_open311.c */
void api_open311_services(struct web_exchange *exchange);
void api_open311_requests(struct web_exchange *exchange);
void api_open311_requests_add(struct web_exchange *exchange);
void api_open311_request(struct web_exchange *exchange);

/* api_map.c */
json_t *api_map_tiles(const struct web *web);
void api_map_origin(const struct web *web, char *out, size_t size);
void api_roads(struct web_exchange *exchange);

/* api_today.c */
void api_today(struct web_exchange *exchange);

/* api_city.c */
void api_city(struct web_exchange *exchange);
void api_counters(struct web_exchange *exchange);
void api_workers(struct web_exchange *exchange);
/* False: the view holds no city yet, and a problem was answered. */
bool api_is_known(struct web_exchange *exchange);
json_t *api_list_rights(uint32_t rights); /* ["dispatcher", ...] */
struct policy;
json_t *api_policy_text(const struct policy *policy, struct image_string string);

/* api_lists.c */
void api_orders(struct web_exchange *exchange);
void api_handovers(struct web_exchange *exchange);
void api_burden(struct web_exchange *exchange);
/* With what the linter has found (web->lint). */
void api_rules_answer(struct web_exchange *exchange);

/* api_tools.c */
void api_kpi(struct web_exchange *exchange);
void api_rules(struct web_exchange *exchange);

/* api_plans.c */
void api_plans(struct web_exchange *exchange);
void api_plan_districts(struct web_exchange *exchange);
void api_plan_tasks(struct web_exchange *exchange);
void api_silences(struct web_exchange *exchange);

/* api_metrics.c */
void api_metrics(struct web_exchange *exchange);
/* api_events.c */
void api_events_post(struct web_exchange *exchange);
void api_push_post(struct web_exchange *exchange);

/* api_health.c */
void api_livez(struct web_exchange *exchange);
void api_readyz(struct web_exchange *exchange);
void api_openapi(struct web_exchange *exchange);

#endif
