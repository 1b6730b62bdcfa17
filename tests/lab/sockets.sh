#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Machines with several GPUs: what each GPU is, where it is plugged in, and what firmware
# says of sockets and nodes; and where patterns are of which GPU.
# shellcheck source=tests/style/lib.sh disable=SC2034,SC2154
. "$(dirname "$0")/../style/lib.sh"

# machine NR COMMAND...: on an arm64 machine with so many GPUs of a GB200.
machine() (
	. "$top/lab/env.sh"
	trap - ERR
	set +eE
	. "$top/lab/egm.sh"
	. "$top/lab/sockets.sh"
	. "$top/lab/machine.sh"
	. "$top/lab/patterns.sh"
	nr_gpus=$1 arch=arm64 model=gb200 name=test hbm_bytes=$((2 << 30)) egm_bytes=$((1 << 30))
	seed=5eed like='' other_gpus=("${others[@]}") scenario_memory=4G
	gpus_a_socket=$((nr_gpus > 2 ? 2 : 1))
	shift
	kernel=$fake
	choose_gpus
	lay_out_memory
	"$@"
)
# L1's kernel, which knows so many nodes.
fake=$(mktemp -d)
trap 'rm -rf "$fake"' EXIT
mkdir "$fake/headers"
knows() { echo "CONFIG_NODES_SHIFT=$1" >"$fake/headers/.config"; }
# is WANT NR COMMAND...
is() {
	local want=$1 got
	shift
	got=$(machine "$@" 2>&1)
	[ "$got" = "$want" ] || printf 'got "%s", want "%s"\n' "$got" "$want"
}
apart() { distance "$@"; echo "$DISTANCE"; }

others=()
models() { echo "${gpu_model[*]} ${gpu_bytes[*]}"; }
check "all GPUs are alike" is 'gb200 gb200 2147483648 2147483648' 2 models
others=(1:gh200:3G)
check "unless one is said to be another" is 'gb200 gh200 2147483648 3221225472' 2 models
check "memory follows memory" is 0x1080000000 2 eval 'echo ${mem_base[1]}'
others=(0:gh200)
check "of the same size" is 'gh200 gb200 2147483648 2147483648' 2 models
refused() {
	local got
	got=$(machine 2 models 2>&1)
	[[ $got == *"$1"* ]] || echo "not refused: ${others[*]}: $got"
}
others=(2:gh200)
check "a GPU that is not there" refused 'GPUs 0 to 1'
others=(gh200:1)
check "a word that means nothing" refused N:MODEL
others=()

where() {
	local i
	for ((i = 0; i < nr_gpus; i++)); do printf '%s ' "$(gpu_bdf $i)"; done
}
check "two GPUs: a port each of the first bus" is '0000:01:00.0 0000:02:00.0 ' 2 where
check "four: two behind each socket's bridge" \
	is '0000:21:00.0 0000:22:00.0 0000:41:00.0 0000:42:00.0 ' 4 where
check "in firmware's words" is '\_SB_.PC40.S08_.S00_' 4 gpu_acpi 3
check "of two GPUs" is '\_SB_.PCI0.S18_.S00_' 2 gpu_acpi 1
on_pc() { arch=amd64; where; }
check "on a PC all are on the first bus" \
	is '0000:01:00.0 0000:02:00.0 0000:03:00.0 0000:04:00.0 ' 4 on_pc

check "from a socket to the other" is 40 4 apart 0 1
check "to its own GPU" is 80 4 apart 0 24
check "to another's" is 120 4 apart 0 32
check "from its EGM to its GPU" is 80 4 apart 5 32
check "among the nodes of a GPU" is 11 4 apart 16 23
check "from GPU to GPU" is 254 4 apart 23 24

# QEMU wants every distance, and memory that is shared out with nothing left.
nr_of_args() { socket_args; printf '%s\n' "${REPLY[@]}" | grep -c "$1"; }
knows 6
check "all nodes are named" is 48 4 nr_of_args '^node,'
check "all distances" is $((48 * 47 / 2)) 4 nr_of_args '^dist,'
check "eight initiators for each GPU" is 32 4 nr_of_args '^acpi-generic-initiator,'
check "the first of the last" is 1 4 nr_of_args '^acpi-generic-initiator,id=gpu3.gi0,pci-dev=gpu3,node=40$'
knows 4
check "fewer for a kernel that knows few nodes, two of them EGM" is 8 4 nr_of_args '^acpi-generic-initiator,'
check "memory is shared out" is 2 4 nr_of_args 'size=2147483648,'

of_place() { gpu_of "$1"; echo "$GPU $BAR"; }
check "a BAR of the first GPU" is '0 4' 4 of_place 4
check "of the third" is '2 4' 4 of_place 24
check "its pattern" is "$(printf 'cohmem 5eed bar24 0x0000000000001000%s' "$(printf '.%.0s' $(seq 27))")" \
	4 l2_pattern 24 0x1000 64
finish
