#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The verdict on a run, from what L1 reports and the host measured: recorded
# reports in, results out.
# shellcheck source=tests/style/lib.sh disable=SC2030,SC2031
. "$(dirname "$0")/../style/lib.sh"

# judged LOST TIMED_OUT KILLED LINE...: a run that reports LINEs, of which the host
# says LOST ("WALL LOST" in ms), that was ended after TIMED_OUT seconds if not
# empty, and in which step KILLED has to be killed. Prints what a person sees and
# the tests without their numbers.
judged() (
	run=$(mktemp -d)
	trap 'rm -rf "$run"' EXIT
	COHMEM_TOP=$top COHMEM_CACHE=$run/cache COHMEM_RESULT=''
	mkdir -p "$run/cache/runs"
	. "$top/lab/clock.sh"
	. "$top/lab/verdict.sh"
	progress() { :; }
	name=x release=y shell='' quiet=1 scenario_timeout=100
	timed_out=$2
	[ -z "$3" ] || expect_killed=("$3")
	[ -z "$1" ] || echo "$1" >"$run/lost"
	shift 3
	printf '%s\n' "$@" >"$run/verdict"
	echo "<6>[ 1.0] fine" >"$run/kernel.log"
	host_results=("${host_says[@]}")
	(conclude) 2>&1 | sed "s,$run,RUN,"
	sed 's/^\(not ok\|ok\) [0-9]*/\1/' "$run/result.tap"
)

# says TEXT ARGUMENTS...: of `judged`; says_not TEXT ...
says() {
	local want=$1 got
	shift
	got=$(judged "$@")
	grep -qF -- "$want" <<<"$got" || printf 'no "%s" in:\n%s\n' "$want" "$got"
}
says_not() {
	local want=$1 got
	shift
	got=$(judged "$@")
	! grep -qF -- "$want" <<<"$got" || printf '"%s" in:\n%s\n' "$want" "$got"
}

host_says=()
good=('step a' 'lost 0 20000' 'end 0 3000 a' 'done')
check "a good run" says '2 passed, 0 failed, 0 skipped' '9000 100' '' '' "${good[@]}"
check "and no word of slowness" says_not slow '9000 100' '' '' "${good[@]}"
check "a host that says nothing" says '2 passed, 0 failed, 0 skipped' '' '' '' "${good[@]}"

late=('step a' 'lost 25000 20000' 'end 0 40000 a' 'done')
check "a step that needed a stretched limit has passed" \
	says '2 passed, 0 failed, 0 skipped' '60000 30000' '' '' "${late[@]}"
check "and the run says that it was slow" \
	says 'slow: this host was 2.0 times slower than alone; limits stretched for a (40 s of 20 s)' \
	'60000 30000' '' '' "${late[@]}"
check "so does its result" says '# slow 2.0 a (40 s of 20 s)' '60000 30000' '' '' "${late[@]}"
check "slow, with no limit to stretch" \
	says 'slow: this host was 3.0 times slower than alone; no limit had to stretch' \
	'60000 40000' '' '' "${good[@]}"
check "a little slow is no news" says_not slow '60000 20000' '' '' "${good[@]}"

killed=('step a' 'lost 60000 20000' 'end timeout 80000 a' 'done')
check "killed after a stretched limit: says so" \
	says 'not ok - a # did not end in 20 s, stretched to 80 s as this host was 4.0 times slower than alone' \
	'90000 60000' '' '' "${killed[@]}"
check "killed on a host that was not slow: does not" \
	says_not 'slower' '30000 100' '' '' 'step a' 'lost 100 20000' 'end timeout 20050 a' 'done'
check "and fails all the same" \
	says 'not ok - a # did not end in 20 s' '30000 100' '' '' \
	'step a' 'lost 100 20000' 'end timeout 20050 a' 'done'
check "a program with TAP that was killed" \
	says "2 passed, 4 failed" '30000 100' '' '' 'step a' 'out 1..2' 'out ok 1 - x' \
	'lost 100 20000' 'end timeout 20050 a' 'left process 9 (x), state D, in y, 60 s after the step' ''

check "what a step leaves is named and fails" \
	says 'not ok - a: leaves something behind # process 9 (x), state D, in y, 60 s after the step' \
	'9000 100' '' '' 'step a' 'lost 0 20000' 'end 0 3000 a' \
	'left process 9 (x), state D, in y, 60 s after the step' 'done'
check "one that is killed on purpose passes" says 'ok - a: is killed' '30000 100' '' a \
	'step a' 'lost 100 20000' 'end timeout 20050 a' 'done'
check "and fails if it ends" says 'not ok - a: is killed' '9000 100' '' a "${good[@]}"

check "a run that is too long on an idle host" says 'not ok - time # not finished after 100 s' \
	'100000 0' 100 '' 'step a'
check "a run that was given more time, and needed even more" \
	says 'not ok - time # not finished after 100 s, stretched to 400 s as this host was 4.0 times slower than alone' \
	'400000 300000' 400 '' 'step a'
check "a step that L1 did not survive" says 'not ok - a # L1 ended while it ran' '9000 0' '' '' 'step a'
# What the scenario's host_check has found out.
host_says=(ok:b 'skip:c|not here' fail:d)
check "what the host sees counts" says '3 passed, 1 failed, 1 skipped' '' '' '' "${good[@]}"
check "what it could not see says why" says 'ok - c # SKIP not here' '' '' '' "${good[@]}"
check "what it does not like fails" says 'not ok - d # host check' '' '' '' "${good[@]}"

# followed: what a person sees while a line of the report comes in two parts, with longer
# between them than one waits.
followed() (
	run=$(mktemp -d)
	trap 'rm -rf "$run"' EXIT
	COHMEM_TOP=$top
	. "$top/lab/clock.sh"
	. "$top/lab/verdict.sh"
	progress() { echo "$*"; }
	host_step() { echo "the host hears of $1"; }
	scenario_timeout=100
	printf s >"$run/verdict"
	(sleep 3; printf 'tep a\nend 0 5 a\n' >>"$run/verdict"; sleep 1) &
	vm_pid=$!
	follow
)
whole() { diff <(followed) - <<<$'  a ...\nthe host hears of a\n  a: done in 5 ms'; }
check "a line that comes in parts is whole" whole

finish
