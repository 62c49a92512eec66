#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What keeps a plan from being carried out: protect: true and --protect, --max-delete and
# --max-disruption. A refused run changes nothing, and says the same in every output.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

said() { "$@" 2>&1 || true; }
state() {
	ip -j -d addr | jq -c '[.[] | [.ifname, .mtu, .master, [.addr_info[].local]]]'
	ip netns | sort
	nft -s list ruleset
	cd /run/vnetapply && find . -type f ! -name .lock | sort | xargs tail -n +1
}
cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges:
  br0: {addresses: [10.1.0.1/24], protect: true}
  br1: {}
namespaces: {red: {attach: {br0: 10.1.0.2/24}}, blue: {protect: true}, green: {}}
END
check "apply" "$V" -f "$WORK/net.yaml"
before=$(state)

# protect: true holds when the object is no longer in the file, or when the file is gone.
grep -vE 'br0|red' "$WORK/net.yaml" >"$WORK/less.yaml"
expect_status "a protected object that the file no longer names stays" 5 "$V" -f "$WORK/less.yaml"
expect_match "and is named" 'refused: host/br0 is protected, and would be removed' \
	"$(said "$V" -f "$WORK/less.yaml")"
expect_status "a dry run says so too" 5 "$V" -n -f "$WORK/less.yaml"
expect_match "and JSON" 'namespace blue is protected.*br0 is protected' \
	"$({ "$V" plan -o json -f "$WORK/less.yaml" 2>/dev/null || true; } | jq -r '[.refusals[].message] | join(" ")')"
expect_status "destroy is refused" 5 "$V" destroy --name net
expect_status "and its dry run" 5 "$V" destroy -n --name net
expect_equal "nothing was changed by any of these" "$before" "$(state)"
expect_match "state tells what is protected" 'br0 true' \
	"$("$V" state --name net -o json | jq -r '.. | .bridges? // empty | to_entries[] | "\(.key) \(.value.protect)"' | paste -sd ' ')"

# Taking it away is an apply of its own, of a file that still has the object.
sed 's/, protect: true//; s/protect: true//' "$WORK/net.yaml" >"$WORK/free.yaml"
expect_match "unprotecting changes nothing live" 'nothing to do' "$("$V" -f "$WORK/free.yaml")"
check "then it may go" "$V" -f "$WORK/less.yaml"
expect_equal "and is gone" "" "$(ip -br link show br0 2>/dev/null || true)"
check "apply all again" "$V" -f "$WORK/free.yaml"
before=$(state)

# --max-delete: a number or a share of what is there.
printf 'version: 1\nname: net\nbridges: {br0: {addresses: [10.1.0.1/24]}}\n' >"$WORK/less.yaml"
removed=$("$V" plan -o json -f "$WORK/less.yaml" | jq .summary.delete)
expect_status "one less than the plan removes is refused" 5 \
	"$V" --max-delete $((removed - 1)) -f "$WORK/less.yaml"
expect_match "with the numbers" "$removed of [0-9]+ objects would be removed" \
	"$(said "$V" apply --max-delete 0 -f "$WORK/less.yaml")"
expect_status "a share below it is refused" 5 "$V" apply --max-delete 20% -f "$WORK/less.yaml"
expect_status "the plan tells beforehand" 5 "$V" plan --max-delete 0 -f "$WORK/less.yaml"
for bad in x -1 101% 5%% ''; do
	expect_status "--max-delete '$bad' is a usage error" 64 "$V" plan --max-delete "$bad" -f "$WORK/less.yaml"
done

# --protect: by address, for one run.
expect_status "a pattern refuses" 5 "$V" apply --protect 'namespaces/gr*' -f "$WORK/less.yaml"
expect_match "it says which" 'namespaces/green would be removed, and --protect namespaces/gr\* forbids' \
	"$(said "$V" apply --protect 'namespaces/gr*' -f "$WORK/less.yaml")"
expect_status "a pattern that protects nothing is a usage error" 64 \
	"$V" apply --protect 'taps/*' -f "$WORK/less.yaml"
expect_status "destroy takes it too" 5 "$V" destroy --protect 'bridges/*' --name net

# --max-disruption.
expect_status "removals lose traffic" 5 "$V" apply --max-disruption flap -f "$WORK/less.yaml"
expect_match "each is named" 'bridges/br1: loses traffic, which --max-disruption forbids' \
	"$(said "$V" apply --max-disruption none -f "$WORK/less.yaml")"
expect_equal "nothing was changed by any of these" "$before" "$(state)"
sed 's/br1: {}/br1: {}\n  br2: {}/' "$WORK/free.yaml" >"$WORK/more.yaml"
check "additions disrupt nothing" "$V" apply --max-disruption none --max-delete 0 -f "$WORK/more.yaml"
check "within the limits it goes on" "$V" apply --max-delete 90% --max-disruption traffic-loss \
	--protect 'bridges/br0' -f "$WORK/less.yaml"
expect_equal "and removes" "" "$(ip netns)"

# The record of what is protected changes together with the rest, or not at all.
export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0:detect_leaks=0 # the shim is loaded before its library
shimmed() { LD_PRELOAD=$PWD/$BUILD/tests/shim/shim.so "$V" -q -f "$WORK/protecting.yaml"; }
sed 's/}}/, protect: true}}/' "$WORK/less.yaml" >"$WORK/last.yaml"
check "a bridge is protected" "$V" -f "$WORK/last.yaml"
sed 's/}}/, mtu: 1400}, br3: {protect: true}}/' "$WORK/less.yaml" >"$WORK/protecting.yaml"
VNET_SHIM_LOG=$WORK/requests check "another instead" shimmed
sed 's/}}/, protect: true}, br3: {}}/' "$WORK/less.yaml" >"$WORK/unprotecting.yaml"
check "back" "$V" -f "$WORK/unprotecting.yaml"
check "and gone" "$V" -f "$WORK/last.yaml"
before=$(state)
while read -r k; do
	VNET_SHIM_FAIL_AT=$k expect_status "keeping request $k fails" 1 shimmed
	expect_equal "and nothing was changed" "$before" "$(state)"
done < <(awk '/ (open|renameat|unlinkat) (.new|protected)/ { print $1 }' "$WORK/requests")
check "unprotect" "$V" -f "$WORK/less.yaml"

# A record that somebody planted as a link is not followed: nothing is done before it is gone.
ln -s /etc/passwd /run/vnetapply/net/protected
sum=$(sha256sum /etc/passwd)
before=$(state)
expect_status "77 over a planted link" 77 "$V" -f "$WORK/last.yaml"
expect_equal "which was not written through" "$sum" "$(sha256sum /etc/passwd)"
expect_equal "and nothing was changed" "$before" "$(state)"
rm /run/vnetapply/net/protected
check "destroy" "$V" destroy --name net
expect_equal "leaves nothing under /run" "" "$(find /run/vnetapply -mindepth 1 2>/dev/null)"
