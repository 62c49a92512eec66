#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every command and option is in vnetapply(8), every key of the format in vnetapply.yaml(5): what the program
# itself says there is, not a list kept here.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${BUILD:-build/release}
program=$build/vnetapply

# text PAGE: what a reader sees, without overstrikes.
text() { mandoc -T ascii "$1" | sed 's/.\x08//g'; }

report() {
	local name=$1 missing=$2
	if [[ -z $missing ]]; then
		echo "ok $name"
	else
		echo "FAIL $name: missing: $(tr '\n' ' ' <<<"$missing")"
	fi
}

# missing_in TEXT: the words of standard input that are not in it as words.
missing_in() {
	local word
	while read -r word; do
		grep -qE -- "(^|[^A-Za-z0-9-])$word([^A-Za-z0-9-]|\$)" <<<"$1" || echo "$word"
	done
}

page=$(text docs/vnetapply.8)
commands=$("$program" help | sed -n 's/^  \([a-z]\+\) .*/\1/p' | sort -u)
[[ $(wc -w <<<"$commands") -gt 8 ]] || { echo "FAIL help lists the commands: $commands"; exit 1; }
report "every command is in vnetapply(8)" "$(missing_in "$page" <<<"$commands")"

options=$({ "$program" help; for c in $commands; do "$program" help "$c" 2>&1 || true; done; } |
	grep -oE -- '--[a-z][a-z-]+' | sort -u)
[[ $(wc -w <<<"$options") -gt 15 ]] || { echo "FAIL help lists the options: $options"; exit 1; }
report "every option is in vnetapply(8)" "$(missing_in "$page" <<<"$options")"

keys=$("$program" schema | jq -r '[.. | objects | .properties? // empty | keys[]] | unique[]')
[[ $(wc -w <<<"$keys") -gt 100 ]] || { echo "FAIL the schema has keys: $keys"; exit 1; }
report "every key is in vnetapply.yaml(5)" \
	"$(missing_in "$(text "$build/docs/vnetapply.yaml.5")" <<<"$keys")"

codes=$(sed -n 's/^	{ "\(W-[A-Z-]*\)".*/\1/p' cmd/doctor/table.c)
[[ $(wc -w <<<"$codes") -gt 10 ]] || { echo "FAIL the table of findings has codes: $codes"; exit 1; }
report "every code of doctor is in vnetapply(8)" "$(missing_in "$page" <<<"$codes")"
report "vnetapply(8) has no other code" \
	"$(grep -oE 'W-[A-Z]+(-[A-Z]+)*' <<<"$page" | sort -u | missing_in "$codes")"
