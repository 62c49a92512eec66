# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Hosts a and b of tunnel_lib.sh with a family that fails. Sourced after lib.sh.
# shellcheck disable=SC2034 # read by the tests

# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

A4="192.0.2.1 port 40000" A6="2001:db8::1 port 40000"
B4="192.0.2.2 port 40000" B6="2001:db8::2 port 40000"

# make_dual MTU: both, with a worker each; inside their packets are as large as that
make_dual() {
	local host n=0
	make_switch
	for host in a b; do
		make_host $host $((++n))
		set_inner $host "$1"
		start_worker $host
	done
}

ping_ok() { ip netns exec "$1" ping -q -i 0.02 -W 1 "${@:2}" >/dev/null; }
# at HOST PEER ENDPOINT
at() { [[ $(status_of "$1" ".peers.$2.endpoint") == "$3" ]]; }
# crosses_at HOST PEER ENDPOINT: ping does, and this is where the peer is sent to then. Meant to be repeated.
crosses_at() { ping_ok "$1" -c 2 "10.5.0.$([[ $2 == a ]] && echo 1 || echo 2)" && at "$@"; }
# calls_at HOST PEER ENDPOINT: the same of what nobody answers
calls_at() {
	ip netns exec "$1" ping -q -b -c 2 -i 0.02 -W 1 10.5.255.255 >/dev/null || true
	at "$@"
}
# path_is HOST PEER MTU
path_is() { ping_ok "$1" -c 1 "10.5.0.$([[ $2 == a ]] && echo 1 || echo 2)" && [[ $(status_of "$1" ".peers.$2[\"path-mtu\"]") == "$3" ]]; }

# drop_v4 HOST, reject_v4 HOST: what the tunnel sends to it; let_v4 HOST: no longer
rule_v4() { ip netns exec "$1" nft "table ip broken { chain in { type filter hook input priority 0; udp dport 40000 $2; }; }"; }
drop_v4() { rule_v4 "$1" drop; }
reject_v4() { rule_v4 "$1" reject; }
let_v4() { ip netns exec "$1" nft delete table ip broken; }
