/* photo.h: pictures without what phones write into them beside the picture: position, device, time, comments.
 *
 * JPEG: segments APP1 to APP15 and COM go, the colour profile with them. PNG: chunks eXIf, tEXt, zTXt, iTXt and tIME go. Other
 * files are left as they are.
 * Errors  bytes that do not follow their format give size 0: nothing is better than a position that was overlooked */
#ifndef ENGINE_SHELL_PHOTO_H
#define ENGINE_SHELL_PHOTO_H

#include <stddef.h>
#include <stdint.h>

enum photo_kind { PHOTO_OTHER = 0, PHOTO_JPEG, PHOTO_PNG };

enum photo_kind photo_kind_of(const uint8_t *bytes, size_t size);
const char *photo_ending(enum photo_kind kind); /* ".jpg", ".png", ".bin" */

/* Strips in place; the new size. */
size_t photo_strip(enum photo_kind kind, uint8_t *bytes, size_t size);

#endif
