# SPDX-License-Identifier: GPL-2.0-only
# What L2 says that it wrote, looked for in the coherent memory. Sourced by
# scenarios, whose host_check calls it. Bash.
# shellcheck shell=bash disable=SC2034,SC2154

# gpu_of PLACE: sets GPU and BAR to what a place of a pattern means: the number of a BAR,
# and in front of it that of a GPU, unless it is the first.
gpu_of() { GPU=$(($1 / 10)) BAR=$(($1 % 10)); }

# patterns_found LEAST: the patterns that L2 wrote through its BARs, LEAST of them at
# least, must lie in the coherent memory, at the physical offset that the layout
# says. The lines are made again here from the seed, and compared with the memory's
# file byte by byte. Called again it looks at what has come since; what was written
# before may be gone by then.
patterns_seen=0
patterns_found() {
	local place offset size state base usemem=() nr=0 name_of GPU BAR
	while read -r size GPU; do usemem[${GPU:-0}]=$size; done < <(sed -n 's/^out l2: usemem //p' "$run/verdict")
	while read -r place offset size state; do
		nr=$((nr + 1))
		gpu_of "$place"
		name_of="BAR$BAR at $offset"
		[ "$nr_gpus" = 1 ] || name_of="GPU $GPU's $name_of"
		[ "$state" = ok ] || { host_results+=("fail:L2 reads back what it wrote through $name_of"); continue; }
		host_results+=("ok:L2 reads back what it wrote through $name_of")
		case $BAR-${gpu_model[GPU]} in
		4-*) base=0 ;;
		2-gh200) base=${usemem[GPU]} ;;
		*) continue ;; # a real BAR2: not coherent memory
		esac
		if cmp -s -n "$size" <(l2_pattern "$place" "$offset" "$size") \
			<(dd if="${hbm_files[GPU]}" bs=64K iflag=skip_bytes,count_bytes skip=$((base + offset)) count="$size" 2>/dev/null); then
			progress "host: ${name_of/ at/} is coherent memory at $(printf '0x%x' $((mem_base[GPU] + base + offset))): pattern found"
			host_results+=("ok:pattern of $name_of lies at the right physical offset")
		else
			host_results+=("fail:pattern of $name_of is not at the right physical offset")
		fi
	done < <(sed -n 's/^out l2: pattern //p' "$run/verdict" | tail -n +$((patterns_seen + 1)))
	patterns_seen=$((patterns_seen + nr))
	[ "$nr" -ge "$1" ] || host_results+=("fail:L2 wrote $nr patterns, at least $1 were expected")
}

# l2_pattern WHERE OFFSET SIZE: a place, or egm0.
l2_pattern() {
	local i line where=${1/#[0-9]/bar&}
	for ((i = 0; i < $3 / 64; i++)); do
		printf -v line 'cohmem %s %s 0x%016x' "$seed" "$where" $(($2 + i * 64))
		printf '%-63s\n' "$line"
	done | tr ' ' '.' | sed 's/^cohmem\.\([^.]*\)\.\([a-z]*[0-9]*\)\./cohmem \1 \2 /'
}
