#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mandoc finds nothing wrong in a manual page.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
shopt -s nullglob
pages=(docs/*.[0-9] "${BUILD:-build/release}"/docs/*.[0-9])
if [[ ${#pages[@]} == 0 ]]; then
	echo "skip manual pages: there are none"
elif found=$(mandoc -T lint -W warning "${pages[@]}"); then
	echo "ok mandoc has nothing to say about ${#pages[@]} manual pages"
else
	printf 'FAIL mandoc\n%s\n' "$found"
	exit 1
fi
