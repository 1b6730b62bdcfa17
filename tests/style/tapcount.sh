#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The counter of tests is tested: what it must never do is take a broken run
# for a good one.
# shellcheck source=tests/style/lib.sh disable=SC2031
. "$(dirname "$0")/lib.sh"

# want LAST-LINE STATUS TEXT...: TEXT in, exit status of the program, verdict.
want() {
	local verdict=$1 status=$2 got
	shift 2
	got=$(
		. "$top/tests/tap.sh"
		TAP_DIR=$(mktemp -d)
		trap 'rm -rf "$TAP_DIR"' EXIT
		printf '%s\n' "$@" >"$TAP_DIR/log"
		tap_count x "$TAP_DIR/log" "$status" >/dev/null
		tap_total | tail -n 1
	)
	[ "$got" = "$verdict" ] || echo "got '$got', want '$verdict'"
}

runs() {
	local verdict=$1 seconds=$2 got
	shift 2
	got=$(
		. "$top/tests/tap.sh"
		tap_run x "$seconds" "$@" >/dev/null
		tap_total | tail -n 1
	)
	[ "$got" = "$verdict" ] || echo "got '$got', want '$verdict'"
}

check "good" want '2 passed, 0 failed, 0 skipped' 0 '1..2' 'ok 1 - a' 'ok 2 - b'
check "plan at the end" want '2 passed, 0 failed, 0 skipped' 0 'ok 1 - a' 'ok 2 - b' '1..2'
check "a failure" want '1 passed, 1 failed, 0 skipped' 1 '1..2' 'ok 1 - a' 'not ok 2 - b'
check "a failure with exit status 0" want '0 passed, 1 failed, 0 skipped' 0 '1..1' 'not ok 1 - b'
check "no plan" want '1 passed, 1 failed, 0 skipped' 0 'ok 1 - a'
check "nothing at all" want '0 passed, 1 failed, 0 skipped' 0 ''
check "plan not fulfilled" want '1 passed, 1 failed, 0 skipped' 139 '1..5' 'ok 1 - a'
check "good lines, bad exit" want '1 passed, 1 failed, 0 skipped' 139 '1..1' 'ok 1 - a'
check "bail out" want '1 passed, 1 failed, 0 skipped' 1 '1..1' 'ok 1 - a' 'Bail out! no device'
check "skip, as TAP has it" want '0 passed, 0 failed, 1 skipped' 0 '1..1' 'ok 1 - a # SKIP no device'
check "skip, as cmocka has it" want '0 passed, 0 failed, 1 skipped' 0 '1..1' '# skip: no device' 'not ok 1 # SKIP a'
check "a name that speaks of skipping" want '0 passed, 1 failed, 0 skipped' 1 '1..1' 'not ok 1 - skips nothing'
check "all tests skipped by a plan" want '0 passed, 0 failed, 0 skipped' 0 '1..0 # SKIP nothing here'
check "two groups in a program" want '3 passed, 0 failed, 0 skipped' 0 '1..1' 'ok 1 - a' '1..2' 'ok 1 - b' 'ok 2 - c'
check "ok inside other text" want '1 passed, 0 failed, 0 skipped' 0 '1..1' 'okay then' '# ok 7 - no' 'ok 1 - a'
check "a program that hangs" runs '0 passed, 1 failed, 0 skipped' 1 sleep 20
check "a program that dies" runs '0 passed, 1 failed, 0 skipped' 5 sh -c 'kill -SEGV $$'
check "a program that is not there" runs '0 passed, 1 failed, 0 skipped' 5 /nonexistent
finish
