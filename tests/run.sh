#!/bin/bash
# run.sh PROGRAM...: runs test programs and scripts, JOBS at a time, and says what became of each when it ends.
#
#   exit 0 passed, 77 skipped (its last line says why), anything else failed
#   BUILD         where the logs go (test-logs/), default build
#   JOBS          how many run beside each other, default one more than processors: some always wait for a clock
#   TEST_TIMEOUT  seconds one program may take, default 900
#   TALLY         a file to which "passed", "failed" or "skipped" and the name are appended
#
# A script whose head says "Runs alone" compares times: it waits until all others are through.
# The last line is "N passed, N failed"; programs count, not the cases inside them.
set -euo pipefail

build="${BUILD:-build}"
logs="$build/test-logs"
limit="${TEST_TIMEOUT:-900}"
jobs="${JOBS:-$(($(nproc 2>/dev/null || echo 2) + 1))}"
mkdir -p "$logs"
passed=0 failed=0 skipped=0
failures=()
declare -A name_of=() began_of=() log_of=() # by process id

note() {
    if [ -n "${TALLY:-}" ]; then
        echo "$1 $2" >>"$TALLY"
    fi
}

# start PROGRAM: in the background. It gets no terminal, signals as a shell's foreground gives them, and its own process
# group (timeout's), so that what it leaves behind can be ended with it.
start() {
    local program="$1" name="${1#"$build"/}" log
    case "$program" in
    /*) ;;
    *) program="./$program" ;;
    esac
    log="$logs/$(echo "$name" | tr '/' '_').log"
    PYTHONDONTWRITEBYTECODE=1 CMOCKA_MESSAGE_OUTPUT=TAP BUILD="$build" \
        env --default-signal=INT,QUIT timeout --kill-after=10 "$limit" "$program" >"$log" 2>&1 </dev/null &
    name_of[$!]=$name
    log_of[$!]=$log
    began_of[$!]=$(date +%s%N)
}

# finish: waits for the next one to end and says what became of it.
finish() {
    local pid='' code=0 name log ms cases
    wait -n -p pid "${!name_of[@]}" || code=$?
    name=${name_of[$pid]} log=${log_of[$pid]}
    ms=$((($(date +%s%N) - ${began_of[$pid]}) / 1000000))
    unset "name_of[$pid]" "log_of[$pid]" "began_of[$pid]"
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
}

# Ended from outside: no test outlives its run.
trap '[ ${#name_of[@]} -eq 0 ] || kill "${!name_of[@]}" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM

alone=()
for program in "$@"; do
    case "$program" in
    *.py | *.sh)
        if head -n 12 "$program" | grep -q 'Runs alone'; then
            alone+=("$program")
            continue
        fi
        ;;
    esac
    [ ${#name_of[@]} -lt "$jobs" ] || finish
    start "$program"
done
while [ ${#name_of[@]} -gt 0 ]; do finish; done
for program in "${alone[@]}"; do
    start "$program"
    finish
done

[ "$skipped" -eq 0 ] || echo "$skipped skipped"
[ "$failed" -eq 0 ] || printf 'failed: %s\n' "${failures[@]}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
