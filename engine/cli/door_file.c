/* door_file.c: see door_file.h.
 *
 * A record goes: read -> mapped -> outbox. Every SYNC_EVERY records the outbox is synced and the place in the file noted, in
 * this order: after a crash some records are read again and are DEDUPED by their ids, none is left out. What the map refuses and what
 * the engine refuses both go to the rejects file as they stood, with the reason. */
#include "engine/cli/door_file.h"

#include "engine/doors/door_csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include <xxhash.h>

#define SYNC_EVERY 500u
#define PENDING_MAX 4096u
#define RECORD_SIZE_MAX ((size_t)1 << 20)
#define WHY_SIZE 600u

/* A record whose answer is out, kept for the rejects file. */
struct pending {
    uint64_t number;
    char *record; /* NULL: free */
    int line;
};

struct door_file {
    const struct door_file_options *options;
    struct door_way way;
    const char *name;
    FILE *in, *rejects;
    json_t *header; /* of CSV */
    char *header_text;
    struct pending pending[PENDING_MAX];
    uint32_t pending_count;
    char *record; /* being read */
    size_t size, capacity;
    int line; /* of its first line */
    int next_line;
    uint64_t offset; /* behind it */
    uint32_t unsynced;
};

/* ---- rejects ---- */

static void write_reject(struct door_file *file, const char *record, int line, const char *why)
{
    if (file->rejects == NULL) {
        return;
    }
    size_t used = strlen(record);
    while (used > 0 && (record[used - 1] == '\n' || record[used - 1] == '\r')) {
        used--;
    }
    if (file->options->form == DOOR_CSV) {
        if (ftello(file->rejects) == 0 && file->header_text != NULL) {
            (void)fprintf(file->rejects, "%.*s,gridloop_error\n",
                          (int)strcspn(file->header_text, "\r\n"), file->header_text);
        }
        (void)fwrite(record, 1, used, file->rejects);
        (void)fprintf(file->rejects, ",\"");
        for (; *why != '\0'; why++) {
            (void)fprintf(file->rejects, *why == '"' ? "\"\"" : "%c", *why);
        }
        (void)fprintf(file->rejects, "\"\n");
        return;
    }
    json_t *row = json_pack("{s:i, s:s, s:s%}", "line", line, "error", why, "record", record, used);
    char *text = row != NULL ? json_dumps(row, JSON_COMPACT) : NULL;
    (void)fprintf(file->rejects, "%s\n", text != NULL ? text : "{\"error\":\"not UTF-8\"}");
    free(text);
    json_decref(row);
}

static void on_result(void *context, const struct gridloop_result *result)
{
    struct door_file *file = context;
    char why[WHY_SIZE];
    for (uint32_t i = 0; i < file->pending_count; i++) {
        struct pending *pending = &file->pending[i];
        if (pending->number != result->number) {
            continue;
        }
        if (words_code_is_refusal((uint32_t)result->code)) {
            (void)snprintf(why, sizeof why, "%s: %s %s", gridloop_code_name(result->code),
                           gridloop_code_text(result->code, "en"), result->hint);
            write_reject(file, pending->record, pending->line, why);
        }
        free(pending->record);
        *pending = file->pending[--file->pending_count];
        return;
    }
}

static void remember(struct door_file *file, uint64_t number)
{
    if (file->rejects == NULL || file->way.gateway == NULL) {
        return;
    }
    if (file->pending_count == PENDING_MAX) {
        (void)door_way_wait(&file->way, file->way.wait_ms);
    }
    if (file->pending_count < PENDING_MAX) {
        file->pending[file->pending_count++] =
            (struct pending){.number = number, .record = strdup(file->record), .line = file->line};
    }
}

/* ---- resuming ---- */

static uint64_t header_digest(const struct door_file *file)
{
    const char *text = file->header_text != NULL ? file->header_text : "";
    return XXH3_64bits(text, strlen(text));
}

/* Goes on where a run before noted; a note of another file is left aside, and told. */
static void go_on(struct door_file *file)
{
    unsigned long long offset = 0, digest = 0;
    int line = 0;
    FILE *note = file->options->resume != NULL ? fopen(file->options->resume, "r") : NULL;
    if (note == NULL) {
        return;
    }
    const bool is_read = fscanf(note, "gridloop-door 1 offset %llu line %d header %llx", &offset,
                                &line, &digest) == 3;
    (void)fclose(note);
    const off_t end = fseeko(file->in, 0, SEEK_END) == 0 ? ftello(file->in) : -1;
    const bool fits =
        is_read && digest == header_digest(file) && end >= 0 && offset <= (unsigned long long)end;
    if (!fits) {
        (void)fprintf(stderr, "%s: %s is not of this file: from its beginning\n",
                      file->options->way.command, file->options->resume);
    }
    file->offset = fits ? offset : file->offset;
    file->next_line = fits ? line : file->next_line;
    (void)fseeko(file->in, (off_t)file->offset, SEEK_SET);
}

/* Outbox first, then the note: see the top. */
static bool make_safe(struct door_file *file)
{
    char beside[600];
    const char *path = file->options->resume;
    file->unsynced = 0;
    if (!door_way_sync(&file->way)) {
        return false;
    }
    if (path == NULL || file->way.gateway == NULL) {
        return true;
    }
    (void)snprintf(beside, sizeof beside, "%.590s.new", path);
    FILE *note = fopen(beside, "w");
    const bool is_written =
        note != NULL && fprintf(note, "gridloop-door 1 offset %llu line %d header %llx\n",
                                (unsigned long long)file->offset, file->next_line,
                                (unsigned long long)header_digest(file)) > 0;
    const bool is_closed = note != NULL && fflush(note) == 0 && fsync(fileno(note)) == 0;
    if (note != NULL) {
        (void)fclose(note);
    }
    if (!is_written || !is_closed || rename(beside, path) != 0) {
        (void)fprintf(stderr, "%s: %s: %s\n", file->options->way.command, path, strerror(errno));
        door_way_note_exit(&file->way, EX_IOERR);
        return false;
    }
    return true;
}

/* ---- reading ---- */

/* The next record into file->record: a line, or lines of CSV with an open quote between. False at the end. A record over the limit is
 * cut off and will not be read as one. */
static bool read_record(struct door_file *file)
{
    char *line = NULL;
    size_t capacity = 0;
    file->size = 0;
    file->line = file->next_line;
    for (;;) {
        const ssize_t got = getline(&line, &capacity, file->in);
        if (got <= 0) {
            break;
        }
        file->offset += (uint64_t)got;
        file->next_line++;
        if (file->size + (size_t)got + 1 > file->capacity) {
            file->capacity = (file->size + (size_t)got + 1) * 2;
            char *larger = realloc(file->record, file->capacity);
            if (larger == NULL) {
                break;
            }
            file->record = larger;
        }
        memcpy(file->record + file->size, line, (size_t)got);
        file->size += (size_t)got;
        file->record[file->size] = '\0';
        if (file->options->form != DOOR_CSV || file->size > RECORD_SIZE_MAX ||
            door_csv_is_whole(file->record, file->size)) {
            break;
        }
    }
    free(line);
    return file->size > 0;
}

static bool read_header(struct door_file *file)
{
    char why[DOOR_CSV_WHY_SIZE] = "a header row is expected";
    if (file->options->form != DOOR_CSV) {
        return true;
    }
    if (read_record(file)) {
        const size_t mark = file->size >= 3 && memcmp(file->record, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        file->header_text = strdup(file->record + mark);
        file->header = door_csv_cells(file->record + mark, file->size - mark, why);
    }
    if (file->header == NULL) {
        (void)fprintf(stderr, "%s:1: %s (exit %d)\n", file->name, why, EX_DATAERR);
        door_way_note_exit(&file->way, EX_DATAERR);
    }
    return file->header != NULL;
}

/* ---- one record ---- */

static bool map_record(struct door_file *file, struct door_events *events,
                       struct problems *problems)
{
    const struct door_origin origin = {file->name, file->line};
    char why[DOOR_CSV_WHY_SIZE];
    if (file->size > RECORD_SIZE_MAX) {
        problems_add(problems, PROBLEM_ERROR, "D015", file->name, file->line, 0,
                     "a record of more than %zu bytes", RECORD_SIZE_MAX);
        return false;
    }
    if (file->options->form != DOOR_CSV) {
        return door_events_map_text(events, file->way.map, problems, origin, file->record,
                                    file->size);
    }
    json_t *row = door_csv_row(file->header, file->record, file->size, why);
    if (row == NULL) {
        problems_add(problems, PROBLEM_ERROR, "D018", file->name, file->line, 0, "%s", why);
        return false;
    }
    const bool is_mapped = door_events_map(events, file->way.map, problems, origin, row);
    json_decref(row);
    return is_mapped;
}

/* The problems as one sentence, for the rejects file. */
static void sentence_of(const struct problems *problems, char out[WHY_SIZE])
{
    char *text = problems_to_json(problems);
    json_t *list = text != NULL ? json_loads(text, 0, NULL) : NULL, *row;
    size_t i, used = 0;
    out[0] = '\0';
    json_array_foreach(list, i, row)
    {
        const char *code = json_string_value(json_object_get(row, "code"));
        const char *words = json_string_value(json_object_get(row, "text"));
        if (used < WHY_SIZE - 8 && code != NULL && words != NULL) {
            used += (size_t)snprintf(out + used, WHY_SIZE - used, "%s%s: %s", i > 0 ? "; " : "",
                                     code, words);
        }
    }
    json_decref(list);
    free(text);
}

/* False when the outbox cannot take more. */
static bool take_record(struct door_file *file)
{
    struct door_events events;
    struct problems *problems = problems_new();
    char why[WHY_SIZE];
    uint64_t number = 0;
    bool goes_on = true;
    door_events_init(&events);
    const bool is_mapped = map_record(file, &events, problems);
    problems_print(problems, stderr);
    if (!is_mapped) {
        sentence_of(problems, why);
        write_reject(file, file->record, file->line, why);
        file->way.bad++;
        door_way_note_exit(&file->way, EX_DATAERR);
    }
    for (uint32_t i = 0; goes_on && i < events.count; i++) {
        if (door_way_put(&file->way, &events.rows[i].event, &number)) {
            remember(file, number);
        } else {
            goes_on = file->way.exit_code != EX_IOERR;
        }
    }
    door_events_fini(&events);
    problems_free(problems);
    return goes_on && (++file->unsynced < SYNC_EVERY || make_safe(file));
}

/* One document: the whole file. */
static void take_document(struct door_file *file)
{
    while (file->size <= RECORD_SIZE_MAX * 16) {
        if (file->size + RECORD_SIZE_MAX + 1 > file->capacity) {
            file->capacity = file->size + 2 * RECORD_SIZE_MAX;
            char *larger = realloc(file->record, file->capacity);
            if (larger == NULL) {
                return;
            }
            file->record = larger;
        }
        const size_t got = fread(file->record + file->size, 1, RECORD_SIZE_MAX, file->in);
        file->size += got;
        file->record[file->size] = '\0';
        if (got == 0) {
            break;
        }
    }
    file->line = 1;
    (void)take_record(file);
}

static void take_all(struct door_file *file)
{
    if (file->options->form == DOOR_JSON) {
        take_document(file);
        (void)make_safe(file);
        return;
    }
    file->next_line = 1;
    if (!read_header(file)) {
        return;
    }
    go_on(file);
    bool goes_on = true;
    while (goes_on && read_record(file)) {
        if (strspn(file->record, " \t\r\n") != file->size) {
            goes_on = take_record(file);
        }
        if (goes_on && file->in == stdin && file->unsynced > 0) {
            goes_on = make_safe(file); /* somebody may be typing */
        }
    }
    (void)make_safe(file);
}

/* ---- running ---- */

static bool open_files(struct door_file *file)
{
    const struct door_file_options *options = file->options;
    const bool is_standard = strcmp(options->file, "-") == 0;
    file->name = is_standard ? "standard input" : options->file;
    file->in = is_standard ? stdin : fopen(options->file, "rb");
    file->rejects = options->rejects != NULL ? fopen(options->rejects, "ab") : NULL;
    const bool is_bad = file->in == NULL || (options->rejects != NULL && file->rejects == NULL);
    if (is_bad) {
        const int code = file->in == NULL ? EX_NOINPUT : EX_CANTCREAT;
        (void)fprintf(stderr, "%s: %s: %s (exit %d)\n", options->way.command,
                      file->in == NULL ? options->file : options->rejects, strerror(errno), code);
        door_way_note_exit(&file->way, code);
    }
    return !is_bad;
}

static void close_files(struct door_file *file)
{
    for (uint32_t i = 0; i < file->pending_count; i++) {
        free(file->pending[i].record);
    }
    if (file->in != NULL && file->in != stdin) {
        (void)fclose(file->in);
    }
    if (file->rejects != NULL && fclose(file->rejects) != 0) {
        door_way_note_exit(&file->way, EX_IOERR);
    }
    json_decref(file->header);
    free(file->header_text);
    free(file->record);
}

int door_file_run(const struct door_file_options *options)
{
    if (!cli_has_input(options->way.command, options->file)) {
        return EX_NOINPUT;
    }
    struct door_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        return EX_OSERR;
    }
    file->options = options;
    file->way.on_result = on_result;
    file->way.context = file;
    if (open_files(file) && door_way_open(&file->way, &options->way)) {
        take_all(file);
    }
    int code = door_way_close(&file->way);
    if (!options->way.is_json && !options->way.is_dry && file->way.sent + file->way.bad > 1) {
        (void)fprintf(stderr, "%llu sent, %llu answered, %llu refused, %llu records unreadable\n",
                      (unsigned long long)file->way.sent, (unsigned long long)file->way.answered,
                      (unsigned long long)file->way.refused, (unsigned long long)file->way.bad);
    }
    close_files(file);
    code = file->way.exit_code;
    free(file);
    return code;
}
