/* service_notify.h: tells the service manager that started us how we are: sd_notify(3) without its library.
 *
 * A message is one datagram of NAME=value lines to the socket that NOTIFY_SOCKET names: a path, or '@' and an abstract
 * name. Nothing is said when nobody asked, and a lost message is no error: the watchdog is what notices.
 *
 * Owner   holds one socket until service_notify_close */
#ifndef ENGINE_SHELL_SERVICE_NOTIFY_H
#define ENGINE_SHELL_SERVICE_NOTIFY_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#include <sys/socket.h>
#include <sys/un.h>

struct service_notify {
    int fd; /* -1: nobody asked */
    struct sockaddr_un to;
    socklen_t to_size;
    int64_t watchdog_ms; /* say so at least this often; 0 = not watched */
};

/* socket and watchdog_us as NOTIFY_SOCKET and WATCHDOG_USEC have them; NULL or "": not asked for. ERR_INPUT: not an address,
 * or not a number; ERR_IO: no socket to be had. After an error nothing is said. */
enum err service_notify_open(struct service_notify *notify, const char *socket,
                             const char *watchdog_us) WARN_UNUSED;
void service_notify_close(struct service_notify *notify);

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=..."; lines end with '\n'. Never blocks. */
void service_notify_say(const struct service_notify *notify, const char *lines);

#endif
