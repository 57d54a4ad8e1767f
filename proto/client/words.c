/* words.c: names and sentences of codes and statuses for users of the library. */
#include "engine/core/code.h"
#include "proto/client/gridloop.h"

#include <stdio.h>
#include <string.h>

/* The public header repeats a few numbers so that it needs no other; they must stay the same. */
_Static_assert((int)GRIDLOOP_OPENED == (int)CODE_OPENED && (int)GRIDLOOP_MERGED == (int)CODE_MERGED,
               "code.h");
_Static_assert((int)GRIDLOOP_DONE == (int)CODE_DONE &&
                   (int)GRIDLOOP_FORGOTTEN == (int)CODE_FORGOTTEN,
               "code.h");
_Static_assert((int)GRIDLOOP_NO_RIGHT == (int)CODE_NO_RIGHT &&
                   (int)GRIDLOOP_EPOCH_OLD == (int)CODE_EPOCH_OLD,
               "code.h");
_Static_assert((int)GRIDLOOP_UNKNOWN_IDENTITY == (int)CODE_UNKNOWN_IDENTITY, "code.h");
_Static_assert((int)GRIDLOOP_OVERLOADED == (int)CODE_OVERLOADED, "code.h");
_Static_assert((int)GRIDLOOP_WRONG_STATE == (int)CODE_WRONG_STATE, "code.h");
_Static_assert((int)GRIDLOOP_DROPPED >= (int)CODE_LIMIT, "local codes lie above those of the wire");

struct word {
    int code;
    const char *name;
    const char *english;
    const char *chinese;
};

#define WORD(name, number, en, zh) {number, #name, en, zh},
static const struct word words[] = {CODE_LIST(WORD){GRIDLOOP_DROPPED, "DROPPED",
                                                    "telemetry dropped from a full outbox",
                                                    "发件箱已满，遥测数据被丢弃"}};
#undef WORD

static const struct word *find_word(int code)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].code == code) {
            return &words[i];
        }
    }
    return NULL;
}

const char *gridloop_code_name(int code)
{
    static _Thread_local char unknown[24];
    const struct word *word = find_word(code);
    if (word != NULL) {
        return word->name;
    }
    (void)snprintf(unknown, sizeof(unknown), "CODE_%d", code);
    return unknown;
}

const char *gridloop_code_text(int code, const char *language)
{
    const struct word *word = find_word(code);
    bool is_chinese = language != NULL && strncmp(language, "zh", 2) == 0;
    if (word == NULL) {
        return is_chinese ? "本版本不认识的代码" : "a code this version does not know";
    }
    return is_chinese ? word->chinese : word->english;
}

const char *gridloop_status_text(int status)
{
    switch (status) {
    case GRIDLOOP_OK:
        return "done";
    case GRIDLOOP_TIMEOUT:
        return "not everything was answered in time; it is kept and will be sent again";
    case GRIDLOOP_UNAVAILABLE:
        return "no engine answers; everything is kept";
    case GRIDLOOP_HELD:
        return "the engine refuses this sender for now; everything is kept";
    case GRIDLOOP_FULL:
        return "the outbox is full";
    case GRIDLOOP_INVALID:
        return "an argument is wrong";
    case GRIDLOOP_IO:
        return "the outbox file could not be read or written";
    case GRIDLOOP_DAMAGED:
        return "the outbox file is damaged; nothing was sent from it";
    case GRIDLOOP_BUSY:
        return "the outbox file is in use by another process";
    case GRIDLOOP_NO_MEMORY:
        return "out of memory";
    case GRIDLOOP_BAD_KEY:
        return "the key cannot be used, or is another identity's: gridloop key show FILE";
    default:
        return "a status this version does not know";
    }
}
