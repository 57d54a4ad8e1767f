/* rule_text.c: see rule_text.h. */
#include "engine/shell/rule_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 1024u

static size_t indent_of(const char *line)
{
    return strspn(line, " ");
}

static bool is_blank(const char *line)
{
    const char first = line[indent_of(line)];
    return first == '\n' || first == '\r' || first == '\0';
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end != NULL ? end + 1 : line + strlen(line);
}

char *rule_text_cut(const char *text, uint32_t line, const char *id)
{
    const char *begin = text;
    for (uint32_t i = 1; i < line && *begin != '\0'; i++) {
        begin = next_line(begin);
    }
    if (line == 0 || *begin == '\0' || is_blank(begin)) {
        return NULL;
    }
    const size_t indent = indent_of(begin);
    const char *end = next_line(begin), *last = end;
    while (*end != '\0' && (is_blank(end) || indent_of(end) > indent)) {
        const char *after = next_line(end);
        last = is_blank(end) ? last : after; /* blank lines behind the rule are not its own */
        end = after;
    }
    char *out = strndup(begin, (size_t)(last - begin));
    if (out != NULL && strstr(out, id) == NULL) {
        free(out); /* the file has changed since it was compiled */
        return NULL;
    }
    return out;
}

static char *read_file(const char *path)
{
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        return NULL;
    }
    char *text = malloc(RULE_TEXT_FILE_MAX + 1);
    size_t size = text != NULL ? fread(text, 1, RULE_TEXT_FILE_MAX + 1, stream) : 0;
    const bool is_bad = text == NULL || ferror(stream) != 0 || size > RULE_TEXT_FILE_MAX;
    (void)fclose(stream);
    if (is_bad) {
        free(text);
        return NULL;
    }
    text[size] = '\0';
    return text;
}

char *rule_text_read(const char *directory, const char *file, uint32_t line, const char *id)
{
    static const char *const FOLDERS[] = {"", "plans/"};
    char path[PATH_SIZE], *out = NULL;
    if (file[0] == '.' || strchr(file, '/') != NULL) {
        return NULL;
    }
    for (size_t i = 0; out == NULL && i < sizeof FOLDERS / sizeof FOLDERS[0]; i++) {
        const int size = snprintf(path, sizeof path, "%s/%s%s", directory, FOLDERS[i], file);
        char *text = size > 0 && (size_t)size < sizeof path ? read_file(path) : NULL;
        out = text != NULL ? rule_text_cut(text, line, id) : NULL;
        free(text);
    }
    return out;
}
