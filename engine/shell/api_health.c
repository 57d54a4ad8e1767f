/* api_health.c: is it alive, is it ready, and what can be asked. */
#include "engine/shell/api.h"
#include "engine/shell/web_state.h"

#define SILENT_MS 3000 /* without a word of the engine: not ready */

void api_livez(struct web_exchange *exchange)
{
    web_answer_bytes(exchange, 200, "text/plain; charset=utf-8", "ok\n", 3);
}

void api_readyz(struct web_exchange *exchange)
{
    const struct web_view *view = web_view_of(exchange);
    const uint64_t age_ms = (uv_hrtime() - view->heard_ns) / 1000000;
    if (view->heard_ns == 0 || age_ms > SILENT_MS) {
        web_problem(exchange, 503, "NOT_READY", "the engine has not been heard from for %llu ms",
                    (unsigned long long)(view->heard_ns == 0 ? 0 : age_ms));
    } else if (!view->is_known) {
        web_problem(exchange, 503, "NOT_READY", "the view of open cases is still being filled");
    } else {
        web_answer_bytes(exchange, 200, "text/plain; charset=utf-8", "ready\n", 6);
    }
}

void api_openapi(struct web_exchange *exchange)
{
    struct web *web = web_of(exchange);
    if (web->openapi == NULL) {
        web->openapi = web_routes_openapi();
    }
    web_answer_json(exchange, 200, json_incref(web->openapi));
}
