#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sim: hosts of a file on this machine. What is inside is compared with the file by ip and by packets;
# what is outside must not change, and nothing may be left.
# shellcheck source=tests/netns/lib.sh
source "$(dirname "$0")/lib.sh"

cp topologies/two-hosts.yaml "$WORK/two.yaml"
cd "$WORK"
F=two.yaml
sim() { "$V" sim "$@"; }
inside() { "$V" sim exec -f $F "$@"; }
holder() { cut -d ' ' -f 1 "/run/vnetapply-sim/two-hosts/holder"; }
# Process 1, and whatever asks.
processes() { ps -eo pid=,args= | awk '$2 ~ /vnetapply|vnettunnel/ { print $2, $3 }'; }
outside() { ip -j addr; ip -j route; ls -A /run /run/netns; ls -A /etc/netns 2>/dev/null; cat /proc/sys/net/ipv4/ip_forward; }

before=$(outside)
expect_match "exec needs a simulation" "not simulated here" "$(inside alpha -- true 2>&1 || true)"
expect_status "and fails without" 1 inside alpha -- true
expect_status "so does check" 1 sim check -f $F
expect_status "down finds nothing to do" 0 sim down -f $F

# ---- up ----
out=$(sim up -f $F 2>&1) || fail "up" "$out"
expect_match "up shows each host's plan" 'host alpha.*\+ bridge +virbr0.*created.*host beta.*\+ tap +vtap0.*created' "$out"
expect_equal "hosts have their names" alpha "$(inside alpha -- hostname)"
expect_equal "hosts have their underlay addresses" "192.168.50.6/32 1500" \
	"$(json '.[] | "\(.addr_info[] | select(.family == "inet") | "\(.local)/\(.prefixlen)") \(.mtu)"' inside alpha -- ip -j addr show eth0)"
expect_equal "hosts reach each other on-link" $'default 169.254.1.1\n192.168.50.5 null' \
	"$(json '.[] | select(.dev == "eth0") | "\(.dst) \(.gateway)"' inside alpha -- ip -j route | sort -r)"
expect_equal "the tunnel's size follows" 1458 "$(json '.[].mtu' inside beta/ns3 ip -j link show veth31)"
expect_equal "a host has a /run of its own" ns3 "$(inside beta -- ls /run/netns)"
expect_equal "exec keeps the directory" "$PWD" "$(inside alpha/ns1 -- pwd)"
expect_status "exec passes on the exit status" 7 inside alpha/ns1 -- sh -c 'exit 7'
expect_status "exec passes on a signal" 143 inside alpha -- sh -c 'kill $$'
expect_status "a command that is not there" 127 inside alpha -- /nonexistent
expect_status "a host that is not there" 64 inside gamma -- true
expect_match "it names those that are" "expected one of alpha, beta" "$(inside gamma -- true 2>&1 || true)"
check "packets cross the tunnel" inside alpha/ns1 -- ping -c 1 -W 5 -s 1430 -M "do" 10.5.0.31
check_not "the gateway is silent" inside alpha -- ping -c 1 -W 1 192.0.2.1
workers=$(pgrep -xc vnettunnel)
expect_equal "each host sees its own processes only" $((workers / 2)) "$(inside alpha -- pgrep -xc vnettunnel)"

# ---- again ----
first=$(holder)
out=$(sim up -f $F 2>&1) || fail "second up" "$out"
expect_equal "a second up finds nothing to do" 2 "$(grep -c 'nothing to do' <<<"$out")"
expect_equal "and keeps the holder" "$first" "$(holder)"
out=$(sim check -f $F 2>&1) || fail "check" "$out"
expect_match "check runs all checks" "4 checks: 4 ok, 0 failed" "$out"
expect_equal "check in JSON" "ok ok ok ok" "$(sim check -f $F -o json | jq -r .result | paste -sd ' ')"

# ---- changes ----
check "a smaller underlay" sim up -f $F --underlay-mtu 1400
expect_equal "shrinks what lies above" "1400 1358" \
	"$(json '.[].mtu' inside alpha ip -j link show eth0) $(json '.[].mtu' inside alpha/ns1 ip -j link show veth11)"
expect_equal "and full-size pings still cross" 0 "$(sim check -f $F -o json | jq -s 'map(select(.result != "ok")) | length')"
sed '/^overlays:/,/^  lan:/d; /^  beta:/,/ns3:/d; /^checks:/,$d' two.yaml >one.yaml
out=$(sim up -f one.yaml 2>&1) || fail "up with a host less" "$out"
expect_match "a host that left the file is removed" "beta: no longer in the file" "$out"
expect_equal "with its record" "holder host.alpha" "$(cd /run/vnetapply-sim/two-hosts && echo *)"
expect_equal "and its processes" 1 "$(pgrep -xc vnet-host)"
check "it comes back" sim up -f $F
check "and works" sim check -f $F
check "the file may come from standard input" sim up -f - <$F
expect_equal "nothing outside changed" "$before" "$(outside | grep -v '^vnetapply-sim$')"

# ---- ends ----
kill -KILL "$(holder)"
check "killing the holder ends everything inside" wait_until 10 bash -c '! pgrep -x vnettunnel'
check "up starts anew" sim up -f $F
check "and works again" sim check -f $F
last=$(holder)
kill -KILL "$last"
wait_until 10 bash -c "! kill -0 $last"
expect_match "down removes the record of a dead one" "had ended by itself" "$(sim down -f $F)"
check "up once more" sim up -f $F
expect_match "down" "taken down" "$(sim down -f $F)"
expect_equal "no process is left" "" "$(processes)"
expect_equal "nothing outside is left" "$before" "$(outside)"
expect_match "a second down" "nothing to do" "$(sim down --name two-hosts)"

# ---- mistakes and failures ----
printf 'version: 1\nname: bad\nhosts: {a: {adress: 192.0.2.1}}\n' >bad.yaml
expect_status "a file with mistakes" 65 sim up -f bad.yaml
cat >half.yaml <<'YAML'
version: 1
name: half
hosts:
  a: {address: 192.0.2.1, interfaces: {eth7: {mtu: 1400}}}
  b: {address: [192.0.2.2, "2001:db8::2"], uplink: up0, namespaces: {n: {}}}
checks:
  - {from: a/host, ping: 192.0.2.2, size: mtu}
  - {from: a/host, ping: 198.51.100.1}
YAML
out=$(sim up -f half.yaml 2>&1) && status=0 || status=$?
expect_equal "the first failure is the exit status" 5 "$status"
expect_match "the others are made nevertheless" "eth7 does not exist.*half on b: 3 created" "$out"
expect_equal "an uplink by its name, both families" $'192.0.2.2/32\n2001:db8::2/128' \
	"$(json '.[].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"' "$V" sim exec -f half.yaml b ip -j addr show up0)"
expect_match "targets outside the file are skipped by name" "skip a/host -> ping 198.51.100.1: outside the file" \
	"$(sim check -f half.yaml)"
check "down, with some of it failed" sim down -f half.yaml

cat >port.yaml <<'YAML'
version: 1
name: port
bridges: {br0: {interfaces: [eth1], addresses: [10.7.0.1/24]}}
interfaces: {eth1: {mtu: 1400}}
hosts:
  a: {address: 192.0.2.1, uplink: eth1}
YAML
check "a host may take its uplink into a bridge" sim up -f port.yaml
expect_match "and is left in peace" "nothing to do" "$(sim up -f port.yaml)"
check "down with it" sim down -f port.yaml

cat >alone.yaml <<'YAML'
version: 1
name: alone
bridges: {br0: {addresses: [10.9.0.1/24, "2001:db8:9::1/64"]}}
namespaces: {red: {attach: {br0: [10.9.0.2/24, "2001:db8:9::2/64"]}, extra-hosts: {db: 10.9.0.1}}}
checks: [{from: red, ping: [10.9.0.1, "2001:db8:9::1", db]}]
YAML
check "a file without hosts" sim up -f alone.yaml
expect_match "twice" "nothing to do" "$(sim up -f alone.yaml)"
expect_match "its checks" "3 ok" "$(sim check -f alone.yaml)"
expect_equal "its namespaces need no host" 10.9.0.2 \
	"$(json '.[].addr_info[0].local' "$V" sim exec -f alone.yaml red ip -j -4 addr show eth0)"
expect_match "names of /etc/netns resolve" '^10.9.0.1 ' "$("$V" sim exec -f alone.yaml red getent hosts db)"
check "down again" sim down -f alone.yaml
expect_equal "still nothing outside is left" "$before" "$(outside)"

# ---- without root: root can become nobody, nobody is nobody already (tests/netns/as-nobody) ----
if [[ -z $rootless ]]; then
	mkdir -m 755 tree
	mount --bind "$OLDPWD" tree
	mkdir -m 700 xdg
	chown 65534:65534 xdg
	nobody() {
		XDG_RUNTIME_DIR=$WORK/xdg setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
			"tree/$BUILD/vnetapply" sim "$@"
	}
	mknod -m 600 tun c 10 200
	mount --bind tun /dev/net/tun
	expect_status "without root and /dev/net/tun" 77 nobody up -f $F
	expect_match "the hint names the command" "chmod 666 /dev/net/tun" "$(nobody up -f $F 2>&1 || true)"
	expect_equal "nothing is left of the attempt" "" "$(ls -A xdg)"
	chmod 666 tun
	out=$(nobody up -f $F 2>&1) || fail "up without root" "$out"
	expect_match "up again without root" "nothing to do.*nothing to do" "$(nobody up -f $F 2>&1)"
	expect_match "check without root" "4 checks: 4 ok" "$(nobody check -f $F 2>&1)"
	# shellcheck disable=SC2016 # the inner shell expands it
	expect_equal "exec without root" "0 alpha" "$(nobody exec -f $F alpha -- sh -c 'echo $(id -u) $(hostname)')"
	expect_match "down without root" "taken down" "$(nobody down -f $F 2>&1)"
	expect_equal "nothing is left without root" "" "$(ls -A xdg; processes)"
fi
