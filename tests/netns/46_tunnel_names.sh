#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Peers whose address is a name: it may be unknown at first, its meaning may change, two names may mean one host, and
# it may have an address of each family, and in the topology and in plans it stays a name.

VNET_SECONDS=${VNET_SECONDS:-400}
# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

make_switch
make_host a 1
make_host b 2
names=$WORK/names
: >"$names"
mkdir -p /etc/netns/a
echo nameserver 127.0.0.1 >/etc/netns/a/resolv.conf
ip netns exec a python3 tests/netns/name_server.py 127.0.0.1 "$names" &
wait_until 5 ip netns exec a bash -c "ss -Huln 'sport = :53' | grep -q ."
start_worker a
start_worker b

ping_ok() { ip netns exec "$1" ping -q -i 0.02 -W 2 "${@:2}" >/dev/null; }
crosses_at() { ping_ok a -c 2 10.5.0.2 && [[ $(status_of a '.peers.b.endpoint') == "$1" ]]; }
says() { [[ $(status_of a "$1") == "$2" ]]; }

# ---- the worker ----
check "a name that nobody knows is no error" ask a configure vtap0 --peer b=beta.test
check "b knows a by address" ask b configure vtap0 --peer a=192.0.2.1
expect_equal "there is no address yet" "any port 0" "$(status_of a '.peers.b.endpoint' | sed 's/port 40000/port 0/')"
check "this is told" wait_until 5 grep -q "peer b: beta.test is not found" "$WORK/a.log"
check_not "and nothing is sent" ping_ok a -c 1 -W 1 10.5.0.2
expect_equal "what is for b is counted as unreachable" true "$(status_of a '.drops.unreachable > 0')"
echo beta.test 192.0.2.2 >"$names"
check "when the name is known ping crosses" wait_until 20 ping_ok a -c 1 -W 1 10.5.0.2
expect_equal "the configuration has the name" beta.test "$(json '.peers.b.host' ask a query)"
expect_equal "the state has the address" "192.0.2.2 port 40000" "$(status_of a '.peers.b.endpoint')"
plane=$(pgrep -P "${worker_pid[a]}")
kill -KILL "$plane"
check "a new data plane knows it, too" wait_until 5 ping_ok a -c 1 -W 1 10.5.0.2

ip -n b addr del 192.0.2.2/24 dev eth0
ip -n b addr add 192.0.2.22/24 dev eth0
echo beta.test 192.0.2.22 >"$names"
check "b moves, its name follows, and ping crosses again" wait_until 60 ping_ok a -c 1 -W 1 10.5.0.2
expect_equal "at the new address" "192.0.2.22 port 40000" "$(status_of a '.peers.b.endpoint')"
expect_equal "by the same data plane" 1 "$(status_of a .restarts)"

check "a second name of the same host" ask a configure vtap0 --peer b=beta.test --peer c=gamma.test
echo gamma.test 192.0.2.22 >>"$names"
check "is not taken, and told" wait_until 20 grep -q "peer c: gamma.test has the address of another peer" "$WORK/a.log"
check "the first goes on" ping_ok a -c 2 10.5.0.2

# Both families: RFC 6724 has IPv6 first here.
check "b may be reached over both families" ask b configure vtap0 --local 2001:db8::2+192.0.2.22 --peer a=2001:db8::1+192.0.2.1
echo beta.test 192.0.2.22 2001:db8::2 >"$names"
check "a name with an address of each" ask a configure vtap0 --peer b=beta.test --peer d=delta.test
check "ping crosses over one of them" wait_until 60 crosses_at '2001:db8::2 port 40000'
expect_equal "the other one is known" '["192.0.2.22 port 40000"]' "$(status_of a '.peers.b.others | tojson')"
plane=$(pgrep -P "${worker_pid[a]}")
kill -KILL "$plane"
check "to a new data plane, too" wait_until 10 crosses_at '2001:db8::2 port 40000'
expect_equal "with the other one" '["192.0.2.22 port 40000"]' "$(status_of a '.peers.b.others | tojson')"
ip netns exec a nft 'table ip6 broken { chain in { type filter hook input priority 0; udp dport 40000 drop; }; }'
ip netns exec b nft 'table ip6 broken { chain in { type filter hook input priority 0; udp dport 40000 drop; }; }'
check "it is used where nothing comes through" wait_until 60 crosses_at '192.0.2.22 port 40000'
for host in a b; do ip netns exec $host nft delete table ip6 broken; done

check "only IPv6 is asked for where the own address is one" \
	ask a configure vtap0 --local 2001:db8::1 --peer b=beta.test
echo beta.test 192.0.2.22 2001:db8::2 >"$names"
check "b goes there" ask b configure vtap0 --peer a=2001:db8::1
check "ping crosses over IPv6" wait_until 60 ping_ok a -c 1 -W 1 10.5.0.2
expect_equal "at this address" "2001:db8::2 port 40000" "$(status_of a '.peers.b.endpoint')"
ask a stop
end_of a
check_not "nothing is left of it" pgrep -f "name test/a"

# ---- the topology ----
cat >"$WORK/t.yaml" <<'END'
version: 1
name: named
tunnels:
  lan: {interface: tap7, encryption: none, peers: [{name: beta, endpoint: "beta.test:40000"}]}
END
inside() { ip netns exec a "$V" "$@"; }
check "a name is applied" inside apply --yes -f "$WORK/t.yaml"
expect_match "and again there is nothing to do" "[Nn]othing to do" "$(inside plan -f "$WORK/t.yaml")"
answers() { [[ $(inside tunnel status --name named -o json | jq -r '.tunnels[0].peers[0].endpoint') == "$1" ]]; }
check "its address is found" wait_until 20 answers '[2001:db8::2]:40000'
expect_match "also then there is nothing to do" "[Nn]othing to do" "$(inside plan -f "$WORK/t.yaml")"
expect_match "the state names the name" "beta.test:40000" "$(inside state --name named)"
sed -i 's/beta.test:40000/other.test:41000/' "$WORK/t.yaml"
expect_match "another name is a change" "beta.test:40000.*other.test:41000" "$(inside plan -f "$WORK/t.yaml" || true)"
check "it is applied" inside apply --yes -f "$WORK/t.yaml"
expect_match "and then there is nothing to do" "[Nn]othing to do" "$(inside plan -f "$WORK/t.yaml")"
check "it is taken away" inside destroy --name named --yes

# ---- in a namespace of a name, whose files hold for it alone ----
cat >"$WORK/t.yaml" <<'END'
version: 1
name: placed
namespaces:
  red:
    extra-hosts: {delta.test: 192.0.2.44}
    bridges: {br0: {addresses: [192.0.2.40/24]}}
    tunnels:
      lan: {interface: tap7, encryption: none, peers: [{name: delta, endpoint: "delta.test:40000"}]}
END
capabilities() { awk '/^CapBnd/ { print $2 }' "/proc/$1/status"; }
check "a tunnel in a namespace is applied" "$V" apply --yes -f "$WORK/t.yaml"
delta() { [[ $("$V" tunnel status --name placed -o json | jq -r '.tunnels[0].peers[0].endpoint') == 192.0.2.44:40000 ]]; }
check "its peer's name is found in the namespace's own file" wait_until 20 delta
worker=$(pgrep -f "vnettunnel --control /run/vnetapply/placed/")
if [[ $("$V" tunnel status --name placed -o json | jq -r '.tunnels[0].data_plane.seccomp') == "off: built for sanitizers" ]]; then
	ok "sanitizers need capabilities"
else
	expect_equal "for that its supervisor may mount, beside what all need" \
		"$(printf %016x $((0x2015e4 & 0x$(capabilities self))))" "$(capabilities "$worker")"
fi
check "it is taken away" "$V" destroy --name placed --yes
