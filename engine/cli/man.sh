#!/bin/sh
# man.sh GRIDLOOP DIR: writes DIR/gridloop.1 and DIR/gridloop-COMMAND.1, all made from what the program says of itself.
#
# Commands come from --list-words, the text of each page from --help, its one-line summary from the help of its group.
set -eu
program="$1"
out="$2"
mkdir -p "$out"
version=$("$program" --version)
# The same program gives the same pages.
day=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(stat -c %Y "$program")}" +%F)
# argp wraps at the terminal's width; a page is wrapped by whoever shows it.
export ARGP_HELP_FMT=rmargin=1000 LC_ALL=C.UTF-8

summary_of() { # "gridloop log verify" -> the line its group has for it
    group=${1% *}
    verb=${1##* }
    # shellcheck disable=SC2086
    "$program" ${group#gridloop} --help | awk -v verb="$verb" '$1 == verb && /^  / { sub(/^ *[^ ]+ +/, ""); print; exit }'
}

page() { # name summary
    # shellcheck disable=SC2086
    "$program" ${1#gridloop} --help | awk -v name="$1" -v summary="$2" -v version="$version" -v words="$list" -v day="$day" '
        function plain(text) {
            gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text)
            sub(/^[.\047]/, "\\\\\\&&", text)
            return text
        }
        function section(title) { if (open != title) { print ".SH " title; open = title } }
        BEGIN {
            dashed = name; gsub(/ /, "-", dashed)
            print ".TH " toupper(dashed) " 1 \"" day "\" \"" version "\" \"User Commands\""
            print ".SH NAME\n" plain(dashed) " \\- " plain(summary)
        }
        NR == 1 { section("SYNOPSIS"); sub(/^[Uu]sage: /, ""); print "\\fB" plain($0) "\\fR"; next }
        /^Mandatory or optional arguments/ || /^for any corresponding/ { seen = 1; next }
        /^ +(-.|--)/ {
            section("OPTIONS"); sub(/^ +/, "")
            at = match($0, /  +/)
            print ".TP\n\\fB" plain(at ? substr($0, 1, at - 1) : $0) "\\fR"
            if (at) print plain(substr($0, at + RLENGTH))
            seen = 1; next
        }
        /^  [a-z]/ {
            section("COMMANDS"); sub(/^ +/, ""); at = match($0, /  +/)
            if (!at) at = index($0, " ")
            print ".TP\n\\fB" plain(substr($0, 1, at - 1)) "\\fR"
            text = substr($0, at); sub(/^ +/, "", text); print plain(text)
            seen = 1; next
        }
        /^ *$/ { blank = 1; next }
        {
            sub(/^ +/, "")
            title = seen ? "NOTES" : "DESCRIPTION"
            if (open == title && blank) print ".PP"
            section(title); print plain($0); blank = 0
        }
        END {
            group = dashed; sub(/-[^-]*$/, "", group)
            print ".SH EXIT STATUS\nThose of sysexits.h: 0 done, 64 wrong usage, 65 bad data, 66 a named file is missing, 69 no engine, 70 a bug, 74 the disk, 75 try again, 77 refused, 78 settings; 1 an expectation that failed."
            print ".SH SEE ALSO"
            n = split(words, verbs, " ")
            see = group != "" && group != dashed ? "\\fB" plain(group) "\\fR(1)" : ""
            for (i = 1; i <= n; i++)
                if (verbs[i] !~ /^-/) see = see (see != "" ? ", " : "") "\\fB" plain(dashed "-" verbs[i]) "\\fR(1)"
            print see
        }'
}

"$program" --list-words | while IFS='	' read -r name list rest; do
    case "$list" in --*) list='' ;; esac
    if [ "$name" = gridloop ]; then
        summary='decides who must act on a city incident, and follows each case until it was checked'
    else
        case "$list" in *=*) list='' ;; esac
        summary=$(summary_of "$name")
    fi
    page "$name" "$summary" >"$out/$(echo "$name" | tr ' ' '-').1"
done
