/* demo_phone.c: see demo_phone.h. */
#include "engine/cli/demo_phone.h"

#include "engine/shell/qr.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t real_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* "http://..." behind "console " in the engine's first line. */
static bool find_console(const char *line, char *out, size_t out_size)
{
    const char *at = strstr(line, "console http");
    if (at == NULL) {
        return false;
    }
    at += strlen("console ");
    const size_t size = strcspn(at, " ,\n");
    return size < out_size && snprintf(out, out_size, "%.*s", (int)size, at) == (int)size;
}

/* An address of this machine that a phone on the same network reaches. */
static bool find_address(char out[INET_ADDRSTRLEN])
{
    struct ifaddrs *all = NULL;
    bool is_found = false;
    if (getifaddrs(&all) != 0) {
        return false;
    }
    for (const struct ifaddrs *one = all; one != NULL && !is_found; one = one->ifa_next) {
        if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET ||
            (one->ifa_flags & IFF_LOOPBACK) != 0 || (one->ifa_flags & IFF_UP) == 0) {
            continue;
        }
        struct sockaddr_in address;
        memcpy(&address, one->ifa_addr, sizeof address);
        is_found = inet_ntop(AF_INET, &address.sin_addr, out, INET_ADDRSTRLEN) != NULL;
    }
    freeifaddrs(all);
    return is_found;
}

/* Whoever listens everywhere is reached by an address, not by 0.0.0.0. */
static void use_address(char *console, size_t size)
{
    static const char ANY[] = "://0.0.0.0:";
    char address[INET_ADDRSTRLEN], whole[256];
    const char *at = strstr(console, ANY);
    if (at != NULL && find_address(address)) {
        (void)snprintf(whole, sizeof whole, "%.*s://%s:%s", (int)(at - console), console, address,
                       at + strlen(ANY));
        (void)snprintf(console, size, "%s", whole);
    }
}

static bool has_person(const struct city *city, const char *id)
{
    for (uint32_t i = 0; i < city->person_count; i++) {
        const struct image_string known = city->persons[i].id;
        if (known.size == strlen(id) && memcmp(city_text(city, known), id, known.size) == 0) {
            return true;
        }
    }
    return false;
}

void demo_phone_open(struct demo_phone *phone, const struct city *city, const char *data,
                     const char *line, int minutes)
{
    char code[ACCOUNTS_CODE_SIZE];
    struct accounts_fault fault;
    const int64_t now_ms = real_ms();
    *phone = (struct demo_phone){.accounts = NULL};
    if (!find_console(line, phone->console, sizeof phone->console)) {
        return;
    }
    use_address(phone->console, sizeof phone->console);
    if (accounts_open(data, &phone->accounts, &fault) != ERR_OK) {
        phone->accounts = NULL;
        return;
    }
    if (!has_person(city, DEMO_PHONE_PERSON)) {
        return;
    }
    if (accounts_add_link(phone->accounts, DEMO_PHONE_PERSON, now_ms, now_ms + minutes * MINUTE_MS,
                          code, &fault) != ERR_OK) {
        demo_phone_close(phone);
        return;
    }
    (void)snprintf(phone->url, sizeof phone->url, "%s/w/#%s", phone->console, code);
}

void demo_phone_close(struct demo_phone *phone)
{
    accounts_close(phone->accounts);
    phone->accounts = NULL;
}

void demo_phone_print(const struct demo_phone *phone, enum lang lang)
{
    const bool is_zh = lang == LANG_ZH;
    if (phone->accounts == NULL) {
        return;
    }
    if (phone->url[0] == '\0') {
        return;
    }
    (void)printf("%s\n", is_zh
                             ? "用手机以网格员王芳的身份登录（一次有效），接单即为真实派单："
                             : "Open as grid worker Wang Fang on your phone (good for one login); "
                               "the first tap accepts a real offer:");
    (void)qr_print(stdout, phone->url);
    (void)printf("  %s\n", phone->url);
    if (strstr(phone->console, "127.0.0.1") != NULL) {
        (void)printf(
            "%s\n",
            is_zh ? "  （仅本机可用；让同一网络的手机访问：gridloop demo --http 0.0.0.0:8080）"
                  : "  (on this machine only; for a phone of the same network: "
                    "gridloop demo --http 0.0.0.0:8080)");
    }
    (void)printf("\n");
    (void)fflush(stdout);
}

bool demo_phone_was_taken(struct demo_phone *phone)
{
    struct accounts_fault fault;
    bool has_session = false;
    if (phone->accounts == NULL || phone->is_taken ||
        accounts_has_session(phone->accounts, DEMO_PHONE_PERSON, real_ms(), &has_session, &fault) !=
            ERR_OK ||
        !has_session) {
        return false;
    }
    phone->is_taken = true;
    return true;
}
