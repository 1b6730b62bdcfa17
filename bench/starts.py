# SPDX-License-Identifier: GPL-2.0-only
"""The start of a virtual machine: from what lab/guest/vm-start printed to its parts.

One clock has it all, the host kernel's. What the guest says has the guest's clock with
it; when the guest's kernel started follows from the first line, which arrived when both
were known. Calls are pairs of events of a thread; they may be nested, and each is
counted in the part of the start in which it began.
"""
import figures

# One after the other; the last two exist only where there are GPUs, and where the guest
# puts their memory on line.
PARTS = ["qemu", "firmware", "kernel", "ready", "online"]

WHAT = {
    "qemu": "QEMU, until its processor runs",
    "firmware": "the guest's firmware",
    "kernel": "the guest's kernel, until its first program",
    "ready": "the GPUs decoded, and a word read from their memory",
    "online": "the memory on line",
}

# (event, number of the ioctl): what it is, and where its size is. VFIO's numbers begin
# at 0x3b64, iommufd's at 0x3b80; see linux/vfio.h, linux/iommufd.h and linux/kvm.h.
CALLS = {
    ("type1", 0x3b71): ("dma_map", "a24"),
    ("type1", 0x3b72): ("dma_unmap", "a16"),
    ("iommufd", 0x3b85): ("dma_map", "a24"),
    ("iommufd", 0x3b8f): ("dma_map", "a24"),
    ("iommufd", 0x3b86): ("dma_unmap", "a16"),
    ("group", 0x3b6a): ("open", None),
    ("device", 0x3b76): ("open", None),
    ("device", 0x3b6f): ("reset", None),
    ("device", 0x3b71): ("reset", None),
    ("kvm", 0x4020ae46): ("kvm_memory", None),
    ("kvm", 0x40a0ae49): ("kvm_memory", None),
}
KINDS = {
    "open": "opening the device",
    "reset": "resets",
    "dma_map": "DMA: mapping",
    "dma_unmap": "DMA: unmapping",
    "write": "writes to configuration space and BARs",
    "kvm_memory": "KVM's memory slots",
    "close": "closing the device",
}
# What nobody does without a GPU, until it can be used.
OF_GPUS = ("open", "reset", "dma_map", "dma_unmap", "write")
PAGE = 4096


class Malformed(ValueError):
    """What was printed is not what vm-start prints."""


def _fields(words):
    return {k: int(v, 0) for k, v in (w.split("=", 1) for w in words if "=" in w)}


def _kind(word, args):
    """What a call was, and about how many bytes."""
    if word == "release":
        return "close", 0
    if word == "write":
        return "write", 0
    kind, size = CALLS.get((word, args.get("cmd")), (None, None))
    return kind, args.get(size, 0) if size else 0


def _calls(events):
    """(kind, begin, seconds, bytes) of each call that both began and ended; bytes are None
    if it was refused."""
    stack, out = {}, []
    for at, pid, word, rest in events:
        if word.endswith("_end"):
            open_ones = stack.get(pid, [])
            for i in range(len(open_ones) - 1, -1, -1):
                if open_ones[i][0] != word[:-4]:
                    continue
                begin, args = open_ones[i][1:]
                del open_ones[i:]
                kind, size = _kind(word[:-4], args)
                if kind:
                    refused = _fields(rest).get("ret", 0) < 0
                    out.append((kind, begin, at - begin, None if refused else size))
                break
        elif word not in ("exec", "guest", "gone"):
            stack.setdefault(pid, []).append((word, at, _fields(rest)))
    return out


def _edges(events):
    """When each part ended, and when it began: a list of (part, begin, end)."""
    marks, guest = {}, {}
    for at, _, word, rest in events:
        if word in ("exec", "gone"):
            marks[word] = at
        elif word == "vcpu":
            marks.setdefault("run", at)
        elif word == "guest":
            # An error has words behind its time, nobody needs them here.
            guest.setdefault(rest[0], (at, int(rest[1]) / 1e6,
                                       int(rest[2]) if rest[2:] and rest[2].isdigit() else 0))
    if "exec" not in marks or "first" not in guest:
        raise Malformed("no begin, or no first line of the guest")
    first, uptime, _ = guest["first"]
    start = first - uptime
    run = marks.get("run", start)
    edges = [("qemu", marks["exec"], run), ("firmware", run, start), ("kernel", start, first)]
    if guest.get("gpus", (0, 0, 0))[2]:
        if "ready" not in guest:
            raise Malformed("the memory did not get ready")
        # In the guest's own time, so that no line's way is counted.
        edges.append(("ready", first, start + guest["ready"][1]))
    if "online" in guest and "load" in guest:
        edges.append(("online", start + guest["load"][1], start + guest["online"][1]))
    return edges, marks, guest


def start(begin, events, end):
    """What became of one start: its words at the begin and at the end, its events."""
    edges, marks, guest = _edges(events)
    ms = {part: (to - since) * 1000 for part, since, to in edges}
    calls = {}
    for kind, at, seconds, size in _calls(events):
        c = calls.setdefault(kind, {"nr": 0, "refused": 0, "ms": 0.0, "bytes": 0, "parts": {}})
        c["nr"] += 1
        c["ms"] += seconds * 1000
        c["refused"] += size is None
        c["bytes"] += size or 0
        part = next((p for p, since, to in edges if since <= at < to), "after")
        c["parts"][part] = c["parts"].get(part, 0.0) + seconds * 1000
    last = edges[-1][2]
    out = {
        "who": begin[0], "round": begin[1], "gpus": int(begin[2]),
        "faults": int(end[2]), "parts": ms, "calls": calls,
        "first_ms": (edges[2][2] - marks["exec"]) * 1000,
        "ready_ms": (next((e[2] for e in edges if e[0] == "ready"), edges[2][2])
                     - marks["exec"]) * 1000,
        "all_ms": (last - marks["exec"]) * 1000,
        "online_bytes": guest.get("online", (0, 0, 0))[2],
    }
    if "gone" in marks and "done" in guest:
        out["stop_ms"] = (marks["gone"] - guest["done"][0]) * 1000
    return out


def parse(lines):
    """All starts of a run, and the profile: lines of a log, with anything in front."""
    out, profile, begin, events = [], [], None, []
    for line in lines:
        if "vmprofile " in line:
            name, nr, us, most = line.split("vmprofile ", 1)[1].split()[:4]
            profile.append({"function": name, "calls": int(nr), "ms": float(us) / 1000,
                            "longest_ms": float(most) / 1000})
            continue
        if "vmstart " not in line:
            continue
        words = line.split("vmstart ", 1)[1].split()
        if words[0] in ("begin", "failed"):
            begin, events = words[1:] if words[0] == "begin" else None, []
        elif words[0] == "end":
            if begin is None or begin[:2] != words[1:3]:
                raise Malformed("the end of what did not begin: %s" % line.strip())
            out.append(start(begin, events, words[1:]))
            begin = None
        elif begin is not None:
            events.append((float(words[0]), int(words[1]), words[2], words[3:]))
    return out, profile


def failed(lines):
    """Drivers with which the machine did not start: {who: why}."""
    return dict(line.split("vmstart failed ", 1)[1].split(" ", 1)
                for line in lines if "vmstart failed " in line)


def gpus_of(run):
    """How many of what."""
    return "%d x %s %s" % (run["gpus"], run["model"], figures.show_size(run["hbm"]))


def given_to(run):
    """What a machine was started with, and how if not as ever."""
    return gpus_of(run) + (" by iommufd" if run["iommufd"] else "")


def of(starts, who):
    """Those of one driver."""
    return [s for s in starts if s["who"] == who]


def extra(starts, who, key="ready_ms"):
    """How much longer than without a GPU, ms: round by round, as each round has both."""
    without = {s["round"]: s[key] for s in of(starts, "none")}
    return [s[key] - without[s["round"]] for s in of(starts, who) if s["round"] in without]


def lost(*extras):
    """Whether in a round nothing was added at all: a machine can take longer without a GPU
    than with one, by chance, and a ratio of two such differences says nothing."""
    return any(min(e) <= 0 for e in extras)


def part(starts, who, name):
    """One part, of each round that has it."""
    return [s["parts"][name] for s in of(starts, who) if name in s["parts"]]


def call(starts, who, kind, key="ms"):
    """What the calls of a kind took in each round; 0 where there were none."""
    return [s["calls"].get(kind, {}).get(key, 0) for s in of(starts, who)]


def in_calls(starts, who):
    """What calls of VFIO and the IOMMU took in each round before the end of the start, ms: of
    what a GPU adds the part that does not vary with how long the rest takes."""
    return [sum(s["calls"][k]["ms"] - s["calls"][k]["parts"].get("after", 0)
                for k in OF_GPUS if k in s["calls"]) for s in of(starts, who)]


def unmap_ns_a_page(starts, who):
    """What unmapping costs for each 4 KiB of what was mapped, ns."""
    bytes_ = figures.median(call(starts, who, "dma_unmap", "bytes"))
    ms = figures.median(call(starts, who, "dma_unmap"))
    return ms * 1e6 / (bytes_ / PAGE) if bytes_ else None
