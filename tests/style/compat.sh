#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The driver is written for the newest kernel, and older ones are served from
# compat/: what of that a machine can check.
# shellcheck source=tests/style/lib.sh
. "$(dirname "$0")/lib.sh"

FENCE='/\* compat \*/'
# Lines that the upstream form leaves out. More than these few, and compat/ is
# no longer outside of the driver: find a shadow header or glue instead.
MAX_FENCED=8

fenced_count() {
	local n
	n=$(cat driver/*.[ch] driver/core/*.[ch] | grep -c "$FENCE\$" || true)
	[ "$n" -le $MAX_FENCED ] || echo "$n fenced lines, at most $MAX_FENCED are agreed"
	[ "$n" -gt 0 ] || echo "no fenced line found: does this test still look for the right thing?"
}

# Whatever of compat/ the driver names, it names on a fenced line.
fenced_all() {
	grep -nE 'COMPAT|compat/|cohmem_compat|COHMEM_HAVE|__has_include' \
		driver/*.[ch] driver/core/*.[ch] driver/Makefile driver/Kconfig | grep -v "$FENCE\$"
	grep -n 'compat' driver/core/*.[ch]
	true
}

# Without the fenced lines, conditionals still close what they open.
fenced_balance() {
	local f
	for f in $(grep -lE "$FENCE\$" driver/*.[ch]); do
		sed "\\,$FENCE\$,d" "$f" | awk -v f="$f" '
			/^[ \t]*#[ \t]*if/ { depth++ }
			/^[ \t]*#[ \t]*endif/ { depth--; if (depth < 0) bad = 1 }
			END { if (depth || bad) print f ": unbalanced without its fenced lines" }'
	done
}

no_versions() {
	grep -rnE 'LINUX_VERSION|KERNEL_VERSION|linux/version\.h|UTS_RELEASE|uname|VERSION_CODE|PATCHLEVEL' \
		compat | grep -v '^compat/module.mk:.*KDIR'
	true
}

# Small, in front of the kernel's own header, and guarded.
shadows() {
	local f n
	find compat/include -name '*.h' | while read -r f; do
		n=$(wc -l <"$f")
		[ "$n" -le 60 ] || echo "$f: $n lines, at most 60"
		grep -q "^#include_next <${f#compat/include/}>" "$f" ||
			echo "$f: does not go on to the kernel's ${f#compat/include/}"
	done
}

# Each thing that is bridged says since when it need not be, and when the
# bridge can be torn down.
bridges() {
	local f
	find compat/include -name '*.h' | while read -r f; do
		awk -v f="$f" '
			function judge() {
				if (text == "" || !(text ~ /[Ss]ince Linux [0-9]/))
					return
				seen++
				if (!(text ~ /Can go with [0-9]+\.[0-9]+/))
					print f ": no \"Can go with\" in: " substr(text, 1, 70)
			}
			/^\/\*/ && !/SPDX/ { text = ""; on = 1 }
			on { line = $0; gsub(/^[ \t\/*]+|[ \t\/*]+$/, "", line); text = text " " line }
			/\*\/$/ && on { on = 0; gsub(/[ \t]+/, " ", text); judge(); text = "" }
			END { if (!seen) print f ": says of nothing since when it is there" }' "$f"
	done
}

# Every probe is used, and nothing is asked for that is never probed.
probes() {
	local probed used
	probed=$(sed -n 's/^has \([A-Z_]*\)[ \t].*/\1/p' compat/probes.sh | sort -u)
	used=$({
		grep -rhoE 'COHMEM_HAVE_[A-Z_]+' compat --include='*.[ch]' | sed 's/COHMEM_HAVE_//'
		sed -n 's/.*call lacks,\([A-Z_]*\),.*/\1/p' compat/Kbuild
	} | sort -u)
	diff <(echo "$probed") <(echo "$used") |
		sed -n 's/^< /probed but not used: /p; s/^> /used but not probed: /p'
}

# A probe that finds everything everywhere, or nothing anywhere, would go
# unnoticed on the one kernel that a person builds for.
probing() {
	local dir out n
	dir=$(mktemp -d)
	mkdir "$dir/linux"
	if sh compat/probes.sh "$dir" >/dev/null; then echo "no headers, and no complaint"; fi
	: >"$dir/linux/vfio.h"
	out=$(sh compat/probes.sh "$dir") || echo "fails on headers that lack everything"
	case $out in *COHMEM_HAVE*) echo "finds in empty headers:$out" ;; esac
	sed -n "s/^has [A-Z_]*[ \t]*\([^ \t]*\)[ \t]*'\(.*\)'\$/\1 \2/p" compat/probes.sh |
		while read -r f text; do
			mkdir -p "$dir/${f%/*}"
			printf '%s\n' "$text" >>"$dir/$f"
		done
	out=$(sh compat/probes.sh "$dir")
	n=$(grep -c '^has ' compat/probes.sh)
	[ "$(grep -o COHMEM_HAVE_ <<<"$out" | wc -l)" = "$n" ] || echo "finds not all $n:$out"
	rm -rf "$dir"
}

symbols() {
	awk '/^(static|struct|enum|typedef|extern|#|\/|\*|\t| |\}|\{)/ { next }
		/^[a-z].*\(/ && !/cohmem_compat_/ { print FILENAME ": " $0 }' compat/*.c |
		grep -vE 'DEFINE_|MODULE_'
	true
}

check "at most $MAX_FENCED fenced lines in the driver" fenced_count
check "the driver names compat/ on fenced lines only" fenced_all
check "conditionals balance without the fenced lines" fenced_balance
check "compat/ asks headers, never version numbers" no_versions
check "shadow headers are small and go on to the kernel's own" shadows
check "each bridge says since when, and when it can go" bridges
check "every probe is used, every use is probed" probes
check "probes find what is there and only that" probing
check "external symbols of compat/ begin with cohmem_compat_" symbols
finish
