# SPDX-License-Identifier: GPL-2.0-only
"""What is made of several measurements of the same thing, and how a figure is written."""

# Which way is better: all other units are of something that one wants less of.
MORE_IS_BETTER = {"MB/s"}


def median(values):
    """The one in the middle; of two in the middle, their mean. None of nothing."""
    if not values:
        return None
    v = sorted(values)
    return (v[(len(v) - 1) // 2] + v[len(v) // 2]) / 2


def best(values, unit):
    """The round that a busy machine has disturbed least."""
    if not values:
        return None
    return max(values) if unit in MORE_IS_BETTER else min(values)


def spread(values):
    """The largest by the smallest; None where that says nothing."""
    if not values or min(values) <= 0:
        return None
    return max(values) / min(values)


def better_by(ours, other, unit):
    """How many times better ours is; None if not known, inf where ours is nothing at all."""
    if ours is None or other is None:
        return None
    up, down = (ours, other) if unit in MORE_IS_BETTER else (other, ours)
    if down > 0:
        return up / down
    return float("inf") if up > 0 else None


def show(x):
    """A figure with as many digits as mean something."""
    if x is None:
        return "-"
    if abs(x) >= 100 or x == int(x):
        return "%.0f" % x
    return "%.1f" % x if abs(x) >= 10 else "%.2f" % x


def show_times(x):
    """A ratio."""
    if x is None:
        return "-"
    if x == float("inf"):
        return "all of it"
    return "%.0fx" % x if x >= 10 else "%.2fx" % x


def show_size(nr):
    """Bytes, in the largest unit that leaves no rest."""
    for unit, bits in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if nr >= 1 << bits and nr % (1 << bits) == 0:
            return "%d %s" % (nr >> bits, unit)
    return "%d bytes" % nr


def line_through(points):
    """Least squares: (what it costs at nothing, what each more costs); None of fewer than two."""
    n = len(points)
    if n < 2:
        return None
    mx = sum(x for x, _ in points) / n
    my = sum(y for _, y in points) / n
    square = sum((x - mx) ** 2 for x, _ in points)
    if not square:
        return None
    slope = sum((x - mx) * (y - my) for x, y in points) / square
    return my - slope * mx, slope
