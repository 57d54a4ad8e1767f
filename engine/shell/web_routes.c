/* web_routes.c: see web_routes.h. A new endpoint is a row here. */
#include "engine/shell/web_routes.h"

#include "engine/edge/words.h"
#include "engine/shell/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define ACT_FIELDS "action!,reason,text,subject,other_case,until_ms,amount,fix,evidence"

/* Who works at a desk. */
#define OFFICES                                                                                    \
    ((uint32_t)RIGHT_INTAKE | RIGHT_SHIFT_CHIEF | RIGHT_DISPATCHER | RIGHT_DEPARTMENT_DESK |       \
     RIGHT_OVERSEER | RIGHT_AUDITOR | RIGHT_ADMINISTRATOR)

/* Who may take evidence out (life.c); the engine looks again. */
#define EVIDENCE_READERS                                                                           \
    ((uint32_t)RIGHT_INTAKE | RIGHT_SHIFT_CHIEF | RIGHT_DISPATCHER | RIGHT_DEPARTMENT_DESK |       \
     RIGHT_INSPECTOR | RIGHT_OVERSEER | RIGHT_AUDITOR)

const struct web_route WEB_ROUTES[] = {
    {WEB_GET, "/livez", 0, WEB_OPEN, 0, api_livez, "The web thread answers", NULL, NULL},
    {WEB_GET, "/readyz", 0, WEB_OPEN, 0, api_readyz,
     "The engine is heard from and the view is complete", NULL, NULL},
    {WEB_GET, "/metrics", 0, WEB_OPEN, 0, api_metrics, "Numbers for Prometheus", NULL, NULL},
    {WEB_GET, "/api/v1/openapi.json", 0, WEB_OPEN, 0, api_openapi, "This document", NULL, NULL},
    {WEB_POST, "/api/v1/session", 0, WEB_OPEN | WEB_NO_CSRF, 4096, api_session_login,
     "Log in with a password", NULL, "person!,password!"},
    {WEB_GET, "/api/v1/session", 0, WEB_GATEWAY, 0, api_session_get, "Who is logged in", NULL,
     NULL},
    {WEB_DELETE, "/api/v1/session", 0, 0, 0, api_session_logout, "Log out", NULL, NULL},
    {WEB_GET, "/api/v1/cases", 0, 0, 0, api_cases_list, "Cases, newest first",
     "state,need,class,cell,department,q,cursor,limit", NULL},
    {WEB_GET, "/api/v1/cases/{id}", 0, 0, 0, api_cases_get,
     "One case with its story, orders and decisions", NULL, NULL},
    {WEB_GET, "/api/v1/cases/{id}/evidence/{digest}", EVIDENCE_READERS, 0, 0, api_evidence_get,
     "A photo or file that an act on the case names; that it was read is written down", "original",
     NULL},
    {WEB_POST, "/api/v1/cases/{id}/acts", 0, 0, 0, api_acts_on_case, "Do something with a case",
     NULL, ACT_FIELDS},
    {WEB_POST, "/api/v1/orders/{number}/acts", 0, 0, 0, api_acts_on_order,
     "Do something with a work order", NULL, ACT_FIELDS},
    {WEB_POST, "/api/v1/plans/{id}/acts", 0, 0, 0, api_acts_on_plan,
     "Confirm, acknowledge, stand down or start (id: new) an emergency plan", NULL,
     "action!,order,reason,text,subject,amount,evidence"},
    {WEB_POST, "/api/v1/silences", 0, 0, 0, api_silences_add, "Hold rules back for a while", NULL,
     "matchers!,for_ms!,after_ms,why!,maintenance"},
    {WEB_DELETE, "/api/v1/silences/{number}", 0, 0, 0, api_silences_end,
     "End a silence before its time", NULL, NULL},
    {WEB_PUT, "/api/v1/blobs/{digest}", 0, 0, 2u << 20, api_blobs_put,
     "Store a photo or file under its BLAKE2b-128 digest", NULL, NULL},
    {WEB_GET, "/api/v1/report-types", 0, 0, 0, api_report_types, "What a person may report", NULL,
     NULL},
    {WEB_POST, "/api/v1/reports", 0, 0, 0, api_reports_add, "Report something", NULL,
     "type,class,text,device,lon_e7,lat_e7,accuracy_cm,at_ms,on_behalf_of,self_handled,drill,"
     "contact,fields"},
    {WEB_GET, "/api/v1/receipts/{number}", 0, WEB_OPEN, 0, api_receipts_get,
     "What became of a report; nothing of persons", NULL, NULL},
    {WEB_POST, "/api/v1/receipts/{number}/rating", 0, WEB_OPEN | WEB_NO_CSRF, 8192,
     api_receipts_rate, "What the reporter says of a closed case", NULL,
     "secret!,stars,solved,text"},
    {WEB_POST, "/api/v1/worker/poll", 0, 0, 4096, api_worker_poll,
     "Hear what is new for a worker; held up to 25 s", NULL, "ack_seq,wait_ms,status,fix"},
    {WEB_GET, "/api/v1/worker/orders", 0, 0, 0, api_worker_orders,
     "Active orders of whoever asks, as items", NULL, NULL},
    {WEB_POST, "/api/v1/worker-links",
     (uint32_t)RIGHT_DISPATCHER | RIGHT_SHIFT_CHIEF | RIGHT_ADMINISTRATOR, 0, 4096,
     api_worker_links_add, "A link, and its QR code, that logs a worker in once", NULL, "person!"},
    {WEB_POST, "/api/v1/worker-session", 0, WEB_OPEN | WEB_NO_CSRF, 4096, api_worker_session,
     "Log in with the code of a link", NULL, "code!"},
    {WEB_GET, "/open311/v2/services.{format}", 0, WEB_OPEN, 0, api_open311_services,
     "Open311 GeoReport v2: what may be reported", NULL, NULL},
    {WEB_GET, "/open311/v2/requests.{format}", 0, 0, 0, api_open311_requests,
     "Open311: requests, newest first", "status", NULL},
    {WEB_POST, "/open311/v2/requests.{format}", 0, WEB_OPEN | WEB_NO_CSRF, 65536,
     api_open311_requests_add, "Open311: report something (a form)", NULL, NULL},
    {WEB_GET, "/open311/v2/requests/{file}", 0, WEB_OPEN, 0, api_open311_request,
     "Open311: one request by its receipt", NULL, NULL},
    {WEB_GET, "/api/v1/city", 0, 0, 0, api_city, "Cells, offices, people, classes, rules", NULL,
     NULL},
    {WEB_GET, "/api/v1/roads", 0, 0, 0, api_roads, "Pieces of road, to be drawn", NULL, NULL},
    {WEB_GET, "/api/v1/counters", 0, 0, 0, api_counters, "How many wait for what", NULL, NULL},
    {WEB_GET, "/api/v1/today", 0, 0, 0, api_today, "Figures of the local day, of all its cases",
     NULL, NULL},
    {WEB_GET, "/api/v1/workers", 0, 0, 0, api_workers, "People who take orders",
     "department,cursor,limit", NULL},
    {WEB_GET, "/api/v1/orders", 0, 0, 0, api_orders, "Orders, newest first",
     "state,person,department,cursor,limit", NULL},
    {WEB_GET, "/api/v1/handovers", 0, 0, 0, api_handovers, "What went from office to office",
     "department,case,cell,cursor,limit", NULL},
    {WEB_GET, "/api/v1/burden", 0, 0, 0, api_burden, "Cases of each cell in seven days", "cell",
     NULL},
    {WEB_GET, "/api/v1/rules", 0, 0, 0, api_rules, "Rules and what became of their cases", NULL,
     NULL},
    {WEB_GET, "/api/v1/rules/{id}", 0, 0, 0, api_rule, "One rule as its file has it", NULL, NULL},
    {WEB_GET, "/api/v1/kpi", OFFICES, 0, 0, api_kpi, "Indices of a month, or the cases behind one",
     "month,index,by", NULL},
    {WEB_GET, "/api/v1/plans", 0, 0, 0, api_plans, "Activated plans", "cursor,lang", NULL},
    {WEB_GET, "/api/v1/plans/{id}/districts", 0, 0, 0, api_plan_districts,
     "The districts of a plan", "cursor,lang", NULL},
    {WEB_GET, "/api/v1/plans/{id}/tasks", 0, 0, 0, api_plan_tasks, "The tasks of a plan",
     "cursor,lang", NULL},
    {WEB_GET, "/api/v1/silences", 0, 0, 0, api_silences, "What is held back for a while",
     "cursor,lang", NULL},
    {WEB_POST, "/api/v1/events", 0, 0, 4u << 20, api_events_post,
     "CloudEvents 1.0, binary, structured or batch, as the token's gateway", NULL, NULL},
    {WEB_POST, "/api/v1/push/{map}", 0, 0, 4u << 20, api_push_post,
     "What a platform pushes, made events by a map, as the token's gateway", NULL, NULL},
};
const size_t WEB_ROUTE_COUNT = COUNT_OF(WEB_ROUTES);

const char *web_method_name(enum web_method method)
{
    static const char *const NAMES[] = {"?", "GET", "POST", "PUT", "DELETE"};
    must((size_t)method < COUNT_OF(NAMES));
    return NAMES[method];
}

/* Does the path follow the pattern? Fills in the pieces in braces. */
static bool fits(const char *pattern, const char *path, struct web_match *match)
{
    uint32_t count = 0;
    while (*pattern != '\0') {
        if (*pattern != '{') {
            if (*pattern++ != *path++) {
                return false;
            }
            continue;
        }
        const size_t size = strcspn(path, "/");
        if (size == 0) {
            return false;
        }
        must(count < WEB_PARAMS_MAX);
        match->params[count] = path;
        match->sizes[count++] = size;
        path += size;
        pattern = strchr(pattern, '}');
        must(pattern != NULL);
        pattern++;
    }
    return *path == '\0';
}

struct web_match web_routes_find(enum web_method method, const char *path)
{
    struct web_match found = {.route = NULL};
    for (size_t i = 0; i < WEB_ROUTE_COUNT; i++) {
        struct web_match match = {.route = &WEB_ROUTES[i]};
        if (!fits(WEB_ROUTES[i].pattern, path, &match)) {
            continue;
        }
        if (WEB_ROUTES[i].method == method) {
            return match;
        }
        found.is_other_method = true;
    }
    return found;
}

/* ---- OpenAPI ---- */

static void set(json_t *object, const char *name, json_t *value)
{
    must(json_object_set_new(object, name, value) == 0);
}

/* Calls see for each name of "a,b!,c"; a "!" behind says that it is needed. */
static void each_name(const char *names, json_t *into,
                      void (*see)(json_t *into, const char *name, bool is_needed))
{
    char name[64];
    while (names != NULL && *names != '\0') {
        const size_t size = strcspn(names, ",");
        must(size > 0 && size < sizeof name);
        const bool is_needed = names[size - 1] == '!';
        memcpy(name, names, size - is_needed);
        name[size - is_needed] = '\0';
        see(into, name, is_needed);
        names += size;
        names += *names == ',';
    }
}

static void add_query(json_t *into, const char *name, bool is_needed)
{
    (void)json_array_append_new(into,
                                json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", name, "in", "query",
                                          "required", is_needed, "schema", "type", "string"));
}

static void add_field(json_t *into, const char *name, bool is_needed)
{
    set(json_object_get(into, "properties"), name, json_object());
    if (is_needed) {
        (void)json_array_append_new(json_object_get(into, "required"), json_string(name));
    }
}

static void add_path_params(json_t *into, const char *pattern)
{
    char name[64];
    while ((pattern = strchr(pattern, '{')) != NULL) {
        const size_t size = strcspn(++pattern, "}");
        must(size < sizeof name);
        memcpy(name, pattern, size);
        name[size] = '\0';
        (void)json_array_append_new(into,
                                    json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", name, "in",
                                              "path", "required", 1, "schema", "type", "string"));
    }
}

/* "get_api_v1_cases_id" */
static void operation_id(const struct web_route *route, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s", web_method_name(route->method));
    for (const char *at = route->pattern; *at != '\0' && used + 1 < size; at++) {
        const bool is_plain = strchr("{}", *at) == NULL;
        if (is_plain) {
            out[used++] = strchr("/.-", *at) != NULL ? '_' : *at;
        }
    }
    out[used] = '\0';
    for (size_t i = 0; i < 4 && out[i] != '_'; i++) {
        out[i] = (char)(out[i] | 0x20);
    }
}

static json_t *list_rights(uint32_t rights)
{
    json_t *out = json_array();
    for (uint32_t bit = 0; bit < 9; bit++) {
        if ((rights >> bit & 1) != 0) {
            (void)json_array_append_new(out, json_string(words_right_name(1u << bit)));
        }
    }
    return out;
}

static json_t *describe(const struct web_route *route)
{
    char id[96];
    json_t *operation = json_object();
    json_t *parameters = json_array();
    operation_id(route, id, sizeof id);
    set(operation, "operationId", json_string(id));
    set(operation, "summary", json_string(route->summary));
    add_path_params(parameters, route->pattern);
    each_name(route->query, parameters, add_query);
    set(operation, "parameters", parameters);
    if (route->body != NULL) {
        json_t *schema = json_pack("{s:s, s:{}, s:[]}", "type", "object", "properties", "required");
        each_name(route->body, schema, add_field);
        set(operation, "requestBody",
            json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content", "application/json", "schema",
                      schema));
    }
    set(operation, "responses",
        json_pack("{s:{s:s}, s:{s:s}}", "200", "description", "done", "default", "$ref",
                  "#/components/responses/problem"));
    set(operation, "security",
        (route->flags & WEB_OPEN) != 0 ? json_array()
                                       : json_pack("[{s:[]}, {s:[]}]", "session", "token"));
    if (route->rights != 0) {
        set(operation, "x-gridloop-rights", list_rights(route->rights));
    }
    return operation;
}

static json_t *components(void)
{
    json_t *schema = json_pack(
        "{s:s, s:[s,s,s,s], s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}}", "type",
        "object", "required", "title", "status", "detail", "code", "properties", "type", "type",
        "string", "title", "type", "string", "status", "type", "integer", "detail", "type",
        "string", "code", "type", "string", "possible", "type", "array");
    json_t *response = json_pack("{s:s, s:{s:{s:o}}}", "description", "what was wrong", "content",
                                 "application/problem+json", "schema", schema);
    json_t *schemes =
        json_pack("{s:{s:s, s:s, s:s}, s:{s:s, s:s}}", "session", "type", "apiKey", "in", "cookie",
                  "name", "gridloop_session", "token", "type", "http", "scheme", "bearer");
    return json_pack("{s:{s:o}, s:o}", "responses", "problem", response, "securitySchemes",
                     schemes);
}

json_t *web_routes_openapi(void)
{
    json_t *paths = json_object();
    for (size_t i = 0; i < WEB_ROUTE_COUNT; i++) {
        char method[8];
        const struct web_route *route = &WEB_ROUTES[i];
        json_t *path = json_object_get(paths, route->pattern);
        if (path == NULL) {
            path = json_object();
            set(paths, route->pattern, path);
        }
        (void)snprintf(method, sizeof method, "%s", web_method_name(route->method));
        for (char *at = method; *at != '\0'; at++) {
            *at = (char)(*at | 0x20);
        }
        set(path, method, describe(route));
    }
    return json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:o}", "openapi", "3.1.0", "info", "title",
                     "Gridloop", "version", "1", "description",
                     "Cases, orders and workers of one city. Instants are ms since 1970 by the "
                     "engine's clock, places 1e-7 degrees WGS-84.",
                     "paths", paths, "components", components());
}
