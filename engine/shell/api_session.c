/* api_session.c: logging in and out. */
#include "engine/core/life.h"
#include "engine/edge/words.h"
#include "engine/shell/api.h"
#include "engine/shell/report.h"
#include "engine/shell/web_state.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define VERB_SIZE 32u

static int64_t real_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Everything that some state admits for one of the rights. */
static json_t *list_actions(uint32_t rights)
{
    uint32_t count = 0;
    uint64_t bits = 0;
    const struct life_case_rule *rules = life_case_rules(&count);
    for (uint32_t i = 0; i < count; i++) {
        if (rules[i].action < ACTION_OUTSIDE_LIMIT &&
            (rules[i].rights == 0 || (rules[i].rights & rights) != 0)) {
            bits |= UINT64_C(1) << rules[i].action;
        }
    }
    if ((rights & (RIGHT_WORKER | RIGHT_INSPECTOR)) != 0) {
        const struct life_order_rule *orders = life_order_rules(&count);
        for (uint32_t i = 0; i < count; i++) {
            bits |= orders[i].action < ACTION_OUTSIDE_LIMIT ? UINT64_C(1) << orders[i].action : 0;
        }
    }
    json_t *out = json_array();
    for (uint32_t action = 1; action < ACTION_OUTSIDE_LIMIT; action++) {
        char verb[VERB_SIZE];
        if ((bits >> action & 1) != 0) {
            words_action_verb(action, verb, sizeof verb);
            (void)json_array_append_new(out, json_string(verb));
        }
    }
    return out;
}

static json_t *describe(const struct web_exchange *exchange, const struct web_who *who,
                        const struct web_session *session)
{
    const struct history_names *names = &web_view_of(exchange)->names;
    json_t *out = json_pack("{s:s}", "person", who->id);
    json_t *department = json_null();
    json_t *name = json_null();
    if (who->person != NONE32) {
        const struct city_person *person = &names->city.persons[who->person];
        const struct history_piece owner = history_person_department(names, who->person);
        name = json_pack(
            "{s:o, s:o}", "zh", web_city_text(&names->city, person->name), "en",
            web_city_text(&names->city, person->name_en.size > 0 ? person->name_en : person->name));
        department = owner.bytes == NULL ? json_null() : json_stringn(owner.bytes, owner.size);
    }
    (void)json_object_set_new(out, "name", name);
    (void)json_object_set_new(out, "roles", api_list_rights(who->rights));
    (void)json_object_set_new(out, "department", department);
    if (session != NULL) {
        (void)json_object_set_new(out, "csrf", json_string(session->csrf));
        (void)json_object_set_new(out, "expires_ms", json_integer(session->expires_ms));
    }
    (void)json_object_set_new(out, "can", list_actions(who->rights));
    return out;
}

static void set_cookie(struct web_exchange *exchange, const char *token, int64_t seconds)
{
    char value[256];
    (void)snprintf(value, sizeof value,
                   "gridloop_session=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s", token,
                   (long long)seconds, web_of(exchange)->is_tls ? "; Secure" : "");
    web_set_header(exchange, "Set-Cookie", value);
}

/* On a phone: the session must outlive the engine, or a restart would ask for another link of each. */
static void keep(struct web *web, const char *token, const struct web_session *session)
{
    struct accounts_session kept = {.until_ms = session->expires_ms};
    struct accounts_fault fault;
    (void)snprintf(kept.person, sizeof kept.person, "%s", session->person);
    (void)snprintf(kept.csrf, sizeof kept.csrf, "%s", session->csrf);
    if (accounts_keep_session(web->accounts, token, &kept, &fault) != ERR_OK) {
        report(REPORT_WARN, "session_not_kept", "why=%s", REPORT_TEXT(fault.text));
    }
}

bool api_session_begin(struct web_exchange *exchange, const char *person, bool is_phone)
{
    struct web *web = web_of(exchange);
    const struct history_names *names = &web->view->names;
    struct web_who who = {.person = NONE32};
    struct web_session session;
    char token[WEB_TOKEN_SIZE];
    if (!api_is_known(exchange)) {
        return false;
    }
    (void)snprintf(who.id, sizeof who.id, "%s", person);
    for (uint32_t i = 0; i < names->city.person_count; i++) {
        const struct history_piece id = history_person(names, i);
        if (id.size == strlen(person) && memcmp(id.bytes, person, id.size) == 0) {
            who.person = i;
            who.rights = names->city.persons[i].rights;
        }
    }
    if (who.person == NONE32) {
        web_problem(exchange, 403, "UNKNOWN_IDENTITY", "%s is nobody of this city (any more)",
                    person);
        return false;
    }
    web_sessions_begin(web->sessions, person, accounts_mark(web->accounts, person), real_ms(),
                       token, &session);
    if (is_phone) {
        keep(web, token, &session);
    }
    set_cookie(exchange, token, WEB_SESSION_MS / 1000);
    web_answer_json(exchange, 200, describe(exchange, &who, &session));
    return true;
}

/* ---- login ---- */

struct login {
    char person[ACCOUNTS_ID_SIZE];
    char password[ACCOUNTS_PASSWORD_MAX + 1];
    char hash[ACCOUNTS_HASH_SIZE];
    bool is_good;
};

static void verify(void *context)
{
    struct login *login = context;
    login->is_good = accounts_verify(login->hash, login->password);
    sodium_memzero(login->password, sizeof login->password);
}

static void on_verified(struct web_exchange *exchange)
{
    const struct login *login = web_context(exchange);
    if (!login->is_good) {
        web_of(exchange)->counts.logins_failed++;
        web_problem(exchange, 401, "WRONG_PASSWORD", "person or password is wrong");
        return;
    }
    (void)api_session_begin(exchange, login->person, false);
}

/* Too many tries for one person slow down whoever guesses, not everybody. */
static bool may_try(struct web_exchange *exchange, const char *person)
{
    int64_t wait_ms = 0;
    char seconds[24];
    if (web_sessions_may_try(web_of(exchange)->sessions, person, real_ms(), &wait_ms)) {
        return true;
    }
    (void)snprintf(seconds, sizeof seconds, "%lld", (long long)(wait_ms / 1000 + 1));
    web_set_header(exchange, "Retry-After", seconds);
    web_problem(exchange, 429, "RATE", "too many tries; wait %s s", seconds);
    return false;
}

void api_session_login(struct web_exchange *exchange)
{
    const char *person = NULL;
    const char *password = NULL;
    bool is_wrong = false;
    struct accounts_fault fault;
    json_t *body = web_body_object(exchange);
    if (body == NULL) {
        return;
    }
    (void)web_field_text(exchange, body, "person", ACCOUNTS_ID_SIZE - 1, &person, &is_wrong);
    (void)web_field_text(exchange, body, "password", ACCOUNTS_PASSWORD_MAX, &password, &is_wrong);
    if (!is_wrong && (person == NULL || password == NULL)) {
        is_wrong = true;
        web_problem(exchange, 400, "MALFORMED", "\"person\" and \"password\" are expected");
    }
    struct login *login = is_wrong || !may_try(exchange, person) ? NULL : calloc(1, sizeof *login);
    if (login != NULL) {
        (void)snprintf(login->person, sizeof login->person, "%s", person);
        (void)snprintf(login->password, sizeof login->password, "%s", password);
        if (accounts_find(web_of(exchange)->accounts, person, login->hash, &fault) != ERR_OK) {
            (void)snprintf(login->hash, sizeof login->hash, "%s", accounts_no_hash());
        }
        web_set_context(exchange, login);
        web_work(exchange, verify, on_verified);
    }
    json_decref(body);
}

void api_session_get(struct web_exchange *exchange)
{
    const struct web_who *who = web_who(exchange);
    struct web_session session;
    const bool has_session =
        !who->is_machine &&
        web_sessions_find(web_of(exchange)->sessions, who->session, real_ms(), &session);
    web_answer_json(exchange, 200, describe(exchange, who, has_session ? &session : NULL));
}

void api_session_logout(struct web_exchange *exchange)
{
    struct accounts_fault fault;
    web_sessions_end(web_of(exchange)->sessions, web_who(exchange)->session);
    if (accounts_end_session(web_of(exchange)->accounts, web_who(exchange)->session, &fault) !=
        ERR_OK) {
        report(REPORT_WARN, "session_not_ended", "why=%s", REPORT_TEXT(fault.text));
    }
    set_cookie(exchange, "none", 0);
    web_answer_bytes(exchange, 204, "application/json", "", 0);
}
