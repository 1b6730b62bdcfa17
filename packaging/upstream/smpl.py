#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Applies a semantic patch and keeps the format of what it adds.

    smpl.py PATCH.cocci TREE

Names of the files, relative to TREE, are in PATCH's lines "// File: NAME"; those
that are not in C are left to the caller.
spatch decides where things go, but lays out what it adds by rules of its own.
So each run of lines "+<tab>..." is given to it as one marker, and the lines take
the marker's place afterwards, to the byte. They say names as the source does:
no metavariable is replaced in them. What is added as "+ ..." goes through spatch.

"// Comment above goes" in front of such a run: it takes the place of the comment
that stands directly above it, too, as spatch cannot match a comment.
"""
import os
import re
import subprocess
import sys
import tempfile

MARK = "SMPL_HERE_%d"
VERBATIM = re.compile(r"\+(\t|/\*| \*|\}|\{|static|enum|struct|void|bool|int|EXPORT|#|$)")
DROP = "// Comment above goes"


def runs(lines):
    """(semantic patch with markers, [(verbatim lines, drop the comment above)])"""
    out, texts, depth, i, drop, around = [], [], 0, 0, False, ""
    while i < len(lines):
        line = lines[i]
        if line.startswith("@@") or re.match(r"@\s*\w", line):
            depth = 0
        if line == DROP:
            drop = True
        elif VERBATIM.match(line):
            text = []
            while i < len(lines) and lines[i].startswith("+") and (
                    VERBATIM.match(lines[i]) or text):
                text.append(lines[i][1:])
                i += 1
            name = MARK % len(texts)
            if not depth or around == "declarations":
                out.append("+ int %s;" % name)
            elif around == "initialiser":
                out.append("+ .%s = 0," % name)
            else:
                out.append("+ %s();" % name)
            texts.append((text, drop))
            drop = False
            continue
        else:
            out.append(line)
            if not line.startswith(("//", "+")):
                if not depth:
                    around = ("initialiser" if line.endswith("= {") else "declarations"
                              if re.match(r"\s*(struct|enum)\s+\w+\s*\{", line) else "")
                depth += line.count("{") - line.count("}")
        i += 1
    return out, texts


def fill(source, nr, text, drop):
    """source with text number nr in the place of its marker, where it is."""
    at = [i for i, line in enumerate(source)
          if re.search(r"\b%s\b" % (MARK % nr), line)]
    if not at:
        return False
    if len(at) > 1:
        raise SystemExit("text %d has %d places, want one" % (nr, len(at)))
    first = last = at[0]
    if drop:
        while not source[first - 1].strip():
            first -= 1
        if not source[first - 1].rstrip().endswith("*/"):
            raise SystemExit("text %d has no comment above" % nr)
        first -= 1
        while "/*" not in source[first]:
            first -= 1
    source[first:last + 1] = text
    return True


def main():
    patch, tree = os.path.abspath(sys.argv[1]), sys.argv[2]
    lines = open(patch).read().split("\n")
    files = [line[9:].strip() for line in lines if line.startswith("// File: ")]
    files = [name for name in files if name.endswith((".c", ".h"))]
    marked, texts = runs(lines)
    fd, work = tempfile.mkstemp(suffix=".cocci")
    with open(fd, "w") as f:
        f.write("\n".join(marked))
    left = list(enumerate(texts))
    for name in files:
        path = os.path.join(tree, name)
        new = path + ".new.c"
        got = subprocess.run(["spatch", "--very-quiet", "--sp-file", work, path, "-o", new],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if got.returncode or not os.path.exists(new):
            raise SystemExit("%s: spatch does not change %s\n%s" % (patch, name, got.stderr))
        source = open(new).read().split("\n")
        os.remove(new)
        tidy = "\n\n\n" not in open(path).read()
        left = [(nr, t) for nr, t in left if not fill(source, nr, *t)]
        text = "\n".join(source)
        with open(path, "w") as f:
            # What was removed may leave the empty lines of both its sides.
            f.write(re.sub("\n{3,}", "\n\n", text) if tidy else text)
    os.remove(work)
    if left:
        raise SystemExit("%s: %d texts found no place" % (patch, len(left)))


if __name__ == "__main__":
    main()
