/* arguments.c: argp with suggestions and a listing.
 *
 * argp itself says only "unrecognized option '--dta'". The command line is looked through once before, by the same table. */
#include "engine/cli/arguments.h"

#include "engine/city/problems.h"
#include "engine/core/base.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define OPTIONS_MAX 64u
#define CHOICES_MAX 16u
#define WORD_SIZE 64u

/* argp adds these to every command. */
static const char *const BUILT_IN[] = {"help", "usage"};

const char *arguments_near(const char *word, const char *const *candidates, size_t count, char *out,
                           size_t out_size)
{
    const char *nearest = problems_nearest(word, candidates, count);
    out[0] = '\0';
    if (nearest != NULL) {
        (void)snprintf(out, out_size, "; did you mean \"%s\"?", nearest);
    }
    return out;
}

/* Every command that speaks with an engine can do so with a key: one setting for this process and those it starts. */
enum { KEY_FILE = 0x1001, KEY_ENGINE };
static const struct argp_option KEY_OPTIONS[] = {
    {"key", KEY_FILE, "PATH", 0,
     "seal what is sent with this key, of gridloop key new; a directory: ID.key in it", 0},
    {"engine-key", KEY_ENGINE, "HEX", 0,
     "the engine's public key, as its first line says it; default: as the key file says", 0},
    {0}};

static error_t take_key(int key, char *value, struct argp_state *state)
{
    (void)state;
    if (key != KEY_FILE && key != KEY_ENGINE) {
        return ARGP_ERR_UNKNOWN;
    }
    return setenv(key == KEY_FILE ? "GRIDLOOP_KEY" : "GRIDLOOP_ENGINE_KEY", value, 1) == 0 ? 0
                                                                                           : ENOMEM;
}

static const struct argp KEY_ARGP = {.options = KEY_OPTIONS, .parser = take_key};

static bool is_end(const struct argp_option *option)
{
    return option->name == NULL && option->key == 0 && option->doc == NULL;
}

/* "gridloop log verify", and behind a tab its options with what they take. */
static void list_words(const struct argp *argp, const char *command)
{
    (void)printf("%s\t", command);
    for (const struct argp_option *option = argp->options; option != NULL && !is_end(option);
         option++) {
        if (option->name != NULL && (option->flags & OPTION_HIDDEN) == 0) {
            (void)printf("--%s%s%s ", option->name, option->arg != NULL ? "=" : "",
                         option->arg != NULL ? option->arg : "");
        }
    }
    const bool has_rest = argp->args_doc != NULL && argp->args_doc[0] != '\0';
    (void)printf("--help%s%s\n", has_rest ? "\t" : "", has_rest ? argp->args_doc : "");
}

/* The option a long word means; getopt_long takes any beginning that fits. NULL: none. */
static const struct argp_option *find_long(const struct argp *argp, const char *name, size_t size)
{
    const struct argp_option *found = NULL;
    for (const struct argp_option *option = argp->options; option != NULL && !is_end(option);
         option++) {
        if (option->name == NULL || strncmp(option->name, name, size) != 0) {
            continue;
        }
        if (strlen(option->name) == size) {
            return option;
        }
        found = option;
    }
    return found;
}

static bool is_built_in(const char *name, size_t size)
{
    for (size_t i = 0; i < COUNT_OF(BUILT_IN); i++) {
        if (strncmp(BUILT_IN[i], name, size) == 0) {
            return true;
        }
    }
    return false;
}

static int refuse_option(const struct argp *argp, const char *command, const char *word,
                         const char *name)
{
    const char *names[OPTIONS_MAX];
    char near[WORD_SIZE + 32], asked[WORD_SIZE];
    size_t count = 0;
    for (const struct argp_option *option = argp->options; option != NULL && !is_end(option);
         option++) {
        if (option->name != NULL && count < OPTIONS_MAX - COUNT_OF(BUILT_IN)) {
            names[count++] = option->name;
        }
    }
    for (size_t i = 0; i < COUNT_OF(BUILT_IN); i++) {
        names[count++] = BUILT_IN[i];
    }
    (void)snprintf(asked, sizeof asked, "%.*s", (int)strcspn(name, "="), name);
    const char *nearest = problems_nearest(asked, names, count);
    near[0] = '\0';
    if (nearest != NULL) {
        (void)snprintf(near, sizeof near, "; did you mean --%s?", nearest);
    }
    (void)fprintf(stderr, "%s: no option %.*s%s %s --help lists them (exit %d)\n", command,
                  (int)strcspn(word, "="), word, near[0] != '\0' ? near : ";", command, EX_USAGE);
    return EX_USAGE;
}

/* Holds a value against "zh|en". Anything else than a list of words is left to the command. */
static int check_choice(const struct argp_option *option, const char *command, const char *value)
{
    char words[WORD_SIZE];
    const char *choices[CHOICES_MAX];
    size_t count = 0;
    if (strchr(option->arg, '|') == NULL || strlen(option->arg) >= sizeof words ||
        strspn(option->arg, "abcdefghijklmnopqrstuvwxyz_|") != strlen(option->arg)) {
        return 0;
    }
    memcpy(words, option->arg, strlen(option->arg) + 1);
    char *rest = NULL;
    for (char *word = strtok_r(words, "|", &rest); word != NULL && count < CHOICES_MAX;
         word = strtok_r(NULL, "|", &rest)) {
        choices[count++] = word;
        if (strcmp(word, value) == 0) {
            return 0;
        }
    }
    char near[WORD_SIZE + 32];
    (void)fprintf(stderr, "%s: --%s takes %s, not \"%s\"%s (exit %d)\n", command, option->name,
                  option->arg, value, arguments_near(value, choices, count, near, sizeof near),
                  EX_USAGE);
    return EX_USAGE;
}

/* Long options only: a wrong letter has no neighbours worth naming. */
static int check_words(const struct argp *argp, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--") == 0) {
            return 0;
        }
        if (strncmp(word, "--", 2) != 0) {
            continue;
        }
        const char *name = word + 2;
        const size_t size = strcspn(name, "=");
        const struct argp_option *option = find_long(argp, name, size);
        if (option == NULL) {
            if (size > 0 && is_built_in(name, size)) {
                continue;
            }
            return refuse_option(argp, argv[0], word, name);
        }
        if (option->arg == NULL) {
            continue;
        }
        const char *value = name[size] == '=' ? name + size + 1 : NULL;
        if (value == NULL && (option->flags & OPTION_ARG_OPTIONAL) == 0 && i + 1 < argc) {
            value = argv[++i];
        }
        const int code = value != NULL ? check_choice(option, argv[0], value) : 0;
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

/* The command's options and, where it speaks with an engine, those of keys: one list to look words up in. */
static bool join_options(const struct argp *argp, struct argp_option joined[OPTIONS_MAX])
{
    size_t count = 0;
    bool is_client = false;
    for (const struct argp_option *option = argp->options; option != NULL && !is_end(option);
         option++) {
        must(count < OPTIONS_MAX - COUNT_OF(KEY_OPTIONS));
        is_client = is_client || (option->name != NULL && strcmp(option->name, "url") == 0);
        joined[count++] = *option;
    }
    for (size_t i = 0; is_client && i < COUNT_OF(KEY_OPTIONS) - 1; i++) {
        joined[count++] = KEY_OPTIONS[i];
    }
    joined[count] = (struct argp_option){0};
    return is_client;
}

int arguments_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    struct argp_option joined[OPTIONS_MAX];
    const struct argp_child children[] = {{&KEY_ARGP, 0, NULL, 0}, {0}};
    const bool is_client = join_options(argp, joined);
    struct argp words = *argp, with_keys = *argp;
    words.options = joined;
    with_keys.children = is_client ? children : argp->children;
    argp_err_exit_status = EX_USAGE;
    if (argc == 2 && strcmp(argv[1], ARGUMENTS_LIST_WORDS) == 0) {
        list_words(&words, argv[0]);
        return EX_USAGE; /* nothing is to be run */
    }
    const int code = check_words(&words, argc, argv);
    return code != 0 ? code : argp_parse(&with_keys, argc, argv, 0, NULL, input);
}

static error_t fill_slot(int key, char *value, struct argp_state *state)
{
    const struct arguments_form *form = state->input;
    const int wanted = key == ARGP_KEY_ARG || key == ARGP_KEY_END ? ARGUMENTS_WORD : key;
    for (size_t i = 0; i < form->count; i++) {
        const struct arguments_slot *slot = &form->slots[i];
        if (slot->key != wanted) {
            continue;
        }
        if (key == ARGP_KEY_END) {
            if (*slot->text == NULL && form->needs != NULL) {
                argp_error(state, "%s", form->needs);
            }
            return 0;
        }
        if (wanted == ARGUMENTS_WORD && *slot->text != NULL) {
            argp_error(state, "\"%s\" is one word too many", value);
        }
        if (slot->text != NULL) {
            *slot->text = value;
        } else {
            *slot->flag = true;
        }
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

int arguments_fill(const struct arguments_form *form, int argc, char **argv)
{
    const struct argp argp = {.options = form->options,
                              .parser = fill_slot,
                              .args_doc = form->args_doc,
                              .doc = form->doc};
    return arguments_parse(&argp, argc, argv, (void *)(uintptr_t)form);
}
