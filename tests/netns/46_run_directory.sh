#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# /run/vnetapply: for root alone, and nothing in it is followed, read or written that somebody else may have put there.
# Each such thing is named, nothing is changed, and nothing waits for a pipe.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >"$WORK/lab.yaml" <<'END'
version: 1
name: lab
bridges: {br0: {forward: nat}}
interfaces: {nic: {mtu: 1400}}
overlays: {lan: {mode: tap, bridge: br0, interface: vtap0, encryption: none}}
hosts:
  one: {address: 192.0.2.1, bridges: {br0: {addresses: [10.9.0.1/24]}}}
  two: {address: 192.0.2.2}
END
sed 's/10.9.0.1/10.9.0.2/; s/1400/1300/' "$WORK/lab.yaml" >"$WORK/changed.yaml"
ip link add nic type veth peer name cin
ip link add underlay type veth peer name peer
ip addr add 192.0.2.1/24 dev underlay
ip link set underlay up
run() { timeout 20 "$V" "$@" --host one; }

check "apply" run apply -q -f "$WORK/lab.yaml"
expect_equal "directories are 0700" "700" "$(find /run/vnetapply -type d -printf '%m\n' | sort -u)"
expect_equal "files and sockets are 0600" "600" "$(find /run/vnetapply ! -type d -printf '%m\n' | sort -u)"
for what in .sysctl lab/links/host/nic lab/protocol; do
	check "there is $what" test -e "/run/vnetapply/$what"
done
check "there is a socket" ls /run/vnetapply/lab/*.sock
socket=$(cd /run/vnetapply && echo lab/*.sock)

echo "precious" >"$WORK/victim"
mkdir "$WORK/elsewhere"
# What is outside, and the network.
outside() { cat "$WORK/victim"; ls -A "$WORK/elsewhere"; ip -j link | jq -c '[.[] | [.ifname, .mtu]]'; ip -j -4 addr | jq -c '[.[].addr_info[].local]'; nft list ruleset; }
before=$(outside)

# hostile NAME PATTERN: apply, diff, adopt and destroy refuse what was put at NAME, and nothing happens
hostile() {
	local name=$1 pattern=$2 output command status
	for command in "apply -f $WORK/changed.yaml" "diff -f $WORK/changed.yaml" "adopt -f $WORK/changed.yaml"; do
		status=0
		# shellcheck disable=SC2086 # words
		output=$(run $command 2>&1) || status=$?
		[[ $status == 77 && $output =~ $pattern ]] || fail "$name: ${command%% *}" "status $status" "$output"
	done
	status=0
	output=$(timeout 20 "$V" destroy --name lab 2>&1) || status=$?
	[[ $status == 77 && $output =~ $pattern ]] || fail "$name: destroy" "status $status" "$output"
	timeout 20 "$V" confirm --name lab >/dev/null 2>&1 && fail "$name: confirm"
	[[ $(outside) == "$before" ]] || fail "$name: nothing else changes" "$(diff <(echo "$before") <(outside))"
	ok "$name is refused"
}
aside() { mv "/run/vnetapply/$1" "/run/aside"; }
back() {
	rm -rf "/run/vnetapply/$1"
	mv "/run/aside" "/run/vnetapply/$1"
}

for name in .lock .sysctl lab lab/protocol lab/inputs lab/links lab/links/host lab/links/host/nic "$socket"; do
	aside "$name"
	ln -s "$WORK/victim" "/run/vnetapply/$name"
	hostile "a link $name" "/run/vnetapply/$name is a symbolic link"
	rm "/run/vnetapply/$name"
	ln -s "$WORK/elsewhere" "/run/vnetapply/$name"
	hostile "a link to a directory $name" "/run/vnetapply/$name is a symbolic link"
	back "$name"
done
for name in .lock .promote lab lab/protocol lab/before.yaml lab/pending lab/links/host/nic; do
	[[ ! -e /run/vnetapply/$name ]] || aside "$name"
	mkfifo -m 600 "/run/vnetapply/$name"
	hostile "a pipe $name" "/run/vnetapply/$name is neither a file nor a directory"
	if [[ -e /run/aside ]]; then back "$name"; else rm "/run/vnetapply/$name"; fi
done
for name in lab/protocol .lock; do
	aside "$name"
	# Only where it can be: on one file system.
	echo "precious" >/run/precious
	ln /run/precious "/run/vnetapply/$name"
	hostile "another name of a file $name" "/run/vnetapply/$name has another name"
	expect_equal "which is not written to" "precious" "$(cat /run/precious)"
	rm /run/precious
	back "$name"
done
for name in . .sysctl lab lab/links lab/protocol; do
	mode=$(stat -c %a "/run/vnetapply/$name")
	chmod 722 "/run/vnetapply/$name"
	hostile "mode 0722 of $name" "has mode 0722|it must be yours"
	chmod "$mode" "/run/vnetapply/$name"
	# Another user there is only where ids are mapped.
	if chown 1 "/run/vnetapply/$name" 2>/dev/null; then
		hostile "another user's $name" "belongs to user 1|it must be yours"
		chown 0 "/run/vnetapply/$name"
	elif [[ -z $rootless ]]; then
		fail "another user's $name: chown"
	fi
done
mv /run/vnetapply "/run/whole"
ln -s "$WORK/elsewhere" /run/vnetapply
hostile "a link /run/vnetapply" "/run/vnetapply is a symbolic link"
rm /run/vnetapply
ln -s "/run/whole" /run/vnetapply
hostile "a link to what was ours" "/run/vnetapply is a symbolic link"
rm /run/vnetapply
echo >/run/vnetapply
chmod 600 /run/vnetapply
expect_status "a file is no directory" 77 run apply -q -f "$WORK/lab.yaml"
rm /run/vnetapply
mv "/run/whole" /run/vnetapply

# Another topology's are not ours to look at, and do not stop us.
mkdir -m 700 /run/vnetapply/other
mkfifo /run/vnetapply/other/protocol
ln -s "$WORK/elsewhere" /run/vnetapply/third
check "another topology's pipe is passed over" run apply -q -f "$WORK/changed.yaml"
rm -r /run/vnetapply/other /run/vnetapply/third
check "all is there again" run diff -f "$WORK/changed.yaml"
check "destroy" "$V" destroy -q --name lab
expect_equal "leaves no records" "netns" "$(find /run -mindepth 1 -maxdepth 1 ! -name precious -printf '%f\n')"
