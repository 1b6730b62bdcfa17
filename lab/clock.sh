# SPDX-License-Identifier: GPL-2.0-only
# How slow the host is for the machine that runs on it. Sourced by lab/run. Bash.
# shellcheck shell=bash disable=SC2034
#
# The kernel counts for each thread how long it ran and how long it waited while it
# could have run (/proc/PID/schedstat). Summed over QEMU's threads and those of the
# emulated GPU, which they wait for, that says how much of the processor time that
# the machine asked for it did not get. Nothing else tells as much: an emulated
# processor has no steal time; pressure (/proc/pressure/cpu) is of the whole host and
# says that somebody waits, not for how long; processor time alone does not tell a
# guest that sleeps from one that is kept waiting. What a hypervisor below the
# host takes (steal in /proc/stat) is added. Time spent waiting for disks is not.

# As LAB_STRETCH_MAX in lab/init/limit.h, which has the theory.
STRETCH_MAX=5

# Each sets REPLY: these are called once a second, and a process is much.

# lost_of RUN WAIT WALL STEAL: of WALL ms, how many were lost to threads that ran
# RUN ms in all and waited WAIT ms, on a host of which STEAL thousandths were taken
# away. One thread at a time: what it waited is lost. More than one at once: the
# share of what they asked for and did not get.
lost_of() {
	local run=$1 wait=$2 wall=$3 steal=$4
	wait=$((wait + run * steal / 1000))
	run=$((run - run * steal / 1000))
	if [ $((run + wait)) -gt "$wall" ]; then
		wait=$((wait * wall / (run + wait)))
	fi
	REPLY=$wait
}

# spent_of WALL LOST: what counts against a limit.
spent_of() {
	local least=$((($1 + STRETCH_MAX - 1) / STRETCH_MAX))
	REPLY=$(($1 > $2 ? $1 - $2 : 0))
	[ "$REPLY" -ge "$least" ] || REPLY=$least
}

# factor_of WALL LOST: how many times slower, with one decimal: as it was measured,
# also where that is more than limits may stretch.
factor_of() {
	local left=$(($1 - $2)) tenths=10
	if [ "$1" -gt 0 ]; then
		tenths=990
		[ $left -le 0 ] || tenths=$((($1 * 10 + left / 2) / left))
		[ $tenths -le 990 ] || tenths=990
	fi
	REPLY=$((tenths / 10)).$((tenths % 10))
}

# uptime_ms: a clock that nobody sets.
uptime_ms() {
	local up
	read -r up _ </proc/uptime
	REPLY=$((10#${up/./} * 10))
}

# threads_took PID...: sets run_ms and wait_ms, what the threads have run and waited
# since the last call. Threads that are new count from their start.
declare -A ran=() waited=()
threads_took() {
	local pid f r w
	run_ms=0 wait_ms=0
	for pid; do
		for f in /proc/"$pid"/task/*/schedstat; do
			{ read -r r w _ <"$f"; } 2>/dev/null || continue
			run_ms=$((run_ms + (r - ${ran[$f]:-0}) / 1000))
			wait_ms=$((wait_ms + (w - ${waited[$f]:-0}) / 1000))
			ran[$f]=$r waited[$f]=$w
		done
	done
	run_ms=$((run_ms / 1000)) wait_ms=$((wait_ms / 1000))
}

# host_stolen: sets steal, in thousandths of what the host's processors were busy
# since the last call.
steal_before=0 busy_before=0
host_stolen() {
	local user nice system idle iowait irq softirq stolen busy
	read -r _ user nice system idle iowait irq softirq stolen _ </proc/stat
	busy=$((user + nice + system + irq + softirq + stolen))
	steal=0
	[ "$busy" -le "$busy_before" ] ||
		steal=$((1000 * (stolen - steal_before) / (busy - busy_before)))
	steal_before=$stolen busy_before=$busy
}

# clock_tells: does this host's kernel count?
clock_tells() {
	local r=0
	{ read -r r _ </proc/self/schedstat; } 2>/dev/null || true
	[ "$r" -gt 0 ]
}

# clock_watch FILE PORT PID...: once a second, until it is ended or the first of PID
# is, write "WALL LOST", ms since the start, into FILE, and as a line to PORT.
clock_watch() {
	local file=$1 port=$2 wall=0 lost=0 before now tick out
	shift 2
	trap - ERR
	set +e
	exec {tick}<> <(:) {out}<>"$port"
	uptime_ms; before=$REPLY
	threads_took "$@"
	host_stolen
	while [ -e "/proc/$1/task" ]; do
		# Sleep without a process: nobody ever writes there.
		read -r -t 1 -u "$tick" now
		uptime_ms; now=$REPLY
		threads_took "$@"
		host_stolen
		lost_of "$run_ms" "$wait_ms" $((now - before)) "$steal"
		wall=$((wall + now - before)) lost=$((lost + REPLY)) before=$now
		# Less than a block, in one write: nobody reads half of it.
		printf '%15d %15d\n' $wall $lost 1<>"$file"
		printf '%d %d\n' $wall $lost >&"$out"
	done
}
