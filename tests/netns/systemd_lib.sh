# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced after lib.sh by the tests that need systemd: it becomes process 1 of namespaces of its own, on a copy of the
# root file system that forgets what is written to it. Works for root only.
#
#   boot_systemd NAME SECONDS   boots, runs $WORK/probe as a unit when basic.target is reached, and powers off. Its output
#                               is in $WORK/out and $WORK/err. $WORK/prepare, if it is there, is sourced before, in the
#                               root directory of the copy. Fails, having said so as NAME, where systemd does not start
#                               (a skip) or the probe does not end in time.

[[ -z $rootless && -x /lib/systemd/systemd ]] || {
	skip "systemd as process 1" "it needs systemd, and root for its cgroups"
	exit
}

write_boot() {
	# $WORK is on a file system of its own, and so is the tree perhaps: both are bound where they are.
	cat >"$WORK/boot" <<-END
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
		TimeoutStartSec=$1
		ExecStart=/bin/bash $WORK/probe
		ExecStopPost=/bin/systemctl --no-block exit 7
		StandardOutput=file:$WORK/out
		StandardError=file:$WORK/err
		UNIT
		ln -s ../probe.service etc/systemd/system/basic.target.wants/
		ln -s /dev/null etc/systemd/system/tmp.mount
		[[ ! -e $WORK/prepare ]] || . "$WORK/prepare"
		mount -t proc proc proc
		mount -t sysfs sysfs sys
		mount -t tmpfs -o mode=755 tmpfs run
		mount -t tmpfs -o mode=755 tmpfs dev
		mkdir dev/pts dev/shm dev/net
		for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "dev/\${node%:*}" c 1 "\${node#*:}"; done
		mknod -m 666 dev/tty c 5 0
		mknod -m 666 dev/net/tun c 10 200
		ln -s pts/ptmx dev/ptmx
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
}

# each_hierarchy COMMAND...: with each tree of cgroups mounted on $WORK/groups, in turn.
each_hierarchy() {
	local options
	mkdir -p "$WORK/groups"
	{
		echo "-t cgroup2"
		echo "-t cgroup -o none,name=systemd"
		awk '$2 { names[$2] = names[$2] "," $1 } END { for (i in names) print "-t cgroup -o " substr(names[i], 2) }' /proc/cgroups
	} | while read -r options; do
		# shellcheck disable=SC2086
		mount $options groups "$WORK/groups" 2>/dev/null || continue
		"$@"
		umount "$WORK/groups"
	done
}
# systemd makes groups below the one it finds itself in: one of its own in each tree, which goes with all below it.
group=vnetapply-test-$(stat -Lc %i /proc/self/ns/pid)
join_group() { mkdir -p "$WORK/groups/$group" && echo "$1" >"$WORK/groups/$group/cgroup.procs"; }
remove_group() { [[ ! -d $WORK/groups/$group ]] || find "$WORK/groups/$group" -depth -type d -exec rmdir {} +; }
leave_group() { wait_until 10 remove_group || find "$WORK/groups/$group" -type d >>"$WORK/groups.left"; }

boot_systemd() {
	local status=0
	write_boot "$2"
	: >"$WORK/groups.left"
	(
		each_hierarchy join_group "$BASHPID"
		exec timeout --signal=KILL "$2" unshare --pid --fork --kill-child --mount --net --uts --ipc --cgroup \
			--propagation private bash -e "$WORK/boot"
	) >"$WORK/log" 2>&1 || status=$?
	each_hierarchy leave_group
	[[ $status == 7 ]] && return
	if [[ -s $WORK/out ]]; then
		fail "$1" "not through in $2 s, but came to: $(tail -n 3 "$WORK/out" "$WORK/err")"
		return 1
	fi
	skip "$1" "systemd does not start here: $(tail -n 3 "$WORK/log")"
	return 1
}
