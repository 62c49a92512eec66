#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The worker beside the kernel's VXLAN, a relay without any technique, and what Debian has that is
# installed, in turns. BENCH_OPTIONS goes to tunnel_bench.py, whose --help says what there is.
export VNET_SECONDS=${VNET_SECONDS:-7200}

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/lib.sh"

if ! command -v iperf3 >/dev/null; then
	skip "tunnel throughput" "iperf3 is not installed"
	exit
fi
export BUILD WORK PYTHONDONTWRITEBYTECODE=1
# shellcheck disable=SC2086
python3 tests/bench/tunnel_bench.py ${BENCH_OPTIONS:---profiles ON --tests tcp1 --ways vxlan,worker,naive}
