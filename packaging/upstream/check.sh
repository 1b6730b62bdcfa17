# SPDX-License-Identifier: GPL-2.0-only
# The proof of the driver's series, as TAP. Sourced by export-patch --check after
# proof.sh. Bash.
# shellcheck shell=bash disable=SC2154

# --- On a kernel with the hooks that the driver is written for -------------------
"$0" "$series" --core --tree -o "$work/core" >&2
cp -r "$work/core/." "$mnt/"

# --- Applies, to the byte: no fuzz, no offset ------------------------------------
: >"$found"
for p in "$out"/000[1-9]-*.patch; do
	apply "$p"
done
test_line "the series applies to Linux $version with the core's hooks" "$found"

# --- Says nothing of where it comes from --------------------------------------------
{
	grep -rnE 'compat \*/|COHMEM_COMPAT|__KERNEL__' "$mnt/$DEST" || true
	diff -rq "$COHMEM_TOP/driver" "$mnt/$DEST" | grep '^Only in' | grep -vE ': (tests|meson.build)$' || true
} >"$found"
test_line "every file of driver/ is in it, no fence is" "$found"

# --- checkpatch -----------------------------------------------------------------------
for p in "$out"/000[1-9]-*.patch; do
	# What TRACE_EVENT looks like in every trace header of the kernel.
	style "$p" | grep -vE "^$DEST/trace\.h:[0-9]+: CHECK:(PARENTHESIS_ALIGNMENT|OPEN_ENDED_LINE):" >"$found" || true
	test_line "checkpatch --strict: $(basename "$p")" "$found"
done

# --- Builds in-tree ----------------------------------------------------------------------
# in_tree NAME SED: configure and build with all warnings and sparse.
in_tree() {
	local b=$cache/build-$1 log=$COHMEM_CACHE/logs/export-$1.log
	configure "$b" "$HERE/kunit.config" "$2" 'COHMEM|KUNIT=|IOMMUFD|VFIO_PCI|MEMORY_FAILURE'
	rm -rf "${b:?}/$DEST"
	kmake "$b" W=1 C=2 CHECK="$sparse" "$DEST/" >"$log" 2>&1 || tail -n 20 "$log" >>"$found"
	grep -E '(warning|error):|WARNING|is not available' "$log" |
		grep -E "$DEST|^drivers/vfio|modpost|not available" >>"$found" || true
	test_line "builds in-tree, W=1 and sparse clean: $3" "$found"
	find "$mnt/$DEST" -name '*.c' | while read -r p; do
		p=${p#"$mnt/"}
		[ -e "$b/${p%.c}.o" ] || echo "$p was not built"
	done >"$found"
	[ "$1" != less ] || grep -vE 'dmabuf|/tests/' "$found" >"$found.less" || true
	[ "$1" != less ] || mv "$found.less" "$found"
	test_line "every file was built: $3" "$found"
}
in_tree full '' "all options, with KUnit"
in_tree less '/P2PDMA|IOMMUFD|DEVICE_CDEV|MEMORY_FAILURE|TRANSPARENT|KUNIT|FTRACE/s/=.*/=n/' \
	"no dma-buf, memory failure, huge pages, iommufd, tracing"

# --- Documentation -------------------------------------------------------------------------
# shellcheck disable=SC2046
toolbox "$mnt/scripts/kernel-doc" -Wall -none $(find "$mnt/$DEST" -name '*.[ch]') >"$found" 2>&1 || echo "exit status $?" >>"$found"
test_line "kernel-doc -Wall is silent" "$found"
toolbox python3 "$mnt/tools/docs/get_abi.py" --dir "$mnt/Documentation/ABI" validate >"$work/log" 2>&1 || true
grep "${ABI##*/}" "$work/log" >"$found" || true
toolbox python3 "$mnt/tools/docs/get_abi.py" --dir "$mnt/Documentation/ABI" search 'cohmem/ready_state' \
	>"$work/log" 2>&1 || true
grep -q 'ready_state' "$work/log" || echo "the ABI parser does not find ready_state" >>"$found"
test_line "the ABI parser accepts the attributes" "$found"

# --- coccicheck --------------------------------------------------------------------------------
# Each semantic patch by itself, as coccicheck runs them; "report" says what and why.
log=$COHMEM_CACHE/logs/export-coccicheck.log
kmake "$cache/build-full" coccicheck MODE=report M="$DEST" J=2 >"$log" 2>&1 || true
grep -E '^(\./|/).*:[0-9]+.*: ' "$log" | grep "$DEST" >"$found" || true
grep -q 'Please check for false positives' "$log" || tail -n 5 "$log" >>"$found"
test_line "coccicheck reports nothing" "$found"

finish
