#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# needs: root
#
# The units of packaging/ under systemd: the network is there after booting, and goes on when the unit that made it
# has ended; the timer of a confirmation outlives the unit that started it; what was taken down leaves nothing.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
if [[ $BUILD == *san ]]; then
	ok "nothing more: sanitizers need what the units take away, and the code is the same"
	exit 0
fi
# shellcheck source=tests/netns/systemd_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/systemd_lib.sh"

# As `make install` does it; this machine is host alpha, and beta is a namespace with a /run of its own.
cat >"$WORK/prepare" <<END
mkdir -p etc/vnetapply usr/local/sbin usr/local/lib/systemd/system etc/systemd/system/multi-user.target.wants
cp "$V" "${V%/*}/vnettunnel" usr/local/sbin/
for unit in "$PWD"/packaging/*.in; do
	name=\${unit##*/}
	sed 's|@sbindir@|/usr/local/sbin|g; s|@sysconfdir@|/etc|g' "\$unit" >"usr/local/lib/systemd/system/\${name%.in}"
done
cp "$PWD/topologies/two-hosts.yaml" etc/vnetapply/topology.yaml
ln -s /usr/local/lib/systemd/system/vnetapply.service etc/systemd/system/multi-user.target.wants/
cat >etc/systemd/system/underlay.service <<'UNIT'
[Unit]
DefaultDependencies=no
Before=network-online.target vnetapply.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/bash -e $WORK/underlay
UNIT
ln -s ../underlay.service etc/systemd/system/basic.target.wants/
sed -i 's/^After=.*/After=vnetapply.service underlay.service/' etc/systemd/system/probe.service
END
cat >"$WORK/functions" <<END
V=vnetapply
until_true() { for _ in {1..150}; do "\$@" && return; sleep 0.1; done; false; }
# Without what is beta's or systemd's.
host() {
	python3 $PWD/tests/netns/host_state.py >$WORK/lines
	grep -E '^host: |^[^ ]* (/etc|/run/(netns|vnetapply))' $WORK/lines
}
END
cat >"$WORK/underlay" <<END
. $WORK/functions
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip link set lo up
ip netns add beta
# With an address of its own: udev gives another one to what has a random one.
ip link add eth0 address 02:00:00:00:50:06 type veth peer name eth0 netns beta
ip link set eth0 addrgenmode none
ip addr add 192.168.50.6/24 dev eth0
ip link set eth0 up
ip route add default via 192.168.50.5
ip -n beta link set lo up
ip -n beta link set eth0 addrgenmode none
ip -n beta addr add 192.168.50.5/24 dev eth0
ip -n beta link set eth0 up
until_true grep -qx up /sys/class/net/eth0/operstate
host >$WORK/before
END

cat >"$WORK/probe" <<END
. $WORK/functions
beta() { ip netns exec beta unshare --mount bash -ec 'mount -t tmpfs tmpfs /run; exec "\$@"' -- "\$@"; }
reach() { ip netns exec ns1 ping -qc1 -W2 10.5.0.31 >/dev/null; }
is() { systemctl is-active --quiet "\$1"; }
is_not() { ! is "\$1"; }
is_same() { host >$WORK/after; cmp -s $WORK/before $WORK/after; }
worker() { systemctl list-units --plain --no-legend 'vnettunnel-two-hosts-*' | awk '{ print \$1 }'; }

cd /
beta \$V apply -q --no-input --host beta -f /etc/vnetapply/topology.yaml && echo "beta is up"
is vnetapply && echo "applied at boot"
until_true reach && echo "the tunnel carries traffic"
is "\$(worker)" && ! grep -q vnetapply.service /proc/[0-9]*/cgroup && echo "by a unit of its own"
systemctl restart vnetapply && reach && echo "and after a restart"
systemctl stop vnetapply && reach && is "\$(worker)" && echo "and when the unit has stopped"

# Started by a unit that is stopped while it waits.
sed 's/^bridges:/&\n  br9: {}/' /etc/vnetapply/topology.yaml >$WORK/more.yaml
systemd-run --quiet --unit=changing \$(command -v \$V) apply --confirm-timeout 8s -f $WORK/more.yaml
until_true grep -qs waiting /run/vnetapply/two-hosts/pending && ip link show br9 >/dev/null && echo "a change waits"
systemctl stop changing
is vnetapply-rollback-two-hosts && echo "its timer has outlived its unit"
until_true is_not vnetapply-rollback-two-hosts && ! ip link show br9 2>/dev/null && reach && echo "and undoes it"
# Tested by a unit of its own, twice in a row.
printf 'guard: [{ping: 192.168.50.5}]\n' | tee -a $WORK/more.yaml >>/etc/vnetapply/topology.yaml
for file in $WORK/more.yaml /etc/vnetapply/topology.yaml; do
	\$V apply -q --no-input --confirm guard -f \$file && echo "a guard confirms"
done

systemctl start vnetapply-verify && echo "it is as declared, and the checks pass"
ip link set virbr0 mtu 1400
systemctl start vnetapply-verify 2>/dev/null || systemctl show -P ExecMainStatus vnetapply-verify
systemctl start vnetapply && systemctl start vnetapply-verify && echo "mended"

systemctl start vnetapply-destroy && is_not vnetapply && echo "taken down"
[[ -z \$(worker) && ! -e /run/vnetapply ]] && echo "no worker, no record"
systemctl start vnetapply && until_true reach && echo "and up again"
systemctl start vnetapply-destroy && echo "and down"
until_true is_same || diff $WORK/before $WORK/after
systemctl --failed --plain --no-legend
systemd-analyze verify --man=no vnetapply{,-destroy,-verify}.service vnetapply-verify.timer
systemd-analyze security --no-pager vnetapply{,-destroy,-verify}.service >$WORK/security
END

boot_systemd "the units of packaging/" 90 || exit 0
expect_equal "what the units do" "beta is up
applied at boot
the tunnel carries traffic
by a unit of its own
and after a restart
and when the unit has stopped
a change waits
its timer has outlived its unit
and undoes it
a guard confirms
a guard confirms
it is as declared, and the checks pass
2
mended
taken down
no worker, no record
and up again
and down" "$(cat "$WORK/out")"
expect_equal "nothing complains" "" "$(grep -vE 'vnetapply-verify|^See ' "$WORK/err" || true)"
expect_match "what was before was looked at" '192.168.50.6' "$(cat "$WORK/before")"
expect_equal "no control group is left" "" "$(cat "$WORK/groups.left")"
# How exposed each is, as systemd sees it; "3.1 OK".
while read -r unit exposure word _; do
	ok "exposure of $unit: $exposure $word"
done < <(sed -n '/^UNIT/,$p' "$WORK/security" | tail -n +2)
