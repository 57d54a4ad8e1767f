#!/usr/bin/env python3
"""test_sim_live.py: a simulated run is read while it goes on: every reading is a whole report that says how far it is."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

GRIDLOOP = os.path.join(os.environ.get("BUILD", "build"), "gridloop")


def check(is_so, what):
    if not is_so:
        print(f"not ok - {what}")
        sys.exit(1)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read(), os.fstat(file.fileno()).st_ino


def watch(process, page, tree):
    """All that was read of both until the run ended."""
    pages, trees = [], []
    while True:
        is_over = process.poll() is not None
        for path, have in ((page, pages), (tree, trees)):
            if os.path.exists(path):
                text, file = read(path)
                if not have or have[-1][1] != file:
                    have.append((text, file))
        if is_over:
            return pages, trees
        time.sleep(0.005)


def main():
    with tempfile.TemporaryDirectory(prefix="gridloop-live-") as work:
        page, tree = os.path.join(work, "run.html"), os.path.join(work, "run.json")
        process = subprocess.Popen([GRIDLOOP, "sim", "--city", "small", "--hours", "240", "--rate", "20", "--quiet", "--lang", "en",
                                    "--report", page, "--json", tree], stdout=subprocess.DEVNULL)
        pages, trees = watch(process, page, tree)
        check(process.returncode == 0, f"the run ends well, not with {process.returncode}")
        check(len(pages) >= 2 and len(trees) >= 2, f"{len(pages)} pages and {len(trees)} trees were seen: one on the way, one at the end")
        check(all(text.rstrip().endswith("</html>") for text, _ in pages), "every page is whole")
        for text, _ in pages[:-1]:
            check("http-equiv=refresh" in text and re.search(r"day \d+ of 10, as of 2026-\d\d-\d\d \d\d:\d\d", text), "a page on the way says how far it is")
        check("http-equiv=refresh" not in pages[-1][0] and "class=live>" not in pages[-1][0], "the last page stands")
        told = [json.loads(text) for text, _ in trees]
        check(told[0]["live"]["days"] == 10 and 1 <= told[0]["live"]["day"] <= 10, "a tree on the way says how far it is")
        check("live" not in told[-1], "the last tree is of the whole run")
        events = [one["ledger"]["events"]["events"] for one in told]
        check(events == sorted(events) and events[0] < events[-1], f"events are added up: {events}")
        check(sorted(os.listdir(work)) == ["run.html", "run.json"], f"nothing is left beside: {os.listdir(work)}")
        print(f"ok 1 - {len(pages)} pages and {len(trees)} trees read while it ran, every one whole")
    with tempfile.TemporaryDirectory(prefix="gridloop-live-") as work:
        process = subprocess.Popen([GRIDLOOP, "sim", "--city", "small", "--hours", "240", "--rate", "200", "--quiet"],
                                   stdout=subprocess.DEVNULL, env={**os.environ, "TMPDIR": work})
        while not any(files for _, _, files in os.walk(work)) and process.poll() is None:
            time.sleep(0.005)
        process.terminate()
        check(process.wait() == -signal.SIGTERM, f"an ended run ends by its signal, not with {process.returncode}")
        check(os.listdir(work) == [], f"an ended run leaves nothing behind: {os.listdir(work)}")
        print("ok 2 - a run that is ended takes its city along")


main()
