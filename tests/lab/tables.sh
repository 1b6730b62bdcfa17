#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The writers of tables: lab/selftable and lab/torture-log, on runs that are made up.
# shellcheck source=tests/style/lib.sh
. "$(dirname "$0")/../style/lib.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/cohmem-tables.XXXXXX")
trap 'rm -rf "$work"' EXIT
export COHMEM_CACHE=$work/cache
mkdir -p "$COHMEM_CACHE"

# is WANT COMMAND...: its output
is() {
	local want=$1 got
	shift
	got=$("$@" 2>&1)
	[ "$got" = "$want" ] || printf 'got:\n%s\nwant:\n%s\n' "$got" "$want"
}
# has TEXT FILE: a line that is TEXT
has() { grep -qxF -- "$1" "$2" || { printf 'no line "%s" in:\n' "$1"; cat "$2"; }; }
hasnt() { ! grep -qF -- "$1" "$2" || printf '"%s" is in %s\n' "$1" "$2"; }

# --- lab/selftable -------------------------------------------------------------------
# a_step PROGRAM DRIVER STATUS LINE...
a_step() {
	printf 'step %s on %s\nout quote %s\n' "$1" "$2" "$2"
	[ $# -le 3 ] || printf 'out | %s\n' "${@:4}"
	case $3 in
	timeout) printf 'end timeout 400000 %s\n' "$1" ;;
	*) printf 'out | exit %s\nend 0 10 %s\n' "$3" "$1" ;;
	esac
}
{
	printf 'boot 1 7.3\nstep ours\nend 0 1 ours\n'
	a_step prog ours 1 'TAP version 13' 'ok 1 prog.good' 'file.c:7: Assertion Failure' \
		'  Expression: a == b' '  [errno: 22 - Invalid argument]' 'not ok 2 prog.bad' \
		'# prog.c:9:shared:Expected 1 (1) == x (0)' 'not ok 3 prog.shared' \
		'ok 4 prog.away # SKIP no such page'
	a_step other ours 0 '1..0 # SKIP none here'
	a_step dies ours 139 'Segmentation fault'
	a_step slow ours timeout 'ok 1 slow.one'
	a_step prog vfio-pci 0 'ok 1 prog.good' 'ok 2 prog.bad' 'not ok 3 prog.shared' \
		'ok 4 prog.away' 'ok 5 prog.theirs'
} >"$work/verdict"
tab=$(printf '\t')
lab/selftable read "$work/verdict" >"$work/rows"
row() { has "$(sed "s/,/$tab/g" <<<"$1")" "$work/rows"; }
check "a passed test" row 'prog.good,prog,passed,,,,passed,'
check "a failed one, why" row 'prog.bad,prog,failed,a == b: Invalid argument,,,passed,'
check "why, as the harness says it" \
	row 'prog.shared,prog,failed,Expected 1 (1) == x (0),,,failed,nothing was said'
check "a skipped one, why" row 'prog.away,prog,skipped,no such page,,,passed,'
check "a whole program skipped" row 'other as a whole,other,skipped,none here,,,,'
check "a program that dies" row 'dies as a whole,dies,failed,exit status 139; Segmentation fault,,,,'
check "a program that takes too long" row 'slow as a whole,slow,failed,did not end in time; nothing was said,,,,'
check "what failed within needs no second failure" hasnt 'prog as a whole' "$work/rows"
lab/selftable judge "$work/rows" >"$work/judged"
check "what passed counts" has 'ok:prog.good' "$work/judged"
check "what fails with ours alone is a failure" has 'fail:prog.bad' "$work/judged"
check "what fails with all of them is none" \
	has 'skip:prog.shared|fails on plain vfio-pci as well' "$work/judged"
check "what ours has not is none" has 'skip:prog.theirs|not there with this driver' "$work/judged"
check "dying is" has 'fail:dies as a whole' "$work/judged"
: >"$work/nothing"
check "no result at all is" is 'fail:any test at all' lab/selftable judge "$work/nothing"

printf 'a\tp\t\t\t\t\tpassed\t\n' >"$work/theirs"
lab/selftable judge "$work/theirs" >"$work/judged"
check "so is none of ours" has 'fail:any test at all' "$work/judged"
printf 'a\tp\tskipped\tno time\t\t\t\t\n' >"$work/away"
check "a run that skips is none" is 'skip:a|no time' lab/selftable judge "$work/away"
{ printf '# new\n'; printf 'prog.bad\tprog\tpassed\t\t\t\tpassed\t\n'; } >"$work/again"
{ printf '# old\n'; cat "$work/rows"; } >"$work/kept"
check "a run of some programs is kept" lab/selftable keep "$work/again" "$work/kept"
check "its rows, in the place of the old ones of these programs" \
	is "$(cat "$work/again"; grep -v '^prog\.' "$work/rows")" cat "$work/kept"

doc() { printf 'above\n<!-- %s:begin -->\nold\n<!-- %s:end -->\nbelow\n' "$1" "$1"; }
doc selftests >"$work/doc.md"
check "without a run nothing is written" \
	is 'lab/selftable: no run has left a table yet; lab/run gh200-selftests does' \
	lab/selftable write "$work/doc.md"
mkdir -p "$COHMEM_CACHE/selftests/seen"
{ printf '# gh200 on 7.3\n# Seen today\n'; cat "$work/rows"; } >"$COHMEM_CACHE/selftests/seen/a.tsv"
check "written" lab/selftable write "$work/doc.md"
check "what is around stays" is 'above below' sh -c "sed -n '1p;\$p' '$work/doc.md' | paste -sd' '"
check "what was there goes" hasnt old "$work/doc.md"
check "a row" has '| prog.bad | ours failed, peer has none, vfio-pci passed |' "$work/doc.md"
check "a cause" has '- `a == b: Invalid argument`' "$work/doc.md"
cp "$work/doc.md" "$work/once"
lab/selftable write "$work/doc.md"
check "twice is as once" cmp "$work/once" "$work/doc.md"

# Another machine has run another kernel.
rm "$COHMEM_CACHE/selftests/seen/a.tsv"
{ printf '# gb200 on 7.3\n'; printf 'prog.bad\tprog\tpassed\t\tpassed\t\tpassed\t\n'; } \
	>"$COHMEM_CACHE/selftests/seen/b.tsv"
lab/selftable write "$work/doc.md"
check "what ran elsewhere stays beside what is new" has \
	'| prog.bad | passed | ours failed, peer has none, vfio-pci passed |' "$work/doc.md"
check "what ran elsewhere only stays" has \
	'| prog.away |  | ours skipped, peer has none, vfio-pci passed |' "$work/doc.md"
check "with its causes" has '  - gh200 on 7.3, ours: prog.bad' "$work/doc.md"

# --- lab/torture-log -----------------------------------------------------------------
# a_run NAME COMMIT TAP-LINES...: its folder, below $work
a_run() {
	local d=$work/$1 nr=0 t
	mkdir -p "$d"
	echo "$2" >"$d/commit"
	shift 2
	for t; do
		nr=$((nr + 1))
		case $t in
		not\ *) printf 'not ok %d - %s\n' $nr "${t#not }" ;;
		*) printf 'ok %d - %s\n' $nr "$t" ;;
		esac
	done >"$d/result.tap"
	echo "1..$nr" >>"$d/result.tap"
	echo 7.3.4-debug >"$d/kernel"
	echo '  7200000 3600000' >"$d/lost"
	echo "$d"
}
first=$(a_run 20260101-101010-gh200-hostile-debug-arm64-1 aaa 'good' 'not t_race: lost # see verdict' \
	'away # SKIP not here')
printf 'out # 12 pages are gone\nout not ok 3 - lost\n' >"$first/verdict"
second=$(a_run 20260102-101010-gh200-hostile-debug-arm64-2 bbb 'good' 't_race: lost')
fuzz=$(a_run 20260102-111010-next-fuzz-debug-arm64-3 bbb 'cohmem-fuzz: sequences')
printf 'out # seed %s\n' beef 'beef: 7 rounds, 1234 calls, 99 refused, 1 kinds not made' >"$fuzz/verdict"
echo 'out # 321 places of the driver reached, by 5 sequences' >>"$fuzz/verdict"
doc torture >"$work/torture.md"
check "without a note nothing is written" \
	is 'lab/torture-log: nothing has been noted yet; make torture does' \
	lab/torture-log write "$work/torture.md"
check "a run is noted" lab/torture-log add "$first"
lab/torture-log write "$work/torture.md"
check "a failure, what was said, open" has \
	'| gh200-hostile | arm64 | t_race: lost | 12 pages are gone | aaa, 2026-01-01 | open |' "$work/torture.md"
lab/torture-log add "$(a_run 20260101-121010-gh200-hostile-debug-arm64-4 aab 'good')"
lab/torture-log write "$work/torture.md"
check "a later run did not have that test: it is not called passed" has \
	'| gh200-hostile | arm64 | t_race: lost | 12 pages are gone | aaa, 2026-01-01 | not seen with aab, 2026-01-01 |' \
	"$work/torture.md"
check "others are noted" lab/torture-log add "$second" "$fuzz"
lab/torture-log write "$work/torture.md"
check "its cure" has \
	'| gh200-hostile | arm64 | t_race: lost | 12 pages are gone | aaa, 2026-01-01 | passes with bbb, 2026-01-02 |' \
	"$work/torture.md"
check "the newest run of a scenario" has \
	'| gh200-hostile | 7.3.4-debug | arm64 | 2026-01-02 | bbb | 2 | 0 | 0 | 120 |' "$work/torture.md"
check "seeds" has \
	'| beef | next-fuzz | 7.3.4-debug | 2026-01-02 | bbb | 7 | 1234 | 321 | passed |' "$work/torture.md"
check "hours" has '| 7.3.4-debug | ? | ? | 4 | 8.0 | 4.0 |' "$work/torture.md"
lab/torture-log add "$second"
cp "$work/torture.md" "$work/once"
lab/torture-log write "$work/torture.md"
check "a run counts once" cmp "$work/once" "$work/torture.md"
killed=$(a_run 20260103-101010-gh200-inject-debug-arm64-6 ccc 'not t_x: 1 of 2 planned tests never ran (exit status 137)')
echo '<3>[ 9.9] Out of memory: Killed process 56 (t_x) total-vm:2532kB' >"$killed/kernel.log"
lab/torture-log add "$killed"
lab/torture-log write "$work/torture.md"
check "who was killed for lack of memory" grep -qF '| Out of memory: Killed process 56 (t_x) | ccc,' "$work/torture.md"
half=$(a_run 20260103-101010-gh200-basic-debug-arm64-4 bbb 'good')
sed -i '$d' "$half/result.tap"
check "a run that has not ended is none" \
	is "lab/torture-log: $half: no run on the debug kernel that has ended" lab/torture-log add "$half"
stock=$(a_run 20260103-101010-gh200-basic-7.3-arm64-5 bbb 'good')
check "nor is another kernel's" \
	is "lab/torture-log: $stock: no run on the debug kernel that has ended" lab/torture-log add "$stock"
# Another machine has a cache of its own; what the page has stays.
lab/torture-log forget
elsewhere=$(a_run 20260104-101010-gb200-aer-debug-arm64-7 ddd 'good')
lab/torture-log add "$elsewhere" \
	"$(a_run 20260104-101020-gh200-inject-debug-arm64-8 ddd 'good')"
lab/torture-log write "$work/torture.md"
check "what was noted elsewhere stays" has \
	'| gh200-hostile | 7.3.4-debug | arm64 | 2026-01-02 | bbb | 2 | 0 | 0 | 120 |' "$work/torture.md"
check "and so do its seeds" has \
	'| beef | next-fuzz | 7.3.4-debug | 2026-01-02 | bbb | 7 | 1234 | 321 | passed |' "$work/torture.md"
check "what is new is there" has \
	'| gb200-aer | 7.3.4-debug | arm64 | 2026-01-04 | ddd | 1 | 0 | 0 | 120 |' "$work/torture.md"
check "hours are of both" has '| 7.3.4-debug | ? | ? | 7 | 14.0 | 7.0 |' "$work/torture.md"
check "a failure that is not seen any more" grep -q \
	'| Out of memory: Killed process 56 (t_x) | ccc, 2026-01-03 | not seen with ddd, 2026-01-04 |' \
	"$work/torture.md"
cp "$work/torture.md" "$work/once"
lab/torture-log write "$work/torture.md"
check "and again nothing changes" cmp "$work/once" "$work/torture.md"

# --- lab/coverage --------------------------------------------------------------------
check "without counts there is no table" \
	is 'lab/coverage: nothing has been counted yet; see --help' \
	lab/coverage --write "$work/torture.md"
check "a suite that is none is not run" \
	is 'lab/coverage: no suite matches nonsense' lab/coverage run nonsense
finish
