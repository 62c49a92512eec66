# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced after lib.sh by the tests that watch each request of vnetapply: an underlay for host alpha of
# topologies/two-hosts.yaml, a changed variant of that file as $CHANGED, and the shim ($SHIM, tests/shim/shim.c).
#
#   exhaust_two_hosts WHAT [OPTION...]   exhaust.py over that host
#   make_widest                          $WORK/widest.yaml and $WORK/widest-changed.yaml
#   exhaust_widest WHAT [OPTION...]      exhaust.py over these
#   $errnos                              what a request may fail with, as options; 0 is what fits it best

export SHIM=$PWD/$BUILD/tests/shim/shim.so V WORK
CHANGED=$WORK/changed.yaml

# What nothing changes must not change by itself: no link-local addresses that are probed first.
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip netns add underlay
ip link add eth0 type veth peer name eth0 netns underlay
for ns in "" underlay; do
	ip ${ns:+-n "$ns"} link set eth0 addrgenmode none
	ip ${ns:+-n "$ns"} link set eth0 up
done
ip addr add 192.168.50.6/24 dev eth0
ip -n underlay addr add 192.168.50.5/24 dev eth0
ip route add default via 192.168.50.5

# An MTU, an address and a port map differ, a namespace is gone, the overlay's peer is another.
sed 's/10.5.0.11/10.5.0.12/; s/8765:8765/8766:8765/; /ns2:/d; s/address: 192.168.50.5/address: 192.168.50.7/
	s/virbr0: {addresses: \[10.5.0.1/virbr0: {mtu: 1400, addresses: [10.5.0.1/; /ping: 192.168.50.5/d' \
	topologies/two-hosts.yaml >"$CHANGED"

# With sanitizers or as nobody each run takes long, and the code is the same: some of the requests.
every=1
[[ $BUILD != *san && -z $rootless ]] || every=5
# The shim is loaded before the sanitizer's own library.
export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0:detect_leaks=0

# EIO EPERM EAGAIN ENOMEM EACCES EBUSY EINVAL ENOSPC EOPNOTSUPP ENOBUFS; not those that say how things are (ENOENT)
errnos=()
# shellcheck disable=SC2034 # read by the tests
for errno in 0 5 1 11 12 13 16 22 28 95 105; do errnos+=(--errno "$errno"); done

# Each line it prints is a result, as soon as there is one.
exhaust() {
	local output=$WORK/exhausted
	if ! python3 tests/netns/exhaust.py "$@" 2>&1 | tee "$output"; then
		failures=$((failures + 1))
		grep -q '^FAIL' "$output" || fail "exhaust.py $1 reaches its end"
	fi
}

exhaust_two_hosts() {
	exhaust "$@" --every "$every" --name two-hosts topologies/two-hosts.yaml "$CHANGED" -- --host alpha
}

# A topology with all that the format has, and one that differs in most.
exhaust_widest() {
	exhaust "$@" --name widest "$WORK/widest.yaml" "$WORK/widest-changed.yaml" -- --host alpha
}

# $WORK/widest.yaml and $WORK/widest-changed.yaml, and what they need of the host.
make_widest() {
	local key file
	ip link add eth1 type veth peer name eth1 netns underlay
	ip link set eth1 addrgenmode none up
	key=$("$V" key new widest)
	for file in widest widest-changed; do
		sed "s|ALPHA_KEY|$key|" tests/netns/$file.yaml >"$WORK/$file.yaml"
	done
}
