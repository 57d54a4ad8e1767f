/* api.h: the handlers of the HTTP interface, by file. Rows of web_routes.c name them. */
#ifndef ENGINE_SHELL_API_H
#define ENGINE_SHELL_API_H

#include "engine/shell/web_api.h"

/* api_session.c */
void api_session_login(struct web_exchange *exchange);
void api_session_get(struct web_exchange *exchange);
void api_session_logout(struct web_exchange *exchange);
/* Logs that person in: sets the cookie and answers with the session. False: a problem was answered. */
bool api_session_begin(struct web_exchange *exchange, const char *person);

/* api_cases.c */
void api_cases_list(struct web_exchange *exchange);
void api_cases_get(struct web_exchange *exchange);

/* api_health.c */
void api_livez(struct web_exchange *exchange);
void api_readyz(struct web_exchange *exchange);
void api_openapi(struct web_exchange *exchange);

#endif
