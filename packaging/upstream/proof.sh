# SPDX-License-Identifier: GPL-2.0-only
# What the proofs of exported series have in common. Sourced by export-patch
# --check: knows its $src (pristine tree), $out (patches), $series, $kind. Bash.
# shellcheck shell=bash disable=SC2154,SC2034

# An overlay on the pristine tree: nothing is copied, nothing there is changed.
if [ -z "${COHMEM_EXPORT_NS:-}" ]; then
	rm -rf "$work"
	COHMEM_EXPORT_NS=1 exec unshare --mount --propagation private \
		"$0" "$series" -o "$out" ${kind:+--${kind%-gpu}} --check
fi

cache=$COHMEM_CACHE/export${kind:+-$kind}
mkdir -p "$cache"
locked "export${kind:+-$kind}"
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

# apply PATCH: to the byte, no fuzz and no offset; what is wrong goes to $found.
apply() {
	(cd "$mnt" && patch -p1 -F0 --forward <"$1") >"$work/log" 2>&1 || cat "$work/log" >>"$found"
	grep -E 'offset|fuzz|reject' "$work/log" >>"$found" || true
}

# style PATCH: what checkpatch --strict has to say.
style() {
	toolbox perl "$mnt/scripts/checkpatch.pl" --strict --no-tree --root="$mnt" --no-summary --terse \
		--showfile --show-types --max-line-length=100 "$1" 2>&1 || true
}

sparse=$("$COHMEM_TOP/lab/kernel" sparse)
kmake() { # BUILD ARGS...
	local b=$1
	shift
	toolbox make -C "$mnt" O="$b" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
		CC='ccache aarch64-linux-gnu-gcc-14' KBUILD_BUILD_TIMESTAMP=0 -j2 "$@"
}

# configure BUILD FRAGMENT SED OPTIONS: with FRAGMENT as SED leaves it; an option
# that matches OPTIONS and that Kconfig dropped would leave the proof without its
# object. What is wrong goes to $found, which is empty before.
configure() {
	local b=$1 opt
	mkdir -p "$b"
	sed -E "$3" "$2" >"$b/fragment"
	: >"$found"
	if ! {
		{ cmp -s "$b/fragment" "$b/fragment.done" && [ -e "$b/.config" ]; } ||
			kmake "$b" KCONFIG_ALLCONFIG="$b/fragment" allnoconfig
		kmake "$b" olddefconfig
		kmake "$b" modules_prepare
	} >"$b/configure.log" 2>&1; then
		tail -n 20 "$b/configure.log" >"$found"
	fi
	cp "$b/fragment" "$b/fragment.done"
	grep -E "^CONFIG_($4)" "$b/fragment" | while read -r opt; do
		case $opt in
		*=n) ! grep -q "^${opt%n}" "$b/.config" || echo "$opt: Kconfig turned it on" ;;
		*) grep -qx "$opt" "$b/.config" || echo "$opt did not survive Kconfig" ;;
		esac
	done >>"$found"
}

finish() {
	printf '1..%d\n' $nr | tee -a "$tap"
	[ -z "${COHMEM_RESULT:-}" ] || cp "$tap" "$COHMEM_RESULT"
	if grep -q '^not ok' "$tap"; then exit 1; fi
	exit 0
}
