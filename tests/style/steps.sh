#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The steps in which the driver is proposed to the kernel fit the driver as it is:
# packaging/export-patch --check builds them, this is the part that is quick.
# shellcheck source=tests/style/lib.sh
. "$(dirname "$0")/lib.sh"

up=packaging/upstream
work=$(mktemp -d "${TMPDIR:-/tmp}/cohmem-steps.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/whole/core" "$work/whole/tests" "$work/whole/uapi"
cp driver/*.[ch] driver/Makefile driver/Kconfig "$work/whole"
cp driver/core/*.[ch] "$work/whole/core"
cp driver/uapi/*.h "$work/whole/uapi"
cp tests/unit/*.[ch] "$work/whole/tests"

names=$(python3 $up/step.py "$work/whole" "$work/steps" 2>"$work/errors")

every_step() {
	local s f before=''
	cat "$work/errors"
	for s in $names; do
		[ -z "$before" ] || (cd "$work/steps/$before" && find . -type f) | while IFS= read -r f; do
			[ -e "$work/steps/$s/$f" ] || echo "$s takes $f away again"
		done
		before=$s
	done
	diff -r "$work/whole" "$work/steps/$before"
}

# A message a step: a subject, an empty line, why, and how it was tested.
messages() {
	local s f
	for s in $names; do
		f=$up/$s.txt
		[ -e "$f" ] || { echo "$f is missing"; continue; }
		awk -v f="$f" '
			NR == 1 && (!/^vfio\/cohmem: [A-Z]/ || length > 75) { print f ": subject" }
			NR == 2 && length { print f ": no empty line below the subject" }
			length > 75 { print f ":" NR ": too long" }
			/^Tested / { tested = 1 }
			END { if (!tested) print f ": how was it tested?" }' "$f"
	done
	for f in "$up"/[0-9][0-9]-*.txt; do
		case " ${names//$'\n'/ } " in
		*" $(basename "$f" .txt) "*) ;;
		*) echo "$f: no such step" ;;
		esac
	done
}

# refuses WHY FILE SED: the tool sees, and says WHY, that the driver is not the one
# that the steps are for.
refuses() {
	local said
	cp -r "$work/whole" "$work/other"
	touch "$work/other/$2"
	sed -i "$3" "$work/other/$2"
	said=$(python3 $up/step.py "$work/other" "$work/refused" 2>&1 >"$work/said") &&
		echo "it is not refused"
	case $said in *"$1"*) ;; *) echo "it says: $said" ;; esac
	rm -rf "$work/other" "$work/refused"
}

check "the driver comes in steps, and the last one is all of it" every_step
check "each step has a message that says how it was tested" messages
check "a file that is in no step is refused" \
	refuses "no step brings new.c" new.c ''
check "a function in a step that the driver has not is refused" \
	refuses "no function cut_off" ready.c 's/\bcut_off(/cut(/'
check "a stub for what the driver does not offer is refused" \
	refuses "device.h has no cohmem_poison_mappable" device.h 's/cohmem_poison_mappable/cohmem_other/'
finish
