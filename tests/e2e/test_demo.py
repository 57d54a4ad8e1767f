#!/usr/bin/env python3
"""test_demo.py: gridloop demo tells its story to the end, engine killed and all: what it counts adds up, nothing is lost."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from engine import GRIDLOOP, check, ok

SECONDS = 20  # the shortest story


def adds_up(line):
    """66 events = 36 opened + 4 merged + ...: the first number is the sum of the others."""
    whole, parts = line.split(" = ")
    numbers = [int(number) for number in re.findall(r"(?:^|\+ )(\d+)", parts.split("(")[0])]
    return len(numbers) > 1 and int(whole.split()[0]) == sum(numbers)


def main():
    home = tempfile.mkdtemp(prefix="gridloop-e2e-")
    try:
        done = subprocess.run([GRIDLOOP, "demo", "--dir", os.path.join(home, "demo"), "--http", "127.0.0.1:0", "--lang", "en", "--for", str(SECONDS)],
                              capture_output=True, text=True, timeout=150, check=False)
        said = done.stdout
        check(done.returncode == 0, f"exit {done.returncode}\n{said[-2000:]}\n{done.stderr[-2000:]}")
        check("-> case 1 (" in said and "offered to" in said and "accepted" in said, f"the story: {said[-2000:]}")
        ok("one case is followed from event to worker")
        back = re.search(r"restarted in .* replayed its log and has (\d+) of (\d+) open cases", said)
        check("kill -9" in said and back and back[1] == back[2] != "0", f"the kill: {said[-2000:]}")
        ok("killed in the middle of its work, the engine has all open cases back")
        for name in ("events", "cases"):
            line = re.search(rf"^\d+ {name} = .*$", said, re.M)
            check(line and adds_up(line[0]), f"{name}: {line and line[0]}")
        told = re.search(r"^(\d+) acknowledgements .*: 0 lost, 0 taken twice$", said, re.M)
        check(told and int(told[1]) > 20, f"acknowledgements: {said[-1500:]}")
        ok("events and cases add up; no acknowledged event is lost or taken twice")
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
