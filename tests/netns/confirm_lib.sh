# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced after lib.sh by the tests of confirm and rollback.
#
#   host                     what the host is like, as text; without programs, and without the records of vnetapply,
#                            which say more after an apply than before
#   is_up LINK [ip option...]
#   expect_host NAME STATE   it is, or becomes in a moment, as `host` once printed it

# What nothing changes must not change by itself: no link-local addresses that are probed first.
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad

host() {
	local lines
	lines=$(python3 tests/netns/host_state.py)
	grep -vE '^program|/run/vnetapply' <<<"$lines"
}

expect_host() {
	local name=$1 tries
	for tries in {1..40}; do
		if [[ $(host) == "$2" ]]; then
			ok "$name"
			return
		fi
		sleep 0.25
	done
	fail "$name" "after $tries tries: $(diff -U0 <(echo "$2") <(host))"
}

no_keeper() { ! pgrep -f 'rollback --when-due' >/dev/null; }

is_up() { [[ $(ip "${@:2}" -br link show "$1") =~ \ UP ]]; }
