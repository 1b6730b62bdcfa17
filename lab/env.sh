# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# Shared by every lab script: where things are, and how to say what goes on.
# Sourced, never run. Bash.

set -Eeuo pipefail
# What die() has said already needs no second word from its callers.
trap 'case $? in 125) ;; *) printf "cohmem lab: %s: line %s: unexpected failure of: %s\n" "${BASH_SOURCE[0]##*/}" "$LINENO" "$BASH_COMMAND" >&2 ;; esac' ERR

COHMEM_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${COHMEM_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/cohmem}"
export COHMEM_TOP COHMEM_CACHE
# A cross build sets this to the root file system that holds the lab's tools.
TOOLBOX=$COHMEM_CACHE/toolbox

# One line a step on stderr, with the seconds since the command started, so
# that a person can see both that work goes on and where time is spent.
say() { printf '[%3ds] %s\n' "$SECONDS" "$*" >&2; }

# die STEP CAUSE [LOG]: the step that failed, why, and the log to read.
die() {
	printf 'cohmem lab: %s: %s\n' "$1" "$2" >&2
	if [ -n "${3:-}" ]; then
		printf '  log: %s\n' "$3" >&2
		if [ -s "$3" ]; then tail -n 12 "$3" | sed 's/^/  | /' >&2; fi
	fi
	exit 125
}

# logged STEP LOG CMD...: run CMD with its output in LOG; on failure say which
# step, and show the end of the log.
logged() {
	local step=$1 log=$2
	shift 2
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 </dev/null || die "$step" "failed (exit $?): $1" "$log"
}

need_root() {
	[ "$(id -u)" = 0 ] || die "$1" \
		"needs root (debootstrap, chroot, mount); 'make tools check-fast' does not"
}

# As root a program can put a file there, and from then on builds fail oddly.
[ -c /dev/null ] ||
	die env "/dev/null is no device any more; 'rm /dev/null; mknod -m 666 /dev/null c 1 3' makes it one"

# locked NAME: hold an exclusive lock on a part of the cache until exit, so that
# two runs at once do not build the same thing twice. Each caller uses its own
# subshell when it needs to let go sooner.
locked() {
	mkdir -p "$COHMEM_CACHE/locks"
	exec {COHMEM_LOCK_FD}>"$COHMEM_CACHE/locks/$1"
	flock "$COHMEM_LOCK_FD"
}

# kbuild_cross FLAVOUR: what kbuild in the toolbox needs to know of it.
kbuild_cross() {
	case $1 in
	arm64*) echo 'ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- CC=aarch64-linux-gnu-gcc-14' ;;
	*) echo 'ARCH=x86 CC=gcc-14' ;;
	esac
}

# The Debian mirror that this machine's apt is set up with.
debian_mirror() {
	local uri
	if [ -n "${COHMEM_MIRROR:-}" ]; then
		printf '%s\n' "$COHMEM_MIRROR"
		return
	fi
	uri=$(apt-get indextargets 'Created-By: Packages' --format '$(REPO_URI)' |
		grep -E '/debian/?$' | head -n 1 || true)
	[ -n "$uri" ] || die mirror \
		"apt knows no Debian archive; run 'apt-get update' or set COHMEM_MIRROR"
	printf '%s\n' "${uri%/}"
}

# How many virtual machines run side by side. Much of a run is waiting for
# timeouts that the contract fixes, so more than there are processors; and none
# takes more than LANE_MIB of memory.
LANE_MIB=5000
lanes() {
	local mib=$(($(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo) / 1024)) n
	n=$((mib / LANE_MIB))
	[ $n -le $((2 * $(nproc))) ] || n=$((2 * $(nproc)))
	echo $((n > 0 ? n : 1))
}
: "${COHMEM_LANES:=$(lanes)}"
