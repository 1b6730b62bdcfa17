#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The house rules that a machine can check: who may include whom, what the
# driver may not know, how files begin, how long they are.
# shellcheck source=tests/style/lib.sh
. "$(dirname "$0")/lib.sh"

# Recorded machine states are data: they are as the machine was.
own() { files "$@" | grep -vE '(^|/)(data|golden|expected|corpus|sysroots?)/' || true; }

includes() { grep -HnE '^[ \t]*#[ \t]*include' "$@" 2>/dev/null || true; }

# The core knows itself, and through env.h the C library or the kernel.
core_includes() {
	local f
	includes driver/core/*.c driver/core/*.h | grep -v '^driver/core/env\.h:' |
		grep -vE '#[ \t]*include[ \t]+"[a-z]+\.h"'
	for f in $(includes driver/core/*.[ch] | sed -nE 's/.*"([^"]+)".*/\1/p' | sort -u); do
		[ -e "driver/core/$f" ] || echo "driver/core includes $f, which is not in it"
	done
	# Only env.h may test who compiles it.
	grep -nE '__KERNEL__|LINUX_VERSION|CONFIG_' driver/core/*.[ch] | grep -v '^driver/core/env\.h:'
	true
}

# No allocation, lock, I/O or log in the core: what it calls is itself and
# string functions, asked of the objects and not of the source.
core_calls() {
	nm -A "$core_a" | awk '
		/ [TDRB] / { def[$NF] = 1 }
		/ U / { use[$NF] = $1 }
		END {
			for (s in use)
				if (!(s in def) && s !~ /^(mem(set|cpy|cmp|move)|str(len|cmp|ncmp|chr)|_*stack_chk_fail|__(asan|ubsan|sanitizer|gcov|tsan)_.*|_GLOBAL_OFFSET_TABLE_)$/)
					print use[s], "calls", s
		}'
}

driver_versions() {
	grep -rnE 'LINUX_VERSION_CODE|KERNEL_VERSION|LINUX_VERSION_(MAJOR|IS)|linux/version\.h|UTS_RELEASE|RHEL_' driver guest
	true
}

driver_userspace() {
	grep -rnE '__KERNEL__|stdint\.h|stdio\.h|stdlib\.h' driver | grep -v '^driver/core/env\.h:'
	true
}

# lib knows the core; sim knows the core; cli knows lib; nobody knows tests.
layers() {
	includes lib/*.[ch] | grep -E '"(\.\./)*(cli|sim|tests|lab)/'
	includes sim/*.[ch] | grep -E '"(\.\./)*(cli|lib|tests|lab)/|libcohmem'
	includes cli/*.[ch] | grep -E '"(\.\./)*(sim|fleet|tests|lab)/'
	includes fleet/*.[ch] | grep -E '"(\.\./)*(cli|sim|tests|lab)/'
	includes driver/*.[ch] guest/*.[ch] guest/core/*.[ch] | grep -E '"(\.\./)+'
	includes guest/*.[ch] | grep -E '"(cli|lib|sim|tests|lab)/'
	includes guest/core/*.[ch] | grep -vE '"[a-z]+\.h"'
	includes driver/*.[ch] driver/core/*.[ch] lib/*.[ch] sim/*.[ch] cli/*.[ch] fleet/*.[ch] | grep -E '"[^"]*tests/'
	true
}

lib_manners() {
	grep -nE '\b(printf|puts|putchar|perror|exit|abort|assert)[ \t]*\(' lib/*.c |
		grep -vE 'sn?printf|^[^:]*:[0-9]*:[ \t]*(/?\*|//)'
	true
}

too_long() {
	{ own '*.c' '*.h' '*.sh' '*.py'; scripts; } | sort -u | xargs -r wc -l |
		awk '$2 != "total" && $1 > 700 { print $2 ": " $1 " lines" }'
}

# SPDX on the first line, or the second after a #! line.
spdx() {
	{ own '*.c' '*.h' '*.sh' '*.S' '*.build' '*.ini' '*/Makefile' 'Makefile' '*/Kconfig' '*/Kbuild'; scripts; } |
		sort -u | xargs -r awk '
		FNR == 1 { want[FILENAME] = 1 }
		FNR <= 2 && /SPDX-License-Identifier: GPL-2\.0-only/ { delete want[FILENAME] }
		FNR > 2 { nextfile }
		END { for (f in want) print f }'
}

# Characters that show one thing and mean another, and untidy ends.
white_space() {
	local list
	list=$({ own '*.c' '*.h' '*.sh' '*.md' '*.build' '*Makefile' '*Kconfig' '*.txt' '*.rst'; scripts; } | sort -u)
	# shellcheck disable=SC2086
	{
		grep -nE '[ 	]+$' $list
		grep -nP '\x{202A}|\x{202B}|\x{202C}|\x{202D}|\x{202E}|\x{2066}|\x{2067}|\x{2068}|\x{2069}|\x{200B}|\x{FEFF}' $list
		grep -nP '\r$' $list
		# -z: the file is one line; one that does not end in a line feed
		grep -LzP '\n\z' $list | while IFS= read -r f; do
			[ ! -s "$f" ] || echo "$f: no newline at the end"
		done
	} 2>/dev/null
	true
}

# Strings that people search for are not broken.
line_length() {
	own '*.c' '*.h' | grep -v '\.mod\.c$' | xargs -r awk '
		/"/ { next }
		{
			n = 0
			for (i = 1; i <= length($0); i++)
				n += substr($0, i, 1) == "\t" ? 8 - n % 8 : 1
			if (n > 100)
				print FILENAME ":" FNR ": " n " columns"
		}'
}

todo() {
	own '*.c' '*.h' '*.sh' | grep -v '^tests/style/' | xargs -r grep -nE '\b(TODO|FIXME|XXX)\b' |
		grep -vE '#[0-9]+|mktemp|X{4,}'
	true
}

# symbols LIBRARY: everything a library shows the world has its prefix.
symbols() {
	nm -g --defined-only "$1" | awk 'NF == 3 && $2 ~ /[TDRBVWC]/ && $3 !~ /^(cohmem_|__(asan|odr_asan|gcov|llvm|profc)|_*stack_chk)/ { print $3 }'
}

kernel_doc() {
	# shellcheck disable=SC2016
	files 'driver/*.c' 'driver/core/*.c' 'guest/*.c' 'guest/core/*.c' 'lib/*.c' 'sim/*.c' 'fleet/*.c' | xargs -r awk '
		FNR == 1 { doc = 0; prev = "" }
		/^\/\*\*/ { doc = 1; next }
		# A non-static function begins in the first column and its body in the next "{".
		/^[a-z].*\(/ && !/^(static|typedef|extern|struct [a-z_]+ \{|EXPORT_|MODULE_|DEFINE_|module_|asm|__init|__exit|if|for|while|switch|return|else)/ && !/;[ \t]*$/ {
			sig = $0
			where = FILENAME ":" FNR
			ok = doc
			open = 1
		}
		/;[ \t]*$/ && open { open = 0 }
		/^\{/ && open { if (!ok && sig !~ /^int main\(/) print where ": " sig; open = 0 }
		/^(\}|#)/ { doc = 0 }
		/^static/ { doc = 0; open = 0 }
	'
}

# Files without a "#!" are parts of others and are read through them (-x). Off:
# variables that another part uses, and commas in QEMU's arguments.
shells() {
	scripts | xargs -r awk 'FNR == 1 && /^#!/ { print FILENAME } { nextfile }' |
		xargs -r shellcheck -x -S warning -e SC2034,SC2054,SC2100,SC2154,SC1090,SC1091
}

lint=$(command -v shellcheck || true)
build=${COHMEM_BUILD:-build}
core_a=$build/driver/core/libcohmem-core.a

check "core includes only itself" core_includes
if [ -e "$core_a" ]; then
	check "core calls only itself and string functions" core_calls
else
	skip "core calls only itself and string functions" "no build directory"
fi
check "the modules test no kernel version" driver_versions
check "driver holds no user-space conditional" driver_userspace
check "layers include downwards only" layers
check "lib never prints, exits or asserts" lib_manners
check "no file is longer than 700 lines" too_long
check "every file names its licence" spdx
check "no trailing blanks, no bidi characters" white_space
check "no code line beyond 100 columns" line_length
check "no FIXME without an issue" todo
check "every external function has kernel-doc" kernel_doc
for a in "$core_a" "$build"/guest/core/libcohmem*.a "$build"/lib/libcohmem*.a; do
	if [ -e "$a" ]; then
		check "symbols of $(basename "$a") have the prefix" symbols "$a"
	fi
done
if [ -n "$lint" ]; then
	check "shellcheck" shells
else
	skip "shellcheck" "shellcheck is not installed"
fi
finish
