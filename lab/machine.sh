# SPDX-License-Identifier: GPL-2.0-only
# The machine: how the emulated superchip, QEMU and L1 are put together.
# Sourced by lab/run, whose variables it uses. Bash.
# shellcheck shell=bash disable=SC2154,SC2034

# Where the coherent memory lies in L1's physical address space: above all RAM
# that a lab machine has, below the address limit of every CPU model.
MEM_BASE=0x1000000000
# The next GPU's memory, and the sockets' EGM, begin at a multiple of this.
MEM_ALIGN=0x40000000

# choose_gpus: the model and the size of each GPU.
choose_gpus() {
	local i word n
	for ((i = 0; i < nr_gpus; i++)); do gpu_model[i]=$model gpu_bytes[i]=$hbm_bytes; done
	for word in "${other_gpus[@]}"; do
		[[ $word =~ ^([0-7]):([a-z0-9]+)(:([0-9.]+[KMGT]))?$ ]] ||
			die "$name" "--gpu $word: it is N:MODEL or N:MODEL:SIZE, as in 1:gh200:3G"
		n=${BASH_REMATCH[1]}
		[ "$n" -lt "$nr_gpus" ] || die "$name" "--gpu $word: this machine has GPUs 0 to $((nr_gpus - 1))"
		gpu_model[n]=${BASH_REMATCH[2]}
		[ -z "${BASH_REMATCH[4]}" ] || gpu_bytes[n]=$(numfmt --from=iec "${BASH_REMATCH[4]}")
	done
}

# part_of N: sets REPLY to what the emulator is told that GPU N is.
part_of() {
	REPLY=(--model "${gpu_model[$1]}")
	[ -z "$like" ] || REPLY=(--like "$like")
}

# lay_out_memory: where each GPU's memory and each socket's EGM lies; mem_end is
# behind the last.
lay_out_memory() {
	local i
	mem_end=$((MEM_BASE))
	for ((i = 0; i < nr_gpus; i++)); do
		mem_base[i]=$(printf '0x%x' $mem_end)
		mem_end=$(((mem_end + gpu_bytes[i] + MEM_ALIGN - 1) / MEM_ALIGN * MEM_ALIGN))
	done
	nr_sockets=$(((nr_gpus + gpus_a_socket - 1) / gpus_a_socket))
	[ "$egm_bytes" -gt 0 ] || return 0
	for ((i = 0; i < nr_sockets; i++)); do
		egm_base[i]=$(printf '0x%x' $mem_end)
		mem_end=$(((mem_end + egm_bytes + EGM_TAIL + MEM_ALIGN - 1) / MEM_ALIGN * MEM_ALIGN))
	done
}

# GPU N, from 0 on, sits behind a root port of its own, device 2 + N of bus 0, or of its
# socket's bus the next that is free: this is its address in L1, and its path in ACPI's
# name space.
gpu_bdf() {
	if has_sockets; then
		printf '0000:%02x:00.0' $(($(socket_bus $(($1 / gpus_a_socket))) + $1 % gpus_a_socket + 1))
	else
		printf '0000:%02x:00.0' $(($1 + 1))
	fi
}
gpu_acpi() {
	if has_sockets; then
		printf '\\_SB_.PC%02X.S%02X_.S00_' "$(socket_bus $(($1 / gpus_a_socket)))" \
			$((($1 % gpus_a_socket) << 3))
	else
		printf '\\_SB_.PCI0.S%02X_.S00_' $((($1 + 2) << 3))
	fi
}

# It as QEMU is told of it, at the start and when it is plugged in again.
gpu_device() {
	printf '{"driver":"vfio-user-pci","id":"gpu%d","bus":"rp%d","socket":{"type":"unix","path":"%s"}}' \
		"$1" $(($1 + 1)) "$sock/vfu$1"
}

# An emulated processor may get no time for many seconds when the machine is busy: the
# kernel's own alarms for that have to be as patient, in L1 and in its guests. What
# really hangs still runs into them, or into the step's time limit.
PATIENCE='watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120'

lay_out_l1() {
	local lab=$run/cpio/lab t
	install -m 755 "$init/l1" "$run/cpio/init"
	install -m 644 "$module" "$lab/cohmem_vfio_pci.ko"
	mkdir -p "$run/cpio/usr/bin" "$run/cpio/usr/lib/modules/$release/updates"
	cp "$module" "$run/cpio/usr/lib/modules/$release/updates/"
	cp "$programs/cli/cohmem" "$run/cpio/usr/bin/cohmem"
	for t in "$programs"/tests/guest/*; do
		if [ -f "$t" ] && [ -x "$t" ]; then cp "$t" "$run/cpio/tests/"; fi
	done
	if [ -x "$programs/bench/cohmem-bench" ]; then
		cp "$programs/bench/cohmem-bench" "$run/cpio/tests/"
	fi
	for t in "${extra_modules[@]}"; do
		case $t in
		*/updates/*) install -m 644 "$t" "$run/cpio/usr/lib/modules/$release/updates/" ;;
		*) install -m 644 "$t" "$lab/" ;;
		esac
	done
	for t in "$COHMEM_TOP"/lab/guest/*; do install -m 755 "$t" "$lab/"; done
	printf '%s\n' virtio_pci virtio_console virtio_blk ext4 virtio_iommu >"$lab/modules"
	[ -z "$shell" ] || : >"$lab/shell"
	local i bdfs=() egms=()
	for ((i = 0; i < nr_gpus; i++)); do bdfs+=("$(gpu_bdf $i)"); done
	for ((i = 0; i < ${#egm_base[@]}; i++)); do egms+=("$((EGM_PXM + i)):${egm_base[i]}"); done
	cat >"$lab/env" <<-ENV
		COHMEM_BDF=${bdfs[0]}
		COHMEM_GPUS=${bdfs[*]}
		COHMEM_MODEL=${gpu_model[0]}
		COHMEM_HBM=${gpu_bytes[0]}
		COHMEM_MEM_BASE=$MEM_BASE
		COHMEM_EGM=$egm_bytes
		COHMEM_EGMS=${egms[*]}
		COHMEM_EGM_ANNOUNCE=$egm_announce
		COHMEM_RETIRED=$retired
		COHMEM_SEED=$seed
		COHMEM_ANNOUNCE=$announce
		COHMEM_SLOW=$slow
		COHMEM_PATIENCE=$PATIENCE
		CMOCKA_MESSAGE_OUTPUT=TAP
	ENV
	# Of all but the first the name ends in the number.
	for ((i = 0; i < nr_gpus; i++)); do
		echo "COHMEM_GPU_DEVICE${i#0}=$(gpu_device $i)" >>"$lab/env"
	done
}

# The device plugin, and what plays the kubelet.
lay_out_kubelet() {
	local plugin
	kubelet_image=$("$COHMEM_TOP/lab/image" kubelet "$arch")
	plugin=$("$COHMEM_TOP/lab/image" plugin "$arch")
	install -m 755 "$plugin" "$run/cpio/usr/bin/cohmem-device-plugin"
	install -m 644 "${plugin%/*}/deviceplugin.desc" "$COHMEM_TOP/tests/fleet/kubelet.py" "$run/cpio/lab/"
}

# What the guest of L1 boots: a stock kernel, the same unless another one is asked for,
# and one static program. With a user space (a disk of its own), also the modules to
# get there, the module for GPUs, and what is to be done with it.
lay_out_l2() {
	local l2_kernel=$kernel l2_modules=/dev/null l2
	l2=("${l2_series:-$series}" "$flavour")
	qemu_image=$("$COHMEM_TOP/lab/image" qemu "$arch")
	[ -z "$l2_series" ] || l2_kernel=$("$COHMEM_TOP/lab/kernel" get "${l2[@]}")
	# What its kernel has room for, for plans.
	echo "COHMEM_L2_NODES=$((1 << $(sed -n 's/^CONFIG_NODES_SHIFT=//p' "$l2_kernel/headers/.config")))" >>"$run/cpio/lab/env"
	mkdir -p "$run/l2/lab"
	install -m 755 "$init/${scenario_l2_init:-l2}" "$run/l2/init"
	cp -L "$l2_kernel/vmlinuz" "$run/cpio/lab/l2-vmlinuz"
	if [ -n "$scenario_user" ]; then
		user_image=$("$COHMEM_TOP/lab/image" user "$arch")
		l2_modules=$("$COHMEM_TOP/lab/image" l2-modules "${l2[@]}")
		install -m 755 "$init"/l2{mem,dma} "$COHMEM_TOP"/lab/guest/l2-* "$run/l2/lab/"
	fi
	if [ -n "$scenario_user$scenario_l2_init" ]; then
		cp "$("$COHMEM_TOP/lab/module" "${l2[@]}" FROM=guest)" "$run/l2/lab/"
	fi
	"$COHMEM_TOP/lab/toolbox" run bash -ec '
		cd "$1"; mkdir -p dev proc sys tmp run usr/lib; find . | cpio -o -H newc --quiet >"$2"
		cat "$3" >>"$2"' l2 "$run/l2" "$run/cpio/lab/l2-initrd" "$l2_modules"
	rm -r "$run/l2"
}

# The initrd: the SSDTs, one a GPU, first and uncompressed, as the kernel's ACPI
# table upgrade wants them, then user space, modules and this run's own files.
pack_initrd() {
	local log=$run/initrd.log i pxms part port=()
	for ((i = 0; i < nr_gpus; i++)); do
		# With several, or EGM, the numbers of the nodes are those of real
		# firmware: the sockets' come between those of CPUs and those of GPUs.
		pxms=()
		[ $((nr_gpus > 1 || egm_bytes > 0)) = 0 ] || pxms=(--pxm-start $((8 * i + 16)))
		# QEMU describes what is below its first bus, and nothing of the others.
		! has_sockets || port=(--new-port $(((i % gpus_a_socket) << 16)))
		part_of $i; part=("${REPLY[@]}")
		egm_of_gpu $i
		"$sim" ssdt "${part[@]}" --hbm "${gpu_bytes[i]}" --mem-base "${mem_base[i]}" \
			--path "$(gpu_acpi $i)" --announce "$announce" "${pxms[@]}" "${port[@]}" \
			"${REPLY[@]}" >"$run/ssdt$i.asl" ||
			die "$name" "cohmem-sim cannot write the SSDT"
	done
	mkdir -p "$run/acpi/kernel/firmware/acpi"
	if [ "$arch" = amd64 ] && [ -z "${scenario_dsdt:-}" ]; then
		cp "$("$COHMEM_TOP/lab/dsdt" "$series" "$flavour" "${name%%-*}" "$hbm" "$egm")" \
			"$run/acpi/kernel/firmware/acpi/dsdt.aml"
	fi
	logged "initrd" "$log" "$COHMEM_TOP/lab/toolbox" run bash -ec '
		run=$1 rel=$2 base=$3 modules=$4
		for asl in "$run"/ssdt*.asl; do
			iasl -p "$run/acpi/kernel/firmware/acpi/$(basename "$asl" .asl)" "$asl"
		done
		d=$(mktemp -d); cd "$d"
		cpio -idm --quiet <"$modules"
		cp -a "$run/cpio/usr/lib/modules/$rel/updates" "usr/lib/modules/$rel/"
		ln -s usr/lib lib
		depmod -b . "$rel" 2>/dev/null
		cp "usr/lib/modules/$rel"/modules.* "$run/cpio/usr/lib/modules/$rel/"
		cd /; rm -rf "$d"
		cd "$run/acpi"; find kernel | cpio -o -H newc --quiet >"$run/initrd"
		cat "$base" "$modules" >>"$run/initrd"
		cd "$run/cpio"; find . | cpio -o -H newc --quiet >>"$run/initrd"
		rm -rf "$run/acpi"' initrd "$run" "$release" "$base" "$modules"
}

# start_sim N: the emulator of one GPU.
start_sim() {
	local own=() log=$run/sim.log part
	[ "$1" = 0 ] || log=$run/sim$1.log
	[ "$egm_bytes" = 0 ] ||
		own=(--egm "${egm_file[$1 / gpus_a_socket]}@${egm_base[$1 / gpus_a_socket]}"
			--egm-size "$egm_bytes")
	part_of "$1"; part=("${REPLY[@]}")
	# Four times 128 GiB are more than the address space that QEMU has for BARs. And no
	# more than twice BAR4: 6.12 gives a bridge's window half the largest BAR as its
	# alignment, for which firmware has left no room between two of them.
	[ "$nr_gpus" -le 2 ] || [ "${gpu_model[$1]}" != gh200 ] || own+=(--real-bar2 64M)
	"$sim" run "${part[@]}" --hbm "${gpu_bytes[$1]}" --mem "${hbm_files[$1]}" --mem-base "${mem_base[$1]}" \
		--socket "$sock/vfu$1" --control "$sock/ctl$1" --log "$log" "${own[@]}" "${scenario_sim[@]}" \
		>"$run/sim$1.out" 2>&1 </dev/null &
	sim_pids[$1]=$!
	for _ in $(seq 50); do
		[ -S "$sock/vfu$1" ] && return
		kill -0 "${sim_pids[$1]}" 2>/dev/null || break
		sleep 0.1
	done
	die "$name" "cohmem-sim did not start" "$run/sim$1.out"
}

# Memory that L1 has as nvdimms, whose driver it does not load.
memory_args() {
	local i of=''
	REPLY=()
	for ((i = 0; i < nr_gpus; i++)); do
		! has_sockets || of=,node=$((i / gpus_a_socket))
		REPLY+=(-object "memory-backend-file,id=hbm$i,mem-path=${hbm_files[i]},size=${gpu_bytes[i]},share=on,reserve=off"
			-device "nvdimm,id=hbm$i-dimm,memdev=hbm$i,addr=${mem_base[i]}$of")
	done
	for ((i = 0; i < ${#egm_base[@]}; i++)); do
		! has_sockets || of=,node=$((EGM_PXM + i))
		REPLY+=(-object "memory-backend-file,id=egm$i,mem-path=${egm_file[i]},size=$((egm_bytes + EGM_TAIL)),share=on,reserve=off"
			-device "nvdimm,id=egm$i-dimm,memdev=egm$i,addr=${egm_base[i]}$of")
	done
}

# A root port, a GPU, and a line to the GPU's emulator from within L1; of all but
# the first its name ends in the number.
gpu_args() {
	local i at
	REPLY=()
	! has_sockets || bridge_args
	for ((i = 0; i < nr_gpus; i++)); do
		at=addr=$((i + 2))
		! has_sockets || at=bus=socket$((i / gpus_a_socket)),addr=$((i % gpus_a_socket))
		REPLY+=(-device "pcie-root-port,id=rp$((i + 1)),chassis=$((i + 1)),$at"
			-device "$(gpu_device $i)")
	done
}
sim_args() {
	local i
	REPLY=()
	for ((i = 0; i < nr_gpus; i++)); do
		REPLY+=(-chardev "socket,id=sim$i,path=$sock/ctl$i"
			-device "virtserialport,chardev=sim$i,name=org.cohmem.sim${i#0}")
	done
}

start_vm() {
	# As much as is needed and no more: a PC with memory near 1 TiB moves all of
	# it above that, as AMD's are said to have a hole there.
	local maxmem=$(((mem_end + (8 << 30)) >> 20))M
	local slots=$((nr_gpus + ${#egm_base[@]} + 1)) memory gpus sims sockets last=()
	sockets=(-object "memory-backend-memfd,id=m0,size=$scenario_memory,share=on" -smp 2)
	local nodes=memory-backend=m0
	if has_sockets; then
		socket_args
		sockets=("${REPLY[@]}") nodes=hmat=on
	fi
	memory_args; memory=("${REPLY[@]}")
	gpu_args; gpus=("${REPLY[@]}")
	if has_sockets; then last=("${gpus[@]}") gpus=(); fi
	sim_args; sims=("${REPLY[@]}")
	local args=(-nodefaults -no-reboot -display none -nic none
		-m "$scenario_memory,slots=$slots,maxmem=$maxmem"
		"${sockets[@]}" "${memory[@]}"
		-kernel "$kernel/vmlinuz" -initrd "$run/initrd"
		"${gpus[@]}"
		-device virtio-serial-pci
		-chardev "file,id=verdict,path=$run/verdict" -device virtserialport,chardev=verdict,name=org.cohmem.verdict
		-chardev "file,id=kmsg,path=$run/kernel.log" -device virtserialport,chardev=kmsg,name=org.cohmem.kmsg
		-chardev "pipe,id=clock,path=$sock/clock" -device virtserialport,chardev=clock,name=org.cohmem.clock
		"${sims[@]}"
		-qmp "unix:$sock/qmp,server=on,wait=off"
	) console
	case $arch in
	arm64)
		console=ttyAMA0
		# Without LPA2, as Grace's processor: what the kernel does with 52 bits of
		# address takes minutes here, see docs/kernels.md, "The end of a virtual machine".
		args=(qemu-system-aarch64 -M "virt,virtualization=on,nvdimm=on,gic-version=3,$nodes"
			-accel tcg,tb-size=1024 -cpu max,pauth-impdef=on,lpa2=off
			-bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd "${args[@]}" -device virtio-iommu-pci)
		;;
	amd64)
		console=ttyS0
		local iommu=intel-iommu,caching-mode=on,intremap=on intel_iommu=on
		# With iommufd there are users of PASIDs.
		[ "$series" != debug ] || iommu+=,scalable-mode=on,pasid-bits=20 intel_iommu+=,sm_on
		args=(qemu-system-x86_64 -M "q35,nvdimm=on,kernel-irqchip=split,$nodes"
			-accel tcg,tb-size=1024 -cpu max,phys-bits=46
			-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off
			-device "$iommu" "${args[@]}")
		# Whether the timer interrupt arrives is measured by instructions, which
		# proves nothing about a processor that is not always running.
		l1_append="intel_iommu=$intel_iommu no_timer_check $l1_append"
		;;
	esac
	if [ -n "${scenario_qmp:-}" ]; then
		# L1 may ask the machine itself to do something: QEMU's monitor,
		# with QEMU as its client, behind a port.
		args+=(-chardev "socket,id=qmp,path=$sock/qmp" -device virtserialport,chardev=qmp,name=org.cohmem.qmp)
	fi
	args+=("${scenario_qemu[@]}")
	if [ -n "$scenario_l2" ]; then
		args+=(-drive "if=none,id=qemu,file=$qemu_image,format=raw,readonly=on"
			-device virtio-blk-pci,drive=qemu)
	fi
	if [ -n "$scenario_kubelet" ]; then
		args+=(-drive "if=none,id=kubelet,file=$kubelet_image,format=raw,readonly=on"
			-device virtio-blk-pci,drive=kubelet)
	fi
	if [ -n "$user_image" ]; then
		args+=(-drive "if=none,id=user,file=$user_image,format=raw,readonly=on"
			-device virtio-blk-pci,drive=user)
	fi
	args+=("${last[@]}")
	if [ -n "$shell" ]; then
		args+=(-serial mon:stdio)
	else
		args+=(-serial "file:$run/console.log")
	fi
	args+=(-append "console=$console panic=-1 log_buf_len=4M ${shell:+quiet} $PATIENCE $l1_append")
	printf '%q ' "${args[@]}" >"$run/qemu.cmd"
	: >"$run/verdict"
	mkfifo "$sock/clock.in" "$sock/clock.out"
	if [ -n "$shell" ]; then
		"$COHMEM_TOP/lab/toolbox" run "${args[@]}" <&0 &
	else
		"$COHMEM_TOP/lab/toolbox" run "${args[@]}" >"$run/qemu.log" 2>&1 </dev/null &
	fi
	vm_pid=$!
	if clock_tells; then
		clock_watch "$run/lost" "$sock/clock.in" "$vm_pid" "${sim_pids[@]}" 2>"$run/clock.log" </dev/null &
		clock_pid=$!
	else
		progress "this host does not count how long threads wait (no /proc/PID/schedstat): limits do not stretch"
	fi
}
