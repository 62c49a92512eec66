#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every source, script and manual page names its licence in its first two lines.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
missing=()
while read -r file; do
	case $file in
	*.[ch] | *.sh | *.py | *.service.in | */Makefile | docs/*.[0-9] | topologies/*.yaml) ;;
	*) [[ $(head -c 2 "$file" | tr -d '\0') == '#!' ]] || continue ;;
	esac
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2\.0-or-later' || missing+=("$file")
done < <(find . \( -path ./build -o -path ./.git -o -path ./tests/fuzz/corpus \) -prune \
	-o -type f -print | sort)

if [[ ${#missing[@]} == 0 ]]; then
	echo "ok every file names its licence"
else
	echo "FAIL every file names its licence"
	printf '%s\n' "${missing[@]}"
	exit 1
fi
