#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How packaging/root remembers which root file systems are whole.
# shellcheck source=tests/style/lib.sh
. "$(dirname "$0")/../style/lib.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/cohmem-roots.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/project/lab" "$work/project/packaging" "$work/cache/root/old-dkms/etc"
cp "$top/lab/env.sh" "$work/project/lab/"
cp "$top/packaging/root" "$work/project/packaging/"

# A toolbox whose mmdebstrap makes half of a root and is then ended, or all of it.
cat >"$work/project/lab/toolbox" <<'EOF'
#!/bin/bash
[ "$1" = run ] || exit 0
dir=${*: -2:1}
mkdir -p "$dir/etc"
[ -e "$COHMEM_CACHE/whole" ] || exit 9
mkdir "$dir/lib"
EOF
chmod +x "$work/project/lab/toolbox"
make_root() {
	COHMEM_MIRROR=http://m.example/debian COHMEM_CACHE=$work/cache \
		"$work/project/packaging/root" make old dkms 2>/dev/null
}
root=$work/cache/root/old-dkms

fails() { if make_root; then echo "it said that there is one"; fi; }
not_ready() { [ ! -e "$root.ready" ] || echo "marked as ready"; }
is_whole() { make_root >/dev/null && [ -d "$root/lib" ]; }
want() { cat "$root.ready"; }

if [ "$(id -u)" != 0 ]; then
	skip "root file systems" "needs root"
else
	touch "$work/cache/whole"
	check "one that is made is marked" is_whole
	was=$(want)
	# Made again, as for other packages; ended halfway; and then the old packages again.
	echo "other packages" >"$root.ready"
	rm "$work/cache/whole"
	check "one that is being made again fails when that fails" fails
	check "half of one is not marked, whatever was there before" not_ready
	touch "$work/cache/whole"
	check "the next attempt makes it whole" is_whole
	check "and marks it as before" test "$was" = "$(want)"
fi
finish
