# SPDX-License-Identifier: GPL-2.0-only
# A machine of several sockets: where its GPUs are plugged in, and what its firmware
# says of processors, memory and GPUs (SRAT, SLIT, HMAT). Sourced by lab/run. Bash.
# shellcheck shell=bash disable=SC2154,SC2034
#
# Proximity domains are numbered as firmware of Grace numbers them: a socket's is its
# number, its EGM's is EGM_PXM and that, and GPU N has eight from 16 + 8 N on, in which
# there is no memory: generic initiators. What QEMU cannot be made to say:
#
#   - nvdimms, by which it gives memory to a place, are always in SRAT. So the GPUs'
#     memory is in there as memory of their socket, which firmware leaves out.
#   - it knows initiators of HMAT only by their processors: the GPUs are targets.
#   - the nodes between are there, too, with nothing in them; SRAT does not show them.
#   - room for memory that is plugged in later is in SRAT as the last node's.
#
# A kernel that finds a range of memory in a node that it has no number for any more does
# without all of SRAT. So there are as many initiators as leave it enough.

GPU_PXM=16
GPU_PXMS=8

# has_sockets: are there sockets that firmware knows? A few GPUs are all beside the
# only one; a PC's buses would need another DSDT (lab/dsdt).
has_sockets() { [ "$nr_gpus" -gt 2 ] && [ "$arch" = arm64 ]; }

# socket_bus S: the number of the bus that its GPUs' ports are on.
socket_bus() { echo $((($1 + 1) * 32)); }

# socket_of NODE: sets SOCKET to the socket that a node belongs to, -1 for those between.
socket_of() {
	SOCKET=-1
	if [ "$1" -ge $GPU_PXM ]; then
		SOCKET=$((($1 - GPU_PXM) / GPU_PXMS / gpus_a_socket))
	elif [ "$1" -lt "$nr_sockets" ]; then
		SOCKET=$1
	elif [ "$1" -ge $EGM_PXM ] && [ "$1" -lt $((EGM_PXM + nr_sockets)) ]; then
		SOCKET=$(($1 - EGM_PXM))
	fi
}

# distance A B: sets DISTANCE to that of two nodes, A before B, as SLITs of these
# machines have it; lib/vm_distance.c has the same.
distance() {
	local near
	socket_of "$1"; near=$SOCKET
	socket_of "$2"
	near=$((near == SOCKET))
	if [ "$1" -ge $GPU_PXM ]; then
		DISTANCE=$((($1 - GPU_PXM) / GPU_PXMS == ($2 - GPU_PXM) / GPU_PXMS ? 11 : 254))
	elif [ "$2" -ge $GPU_PXM ]; then
		DISTANCE=$((near ? 80 : 120))
	else
		DISTANCE=$((near ? 11 : 40))
	fi
}

# hmat S NODE LATENCY BANDWIDTH: adds to args what processors of a socket see of a
# node's memory, in ns and MB/s.
hmat() {
	args+=(-numa "hmat-lb,initiator=$1,target=$2,hierarchy=memory,data-type=access-latency,latency=$3"
		-numa "hmat-lb,initiator=$1,target=$2,hierarchy=memory,data-type=access-bandwidth,bandwidth=$4M")
}

# nodes_known: sets INITIATORS to how many each GPU has: all, unless L1's kernel knows
# fewer nodes than there would be.
nodes_known() {
	local known
	known=$((1 << $(sed -n 's/^CONFIG_NODES_SHIFT=//p' "$kernel/headers/.config")))
	INITIATORS=$(((known - nr_sockets - ${#egm_base[@]} - 1) / nr_gpus))
	[ $INITIATORS -lt $GPU_PXMS ] || INITIATORS=$GPU_PXMS
}

# bridge_args: sets REPLY to the bridges of the sockets, behind which the GPUs are. They
# come after all devices that say nothing of a bus, as QEMU would plug these in there.
bridge_args() {
	local s bridges=()
	for ((s = 0; s < nr_sockets; s++)); do
		bridges+=(-device "pxb-pcie,id=socket$s,bus=pcie.0,addr=$((s + 16)),bus_nr=$(socket_bus $s),numa_node=$s")
	done
	REPLY=("${bridges[@]}")
}

# socket_args: sets REPLY to the sockets, processors and memory; then the GPUs' nodes,
# all distances, and how fast what is.
socket_args() {
	local n k s args=(-smp "$nr_sockets,sockets=$nr_sockets") nodes=$((GPU_PXM + GPU_PXMS * nr_gpus))
	nodes_known
	local each=$(($(numfmt --from=iec "$scenario_memory") / nr_sockets))
	for ((s = 0; s < nr_sockets; s++)); do
		args+=(-object "memory-backend-memfd,id=m$s,size=$each,share=on"
			-numa "node,nodeid=$s,cpus=$s,memdev=m$s")
	done
	for ((n = nr_sockets; n < nodes; n++)); do
		socket_of $n
		args+=(-numa "node,nodeid=$n,initiator=$((SOCKET < 0 ? 0 : SOCKET))")
	done
	for ((n = 0; n < nodes; n++)); do
		for ((k = n + 1; k < nodes; k++)); do
			distance $n $k
			args+=(-numa "dist,src=$n,dst=$k,val=$DISTANCE")
		done
	done
	for ((s = 0; s < nr_sockets; s++)); do
		for ((n = 0; n < nr_sockets; n++)); do
			hmat $s $n $((n == s ? 100 : 300)) $((n == s ? 400000 : 100000))
		done
		for ((n = 0; n < nr_gpus; n++)); do
			k=$((n / gpus_a_socket == s))
			hmat $s $((GPU_PXM + GPU_PXMS * n)) $((k ? 600 : 900)) $((k ? 300000 : 80000))
		done
	done
	for ((n = 0; n < nr_gpus; n++)); do
		for ((k = 0; k < INITIATORS; k++)); do
			args+=(-object "acpi-generic-initiator,id=gpu$n.gi$k,pci-dev=gpu$n,node=$((GPU_PXM + GPU_PXMS * n + k))")
		done
	done
	REPLY=("${args[@]}")
}
