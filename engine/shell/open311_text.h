/* open311_text.h: the two notations of Open311 GeoReport v2, and the form it takes requests in.
 *
 * An answer is a list of flat objects, built as JSON; as XML it is <services><service>..., <service_requests><request>...,
 * <errors><error>..., one element per member.
 *
 * Owner   out of open311_xml and open311_form: the caller's to free, to json_decref
 * Source  https://wiki.open311.org/GeoReport_v2/ */
#ifndef ENGINE_SHELL_OPEN311_TEXT_H
#define ENGINE_SHELL_OPEN311_TEXT_H

#include <jansson.h>
#include <stddef.h>

#define OPEN311_FORM_FIELDS_MAX 32u

/* rows: an array of flat objects. malloc'ed; NULL without memory. What XML cannot hold (control characters) is left out. */
char *open311_xml(const json_t *rows, const char *list, const char *item);

/* application/x-www-form-urlencoded as an object of texts. NULL: not that, not UTF-8, a zero byte, too many fields, a repeated one. */
json_t *open311_form(const char *bytes, size_t size);

#endif
