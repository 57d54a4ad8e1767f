/* city_names.c: invented names. Common surnames and given names in free combination. */
#include "sim/city_names.h"

#include "engine/core/base.h"

#include <inttypes.h>
#include <stdio.h>

struct word {
    const char *chinese;
    const char *pinyin;
};

static const struct word SURNAMES[NAME_SURNAMES] = {
    {"王", "wang"},  {"李", "li"},    {"张", "zhang"}, {"刘", "liu"},  {"陈", "chen"},
    {"杨", "yang"},  {"赵", "zhao"},  {"黄", "huang"}, {"周", "zhou"}, {"吴", "wu"},
    {"徐", "xu"},    {"孙", "sun"},   {"胡", "hu"},    {"朱", "zhu"},  {"高", "gao"},
    {"林", "lin"},   {"何", "he"},    {"郭", "guo"},   {"马", "ma"},   {"罗", "luo"},
    {"梁", "liang"}, {"宋", "song"},  {"郑", "zheng"}, {"谢", "xie"},  {"韩", "han"},
    {"唐", "tang"},  {"冯", "feng"},  {"于", "yu"},    {"董", "dong"}, {"萧", "xiao"},
    {"程", "cheng"}, {"曹", "cao"},   {"袁", "yuan"},  {"邓", "deng"}, {"傅", "fu"},
    {"沈", "shen"},  {"曾", "zeng"},  {"彭", "peng"},  {"吕", "lyu"},  {"苏", "su"},
    {"卢", "lu"},    {"蒋", "jiang"}, {"蔡", "cai"},   {"贾", "jia"},  {"丁", "ding"},
    {"魏", "wei"},   {"薛", "xue"},   {"叶", "ye"},
};

static const struct word GIVEN[NAME_GIVEN] = {
    {"芳", "fang"},       {"强", "qiang"},     {"静", "jing"},       {"敏", "min"},
    {"伟", "wei"},        {"丽", "li"},        {"军", "jun"},        {"洋", "yang"},
    {"勇", "yong"},       {"艳", "yan"},       {"杰", "jie"},        {"娟", "juan"},
    {"涛", "tao"},        {"明", "ming"},      {"超", "chao"},       {"秀英", "xiuying"},
    {"霞", "xia"},        {"平", "ping"},      {"刚", "gang"},       {"桂英", "guiying"},
    {"文", "wen"},        {"辉", "hui"},       {"玲", "ling"},       {"鹏", "peng"},
    {"华", "hua"},        {"红", "hong"},      {"飞", "fei"},        {"玉兰", "yulan"},
    {"斌", "bin"},        {"波", "bo"},        {"宁", "ning"},       {"建国", "jianguo"},
    {"志强", "zhiqiang"}, {"海燕", "haiyan"},  {"晓明", "xiaoming"}, {"雪", "xue"},
    {"东", "dong"},       {"梅", "mei"},       {"凯", "kai"},        {"婷", "ting"},
    {"佳", "jia"},        {"浩", "hao"},       {"磊", "lei"},        {"欣", "xin"},
    {"倩", "qian"},       {"航", "hang"},      {"晨", "chen"},       {"宇", "yu"},
    {"帆", "fan"},        {"思远", "siyuan"},  {"雨桐", "yutong"},   {"子轩", "zixuan"},
    {"梓涵", "zihan"},    {"国庆", "guoqing"}, {"春梅", "chunmei"},  {"立新", "lixin"},
    {"振华", "zhenhua"},  {"淑珍", "shuzhen"}, {"德胜", "desheng"},  {"文静", "wenjing"},
};

static const struct word STREETS[] = {
    {"清河", "Qinghe"},  {"柳堤", "Liudi"},         {"石桥", "Shiqiao"}, {"东渡", "Dongdu"},
    {"西苑", "Xiyuan"},  {"云杉", "Yunshan"},       {"桐花", "Tonghua"}, {"望月", "Wangyue"},
    {"南塘", "Nantang"}, {"北辰坊", "Beichenfang"}, {"安澜", "Anlan"},   {"永泰里", "Yongtaili"},
    {"枫林", "Fenglin"}, {"青禾", "Qinghemiao"},    {"白鹭", "Bailu"},   {"松涛", "Songtao"},
    {"锦溪", "Jinxi"},   {"朝晖", "Zhaohui"},       {"古渡", "Gudu"},    {"新桥", "Xinqiao"},
};

static const struct word STREET_PARTS[] = {
    {"", ""}, {"东", " East"}, {"西", " West"}, {"南", " South"}, {"北", " North"}};

static const struct word DISTRICTS[] = {
    {"清河区", "Qinghe District"}, {"柳河区", "Liuhe District"}, {"云河区", "Yunhe District"},
    {"松河区", "Songhe District"}, {"锦河区", "Jinhe District"},
};

/* The counter of the pair whose id this is. */
static uint16_t *find_pair(struct city_names *names, const char *id, uint32_t *out_surname,
                           uint32_t *out_given)
{
    for (uint32_t s = 0; s < NAME_SURNAMES; s++) {
        for (uint32_t g = 0; g < NAME_GIVEN; g++) {
            char candidate[40];
            (void)snprintf(candidate, sizeof candidate, "%s.%s", SURNAMES[s].pinyin,
                           GIVEN[g].pinyin);
            if (strcmp(candidate, id) == 0) {
                *out_surname = s;
                *out_given = g;
                return &names->used[s][g];
            }
        }
    }
    gridloop_panic(__FILE__, __LINE__, "a reserved name is not in the lists");
}

void city_names_init(struct city_names *names, const char *const *reserved, size_t count)
{
    *names = (struct city_names){.used = {{0}}};
    for (size_t i = 0; i < count; i++) {
        uint32_t surname;
        uint32_t given;
        *find_pair(names, reserved[i], &surname, &given) = NAME_RESERVED;
    }
}

static void copy_capital(char *out, const char *pinyin)
{
    (void)strcpy(out, pinyin);
    out[0] = (char)(out[0] - 'a' + 'A');
}

static struct city_name make_name(struct city_names *names, uint32_t surname, uint32_t given)
{
    must(surname < NAME_SURNAMES);
    must(given < NAME_GIVEN);
    const struct word *s = &SURNAMES[surname];
    const struct word *g = &GIVEN[given];
    const uint32_t serial = ++names->used[surname][given];
    struct city_name name;
    char first[16];
    char second[16];
    copy_capital(first, s->pinyin);
    copy_capital(second, g->pinyin);
    (void)snprintf(name.name, sizeof name.name, "%s%s", s->chinese, g->chinese);
    if (serial == 1) {
        (void)snprintf(name.id, sizeof name.id, "%s.%s", s->pinyin, g->pinyin);
        (void)snprintf(name.name_en, sizeof name.name_en, "%s %s", first, second);
    } else {
        (void)snprintf(name.id, sizeof name.id, "%s.%s%" PRIu32, s->pinyin, g->pinyin, serial);
        (void)snprintf(name.name_en, sizeof name.name_en, "%s %s %" PRIu32, first, second, serial);
    }
    return name;
}

struct city_name city_names_take(struct city_names *names, const char *id)
{
    uint32_t surname;
    uint32_t given;
    uint16_t *used = find_pair(names, id, &surname, &given);
    must(*used == NAME_RESERVED);
    *used = 0;
    return make_name(names, surname, given);
}

struct city_name city_names_draw(struct city_names *names, struct random *random)
{
    uint32_t surname;
    uint32_t given;
    do {
        surname = (uint32_t)random_below(random, NAME_SURNAMES);
        given = (uint32_t)random_below(random, NAME_GIVEN);
    } while (names->used[surname][given] == NAME_RESERVED);
    return make_name(names, surname, given);
}

struct city_place_name city_names_street(uint32_t index)
{
    must(index < COUNT_OF(STREETS) * COUNT_OF(STREET_PARTS));
    const struct word *street = &STREETS[index % COUNT_OF(STREETS)];
    const struct word *part = &STREET_PARTS[index / COUNT_OF(STREETS)];
    struct city_place_name place;
    (void)snprintf(place.name, sizeof place.name, "%s%s街道", street->chinese, part->chinese);
    (void)snprintf(place.name_en, sizeof place.name_en, "%s%s Subdistrict", street->pinyin,
                   part->pinyin);
    return place;
}

struct city_place_name city_names_district(uint32_t index)
{
    must(index < COUNT_OF(DISTRICTS));
    struct city_place_name place;
    (void)snprintf(place.name, sizeof place.name, "%s", DISTRICTS[index].chinese);
    (void)snprintf(place.name_en, sizeof place.name_en, "%s", DISTRICTS[index].pinyin);
    return place;
}
