/* err.h: facts of life that a function reports to its caller, one X-macro with a sentence each.
 *
 * Not for refusals of commands (code.h) and not for bugs (must() in base.h). */
#ifndef ENGINE_CORE_ERR_H
#define ENGINE_CORE_ERR_H

#include "engine/core/base.h" /* WARN_UNUSED, which every user of an enum err needs */

#define ERR_LIST(X)                                                                                \
    X(ERR_OK, "done")                                                                              \
    X(ERR_FULL, "the table has no room; its limit is printed by gridloop check")                   \
    X(ERR_NOT_FOUND, "no such thing")                                                              \
    X(ERR_MALFORMED, "the bytes do not follow their format")                                       \
    X(ERR_TOO_LARGE, "larger than its limit")                                                      \
    X(ERR_VERSION, "written by another version of the format")                                     \
    X(ERR_DAMAGED, "checksum or chain does not match: the data was damaged")                       \
    X(ERR_CUT, "ends in the middle of an entry")                                                   \
    X(ERR_IO, "the disk reported an error")                                                        \
    X(ERR_NO_SPACE, "the disk is full")                                                            \
    X(ERR_BUSY, "in use by another process")                                                       \
    X(ERR_EXISTS, "exists already")                                                                \
    X(ERR_INPUT, "the input has errors; they were listed")                                         \
    X(ERR_MEMORY, "out of memory")                                                                 \
    X(ERR_UNAVAILABLE, "the other side does not answer")                                           \
    X(ERR_REFUSED, "the other side refused")                                                       \
    X(ERR_MISMATCH, "replay disagrees with the recorded digest")                                   \
    X(ERR_EXPIRED,                                                                                 \
      "positions of people in these entries have expired; begin with a snapshot behind them")

#define ERR_ENUM(name, text) name,
enum err { ERR_LIST(ERR_ENUM) ERR_COUNT };
#undef ERR_ENUM

#endif
