/* html.h: reports as one HTML file each: no script, nothing from elsewhere, two languages behind a switch made of style alone,
 * charts as inline SVG, printable.
 *
 * Texts are escaped; what fails to be written is told by html_end. */
#ifndef ENGINE_CLI_HTML_H
#define ENGINE_CLI_HTML_H

#include "engine/edge/words.h"

#include <stdio.h>

void html_begin(FILE *out, const char *title, enum lang lang);
/* The browser asks for it anew after so many seconds; 0 = never. */
void html_begin_renewed(FILE *out, const char *title, enum lang lang, int every_s);
bool html_end(FILE *out); /* false: not everything was written */

void html_text(FILE *out, const char *text);
void html_both(FILE *out, const char *zh, const char *en); /* style shows one of them */
void html_heading(FILE *out, const char *zh, const char *en);
void html_note(FILE *out, const char *zh, const char *en);

#endif
