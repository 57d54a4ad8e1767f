#!/usr/bin/env python3
"""test_readme.py: the commands that README.md shows do what it says, typed in order by a newcomer.

Runs every fenced block behind the mark "run by tests/e2e/test_readme.py" line by line in an empty directory where
`build` is this build. A line ending in & goes on in the background until the end.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
MARK = "<!-- run by tests/e2e/test_readme.py -->"
PAGES = ["README.md"]


def blocks(page):
    text = open(page, encoding="utf-8").read()
    return re.findall(re.escape(MARK) + r"\n```sh\n(.*?)```", text, re.S)


def check_twins():
    """Both front pages say the same: the same commands, and as many sections, table rows and links."""
    english, chinese = (open(page, encoding="utf-8").read() for page in ("README.md", "README.zh-CN.md"))
    for what, pattern in (("commands", r"^(?:build/gridloop|make) [^\n#]*"), ("sections", r"^## "), ("table rows", r"^\|.*\|$"),
                          ("links", r"\]\((?!README)[^)]*\)")):
        left = re.findall(pattern, english.replace("-en.png", "-zh.png"), re.M)  # a picture has a twin of its own
        right = re.findall(pattern, chinese, re.M)
        same = [word.strip() for word in left] == [word.strip() for word in right] if what in ("commands", "links") else \
            len(left) == len(right)
        if not same:
            print(f"not ok - README.md and README.zh-CN.md differ in {what}: {left} {right}")
            sys.exit(1)


def main():
    check_twins()
    home = tempfile.mkdtemp(prefix="gridloop-readme-")
    os.symlink(BUILD, os.path.join(home, "build"))
    env = {**os.environ, "HOME": home, "XDG_RUNTIME_DIR": home, "XDG_STATE_HOME": home, "LANG": "C.UTF-8"}
    background = []
    said = ""
    count = 0
    try:
        for page in PAGES:
            for block in blocks(page):
                for line in block.splitlines():
                    line = line.split(" #")[0].strip()
                    if not line:
                        continue
                    count += 1
                    if line.endswith("&"):
                        log = open(os.path.join(home, "background.log"), "ab")
                        background.append(subprocess.Popen(["bash", "-c", "exec " + line[:-1]], cwd=home, env=env,
                                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log))
                        until = time.monotonic() + 20
                        while b"listening" not in open(log.name, "rb").read() and time.monotonic() < until:
                            time.sleep(0.1)
                        time.sleep(0.5)
                        print(f"ok {count} - {line}")
                        continue
                    done = subprocess.run(["bash", "-c", line], cwd=home, env=env, stdin=subprocess.DEVNULL,
                                          capture_output=True, text=True, timeout=120, check=False)
                    said += done.stdout
                    if done.returncode != 0:
                        print(f"not ok {count} - {line}: exit {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
                        sys.exit(1)
                    print(f"ok {count} - {line}")
    finally:
        for process in background:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(home, ignore_errors=True)
    # What a newcomer should have seen by then.
    for word in ("OPENED", "rule sanitation.garbage_overflow", "offered to", "accepted", "arrived"):
        if word not in said:
            print(f"not ok - the front page promises a loop; \"{word}\" was never said\n{said[-3000:]}")
            sys.exit(1)
    print(f"1..{count}")


main()
