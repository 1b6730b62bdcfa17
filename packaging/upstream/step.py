#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The steps of the driver's way into the kernel.

    step.py WHOLE TO    write the folder WHOLE, which is the driver, as it is after
                        each step NAME, as TO/NAME; prints the names in their order

The file "steps" says which files and functions each step brings. Files come as
they are, but for what names something that is not there yet:

- device.h: a function that is called and not there is a static inline stub, made
  from its prototype; one that nobody calls is not mentioned. So it is with a
  type or a constant there. The file "stubs" says what stubs do.
- trace.h: events that nobody records, and the words that only they use.
- Makefile: objects without a source; Kconfig: entries that no Makefile names.
- an #include of a file that is not there.

At the last step nothing is left out; whoever calls this compares.
"""
import fnmatch
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
COMMENT = re.compile(r"/\*.*?\*/", re.S)
PROTOTYPE = re.compile(r"^(?:extern )?[a-z][^;{}#]*?\b(\w+)(?:\(|\[\];)[^;]*", re.M)


def rows(name):
    """The lines of a data file, cut at white space into two."""
    for line in open(os.path.join(HERE, name)):
        if line.strip() and not line.startswith("#"):
            yield line.strip().split(None, 1)


def code(text):
    return COMMENT.sub("", text)


def words(text):
    return set(re.findall(r"\w+", code(text)))


def chunks(text):
    """Pieces between empty lines; a comment is never cut."""
    out = []
    for piece in text.split("\n\n"):
        if out and out[-1].count("/*") > out[-1].count("*/"):
            out[-1] += "\n\n" + piece
        else:
            out.append(piece)
    return out


def without_function(text, name):
    """text without the function and the comment above it."""
    at = re.search(r"^(?:[a-z][^\n;]*[ *])?%s\([^;]*?\)\n\{" % name, text, re.M)
    if not at:
        raise SystemExit("no function %s" % name)
    first, last = at.start(), text.index("\n}\n", at.start()) + 3
    if text[:first].endswith("*/\n"):
        first = text.rindex("\n/*", 0, first) + 1
    return text[:first] + text[last:].lstrip("\n")


def stub(name, prototype, does):
    """What stands for a function, made from its prototype."""
    if does and does.startswith("#define "):
        return "#define %s\t%s" % (name, does[8:])
    kind, _, parameters = re.sub(r"\s+", " ", prototype).partition(name + "(")
    if not does:
        does = ("" if kind == "void " else "return NULL;" if "*" in kind
                else "return false;" if kind == "bool " else "return 0;")
    parameters = parameters[:-1].split(", ")
    lines = folded("static inline " + kind + name + "(", parameters)
    if max(map(len, lines)) > 80:
        lines = ["static inline " + kind.strip()] + folded(name + "(", parameters)
    lines = [re.sub("^ +", lambda m: "\t" * (len(m.group()) // 8) + " " * (len(m.group()) % 8), line)
             for line in lines]
    return "\n".join(lines + ["{"] + (["\t" + does] if does else []) + ["}"])


def folded(head, parameters):
    """The lines of a function's head, parameters below each other."""
    lines = [head + parameters[0]]
    for word in parameters[1:]:
        if len(lines[-1]) + 2 + len(word) + 1 <= 80:
            lines[-1] += ", " + word
        else:
            lines[-1] += ","
            lines.append(" " * len(head) + word)
    lines[-1] += ")"
    return lines


def device_h(text, sources):
    """The header of the driver, where sources (a text) are all that is there."""
    does = dict(rows("stubs"))
    there = set(re.findall(r"^(?!static )[a-z][^\n;]*?\b(\w+)(?:\(|\[\] =)", sources, re.M))
    there |= set(re.findall(r"^(\w+)\(", sources, re.M))
    used = words(sources)
    for name in does:
        if not re.search(r"\b%s\b[(\[]" % name, code(text)):
            raise SystemExit("stubs: device.h has no %s" % name)
    head, mark, offers = text.partition("/* firmware.c */")
    offers, end = (mark + offers).rsplit("\n\n", 1)
    pieces, made = [], set()
    for piece in chunks(offers):
        found = list(PROTOTYPE.finditer(code(piece)))
        if not found:
            pieces.append(piece)
            continue
        said = re.search(r"(\w+\.c)", piece)
        gone = [m for m in found if m.group(1) not in there]
        stubs = [stub(m.group(1), m.group(0), does.get(m.group(1)))
                 for m in gone if m.group(1) in used]
        if len(gone) < len(found):
            for m in gone:
                piece = piece.replace(m.group(0) + ";\n", "").replace("\n" + m.group(0) + ";", "")
            pieces.append(piece)
        if stubs:
            what = "the rest comes" if len(gone) < len(found) else "comes"
            stubs[0] = "/* %s: %s later in this series */\n%s" % (said.group(1), what, stubs[0])
            pieces.append("\n\n".join(stubs))
            made.add(pieces[-1])
    # Types and constants that only what is not there would use.
    kept = []
    for i, piece in enumerate(pieces):
        if PROTOTYPE.search(code(piece)) or piece in made:
            kept.append(piece)
            continue
        defined = set(re.findall(r"(?:struct|enum|#define) (\w+)", code(piece)))
        defined |= set(re.findall(r"^\t([A-Z_]+),$", piece, re.M))
        others = words("\n".join(pieces[:i] + pieces[i + 1:]) + head) | used
        if defined & others:
            kept.append(piece)
    return head + "\n\n".join(kept) + "\n\n" + end


def trace_h(text, sources):
    """The tracepoints that somebody records."""
    for name in re.findall(r"^TRACE_EVENT\((\w+),", text, re.M):
        if "trace_%s(" % name not in sources:
            at = text.index("TRACE_EVENT(%s," % name)
            last = text.index("\n);\n", at) + 4
            text = text[:text.rindex("/*", 0, at)] + text[last:].lstrip("\n")
    for name in re.findall(r"^#define (cohmem_show_\w+)", text, re.M):
        if len(re.findall(r"\b%s\(" % name, text)) == 1:
            text = re.sub(r"#define %s\(.*?\n\n" % name, "", text, flags=re.S)
    for name in re.findall(r"^TRACE_DEFINE_ENUM\((\w+)\);", text, re.M):
        if "{ %s," % name not in text:
            text = text.replace("TRACE_DEFINE_ENUM(%s);\n" % name, "")
    return text


def includes(text, there):
    """Without the includes of files that are not there."""
    out = []
    for piece in chunks(text):
        lines = [line for line in piece.split("\n")
                 if not re.match(r'#include "(.*)"', line) or
                 re.match(r'#include "(.*)"', line).group(1) in there]
        if lines and lines != ["#define CREATE_TRACE_POINTS"]:
            out.append("\n".join(lines))
    return "\n\n".join(out)


def makefile(text, there):
    """Without the objects of files that are not there."""
    out = []
    for piece in chunks(text):
        named = re.findall(r"^#.*?(\w+\.[ch])\b", piece, re.M)
        if any(name not in there for name in named):
            continue
        lines = []
        for line in piece.replace("\\\n", "\\\0").split("\n"):
            at = re.match(r"(cohmem_vfio_pci-\S+ [:+]=) (.*)", line, re.S)
            if at:
                objects = re.findall(r"[\w/]+\.o", at.group(2))
                left = [name for name in objects if name[:-1] + "c" in there]
                if len(left) < len(objects):
                    if not left:
                        continue
                    line = at.group(1)
                    blank = "\t\t     "
                    for name in left:
                        width = len(line.split("\n")[-1].expandtabs(8))
                        if width + 1 + len(name) + 2 > 80:
                            line += " \\\n" + blank + name
                        else:
                            line += " " + name
            lines.append(line.replace("\0", "\n"))
        if lines:
            out.append("\n".join(lines))
    return "\n\n".join(out).rstrip("\n") + "\n"


def kconfig(text, makefile_text):
    pieces = re.split(r"(?m)^(?=config )", text)
    kept = [piece for piece in pieces if not piece.startswith("config ") or
            "CONFIG_" + piece.split()[1] in makefile_text]
    return "".join(kept).rstrip("\n") + "\n"


def read(whole):
    """{file: its text}, of a whole folder."""
    files = [os.path.relpath(os.path.join(d, f), whole)
             for d, _, fs in os.walk(whole) for f in fs]
    return {f: open(os.path.join(whole, f)).read() for f in sorted(files)}


def plan(whole):
    """({file: its step}, {(file, function): its step}); all of whole is in it."""
    files, functions = {}, {}
    for step, what in rows("steps"):
        for pattern in what.split():
            path, _, function = pattern.partition(":")
            found = fnmatch.filter(whole, path)
            if not found:
                raise SystemExit("steps: %s: no such file" % path)
            if function:
                functions[path, function] = step
                continue
            for f in found:
                if f in files:
                    raise SystemExit("steps: %s comes twice" % f)
                files[f] = step
    for f in whole:
        if f not in files:
            raise SystemExit("steps: no step brings %s" % f)
    return files, functions


def folder(whole, there, later):
    """whole with the files that are there, but without the functions of later."""
    new = {f: whole[f] for f in there}
    for path, function in later:
        if path in new:
            new[path] = without_function(new[path], function)
    ours = [f for f in new if f.endswith((".c", ".h")) and "/" not in f]
    for f in ours:
        new[f] = includes(new[f], new)
    sources = code("\n".join(new[f] for f in ours if f not in ("device.h", "trace.h")))
    if "trace.h" in new:
        new["trace.h"] = trace_h(new["trace.h"], sources)
        sources += code(new["trace.h"])
    if "device.h" in new:
        new["device.h"] = device_h(new["device.h"], sources)
    if "Makefile" in new:
        new["Makefile"] = makefile(new["Makefile"], new)
        new["Kconfig"] = kconfig(new["Kconfig"], new["Makefile"])
    return new


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    whole = read(sys.argv[1])
    files, functions = plan(whole)
    names = list(dict.fromkeys(name for name, _ in rows("steps")))
    for nr, name in enumerate(names):
        done = names[:nr + 1]
        new = folder(whole, [f for f in whole if files[f] in done],
                     [what for what in functions if functions[what] not in done])
        for f, text in new.items():
            path = os.path.join(sys.argv[2], name, f)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as out:
                out.write(text)
        print(name)


if __name__ == "__main__":
    main()
