# SPDX-License-Identifier: GPL-2.0-only
# The proof of an exported series, as TAP. Sourced by export-patch --check: knows
# its $src (pristine tree), $out (patches), $series, $DEST, $ABI. Bash.
# shellcheck shell=bash disable=SC2154

# An overlay on the pristine tree: nothing is copied, nothing there is changed.
if [ -z "${COHMEM_EXPORT_NS:-}" ]; then
	COHMEM_EXPORT_NS=1 exec unshare --mount --propagation private "$0" "$series" -o "$out" --check
fi

cache=$COHMEM_CACHE/export
mkdir -p "$cache"
locked export
tap=$cache/result.tap
: >"$tap"
nr=0
test_line() { # NAME FINDINGS-FILE: passed if the file is empty
	nr=$((nr + 1))
	if [ ! -s "$2" ]; then
		printf 'ok %d - %s\n' $nr "$1" | tee -a "$tap"
	else
		sed 's/^/# /' "$2" | head -n 40
		printf 'not ok %d - %s # %s\n' $nr "$1" "$(head -n 1 "$2" | cut -c1-200)" | tee -a "$tap"
	fi
}
found=$work/found

mnt=$cache/tree
mkdir -p "$mnt" "$work/ovl"
trap 'umount "$mnt" "$work/ovl"; rm -rf "$work"' EXIT
mount -t tmpfs -o size=512M tmpfs "$work/ovl"
mkdir "$work/ovl/upper" "$work/ovl/work"
mount -t overlay overlay -o "lowerdir=$src,upperdir=$work/ovl/upper,workdir=$work/ovl/work" "$mnt"

toolbox() { nice "$COHMEM_TOP/lab/toolbox" run "$@"; }

# --- Applies, to the byte: no fuzz, no offset ------------------------------------
: >"$found"
for p in "$out"/000[1-9]-*.patch; do
	(cd "$mnt" && patch -p1 -F0 --forward <"$p") >"$work/log" 2>&1 || cat "$work/log" >>"$found"
	grep -E 'offset|fuzz|reject' "$work/log" >>"$found" || true
done
test_line "the series applies to a pristine Linux $version" "$found"

# --- Says nothing of where it comes from --------------------------------------------
{
	grep -rnE 'compat \*/|COHMEM_COMPAT|__KERNEL__' "$mnt/$DEST" || true
	diff -rq "$COHMEM_TOP/driver" "$mnt/$DEST" | grep '^Only in' | grep -vE ': (tests|meson.build)$' || true
} >"$found"
test_line "every file of driver/ is in it, no fence is" "$found"

# --- checkpatch -----------------------------------------------------------------------
for p in "$out"/000[1-9]-*.patch; do
	toolbox perl "$mnt/scripts/checkpatch.pl" --strict --no-tree --root="$mnt" --no-summary --terse \
		--showfile --show-types --max-line-length=100 "$p" >"$work/log" 2>&1 || true
	# What TRACE_EVENT looks like in every trace header of the kernel.
	grep -vE "^$DEST/trace\.h:[0-9]+: CHECK:(PARENTHESIS_ALIGNMENT|OPEN_ENDED_LINE):" "$work/log" >"$found" || true
	test_line "checkpatch --strict: $(basename "$p")" "$found"
done

# --- Builds in-tree ----------------------------------------------------------------------
sparse=$("$COHMEM_TOP/lab/kernel" sparse)
kmake() { # BUILD ARGS...
	local b=$1
	shift
	toolbox make -C "$mnt" O="$b" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
		CC='ccache aarch64-linux-gnu-gcc-14' KBUILD_BUILD_TIMESTAMP=0 -j2 "$@"
}

# in_tree NAME SED: configure and build with all warnings and sparse.
in_tree() {
	local b=$cache/build-$1 log=$COHMEM_CACHE/logs/export-$1.log opt
	mkdir -p "$b"
	sed -E "$2" "$HERE/kunit.config" >"$b/fragment"
	: >"$found"
	if ! {
		{ cmp -s "$b/fragment" "$b/fragment.done" && [ -e "$b/.config" ]; } ||
			kmake "$b" KCONFIG_ALLCONFIG="$b/fragment" allnoconfig
		kmake "$b" olddefconfig
		kmake "$b" modules_prepare
		rm -rf "${b:?}/$DEST"
	} >"$log" 2>&1; then
		tail -n 20 "$log" >"$found"
	fi
	cp "$b/fragment" "$b/fragment.done"
	# An option that Kconfig dropped would leave the test without its object.
	grep -E '^CONFIG_(COHMEM|KUNIT=|IOMMUFD|VFIO_PCI|MEMORY_FAILURE)' "$b/fragment" | while read -r opt; do
		case $opt in
		*=n) ! grep -q "^${opt%n}" "$b/.config" || echo "$opt: Kconfig turned it on" ;;
		*) grep -qx "$opt" "$b/.config" || echo "$opt did not survive Kconfig" ;;
		esac
	done >>"$found"
	kmake "$b" W=1 C=2 CHECK="$sparse" "$DEST/" >"$log.build" 2>&1 || tail -n 20 "$log.build" >>"$found"
	grep -E '(warning|error):|WARNING|is not available' "$log.build" |
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

printf '1..%d\n' $nr | tee -a "$tap"
[ -z "${COHMEM_RESULT:-}" ] || cp "$tap" "$COHMEM_RESULT"
! grep -q '^not ok' "$tap"
exit
