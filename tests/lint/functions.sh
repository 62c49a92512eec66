#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions of more than 80 lines and files of more than 400 are listed, for a hard look;
# more than 120 and 500 fail. Counts on clang-format: a body is between `{` and `}` in column one.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mapfile -t sources < <(find cmd model reconcile backends -name '*.[ch]' | sort)
[[ ${#sources[@]} -gt 0 ]] || { echo "ok there are no sources"; exit 0; }

lengths() {
	awk '
	FNR == 1 { inside = 0 }
	/^[a-z].*\(/ && !inside { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^\{$/ { inside = 1; start = FNR }
	/^\}/ && inside { inside = 0; print FNR - start - 1, FILENAME ":" start, name }' "${sources[@]}"
}

failed=0
limit() {
	local what=$1 look=$2 most=$3 list=$4 over
	over=$(awk -v n="$most" '$1 > n' <<<"$list")
	if [[ -z $over ]]; then
		echo "ok no $what is longer than $most lines"
	else
		echo "FAIL no $what is longer than $most lines"
		failed=1
	fi
	awk -v n="$look" '$1 > n' <<<"$list" | sort -rn
}

limit function 80 120 "$(lengths)"
limit file 400 500 "$(wc -l "${sources[@]}" | awk '$2 != "total"')"
exit $failed
