#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Waiting for a confirmation where others disturb it: the process that is to go back is killed, its records are removed.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/confirm_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/confirm_lib.sh"

file() { printf 'version: 1\nname: t\nbridges: {%s: {addresses: [10.78.0.1/24]}}\n' "$1"; }
file br0 >"$WORK/one.yaml"
file br1 >"$WORK/two.yaml"
keeper() { pgrep -f 'rollback --when-due'; }
waits() { grep -q '^waiting' /run/vnetapply/t/pending; }
begin() { # begin SECONDS: an apply of the second file, that waits
	check "apply the first" "$V" -y -q -f "$WORK/one.yaml"
	"$V" --no-input --confirm-timeout "$1" -f "$WORK/two.yaml" 2>"$WORK/said" &
	run=$!
	check "the second one waits" wait_until 30 waits
}
ends() { # ends NAME STATUS
	local status=0
	wait "$run" || status=$?
	expect_equal "$1" "$2" "$status"
}

begin 3s
kill -KILL "$(keeper)"
ends "where nobody else is left, the apply itself goes back" 3
check "to the first" "$V" diff -f "$WORK/one.yaml"
expect_match "and says so" 'not confirmed: undone' "$(cat "$WORK/said")"

begin 30s
kill -KILL "$(keeper)"
check "confirming is possible all the same" "$V" confirm --name t
ends "and believed" 0
check "the second is there" "$V" diff -f "$WORK/two.yaml"

begin 3s
rm -r /run/vnetapply
ends "without records nobody says that it is undone" 4
check "as it is not" "$V" diff -f "$WORK/two.yaml"
check "nobody is left" wait_until 20 no_keeper
check "destroy" "$V" destroy -y -q --name t
