# SPDX-License-Identifier: GPL-2.0-only
# Extended GPU Memory: a range for each socket, outside System RAM as the GPUs'
# memory is, and firmware's list of its bad blocks. Sourced by lab/run. Bash.
# shellcheck shell=bash disable=SC2154,SC2034

# What lies behind the range in the same file: memory that L1 can read and has
# not been given. The list of bad blocks is there.
EGM_TAIL=$((2 << 20))
# The node of the first socket's, as firmware of Grace numbers them.
EGM_PXM=4

# egm_retired WORD FILE BASE SIZE: write the list of retired blocks behind the
# range; sets REPLY to its physical address, 0 where there is none.
#
#   none      firmware has no list
#   page      it says where the list is: at one page of zeroes, the last that there is
#   some      seven entries, in no order and one of them twice: tests/guest/lib/egm.c
#             knows them, too
#   512       more than fit in a page of 4 KiB
#   too-many  one more than the table can have
#   lying     addresses that are not in the range
egm_retired() {
	REPLY=0
	case $1 in
	none) return ;;
	page) REPLY=$(($3 + $4 + EGM_TAIL - 4096)); return ;;
	esac
	python3 - "$@" <<-'PY' || return
		import struct, sys
		word, path, base, size = sys.argv[1], sys.argv[2], int(sys.argv[3], 0), int(sys.argv[4], 0)
		block, last = 65536, size // 65536 - 1
		lists = {
		    'some': [5, 0, last, 100, 101, 100, last // 2],
		    '512': [16 + 3 * i for i in range(512)],
		    'too-many': [i % (last + 1) for i in range(4097)],
		    'lying': [1, last + 1, -1],
		}
		if word not in lists:
		    sys.exit('the words are none, page, ' + ', '.join(lists))
		entries = [base + n * block for n in lists[word]]
		if max(lists[word]) > last and word != 'lying':
		    sys.exit('EGM of %d MiB is too small for that list' % (size >> 20))
		with open(path, 'r+b') as f:
		    f.seek(size)
		    f.write(struct.pack('<%dQ' % (len(entries) + 1), len(entries), *entries))
	PY
	REPLY=$(($3 + $4))
}

# make_egm: the files of all sockets, and where firmware says what is.
make_egm() {
	local s
	egm_list=()
	[ "$egm_bytes" -gt 0 ] || return 0
	for ((s = 0; s < nr_sockets; s++)); do
		egm_file[s]=/dev/shm/cohmem-$$-$s.egm
		truncate -s $((egm_bytes + EGM_TAIL)) "${egm_file[s]}"
		egm_retired "$retired" "${egm_file[s]}" "${egm_base[s]}" "$egm_bytes" ||
			die "$name" "--retired $retired: no such list"
		egm_list[s]=$REPLY
	done
}

# egm_of_gpu N: sets REPLY to the arguments that announce the EGM of this GPU's
# socket, or nonsense by a word of --egm-announce, which is the driver's word for
# it. Firmware always has the properties; without EGM they are 0. Who is like a
# recording says what is in there.
egm_of_gpu() {
	local s=$(($1 / gpus_a_socket)) base=0 pxm=0 list=0 size=(--egm-size 0)
	if [ "$egm_bytes" -gt 0 ]; then
		base=${egm_base[s]} pxm=$((EGM_PXM + s)) list=${egm_list[s]}
		size=(--egm-size "$egm_bytes")
	fi
	case $egm_announce in
	ok) ;;
	incomplete) size=() ;;
	base-zero) base=0 ;;
	base-unaligned) base=$((base + 0x200)) ;;
	size-unaligned) size=(--egm-size $((egm_bytes - 0x200))) ;;
	overflow) base=0xfffffffffff00000 ;;
	phys-limit) base=0x100000000000000 ;;
	system-ram) base=0x40000000 ;;
	hbm) base=${mem_base[$1]} ;;
	mismatch) size=(--egm-size $((egm_bytes - (2 << 20) * $1))) ;;
	pxm) pxm=256 ;;
	*) die "$name" "--egm-announce $egm_announce: no such word" ;;
	esac
	REPLY=()
	[ "$egm_bytes" -gt 0 ] || [ -z "$like" ] || return 0
	REPLY=(--egm-base "$base" "${size[@]}" --egm-pxm "$pxm" --egm-retired "$list")
}
