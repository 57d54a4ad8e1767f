/* qr.c: see qr.h. */
#include "engine/shell/qr.h"

#include "engine/core/base.h"

#include <qrencode.h>
#include <stdlib.h>

#define QUIET 2 /* modules around it in a terminal, whose own ground does the rest */

static bool is_dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width &&
           (code->data[y * code->width + x] & 1) != 0;
}

json_t *qr_as_svg_path(const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    char *path = NULL;
    size_t size = 0;
    if (code == NULL) {
        return NULL;
    }
    FILE *out = open_memstream(&path, &size);
    must(out != NULL);
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            int run = 0;
            while (is_dark(code, x + run, y)) {
                run++;
            }
            if (run > 0) {
                (void)fprintf(out, "M%d %dh%dv1h-%dz", x, y, run, run);
                x += run;
            }
        }
    }
    (void)fclose(out);
    json_t *picture = json_pack("{s:i, s:s}", "size", code->width, "path", path);
    free(path);
    QRcode_free(code);
    return picture;
}

bool qr_print(FILE *out, const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (code == NULL) {
        return false;
    }
    for (int y = -QUIET; y < code->width + QUIET; y += 2) {
        (void)fputs("  \033[30;107m", out);
        for (int x = -QUIET; x < code->width + QUIET; x++) {
            const bool upper = is_dark(code, x, y), lower = is_dark(code, x, y + 1);
            (void)fputs(upper ? (lower ? "█" : "▀") : (lower ? "▄" : " "), out);
        }
        (void)fputs("\033[0m\n", out);
    }
    QRcode_free(code);
    return true;
}
