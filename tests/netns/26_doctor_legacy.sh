#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Rules of iptables-legacy that drop what a topology forwards, in a namespace and on the host: found, judged and mended as
# those of nftables are (26_doctor_forward.sh), and no table comes into being because somebody looked.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ip netns add probe
for program in iptables-legacy ip6tables-legacy; do
	if ! ip netns exec probe "$program" -t filter -S >/dev/null 2>&1; then
		skip "rules of $program" "this machine has none"
		exit
	fi
done
ip netns del probe

topology=$WORK/net.yaml
write_topology() { # write_topology [LINE]: one more namespace
	cat >"$topology" <<-END
		version: 1
		name: net
		bridges: {br0: {addresses: [10.0.0.1/24], forward: nat}}
		namespaces:
		  red: {attach: {br0: [10.0.0.2/24]}}
		  router:
		    bridges:
		      lan: {addresses: [10.97.0.1/24, "fd97::1/64"], forward: nat, interfaces: [port1]}
		    nat: {dnat: [{port: 8080, to: "10.97.0.11:80"}]}
		  pc: {gateway: [10.97.0.1, "fd97::1"]}
		  outside: {}
		  ${1:-}
		links:
		  - ["router:port1", "pc:eth0 10.97.0.11/24 fd97::11/64"]
		  - ["router:wan0 198.51.100.1/24 2001:db8::1/64", "outside:eth0 198.51.100.2/24 2001:db8::2/64"]
	END
}
settled() { [[ -z $(for place in router pc outside; do ip -n "$place" -6 addr show tentative; done) ]]; }

findings() { "$V" doctor -f "$topology" -o json || [[ $? == 2 ]]; }
codes() { json '[.findings[].code] | unique | join(" ")' findings; }
of() { json "first(.findings[] | select(.code == \"$1\") | .$2) // empty" findings; } # of CODE KEY
gone() { expect_equal "$1: it is found no more" "" "$(codes)"; }
mend() { # mend NAME CODE FIX: what doctor prints is that, and works
	local fix
	fix=$(of "$2" fix)
	expect_equal "$1: what mends it" "$3" "$fix"
	check "$1: its command runs" bash -ec "$fix"
}
in_router() { ip netns exec router "$@"; }
tables() { in_router cat /proc/net/ip_tables_names /proc/net/ip6_tables_names; }
out() { ip netns exec pc ping -c 1 -W 2 -n "${1:-198.51.100.2}"; }
mapped() { ip netns exec outside timeout 2 bash -c 'exec 3<>/dev/tcp/198.51.100.1/8080'; }

# Every new namespace has it on.
bridge_netfilter() { # bridge_netfilter ip|ip6 0|1: in the namespace
	local key=/proc/sys/net/bridge/bridge-nf-call-${1}tables
	[[ ! -e $key ]] || in_router bash -c "echo $2 >$key"
}
write_topology
check "apply" "$V" -q -f "$topology"
check "addresses are settled" wait_until 5 settled
bridge_netfilter ip 0
bridge_netfilter ip6 0
ip netns exec pc python3 -m http.server 80 >"$WORK/http" 2>&1 &
listen_ready pc 80
check "out, with nobody in the way" out
check "out by IPv6" out 2001:db8::2
check "in, with nobody in the way" mapped
gone "nothing"
expect_equal "no table was made by looking" "" "$(tables)"

# ---- a policy of drop ----

in_router iptables-legacy -P FORWARD DROP
check_not "policy: nothing comes out" out
check_not "policy: nothing comes in" mapped
expect_equal "policy: it is found, and where" \
	'chain ip filter FORWARD of iptables-legacy in namespace router drops what comes from lan, answers to lan and what port maps lead to lan: its policy is drop' \
	"$(of W-FORWARD message)"
if [[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]]; then
	bridge_netfilter ip 1
	expect_equal "policy: frames between ports run through it, too" \
		'bridge-nf-call-iptables in namespace router is 1: frames between the ports of lan run through chain ip filter FORWARD of iptables-legacy, which drops them' \
		"$(of W-BRIDGE-NF message)"
	bridge_netfilter ip 0
fi
write_topology "green: {attach: {br0: [10.0.0.3/24]}}"
expect_equal "policy: a plan warns" 'W-FORWARD' \
	"$(json '[.warnings[].code | values] | join(" ")' "$V" plan -f "$topology" -o json)"
write_topology
mend policy W-FORWARD \
	"ip netns exec router iptables-legacy -I FORWARD -i lan -j ACCEPT && ip netns exec router iptables-legacy -I FORWARD -o lan -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT"
check "policy: packets come out" out
check "policy: they come in" mapped
gone policy
in_router iptables-legacy -F
in_router iptables-legacy -P FORWARD ACCEPT

# ---- a rule that rejects, of IPv6 and in a chain of somebody's ----

in_router ip6tables-legacy -N mine
in_router ip6tables-legacy -A mine -i wan0 -j RETURN
in_router ip6tables-legacy -A mine -s fd97::/64 -m comment --comment "no way out" -j REJECT
in_router ip6tables-legacy -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
in_router ip6tables-legacy -A FORWARD -g mine
check_not "IPv6: nothing comes out" out 2001:db8::2
check "IPv6: IPv4 does" out
expect_equal "IPv6: it is found, and where" \
	'chain ip6 filter FORWARD of ip6tables-legacy in namespace router drops what comes from lan: a rule in mine rejects it' \
	"$(of W-FORWARD message)"
mend IPv6 W-FORWARD "ip netns exec router ip6tables-legacy -I FORWARD -i lan -j ACCEPT"
check "IPv6: packets come out" out 2001:db8::2
gone IPv6

# ---- another table, and Docker ----

in_router iptables-legacy -t mangle -A FORWARD -i la+ ! -o lan -j DROP
check_not "mangle: nothing comes out" out
expect_match "mangle: it is found" '^chain ip mangle FORWARD of iptables-legacy .* drops what comes from lan: a rule in it drops it$' \
	"$(of W-FORWARD message)"
mend mangle W-FORWARD "ip netns exec router iptables-legacy -t mangle -I FORWARD -i lan -j ACCEPT"
check "mangle: packets come out" out
gone mangle

in_router iptables-legacy -P FORWARD DROP
in_router iptables-legacy -N DOCKER-USER
in_router iptables-legacy -A DOCKER-USER -j RETURN
in_router iptables-legacy -A FORWARD -j DOCKER-USER
in_router iptables-legacy -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
check_not "Docker: nothing comes out" out
mend Docker W-DOCKER \
	"ip netns exec router iptables-legacy -I DOCKER-USER -i lan -j ACCEPT && ip netns exec router iptables-legacy -I DOCKER-USER -o lan -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT"
check "Docker: packets come out" out
check "Docker: they come in" mapped
gone Docker

# What asks for more than is known here neither hides a drop nor makes one.
in_router iptables-legacy -F
in_router iptables-legacy -P FORWARD ACCEPT
in_router iptables-legacy -A FORWARD -p tcp --dport 9 -j DROP
in_router iptables-legacy -A FORWARD -m length --length 1400: -j DROP
check "a narrow rule: packets come out" out
gone "a narrow rule"

# ---- the host's own place, where its owner may ask ----

iptables-legacy -P FORWARD DROP
if cat /proc/net/ip_tables_names >/dev/null 2>&1; then
	expect_match "host: it is found" '^chain ip filter FORWARD of iptables-legacy drops what comes from br0' \
		"$(of W-FORWARD message)"
	expect_match "host: without a file, too" 'Fix: iptables-legacy -I FORWARD' "$("$V" doctor || [[ $? == 2 ]])"
else
	gone "host: where the kernel does not say which tables there are"
fi
