# run.sh: sourced; golden_digest PROGRAM DIR prints "state effects" of the golden morning played by PROGRAM, its log in DIR/log.
# shellcheck shell=sh
golden_digest() {
    mkdir -p "$2"
    "$1" city demo "$2/city" --seed 1 --size small >"$2/city.txt"
    python3 tests/golden/morning.py "$2/city" >"$2/morning.ndjson"
    "$1" sim --city "$2/city" --trace "$2/morning.ndjson" --seed 7 --log "$2/log" --json "$2/report.json" >"$2/sim.txt" 2>&1 || {
        tail -n 20 "$2/sim.txt" >&2
        return 1
    }
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["digest"], d["effects_digest"])' "$2/report.json"
}
