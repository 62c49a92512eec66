#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each exit status for what it stands for, and what is said with it.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges: {br0: {addresses: [10.1.0.1/24]}}
namespaces: {red: {attach: {br0: 10.1.0.2/24}}}
checks:
  - {from: red, ping: 10.1.0.1}
END
said() { "$@" 2>&1 || true; }
state() { ip -j link | jq -c '.[].ifname' && ip netns && nft list ruleset; }
empty=$(state)

# 64, usage: before anything is read.
expect_status "64 for an unknown command" 64 "$V" aply -f "$WORK/net.yaml"
expect_status "64 for an unknown option" 64 "$V" apply --filee "$WORK/net.yaml"
expect_status "64 without a file" 64 "$V" apply
expect_status "64 for nothing at all" 64 "$V"
expect_match "and it is said on standard error" 'did you mean apply' "$("$V" aply 2>&1 >/dev/null || true)"

# 65 and 66: the file.
printf 'version: 1\nname: net\nbrigdes: {}\n' >"$WORK/bad.yaml"
expect_status "65 for a mistake in the file" 65 "$V" -f "$WORK/bad.yaml"
expect_match "with file, line, column and a suggestion" 'bad.yaml:3:1: error: .*did you mean' \
	"$(said "$V" check -f "$WORK/bad.yaml" | paste -sd ' ')"
printf 'version: 1\nname: net\n' >"$WORK/empty.yaml"
expect_status "65 for a file without objects" 65 "$V" -f "$WORK/empty.yaml"
expect_match "which names destroy" 'use destroy' "$(said "$V" -f "$WORK/empty.yaml")"
expect_status "66 for a file that is not there" 66 "$V" -f "$WORK/none.yaml"

# 71 and 77: what the kernel has, and lets us do.
nobody() { capsh --drop=cap_net_admin,cap_sys_admin -- -c "$*"; }
expect_status "77 without capabilities" 77 nobody "$V" -f "$WORK/net.yaml"
expect_match "it names them" 'CAP_NET_ADMIN and CAP_SYS_ADMIN' "$(said nobody "$V" -f "$WORK/net.yaml")"
expect_status "checking needs none" 0 nobody "$V" check -f "$WORK/net.yaml"

public=$("$V" key new "$WORK/key")
chmod 644 "$WORK/key"
cat >"$WORK/open-key.yaml" <<END
version: 1
name: open
tunnels:
  t0:
    public-key: "$public"
    key-file: $WORK/key
    peers: [{name: far, public-key: "haawbZT3EK2olkwOJFk068STxXfNhjMQJvGsBvubRG0=", endpoint: "192.0.2.9:40000"}]
END
expect_status "77 for a private key that others can read" 77 "$V" -f "$WORK/open-key.yaml"
expect_match "it says what to do" 'chmod 600' "$(said "$V" -f "$WORK/open-key.yaml")"
expect_equal "which is not to be root" "" "$(said "$V" -f "$WORK/open-key.yaml" | grep 'run it as root' || true)"

# 78: who am I.
sed 's/^bridges/hosts: {alpha: {address: 192.0.2.77}, beta: {address: 192.0.2.78}}\nbridges/' \
	"$WORK/net.yaml" >"$WORK/hosts.yaml"
sed -i '/^checks/,$d' "$WORK/hosts.yaml"
expect_status "78 where no host is this one" 78 "$V" -f "$WORK/hosts.yaml"
expect_status "a flag answers it" 0 "$V" plan --host beta -f "$WORK/hosts.yaml"
expect_equal "whoami prints it alone" beta "$(VNETAPPLY_HOST=beta "$V" whoami -f "$WORK/hosts.yaml" 2>/dev/null)"
expect_equal "nothing was touched by any of these" "$empty" "$(state)"

# 2: differences, and only where they are asked for.
expect_status "0 for a plan with changes" 0 "$V" plan -f "$WORK/net.yaml"
expect_status "2 with --detailed-exitcode" 2 "$V" plan --detailed-exitcode -f "$WORK/net.yaml"
expect_status "2 for diff" 2 "$V" diff -q -f "$WORK/net.yaml"
expect_status "2 for verify" 2 "$V" verify -q -f "$WORK/net.yaml"
expect_status "0 for apply" 0 "$V" -f "$WORK/net.yaml"
expect_status "0 for the second one" 0 "$V" -f "$WORK/net.yaml"
expect_equal "quiet is quiet" "" "$("$V" -q -f "$WORK/net.yaml" 2>&1)"
expect_status "0 for diff afterwards" 0 "$V" diff -f "$WORK/net.yaml"
expect_status "0 for verify, the checks pass" 0 "$V" verify -f "$WORK/net.yaml"
sed -i 's/ping: 10.1.0.1}/ping: 10.1.0.99, within: 100ms}/' "$WORK/net.yaml"
expect_status "2 for a check that fails" 2 "$V" verify -f "$WORK/net.yaml"
expect_status "2 for apply --checks" 2 "$V" apply --checks -f "$WORK/net.yaml"
expect_status "a failed check undoes nothing" 0 "$V" diff -f "$WORK/net.yaml"

# 65 before 77: who may do nothing hears of mistakes in the file, which is read before any privilege is used.
chmod 755 "$WORK"
printf 'version: 1\nname: net\nbridge: {}\n' >"$WORK/mistaken.yaml"
as_nobody() { setpriv --inh-caps=-all --bounding-set=-all --no-new-privs "$@"; }
expect_status "65 without any capability" 65 as_nobody "$V" -f "$WORK/mistaken.yaml"
expect_status "77 without one for a good file" 77 as_nobody "$V" -f "$WORK/net.yaml"

# 5: refused.
sed '/^bridges/,$d' "$WORK/hosts.yaml" >"$WORK/nothing.yaml"
expect_status "5 for removing everything" 5 "$V" --host alpha -f "$WORK/nothing.yaml"
check "and it is all there" ip netns exec red true

# 75: locked; readers do not mind.
exec 9>/run/vnetapply/.lock
flock 9
printf '%-95s\n' "7 $$ $(date +%s) apply" >/run/vnetapply/.lock
expect_status "75 while another run holds the lock" 75 "$V" --lock-timeout 100ms -f "$WORK/net.yaml"
expect_match "which one is said" "process $$ \\(vnetapply apply\\) has held the lock" "$(said "$V" --lock-timeout 0 -f "$WORK/net.yaml")"
expect_status "75 for a reader, who would see half of what it does" 75 "$V" diff --lock-timeout 100ms -f "$WORK/net.yaml"
printf '%-95s\n' 8 >/run/vnetapply/.lock
expect_status "diff does not wait for one that has not begun" 0 "$V" diff -f "$WORK/net.yaml"
(sleep 0.3 && flock -u 9) &
expect_status "a run that waits long enough gets it" 0 "$V" --lock-timeout 5s -f "$WORK/net.yaml"
exec 9>&-

# 1: failed and undone; 5 for a directory that others can write to would be no lock at all.
chmod 777 /run/vnetapply
expect_status "77 where the lock's directory cannot be trusted" 77 "$V" -f "$WORK/net.yaml"
chmod 700 /run/vnetapply

# JSON: data on standard output alone, each line an object.
cat >>"$WORK/net.yaml" <<'END'
taps: {t0: {}}
END
events=$("$V" -o json -f "$WORK/net.yaml" 2>/dev/null)
expect_equal "events of a run, in order" "plan step_start step_done verify summary" \
	"$(jq -r .event <<<"$events" | uniq | paste -sd ' ')"
expect_equal "a plan has its documented keys" "1.0 plan net true 0" \
	"$(sed -i 's/t0/t1/' "$WORK/net.yaml"; "$V" plan -o json -f "$WORK/net.yaml" |
		jq -r '[.format_version, .kind, .name, (.has_changes | tostring), (.warnings | length)] | join(" ")')"
change=$("$V" plan -o json -f "$WORK/net.yaml" | jq -c '.changes[] | select(.address == "interfaces/t1")')
expect_equal "a change has its documented keys" "create tap missing none 7" \
	"$(jq -r '"\(.actions[0]) \(.type) \(.reason) \(.disruption) \(.source.line)"' <<<"$change")"

# exec keeps the status of what it runs.
expect_status "exec keeps the exit status" 7 "$V" exec red sh -c 'exit 7'
expect_equal "exec runs in the namespace" eth0,lo "$("$V" exec red ls /sys/class/net | paste -sd ,)"
mkdir -p /etc/netns/red
echo "10.1.0.1 gate" >/etc/netns/red/hosts
expect_equal "exec binds the namespace's files" "10.1.0.1 gate" "$("$V" exec red cat /etc/hosts)"
check_not "and nobody else sees them" grep -q gate /etc/hosts
expect_status "127 for a command that is not there" 127 "$V" exec red no-such-command
expect_status "1 for a namespace that is not there" 1 "$V" exec none true
