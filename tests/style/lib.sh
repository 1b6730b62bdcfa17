# SPDX-License-Identifier: GPL-2.0-only
# What the style checks share: one check is one test, its findings the reason.
# Sourced. Bash.
# shellcheck shell=bash

set -uo pipefail
top=${COHMEM_TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
cd "$top" || exit 1
nr=0

# check NAME CMD...: passes if CMD prints nothing and succeeds.
check() {
	local name=$1 out status=0
	shift
	nr=$((nr + 1))
	out=$("$@" 2>&1) || status=$?
	if [ -z "$out" ] && [ $status = 0 ]; then
		printf 'ok %d - %s\n' $nr "$name"
		return
	fi
	printf 'not ok %d - %s\n' $nr "$name"
	printf '%s\n' "${out:-exit status $status}" | head -n 40 | sed 's/^/#   /'
}

skip() {
	nr=$((nr + 1))
	printf 'ok %d - %s # SKIP %s\n' $nr "$1" "$2"
}

finish() { printf '1..%d\n' $nr; }

# files PATTERN...: the project's own files, by git where there is one.
files() {
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard -- "$@"
	else
		local p
		for p in "$@"; do
			find . -path ./build -prune -o -path './build-*' -prune -o \
				-type f -path "./${p/#\*/*}" -print
		done | sed 's,^\./,,'
	fi | while IFS= read -r f; do [ ! -f "$f" ] || printf '%s\n' "$f"; done | sort -u
}

# scripts: every shell script, whatever its name. Few processes, here and in the
# checks: they run beside everything else.
scripts() {
	files '*' | awk '
		/\.sh$/ { print; next }
		/\.[^\/]*$/ { next }
		{
			if ((getline line < $0) > 0 &&
			    line ~ /^#!.*\/(ba|da)?sh( |$)/)
				print
			close($0)
		}'
}
