# SPDX-License-Identifier: GPL-2.0-only
# The proof of a series made of semantic patches, as TAP. Sourced by export-patch
# --check after proof.sh. What the kernel's files say already is no finding: only
# what is new counts. Bash.
# shellcheck shell=bash disable=SC2154

options='PM=|SUSPEND|VFIO_PCI|NVGRACE|MEMORY_FAILURE|PCI_P2PDMA|PCI_IOV'
mapfile -t files < <(files_of "$HERE/$kind"/*.cocci)
mapfile -t patches < <(find "$out" -name '0*.patch' ! -name '0000-*' | sort)

# Whose warnings count: make may have to make other things again, too.
ours=$(printf '|%s' "${files[@]}")
ours="drivers/vfio/|modpost|not available$ours"

# build BUILD: with all warnings and sparse what is not up to date; prints what was
# said, without places, which move.
build() {
	local goals=(drivers/vfio/pci/)
	! grep -q '^CONFIG_MEMORY_FAILURE=y' "$1/.config" || goals+=(mm/memory-failure.o)
	kmake "$1" W=1 C=1 CHECK="$sparse" "${goals[@]}" >"$work/build.log" 2>&1 ||
		{ echo "the build failed"; tail -n 20 "$work/build.log"; }
	{ grep -E '(warning|error):|WARNING|is not available' "$work/build.log" || true; } |
		{ grep -E "$ours" || true; } | sed -E 's/:[0-9]+(:[0-9]+)?:/:/' | sort
}

# What kernel-doc says of the files, without places.
documentation() {
	{ toolbox env -C "$mnt" scripts/kernel-doc -Wall -none "${files[@]}" 2>&1 || true; } |
		sed -E 's/:[0-9]+ /: /' | sort
}

prepare() { # NAME SED WHAT: configured, and built without the series
	local b=$cache/build-$1
	configure "$b" "$HERE/semantic.config" "$2" "$options"
	rm -rf "$b/drivers/vfio/pci" "$b/mm/memory-failure.o"
	[ -s "$found" ] || build "$b" >"$b/before"
	grep -A20 'the build failed' "$b/before" >>"$found" || true
	test_line "builds without the series: $3" "$found"
}

news() { # NAME: what a build says now and did not before
	build "$cache/build-$1" | { comm -13 "$cache/build-$1/before" - || true; }
}

documentation >"$work/documentation"
prepare full '' "all options"
prepare less '/P2PDMA|IOMMUFD|DEVICE_CDEV|MEMORY_FAILURE|PCI_IOV|SUSPEND|CONFIG_PM=|DEBUGFS|DEBUG_FS/s/=.*/=n/' \
	"no dma-buf, memory failure, power management"
for p in "${patches[@]}"; do
	: >"$found"
	apply "$p"
	test_line "applies, without fuzz: $(basename "$p")" "$found"
	style "$p" >"$found"
	test_line "checkpatch --strict: $(basename "$p")" "$found"
	news full >"$found"
	test_line "builds, W=1 and sparse say nothing new: $(basename "$p")" "$found"
done
news less >"$found"
test_line "builds, W=1 and sparse say nothing new: with few options" "$found"

for p in "${files[@]}"; do
	case $p in *.c) [ -e "$cache/build-full/${p%.c}.o" ] || echo "$p was not built" ;; esac
done >"$found"
test_line "every file that the series changes was built" "$found"

documentation | comm -13 "$work/documentation" - >"$found"
test_line "kernel-doc -Wall has nothing new to say" "$found"

finish
