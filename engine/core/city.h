/* city.h: the rows of a city image: what the core knows of the world between two activations.
 *
 * Made by engine/city/ from a city directory, read in place by the core. Row order is part of the
 * meaning: cells are sorted by code, persons and gateways by id, assets by (kind, lat, lon, code),
 * transitions and exceptions by time, so that equal directories give equal bytes.
 *
 * Coordinates are WGS-84 in 1e-7 degrees. Instants are ms since 1970 UTC.
 * City rows are read through struct city, filled once by city_open. */
#ifndef ENGINE_CORE_CITY_H
#define ENGINE_CORE_CITY_H

#include "engine/core/image.h"

#define CITY_LEVELS_MAX 6u /* units above a cell: street, district, ... */
#define CITY_DEPARTMENT_LEVELS 9u
#define CITY_ROLES_MAX 64u  /* bits of a role mask */
#define CITY_SKILLS_MAX 64u /* bits of a skill mask */

enum city_section {
    CITY_INFO = 1,
    CITY_TRANSITIONS = 2,
    CITY_CELLS = 3,
    CITY_CELL_PERSONS = 4, /* u32 person indices, ranges owned by cells */
    CITY_UNITS = 5,
    CITY_AREAS = 6,
    CITY_DEPARTMENTS = 7,
    CITY_POSTS = 8,
    CITY_POST_PERSONS = 9, /* u32 person indices, ranges owned by posts */
    CITY_PERSONS = 10,
    CITY_GATEWAYS = 11,
    CITY_GATEWAY_TYPES = 12, /* struct image_string event-type prefixes, ranges owned by gateways */
    CITY_DEVICES = 13,
    CITY_ASSETS = 14,
    CITY_ASSET_KINDS = 15, /* struct image_string, sorted */
    CITY_CALENDARS = 16,
    CITY_INTERVALS = 17,
    CITY_EXCEPTIONS = 18,
    CITY_CLASSES = 19,
    CITY_ROLES = 20,  /* struct image_string, bit number = row */
    CITY_SKILLS = 21, /* struct image_string, bit number = row */
    CITY_MODES = 22,
    CITY_DEVICE_AREAS = 23, /* u16 area indices, ranges owned by devices */
    CITY_PERMITS = 24,
    CITY_REGISTRIES = 25, /* kinds of assets with columns of their own: enterprises, sites */
    CITY_COLUMNS = 26,    /* of registries, ranges owned by them */
    CITY_VALUES = 27,     /* cells of registries, ranges owned by them, row by row */
    CITY_ROAD_NODES = 28, /* by squares of the grid, see roads.h */
    CITY_ROAD_ARCS = 29, /* u32 nodes that arcs come from, ranges owned by the nodes they lead to */
    CITY_ROAD_TIMES = 30, /* u32 ms or ROAD_CLOSED: a run of all arcs for each row of CITY_MODES */
    CITY_ROAD_GRID = 31,  /* one row where there are roads */
    CITY_ROAD_SQUARES =
        32, /* u32 first node of each square, row by row from the south-west; one more at the end */
    CITY_LABELS = 33, /* struct city_label: words of this city */
};

/* One row. */
struct city_info {
    struct image_string name;
    struct image_string name_en;
    struct image_string time_zone;         /* IANA name, for people; the core uses transitions */
    struct image_string source_digest_hex; /* of the directory, for people */
    int32_t lon_min, lat_min, lon_max, lat_max; /* the city's box, margin included */
    uint32_t city_code;      /* first part of a case number where no district is known */
    uint32_t level_count;    /* units above a cell */
    uint32_t district_level; /* which level gives the case number; 1 = directly above the cell */
    uint32_t command_post;   /* dispatchers on duty: holds a case while it is DISPATCHING */
    uint32_t
        supervision_post;  /* holds a case while it is CHECKING and nobody has the check order */
    uint32_t desk_post;    /* takes what has no department (兜底) */
    uint32_t mode_default; /* row of CITY_MODES */
    uint32_t adjudication_post; /* rules on who is responsible (裁定) */
    int64_t position_ms;        /* how long parties have for their positions */
    int64_t ruling_ms;          /* from then on, how long the ruling may take */
};

#define CITY_LABELS_MAX 512u
#define CITY_LABEL_SIZE_MAX 60u /* bytes */

/* A word of this city in place of the program's own (engine/edge/words_city.h). The core passes it on. */
struct city_label {
    struct image_string kind, code, zh, en;
    uint32_t line; /* of labels.csv */
    uint32_t reserved;
};

/* From at_ms on, local = UTC + offset_ms. The first row is at INT64_MIN. */
struct city_transition {
    int64_t at_ms;
    int64_t offset_ms;
};

struct city_cell {
    struct image_string code;
    struct image_string name;
    struct image_range persons; /* responsible workers, in CITY_CELL_PERSONS, by id */
    uint32_t unit;              /* the unit directly above, or NONE32 */
    int32_t lon, lat;           /* a point inside */
    uint32_t reserved;
};

/* Street, district, ...: a tree above the cells. */
struct city_unit {
    struct image_string code;
    struct image_string name;
    uint32_t parent; /* or NONE32 */
    uint32_t level;  /* 1 = directly above cells */
    uint32_t number; /* numeric code for case numbers; 0 where the code is not a number */
    uint32_t reserved;
};

/* A named area of rules: squares, school gates, no-parking zones. */
struct city_area {
    struct image_string name; /* "area.no_parking": the set; several polygons may share it */
    struct image_string zone; /* the polygon's own id: what the field `zone` of an event names */
    struct image_string title;
    struct image_string kind;
};

struct city_department {
    struct image_string code; /* "dept.sanitation" */
    struct image_string name;
    struct image_string name_en;
    uint32_t duty_post; /* or NONE32 */
    uint32_t lead_post; /* or NONE32 */
    uint32_t calendar;  /* working time of its clocks, row of CITY_CALENDARS */
    uint32_t level; /* 1 = highest; 0 = of no level: handing over to it is neither up nor down */
};

struct city_post {
    struct image_string code; /* "dept.sanitation.duty", "district.command", "fire.119" */
    struct image_string name;
    struct image_string name_en;
    struct image_range persons; /* duty roster in CITY_POST_PERSONS, first on shift is on duty */
    uint32_t department;        /* or NONE32 */
    uint32_t reserved;
};

/* What a person may do (domain.md, Roles); several may be held. */
enum right {
    RIGHT_INTAKE = 1u << 0,
    RIGHT_SHIFT_CHIEF = 1u << 1,
    RIGHT_DISPATCHER = 1u << 2,
    RIGHT_DEPARTMENT_DESK = 1u << 3,
    RIGHT_WORKER = 1u << 4,
    RIGHT_INSPECTOR = 1u << 5,
    RIGHT_OVERSEER = 1u << 6,
    RIGHT_AUDITOR = 1u << 7,
    RIGHT_ADMINISTRATOR = 1u << 8,
};

/* Everyone who acts: grid workers, units, desks, operators. */
struct city_person {
    struct hash128 id_hash; /* XXH3-128 of id: the principal in commands */
    uint64_t roles;         /* bit per CITY_ROLES row: grid_worker, traffic_officer, ... */
    uint64_t skills;        /* bit per CITY_SKILLS row */
    struct image_string id; /* "wang.fang" */
    struct image_string name;
    struct image_string name_en;
    struct image_string
        team;            /* a checker comes from another team where there is one; may be empty */
    uint32_t rights;     /* enum right */
    uint32_t department; /* or NONE32 */
    uint32_t shift;      /* row of CITY_CALENDARS, NONE32 = always on */
    uint32_t capacity;   /* active orders at once; 0 = takes none */
    uint32_t home_cell;  /* or NONE32 */
    int32_t lon, lat;    /* base or home position */
    uint32_t mode;       /* row of CITY_MODES */
    uint32_t has_base;   /* 1: lon, lat serve as the position until a fix arrives (stations) */
    uint32_t unit;       /* 1 + row of CITY_UNITS to which its reading is bound; 0 = to none */
};

enum gateway_kind {
    GATEWAY_SENSOR = 1,
    GATEWAY_CAMERA,
    GATEWAY_HOTLINE,
    GATEWAY_DEPARTMENT,
    GATEWAY_PATROL
};

struct city_gateway {
    struct hash128 id_hash;
    struct image_string id;
    struct image_string name;
    struct image_range
        types;           /* event-type prefixes it may send, in CITY_GATEWAY_TYPES; none = all */
    uint32_t kind;       /* enum gateway_kind */
    uint32_t is_trusted; /* 1: its reports are filed at once; 0: verified on site first */
};

struct city_device {
    struct hash128 id_hash;
    struct image_string id;
    struct image_range areas; /* in CITY_DEVICE_AREAS, resolved when loaded */
    int32_t lon, lat;
    uint32_t cell;  /* or NONE32 */
    uint32_t asset; /* what it watches, or NONE32 */
    uint32_t kind;  /* row of CITY_ASSET_KINDS namespace shared with assets, or NONE32 */
    uint32_t zone;  /* row of CITY_AREAS it watches, or NONE32 */
};

struct city_asset {
    struct image_string code;
    struct image_string name;
    uint32_t kind; /* row of CITY_ASSET_KINDS */
    int32_t lat, lon;
    uint32_t cell;       /* or NONE32 */
    uint32_t department; /* owner, or NONE32 */
    uint32_t reserved;
};

#define REGISTRY_COLUMNS_MAX 24u

/* A register of objects of one kind (enterprises, construction sites): every asset of the kind, with a value for every
 * column. */
struct city_registry {
    uint32_t kind;              /* row of CITY_ASSET_KINDS: the registry's name */
    struct image_range assets;  /* rows of CITY_ASSETS: all of the kind */
    struct image_range columns; /* in CITY_COLUMNS, by name */
    uint32_t value_first;       /* in CITY_VALUES: assets.count x columns.count */
};

enum column_kind { COLUMN_NUMBER = 1, COLUMN_TEXT = 2, COLUMN_TRUTH = 3 };

struct city_column {
    struct image_string name;
    uint32_t kind; /* enum column_kind */
    uint32_t reserved;
};

/* A cell of a registry. An empty cell has an empty text. */
struct city_value {
    int64_t number;           /* COLUMN_NUMBER: millionths; COLUMN_TRUTH: 0 or 1 */
    struct image_string text; /* as it was written */
};

/* Named working or shift time: a weekly pattern with dated exceptions, local time. */
struct city_calendar {
    struct image_string name;      /* "cal.urban_daytime", "shift.day" */
    struct image_range intervals;  /* weekly pattern, in CITY_INTERVALS, sorted, not touching */
    struct image_range exceptions; /* in CITY_EXCEPTIONS, by day */
    int32_t valid_from_day;        /* local days since 1970-01-01, first valid */
    int32_t valid_until_day;       /* first not valid */
};

/* Half-open minutes of the week, Monday 00:00 = 0, end <= 10080. A shift over Sunday midnight is two. */
struct city_interval {
    uint16_t start_minute;
    uint16_t end_minute;
};

/* On that local day the pattern of another weekday holds (调休), or none (holiday). */
struct city_exception {
    int32_t day;     /* local days since 1970-01-01 */
    int32_t weekday; /* 0 = Monday .. 6, or -1 = closed */
};

enum check_kind { CHECK_PERSON = 0, CHECK_DEVICE = 1, CHECK_NONE = 2 };
enum clock_unit {
    UNIT_CONTINUOUS = 0,
    UNIT_WORK_TIME = 1,
    UNIT_WORK_DAY_END = 2,
    UNIT_NATURAL_DAY = 3
};

/* A duration in the unit its clock runs in. WORK_DAY_END and NATURAL_DAY count days in value. */
struct clock_limit {
    int64_t value; /* ms, or days for the two day units; 0 = no clock */
    uint32_t unit; /* enum clock_unit */
    uint32_t reserved;
};

/* A row of the catalogue (立案处置结案). */
struct city_class {
    struct image_string code; /* "E.01.02" or with condition "E.01.02.3" */
    struct image_string title;
    struct image_string title_en;
    struct image_string basis;
    struct clock_limit handle; /* unless the rule's sla says otherwise */
    uint32_t department;       /* owner, or NONE32 where several are candidates */
    uint32_t check;            /* enum check_kind */
    uint64_t reopen_ms;        /* window after close; 0 = leaves at once */
    int64_t notice_ms;         /* the least time between order and deadline; 0 = none asked */
};

/* What an office has allowed on an object (registry row): until it is ruled on, nobody ends it there. Sorted by
 * (asset, code). */
struct city_permit {
    struct image_string code;
    struct image_string title;
    struct image_string basis;
    uint32_t asset;      /* the object */
    uint32_t class_row;  /* cases of this class contradict it */
    uint32_t department; /* that granted it */
    int32_t from_day;    /* local days since 1970-01-01, first valid */
    int32_t until_day;   /* first not valid */
    uint32_t reserved;
};

/* How somebody travels when no road time is known. */
struct city_mode {
    struct image_string name; /* "walk", "bike", "car" */
    uint32_t speed_mm_per_s;  /* straight line, before the detour factor */
    uint32_t detour_permille; /* 1300 = roads are 1.3 times the straight line */
};

#define ROAD_CLOSED NONE32           /* the mode may not go there */
#define ROAD_MS_MAX (UINT32_MAX / 2) /* 24 days: longer ways are none */
#define ROAD_MODES_MAX 4u            /* of a city with roads: each has a walk of its own */
#define ROAD_NODES_MAX (16u * 1024 * 1024)

struct city_road_node {
    int32_t lon, lat;
    struct image_range arcs; /* in CITY_ROAD_ARCS: that lead here */
    uint32_t
        modes; /* bit per row of CITY_MODES that gets from here to every other such node and back */
};

struct city_road_grid {
    int32_t lon_min, lat_min;    /* south-west corner */
    uint32_t lon_span, lat_span; /* of a square, 1e-7 degrees */
    uint32_t columns, rows;
    uint32_t
        fastest_mm_per_s; /* nobody gets nearer to a place than this by any arc, in a straight line */
};

_Static_assert(sizeof(struct city_road_node) == 20, "image row without padding");
_Static_assert(sizeof(struct city_road_grid) == 28, "image row without padding");

_Static_assert(sizeof(struct city_label) == 40, "image row without padding");
_Static_assert(sizeof(struct city_info) == 96, "image row without padding");
_Static_assert(sizeof(struct city_cell) == 40, "image row without padding");
_Static_assert(sizeof(struct city_unit) == 32, "image row without padding");
_Static_assert(sizeof(struct city_area) == 32, "image row without padding");
_Static_assert(sizeof(struct city_department) == 40, "image row without padding");
_Static_assert(sizeof(struct city_post) == 40, "image row without padding");
_Static_assert(sizeof(struct city_person) == 104, "image row without padding");
_Static_assert(sizeof(struct city_gateway) == 48, "image row without padding");
_Static_assert(sizeof(struct city_device) == 56, "image row without padding");
_Static_assert(sizeof(struct city_asset) == 40, "image row without padding");
_Static_assert(sizeof(struct city_registry) == 24, "image row without padding");
_Static_assert(sizeof(struct city_column) == 16, "image row without padding");
_Static_assert(sizeof(struct city_value) == 16, "image row without padding");
_Static_assert(sizeof(struct city_calendar) == 32, "image row without padding");
_Static_assert(sizeof(struct city_class) == 72, "image row without padding");
_Static_assert(sizeof(struct city_permit) == 48, "image row without padding");

/* Typed views of one open city image. Pointers borrow from the image. */
struct city {
    struct image image;
    const struct city_info *info;
    const struct city_transition *transitions;
    uint32_t transition_count;
    const struct city_cell *cells;
    uint32_t cell_count;
    const uint32_t *cell_persons;
    uint32_t cell_person_count;
    const struct city_unit *units;
    uint32_t unit_count;
    const struct city_area *areas;
    uint32_t area_count;
    const struct city_department *departments;
    uint32_t department_count;
    const struct city_post *posts;
    uint32_t post_count;
    const uint32_t *post_persons;
    uint32_t post_person_count;
    const struct city_person *persons;
    uint32_t person_count;
    const struct city_gateway *gateways;
    uint32_t gateway_count;
    const struct image_string *gateway_types;
    uint32_t gateway_type_count;
    const struct city_device *devices;
    uint32_t device_count;
    const struct city_asset *assets;
    uint32_t asset_count;
    const struct image_string *asset_kinds;
    uint32_t asset_kind_count;
    const struct city_calendar *calendars;
    uint32_t calendar_count;
    const struct city_interval *intervals;
    uint32_t interval_count;
    const struct city_exception *exceptions;
    uint32_t exception_count;
    const struct city_class *classes;
    uint32_t class_count;
    const struct image_string *roles;
    uint32_t role_count;
    const struct image_string *skills;
    uint32_t skill_count;
    const struct city_mode *modes;
    uint32_t mode_count;
    const uint16_t *device_areas;
    uint32_t device_area_count;
    const struct city_permit *permits;
    uint32_t permit_count;
    const struct city_registry *registries;
    uint32_t registry_count;
    const struct city_column *columns;
    uint32_t column_count;
    const struct city_value *values;
    uint32_t value_count;
    const struct city_road_node *road_nodes;
    uint32_t road_node_count;
    const uint32_t *road_arcs;
    uint32_t road_arc_count;
    const uint32_t *road_times; /* mode_count x road_arc_count */
    uint32_t road_time_count;
    const struct city_road_grid *road_grid; /* NULL without roads */
    uint32_t road_grid_count;
    const uint32_t *road_squares;
    uint32_t road_square_count;
    const struct city_label *labels;
    uint32_t label_count;
    const char *strings;
    uint32_t string_size;
};

/* Checks every index and range of every row once, so that the core may trust them.
 * ERR_MALFORMED, ERR_VERSION; out_city untouched then. */
enum err city_open(const void *bytes, uint64_t size, struct city *out_city) WARN_UNUSED;

/* The characters of s; s.size of them, not terminated. */
static inline const char *city_text(const struct city *city, struct image_string s)
{
    must(s.offset <= city->string_size && s.size <= city->string_size - s.offset);
    return city->strings + s.offset;
}

/* The registry of a kind of assets, or NULL. */
const struct city_registry *city_registry_of(const struct city *city, uint32_t kind);

/* The cell of an asset of that registry; column counts from the registry's first. */
const struct city_value *city_value_at(const struct city *city,
                                       const struct city_registry *registry, uint32_t asset,
                                       uint32_t column);

/* The unit of `level` (1 = directly above) that cell lies in, or NONE32. */
uint32_t city_unit_of_cell(const struct city *city, uint32_t cell, uint32_t level);

/* How long a straight line takes: x detour at the mode's speed. distance_cm >= 0. */
int64_t city_travel_ms(const struct city_mode *mode, int64_t distance_cm);

/* Local ms since 1970 for an instant, by the city's transitions. */
int64_t city_local_ms(const struct city *city, int64_t at_ms);

/* yyyymmdd of the local day of at_ms. */
uint32_t city_local_date(const struct city *city, int64_t at_ms);

/* yyyymmdd of a day since 1970-01-01; years 0 to 9999. */
uint32_t city_date_of_day(int64_t day);

/* The first permit of the object that allows what a case of the class would end on the local day of at_ms, granted by
 * another department than `department`; NONE32 if none. */
uint32_t city_find_permit(const struct city *city, uint32_t asset, uint32_t class_row,
                          uint32_t department, int64_t at_ms);

/* The nearest asset of kind within radius_cm, ties by row; NONE32 if none. */
uint32_t city_find_asset(const struct city *city, uint32_t kind, int32_t lon, int32_t lat,
                         int64_t radius_cm);

/* Does gateways.csv let it send events of that type? */
bool city_gateway_may_send(const struct city *city, const struct city_gateway *gateway,
                           const char *type, uint64_t type_size);

#endif
