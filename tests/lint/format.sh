#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every source is as clang-format leaves it (`make format`); text files are tidy.
set -euo pipefail

failed=0
verdict() {
	if [[ -z $2 ]]; then
		echo "ok $1"
	else
		printf 'FAIL %s\n%s\n' "$1" "$2"
		failed=1
	fi
}

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mapfile -t sources < <(find cmd model reconcile backends tests -name '*.[ch]' | sort)
verdict "sources are formatted" \
	"$(clang-format --dry-run -Werror "${sources[@]}" 2>&1 | grep -E '(error|warning):' |
		cut -d: -f1 | uniq -c || true)"

# Inputs of tests are as they are, mistakes included.
mapfile -t texts < <(find . \( -path ./build -o -path ./.git -o -path ./tests/fuzz/corpus \
	-o -path ./tests/errors -o -path ./tests/golden \) -prune -o -type f -print | sort)
verdict "no line ends in white space" "$(grep -nIE '[[:blank:]]+$' "${texts[@]}" | cut -c -120 || true)"
exit $failed
