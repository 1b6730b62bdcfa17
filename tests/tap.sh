# SPDX-License-Identifier: GPL-2.0-only
# Counting tests. Sourced by tests/run (no VM) and by whatever sums up all
# suites; knows TAP and nothing of what is tested. Bash.
# shellcheck shell=bash
#
#   tap_run NAME SECONDS CMD...   run a program that prints TAP, count it
#   tap_count NAME LOG STATUS [TOOK]
#                                 count TAP that was recorded in a file, say how
#                                 it went; TOOK "silent" says nothing
#   tap_total                     the skips with their reasons, the failures,
#                                 and the one line `N passed, N failed, N skipped`
#
# What is not said is failed: a plan that is not fulfilled, no plan at all, an
# exit status without a failed test to explain it.

TAP_PASSED=0 TAP_FAILED=0 TAP_SKIPPED=0
TAP_FAILURES=() TAP_REASONS=()

# One record a line: P<tab>name, F<tab>name, S<tab>name<tab>reason. A program may run
# several groups, each with a plan of its own: plans add up. cmocka 1.1 writes a
# skip as "not ok 3 # SKIP name"; the directive counts, whatever precedes it. It
# knows no reason, so a "# skip: reason" line before it gives that.
tap_parse() {
	awk -v status="$2" '
	/^[ \t]*1\.\.[0-9]+/ {
		sub(/^[ \t]*1\.\./, ""); planned += $1; plans++; next
	}
	/^# [Ss][Kk][Ii][Pp]: / { why = substr($0, 9); next }
	/^Bail out!/ { print "F\t" $0; failed++; next }
	/^(not )?ok([ \t]|$)/ {
		seen++
		bad = /^not ok/
		name = $0
		sub(/^(not )?ok[ \t]*[0-9]*[ \t]*(- )?/, "", name)
		if (match(name, /# *[Ss][Kk][Ii][Pp]([ \t]|$)/)) {
			after = substr(name, RSTART + RLENGTH)
			before = substr(name, 1, RSTART - 1)
			sub(/[ \t]+$/, "", before)
			if (before == "")
				before = after
			else if (after != "" && why == "")
				why = after
			print "S\t" before "\t" (why == "" ? "no reason given" : why)
		} else if (bad && name !~ /# *[Tt][Oo][Dd][Oo]/) {
			print "F\t" name; failed++
		} else
			print "P\t" name
		why = ""
	}
	END {
		if (!plans)
			print "F\tno TAP plan (exit status " status ")"
		else if (seen < planned)
			print "F\t" planned - seen " of " planned \
				" planned tests never ran (exit status " status ")"
		else if (status != 0 && !failed)
			print "F\texit status " status " without a failed test"
	}' "$1"
}

# A log without what went well, for a person who wants to know what did not.
tap_show_failure() {
	awk '/^ok[ \t]/ || /^[ \t]*1\.\.[0-9]+/ { next } { print "      | " $0 }' "$1" |
		tail -n "${TAP_LINES:-200}"
}

tap_count() {
	local name=$1 log=$2 status=$3 took=${4:-} kind what why p=0 f=0 s=0 line
	while IFS=$'\t' read -r kind what why; do
		case $kind in
		P) p=$((p + 1)) ;;
		F) f=$((f + 1)); TAP_FAILURES+=("$name: $what") ;;
		S) s=$((s + 1)); TAP_REASONS+=("$why"$'\t'"$name: $what") ;;
		esac
		tap_record "$kind" "$name: $what" "$why"
	done < <(tap_parse "$log" "$status")
	TAP_PASSED=$((TAP_PASSED + p))
	TAP_FAILED=$((TAP_FAILED + f))
	TAP_SKIPPED=$((TAP_SKIPPED + s))
	[ "$took" != silent ] || return 0
	line="$p passed"
	[ $f = 0 ] || line+=", $f FAILED"
	[ $s = 0 ] || line+=", $s skipped"
	printf '  %-28s %s%s\n' "$name" "$line" "${took:+  ($took)}"
	[ $f = 0 ] || tap_show_failure "$log"
}

# With TAP_RESULT set, every test counted goes to that file too, as TAP without a
# plan: for a program that counts on.
tap_record() {
	[ -n "${TAP_RESULT:-}" ] || return 0
	case $1 in
	P) printf 'ok - %s\n' "$2" ;;
	F) printf 'not ok - %s\n' "$2" ;;
	S) printf 'ok - %s # SKIP %s\n' "$2" "$3" ;;
	esac >>"$TAP_RESULT"
}

# tap_exec LOG SECONDS CMD...: run, leave the output in LOG, the exit status and
# the time in LOG.end.
tap_exec() {
	local log=$1 seconds=$2 status=0 start took
	shift 2
	start=${EPOCHREALTIME/[.,]/}
	CMOCKA_MESSAGE_OUTPUT=TAP timeout --kill-after=5 "$seconds" "$@" \
		>"$log" 2>&1 </dev/null || status=$?
	took=$((${EPOCHREALTIME/[.,]/} - start))
	if [ $status = 124 ] || [ $status = 137 ]; then
		printf '# killed after %s s\n' "$seconds" >>"$log"
	fi
	echo "$status $((took / 1000000)).$((took / 100000 % 10))" >"$log.end"
}

# tap_ended NAME LOG: count what tap_exec has left.
tap_ended() {
	local status took
	read -r status took <"$2.end"
	tap_count "$1" "$2" "$status" "$took s"
	rm -f "$2" "$2.end"
}

tap_run() {
	local name=$1 log
	shift
	log=$(mktemp "${TMPDIR:-/tmp}/cohmem-tap.XXXXXX")
	tap_exec "$log" "$@"
	tap_ended "$name" "$log"
}

tap_total() {
	local f reason count
	if [ ${#TAP_REASONS[@]} -gt 0 ]; then
		printf 'skipped:\n'
		printf '%s\n' "${TAP_REASONS[@]}" | cut -f1 | sort | uniq -c |
			while read -r count reason; do
				printf '  %4d  %s\n' "$count" "$reason"
			done
	fi
	if [ ${#TAP_FAILURES[@]} -gt 0 ]; then
		printf 'failed:\n'
		for f in "${TAP_FAILURES[@]}"; do printf '  %s\n' "$f"; done
	fi
	printf '%d passed, %d failed, %d skipped\n' \
		"$TAP_PASSED" "$TAP_FAILED" "$TAP_SKIPPED"
	[ "$TAP_FAILED" = 0 ]
}
