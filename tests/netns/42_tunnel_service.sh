#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# needs: root
#
# Where systemd runs the machine: a oneshot unit that applies leaves the worker running, as a unit of its
# own, which comes back with its configuration after a crash.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/systemd_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/systemd_lib.sh"

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

boot_systemd "the worker as a unit" 40 || exit 0
expect_equal "a oneshot unit leaves a worker that comes back after a crash" \
	"applied
active after the oneshot unit has ended
started again
192.0.2.5 port 40000
planned
destroyed
gone" "$(cat "$WORK/out")"
expect_equal "nothing complains" "" "$(grep -v '^+' "$WORK/err" || true)"
