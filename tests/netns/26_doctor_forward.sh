#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Rules of others that drop what a topology forwards: doctor and the plan name the chain, and after the command that they
# print the packets pass and the finding is gone.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

topology=$WORK/net.yaml
write_topology() { # write_topology FORWARD [LINE]: what the bridge does, and one more line
	cat >"$topology" <<-END
		version: 1
		name: net
		${2:-}
		bridges: {br0: {addresses: [10.0.0.1/24, "fd00::1/64"], forward: $1}}
		namespaces:
		  red: {attach: {br0: [10.0.0.2/24, "fd00::2/64"]}, ports: ["8080:80"]}
		  blue: {attach: {br0: [10.0.0.3/24, "fd00::3/64"]}}
	END
}

# Outside: a host that is not ours, with a way back to the bridge's network.
ip netns add wan
ip link add wan0 type veth peer name eth0 netns wan
ip addr add 203.0.113.1/24 dev wan0
ip addr add 2001:db8:ff::1/64 dev wan0 nodad
ip link set wan0 up
ip -n wan addr add 203.0.113.2/24 dev eth0
ip -n wan addr add 2001:db8:ff::2/64 dev eth0 nodad
ip -n wan link set eth0 up
ip -n wan route add 10.0.0.0/24 via 203.0.113.1
ip route add default via 203.0.113.2
settled() { [[ -z $(ip -6 addr show tentative; ip -n wan -6 addr show tentative) ]]; }

bridge_netfilter() { # bridge_netfilter 0|1
	local key
	for key in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do
		[[ ! -e $key ]] || echo "$1" >"$key"
	done
}
bridge_netfilter 0

findings() { "$V" doctor -f "$topology" -o json || [[ $? == 2 ]]; }
codes() { json '[.findings[].code] | unique | join(" ")' findings; }
of() { json "first(.findings[] | select(.code == \"$1\") | .$2)" findings; } # of CODE KEY
out() { ip netns exec red ping -c 1 -W 2 -n "${1:-203.0.113.2}"; }
inside() { ip netns exec red ping -c 1 -W 2 -n 10.0.0.3; }
mapped() { ip netns exec wan timeout 2 bash -c 'exec 3<>/dev/tcp/203.0.113.1/8080'; }
expect_not() { # expect_not NAME TEXT ACTUAL
	if [[ $3 == *$2* ]]; then fail "$1" "$3"; else ok "$1"; fi
}
mend() { # mend CODE: runs the command that doctor prints
	local fix
	fix=$(of "$1" fix)
	check "$1: its command runs: $fix" bash -ec "$fix"
}

write_topology nat
check "apply" "$V" -f "$topology"
check "link-local addresses are settled" wait_until 5 settled
ip netns exec red python3 -m http.server 80 >"$WORK/http" 2>&1 &
listen_ready red 80
check "out, with nobody in the way" out
check "in, with nobody in the way" mapped
expect_equal "nothing is found" "" "$(codes)"
expect_status "and the status says so" 0 "$V" doctor -f "$topology"
expect_status "without a file, too" 0 "$V" doctor

# ---- Docker: a policy of drop ----

docker_rules() { # docker_rules FAMILY
	nft -f - <<-END
		table $1 filter {
			chain INPUT { type filter hook input priority filter; policy accept; }
			chain OUTPUT { type filter hook output priority filter; policy accept; }
			chain DOCKER-USER { counter return; }
			chain DOCKER { }
			chain FORWARD {
				type filter hook forward priority filter; policy drop;
				counter jump DOCKER-USER
				oifname "docker0" ct state related,established counter accept
				oifname "docker0" counter jump DOCKER
				iifname "docker0" oifname != "docker0" counter accept
			}
		}
	END
}
docker_rules ip
check_not "Docker: nothing comes out" out
check_not "Docker: nothing comes in" mapped
expect_match "Docker: it is found, and where" \
	'^chain ip filter FORWARD drops what comes from br0, answers to br0 and what port maps lead to br0: its policy is drop \(Docker\)$' \
	"$(of W-DOCKER message)"
expect_equal "Docker: the object" bridges/br0 "$(of W-DOCKER address)"
expect_status "Docker: the status" 2 "$V" doctor -f "$topology"
expect_match "without a file it is found, too" 'W-DOCKER .*ip filter FORWARD drops' \
	"$("$V" doctor | tr '\n' ' ')"
mend W-DOCKER
check "Docker: packets come out" out
check "Docker: they come in" mapped
expect_not "Docker: it is found no more" W-DOCKER "$(codes)"
expect_not "nor without a file" W-DOCKER "$("$V" doctor)"

docker_rules ip6
check_not "Docker, IPv6: nothing comes out" out 2001:db8:ff::2
expect_match "Docker, IPv6: it is found" '^chain ip6 filter FORWARD drops what comes from br0' \
	"$(of W-DOCKER message)"
mend W-DOCKER
check "Docker, IPv6: packets come out" out 2001:db8:ff::2

# The plan and the apply say the same, and the status of the apply is none the worse.
nft flush ruleset
docker_rules ip
"$V" destroy -y --name net >/dev/null 2>&1
output=$("$V" plan -f "$topology")
expect_match "the plan warns" '  ! W-DOCKER  chain ip filter FORWARD drops .*Fix: iptables -I DOCKER-USER -i br0 -j ACCEPT' \
	"$(tr '\n' ' ' <<<"$output")"
expect_equal "the plan as JSON" 'W-DOCKER bridges/br0 vnetapply(8)' \
	"$(json '.warnings[] | select(.code == "W-DOCKER") | "\(.code) \(.address) \(.doc)"' \
		"$V" plan -f "$topology" -o json)"
status=0
output=$("$V" -f "$topology" 2>&1 >/dev/null) || status=$?
expect_equal "apply succeeds" 0 "$status"
expect_match "apply warns" '! W-DOCKER' "$output"
expect_equal "an apply with nothing to do says nothing of it" "" "$("$V" -f "$topology" 2>&1 >/dev/null)"
"$V" destroy -y --name net >/dev/null
expect_equal "quiet is quiet" "" "$("$V" -q -f "$topology" 2>&1)"
"$V" destroy -y --name net >/dev/null
expect_equal "an apply as JSON" W-DOCKER \
	"$("$V" -f "$topology" -o json | jq -r 'select(.event == "plan") | .warnings[] | select(.code == "W-DOCKER").code')"
# A saved plan is about the topology, not about the moment.
"$V" destroy -y --name net >/dev/null
"$V" plan -f "$topology" --out "$WORK/plan.json" >/dev/null
expect_equal "a saved plan has no such warnings" 0 "$(jq '[.warnings[] | select(.code)] | length' "$WORK/plan.json")"
nft delete table ip filter
check "and is not stale when they change" "$V" apply --plan "$WORK/plan.json"
ip netns exec red python3 -m http.server 80 >"$WORK/http" 2>&1 &
listen_ready red 80

# ---- br_netfilter ----

if [[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]]; then
	bridge_netfilter 1
	docker_rules ip
	bash -ec "$(of W-DOCKER fix)" 2>/dev/null
	check "bridge: what Docker accepts passes" inside
	nft delete table ip filter
	nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; oifname != "br0" accept; iifname != "br0" accept; }; }'
	check_not "bridge: frames between ports are dropped" inside
	expect_match "bridge: it is found" \
		'^bridge-nf-call-iptables is 1: frames between the ports of br0 run through chain ip filter FORWARD, which drops them$' \
		"$(of W-BRIDGE-NF message)"
	write_topology nat "$(of W-BRIDGE-NF fix)"
	check "bridge: its key is applied" "$V" -f "$topology"
	check "bridge: frames pass" inside
	expect_not "bridge: it is found no more" W-BRIDGE-NF "$(codes)"
	# Of what only may happen doctor tells, a plan does not.
	write_topology nat
	"$V" -q -f "$topology"
	nft delete table ip filter
	nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; }; }'
	expect_match "bridge: doctor tells of rules that let them pass" 'which lets them pass for now' \
		"$(of W-BRIDGE-NF message)"
	sed 's/name: net/name: two/; s/br0/br9/g; s/10.0.0/10.9.0/g; s/fd00/fd09/g; s/red/two-red/
		s/blue/two-blue/; s/8080/9090/' "$topology" >"$WORK/two.yaml"
	expect_equal "bridge: a plan does not" 0 \
		"$(json '.warnings | length' "$V" plan -f "$WORK/two.yaml" -o json)"
	bridge_netfilter 0
	nft delete table ip filter
	write_topology nat
	"$V" -q -f "$topology"
else
	skip "br_netfilter" "this kernel has no such module loaded"
fi

# ---- firewalld: a rule that rejects ----

# What firewall-cmd does for an interface in the zone trusted.
mkdir "$WORK/bin"
cat >"$WORK/bin/firewall-cmd" <<'END'
#!/bin/bash
name=${!#}
[[ $1 == --permanent ]] || nft insert rule inet firewalld filter_FORWARD_POLICIES iifname "${name#*=}" accept
END
chmod +x "$WORK/bin/firewall-cmd"
nft -f - <<'END'
table inet firewalld {
	chain filter_FORWARD {
		type filter hook forward priority filter + 10; policy accept;
		ct state { established, related } accept
		ct status dnat accept
		iifname "lo" accept
		ct state vmap { invalid : drop }
		jump filter_FORWARD_POLICIES
		reject with icmpx admin-prohibited
	}
	chain filter_FORWARD_POLICIES {
		iifname "wan0" jump filter_FWD_public
		oifname "wan0" jump filter_FWD_public
		jump filter_FWD_public
		reject with icmpx admin-prohibited
	}
	chain filter_FWD_public { meta l4proto { icmp, ipv6-icmp } ip saddr 198.51.100.0/24 accept; }
}
END
check_not "firewalld: nothing comes out" out
check "firewalld: a port map works" mapped
expect_equal "firewalld: it is found, and where" \
	'chain inet firewalld filter_FORWARD drops what comes from br0: a rule in filter_FORWARD_POLICIES rejects it (firewalld)' \
	"$(of W-FIREWALLD message)"
PATH=$WORK/bin:$PATH mend W-FIREWALLD
check "firewalld: packets come out" out
expect_equal "firewalld: it is found no more" "" "$(codes)"
nft delete table inet firewalld

# ---- rules of nobody we know, and of iptables ----

nft 'table inet mine { set good { type ifname; elements = { "eth7", "eth8" }; }; chain forwarded { type filter hook forward priority 5; policy drop; iifname @good accept; meta nfproto ipv6 accept; }; }'
check_not "nft: nothing comes out" out
expect_equal "nft: it is found" \
	'chain inet mine forwarded drops what comes from br0, answers to br0 and what port maps lead to br0: its policy is drop' \
	"$(of W-FORWARD message)"
mend W-FORWARD
check "nft: packets come out" out
check "nft: they come in" mapped
expect_equal "nft: it is found no more" "" "$(codes)"
nft delete table inet mine
nft 'table inet mine { set good { type ifname; elements = { "br0" }; }; chain forwarded { type filter hook forward priority 5; policy drop; iifname @good accept; ct state established,related accept; ct status dnat accept; }; }'
check "a set that has the bridge: packets come out" out
expect_equal "and nothing is found" "" "$(codes)"
nft delete table inet mine
nft 'table inet mine { chain forwarded { type filter hook forward priority 5; policy drop; ip saddr 10.0.0.0/24 accept; ip daddr 10.0.0.0/24 accept; ip6 saddr fd00::/64 accept; ip6 daddr fd00::/64 accept; }; }'
check "rules about its network: packets come out" out
expect_equal "and nothing is found" "" "$(codes)"
nft delete table inet mine

iptables -P FORWARD DROP
check_not "iptables: nothing comes out" out
expect_match "iptables: it is found" '^chain ip filter FORWARD drops what comes from br0' "$(of W-FORWARD message)"
mend W-FORWARD
check "iptables: packets come out" out
expect_equal "iptables: it is found no more" "" "$(codes)"
nft delete table ip filter

# ---- ufw, and a bridge that routes ----

cat >"$WORK/bin/ufw" <<'END'
#!/bin/bash
# route allow in|out on NAME
iptables -I ufw-user-forward "$([[ $3 == in ]] && echo -i || echo -o)" "$5" -j ACCEPT
END
chmod +x "$WORK/bin/ufw"
iptables -N ufw-before-forward
iptables -N ufw-user-forward
iptables -A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A ufw-before-forward -p icmp --icmp-type time-exceeded -j ACCEPT
iptables -A ufw-before-forward -j ufw-user-forward
iptables -A FORWARD -j ufw-before-forward
iptables -P FORWARD DROP
write_topology route
check "a bridge that routes" "$V" -f "$topology"
check_not "ufw: nothing comes out" out
expect_equal "ufw: it is found" \
	'chain ip filter FORWARD drops what comes from br0, what port maps lead to br0 and new connections to br0: its policy is drop (ufw)' \
	"$(of W-UFW message)"
PATH=$WORK/bin:$PATH mend W-UFW
check "ufw: packets come out" out
check "ufw: they come in" ip netns exec wan ping -c 1 -W 2 -n 10.0.0.2
expect_equal "ufw: it is found no more" "" "$(codes)"

# What our own rules drop is no loss.
iptables -F ufw-user-forward
write_topology isolated
sed -i 's/, ports: .*]}/}/' "$topology"
check "an isolated bridge" "$V" -f "$topology"
expect_equal "nothing of it is in the way" "" "$(codes)"
