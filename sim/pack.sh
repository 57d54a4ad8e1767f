#!/bin/sh
# pack.sh NAME FILE...: writes C source with the files as the array NAME to standard output (see city_pack.h; HEADER and TYPE name
# another).
set -eu
array=$1
shift
printf '#include "%s"\n' "${HEADER:-sim/city_pack.h}"
i=0
for file in "$@"; do
    printf 'static const uint8_t FILE_%d[] = {\n' "$i"
    od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    printf '0};\n'
    i=$((i + 1))
done
printf 'const struct %s %s[] = {\n' "${TYPE:-city_pack_file}" "$array"
i=0
for file in "$@"; do
    case $file in
    */plans/*) name=plans/${file##*/} ;;
    *) name=${file##*/} ;;
    esac
    printf '    {"%s", FILE_%d, sizeof FILE_%d - 1},\n' "$name" "$i" "$i"
    i=$((i + 1))
done
printf '    {0, 0, 0}};\nconst size_t %s_COUNT = %d;\n' "$array" "$i"
