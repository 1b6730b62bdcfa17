# SPDX-License-Identifier: GPL-2.0-only
# Debian's archives as the lab asks them: which root serves a suite, package
# lists that are at most a day old, and the newest version among suites.
# Sourced by lab/kernel, after lab/env.sh. Bash.
# shellcheck shell=bash

# suite_root SUITE: the archive that serves it. Security suites have an archive
# of their own: the one that apt knows for any such suite, or else the one that
# lies beside the main archive, as it does on mirrors that carry both.
suite_root() {
	local root=''
	case $1 in
	*-security)
		root=${COHMEM_SECURITY_MIRROR:-}
		if [ -z "$root" ] && [ -z "${COHMEM_MIRROR:-}" ]; then
			# shellcheck disable=SC2016
			root=$(apt-get indextargets 'Created-By: Packages' --format '$(REPO_URI) $(RELEASE)' |
				awk '$2 ~ /-security$/ && $1 !~ /ubuntu/ && !n++ { print $1 }' || true)
		fi
		[ -n "$root" ] || root=$(debian_mirror)-security
		printf '%s\n' "${root%/}" ;;
	*) debian_mirror ;;
	esac
}

# apt_for SUITE CMD...: an apt with a world of its own inside the toolbox, so
# that asking for sid's kernel never touches what the toolbox has installed.
apt_for() {
	local suite=$1 cmd=$2 dir=$COHMEM_CACHE/apt/$1
	shift 2
	"$COHMEM_TOP/lab/toolbox" run "$cmd" \
		-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$dir/lists" -o Dir::State::status="$dir/status" \
		-o Dir::Cache="$dir/cache" -o Dir::Etc::preferencesparts=- \
		-o APT::Update::Error-Mode=any \
		-o APT::Architectures::=amd64 -o APT::Architectures::=arm64 "$@"
}

# refresh SUITE: package lists, at most once a day. A network that is gone is no
# error as long as lists are there; false, and a word about it, if there are none.
refresh() {
	local dir=$COHMEM_CACHE/apt/$1 log=$COHMEM_CACHE/logs/apt-$1.log root
	local lists=$COHMEM_CACHE/apt/$1/lists
	if [ -n "$(find "$lists/.fresh" -mtime -1 2>/dev/null)" ]; then return; fi
	(
		# Kernels of several flavours may want the same lists at once.
		locked "apt-$1"
		if [ -n "$(find "$lists/.fresh" -mtime -1 2>/dev/null)" ]; then exit 0; fi
		mkdir -p "$lists/partial" "$dir/cache/archives/partial" "$(dirname "$log")"
		: >"$dir/status"
		root=$(suite_root "$1") || exit 1
		echo "deb $root $1 main" >"$dir/sources.list"
		if apt_for "$1" apt-get update >"$log" 2>&1; then
			touch "$lists/.fresh"
		elif grep -q 'Release file .* is expired' "$log" &&
			apt_for "$1" apt-get update -o Acquire::Check-Valid-Until=false >"$log" 2>&1; then
			# A mirror that lags, or a snapshot: signed all the same.
			say "package lists of $1 are older than they should be; taking them as they are"
			touch "$lists/.fresh"
		elif [ -e "$lists/.fresh" ]; then
			say "$1 cannot be reached; its package lists of $(date -r "$lists/.fresh" +%F) serve (log: $log)"
		else
			say "$1 cannot be reached, and is left out (log: $log)"
			exit 1
		fi
	)
}

# newest: of lines "SUITE VERSION", the one with the highest version; the first
# of equals.
newest() {
	local suite version best='' of=''
	while read -r suite version; do
		if [ -z "$best" ] || dpkg --compare-versions "$version" gt "$best"; then
			of=$suite best=$version
		fi
	done
	[ -z "$of" ] || printf '%s %s\n' "$of" "$best"
}

# version_of SUITE PACKAGE: the newest that the suite has; nothing if it has none.
version_of() {
	{ apt_for "$1" apt-cache show --no-all-versions "$2" 2>/dev/null || true; } |
		sed -n 's/^Version: //p' | head -n 1
}

# choose SUITES SERIES PACKAGE: "SUITE VERSION" of the newest kernel of a series
# that can be had, from the suites (a,b,...) that can be reached.
choose() {
	local suite version
	for suite in ${1//,/ }; do
		refresh "$suite" || continue
		version=$(version_of "$suite" "$3")
		case $version in
		"$2".*) printf '%s %s\n' "$suite" "$version" ;;
		esac
	done | newest
}
