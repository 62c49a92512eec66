#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# needs: root
#
# Where systemd runs the machine: a oneshot unit that applies leaves the worker running, as a unit of its
# own, which comes back with its configuration after a crash. systemd is process 1 of namespaces of
# its own here, on a copy of the root file system that forgets what is written to it.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [[ -n $rootless || ! -x /lib/systemd/systemd ]]; then
	skip "the worker as a unit" "it needs systemd, and root for its cgroups"
	exit
fi

cat >"$WORK/topology.yaml" <<'END'
version: 1
name: unit
tunnels:
  lan: {interface: vtap0, encryption: none, peers: [{name: beta, endpoint: "192.0.2.5:40000"}]}
END

# What runs inside; each line of its output is compared below.
cat >"$WORK/probe" <<END
apply() { systemd-run --quiet --wait --property=Type=oneshot $V apply --yes -f $WORK/topology.yaml; }
main_pid() { systemctl show -P MainPID "\$unit"; }
ip link set lo up
apply && echo applied
unit=\$(systemctl list-units --plain --no-legend 'vnettunnel-unit-*' | awk '{ print \$1 }')
echo "\$(systemctl is-active "\$unit") after the oneshot unit has ended"
first=\$(main_pid)
kill -KILL "\$first"
for _ in {1..50}; do
	sleep 0.1
	second=\$(main_pid)
	[[ \$second != 0 && \$second != "\$first" && -S \$(echo /run/vnetapply/unit/*.sock) ]] && break
done
[[ \$second != "\$first" ]] && echo started again
sleep 0.3
python3 $PWD/tests/netns/worker_control.py /run/vnetapply/unit/*.sock query | jq -r '.peers.beta.endpoint'
$V plan -f $WORK/topology.yaml >/dev/null && echo planned
$V destroy --name unit --yes >/dev/null && echo destroyed
systemctl is-active --quiet "\$unit" || echo gone
END

# $WORK is on a file system of its own, and so is the tree perhaps: both are bound where they are.
cat >"$WORK/boot" <<END
cd "$WORK"
mkdir upper work root
mount -t tmpfs tmpfs "$WORK/upper"
mkdir upper/u upper/w
mount -t overlay -o "lowerdir=/,upperdir=$WORK/upper/u,workdir=$WORK/upper/w" overlay root
cd root
rm -rf etc/systemd/system/*.wants
mkdir -p etc/systemd/system/basic.target.wants .$PWD .$WORK
cat >etc/systemd/system/probe.service <<'UNIT'
[Unit]
After=basic.target
DefaultDependencies=no
[Service]
Type=oneshot
TimeoutStartSec=40
ExecStart=/bin/bash $WORK/probe
ExecStopPost=/bin/systemctl --no-block exit 7
StandardOutput=file:$WORK/out
StandardError=file:$WORK/err
UNIT
ln -s ../probe.service etc/systemd/system/basic.target.wants/
ln -s /dev/null etc/systemd/system/tmp.mount
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm dev/net
for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "dev/\${node%:*}" c 1 "\${node#*:}"; done
mknod -m 666 dev/tty c 5 0
mknod -m 666 dev/net/tun c 10 200
: >dev/console
mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
mkdir sys/fs/cgroup/systemd sys/fs/cgroup/unified
mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
mount -t cgroup -o none,name=systemd systemd sys/fs/cgroup/systemd
mount --bind "$PWD" ".$PWD"
mount --bind "$WORK" ".$WORK"
mkdir -p old
pivot_root . old
umount -l /old
exec env -i container=test PATH="$PATH" /lib/systemd/systemd --log-target=console --show-status=no
END

status=0
timeout --signal=KILL 40 unshare --pid --fork --kill-child --mount --net --uts --ipc --cgroup \
	--propagation private bash -e "$WORK/boot" >"$WORK/log" 2>&1 || status=$?

# systemd leaves an empty group for itself; one that is in use cannot be removed.
mkdir "$WORK/groups"
for options in "-t cgroup2" "-t cgroup -o none,name=systemd"; do
	# shellcheck disable=SC2086
	mount $options groups "$WORK/groups" || continue
	rmdir "$WORK/groups/init.scope" || true
	umount "$WORK/groups"
done 2>/dev/null

if [[ $status != 7 ]]; then
	skip "the worker as a unit" "systemd does not start here: $(tail -n 1 "$WORK/log")"
	exit
fi
expect_equal "a oneshot unit leaves a worker that comes back after a crash" \
	"applied
active after the oneshot unit has ended
started again
192.0.2.5 port 40000
planned
destroyed
gone" "$(cat "$WORK/out")"
expect_equal "nothing complains" "" "$(grep -v '^+' "$WORK/err" || true)"
