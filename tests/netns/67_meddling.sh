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
