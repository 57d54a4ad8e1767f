/* web_routes.h: the one table of what can be asked for over HTTP.
 *
 * Patterns are literal but for whole pieces in braces: "/api/v1/cases/{id}". A path that fits a pattern with another
 * method is 405, one that fits none 404. The OpenAPI document is made of the rows, so it cannot leave one out. */
#ifndef ENGINE_SHELL_WEB_ROUTES_H
#define ENGINE_SHELL_WEB_ROUTES_H

#include "engine/shell/web_api.h"

#define WEB_PARAMS_MAX 3u
#define WEB_BODY_MAX (256u << 10) /* unless the row says otherwise */

enum web_route_flag {
    WEB_OPEN = 1u << 0,    /* no login */
    WEB_NO_CSRF = 1u << 1, /* unsafe method without the token: login itself, machines */
    WEB_GATEWAY = 1u << 2, /* a GET that is for gateways too: else they read nothing */
};

struct web_route {
    enum web_method method;
    const char *pattern;
    uint32_t rights;   /* enum right, one of which is needed; 0 = anybody logged in */
    uint32_t flags;    /* enum web_route_flag */
    uint32_t body_max; /* bytes; 0 = WEB_BODY_MAX */
    void (*handle)(struct web_exchange *exchange);
    const char *summary; /* one sentence for the OpenAPI document */
    const char *query;   /* names of query parameters with a comma between; NULL */
    const char *
        body; /* names of JSON fields, those needed with "!" behind: "person!,password!"; NULL = none or not JSON */
};

extern const struct web_route WEB_ROUTES[];
extern const size_t WEB_ROUTE_COUNT;

struct web_match {
    const struct web_route *route;      /* NULL: no such path */
    bool is_other_method;               /* there is one, with another method */
    const char *params[WEB_PARAMS_MAX]; /* in the path, not terminated */
    size_t sizes[WEB_PARAMS_MAX];
};
struct web_match web_routes_find(enum web_method method, const char *path);

/* The OpenAPI 3.1 document, freed by the caller. */
json_t *web_routes_openapi(void);

const char *web_method_name(enum web_method method);

#endif
