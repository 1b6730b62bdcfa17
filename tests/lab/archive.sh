#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How the lab finds kernels: which archive serves a suite, and which version wins.
# shellcheck source=tests/style/lib.sh disable=SC2030,SC2031,SC2034
. "$(dirname "$0")/../style/lib.sh"

# world VARIABLES COMMAND...: in a lab whose apt knows what $indices says.
world() (
	. "$top/lab/env.sh"
	trap - ERR
	set +eE
	. "$top/lab/archive.sh"
	unset COHMEM_MIRROR COHMEM_SECURITY_MIRROR
	apt-get() {
		# Both formats that are asked for.
		case "$*" in
		*RELEASE*) printf '%s\n' "${indices[@]}" ;;
		*) printf '%s\n' "${indices[@]}" | cut -d' ' -f1 ;;
		esac
	}
	"$@"
)
# is WANT COMMAND...
is() {
	local want=$1 got
	shift
	got=$(world "$@" 2>&1)
	[ "$got" = "$want" ] || printf 'got "%s", want "%s"\n' "$got" "$want"
}

indices=('http://a.example/debian/ bookworm' 'http://b.example/debian-security/ bookworm-security'
	'http://c.example/other/ nodistro')
check "a suite of the main archive" is http://a.example/debian suite_root trixie-backports
check "a security suite: as apt knows it" is http://b.example/debian-security suite_root trixie-security

indices=('http://b.example/security bookworm-security' 'http://a.example/debian/ bookworm')
check "a security archive of another name" is http://b.example/security suite_root trixie-security

indices=('http://a.example/debian/ bookworm' 'http://u.example/ubuntu noble-security')
check "not configured: beside the main archive" \
	is http://a.example/debian-security suite_root bookworm-security

chosen() { COHMEM_MIRROR=http://m.example/debian suite_root "$1"; }
named() { COHMEM_SECURITY_MIRROR=http://s.example/sec/ suite_root "$1"; }
check "a mirror that the user names" is http://m.example/debian chosen sid
check "and what lies beside it" is http://m.example/debian-security chosen bookworm-security
check "a security archive that the user names" is http://s.example/sec named bookworm-security

# Debian's own order: a backport is less than what it was made from.
newest_of() { printf '%s\n' "$@" | newest; }
check "the newest wins, whatever the order" is 'b 6.1.192-2' \
	newest_of 'a 6.1.176-1' 'b 6.1.192-2' 'c 6.1.99-1'
check "a backport is less than its origin" is 'b 7.3.4-1' newest_of 'a 7.3.4-1~bpo13+1' 'b 7.3.4-1'
check "of equals the first" is 'a 1-1' newest_of 'a 1-1' 'b 1-1'
check "of nothing nothing" is '' newest </dev/null

# Archives that answer, answer with another series, or cannot be reached.
offers() {
	refresh() { [ "$1" != gone ] || { echo "$1 cannot be reached" >&2; return 1; }; }
	version_of() {
		case $1 in
		old) echo 6.1.176-1 ;;
		security) echo 6.1.192-2 ;;
		next) echo 6.12.118-1 ;;
		esac
	}
	choose "$@" 2>/dev/null
}
check "the newest of two suites" is 'security 6.1.192-2' offers old,security 6.1 x
check "a suite that has gone on to another series" is 'old 6.1.176-1' offers next,old 6.1 x
check "6.12 is no 6.1" is '' offers next 6.1 x
check "a suite that cannot be reached is left out" is 'old 6.1.176-1' offers gone,old 6.1 x
check "none that can be reached" is '' offers gone 6.1 x

# Every file that a project names hosts in would be wrong on another machine.
no_hosts() {
	grep -nE 'https?://[a-z0-9.]*(debian\.org|mirror)' lab/archive.sh lab/env.sh lab/kernel lab/kernels.list lab/toolbox
	true
}
check "no archive's name is written down" no_hosts
finish
