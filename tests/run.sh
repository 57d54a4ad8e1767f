#!/bin/bash
# run.sh PROGRAM...: runs test programs and scripts one after another and says what became of each.
#
#   exit 0 passed, 77 skipped (its last line says why), anything else failed
#   BUILD         where the logs go (test-logs/), default build
#   TEST_TIMEOUT  seconds one program may take, default 900
#   TALLY         a file to which "passed", "failed" or "skipped" and the name are appended
#
# The last line is "N passed, N failed"; programs count, not the cases inside them.
set -euo pipefail

build="${BUILD:-build}"
logs="$build/test-logs"
limit="${TEST_TIMEOUT:-900}"
mkdir -p "$logs"
passed=0 failed=0 skipped=0
failures=()

note() {
    if [ -n "${TALLY:-}" ]; then
        echo "$1 $2" >>"$TALLY"
    fi
}

for program in "$@"; do
    name="${program#"$build"/}"
    case "$program" in
    /*) ;;
    *) program="./$program" ;;
    esac
    log="$logs/$(echo "$name" | tr '/' '_').log"
    begin=$(date +%s%N)
    code=0
    # A test gets no terminal and its own process group, so that what it leaves behind can be ended with it.
    PYTHONDONTWRITEBYTECODE=1 CMOCKA_MESSAGE_OUTPUT=TAP BUILD="$build" timeout --kill-after=10 "$limit" "$program" \
        >"$log" 2>&1 </dev/null || code=$?
    ms=$((($(date +%s%N) - begin) / 1000000))
    case $code in
    0)
        passed=$((passed + 1))
        cases=$(grep -c '^ok ' "$log" || true)
        printf 'ok      %-52s %3s cases %7d ms\n' "$name" "${cases/#0/-}" "$ms"
        note passed "$name"
        ;;
    77)
        skipped=$((skipped + 1))
        printf 'skipped %-52s %s\n' "$name" "$(tail -n 1 "$log")"
        note skipped "$name"
        ;;
    *)
        failed=$((failed + 1))
        failures+=("$name")
        printf 'FAILED  %-52s exit %d, %d ms, %s\n' "$name" "$code" "$ms" "$log"
        [ "$code" -ne 124 ] || echo "    took longer than $limit s"
        { grep -aE '^not ok|must hold|ERROR|rror:' "$log" || true; tail -n 15 "$log"; } | head -n 40 | sed 's/^/    /'
        note failed "$name"
        ;;
    esac
done

[ "$skipped" -eq 0 ] || echo "$skipped skipped"
[ "$failed" -eq 0 ] || printf 'failed: %s\n' "${failures[@]}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
