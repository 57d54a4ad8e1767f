/* web.h: the web thread: HTTP, WebSocket and pages of a running engine, on a libuv loop of its own.
 *
 * It reads a view of what is open (web_view.h, told by web_link.h), the history database, accounts and sessions; what
 * it wants changed it asks of the engine thread like any client. The engine never waits for it.
 *
 *   web_open -> (engine loop runs, which starts the link) -> web_stop -> web_close
 *
 * Errors  web_open: ERR_BUSY (the port is taken), ERR_INPUT (address, certificate), ERR_MEMORY, those of accounts_open;
 *         with a sentence. Later ones are reported, the engine goes on */
#ifndef ENGINE_SHELL_WEB_H
#define ENGINE_SHELL_WEB_H

#include "engine/shell/web_link.h"

#define WEB_WHY_SIZE 512u

struct web; /* opaque */

struct web_options {
    const char *address;  /* "127.0.0.1:8080"; port 0 = any */
    const char *tls_cert; /* PEM files; NULL: plain HTTP */
    const char *tls_key;
    const char *data;          /* directory */
    const char *city;          /* directory: cells as drawn */
    const char *rules;         /* directory; NULL: CITY/rules */
    const struct city *image;  /* the city of the first start: who administers it */
    const char *public_intake; /* person who acts for holders of receipts; NULL: nobody does */
    struct node *node;
    uint32_t clock_mode; /* 0 wall, 1 scaled */
    uint32_t speed;
};

enum err web_open(const struct web_options *options, struct web **out_web,
                  char out_why[WEB_WHY_SIZE]) WARN_UNUSED;

/* "http://127.0.0.1:8080", with the port in use. */
const char *web_url(const struct web *web);
bool web_is_loopback(const struct web *web);

/* The password of the administrator's account that this start has made, to be shown once; NULL: it made none. */
const char *web_first_password(const struct web *web, const char **out_person);

/* NULL for NULL. */
struct web_link *web_link_of(struct web *web);

/* Ends the thread; before the engine's loop is closed. NULL is fine. */
void web_stop(struct web *web);
/* Stops and frees. NULL is fine. */
void web_close(struct web *web);

#endif
