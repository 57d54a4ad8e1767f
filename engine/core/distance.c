/* distance.c: a plane tangent to the WGS-84 ellipsoid at the mean latitude of two places.
 *
 * One row per whole degree of latitude p, in 1e-9 cm per 1e-7 degree, rounded to the nearest:
 *     lat  = M(p) k              M(p) = a (1 - e2) / (1 - e2 sin^2 p)^(3/2)    along the meridian
 *     lon  = N(p) cos(p) k       N(p) = a / (1 - e2 sin^2 p)^(1/2)             along the parallel
 *     a = 6378137 m, 1/f = 298.257223563, e2 = f (2 - f), k = (pi / 180) * 1e-7 * 1e2 * 1e9
 * (WGS-84 defining constants, NGA.STND.0036.) Between rows: linear, off by at most h^2/8 = 3.8e-5 of the value
 * for steps of h = 1 degree. tests/unit/core/test_distance.c recomputes the table. */
#include "engine/core/distance.h"

#define DEGREE DISTANCE_DEGREE
#define SCALE DISTANCE_SCALE
#define TURN (INT64_C(2) * LON_LIMIT)

struct scale_row {
    int64_t lat;
    int64_t lon;
};

/* clang-format off */
static const struct scale_row SCALES[91] = {
    {1105742758, 1113194908}, {1105746140, 1113026498}, {1105756282, 1112521315},
    {1105773172, 1111679505}, {1105796789, 1110501308}, {1105827106, 1108987062},
    {1105864087, 1107137201}, {1105907688, 1104952254}, {1105957856, 1102432847},
    {1106014533, 1099579703}, {1106077651, 1096393641}, {1106147135, 1092875573},
    {1106222901, 1089026511}, {1106304861, 1084847559}, {1106392916, 1080339919},
    {1106486962, 1075504887}, {1106586886, 1070343855}, {1106692569, 1064858308},
    {1106803886, 1059049827}, {1106920703, 1052920089}, {1107042881, 1046470863},
    {1107170274, 1039704012}, {1107302730, 1032621494}, {1107440091, 1025225358},
    {1107582191, 1017517749}, {1107728861, 1009500903}, {1107879925, 1001177147},
    {1108035203, 992548902}, {1108194507, 983618680}, {1108357646, 974389082},
    {1108524425, 964862803}, {1108694643, 955042624}, {1108868094, 944931418},
    {1109044571, 934532147}, {1109223860, 923847861}, {1109405745, 912881696},
    {1109590007, 901636878}, {1109776422, 890116717}, {1109964766, 878324610},
    {1110154811, 866264039}, {1110346326, 853938570}, {1110539079, 841351851},
    {1110732836, 828507616}, {1110927362, 815409678}, {1111122420, 802061931},
    {1111317774, 788468351}, {1111513185, 774632991}, {1111708415, 760559983},
    {1111903226, 746253536}, {1112097380, 731717934}, {1112290640, 716957536},
    {1112482769, 701976777}, {1112673533, 686780161}, {1112862697, 671372265},
    {1113050030, 655757738}, {1113235302, 639941293}, {1113418285, 623927715},
    {1113598754, 607721853}, {1113776487, 591328620}, {1113951266, 574752995},
    {1114122875, 558000016}, {1114291102, 541074782}, {1114455740, 523982452},
    {1114616585, 506728240}, {1114773440, 489317418}, {1114926109, 471755311},
    {1115074403, 454047294}, {1115218140, 436198797}, {1115357141, 418215294},
    {1115491233, 400102310}, {1115620251, 381865413}, {1115744034, 363510214},
    {1115862428, 345042368}, {1115975286, 326467567}, {1116082468, 307791541},
    {1116183841, 289020058}, {1116279277, 270158918}, {1116368660, 251213951},
    {1116451876, 232191022}, {1116528823, 213096018}, {1116599404, 193934855},
    {1116663532, 174713472}, {1116721126, 155437830}, {1116772115, 136113907},
    {1116816435, 116747702}, {1116854030, 97345226}, {1116884854, 77912504},
    {1116908869, 58455573}, {1116926043, 38980477}, {1116936356, 19493267},
    {1116939796, 0},
};
/* clang-format on */

static int64_t absolute(int64_t x)
{
    return x < 0 ? -x : x;
}

/* Scales at |lat| in 1e-7 degrees: lat grows towards a pole, lon shrinks. Unsigned, for quotients by a constant are cheaper so. */
static inline struct scale_row scale_at(int64_t lat)
{
    must(lat >= 0 && lat <= LAT_LIMIT);
    const uint32_t row = (uint32_t)lat / DEGREE;
    const uint64_t part = (uint32_t)lat % DEGREE;
    const struct scale_row low = SCALES[row];
    if (part == 0) {
        return low;
    }
    const struct scale_row high = SCALES[row + 1];
    return (struct scale_row){
        low.lat + (int64_t)((uint64_t)(high.lat - low.lat) * part / DEGREE),
        low.lon - (int64_t)((uint64_t)(low.lon - high.lon) * part / DEGREE),
    };
}

uint64_t distance_squared(struct place a, struct place b)
{
    must(place_is_valid(a));
    must(place_is_valid(b));
    int64_t lat_difference = absolute((int64_t)a.lat - b.lat);
    int64_t lon_difference = absolute((int64_t)a.lon - b.lon);
    if (lon_difference > LON_LIMIT) {
        lon_difference = TURN - lon_difference;
    }
    struct scale_row scale = scale_at(absolute((int64_t)a.lat + b.lat) / 2);
    /* 1.8e9 * 1.12e9 fits in 63 bits, and two squares of 2.1e9 cm in 64. */
    uint64_t north = (uint64_t)lat_difference * (uint64_t)scale.lat / SCALE;
    uint64_t east = (uint64_t)lon_difference * (uint64_t)scale.lon / SCALE;
    return north * north + east * east;
}

struct distance_from distance_from(struct place place)
{
    must(place_is_valid(place));
    const uint32_t row = (uint32_t)min_i64(absolute(place.lat) / DEGREE, COUNT_OF(SCALES) - 2);
    return (struct distance_from){.place = place,
                                  .lat_first = row * DEGREE,
                                  .lat = (uint64_t)SCALES[row].lat,
                                  .lon = (uint64_t)SCALES[row].lon,
                                  .lat_more = (uint64_t)(SCALES[row + 1].lat - SCALES[row].lat),
                                  .lon_less = (uint64_t)(SCALES[row].lon - SCALES[row + 1].lon)};
}

int64_t distance_cm(struct place a, struct place b)
{
    return (int64_t)isqrt_u64(distance_squared(a, b));
}

/* distance_cm rounds down, so what lies at distance cm may be almost one centimetre farther. */
int64_t distance_lat_span(int64_t cm)
{
    must(cm >= 0);
    if (cm >= (INT64_C(1) << 31)) {
        return 2 * (int64_t)LAT_LIMIT;
    }
    int64_t span = ((cm + 1) * SCALE + SCALES[0].lat - 1) / SCALES[0].lat;
    return min_i64(span, 2 * (int64_t)LAT_LIMIT);
}

int64_t distance_lon_span(int32_t lat, int64_t cm)
{
    must(cm >= 0);
    must(lat >= -LAT_LIMIT && lat <= LAT_LIMIT);
    /* The other place may lie nearer to the pole, where a degree is shorter: take the farthest mean latitude. */
    int64_t mean = absolute(lat) + distance_lat_span(cm) / 2 + 1;
    if (mean >= LAT_LIMIT || cm >= (INT64_C(1) << 31)) {
        return LON_LIMIT;
    }
    int64_t scale = scale_at(mean).lon;
    if (scale == 0) {
        return LON_LIMIT;
    }
    return min_i64(((cm + 1) * SCALE + scale - 1) / scale, LON_LIMIT);
}
