/* html.c: see html.h. */
#include "engine/cli/html.h"

static const char STYLE[] =
    ":root{--ink:#1c2126;--soft:#5b6570;--line:#d5dade;--tint:#f4f6f7;--mark:#2f5d7c;--warn:#"
    "9a5b13}"
    "*{box-sizing:border-box}html{background:#eceff1}"
    "body{margin:0;color:var(--ink);font:15px/1.55 'Noto Sans CJK SC','Source Han Sans "
    "SC','PingFang SC',"
    "'Microsoft YaHei',system-ui,sans-serif}"
    "main{max-width:1040px;margin:24px auto;background:#fff;padding:44px 56px 56px;border:1px "
    "solid var(--line)}"
    "h1{font-size:26px;margin:0 0 4px;font-weight:600}h2{font-size:18px;margin:38px 0 "
    "10px;font-weight:600;"
    "border-bottom:2px solid var(--ink);padding-bottom:5px}"
    ".live{border-left:3px solid currentColor;padding:6px 12px}"
    ".sub,.note{color:var(--soft)}.note{font-size:13px;margin:8px 0}"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
    "th{font-weight:600;text-align:left;font-size:13px;color:var(--soft);border-bottom:1px solid "
    "var(--ink);"
    "padding:5px 8px 5px 0;vertical-align:bottom}"
    "td{border-bottom:1px solid var(--line);padding:6px 8px 6px 0;vertical-align:top}"
    ".ix td:last-child,.ix th:last-child{padding-left:26px;width:38%}"
    "td.n,th.n{text-align:right;white-space:nowrap}td "
    "small{color:var(--soft);display:block;font-size:12.5px}"
    ".na{color:var(--soft)}.differs{color:var(--warn)}"
    ".cards{display:grid;grid-template-columns:repeat(3,1fr);gap:0;border:1px solid "
    "var(--line);margin-top:22px}"
    ".cards div{padding:14px 18px;border-right:1px solid var(--line);border-bottom:1px solid "
    "var(--line)}"
    ".cards b{display:block;font-size:25px;font-weight:600;color:var(--mark)}.cards "
    "span.l{font-size:13px}"
    ".cards small{color:var(--soft);display:block;font-size:12.5px}"
    "svg{display:block;width:100%;height:auto;margin:10px 0}svg text{font:11px "
    "sans-serif;fill:#5b6570}"
    "svg.key{display:inline-block;width:24px;height:10px;margin:0 5px 0 0}svg.map{max-height:640px}"
    ".legend{font-size:13px;color:var(--soft);margin:4px 0}.legend span{margin-right:18px}"
    ".legend i{display:inline-block;width:14px;height:14px;margin-right:6px;vertical-align:-2px;"
    "border:1px solid var(--line)}"
    ".maps{display:grid;grid-template-columns:1fr 1fr;gap:8px 24px}"
    "h1.run{margin-top:56px;border-top:6px solid var(--tint);padding-top:28px}"
    "details{margin:4px 0}summary{cursor:pointer}details p{columns:4;font-size:12.5px;margin:6px 0 "
    "14px;"
    "font-variant-numeric:tabular-nums}"
    "code{font:12px ui-monospace,monospace;color:var(--soft);overflow-wrap:anywhere}"
    ".switch{max-width:1040px;margin:18px auto 0;text-align:right;font-size:13px}"
    ".switch label{padding:3px 10px;border:1px solid var(--line);background:#fff;cursor:pointer}"
    "input.lang{position:absolute;opacity:0}"
    "#zh:checked~main .en,#en:checked~main .zh{display:none}"
    "#zh:checked~.switch label[for=zh],#en:checked~.switch "
    "label[for=en]{background:var(--mark);color:#fff}"
    "input.lang:focus-visible~.switch label{outline:1px solid var(--mark)}"
    "@media "
    "print{html{background:#fff}.switch{display:none}main{border:0;margin:0;padding:0;max-width:"
    "none}"
    "body{font-size:11px}h2{break-after:avoid}tr,svg,.cards{break-inside:avoid}@page{size:A4;"
    "margin:16mm 14mm}}"
    "@media(max-width:760px){main{padding:22px 16px}.cards{grid-template-columns:1fr 1fr}details "
    "p{columns:2}"
    ".wide{overflow-x:auto}}";

void html_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '"':
            (void)fputs("&quot;", out);
            break;
        default:
            (void)fputc(*text, out);
        }
    }
}

/* Both languages; style shows one. */
void html_both(FILE *out, const char *zh, const char *en)
{
    (void)fputs("<span class=zh lang=zh>", out);
    html_text(out, zh);
    (void)fputs("</span><span class=en lang=en>", out);
    html_text(out, en);
    (void)fputs("</span>", out);
}

void html_heading(FILE *out, const char *zh, const char *en)
{
    (void)fputs("<h2>", out);
    html_both(out, zh, en);
    (void)fputs("</h2>\n", out);
}

void html_note(FILE *out, const char *zh, const char *en)
{
    (void)fputs("<p class=note>", out);
    html_both(out, zh, en);
    (void)fputs("</p>\n", out);
}

void html_begin(FILE *out, const char *title, enum lang lang)
{
    html_begin_renewed(out, title, lang, 0);
}

void html_begin_renewed(FILE *out, const char *title, enum lang lang, int every_s)
{
    (void)fprintf(out,
                  "<!doctype html>\n<html lang=%s><head><meta charset=utf-8>"
                  "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n",
                  lang == LANG_ZH ? "zh" : "en");
    if (every_s > 0) {
        (void)fprintf(out, "<meta http-equiv=refresh content=%d>\n", every_s);
    }
    (void)fputs("<title>", out);
    html_text(out, title);
    (void)fprintf(out, "</title>\n<style>%s</style></head><body>\n", STYLE);
    (void)fprintf(
        out,
        "<input class=lang type=radio name=l id=zh%s><input class=lang type=radio name=l id=en%s>"
        "<div class=switch><label for=zh lang=zh>中文</label><label for=en "
        "lang=en>English</label></div>\n"
        "<main>\n",
        lang == LANG_ZH ? " checked" : "", lang == LANG_ZH ? "" : " checked");
}

bool html_end(FILE *out)
{
    (void)fputs("</main></body></html>\n", out);
    return fflush(out) == 0 && ferror(out) == 0;
}
