#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The owner of a tap is changed in place; to have none again it is remade, since the kernel has no way back.
# Only id 0: a user namespace knows no other.
# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# tap [KEYS]: a topology with one tap
tap() {
	cat >"$WORK/tap.yaml" <<-YAML
	version: 1
	name: owner
	taps:
	  vm0: {$1}
	YAML
}
index() { json '.[0].ifindex' ip -j link show vm0; }
owner() { ip -d -j link show vm0 | jq -c '.[0].linkinfo.info_data | [.user, .group]'; }

tap "user: 0"
"$V" apply -q -f "$WORK/tap.yaml"
first=$(index)
tap "user: 0, group: 0"
before=$(owner)
check "another owner is applied" "$V" apply -q -f "$WORK/tap.yaml"
expect_equal "in place" "$first" "$(index)"
check "and shown by the kernel" test "$(owner)" != "$before"
tap ""
expect_match "no owner remakes it" '-/\+ tap +vm0' "$("$V" plan -f "$WORK/tap.yaml")"
check "no owner is applied" "$V" apply -q -f "$WORK/tap.yaml"
expect_equal "and shown by the kernel" '[null,null]' "$(owner)"
check "and nothing differs then" "$V" diff -q -f "$WORK/tap.yaml"
"$V" destroy -q -y --name owner
