/* facts_hash.c: the one hash of names: principals, ids, devices, string fields. */
#define XXH_INLINE_ALL /* names are short: what a call costs is most of it */
#include <xxhash.h>

#include "engine/city/facts.h"

struct hash128 facts_hash(const void *bytes, size_t size)
{
    XXH128_hash_t hash = XXH3_128bits(bytes, size);
    return (struct hash128){hash.high64, hash.low64};
}
