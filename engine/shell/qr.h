/* qr.h: an address as a QR code: for a page to draw, for a terminal to print. By libqrencode, error level M. */
#ifndef ENGINE_SHELL_QR_H
#define ENGINE_SHELL_QR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* {"size": modules on a side, "path": an SVG path of unit squares}; four empty modules belong around it. NULL: too long. */
json_t *qr_as_svg_path(const char *text);

/* Two rows of modules to a line, in half blocks, dark on light whatever the terminal's colours. False: too long. */
bool qr_print(FILE *out, const char *text);

#endif
