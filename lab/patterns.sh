# SPDX-License-Identifier: GPL-2.0-only
# What L2 says that it wrote, looked for in the coherent memory. Sourced by
# scenarios, whose host_check calls it. Bash.
# shellcheck shell=bash disable=SC2034,SC2154

# patterns_found LEAST: the patterns that L2 wrote through its BARs, LEAST of them at
# least, must lie in the coherent memory, at the physical offset that the layout
# says. The lines are made again here from the seed, and compared with the memory's
# file byte by byte.
patterns_found() {
	local bar offset size state base usemem nr=0
	usemem=$(sed -n 's/^out l2: usemem //p' "$run/verdict")
	while read -r bar offset size state; do
		nr=$((nr + 1))
		[ "$state" = ok ] || { host_results+=("fail:L2 reads back what it wrote through BAR$bar at $offset"); continue; }
		host_results+=("ok:L2 reads back what it wrote through BAR$bar at $offset")
		case $bar-$model in
		4-*) base=0 ;;
		2-gh200) base=$usemem ;;
		*) continue ;; # a real BAR2: not coherent memory
		esac
		if cmp -s -n "$size" <(l2_pattern "$bar" "$offset" "$size") \
			<(dd if="$hbm_file" bs=64K iflag=skip_bytes,count_bytes skip=$((base + offset)) count="$size" 2>/dev/null); then
			progress "host: BAR$bar $offset is coherent memory at $(printf '0x%x' $((MEM_BASE + base + offset))): pattern found"
			host_results+=("ok:pattern of BAR$bar at $offset lies at the right physical offset")
		else
			host_results+=("fail:pattern of BAR$bar at $offset is not at the right physical offset")
		fi
	done < <(sed -n 's/^out l2: pattern //p' "$run/verdict")
	[ "$nr" -ge "$1" ] || host_results+=("fail:L2 wrote $nr patterns, at least $1 were expected")
}

# l2_pattern WHERE OFFSET SIZE: the number of a BAR, or egm0.
l2_pattern() {
	local i line where=${1/#[0-9]/bar&}
	for ((i = 0; i < $3 / 64; i++)); do
		printf -v line 'cohmem %s %s 0x%016x' "$seed" "$where" $(($2 + i * 64))
		printf '%-63s\n' "$line"
	done | tr ' ' '.' | sed 's/^cohmem\.\([^.]*\)\.\([a-z]*[0-9]\)\./cohmem \1 \2 /'
}
