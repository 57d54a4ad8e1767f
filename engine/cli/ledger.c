/* ledger.c: see ledger.h. */
#include "engine/cli/ledger.h"

#include "engine/cli/cli.h"
#include "engine/edge/labels.h"

#include <stdio.h>
#include <sysexits.h>

const char *ledger_pick(const struct ledger *ledger, const char *en, const char *zh)
{
    return ledger->lang == LANG_ZH ? zh : en;
}

int ledger_open(const struct ledger_options *options, const char *command, struct ledger *out)
{
    char path[CLI_URL_SIZE];
    struct data_fault fault = {.text = ""};
    const char *data = cli_find_data(options->data, path);
    if (data == NULL) {
        return EX_NOINPUT;
    }
    enum err err = case_story_open(data, (struct case_no){0, 0, 0}, cli_lang(options->lang),
                                   &out->story, &fault);
    if (err != ERR_OK) {
        (void)fprintf(stderr, "gridloop %s: %s (exit %d)\n", command, fault.text, cli_exit_of(err));
        return cli_exit_of(err);
    }
    out->core = replay_core(out->story.replay);
    out->city = core_city(out->core);
    out->lang = out->story.lang;
    out->is_json = options->is_json;
    if (out->city == NULL) {
        (void)fprintf(stderr, "gridloop %s: the log holds no city yet (exit %d)\n", command,
                      EX_NOINPUT);
        case_story_close(&out->story);
        return EX_NOINPUT;
    }
    return EX_OK;
}

const char *ledger_text(const struct ledger *ledger, struct image_string s,
                        char out[LEDGER_NAME_SIZE])
{
    (void)snprintf(out, LEDGER_NAME_SIZE, "%.*s", (int)s.size, city_text(ledger->city, s));
    return out;
}

const char *ledger_department(const struct ledger *ledger, uint32_t row, char out[LEDGER_NAME_SIZE])
{
    if (row == NONE32) {
        out[0] = '\0';
        return out;
    }
    const struct city_department *department = &ledger->city->departments[row];
    const bool is_english = ledger->lang == LANG_EN && department->name_en.size > 0;
    return ledger_text(ledger, is_english ? department->name_en : department->name, out);
}

const char *ledger_class(const struct ledger *ledger, uint32_t row, char out[LEDGER_NAME_SIZE])
{
    struct text text;
    text_init(&text, out, LEDGER_NAME_SIZE);
    (void)labels_put_class(&text, ledger->city, row, ledger->lang);
    return out;
}

const char *ledger_post(const struct ledger *ledger, uint32_t row, char out[LEDGER_NAME_SIZE])
{
    struct text text;
    text_init(&text, out, LEDGER_NAME_SIZE);
    (void)labels_put_post(&text, ledger->city, row, ledger->lang);
    return out;
}

const char *ledger_cell(const struct ledger *ledger, uint32_t row, char out[LEDGER_NAME_SIZE])
{
    out[0] = '\0';
    return row == NONE32 ? out : ledger_text(ledger, ledger->city->cells[row].name, out);
}

const char *ledger_instant(const struct ledger *ledger, int64_t at_ms, char out[LEDGER_NAME_SIZE])
{
    const uint32_t day = city_local_date(ledger->city, at_ms);
    const int64_t minute = mod_floor(city_local_ms(ledger->city, at_ms), DAY_MS) / MINUTE_MS;
    (void)snprintf(out, LEDGER_NAME_SIZE, "%04u-%02u-%02u %02d:%02d", day / 10000, day / 100 % 100,
                   day % 100, (int)(minute / 60), (int)(minute % 60));
    return out;
}

void ledger_print_json(json_t *root)
{
    (void)json_dumpf(root, stdout, JSON_INDENT(2));
    (void)printf("\n");
}

error_t ledger_parse(int key, char *value, struct argp_state *state)
{
    struct ledger_options *options = state->input;
    switch (key) {
    case 'd':
        options->data = value;
        return 0;
    case 'L':
        options->lang = value;
        return 0;
    case 'j':
        options->is_json = true;
        return 0;
    case 'r':
        options->has_rulings = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->word != NULL) {
            argp_error(state, "\"%s\" is not expected here", value);
        }
        options->word = value;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
