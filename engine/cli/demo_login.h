/* demo_login.h: accounts with which whoever watches the demo may open its console.
 *
 * A dispatcher and a shift chief of the invented city, with one random password that is said and kept nowhere else. */
#ifndef ENGINE_CLI_DEMO_LOGIN_H
#define ENGINE_CLI_DEMO_LOGIN_H

#include "engine/core/city.h"
#include "engine/shell/accounts.h"

struct demo_login {
    char dispatcher[ACCOUNTS_ID_SIZE];
    char chief[ACCOUNTS_ID_SIZE];
    char password[ACCOUNTS_RANDOM_SIZE];
};

/* False when the city has neither or the accounts cannot be written. */
bool demo_login_make(const struct city *city, const char *data, struct demo_login *out_login);

#endif
