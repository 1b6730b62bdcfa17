# SPDX-License-Identifier: GPL-2.0-only
# The proof of what is proposed for the kernel's VFIO selftests, as TAP. Sourced by
# export-patch --check after proof.sh. Bash.
# shellcheck shell=bash disable=SC2154

while read -r p; do
	: >"$found"
	apply "$p"
	test_line "applies, without fuzz: $(basename "$p")" "$found"
	# A new folder below theirs has their maintainers; each driver there is an extern.
	style "$p" | { grep -Ev 'FILE_PATH_CHANGES|vfio_pci_driver.c:[0-9]*: .*AVOID_EXTERNS' || true; } >"$found"
	test_line "checkpatch --strict: $(basename "$p")" "$found"
done < <(find "$out" -name '0*.patch' ! -name '0000-*' | sort)
for p in arm64 amd64; do
	: >"$found"
	COHMEM_EXPORT_NS='' "$COHMEM_TOP/lab/selftests" "$p" >"$work/log" 2>&1 || tail -n 20 "$work/log" >"$found"
	test_line "builds, -Wall -Werror: $p" "$found"
done
finish
