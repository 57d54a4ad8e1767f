/* service_notify.c: one datagram per message. Source: sd_notify(3), systemd.service(5). */
#include "engine/shell/service_notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define US_PER_MS 1000

static bool read_watchdog(const char *text, int64_t *out_ms)
{
    if (text == NULL || text[0] == '\0') {
        return true;
    }
    char *end = NULL;
    errno = 0;
    long long us = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || us <= 0) {
        return false;
    }
    *out_ms = us / US_PER_MS > 0 ? us / US_PER_MS : 1;
    return true;
}

enum err service_notify_open(struct service_notify *notify, const char *socket_name,
                             const char *watchdog_us)
{
    *notify = (struct service_notify){.fd = -1, .to = {.sun_family = AF_UNIX}};
    size_t size = socket_name != NULL ? strlen(socket_name) : 0;
    if (size == 0) {
        return ERR_OK;
    }
    int64_t watchdog_ms = 0;
    if (size < 2 || size >= sizeof notify->to.sun_path ||
        (socket_name[0] != '/' && socket_name[0] != '@') ||
        !read_watchdog(watchdog_us, &watchdog_ms)) {
        return ERR_INPUT;
    }
    memcpy(notify->to.sun_path, socket_name, size);
    bool is_abstract = socket_name[0] == '@';
    if (is_abstract) {
        notify->to.sun_path[0] = '\0';
    }
    notify->to_size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (is_abstract ? 0 : 1));
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (notify->fd < 0) {
        return ERR_IO;
    }
    notify->watchdog_ms = watchdog_ms;
    return ERR_OK;
}

void service_notify_close(struct service_notify *notify)
{
    if (notify->fd >= 0) {
        (void)close(notify->fd);
    }
    notify->fd = -1;
}

void service_notify_say(const struct service_notify *notify, const char *lines)
{
    if (notify->fd >= 0) {
        (void)sendto(notify->fd, lines, strlen(lines), MSG_NOSIGNAL,
                     (const struct sockaddr *)&notify->to, notify->to_size);
    }
}
