/* settings.h: settings that are not flags: GRIDLOOP_* variables and the file that GRIDLOOP_CONFIG or --config names.
 *
 * The file has "key = value" lines; # begins a comment. GRIDLOOP_LISTEN and GRIDLOOP_LIMIT may hold several values with
 * commas; in the file such a key stands on several lines. `gridloop config show --origin` says what came from where. */
#ifndef ENGINE_CLI_SETTINGS_H
#define ENGINE_CLI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

/* Weakest first. */
enum setting_origin {
    ORIGIN_BUILT_IN,
    ORIGIN_LAST_ENGINE, /* the note that the engine started last left for clients */
    ORIGIN_FILE,
    ORIGIN_ENVIRONMENT,
    ORIGIN_FLAG,
    ORIGIN_COUNT
};

const char *settings_origin_name(enum setting_origin origin);

/* Takes one setting; false with a sentence in out_why. */
typedef bool setting_fn(void *context, const char *key, const char *value, char *out_why,
                        size_t why_size);

/* Every line of the file. EX_OK, or an exit code after naming each bad line. */
int settings_read_file(const char *path, setting_fn *set, void *context);

#define SETTING_VARIABLE_SIZE 64
/* "GRIDLOOP_CITY" for "city". Returns out. */
const char *settings_variable(const char *key, char out[SETTING_VARIABLE_SIZE]);

/* The variable's value, by key; is_list splits it at commas. EX_OK, or an exit code after saying what is wrong. */
int settings_read_variable(const char *key, bool is_list, setting_fn *set, void *context);

/* One key for a client: the variable, else the file of GRIDLOOP_CONFIG. False when neither says it. */
bool settings_find(const char *key, char *out, size_t size, enum setting_origin *out_origin);

#endif
