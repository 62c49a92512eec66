#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# gcc and clang compile everything without a warning, and clang's analyzer finds nothing.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
failed=0
run() {
	local name=$1 output
	shift
	if output=$(make --no-print-directory --keep-going "-j$(nproc)" "$@" 2>&1); then
		echo "ok $name"
	else
		printf 'FAIL %s\n%s\n' "$name" "$(grep -vE '^  (CC|LINK) ' <<<"$output")"
		failed=1
	fi
}

unset SAN COVERAGE FUZZ MAKEFLAGS
run "gcc has no warnings" VARIANT=gcc CC=gcc WERROR=1 all test-programs
run "clang has no warnings" VARIANT=clang CC=clang WERROR=1 all test-programs
run "the analyzer finds nothing" analyze
exit $failed
