#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Commands side by side: each one's end is told, whenever it comes.
# shellcheck source=tests/style/lib.sh
. "$(dirname "$0")/../style/lib.sh"
. "$top/lab/lanes.sh"
lanes_open

ended() { lane_ended && printf '%s %s\n' "$LANE_STATUS" "$LANE_NAME"; }
# is WANT GOT
is() { [ "$1" = "$2" ] || printf 'got "%s", want "%s"\n' "$2" "$1"; }

# What `wait -n` misses: they end while another command runs here.
in_lane first true
in_lane second false
sleep 1
check "two that ended meanwhile" is "0 first
1 second" "$(for _ in 1 2; do ended; done | sort)"

leaves() { exit 3; }
fails() { set -e; false; echo "it went on"; }
hides() { local name=other; return 4; }
in_lane "with words, and -- options" hides
check "a function's status, and a name of several words" is "4 with words, and -- options" "$(ended)"
in_lane leaves leaves
check "one that leaves by exit" is "3 leaves" "$(ended)"
in_lane fails fails
check "one that ends with set -e" is "1 fails" "$(ended)"
in_lane killed bash -c 'kill -KILL $$' 2>/dev/null
check "a command that is killed" is "137 killed" "$(ended)"

for i in {1..40}; do in_lane "$i" sleep "0.0$((i % 7))"; done
check "forty, each once" is "$(seq 40)" "$(for i in {1..40}; do ended; done | cut -d' ' -f2 | sort -n)"
finish
