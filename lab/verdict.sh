# SPDX-License-Identifier: GPL-2.0-only
# The verdict: follow L1's report while it runs, then judge it and the kernel
# log. Sourced by lab/run. Bash.
# shellcheck shell=bash disable=SC2154,SC2034
. "$COHMEM_TOP/tests/tap.sh"

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

# follow: show each step as it ends, until QEMU has gone or time is up.
follow() {
	local deadline=$((SECONDS + scenario_timeout)) line heard=$SECONDS
	exec {report}< <(exec tail -n +1 -f --pid="$vm_pid" "$run/verdict" 2>/dev/null)
	while [ $SECONDS -lt $deadline ]; do
		if IFS= read -r -t 2 -u "$report" line; then
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
	while IFS= read -r -t 0.5 -u "$report" line; do show_line "$line"; done
	exec {report}<&-
	if kill -0 "$vm_pid" 2>/dev/null; then
		timed_out=1
		kill "$vm_pid" 2>/dev/null
	fi
	wait "$vm_pid" 2>/dev/null || true
}
timed_out='' current=''

show_line() {
	case $1 in
	boot\ *) read -r _ ms rel <<<"$1"; progress "L1 is up: $rel, $ms ms after its kernel started" ;;
	step\ *) current=${1#step }; progress "  $current ..." ;;
	out\ *) [ -z "${scenario_verbose:-}" ] || [ -n "$quiet" ] || printf '        | %s\n' "${1#out }" >&2 ;;
	end\ *) read -r _ status ms what <<<"$1"
		if [ "$status" = 0 ] || [ "$status" = 77 ]; then
			[ -n "${scenario_verbose:-}" ] || progress "  $what: done in $ms ms"
		else
			progress "  $what: exit status $status after $ms ms"
		fi ;;
	esac
}

# judge: from the verdict file to tests. A step that speaks TAP counts by its
# lines, any other counts as one test.
judge() {
	local line what='' status
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		step\ *) what=${line#step }; : >"$run/step.out" ;;
		out\ *) printf '%s\n' "${line#out }" >>"$run/step.out" ;;
		end\ *)
			read -r _ status _ <<<"$line"
			judge_step "$what" "$status"
			what='' ;;
		esac
	done <"$run/verdict"
	[ -z "$what" ] || fail_line "$what" "L1 ended while it ran"
	rm -f "$run/step.out"
}

judge_step() {
	local kind name why
	if grep -qE '^(1\.\.[0-9]|(not )?ok )' "$run/step.out"; then
		[ "$2" != timeout ] || echo "Bail out! did not end in time" >>"$run/step.out"
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
		timeout) fail_line "$1" "did not end in time" ;;
		*) fail_line "$1" "exit status $2: $(tail -n 1 "$run/step.out")" ;;
		esac
	fi
}

# allow PATTERN: lines a scenario provokes on purpose.
allowed='^$'
allow() { allowed="$allowed|$1"; }

conclude() {
	: >"$run/result.tap"
	nr_tap=0
	[ -z "$timed_out" ] || fail_line "time" "not finished after $scenario_timeout s"
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
	local host_failures
	for host_failures in "${host_results[@]}"; do
		case $host_failures in
		ok:*) pass_line "${host_failures#ok:}" ;;
		*) fail_line "${host_failures#fail:}" "host check" ;;
		esac
	done
	printf '%s on %s: %d passed, %d failed, %d skipped  (logs: %s)\n' "$name" "$release" \
		"$nr_passed" "$nr_failed" "$nr_skipped" "$run" >&2
	printf '%s\n' "$release" >"$run/kernel"
	printf '1..%d\n' "$nr_tap" >>"$run/result.tap"
	[ -z "${COHMEM_RESULT:-}" ] || cp "$run/result.tap" "$COHMEM_RESULT"
	find "$COHMEM_CACHE/runs" -mindepth 1 -maxdepth 1 -type d | sort | head -n -60 | xargs -r rm -rf
	exit $((nr_failed > 0))
}
host_results=()
