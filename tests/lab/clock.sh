#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How slow the host is: lab/clock.sh against numbers, and against real processes
# that have to share a processor.
# shellcheck source=tests/style/lib.sh
. "$(dirname "$0")/../style/lib.sh"
. "$top/lab/clock.sh"

# is WANT FUNCTION ARGUMENTS...
is() {
	local want=$1 REPLY=''
	shift
	"$@"
	[ "$REPLY" = "$want" ] || echo "$*: $REPLY, want $want"
}

check "nobody waited" is 0 lost_of 900 0 1000 0
check "one thread: what it waited" is 300 lost_of 200 300 1000 0
check "busy, half of it waiting" is 500 lost_of 500 500 1000 0
check "two threads, half of what they asked for" is 500 lost_of 1000 1000 1000 0
check "four threads on a quarter of a processor" is 937 lost_of 250 3750 1000 0
check "idle" is 0 lost_of 0 0 1000 0
check "no time at all" is 0 lost_of 0 0 0 0
check "stolen by a hypervisor" is 250 lost_of 1000 0 1000 250
check "stolen from two threads" is 250 lost_of 2000 0 1000 250

check "all counts" is 1000 spent_of 1000 0
check "what was lost does not" is 400 spent_of 1000 600
check "but a fifth always does" is 200 spent_of 1000 900
check "nor can more be lost than there was" is 200 spent_of 1000 5000
check "factor of a host that is idle" is 1.0 factor_of 1000 0
check "factor, half lost" is 2.0 factor_of 1000 500
check "factor, more than limits stretch" is 9.1 factor_of 14150 12598
check "factor, all lost" is 99.0 factor_of 1000 1000
check "factor of no time" is 1.0 factor_of 0 0

# The bound is one number in two languages.
same_bound() {
	local c
	c=$(sed -n 's/^#define LAB_STRETCH_MAX[ \t]*//p' "$top/lab/init/limit.h")
	[ "$c" = "$STRETCH_MAX" ] || echo "limit.h has $c, clock.sh $STRETCH_MAX"
}
check "the bound is the same in L1 and on the host" same_bound

# share NUMBER LEAST MOST: of so many processes that want one processor, the first
# is watched for some seconds; its factor is within LEAST and MOST.
share() {
	local cpu n pids=() dir wall=0 lost=0 watch
	cpu=$(taskset -cp $$ | sed 's/.*[ ,-]//')
	dir=$(mktemp -d)
	mkfifo "$dir/port"
	for ((n = 0; n < $1; n++)); do
		taskset -c "$cpu" bash -c 'while :; do :; done' >/dev/null 2>&1 &
		pids+=($!)
	done
	clock_watch "$dir/lost" "$dir/port" "${pids[0]}" >/dev/null 2>&1 &
	watch=$!
	sleep 4
	{ read -r wall lost <"$dir/lost"; } 2>/dev/null
	kill "${pids[@]}" $watch
	wait "${pids[@]}" $watch 2>/dev/null
	rm -rf "$dir"
	factor_of "$wall" "$lost"
	n=${REPLY/./}
	if [ "$n" -lt "$2" ] || [ "$n" -gt "$3" ] || [ "$wall" -lt 2000 ]; then
		echo "$1 processes: factor $REPLY in $wall ms"
	fi
}
if clock_tells; then
	# Alone it may have to share with whatever else this machine has to do; with
	# three more, it cannot have got half.
	check "a process with three others on its processor" share 4 25 990
else
	skip "a process with three others on its processor" "this kernel counts no waiting"
fi
finish
