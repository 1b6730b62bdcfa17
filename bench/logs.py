# SPDX-License-Identifier: GPL-2.0-only
"""From the folders of lab runs to results: one record a run, as it is kept in JSON."""
import os
import re

import starts

FORMAT = 2
TAGS = ("ours", "peer", "plain")


def parse_bench(lines):
    """What cohmem-bench said: {name: {"unit": U, "values": {tag: [a value a round]}}}."""
    out = {}
    pattern = re.compile(r"\bbench (%s) (\S+) (\S+) (\S+)(?: # (.*))?" % "|".join(TAGS))
    for line in lines:
        m = pattern.search(line)
        if not m:
            continue
        tag, name, value, unit, why = m.groups()
        e = out.setdefault(name, {"unit": unit, "values": {}})
        if value != "-":
            e["values"].setdefault(tag, []).append(float(value))
        elif why:
            e.setdefault("why", {})[tag] = why.strip()
    return out


def parse_wire(lines):
    """What cohmem-bench-wire said: {name: {"unit": U, "median", "p99", "worst"}}."""
    out = {}
    for line in lines:
        m = re.match(r"bench (\S+) ([0-9.]+) ([0-9.]+) ([0-9.]+) (\S+)", line)
        if m:
            out[m.group(1)] = {"median": float(m.group(2)), "p99": float(m.group(3)),
                               "worst": float(m.group(4)), "unit": m.group(5)}
    return out


def parse_online(lines):
    """How long it took to put the guest's memory on line: {who: [ms for each GiB]}."""
    out = {}
    for line in lines:
        m = re.search(r"\bonline (ours|bound|kmem) (\d+) ms (\d+) bytes", line)
        if m and int(m.group(3)):
            out.setdefault(m.group(1), []).append(int(m.group(2)) / (int(m.group(3)) / 2 ** 30))
    return out


def lines_of(path):
    """The lines of a log, whatever is in it."""
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read().splitlines()


def slowness(run):
    """How many times slower than alone the machine was, by lab/clock.sh; None: not known."""
    try:
        wall, lost = (int(w) for w in lines_of(os.path.join(run, "lost"))[0].split())
    except (OSError, IndexError, ValueError):
        return None
    return wall / (wall - lost) if wall > lost else 99.0


def commit(run):
    """Of which sources, as the lab has noted it; None: not known."""
    try:
        return lines_of(os.path.join(run, "commit"))[0].strip() or None
    except (OSError, IndexError):
        return None


def meta(run):
    """What the scenario says of the run: a word and its value a line."""
    return dict(line.split(" ", 1) for line in lines_of(os.path.join(run, "bench.meta"))
                if " " in line)


def read_run(run):
    """One run, by its folder."""
    m = meta(run)
    lines = lines_of(os.path.join(run, "verdict"))
    r = {"name": m["name"], "kernel": m["kernel"], "model": m["model"], "hbm": int(m["hbm"]),
         "gpus": int(m["gpus"]), "iommufd": m.get("iommufd") == "1",
         "slow": slowness(run), "commit": commit(run)}
    figures_ = parse_bench(lines)
    if figures_:
        r["figures"] = figures_
    found, profile = starts.parse(lines)
    if found:
        r["starts"] = found
        r["failed"] = starts.failed(lines)
    if profile:
        r["profile"] = profile
    online = parse_online(lines)
    if online:
        r["online"] = online
    return r


def series(kernel):
    """7.3 of 7.3.4+deb13-arm64."""
    return ".".join(kernel.split("-")[0].split("+")[0].split(".")[:2])


def page(kernel):
    """The kernel's page size, by its name."""
    m = re.search(r"-(16k|64k)\b", kernel)
    return m.group(1).upper() if m else "4K"
