# SPDX-License-Identifier: GPL-2.0-only
# What a run that measures leaves for bench/report. Sourced by scenarios. Bash.
# shellcheck shell=bash disable=SC2154

# measured: say what the run was about, and with COHMEM_BENCH_RESULTS set add it to
# that file.
measured() {
	local iommufd=0
	case " ${start_options:-} " in *' --iommufd '*) iommufd=1 ;; esac
	printf '%s\n' "name $scenario" "kernel $release" "model $model" "hbm $hbm_bytes" \
		"gpus $nr_gpus" "iommufd $iommufd" >"$run/bench.meta"
	[ -n "${COHMEM_BENCH_RESULTS:-}" ] || return 0
	if "$COHMEM_TOP/bench/report" add "$COHMEM_BENCH_RESULTS" "$run"; then
		host_results+=("ok:what was measured is in the results")
	else
		host_results+=("fail:what was measured is in the results")
	fi
}
