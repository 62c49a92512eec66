#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Nothing in any script is a surprise to shellcheck.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mapfile -t scripts < <(find . \( -path ./build -o -path ./.git -o -path ./tests/fuzz/corpus \) \
	-prune -o -type f -print | while read -r file; do
	if [[ $file == *.sh || $(head -n 1 "$file" | tr -d '\0') =~ ^#!.*sh$ ]]; then
		echo "$file"
	fi
done | sort)

# SC1010 takes the argument of `ping -M do` for a keyword.
if found=$(shellcheck -x -e SC1010 -f gcc "${scripts[@]}"); then
	echo "ok shellcheck has nothing to say about ${#scripts[@]} scripts"
else
	printf 'FAIL shellcheck\n%s\n' "$found"
	exit 1
fi
