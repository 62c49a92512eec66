# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced first by every namespace test. The script starts again as process 1 of namespaces of its
# own (network, mount, pid; and user, unless root runs it), with an empty /run, an /etc whose
# changes vanish, its own /sys and /proc, and $WORK to write in. Whatever it starts, makes and
# forgets ends with it: there is nothing to clean up, and nothing of the machine is touched.
#
#   V                       the vnetapply under test
#   ok NAME, fail NAME [DETAIL...], skip NAME REASON
#   check NAME CMD...       CMD succeeds                 check_not NAME CMD...   CMD fails
#   expect_status NAME N CMD...                          CMD's exit status is N
#   expect_equal NAME EXPECTED ACTUAL                    expect_match NAME REGEX ACTUAL
#   json QUERY CMD...       jq's raw answer to QUERY on CMD's output
#   wait_until SECONDS CMD...                            polls; fails when the time is over
#   has_link_kind KIND [ARG...]                          can this kernel make one?
#   listen_ready NS|- PORT  waits for a TCP listener in a namespace
#
# VNET_ROOTLESS=1 uses a user namespace even for root; VNET_CI=1 turns a skip into a failure;
# VNET_SECONDS (300) is the time a script has.
set -euo pipefail

if [[ -z ${VNET_INSIDE:-} ]]; then
	script=$(realpath "$0")
	root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
	cd "$root"
	user=()
	if [[ $(id -u) != 0 || -n ${VNET_ROOTLESS:-} ]]; then
		user=(--user --map-root-user)
		if [[ ! -w /dev/net/tun ]]; then
			echo "skip everything: /dev/net/tun is not writable (udev's mode is 0666)"
			[[ -z ${VNET_CI:-} ]]
			exit
		fi
	fi
	# KILL is what unshare passes on, and what no leftover survives.
	VNET_INSIDE=1 exec timeout --signal=KILL "${VNET_SECONDS:-300}" \
		unshare "${user[@]}" --net --mount --pid --uts --fork --kill-child --mount-proc \
		--propagation private bash "$script" "$@"
fi

export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset XDG_RUNTIME_DIR "${!VNETAPPLY_@}"
umask 022
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /mnt
mkdir /run/netns /mnt/etc /mnt/etc-work /mnt/work
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/etc,workdir=/mnt/etc-work overlay /etc
[[ ! -e /etc/netns ]] || mount -t tmpfs tmpfs /etc/netns
rm -rf /run/mount # mount's own notes
ip link set lo up
# A daemon's report would go nowhere: kept in files, which finish() looks for.
chmod 1777 /mnt/work
export ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99}:log_path=/mnt/work/sanitizer
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-exitcode=99}:log_path=/mnt/work/sanitizer

# Read by the tests.
# shellcheck disable=SC2034
{
	WORK=/mnt/work
	V=$PWD/${BUILD:=build/release}/vnetapply
	rootless=${VNET_ROOTLESS:-}
}
failures=0

ok() { echo "ok $1"; }

fail() {
	echo "FAIL $1"
	shift
	[[ $# == 0 ]] || printf '    %s\n' "$@"
	failures=$((failures + 1))
}

skip() {
	echo "skip $1: $2"
	[[ -z ${VNET_CI:-} ]] || failures=$((failures + 1))
}

check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then ok "$name"; else fail "$name" "$*: status $?" "$output"; fi
}

check_not() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then fail "$name" "$*: succeeded" "$output"; else ok "$name"; fi
}

expect_status() {
	local name=$1 expected=$2 output status=0
	shift 2
	output=$("$@" 2>&1) || status=$?
	if [[ $status == "$expected" ]]; then
		ok "$name"
	else
		fail "$name" "$*: status $status, not $expected" "$output"
	fi
}

expect_equal() {
	if [[ $2 == "$3" ]]; then ok "$1"; else
		fail "$1" "$(diff --label expected --label actual -u <(echo "$2") <(echo "$3"))"
	fi
}

expect_match() {
	if [[ $3 =~ $2 ]]; then ok "$1"; else fail "$1" "expected to match: $2" "actual: $3"; fi
}

json() {
	local query=$1 output
	shift
	output=$("$@") || return
	jq -r "$query" <<<"${output:-[]}"
}

wait_until() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[[ $SECONDS -lt $deadline ]] || return 1
		sleep 0.05
	done
}

has_link_kind() {
	local probe=probe$$
	ip link add "$probe" type "$@" 2>/dev/null && ip link del "$probe"
}

listen_ready() {
	local enter=()
	[[ $1 == - ]] || enter=(ip netns exec "$1")
	wait_until 10 "${enter[@]}" bash -c "ss -Htln 'sport = :$2' | grep -q ."
}

trap 'stopped="${BASH_SOURCE[0]##*/} line $LINENO: $BASH_COMMAND"' ERR
# The status of the script is its failures, or that it did not reach its end.
finish() {
	local status=$? report
	trap - EXIT
	if [[ $status != 0 ]]; then
		fail "reaches its end" "status $status at ${stopped:-an unknown line}"
	fi
	for report in "$WORK"/sanitizer.*; do
		[[ ! -e $report ]] || fail "no sanitizer report" "$(head -n 40 "$report")"
	done
	[[ $failures == 0 ]] || exit 1
}
trap finish EXIT
