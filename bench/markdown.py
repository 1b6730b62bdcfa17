# SPDX-License-Identifier: GPL-2.0-only
"""Results as text: tables in Markdown."""
import figures
import starts
import targets

show, times = figures.show, figures.show_times

# What is the kernel's, and which line of it.
TYPE1 = """Unmapping goes through the range one page at a time, whatever size its leaves have:
`vfio_unmap_unpin()` in drivers/vfio/vfio_iommu_type1.c looks up
`iommu_iova_to_phys(domain->domain, iova + len)` in a loop whose step is `len += PAGE_SIZE`,
to find out how much is contiguous. A step as large as the leaf that the look-up has found
(or, for a range without pinned pages, one `iommu_unmap()` of all of it) would do away with
it. iommufd has no such loop."""

# Why, by iommufd, mapping for DMA is refused.
REFUSED = """Refused was the mapping of the GPUs' memory for DMA by other devices: QEMU (11.1) asks
iommufd for it by its address, and the kernel maps memory that has no struct pages by a dma-buf
only. So such a start has less to do than one by type1, and other devices do not reach the
memory (`cohmem plan` warns of it: `iommufd-p2p`)."""

def title(run):
    """What a run was about."""
    s = "%s, %s%s%s" % (run["kernel"], "%d x " % run["gpus"] if run["gpus"] > 1 else "",
                        run["model"], " %s" % figures.show_size(run["hbm"]))
    return s + (", iommufd" if run.get("iommufd") else "")


def table(head, rows, left=1, words=0):
    """A table; the first columns and the last that are words to the left, the others to the right."""
    right = range(left, len(head) - words)
    out = ["| " + " | ".join(head) + " |",
           "|" + "|".join("---:" if i in right else "---" for i in range(len(head))) + "|"]
    return out + ["| " + " | ".join(row) + " |" for row in rows]


def bench_table(found):
    """What cohmem-bench found, a line a measurement."""
    plain = any("plain" in e["values"] for e in found.values())
    head = ["measurement", "unit", "ours", "peer"] + (["vfio-pci"] if plain else []) + [
        "ours is better by", "best rounds", "spread"]
    rows = []
    for name, e in found.items():
        unit, v = e["unit"], e["values"]
        ours, peer = v.get("ours", []), v.get("peer", [])
        row = [name, unit, show(figures.median(ours)), show(figures.median(peer))]
        if plain:
            row.append(show(figures.median(v.get("plain", []))))
        rows.append(row + [
            times(figures.better_by(figures.median(ours), figures.median(peer), unit)),
            times(figures.better_by(figures.best(ours, unit), figures.best(peer, unit), unit)),
            "%s / %s" % (show(figures.spread(ours)), show(figures.spread(peer)))])
    return table(head, rows, 2)


def targets_table(judged):
    """What was aimed at, and what came of it."""
    rows = []
    for t in judged:
        came = t["state"] + (": " + t["why"] if t["why"] else "")
        rows.append([t["target"], t["kernel"], show(t["want"]), show(t["got"]), show(t["best"]),
                     came])
    return table(["target", "kernel", "want", "medians", "best rounds", "so it is"], rows, 2, 1)


def _by_peer(s, who):
    """What is added, by what the peer adds; nothing to be said if the rounds hide it."""
    mine, peer = starts.extra(s, who), starts.extra(s, "peer")
    if not mine or not peer or starts.lost(mine, peer):
        return "-"
    return times(figures.median(mine) / figures.median(peer))


def _row_of(s, who, without):
    """One driver's line in the table of starts."""
    mine = starts.of(s, who)
    ready = figures.median([m["ready_ms"] for m in mine])
    row = [who, show(figures.median([m["first_ms"] for m in mine])), show(ready)]
    for p in starts.PARTS:
        row.append(show(figures.median(starts.part(s, who, p))))
    row.append(show(figures.median([m["stop_ms"] for m in mine if "stop_ms" in m])))
    row.append(times(ready / without) if ready and without else "-")
    add = figures.median(starts.extra(s, who)) if who != "none" else None
    row.append(show(add))
    row.append(_by_peer(s, who))
    return row + [show(figures.spread([m["ready_ms"] for m in mine]))]


def _order(s):
    return [w for w in ("none", "plain", "peer", "ours") if starts.of(s, w)]


def starts_tables(run):
    """The starts of one run: where the time goes, and what of it are calls."""
    s = run["starts"]
    without = figures.median([m["ready_ms"] for m in starts.of(s, "none")])
    out = table(["GPU by", "first line", "memory ready"] + starts.PARTS + [
        "stop", "ready / none", "added", "added / peer's", "spread"],
        [_row_of(s, w, without) for w in _order(s)])
    out += ["", "Calls in these, in all:", ""]
    kinds = [k for k in starts.KINDS if any(k in m["calls"] for m in s)]
    rows = []
    for k in kinds:
        row = [starts.KINDS[k]]
        for w in _order(s):
            nr = figures.median(starts.call(s, w, k, "nr"))
            refused = figures.median(starts.call(s, w, k, "refused"))
            row.append("%s in %s%s" % (show(figures.median(starts.call(s, w, k))), show(nr),
                                       ", %s refused" % show(refused) if refused else ""))
        rows.append(row)
    rows.append(["page faults of QEMU"] + [
        show(figures.median([m["faults"] for m in starts.of(s, w)])) for w in _order(s)])
    each = ["%s %s" % (w, show(starts.unmap_ns_a_page(s, w))) for w in _order(s)
            if starts.unmap_ns_a_page(s, w)]
    out += table(["ms in how many"] + _order(s), rows)
    out += ["", "Unmapping for DMA, ns for each 4 KiB: %s." % ", ".join(each)] if each else []
    return out + no_start(run)


def no_start(run):
    """A line for each driver with which the machine did not start."""
    return [line for who, why in run.get("failed", {}).items()
            for line in ("", "With the %s's driver the machine does not start: \"%s\"." % (who, why))]


def overview(runs):
    """A line for each run of starts: what the GPUs add, by whom."""
    rows = []
    for r in runs:
        s = r["starts"]
        ours, peer = (figures.median(starts.extra(s, w)) for w in ("ours", "peer"))
        rows.append([r["kernel"], "iommufd" if r["iommufd"] else "type1",
                     starts.gpus_of(r),
                     show(figures.median([m["ready_ms"] for m in starts.of(s, "none")])),
                     "does not start" if "peer" in r.get("failed", {}) else show(peer), show(ours),
                     _by_peer(s, "ours")] + [
                         show(figures.median(starts.in_calls(s, w))) for w in ("peer", "ours")])
    return table(["host", "IOMMU by", "GPUs", "none: ready", "peer adds", "ours adds",
                  "ours / peer's", "peer's calls", "our calls"], rows, 3)


def profile_table(run):
    """Functions of the driver in one start, the longest first."""
    return table(["function", "calls", "ms in all", "ms at most"],
                 [["`%s`" % p["function"], str(p["calls"]), show(p["ms"]), show(p["longest_ms"])]
                  for p in run["profile"][:20]])


def growth(runs):
    """How the start grows with the memory, of one kernel: a table, and what a GiB costs."""
    rows, out = [], []
    for r in sorted(runs, key=lambda r: r["hbm"]):
        s = r["starts"]
        row = [figures.show_size(r["hbm"]), str(max(len(starts.of(s, w)) for w in _order(s)))]
        for w in _order(s):
            row.append(show(figures.median([m["ready_ms"] for m in starts.of(s, w)])))
        for w in ("peer", "ours"):
            row.append(show(figures.median(starts.call(s, w, "dma_map"))))
            row.append(show(figures.median(starts.call(s, w, "dma_unmap"))))
            row.append(show(starts.unmap_ns_a_page(s, w)))
        rows.append(row)
    head = ["memory", "rounds"] + ["%s: ready" % w for w in _order(runs[0]["starts"])]
    for w in ("peer", "ours"):
        head += ["%s: DMA mapped" % w, "unmapped", "ns a 4 KiB page"]
    out += table(head, rows)
    for w in ("peer", "ours"):
        line = figures.line_through([
            (r["hbm"] / 2 ** 30, figures.median([m["ready_ms"] for m in starts.of(r["starts"], w)]))
            for r in runs if starts.of(r["starts"], w)])
        if line:
            out += ["", "%s: %s ms, and %s ms for each GiB." % (w, show(line[0]), show(line[1]))]
    return out


def machine(runs):
    """How quiet the machine was."""
    slow = [r["slow"] for r in runs if r.get("slow")]
    if not slow:
        return "How busy the machine was is not known."
    return ("While this was measured the machine was up to %s times slower than alone"
            " (`lab/clock.sh`: what QEMU's threads waited for a processor)." % show(max(slow)))


def groups_of(runs):
    """Runs of starts, by everything but the memory's size."""
    out = {}
    for r in runs:
        if "starts" in r:
            out.setdefault((r["kernel"], r["model"], r["gpus"], r["iommufd"]), []).append(r)
    return out


def _refused(run):
    """Whether mapping for DMA by iommufd was refused."""
    s = run.get("starts", []) if run["iommufd"] else []
    return any(any(starts.call(s, w, "dma_map", "refused")) for w in _order(s))


def _starts_section(runs, plots):
    out = ["## The start of a virtual machine", "",
           "From exec of QEMU to the guest's first line, and to a word read from the memory of",
           "all GPUs, in ms, medians of the rounds; none is the same machine without a GPU,",
           "in the same boot. Parts: " + "; ".join(
               "%s: %s" % (p, starts.WHAT[p]) for p in starts.PARTS) + ".",
           "Stop is from the guest's last line to QEMU's end. There is no ratio to the peer's where",
           "a round took no longer with GPUs than without: then the rounds differ by more. The calls",
           "are those of VFIO and the IOMMU until the start is over, which vary less.", ""]
    out += overview([r for r in runs if "starts" in r]) + [""]
    for r in (r for r in runs if "starts" in r):
        out += ["### " + title(r), ""] + starts_tables(r) + [""]
        if "profile" in r:
            out += ["The driver's functions in one start under the function graph tracer, which"
                    " takes time itself:", ""] + profile_table(r) + [""]
    for group in groups_of(runs).values():
        if len({r["hbm"] for r in group}) > 1:
            out += ["### Growth with the memory: " + title(dict(group[0], hbm=0)).replace(" 0 bytes", ""),
                    ""] + growth(group) + [""]
    out += [TYPE1, ""]
    if any(map(_refused, runs)):
        out += [REFUSED, ""]
    return out + [line for p in plots for line in ("![%s](%s)" % p, "")]


def _commits(runs):
    """What the runs were of."""
    names = sorted({r["commit"] for r in runs if r.get("commit")})
    return " Commits: %s." % ", ".join(names) if names else ""


def document(runs, wire, version, plots, left=()):
    """All of bench/RESULTS.md; plots: (what, file); left: parts that were not measured."""
    out = ["# Results", "",
           "Written by `bench/report` from what `make bench` measured with version %s; not by"
           " hand.%s" % (version, _commits(runs)),
           "How to read it: [README.md](README.md). " + machine(runs), ""]
    if left:
        out += ["Not measured yet, or not on a quiet machine: %s. `bench/run --add` does that."
                % ", ".join(left), ""]
    out += ["## Targets", ""] + targets_table(targets.judge(runs)) + [""]
    slow = [(r, s) for r in runs for s in targets.slower(r)]
    if slow:
        out += ["Worse than the peer's by more than 1.05 times, by medians:", ""]
        out += table(["measurement", "kernel", "medians", "best rounds", "why"], [
            [s["name"], r["kernel"], times(s["got"]), times(s["best"]), targets.why_slower(s)]
            for r, s in slow], 2, 1) + [""]
    if any("starts" in r for r in runs):
        out += _starts_section(runs, [p for p in plots if "/start" in p[1]])
    for r in runs:
        if "figures" in r:
            out += ["## %s: %s" % (r["name"], title(r)), ""] + bench_table(r["figures"]) + [""]
            reasons = [(tag, n, why) for n, e in r["figures"].items()
                       for tag, why in e.get("why", {}).items()]
            out += ["%s has no %s: %s." % x for x in reasons] + ([""] if reasons else [])
        if "online" in r:
            out += ["## Memory on line: " + title(r), "",
                    "Put on line in the guest, ms for each GiB, by ours and by the kernel's kmem on"
                    " the same host; bound: by ours with the driver bound to the GPU each time.", ""]
            out += table(["by", "median", "best", "spread"], [
                [w, show(figures.median(v)), show(min(v)), show(figures.spread(v))]
                for w, v in r["online"].items()]) + [""]
    out += [line for p in plots if "/start" not in p[1]
            for line in ("![%s](%s)" % p, "")]
    if wire:
        out += ["## The emulator's socket", "", "A message and its answer, us.", ""]
        out += table(["message", "median", "99 of 100 below", "worst"], [
            [n, show(w["median"]), show(w["p99"]), show(w["worst"])] for n, w in wire.items()])
        out += [""]
    while out and not out[-1]:
        out.pop()
    return "\n".join(out) + "\n"
