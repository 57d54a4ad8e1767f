/* trace_kinds.h: what can happen in an invented city, and how it is reported: the table behind trace_generate. */
#ifndef SIM_TRACE_KINDS_H
#define SIM_TRACE_KINDS_H

#include "sim/random.h"
#include "sim/trace_file.h"

/* When over the day: permille of the busiest hour, local hours 0..23. */
enum trace_profile { PROFILE_DAY, PROFILE_EVENING, PROFILE_NIGHT, PROFILE_EVEN, PROFILE_COUNT };

uint32_t trace_profile_permille(enum trace_profile profile, uint32_t hour);

struct trace_kind {
    const char *class_code;
    uint32_t weight;
    enum trace_profile profile;
    const char *device_kind; /* NULL: nobody but people see it */
    const char
        *watches; /* asset kind the device watches, or area of its zone, or NULL: any such device */
    const char *watches_too; /* a second area */
    const char *near_asset;  /* people report it at such an asset; NULL: anywhere in a cell */
    const char *first_type;  /* by device, or by a caller */
    const char *call_type;   /* NULL: none */
    const char *patrol_type;
    const char *clear_type;
    uint32_t call_permille, patrol_permille, clear_permille, faint_permille;
    uint32_t repeats_max;
    int64_t repeat_every_ms;
    const char *words; /* of a caller */
};

extern const struct trace_kind TRACE_KINDS[];
extern const uint32_t TRACE_KIND_COUNT;

/* Measured fields of a device's report; a faint one stays below every threshold. repeat: 0 for the first. Texts are
 * written to buffer. */
void trace_kind_fields(const char *type, struct random *random, bool is_faint, uint32_t repeat,
                       char buffer[64], struct trace_event *event);

#endif
