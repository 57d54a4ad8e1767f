/* web_assets.h: the pages of engine/console/, embedded in the program.
 *
 * The table is written by engine/console/build.mjs into BUILD/console/assets.c.
 *
 * Shape   rows in the byte order of their paths, no path twice
 * Owner   nothing; everything is constant */
#ifndef ENGINE_SHELL_WEB_ASSETS_H
#define ENGINE_SHELL_WEB_ASSETS_H

#include <stdbool.h>
#include <stdint.h>

struct web_asset {
    const char *path;     /* as asked for: "/", "/console.js"; "/w/" is w/index.html */
    const char *type;     /* media type, with the charset of text */
    const uint8_t *bytes; /* what is sent when is_gzip fits the client's Accept-Encoding */
    uint32_t size;        /* of bytes */
    bool is_gzip;     /* bytes are gzip: Content-Encoding, or inflate for who does not take it */
    const char *etag; /* with its quotes, of the file before compression */
};

extern const struct web_asset WEB_ASSETS[];
extern const uint32_t WEB_ASSET_COUNT;

#endif
