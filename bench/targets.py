# SPDX-License-Identifier: GPL-2.0-only
"""What is aimed at, and whether it is reached.

A target is judged by the medians over the rounds. Where these miss it and the best
rounds, which a busy machine disturbs least, do not, both is said.
"""
import figures
import logs
import starts

NO_WORSE = 1 / 1.05
MET, BEST_ONLY, MISSED, UNKNOWN = "met", "met in the best rounds only", "missed", "not measured"

# Times that ours has to be better than the peer: measurement, on which kernel (None:
# any), at least so many times, and why it is missed where it is known to be.
TIMES = [
    ("mmap_all", "6.12", 100, None),
    ("page_tables_touched", "6.12", 100, None),
    ("reset_all_mapped", "6.12", 10, None),
    ("touch_libc", "7.3", 5, None),
    ("faults_libc", "7.3", 100, None),
    ("touch_all_by_2m", "7.3", NO_WORSE, "a single sample a round, and so noisy"),
    ("munmap_all_touched", "7.3", NO_WORSE, "a single sample a round, and so noisy"),
    ("resmem_read_4m", None, 20, None),
    ("resmem_write_4m", None, 20, None),
    ("padding_read_4m", "7.3", 50, None),
    ("padding_read_4m", "6.12", 50,
     "both copy into the caller's buffer, which that kernel does word by word"),
    ("usemem_read_4_bytes", "7.3", NO_WORSE, None),
    ("usemem_read_4_bytes", "6.12", NO_WORSE,
     "each call asks whether the memory is reachable, ready and good; the peer asks nothing"),
]
# At most so much of ours, in its unit.
AT_MOST = [
    ("ready_late_median", None, 10, None),
    ("ready_late_worst", None, 25, "at the mercy of a machine with other things to do"),
    ("while_waiting_command_write", None, 5, "at the mercy of a machine with other things to do"),
    ("while_waiting_anon_mmap", None, 5, None),
]
# One figure of ours in terms of another: at most so many times (less is better), or at
# least so much of it (more is).
OF_ANOTHER = [
    ("touch_misaligned", "touch_aligned", "7.3", 2, None),
    ("touch_misaligned", "touch_aligned", "6.12", 2, None),
    ("scrub", "memset_all_cpus", None, 0.8,
     "what is cleared is cleaned from the CPUs' caches as well, and in emulation each line is a call"),
]
# Not to be worse than the peer, but known to be, on which kernel (None: any), and why.
# A name may end in *, for all that begin so.
CLEANED = "what is written is cleaned from the CPUs' caches at once"
FILLED = "the peer of that kernel fills page tables in mmap() (mmap_all), and so has nothing to do here"
ASKED = "each call asks whether the memory is reachable, ready and good; the peer asks nothing"
EXCUSED = [
    ("usemem_write_*", None, CLEANED),
    ("padding_write_4m", None, "it is thrown away, by both faster than anybody can make it"),
    ("mmap_all", None, "tens of us once a machine"),
    ("munmap_all", None, "tens of us once a machine"),
    ("reset_all_mapped", "7.3",
     "the core removes all mappings, in 42 to 72 ms by chance; ours walks the empty tables once more, 3 ms"),
    ("faults_*", "6.12", FILLED),
    ("touch_*", "6.12", FILLED),
    ("map_touch_unmap_misaligned", "6.12", FILLED),
    ("usemem_read_4_bytes", "6.12", ASKED),
    ("resmem_read_4_bytes", "6.12", ASKED),
    ("usemem_read_*", "6.12",
     "KVM of that kernel can have a guest write past the CPUs' caches: a read cleans them first"),
    ("while_waiting_*", None,
     "a call or two each round, of less than a millisecond; that it does not wait is a target of its own"),
]
# The same machine, and nothing of a driver in it; or a reason of its own above.
NOT_OURS = {"memcpy_4m", "memset_4m", "memset_all_cpus"}


def _result(text, kernel, want, got, best_got, reached, why):
    """One row; reached tells of a value whether it is good enough."""
    if got is None:
        state = UNKNOWN
    elif reached(got):
        state = MET
    elif best_got is not None and reached(best_got):
        state = BEST_ONLY
    else:
        state = MISSED
    return {"target": text, "kernel": kernel, "want": want, "got": got, "best": best_got,
            "state": state, "why": why if state in (MISSED, BEST_ONLY) else None}


def excuse(name, kernel):
    """Why a figure is known to be worse than the peer's on a kernel, or None."""
    for known, where, why in EXCUSED:
        if where in (None, kernel) and (
                name.startswith(known[:-1]) if known.endswith("*") else name == known):
            return why
    return None


def values(run, name, tag="ours"):
    """The rounds of one figure of one driver."""
    return run.get("figures", {}).get(name, {}).get("values", {}).get(tag, [])


def better(run, name, other="peer"):
    """By how much ours is better than another driver: by medians, and by best rounds."""
    e = run["figures"].get(name)
    if not e:
        return None, None
    ours, peer, unit = values(run, name), values(run, name, other), e["unit"]
    return (figures.better_by(figures.median(ours), figures.median(peer), unit),
            figures.better_by(figures.best(ours, unit), figures.best(peer, unit), unit))


def _of_bench(run):
    """The targets of one run of cohmem-bench."""
    kernel, out = logs.series(run["kernel"]), []
    for name, where, want, why in TIMES:
        if where not in (None, kernel):
            continue
        got, best_got = better(run, name)
        if name in run["figures"]:
            out.append(_result("%s: so many times better than the peer" % name, run["kernel"],
                               want, got, best_got, lambda x, w=want: x >= w, why))
    for name, where, want, why in AT_MOST:
        if where not in (None, kernel) or name not in run["figures"]:
            continue
        unit, v = run["figures"][name]["unit"], values(run, name)
        out.append(_result("%s: at most so many %s" % (name, unit), run["kernel"], want,
                           figures.median(v), figures.best(v, unit),
                           lambda x, w=want: x <= w, why))
    for name, other, where, want, why in OF_ANOTHER:
        if where not in (None, kernel) or name not in run["figures"]:
            continue
        unit = run["figures"][name]["unit"]
        more = unit in figures.MORE_IS_BETTER
        a, b = values(run, name), values(run, other)
        pairs = [figures.median(a), figures.median(b), figures.best(a, unit),
                 figures.best(b, unit)]
        if None in pairs or not pairs[1] or not pairs[3]:
            continue
        out.append(_result("%s, by %s: %s" % (name, other, "at least" if more else "at most"),
                           run["kernel"], want, pairs[0] / pairs[1], pairs[2] / pairs[3],
                           (lambda x, w=want: x >= w) if more else (lambda x, w=want: x <= w),
                           why))
    return out


def slower(run):
    """Figures of ours that are worse than 1.05 times the peer's, with what is known of why."""
    out = []
    for name in run.get("figures", {}):
        if name in NOT_OURS:
            continue
        got, best_got = better(run, name)
        # A figure that vanishes is no ratio of two.
        if got is None or got >= NO_WORSE:
            continue
        out.append({"name": name, "got": got, "best": best_got, "why": excuse(name, logs.series(run["kernel"]))})
    return out


def why_slower(found):
    """What is known of why, of one of slower(), in words."""
    if found["why"]:
        return found["why"]
    chance = found["best"] is not None and found["best"] >= NO_WORSE
    return "by chance: not in the best rounds" if chance else "not known"


def _no_worse(run):
    """Nothing of the table is worse than 1.05 times, but what is known to be."""
    bad = [s for s in slower(run) if not s["why"]]
    worst = min((s["got"] for s in bad), default=1.0)
    best = min((s["best"] if s["best"] is not None else s["got"] for s in bad), default=1.0)
    return _result("no other figure worse than the peer's by more than 1.05 times",
                   run["kernel"], NO_WORSE, worst, best, lambda x: x >= NO_WORSE,
                   ", ".join(s["name"] for s in bad) if bad else None)


def _ratio(a, b):
    """Of two times; what is not even more than none is none to go by."""
    return a / b if a is not None and b is not None and a > 0 and b > 0 else None


def _unjudged(text, kernel, want, why):
    """A row of what the rounds do not tell."""
    return {"target": text, "kernel": kernel, "want": want, "got": None, "best": None,
            "state": UNKNOWN, "why": why}


LOST = "what is added is less than what the rounds differ by"


def _and_calls(why, calls, of_calls, more=""):
    """Why a ratio of added times is as it is, and that of the calls in it, which vary less."""
    ratio = _ratio(figures.median(calls), figures.median(of_calls))
    return why + ("; calls of VFIO and the IOMMU took %s%s"
                  % (figures.show_times(ratio), more) if ratio else "")


# Where four GPUs take much longer than one.
ONE_BY_ONE = {
    False: "mapping, unmapping and resets of the GPUs come one after the other: QEMU and type1 do them so",
    True: "opening and resets of the GPUs come one after the other: QEMU does them so",
}


def _of_start(run):
    """Ours by the peer: the time that a GPU adds to the start of a machine."""
    s, kernel = run["starts"], logs.series(run["kernel"])
    want = 0.7 if kernel == "6.12" else 1.0
    ours, peer = starts.extra(s, "ours"), starts.extra(s, "peer")
    what = ("start of a machine with %s, the time added: ours by the peer's, at most"
            % starts.given_to(run))
    if ours and "peer" in run.get("failed", {}):
        return [_unjudged(what, run["kernel"], want, "with the peer it does not start")]
    if not ours or not peer:
        return []
    calls = starts.in_calls(s, "ours"), starts.in_calls(s, "peer")
    if starts.lost(ours, peer):
        return [_unjudged(what, run["kernel"], want, _and_calls(LOST, *calls))]
    return [_result(what, run["kernel"], want, _ratio(figures.median(ours), figures.median(peer)),
                    _ratio(min(ours), min(peer)), lambda x: x <= want, _and_calls(
                        "most of it is the IOMMU's page tables, which type1 handles the same for both",
                        *calls))]


def _of_many(runs):
    """The time that four GPUs add, by that of one of the same size on the same kernel."""
    out = []
    one = {(r["kernel"], r["hbm"], r["model"], r["iommufd"]): r for r in runs if r["gpus"] == 1}
    for r in runs:
        single = one.get((r["kernel"], r["hbm"], r["model"], r["iommufd"]))
        if r["gpus"] != 4 or single is None:
            continue
        a, b = starts.extra(r["starts"], "ours"), starts.extra(single["starts"], "ours")
        if not a or not b:
            continue
        what = "the time that %s add, by that of one: at most" % starts.given_to(r)
        if starts.lost(a, b):
            out.append(_unjudged(what, r["kernel"], 1.5, _and_calls(
                LOST, starts.in_calls(r["starts"], "ours"), starts.in_calls(single["starts"], "ours"),
                ": " + ONE_BY_ONE[r["iommufd"]])))
            continue
        out.append(_result(what, r["kernel"], 1.5, _ratio(figures.median(a), figures.median(b)),
                           _ratio(min(a), min(b)), lambda x: x <= 1.5, ONE_BY_ONE[r["iommufd"]]))
    return out


def _of_online(run):
    """Memory on line in the guest, by the kernel's own kmem."""
    ours, kmem = run["online"].get("ours", []), run["online"].get("kmem", [])
    return _result("memory on line in the guest, by the kernel's own kmem: at most",
                   run["kernel"], 1.0, _ratio(figures.median(ours), figures.median(kmem)),
                   _ratio(min(ours), min(kmem)) if ours and kmem else None,
                   lambda x: x <= 1.0, None)


def judge(runs):
    """All targets that these runs say something of."""
    out = []
    for r in runs:
        if "figures" in r:
            out += _of_bench(r)
            if any(values(r, n, "peer") for n in r["figures"]):
                out.append(_no_worse(r))
        if "starts" in r:
            out += _of_start(r)
        if "online" in r:
            out.append(_of_online(r))
    return out + _of_many([r for r in runs if "starts" in r])
