/* title.h: the words a worker reads first: the rule's title template filled in, and where it is.
 *
 * A template is the rule's case_title: "{asset.name} is {fill_percent} % full". A name in braces is
 * a captured field of the case or one of asset.name, asset.code, device, cell, cell.name, class; a
 * name without a value leaves nothing, nor the colon, comma or blank at the ends of the title beside it.
 * "{{" is a brace. */
#ifndef ENGINE_EDGE_TITLE_H
#define ENGINE_EDGE_TITLE_H

#include "engine/core/core.h"
#include "engine/edge/words.h"

#include <stddef.h>

/* Always terminated, never cut inside a character. Without a template: the rule's title, else the
 * class's. */
void title_render(const struct city *city, const struct policy *policy,
                  const struct case_view *view, char *out, size_t out_size);

/* The same in the reader's language, where the rule has English words; else in those it has. */
void title_render_in(const struct city *city, const struct policy *policy,
                     const struct case_view *view, enum lang lang, char *out, size_t out_size);

/* Asset, else device, else cell; empty when none is known. */
void title_place_name(const struct city *city, const struct case_view *view, char *out,
                      size_t out_size);

/* A text of a plan about an object: {asset.name} and the columns of its register filled in. */
void title_render_target(const struct city *city, const struct policy *policy,
                         struct image_string template, uint32_t asset, char *out, size_t out_size);

#endif
