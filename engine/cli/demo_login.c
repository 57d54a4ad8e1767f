/* demo_login.c: see demo_login.h. */
#include "engine/cli/demo_login.h"

#include <stdio.h>
#include <time.h>

/* The first person of the city with that right; "" where there is none. */
static void find_person(const struct city *city, enum right right, char out[ACCOUNTS_ID_SIZE])
{
    out[0] = '\0';
    for (uint32_t p = 0; p < city->person_count && out[0] == '\0'; p++) {
        const struct city_person *person = &city->persons[p];
        if ((person->rights & (uint32_t)right) != 0 && person->id.size < ACCOUNTS_ID_SIZE) {
            (void)snprintf(out, ACCOUNTS_ID_SIZE, "%.*s", (int)person->id.size,
                           city_text(city, person->id));
        }
    }
}

bool demo_login_make(const struct city *city, const char *data, struct demo_login *out_login)
{
    struct accounts *accounts = NULL;
    struct accounts_fault fault;
    char hash[ACCOUNTS_HASH_SIZE];
    find_person(city, RIGHT_DISPATCHER, out_login->dispatcher);
    find_person(city, RIGHT_SHIFT_CHIEF, out_login->chief);
    if (out_login->dispatcher[0] == '\0' || out_login->chief[0] == '\0' ||
        accounts_open(data, &accounts, &fault) != ERR_OK) {
        return false;
    }
    accounts_random_password(out_login->password);
    const int64_t at_ms = (int64_t)time(NULL) * 1000;
    enum err err = accounts_hash(out_login->password, hash);
    if (err == ERR_OK) {
        err = accounts_put(accounts, out_login->dispatcher, hash, at_ms, &fault);
    }
    if (err == ERR_OK) {
        err = accounts_put(accounts, out_login->chief, hash, at_ms, &fault);
    }
    accounts_close(accounts);
    return err == ERR_OK;
}
