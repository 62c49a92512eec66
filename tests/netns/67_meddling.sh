#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What others do to what is ours: second names of a namespace, files and pipes among the namespaces, one that takes the
# place of ours while a question waits for its answer.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >"$WORK/t.yaml" <<'END'
version: 1
name: t
bridges: {br0: {addresses: [10.77.0.1/24]}}
interfaces:
  tap0: {type: tap, mtu: 1400}
namespaces:
  red: {attach: {br0: 10.77.0.2/24}}
END
check "apply" "$V" -q -f "$WORK/t.yaml"

# ---- second names ----

inside() { ip netns exec red ip -j addr show eth0 | jq -c '[.[0].ifindex, .[0].address]'; }
before=$(inside)
ln -s red /run/netns/link
touch /run/netns/again
mount --bind /run/netns/red /run/netns/again
check "a namespace's second names are nobody's business" "$V" diff -f "$WORK/t.yaml"
check "an apply leaves them" "$V" -y -q -f "$WORK/t.yaml"
expect_equal "and what the namespace has" "$before" "$(inside)"
check "they lead there" ip -n link link show eth0
check "both" ip -n again link show eth0
sed 's/^  red:/  link:/' "$WORK/t.yaml" >"$WORK/second.yaml"
expect_status "a second name that is wanted is refused" 5 "$V" -y -q -f "$WORK/second.yaml"
expect_status "and not adopted" 5 "$V" adopt -q -f "$WORK/second.yaml"
expect_equal "nothing came of it" "$before" "$(inside)"
check "destroy" "$V" destroy -y -q --name t
check_not "the namespace is gone" test -e /run/netns/red
check_not "with every mount of it" test -e /run/netns/again
check "the link is left" test -L /run/netns/link
rm /run/netns/link

# ---- what is no namespace ----

mkfifo /run/netns/pipe
check "a pipe among the namespaces keeps nobody waiting" timeout 20 "$V" -q -f "$WORK/t.yaml"
rm /run/netns/pipe
check "destroy again" "$V" destroy -y -q --name t
ln -s /run/netns/later /run/netns/red
expect_status "a link to what is yet to come is in the way" 1 "$V" -y -q -f "$WORK/t.yaml"
check "and stays" test -L /run/netns/red
rm /run/netns/red
echo "a note" >/run/netns/red
expect_status "so is a file with something in it" 1 "$V" -y -q -f "$WORK/t.yaml"
expect_equal "which stays" "a note" "$(cat /run/netns/red)"
rm /run/netns/red

# ---- other names, other links ----

# A name that a link of ours has besides is taken, too; the one that had it is made anew elsewhere, not that one changed.
check "apply for another name" "$V" -y -q -f "$WORK/t.yaml"
sed 's/tap0: .*/&\n  tap1: {type: tap, mtu: 1200}/' "$WORK/t.yaml" >"$WORK/more.yaml"
if ip link property add dev tap0 altname tap1; then
	expect_match "a link's other name is in the way" 'tap1: .*another one of link tap0' \
		"$("$V" -y -q -f "$WORK/more.yaml" 2>&1 || true)"
	expect_equal "that link is as it was" 1400 "$(json '.[0].mtu' ip -j link show tap0)"
	ip link property del dev tap0 altname tap1
fi
check "without it there is nothing in the way" "$V" -y -q -f "$WORK/more.yaml"
check "destroy both" "$V" destroy -y -q --name t

sed 's/red: {/red: {nameservers: [192.0.2.53], /' "$WORK/t.yaml" >"$WORK/dns.yaml"
mkdir -p /etc/netns/red
ln -s /run/yet-to-come /etc/netns/red/resolv.conf
expect_status "a link in the place of a resolver file is in the way" 5 "$V" -y -q -f "$WORK/dns.yaml"
check "and stays" test -L /etc/netns/red/resolv.conf
rm -r /etc/netns/red

# ---- a table of our name ----

nft add table inet vnet_t
nft add chain inet vnet_t theirs '{ type filter hook input priority 0; }'
table=$(nft list table inet vnet_t)
expect_status "a table that bears no mark is in the way" 5 "$V" -y -q -f "$WORK/t.yaml"
check "and none of destroy's business" "$V" destroy -y -q --name t
expect_equal "it is as it was" "$table" "$(nft list table inet vnet_t)"
nft delete table inet vnet_t

# ---- on top of ours ----

check "apply for a link on ours" "$V" -y -q -f "$WORK/t.yaml"
sed 's/br0/br9/g' "$WORK/t.yaml" >"$WORK/renamed.yaml"
check "theirs stands on it" ip link add link br0 name theirs type macvlan
expect_match "a plan says what would go with ours" 'theirs, which is not ours, stands on host/br0' \
	"$("$V" plan -f "$WORK/renamed.yaml" 2>&1 || true)"
expect_status "which is refused" 5 "$V" -y -q -f "$WORK/renamed.yaml"
expect_status "to destroy, too" 5 "$V" destroy -y -q --name t
check "it is there" ip link show theirs
ip link del theirs
check "without it nothing is in the way" "$V" destroy -y -q --name t

# ---- while a question waits ----

answer() { # answer MEANWHILE COMMAND...: what others do, and then yes
	local meanwhile=$1
	shift
	MEANWHILE=$meanwhile python3 tests/netns/on_terminal.py '\[y/N\]' y "$@"
}
sed -e '/^  red:/d' -e 's/^namespaces:.*//' "$WORK/t.yaml" >"$WORK/less.yaml"
sed 's/mtu: 1400/mtu: 1300/' "$WORK/less.yaml" >"$WORK/smaller.yaml"
check "apply for questions" "$V" -y -q -f "$WORK/t.yaml"
expect_status "a namespace that took the place of ours is left" 6 \
	answer 'ip netns del red && ip netns add red && ip -n red link add theirs type bridge' \
	"$V" -f "$WORK/less.yaml"
check "with what is in it" ip -n red link show theirs
ip netns del red
check "apply again" "$V" -y -q -f "$WORK/t.yaml"
expect_status "so is a link, which is refused" 5 answer 'ip link del tap0 && ip link add tap0 type bridge && ip link set tap0 mtu 1450' \
	"$V" -f "$WORK/smaller.yaml"
expect_equal "with what it was" 'bridge 1450' \
	"$(json '.[0] | "\(.linkinfo.info_kind) \(.mtu)"' ip -d -j link show tap0)"
ip link del tap0
check "apply once more" "$V" -y -q -f "$WORK/t.yaml"
expect_status "destroy leaves it, too" 6 answer 'ip link del tap0 && ip link add tap0 type bridge' "$V" destroy --name t
check "it is there" ip link show tap0
check "nothing else went either" ip -n red link show eth0
ip link del tap0
expect_status "where nothing moves it goes on" 0 answer true "$V" destroy --name t
check_not "to its end" ip netns exec red true

# ---- in the middle of a run ----

# A run stands still where nobody reads the plan that it prints, when that is larger than a pipe.
cat >"$WORK/hold.py" <<'END'
import array, fcntl, os, subprocess, sys, termios, time
reading, writing = os.pipe()
fcntl.fcntl(writing, 1031, 4096)  # F_SETPIPE_SZ
run = subprocess.Popen(sys.argv[1:], stdout=writing)
os.close(writing)
length = array.array("i", [0])
while length[0] < 2048:
    time.sleep(0.05)
    fcntl.ioctl(reading, termios.FIONREAD, length)
open(sys.argv[0] + ".full", "w").close()
sys.stdin.read()
with os.fdopen(reading) as events:
    events.read()
sys.exit(run.wait())
END
check "apply for a run" "$V" -y -q -f "$WORK/t.yaml"
sed 's/mtu: 1400/mtu: 1300/' "$WORK/t.yaml" >"$WORK/wide.yaml"
for n in {1..60}; do echo "  some-namespace-$n: {}"; done >>"$WORK/wide.yaml"
mkfifo "$WORK/go"
python3 "$WORK/hold.py" "$V" -y -o json -f "$WORK/wide.yaml" <"$WORK/go" 2>"$WORK/said" &
run=$!
exec 8>"$WORK/go"
made() { ip netns | grep -c some- || true; }
check "a run stands still" wait_until 20 test -e "$WORK/hold.py.full"
ip link del tap0
ip link add tap0 type bridge
ip link set tap0 mtu 1450
exec 8>&-
wait "$run" && status=0 || status=$?
expect_equal "it fails, as a link is not ours any more" 1 "$status"
expect_match "and says so" 'tap0: it is not ours any more' "$(cat "$WORK/said")"
expect_equal "that link is as it was" 1450 "$(json '.[0].mtu' ip -j link show tap0)"
expect_equal "and what was done is undone" 0 "$(made)"
