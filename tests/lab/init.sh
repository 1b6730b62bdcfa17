#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The init of L1 as the first process of a namespace: what it does with steps that
# end, that leave something behind, that run out of time, and on a slow host. Ports
# are files here (ports.c), all else is as in L1.
# shellcheck source=tests/style/lib.sh disable=SC2016
. "$(dirname "$0")/../style/lib.sh"

l1=$COHMEM_BUILD/tests/lab/lab-l1
why=''
[ -x "$l1" ] || why="not built"
[ "$(id -u)" = 0 ] && unshare --pid --mount --fork true 2>/dev/null || why="needs root, for namespaces"
if [ -n "$why" ]; then
	skip "init of L1" "$why"
	finish
	exit
fi

root=$(mktemp -d)
feeder=''
cleanup() {
	[ -z "$feeder" ] || kill "$feeder" 2>/dev/null
	rm -rf --one-file-system "$root"
}
trap cleanup EXIT
mkdir -p "$root"/{dev,proc,sys,tmp,run,lab,ports,root}
cp "$l1" "$root/init"
: >"$root/ports/org.cohmem.verdict"
mkfifo "$root/ports/org.cohmem.clock"
for d in usr bin sbin lib lib64 etc; do
	if [ -L "/$d" ]; then cp -P "/$d" "$root/$d"; elif [ -d "/$d" ]; then mkdir "$root/$d"; fi
done

step() { printf '%s\t%d\t%s\n' "$1" "$2" "$3" >>"$root/lab/steps"; }
# By its argument, as others sleep on this machine, too.
none='! grep -lz "^77[0-9]$" /proc/[0-9]*/cmdline'
step speaks 60 'echo hello; exit 3'
step leaves 60 '(setsid sleep 771 &); (sleep 772 &); sleep 0.2'
step "nothing of it" 60 "$none"
step late 1 '(setsid sleep 773 &); setsid sleep 774'
step "nothing of that" 60 "$none"
step stretched 2 'sleep 5'
step bounded 1 'sleep 775'
step published 60 'od -An -tu8 /run/lab-lost'

# A host that claims to take all there is, in steps that are no real time.
(
	exec 3<>"$root/ports/org.cohmem.clock"
	for ((n = 1; n < 3000; n++)); do
		echo "$((n * 500)) $((n * 500))" >&3
		read -r -t 0.1 -u 4 _ 4<> <(:)
	done
) >/dev/null 2>&1 &
feeder=$!

timeout 100 unshare --pid --mount --fork --propagation private bash -c '
	# Whoever is not the first of a namespace would turn off the machine.
	[ $$ = 1 ] || exit 1
	for d in usr bin sbin lib lib64 etc; do
		if [ -d "$1/$d" ] && [ ! -L "$1/$d" ]; then mount --rbind "/$d" "$1/$d"; fi
	done
	exec chroot "$1" /init' l1 "$root" >"$root/console" 2>&1 </dev/null
verdict=$root/ports/org.cohmem.verdict

# ended NAME: status of a step; took NAME: its ms; said NAME: what it printed.
ended() { sed -n "s/^end \\([a-z0-9]*\\) [0-9]* $1\$/\\1/p" "$verdict"; }
took() { sed -n "s/^end [a-z0-9]* \\([0-9]*\\) $1\$/\\1/p" "$verdict"; }
said() { sed -n "/^step $1\$/,/^end /s/^out //p" "$verdict"; }

is() { [ "$2" = "$3" ] || { echo "$1: '$2', want '$3'"; cat "$verdict"; }; }
within() {
	[ "${2:-0}" -ge "$3" ] && [ "${2:-0}" -le "$4" ] || echo "$1: '$2', want $3 to $4"
}

check "a step's output and exit status" is "speaks" "$(said speaks) $(ended speaks)" "hello 3"
check "a step that ends leaves no process" is "nothing of it" "$(ended leaves) $(ended 'nothing of it')" "0 0"
check "nor does one that is killed, in whatever session" \
	is "nothing of that" "$(ended late) $(ended 'nothing of that')" "timeout 0"
check "a limit follows the host" is stretched "$(ended stretched)" 0
check "up to a bound" is bounded "$(ended bounded)" timeout
check "which is five times itself" within bounded "$(took bounded)" 4900 60000
published() {
	said published | tr -s ' ' | grep -qE '^ ?[1-9][0-9]* [1-9][0-9]*$' && said published | grep -qE '^ +50$' ||
		cat "$verdict"
}
check "all programs can know of it" published
check "nothing was left" is left "$(grep -c '^left' "$verdict")" 0
check "the end is said" is "last line" "$(tail -n 1 "$verdict")" "done"
finish
