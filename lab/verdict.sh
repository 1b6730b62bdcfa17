# SPDX-License-Identifier: GPL-2.0-only
# The verdict: follow L1's report while it runs, then judge it and the kernel
# log. Sourced by lab/run. Bash.
# shellcheck shell=bash disable=SC2154,SC2034
. "$COHMEM_TOP/tests/tap.sh"
. "$COHMEM_TOP/lab/guest/lines"

# What a kernel log must not hold. "Memory failure" lines are what the poison
# tests provoke and are judged by them.
KERNEL_TROUBLE='WARNING:|BUG:|kernel BUG|Oops|Unable to handle|Internal error|KASAN:|UBSAN:|KCSAN:|possible circular locking|possible recursive locking|suspicious RCU|inconsistent lock state|INFO: task .* blocked|detected stall|soft lockup|hung_task|general protection|refcount_t|use-after-free|kmemleak: [0-9]+ new suspected|Invalid wait context'

nr_passed=0 nr_failed=0 nr_skipped=0

# One test is one line of result.tap; its number is its place.
tap() {
	printf '%s %d - %s\n' "$1" "$((++nr_tap))" "$2" >>"$run/result.tap"
}
nr_tap=0

pass_line() { nr_passed=$((nr_passed + 1)); tap ok "$1"; }
skip_line() { nr_skipped=$((nr_skipped + 1)); tap ok "$1 # SKIP $2"; }
fail_line() {
	nr_failed=$((nr_failed + 1))
	tap 'not ok' "$1 # $2"
	printf '  FAILED %s: %s\n' "$1" "$2" >&2
}

# Steps that have to be killed, steps that took longer than on a machine of their
# own they may, and what the host says of the whole run, see lab/clock.sh.
expect_killed=() stretched=()
run_wall=0 run_lost=0
lost_now() {
	local wall lost
	{ read -r wall lost <"$run/lost"; } 2>/dev/null || return 0
	run_wall=$wall run_lost=$lost
}

# follow: show each step as it ends, until QEMU has gone or time is up.
follow() {
	local start=$SECONDS line heard=$SECONDS
	exec {report}< <(exec tail -n +1 -f --pid="$vm_pid" "$run/verdict" 2>/dev/null)
	while
		lost_now
		spent_of $(((SECONDS - start) * 1000)) "$run_lost"
		[ "$REPLY" -lt $((scenario_timeout * 1000)) ]
	do
		if whole_line "$report" 2; then
			show_line "$line"
			heard=$SECONDS
			continue
		fi
		if [ $((SECONDS - heard)) -ge 15 ]; then
			progress "  ${current:-booting} ... still at it"
			heard=$SECONDS
		fi
		kill -0 "$vm_pid" 2>/dev/null || break
	done
	while whole_line "$report" 0.5; do show_line "$line"; done
	exec {report}<&-
	if kill -0 "$vm_pid" 2>/dev/null; then
		timed_out=$((SECONDS - start))
		kill "$vm_pid" 2>/dev/null
	fi
	wait "$vm_pid" 2>/dev/null || true
}
timed_out='' current=''

show_line() {
	case $1 in
	boot\ *) read -r _ ms rel <<<"$1"; progress "L1 is up: $rel, $ms ms after its kernel started" ;;
	step\ *) current=${1#step }; progress "  $current ..."; host_step "$current" ;;
	left\ *) progress "  still there: ${1#left }" ;;
	out\ *) [ -z "${scenario_verbose:-}" ] || [ -n "$quiet" ] || printf '        | %s\n' "${1#out }" >&2 ;;
	end\ *) read -r _ status ms what <<<"$1"
		if [ "$status" = 0 ] || [ "$status" = 77 ]; then
			[ -n "${scenario_verbose:-}" ] || progress "  $what: done in $ms ms"
		else
			progress "  $what: exit status $status after $ms ms"
		fi ;;
	esac
}

# qemu_failed: QEMU of the host has ended in an assertion of its own, before L1 was
# done; prints it. It does so when it is unplugging a vfio-user device, and is
# unlucky: see "QEMU" in docs/architecture.md.
qemu_failed() {
	! grep -q '^done' "$run/verdict" && grep -E -m 1 'Assertion .* failed' "$run/qemu.log"
}

# judge: from the verdict file to tests. A step that speaks TAP counts by its
# lines, any other counts as one test.
judge() {
	local ms line what='' status left='' lost=0 limit=0
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		step\ *) what=${line#step } lost=0 limit=0; : >"$run/step.out" ;;
		out\ *) printf '%s\n' "${line#out }" >>"$run/step.out" ;;
		end\ *)
			read -r _ status ms _ <<<"$line"
			judge_step "$what" "$status" "$ms" "$lost" "$limit"
			left=$what what='' ;;
		lost\ *) read -r _ lost limit <<<"$line" ;;
		left\ *) fail_line "$left: leaves something behind" "${line#left }" ;;
		esac
	done <"$run/verdict"
	[ -z "$what" ] || fail_line "$what" "L1 ended while it ran"
	rm -f "$run/step.out"
}

# judge_step NAME STATUS MS LOST LIMIT: what came of a step that took MS ms, of
# which LOST were lost to a slow host, and may take LIMIT of the others.
judge_step() {
	local kind name why expected late
	factor_of "$3" "$4"
	late="did not end in $(($5 / 1000)) s"
	if [ "$3" -gt $(($5 + 1000)) ] && [ "$5" -gt 0 ]; then
		late="$late, stretched to $(($3 / 1000)) s as this host was $REPLY times slower than alone"
		[ "$2" = timeout ] || stretched+=("$1 ($(($3 / 1000)) s of $(($5 / 1000)) s)")
	fi
	for expected in "${expect_killed[@]}"; do
		[ "$expected" = "$1" ] || continue
		if [ "$2" = timeout ]; then
			pass_line "$1: is killed"
		else
			fail_line "$1: is killed" "it ended, exit status $2: $(tail -n 1 "$run/step.out")"
		fi
		return
	done
	if grep -qE '^(1\.\.[0-9]|(not )?ok )' "$run/step.out"; then
		[ "$2" != timeout ] || echo "Bail out! $late" >>"$run/step.out"
		while IFS=$'\t' read -r kind name why; do
			case $kind in
			P) pass_line "$1: $name" ;;
			F) fail_line "$1: $name" "see verdict" ;;
			S) skip_line "$1: $name" "$why" ;;
			esac
		done < <(tap_parse "$run/step.out" "$2")
	else
		case $2 in
		0) pass_line "$1" ;;
		77) skip_line "$1" "$(tail -n 1 "$run/step.out")" ;;
		timeout) fail_line "$1" "$late" ;;
		*) fail_line "$1" "exit status $2: $(tail -n 1 "$run/step.out")" ;;
		esac
	fi
}

# allow PATTERN: lines a scenario provokes on purpose.
allowed='^$'
allow() { allowed="$allowed|$1"; }

conclude() {
	local why
	: >"$run/result.tap"
	nr_tap=0
	lost_now
	factor_of "$run_wall" "$run_lost"
	if [ -n "$timed_out" ]; then
		why="not finished after $scenario_timeout s"
		[ "$timed_out" -le $((scenario_timeout + 1)) ] ||
			why="$why, stretched to $timed_out s as this host was $REPLY times slower than alone"
		fail_line "time" "$why"
	fi
	judge
	if grep -q '^done' "$run/verdict" || [ -n "$shell" ]; then
		:
	else
		fail_line "end" "L1 never reported that it was done: see console.log, qemu.log"
	fi
	if [ -s "$run/kernel.log" ]; then
		if grep -vE "$allowed" "$run/kernel.log" | grep -E -m 5 "$KERNEL_TROUBLE" >"$run/trouble"; then
			fail_line "kernel log" "$(head -n 1 "$run/trouble")"
		else
			pass_line "kernel log clean"
			rm -f "$run/trouble"
		fi
	elif [ -z "$shell" ]; then
		fail_line "kernel log" "empty"
	fi
	local host_failures what
	for host_failures in "${host_results[@]}"; do
		case $host_failures in
		ok:*) pass_line "${host_failures#ok:}" ;;
		skip:*) what=${host_failures%%|*}; skip_line "${what#skip:}" "${host_failures#*|}" ;;
		*) fail_line "${host_failures#fail:}" "host check" ;;
		esac
	done
	[ -z "${COHMEM_RUN_AGAIN:-}" ] ||
		printf '# again: QEMU failed in the first run, %s\n' "$COHMEM_RUN_AGAIN" >>"$run/result.tap"
	say_slow
	printf '%s on %s: %d passed, %d failed, %d skipped  (logs: %s)\n' "$name" "$release" \
		"$nr_passed" "$nr_failed" "$nr_skipped" "$run" >&2
	printf '%s\n' "$release" >"$run/kernel"
	printf '1..%d\n' "$nr_tap" >>"$run/result.tap"
	[ -z "${COHMEM_RESULT:-}" ] || cp "$run/result.tap" "$COHMEM_RESULT"
	find "$COHMEM_CACHE/runs" -mindepth 1 -maxdepth 1 -type d | sort | head -n -60 | xargs -r rm -rf
	exit $((nr_failed > 0))
}

# say_slow: a line of its own if the run got less than half of what it asked for, or
# if a limit had to follow. Slow is no failure.
SLOW_FROM=20
say_slow() {
	local list what=''
	factor_of "$run_wall" "$run_lost"
	[ "${REPLY/./}" -ge $SLOW_FROM ] || [ ${#stretched[@]} -gt 0 ] || return 0
	for list in "${stretched[@]}"; do what+="${what:+, }$list"; done
	printf 'slow: this host was %s times slower than alone; %s\n' "$REPLY" \
		"$([ -n "$what" ] && echo "limits stretched for $what" || echo "no limit had to stretch")" >&2
	printf '# slow %s %s\n' "$REPLY" "$what" >>"$run/result.tap"
}
host_results=()

# What a run has counted, beside what the compiler says of the module it ran, for
# lab/coverage.
keep_counts() {
	local at kept
	at=$COHMEM_CACHE/coverage/$(basename "$(dirname "$module")")
	kept=$at/$(basename "$run").gcda
	mkdir -p "$at/gcno" "$kept"
	(cd "$(dirname "$module")/driver" && find . -name '*.gcno' -exec cp --parents -t "$at/gcno" {} +)
	if sed -n 's/^out gcov //p' "$run/verdict" | base64 -d | tar -xz -C "$kept"; then
		host_results+=("ok:what ran was counted")
	else
		rm -rf "$kept"
		host_results+=("fail:what ran was counted")
	fi
	touch "$at"
}
