#!/usr/bin/env python3
"""test_cli.py: every subcommand keeps the manners of the command line.

The subcommands and their options are asked from the program (--list-words), so that a new one is held to the same: help on
standard output, a wrong option refused with the nearest, a missing file with 66, no engine with 69, bad data with 65, JSON that
parses, a completion for each word, a manual page. What a command needs besides its options stands in NEEDS.
"""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from engine import GRIDLOOP, Engine, check

# Arguments without which a command would refuse for another reason.
NEEDS = {
    "gridloop case reveal": ["1", "--as", "li.qiang", "--reason", "call_back"],
    "gridloop case erase": ["1", "--as", "li.qiang", "--reason", "reporter_asked"],
    "gridloop case status": ["1.1"], "gridloop case evidence": ["1"], "gridloop report": ["--html", "-"],
    "gridloop case show": ["1"], "gridloop case explain": ["1"],
    "gridloop case act": ["1", "comment", "--as", "li.qiang", "--text", "x"],
    "gridloop case reveal": ["1", "--as", "li.qiang", "--reason", "call_back"],
    "gridloop case erase": ["1", "--as", "li.qiang", "--reason", "call_back"],
    "gridloop case status": ["1.1"], "gridloop case evidence": ["1"],
    "gridloop index": ["--data", "DATA"], "gridloop report": ["--html", "OUT", "--data", "DATA"],
    "gridloop rules plan": ["CITY"], "gridloop rules activate": ["CITY", "--as", "xu.wenjing", "--reason", "x"],
    "gridloop rules explain": ["--event", '{"type": "camera.garbage_overflow", "device": "C-002"}'],
    "gridloop send": ["--example", "camera.garbage_overflow", "--wait", "1"],
    "gridloop worker": ["--as", "li.qiang", "--for", "1"],
    "gridloop trace convert": ["--map", "sffd"], "gridloop city import": ["sf", "--out", "OUT"],
    "gridloop account add": ["li.qiang"], "gridloop account token": ["li.qiang"], "gridloop account remove": ["li.qiang"],
    "gridloop backup": ["OUT"], "gridloop history show": ["1"], "gridloop history search": ["bin"],
    "gridloop cap": ["tests/data/cap/air_orange.xml"],
    "gridloop webhook run": ["--data", "DATA"], "gridloop webhook replay": ["x"],
    "gridloop door csv": ["tests/data/doors/12345.csv", "--map", "12345", "--wait", "1"],
    "gridloop door ndjson": ["tests/data/doors/events.ndjson", "--wait", "1"],
    "gridloop door json": ["tests/data/doors/event-notify.json", "--map", "event-notify", "--wait", "1"],
    "gridloop plan list": ["--as", "li.qiang"], "gridloop plan show": ["--as", "li.qiang"],
    "gridloop silence list": ["--as", "li.qiang"], "gridloop silence end": ["1", "--as", "li.qiang"],
    "gridloop silence add": ["rule=x", "--for", "1h", "--why", "x", "--as", "li.qiang"],
    "gridloop plan ack": ["--as", "li.qiang"], "gridloop plan confirm": ["--as", "li.qiang"],
    "gridloop plan stand-down": ["--as", "li.qiang", "--text", "x"],
    "gridloop plan start": ["plan.air.orange", "--as", "li.qiang", "--text", "x"],
    "gridloop plan drill": ["plan.air.orange", "--as", "li.qiang"],
    "gridloop key new": ["NEWKEY", "--id", "li.qiang"], "gridloop key register": ["KEY", "--as", "xu.wenjing"],
    "gridloop key revoke": ["0" * 64, "--as", "xu.wenjing", "--reason", "key_exposed"], "gridloop key rotate": ["KEY", "--as", "xu.wenjing"],
    "gridloop sim": ["--quiet"], "gridloop demo": ["--for", "20"],
}
# Commands whose --data, --city or --url is made, not read, or that answer without it.
MAKES = {"gridloop case evidence": {"url"}, "gridloop door hj212": {"url"}, "gridloop door mqtt": {"url"}, "gridloop serve": {"data"}, "gridloop rules plan": {"data"},
         "gridloop key revoke": {"data"},
         "gridloop rules activate": {"data"}, "gridloop config show": {"data", "city", "rules", "url"}}
JSON = {
    "gridloop check": ["--city", "CITY"], "gridloop city check": ["CITY"], "gridloop city demo": ["OTHER"],
    "gridloop case list": ["--data", "DATA"], "gridloop case show": ["1", "--data", "DATA"],
    "gridloop case explain": ["1", "--data", "DATA"], "gridloop log info": ["--data", "DATA"],
    "gridloop log verify": ["--data", "DATA", "--replay"], "gridloop log replay": ["--data", "DATA"],
    "gridloop log dump": ["--data", "DATA"], "gridloop trace info": ["TRACE"], "gridloop config show": [],
    "gridloop send": ["--example", "camera.garbage_overflow"], "gridloop replay": ["TRACE", "--speed", "max"],
    "gridloop case act": ["1", "comment", "--as", "li.qiang", "--text", "x"],
    "gridloop rules plan": ["CITY"], "gridloop rules activate": ["CITY", "--as", "xu.wenjing", "--reason", "x"],
    "gridloop sim": ["--city", "CITY", "--trace", "TRACE", "--quiet", "--json", "-"],
    "gridloop plan list": ["--as", "li.qiang"], "gridloop silence list": ["--as", "li.qiang"],
    "gridloop key new": ["NEWKEY", "--id", "li.qiang"], "gridloop key show": ["KEY"], "gridloop key list": ["--data", "DATA"],
    "gridloop key register": ["KEY", "--as", "xu.wenjing"],
    "gridloop account list": ["--data", "DATA"], "gridloop ledger": ["--data", "DATA"], "gridloop burden": ["--data", "DATA"],
}


class Words:
    """One command as --list-words gives it."""

    def __init__(self, line):
        name, words, rest = (line.split("\t") + [""])[:3]
        self.name = name
        self.args = name.split()[1:]
        self.rest = rest
        words = words.split()
        self.is_group = not any(word.startswith("--") and word != "--help" for word in words) and words != ["--help"]
        self.verbs = [word for word in words if not word.startswith("--")]
        self.options = {word[2:].split("=", 1)[0]: (word.split("=", 1) + [None])[1] for word in words if word.startswith("--")}
        self.is_group = bool(self.verbs)


def call(words, env, stdin=""):
    return subprocess.run([GRIDLOOP, *words], capture_output=True, text=True, timeout=60, env=env, input=stdin, check=False)


def said(done):
    return f"exit {done.returncode}: {done.stdout[-300:]} {done.stderr[-600:]}"


def check_manners(commands, env):
    for command in commands:
        done = call([*command.args, "--help"], env)
        check(done.returncode == 0 and done.stdout and not done.stderr, f"{command.name} --help: {said(done)}")
        if command.is_group:
            done = call([*command.args, command.verbs[0] + "x"], env)
            check(done.returncode == 64 and "did you mean" in done.stderr, f"{command.name}: a wrong word: {said(done)}")
            done = call(command.args, env)
            check(done.returncode == 64, f"{command.name} without a word: {said(done)}")
            continue
        done = call([*command.args, "--zzzzzzzz"], env)
        check(done.returncode == 64 and "--zzzzzzzz" in done.stderr and "--help" in done.stderr and not done.stdout,
              f"{command.name} --zzzzzzzz: {said(done)}")
        longest = max(command.options, key=len)
        typo = longest[:-2] + longest[-1] + longest[-2] if len(longest) > 3 else longest
        done = call([*command.args, "--" + typo, "x"], env)
        check(done.returncode == 64 and (len(longest) < 4 or "did you mean --" in done.stderr),
              f"{command.name} --{typo}: no near option was named: {said(done)}")
        for option, value in command.options.items():
            if value and "|" in value and value == value.lower() and value.replace("|", "").replace("_", "").isalpha():
                done = call([*command.args, f"--{option}=nonsense"], env)
                check(done.returncode == 64 and value in done.stderr, f"{command.name} --{option}=nonsense: {said(done)}")
    print(f"ok 1 - {len(commands)} commands: help on standard output, wrong words and options refused with 64 and a hint")


def check_missing(commands, env, files):
    count = 0
    for command in commands:
        for option in ("data", "city", "trace", "config"):
            if command.options.get(option) not in ("DIR", "FILE") or option in MAKES.get(command.name, set()):
                continue
            words = [*command.args, *(files.get(word, word) for word in NEEDS.get(command.name, [])), f"--{option}",
                     "/nowhere/at-all"]
            if option == "trace" and "city" in command.options:
                words += ["--city", files["CITY"]]
            if option == "city" and "trace" in command.options:
                words += ["--trace", files["TRACE"]]
            done = call(words, env)
            check(done.returncode == 66, f"{command.name} --{option} /nowhere/at-all: {said(done)}")
            check("/nowhere/at-all" in done.stderr and "exit 66" in done.stderr, f"{command.name}: names no file: {said(done)}")
            count += 1
        if "FILE" in command.rest or command.rest == "DIR" and command.name.endswith("check"):
            words = [*command.args, *(files.get(word, word) for word in NEEDS.get(command.name, []) if "example" not in word
                                      and "camera" not in word and not os.path.exists(word)), "/nowhere/at-all"]
            done = call(words, env)
            check(done.returncode == 66, f"{command.name} /nowhere/at-all: {said(done)}")
            count += 1
    check(count >= 12, f"only {count} commands were asked for a missing file")
    print(f"ok 2 - {count} missing files and directories: exit 66, named")


def check_no_engine(commands, env, files):
    asked = []
    for command in commands:
        if command.options.get("url") != "URL" or "url" in MAKES.get(command.name, set()):
            continue
        words = [*command.args, *(files.get(word, word) for word in NEEDS.get(command.name, [])), "--url", f"ipc://{files['HOME']}/nobody.sock"]
        if command.name == "gridloop replay":
            words.append(files["TRACE"])
        asked.append((command, words))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:  # each waits some seconds for an answer
        answers = list(pool.map(lambda one: call(one[1], env), asked))
    for (command, _), done in zip(asked, answers):
        check(done.returncode == 69 and "no engine at" in done.stderr and "start one" in done.stderr,
              f"{command.name} without an engine: {said(done)}")
    check(len(asked) >= 4, f"only {len(asked)} commands talk to an engine")
    print(f"ok 3 - {len(asked)} clients without an engine: exit 69, and how to start one")


def check_bad_data(env, files):
    bad = os.path.join(files["HOME"], "bad")
    os.makedirs(bad)
    with open(os.path.join(bad, "trace"), "w", encoding="utf-8") as file:
        file.write("this is no JSON\n")
    shutil.copytree(files["CITY"], os.path.join(bad, "city"))
    with open(os.path.join(bad, "city", "workers.csv"), "a", encoding="utf-8") as file:
        file.write("broken\n")
    trace, city = os.path.join(bad, "trace"), os.path.join(bad, "city")
    for words in (["check", "--city", city], ["city", "check", city], ["serve", "--city", city, "--data", bad + "/d"],
                  ["sim", "--city", city, "--trace", files["TRACE"], "--quiet"], ["trace", "generate", "--city", city],
                  ["sim", "--city", files["CITY"], "--trace", trace, "--quiet"], ["trace", "info", trace],
                  ["trace", "convert", "--map", "sffd", trace], ["send", trace, "--url", files["URL"]],
                  ["replay", trace, "--url", files["URL"]]):
        done = call(words, env)
        check(done.returncode == 65 and (done.stderr or done.stdout), f"gridloop {' '.join(words)}: {said(done)}")
    data = os.path.join(bad, "data")
    os.makedirs(data)
    words = ["serve", "--city", files["CITY"], "--data", data, "--limit", "plan_tasks=5", "--http", "none"]
    done = call(words, env)
    needed = int(done.stderr.split("need ", 1)[-1].split(":", 1)[0] if "need " in done.stderr else "0")
    check(done.returncode == 78 and needed > 5 and "limit plan_tasks=5 " in done.stderr and f"--limit plan_tasks={needed} " in done.stderr,
          f"a limit that is too small: {said(done)}")
    check(os.listdir(data) == [], f"a refused start left {os.listdir(data)}")
    with open(os.path.join(data, "limits"), "w", encoding="utf-8") as file:
        file.write("plan_tasks 5\n")
    done = call(words[:5] + words[7:], env)
    check(done.returncode == 78 and "limit plan_tasks=5 of this log" in done.stderr and os.listdir(data) == ["limits"], f"a log's limit: {said(done)}")
    for limit, code in ((needed, 0), (needed - 1, 78)):
        done = call(["check", files["CITY"], "--limit", f"plan_tasks={limit}"], env)
        check(done.returncode == code and (code == 0 or f"need {needed} " in done.stderr), f"check with plan_tasks={limit}: {said(done)}")
    print("ok 4 - broken cities and traces: exit 65, listed; a limit that is too small: 78, named, the directory untouched")


def check_json(commands, env, files):
    count = 0
    for command in commands:
        if "json" not in command.options or command.name not in JSON:
            continue
        words = [*command.args, *(files.get(word, word) for word in JSON[command.name])]
        words += [] if "--json" in words else ["--json"]
        done = call(words, env)
        check(done.returncode == 0, f"{' '.join(words)}: {said(done)}")
        try:
            json.loads(done.stdout)
        except ValueError:
            try:
                for line in done.stdout.splitlines():
                    json.loads(line)
            except ValueError:
                check(False, f"{' '.join(words)}: not JSON: {done.stdout[:300]}")
        check(done.stdout.strip() != "", f"{' '.join(words)}: printed nothing")
        count += 1
    check(count >= 14, f"only {count} commands print JSON")
    print(f"ok 5 - {count} commands print JSON that parses")


def check_completion(commands, env, home):
    script = os.path.join(home, "completion.bash")
    with open(script, "w", encoding="utf-8") as file:
        file.write(call(["completion", "bash"], env).stdout)
    ask = "source " + script + """
t() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gridloop; echo "${COMPREPLY[@]}"; }
while IFS= read -r line; do eval "t $line"; done"""
    lines, wanted = [], []
    for command in commands:
        path = " ".join(["gridloop", *command.args])
        lines.append(f"{path} ''" if command.is_group else f"{path} --")
        wanted.append(set(command.verbs) if command.is_group else {"--" + option for option in command.options})
        for option, value in command.options.items():
            if value == "zh|en":
                lines += [f"{path} --{option} z", f"{path} --{option} = e"]
                wanted += [{"zh"}, {"en"}]
    done = subprocess.run(["bash", "-c", ask], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=120,
                          env=env, check=False)
    answers = done.stdout.splitlines()
    check(len(answers) == len(lines), f"{len(answers)} answers to {len(lines)} completions: {done.stderr[-500:]}")
    for line, want, answer in zip(lines, wanted, answers):
        check(want <= set(answer.split()), f"completion of \"{line}\" lacks {want - set(answer.split())}: {answer}")
    print(f"ok 8 - {len(lines)} completions in bash")


def check_install(commands, env, home):
    root = os.path.join(home, "root")
    done = subprocess.run(["make", "BUILD=" + os.environ.get("BUILD", "build"), "install", "DESTDIR=" + root, "PREFIX=/usr"],
                          capture_output=True, text=True, timeout=600, env=env, check=False)
    check(done.returncode == 0, f"make install: {said(done)}")
    for name in ("bin/gridloop", "lib/libgridloop.so.0", "lib/libgridloop.a", "include/gridloop.h", "share/bash-completion/completions/gridloop"):
        check(os.path.exists(os.path.join(root, "usr", name)), f"make install leaves no {name}")
    with open(os.path.join(root, "usr/lib/pkgconfig/gridloop.pc"), encoding="utf-8") as file:
        check("prefix=/usr\n" in file.read(), "gridloop.pc names another prefix")
    pages = os.path.join(root, "usr/share/man/man1")
    wanted = {command.name.replace(" ", "-") + ".1" for command in commands}
    check(set(os.listdir(pages)) == wanted, f"manual pages: {wanted ^ set(os.listdir(pages))} differ")
    tools = [tool for tool in (["mandoc", "-T", "lint", "-W", "warning"], ["man", "--warnings", "-l"]) if shutil.which(tool[0])]
    for tool in tools:
        for page in sorted(wanted):
            done = subprocess.run([*tool, os.path.join(pages, page)], capture_output=True, text=True, timeout=60, check=False,
                                  env={**env, "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
            check(done.returncode == 0 and not done.stderr, f"{tool[0]} {page}: {said(done)}")
            check(tool[0] != "mandoc" or not done.stdout, f"{tool[0]} {page}: {done.stdout[:500]}")
    print(f"ok 10 - make install: {len(wanted)} manual pages, rendered by {', '.join(tool[0] for tool in tools) or 'nothing here'}")


def check_config(env, home):
    path = os.path.join(home, "settings")
    with open(path, "w", encoding="utf-8") as file:
        file.write("# of the test\ncity = from-file\ndata = from-file\nclock = scaled:2@2026-03-03T08:20+08:00\n"
                   "limit = cases=11\nlimit = orders=12\nlang = zh\n")
    env = {**env, "GRIDLOOP_CONFIG": path, "GRIDLOOP_DATA": "from-environment", "GRIDLOOP_LIMIT": "orders=13,workers=14",
           "GRIDLOOP_LISTEN": "ipc:///a,ipc:///b"}
    shown = json.loads(call(["config", "show", "--json", "--limit", "workers=15"], env).stdout)
    serve, clients = shown["serve"], shown["clients"]
    for row, value, origin in ((serve["city"], "from-file", "file " + path), (serve["rules"], "from-file/rules", "built-in"),
                               (serve["data"], "from-environment", "environment GRIDLOOP_DATA"),
                               (serve["listen"], "ipc:///a", "environment GRIDLOOP_LISTEN"),
                               (serve["listen.2"], "ipc:///b", "environment GRIDLOOP_LISTEN"),
                               (serve["limit.cases"], "11", "file " + path),
                               (serve["limit.orders"], "13", "environment GRIDLOOP_LIMIT"),
                               (serve["limit.workers"], "15", "flag --limit"),
                               (serve["limit.gateways"], "1024", "built-in"), (clients["lang"], "zh", "file " + path)):
        check(row == {"value": value, "origin": origin}, f"config show: {row}, not {value} from {origin}")
    done = call(["config", "show", "--origin", "--listen", "ipc:///c"], env)
    check("ipc:///c" in done.stdout and "flag --listen" in done.stdout and "ipc:///a" not in done.stdout,
          f"a flag does not replace the addresses of the environment: {said(done)}")
    with open(path, "a", encoding="utf-8") as file:
        file.write("citty = x\n")
    done = call(["config", "show"], env)
    check(done.returncode == 78 and f"{path}:8" in done.stderr and "nearest: city" in done.stderr, f"config show: {said(done)}")
    print("ok 9 - config show: flags over environment over file over built-in, each with its origin")


def check_names(env):
    """Near names for what only an engine knows."""
    for words, code, text in ((["check", "--city", "x", "--limit", "round_pairs=5"], 64, "at least twice round_orders"),
                              (["worker", "--as", "li.qang"], 77, "li.qiang"),
                              (["case", "act", "1", "coment", "--as", "li.qiang"], 64, "comment"),
                              (["case", "act", "1", "return", "--as", "li.qiang", "--reason", "not_mne"], 64, "not_mine"),
                              (["case", "act", "1", "comment", "--as", "li.qang", "--text", "x"], 77, "li.qiang"),
                              (["send", "--as", "camera-gatewy-1", "--example", "camera.garbage_overflow"], 77,
                               "camera-gateway-1"),
                              (["send", "--example", "camera.garbage_overflo"], 65, "camera.garbage_overflow")):
        done = call(words, env)
        check(done.returncode == code and text in done.stderr, f"gridloop {' '.join(words)}: {said(done)}")
    done = call(["worker", "--as", "li.qiang"], env)
    check(done.returncode == 0 and "no engine" not in done.stderr, f"a worker without input: {said(done)}")
    print("ok 6 - near actions, reasons, persons, gateways and types; a worker with no input finds its engine")


def check_acts(env, files):
    """One case of the running engine: found by its engine's address, evidence with an act, refusals in the reader's language."""
    by_data = call(["case", "list", "--data", files["DATA"]], env)
    other = {**env, "XDG_RUNTIME_DIR": files["HOME"]}  # no note of any engine
    for words in (["case", "list"], ["case", "explain", "1"], ["case", "show", "1"]):
        check(call([*words, "--url", files["URL"]], env).stdout == call([*words, "--data", files["DATA"]], env).stdout != "",
              f"gridloop {' '.join(words)} --url")
        done = call([*words, "--url", files["URL"]], other)
        check(done.returncode == 69 and "--data" in done.stderr, f"gridloop {' '.join(words)} of an engine of somebody else: {said(done)}")
    case = by_data.stdout.split()[0]
    photo = os.path.join(files["HOME"], "photo.txt")
    with open(photo, "wb") as file:
        file.write(b"what was seen")
    there = "ab" * 16
    done = call(["case", "act", case, "comment", "--as", "xu.wenjing", "--text", "x", "--evidence", photo, "--evidence", there], env)
    check(done.returncode == 0, f"an act with evidence: {said(done)}")
    rows = json.loads(call(["case", "evidence", case, "--data", files["DATA"], "--json"], env).stdout)
    check([row["is_there"] for row in rows] == [True, False] and rows[1]["digest"] == there, f"what the act names: {rows}")
    for path, text in (("/nowhere/at-all", "no readable file"), (os.devnull, "empty")):
        done = call(["case", "act", case, "comment", "--as", "xu.wenjing", "--text", "x", "--evidence", path], env)
        check(done.returncode == 66 and path in done.stderr and text in done.stderr, f"--evidence {path}: {said(done)}")
    done = call(["case", "act", case, "reopen", "--as", "xu.wenjing", "--reason", "came_back", "--lang", "zh"], env)
    check(done.returncode == 77 and done.stderr.startswith("已拒绝 ") and f"；案件 {case}；当前可执行：" in done.stderr
          and "refused" not in done.stderr and "possible" not in done.stderr, f"a refusal in Chinese: {said(done)}")
    print("ok 7 - a case by its engine's address, evidence with an act, a refusal in Chinese")


def main():
    home = tempfile.mkdtemp(prefix="gridloop-cli-")
    env = {key: value for key, value in os.environ.items() if not key.startswith("GRIDLOOP_")}
    env.update({"HOME": home, "XDG_RUNTIME_DIR": home, "XDG_STATE_HOME": home, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"})
    listed = call(["--list-words"], env)
    check(listed.returncode == 0 and not listed.stderr, f"a command does not read its line by arguments_parse: {said(listed)}")
    commands = [Words(line) for line in listed.stdout.splitlines()]
    check(len(commands) > 20, "--list-words lists too few commands")
    leaves = [command for command in commands if not command.is_group]
    try:
        check_manners(commands, env)
        with Engine() as engine:
            engine.start()
            trace = os.path.join(home, "trace.ndjson")
            with open(trace, "w", encoding="utf-8") as file:
                file.write('{"id":"1","source":"camera-gateway-1","type":"camera.garbage_overflow",'
                           '"at":"2026-03-03T08:30:00+08:00","device":"C-017","fields":{"confidence":0.94,"fill":0.93}}\n')
            engine.gridloop("send", "--example", "camera.garbage_overflow")
            files = {"CITY": engine.city, "DATA": engine.data, "TRACE": trace, "HOME": home, "URL": engine.url,
                     "OUT": os.path.join(home, "out"), "OTHER": os.path.join(home, "other")}
            files["KEY"], files["NEWKEY"] = os.path.join(home, "li.key"), os.path.join(home, "new.key")
            check(call(["key", "new", files["KEY"], "--id", "li.qiang"], env).returncode == 0, "no key was made")
            check_missing(leaves, env, files)
            check_no_engine(leaves, env, files)
            check_bad_data(env, files)
            with_engine = {**env, **engine.env}
            check_json(leaves, with_engine, files)
            check_names(with_engine)
            check_acts(with_engine, files)
            engine.stop()
        check_completion(commands, env, home)
        check_config(env, home)
        check_install(commands, env, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print("1..10")


main()
