# SPDX-License-Identifier: GPL-2.0-only
# The proof of the driver's series, as TAP. Sourced by export-patch --check after
# proof.sh. Bash.
# shellcheck shell=bash disable=SC2154

# --- On a kernel with the hooks that the driver is written for -------------------
"$0" "$series" --core --tree -o "$work/core" >&2
cp -r "$work/core/." "$mnt/"

# --- Step by step: applies to the byte, checkpatch, builds -------------------------
options='COHMEM|KUNIT=|IOMMUFD|VFIO_PCI|MEMORY_FAILURE'

# build BUILD [ARGS...]: the driver's folder, with all warnings; what is wrong goes
# to $found.
build() {
	local b=$1 log
	log=$COHMEM_CACHE/logs/export-$(basename "$b").log
	shift
	kmake "$b" W=1 "$@" "$DEST/" >"$log" 2>&1 || tail -n 20 "$log" >>"$found"
	grep -E '(warning|error):|WARNING|is not available' "$log" |
		grep -E "$DEST|^drivers/vfio|modpost|not available" >>"$found" || true
}

# not_built BUILD: sources of the folder without an object.
not_built() {
	local f
	find "$mnt/$DEST" -name '*.c' | while read -r f; do
		f=${f#"$mnt/"}
		[ -e "$1/${f%.c}.o" ] || echo "$f was not built"
	done
}

# unresolved BUILD: what the folder's objects want of the driver and nobody has.
unresolved() {
	find "$1/$DEST" -name '*.o' ! -name cohmem_vfio_pci.o ! -name '*.mod.o' -print0 |
		xargs -0 "$COHMEM_TOP/lab/toolbox" run aarch64-linux-gnu-nm -A | awk '
		/cohmem/ && / [TDRBVW] / { def[$NF] = 1 }
		/cohmem_/ && / U / { use[$NF] = $1 }
		END { for (s in use) if (s ~ /cohmem_/ && !(s in def)) print use[s], "wants", s }'
}

# uncovered PATCH: files that it adds and that no entry in MAINTAINERS names.
uncovered() {
	sed -n '/^VFIO COHERENT MEMORY GPU DRIVER$/,/^$/ s,^F:\t,^,p' "$mnt/MAINTAINERS" >"$work/entry"
	sed -n '/^--- \/dev\/null$/{n; s,^+++ b/,,p}' "$1" | { grep -vf "$work/entry" || true; } |
		sed 's/$/: no entry in MAINTAINERS names it/'
}

# build_step PATCH: as a module and built in. Until there are tests, without them.
build_step() {
	local b edit=''
	[ -e "$mnt/$DEST/tests" ] || edit='/COHMEM.*KUNIT/d'
	: >"$found"
	if grep -q '^+++ .*Kconfig' "${pending[@]}" "$1"; then
		configure "$cache/build-in" "$HERE/kunit.config" "$edit;s/=m\$/=y/" "$options"
		cp "$found" "$work/in"
		configure "$cache/build-full" "$HERE/kunit.config" "$edit" "$options"
		cat "$work/in" >>"$found"
	fi
	build "$cache/build-full" C=1 CHECK="$sparse"
	build "$cache/build-in"
	for b in "$cache/build-full" "$cache/build-in"; do
		not_built "$b"
		unresolved "$b"
	done >>"$found"
}

# Patches that were applied and not built.
pending=()
mapfile -t patches < <(find "$out" -name '0*.patch' ! -name '0000-*' | sort)
rm -rf "${cache:?}"/build-{full,in}/"$DEST"
for p in "${patches[@]}"; do
	what=$(basename "$p")
	: >"$found"
	apply "$p"
	test_line "applies, without fuzz: $what" "$found"

	# The entry in MAINTAINERS is for the folder, so not every patch that adds a file
	# touches it. And what TRACE_EVENT looks like in every trace header of the kernel.
	uncovered "$p" >"$found"
	style "$p" | grep -vE "WARNING:FILE_PATH_CHANGES:|^$DEST/trace\.h:[0-9]+: CHECK:(PARENTHESIS_ALIGNMENT|OPEN_ENDED_LINE):" >>"$found" || true
	test_line "checkpatch --strict: $what" "$found"

	# The first adds to no Makefile: what it brings is built with the second.
	if [ ! -e "$mnt/$DEST/Makefile" ]; then
		cp -r "$mnt/$DEST/." "$work/unbuilt"
		continue
	fi
	if [ -z "$each" ] && [ "$p" != "${patches[-1]}" ]; then
		pending+=("$p")
		continue
	fi
	build_step "$p"
	test_line "builds, W=1 and sparse clean, as a module and built in: $what" "$found"
	[ -d "$work/unbuilt" ] || continue
	diff -r "$work/unbuilt" "$mnt/$DEST" | grep -v "^Only in $mnt/$DEST: " >"$found" || true
	test_line "what came before it is built with it, as it came: $what" "$found"
	rm -rf "$work/unbuilt"
done

# --- The last step is the whole driver, and says nothing of where it comes from -----
"$0" "$series" --tree -o "$work/whole" >&2
uapi_form "$work/whole" "$work/uapi"
{
	diff -r "$work/whole" "$mnt/$DEST" || true
	diff -rq "$COHMEM_TOP/driver" "$mnt/$DEST" | grep '^Only in' | grep -vE ': (tests|uapi|meson.build)$' || true
	grep -n 'later in this series' "$mnt/$DEST/device.h" || true
	grep -rnE 'compat \*/|COHMEM_COMPAT|__KERNEL__' "$mnt/$DEST" || true
} >"$found"
test_line "the last step is the driver, to the byte; every file is in it, no fence is" "$found"

# --- And without what it can do without ------------------------------------------------
b=$cache/build-less
configure "$b" "$HERE/kunit.config" \
	'/P2PDMA|IOMMUFD|DEVICE_CDEV|MEMORY_FAILURE|TRANSPARENT|KUNIT|FTRACE/s/=.*/=n/' "$options"
rm -rf "${b:?}/$DEST"
build "$b" C=1 CHECK="$sparse"
not_built "$b" | grep -vE 'dmabuf|/tests/' >>"$found" || true
test_line "builds, W=1 and sparse clean: no dma-buf, memory failure, huge pages, iommufd, tracing" "$found"

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
