/* cmd_check.c: `gridloop check`: compiles a city and its rules, lists every problem, prints what it holds and the limits. */
#include "engine/city/calendars_today.h"
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/serve_options.h"
#include "engine/core/core.h"
#include "engine/edge/node.h"
#include "engine/shell/compile_pair.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

struct check_options {
    const char *city;
    const char *rules;
    bool is_json;
    struct limits limits;
};

struct count {
    const char *name;
    uint32_t count;
    uint32_t limit; /* 0: no limit of the core */
};

#define COUNTS 12u

static void count_rows(const struct compiled_pair *pair, const struct limits *limits,
                       struct count out_counts[COUNTS])
{
    const struct city *city = &pair->city;
    const struct count counts[COUNTS] = {{"cells", city->cell_count, 0},
                                         {"areas", city->area_count, 0},
                                         {"departments", city->department_count, 0},
                                         {"posts", city->post_count, 0},
                                         {"persons", city->person_count, limits->workers},
                                         {"gateways", city->gateway_count, limits->gateways},
                                         {"devices", city->device_count, 0},
                                         {"assets", city->asset_count, 0},
                                         {"calendars", city->calendar_count, 0},
                                         {"classes", city->class_count, 0},
                                         {"event_types", pair->policy.type_count, 0},
                                         {"rules", pair->policy.rule_count, 0}};
    memcpy(out_counts, counts, sizeof counts);
}

/* EX_OK, or the exit after naming the first limit that is too small. */
static int check_limits(const struct compiled_pair *pair, const struct limits *limits)
{
    uint32_t value, needed;
    const char *name = core_limits_lack(limits, &pair->city, &pair->policy, &value, &needed);
    if (name != NULL) {
        (void)fprintf(stderr,
                      "gridloop check: limit %s=%u is too small for this city and its rules, which "
                      "need %u (exit %d)\n",
                      name, value, needed, EX_CONFIG);
    }
    return name == NULL ? EX_OK : EX_CONFIG;
}

static void hex(struct hash128 digest, char out[33])
{
    (void)snprintf(out, 33, "%016llx%016llx", (unsigned long long)digest.hi,
                   (unsigned long long)digest.lo);
}

static void print_json(const struct compiled_pair *pair, const struct problems *problems,
                       const struct limits *limits, const struct count counts[COUNTS])
{
    char *text = problems_to_json(problems), digest[33];
    json_t *root = json_object(), *limit_rows = json_object(), *rows = json_object();
    (void)json_object_set_new(root, "problems", json_loads(text, 0, NULL));
#define PUT_LIMIT(name, value, words)                                                              \
    (void)json_object_set_new(limit_rows, #name, json_integer(limits->name));
    LIMITS_LIST(PUT_LIMIT)
#undef PUT_LIMIT
    (void)json_object_set_new(root, "limits", limit_rows);
    (void)json_object_set_new(root, "core_bytes", json_integer((json_int_t)core_size(limits)));
    if (pair != NULL) {
        for (uint32_t i = 0; i < COUNTS; i++) {
            (void)json_object_set_new(rows, counts[i].name, json_integer(counts[i].count));
        }
        hex(pair->city.image.digest, digest);
        (void)json_object_set_new(root, "city_digest", json_string(digest));
        hex(pair->policy.image.digest, digest);
        (void)json_object_set_new(root, "policy_digest", json_string(digest));
    }
    (void)json_object_set_new(root, "counts", rows);
    (void)json_dumpf(root, stdout, JSON_INDENT(2));
    (void)printf("\n");
    json_decref(root);
    free(text);
}

static void print_words(const struct compiled_pair *pair, const struct limits *limits,
                        const struct count counts[COUNTS])
{
    char digest[33];
    if (pair != NULL) {
        (void)printf("%.*s\n\n", (int)pair->city.info->name.size,
                     city_text(&pair->city, pair->city.info->name));
        for (uint32_t i = 0; i < COUNTS; i++) {
            (void)printf("  %-14s %9u", counts[i].name, counts[i].count);
            if (counts[i].limit != 0) {
                (void)printf("  of %u%s", counts[i].limit,
                             counts[i].count > counts[i].limit ? "  TOO MANY" : "");
            }
            (void)printf("\n");
        }
        hex(pair->city.image.digest, digest);
        (void)printf("  %-14s %s  %zu bytes\n", "city image", digest, pair->city_size);
        hex(pair->policy.image.digest, digest);
        (void)printf("  %-14s %s  %zu bytes\n", "policy image", digest, pair->policy_size);
    }
    (void)printf("\nlimits (change with gridloop serve --limit NAME=VALUE)\n");
#define PRINT_LIMIT(name, value, text) (void)printf("  %-16s %9u  %s\n", #name, limits->name, text);
    LIMITS_LIST(PRINT_LIMIT)
#undef PRINT_LIMIT
    (void)printf("  core memory      %9zu  bytes with these limits\n", core_size(limits));
    (void)printf("  credit           %9u  batches of one gateway in flight\n",
                 node_limits_default().credit);
    (void)printf("  rate_per_s       %9u  requests of one identity a second\n",
                 node_limits_default().rate_per_s);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct check_options *options = state->input;
    char why[256];
    switch (key) {
    case 'c':
        options->city = value;
        return 0;
    case 'r':
        options->rules = value;
        return 0;
    case 'j':
        options->is_json = true;
        return 0;
    case 'm':
        if (!limits_set(&options->limits, value, why, sizeof why)) {
            argp_error(state, "--limit: %s", why);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (options->city != NULL) {
            argp_error(state, "one city is checked at a time; \"%s\" is a second one", value);
        }
        options->city = value;
        return 0;
    case ARGP_KEY_END:
        if (options->city == NULL) {
            argp_error(state, "name a city with --city DIR");
        }
        if (core_limits_fault(&options->limits) != NULL) {
            argp_error(state, "--limit: %s", core_limits_fault(&options->limits));
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int check(const struct check_options *options)
{
    struct problems *problems = problems_new();
    struct compiled_pair pair;
    struct pair_missing missing;
    struct count counts[COUNTS] = {{.name = ""}};
    enum err err = compile_pair(options->city, options->rules, problems, &pair, &missing);
    if (err == ERR_NOT_FOUND) {
        (void)fprintf(stderr,
                      "gridloop check: no directory %s; make a city to try: gridloop city demo DIR "
                      "(exit %d)\n",
                      missing.path, EX_NOINPUT);
        problems_free(problems);
        return EX_NOINPUT;
    }
    bool is_good = err == ERR_OK;
    if (is_good) {
        const int64_t now_ms = (int64_t)time(NULL) * 1000;
        count_rows(&pair, &options->limits, counts);
        calendars_check_today(options->city, &pair.city,
                              (int32_t)div_floor(city_local_ms(&pair.city, now_ms), DAY_MS),
                              problems);
    }
    if (options->is_json) {
        print_json(is_good ? &pair : NULL, problems, &options->limits, counts);
    } else {
        problems_print(problems, stdout);
        print_words(is_good ? &pair : NULL, &options->limits, counts);
    }
    int errors = problems_error_count(problems);
    if (!is_good) {
        (void)fprintf(stderr, "gridloop check: %d problem%s to repair (exit %d)\n", errors,
                      errors == 1 ? "" : "s", EX_DATAERR);
    }
    int exit_code = !is_good ? EX_DATAERR : check_limits(&pair, &options->limits);
    problems_free(problems);
    if (is_good) {
        compiled_pair_fini(&pair);
    }
    return exit_code;
}

int cmd_check(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"city", 'c', "DIR", 0, "city directory", 0},
        {"rules", 'r', "DIR", 0, "rule files; default CITY/rules", 0},
        {"limit", 'm', "NAME=VALUE", 0, "check against another limit", 0},
        {"json", 'j', NULL, 0, "print JSON", 0},
        {0}};
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = parse,
                                     .args_doc = "[CITY]",
                                     .doc = "Compiles a city and its rules, lists every problem of "
                                            "every file, and prints what the city "
                                            "holds and the limits of the engine.\vExit 0: good. "
                                            "65: problems. 66: no such directory. 78: "
                                            "the city is larger than the limits."};
    struct check_options options = {.limits = limits_default()};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&ARGP, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    return check(&options);
}
