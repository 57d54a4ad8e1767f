/* web_who.c: who asks: by a session's cookie, or by a token; and from which page. */
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <time.h>

#define COOKIE "gridloop_session"

static int64_t real_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fill_person(struct web *web, struct web_who *who)
{
    const struct city *city = &web->view->names.city;
    const struct history_names *names = &web->view->names;
    who->person = NONE32;
    for (uint32_t i = 0; names->is_open && i < city->person_count; i++) {
        const struct city_person *row = &city->persons[i];
        if (row->id.size == strlen(who->id) &&
            memcmp(city_text(city, row->id), who->id, row->id.size) == 0) {
            who->person = i;
            who->rights = row->rights;
            who->is_known = true;
            return;
        }
    }
    for (uint32_t i = 0; who->is_machine && names->is_open && i < city->gateway_count; i++) {
        const struct city_gateway *row = &city->gateways[i];
        who->is_known =
            who->is_known || (row->id.size == strlen(who->id) &&
                              memcmp(city_text(city, row->id), who->id, row->id.size) == 0);
    }
}

/* The value of our cookie among others. */
static bool find_cookie(const char *cookies, char *out, size_t out_size)
{
    const size_t name_size = strlen(COOKIE "=");
    const char *at = cookies;
    while (at != NULL) {
        at += strspn(at, " ;");
        if (strncmp(at, COOKIE "=", name_size) == 0) {
            const size_t size = strcspn(at + name_size, "; ");
            if (size == 0 || size >= out_size) {
                return false;
            }
            memcpy(out, at + name_size, size);
            out[size] = '\0';
            return true;
        }
        at = strchr(at, ';');
    }
    return false;
}

/* A phone's session goes on after a restart. */
static bool find_kept(struct web *web, const char *token, struct web_session *out_session)
{
    struct accounts_session kept;
    struct accounts_fault fault;
    if (accounts_find_session(web->accounts, token, real_ms(), &kept, &fault) != ERR_OK) {
        return false;
    }
    *out_session = (struct web_session){.expires_ms = kept.until_ms,
                                        .mark = accounts_mark(web->accounts, kept.person)};
    (void)snprintf(out_session->person, sizeof out_session->person, "%s", kept.person);
    (void)snprintf(out_session->csrf, sizeof out_session->csrf, "%s", kept.csrf);
    web_sessions_restore(web->sessions, token, real_ms(), out_session);
    return true;
}

struct web_who web_find_who(struct web *web, struct lws *wsi)
{
    struct web_who who = {.person = NONE32};
    char text[1024];
    struct accounts_fault fault;
    if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_AUTHORIZATION) > 0) {
        if (strncmp(text, "Bearer ", 7) == 0 &&
            accounts_find_token(web->accounts, text + 7, who.id, &fault) == ERR_OK) {
            who.is_machine = true;
            fill_person(web, &who);
        }
        return who;
    }
    struct web_session session;
    char token[65];
    if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_COOKIE) > 0 &&
        find_cookie(text, token, sizeof token) &&
        (web_sessions_find(web->sessions, token, real_ms(), &session) ||
         find_kept(web, token, &session))) {
        (void)snprintf(who.id, sizeof who.id, "%s", session.person);
        (void)snprintf(who.session, sizeof who.session, "%s", token);
        fill_person(web, &who);
    }
    return who;
}

bool web_is_same_origin(struct lws *wsi)
{
    char origin[256], host[256];
    if (lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN) <= 0) {
        return lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) == 0; /* not a browser */
    }
    const char *after = strstr(origin, "://");
    return after != NULL && lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST) > 0 &&
           strcmp(after + 3, host) == 0;
}
