#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What differs by processor (system calls, vectors, the sign of char) compiles without a warning for aarch64, too.
# Nothing is linked: of the libraries only the headers are needed, which are those of this machine.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
compiler=aarch64-linux-gnu-gcc
if ! command -v $compiler >/dev/null; then
	echo "skip aarch64 has no warnings: $compiler is not installed"
	exit
fi

unset SAN COVERAGE FUZZ MAKEFLAGS
# After the compiler's own: libc's and the kernel's headers are not the same everywhere.
headers="-idirafter /usr/include -idirafter /usr/include/$(gcc -print-multiarch)"
b=build/aarch64
if output=$(make --no-print-directory --keep-going "-j$(nproc)" VARIANT=aarch64 CC=$compiler AR=aarch64-linux-gnu-ar \
	WERROR=1 CFLAGS="-O2 $headers" $b/worker.a $b/library.a $b/cmd/main.o $b/cmd/vnettunnel.o 2>&1); then
	echo "ok aarch64 has no warnings"
else
	printf 'FAIL aarch64 has no warnings\n%s\n' "$(grep -vE '^  (CC|AR) ' <<<"$output")"
	exit 1
fi

# The data plane is confined there, too: the other branch of seccomp.c refuses.
if aarch64-linux-gnu-nm $b/backends/tunnel/worker/seccomp.o | grep -q ' U syscall$'; then
	echo "ok aarch64 has a list of system calls"
else
	echo "FAIL aarch64 has a list of system calls"
	exit 1
fi
