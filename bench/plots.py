# SPDX-License-Identifier: GPL-2.0-only
"""Results as pictures: scripts for gnuplot, with the data in them.

Black on white, whatever the screen around them is; colours that people who see few
colours tell apart, in shades that differ on paper, too, and lines by their points.
"""
import math

import figures
import starts
import targets

# From dark to light (viridis), for what lies side by side; and Okabe and Ito's for lines.
SHADES = ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"]
COLOURS = ["#0072b2", "#d55e00", "#009e73"]
TERMINALS = {
    "svg": 'svg size 900,%d enhanced background rgb "white" font "sans-serif,14" dashed',
    "png": 'pngcairo size 1350,%d enhanced background rgb "white" font "sans-serif,16"',
}


def quoted(text):
    """A string for gnuplot, with nothing in it that the enhanced mode takes for a sign."""
    for c in "\\@{}^_&~":
        text = text.replace(c, "\\\\" + c)
    return '"%s"' % text.replace('"', "'")


def _begin(terminal, out, height, name):
    scale = 1.5 if terminal == "png" else 1
    return ["set terminal " + TERMINALS[terminal] % (height * scale),
            "set output '%s'" % out,
            "set title %s" % quoted(name),
            "set border lc rgb 'black' lw 1",
            "set tics textcolor rgb 'black'",
            "set grid ytics lc rgb '#b0b0b0' lw 0.5 dt 2",
            "set key outside below horizontal textcolor rgb 'black'"]


def parts(run, name):
    """Stacked bars: the parts of a start, a bar for each that had the GPU."""
    s = run["starts"]
    who = [w for w in ("none", "plain", "peer", "ours") if starts.of(s, w)]
    used = [p for p in starts.PARTS if any(starts.part(s, w, p) for w in who)]

    def script(terminal, out):
        lines = _begin(terminal, out, 480, name) + ["$data << END"]
        for w in who:
            lines.append('"%s" %s' % (w, " ".join(
                "%.1f" % (figures.median(starts.part(s, w, p) or [0]) / 1000) for p in used)))
        lines += ["END", "set style data histograms", "set style histogram rowstacked",
                  "set style fill solid 1.0 border lc rgb 'black'", "set boxwidth 0.6",
                  "set yrange [0:*]", 'set ylabel "seconds"']
        lines.append("plot " + ", ".join(
            "$data using %d%s title %s lc rgb '%s'" % (
                i + 2, ":xtic(1)" if not i else "", quoted(starts.WHAT[p]), SHADES[i])
            for i, p in enumerate(used)))
        return "\n".join(lines) + "\n"
    return script


def growth(runs, name):
    """The time until the memory is ready, over its size."""
    runs = sorted(runs, key=lambda r: r["hbm"])
    who = [w for w in ("none", "peer", "ours") if any(starts.of(r["starts"], w) for r in runs)]

    def script(terminal, out):
        lines = _begin(terminal, out, 480, name)
        for w in who:
            lines.append("$%s << END" % w)
            for r in runs:
                ready = figures.median([m["ready_ms"] for m in starts.of(r["starts"], w)])
                if ready is not None:
                    lines.append("%.3f %.3f" % (r["hbm"] / 2 ** 30, ready / 1000))
            lines.append("END")
        lines += ["set logscale x", "set yrange [0:*]", "set xrange [%g:%g]" % (
            runs[0]["hbm"] / 2 ** 30 / 1.3, runs[-1]["hbm"] / 2 ** 30 * 1.3),
            'set xlabel "memory of the GPU, GiB"', 'set ylabel "seconds until it is ready"',
            "set xtics (%s)" % ", ".join('"%g" %g' % (r["hbm"] / 2 ** 30, r["hbm"] / 2 ** 30)
                                         for r in runs)]
        lines.append("plot " + ", ".join(
            "$%s with linespoints title '%s' lc rgb '%s' lw 2 dt %d pt %d ps 1.4"
            % (w, w, COLOURS[i], i + 1, (4, 6, 9)[i]) for i, w in enumerate(who)))
        return "\n".join(lines) + "\n"
    return script


def ratios(run, name):
    """How many times better than the peer, a bar a measurement, on a scale of factors."""
    rows = []
    for n in run["figures"]:
        if n in targets.NOT_OURS:
            continue
        got, _ = targets.better(run, n)
        if got and got != float("inf"):
            rows.append((n, got))
    rows.sort(key=lambda r: r[1])

    def script(terminal, out):
        lines = _begin(terminal, out, 120 + 20 * len(rows), name) + ["$data << END"]
        for i, (n, got) in enumerate(rows):
            lines.append('%d %.4f %s "%s"' % (i, got, quoted(n), figures.show_times(got)))
        low = min([r[1] for r in rows] + [0.5])
        high = max([r[1] for r in rows] + [2])
        low, high = 10 ** (math.log10(low) - 0.2), 10 ** (math.log10(high) + 0.6)
        lines += ["END", "set logscale x", "set xrange [%g:%g]" % (low, high),
                  "set yrange [-1:%d]" % len(rows), "unset key", "set grid xtics",
                  "unset grid", "set grid xtics lc rgb '#b0b0b0' lw 0.5 dt 2",
                  'set xlabel "times better than the peer"',
                  "set arrow from 1,-1 to 1,%d nohead lc rgb 'black' lw 1.5" % len(rows),
                  "set style fill solid 1.0 border lc rgb 'black'"]
        lines.append(
            "plot $data using (1):1:(1):2:($1-0.35):($1+0.35):ytic(3) with boxxyerror "
            "lc rgb '%s', $data using ($2 < 1 ? 1 : $2):1:4 with labels left offset 0.5,0 "
            "textcolor rgb 'black'" % COLOURS[0])
        return "\n".join(lines) + "\n"
    return script


def all_of(runs):
    """(file without its ending, what it shows, script) of everything worth a picture."""
    out = []
    for r in runs:
        if "starts" in r and len(starts.of(r["starts"], "none")):
            name = "start-%s-%s%s-%dG%s" % (
                r["kernel"], r["model"], "x%d" % r["gpus"] if r["gpus"] > 1 else "",
                r["hbm"] >> 30, "-iommufd" if r["iommufd"] else "")
            what = "Start of a virtual machine, %s, Linux %s" % (starts.given_to(r), r["kernel"])
            out.append((name, what, parts(r, what)))
        if "figures" in r and any(targets.values(r, n, "peer") for n in r["figures"]):
            what = "Ours and the peer, Linux %s" % r["kernel"]
            out.append(("ratios-" + r["kernel"], what, ratios(r, what)))
    sized = {}
    for r in runs:
        if "starts" in r and r["gpus"] == 1:
            sized.setdefault((r["kernel"], r["model"], r["iommufd"]), []).append(r)
    for (kernel, model, iommufd), group in sized.items():
        if len({r["hbm"] for r in group}) > 1:
            what = "Start of a virtual machine by the memory of its GPU, %s, Linux %s%s" % (
                model, kernel, ", iommufd" if iommufd else "")
            out.append(("start-growth-%s-%s%s" % (kernel, model, "-iommufd" if iommufd else ""), what,
                        growth(group, what)))
    return out
