/* rule_text.h: the words of one rule as its file has them, from the line where it begins.
 *
 * Owner   the caller frees the text
 * Errors  NULL: no such file, it is too large, or another rule stands there now */
#ifndef ENGINE_SHELL_RULE_TEXT_H
#define ENGINE_SHELL_RULE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define RULE_TEXT_FILE_MAX (4u << 20) /* bytes of a rule file that is read */

/* The item of a YAML list that begins at line (from 1) and goes on while lines are indented deeper. id must stand in it. */
char *rule_text_cut(const char *text, uint32_t line, const char *id);

/* The same from a file of directory, or of its folder plans. file is a plain name. */
char *rule_text_read(const char *directory, const char *file, uint32_t line, const char *id);

#endif
