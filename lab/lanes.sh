# SPDX-License-Identifier: GPL-2.0-only
# Commands side by side, each with a name, and which of them has ended. Sourced. Bash.
# shellcheck shell=bash disable=SC2034
#
# Not by `wait -n`: bash (5.2) never tells of a child that ends while it runs another
# command. So each says so itself when it ends, whatever ends it but SIGKILL.

# lanes_open: once, before the first of them.
lanes_open() {
	local fifo
	fifo=$(mktemp -u "${TMPDIR:-/tmp}/cohmem-lanes.XXXXXX")
	mkfifo -m 600 "$fifo"
	exec {LANES_FD}<>"$fifo"
	rm -f "$fifo"
}

# in_lane NAME CMD...: begin CMD, a command or a function. NAME: no line break in it.
in_lane() {
	(
		LANE_SELF=$1
		shift
		trap 'echo "$? $LANE_SELF" >&"$LANES_FD"' EXIT
		"$@"
	) &
}

# lane_ended: wait for one to end; LANE_NAME is which, LANE_STATUS how.
lane_ended() { read -r LANE_STATUS LANE_NAME <&"$LANES_FD"; }
