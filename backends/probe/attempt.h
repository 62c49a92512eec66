/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One try of a probe, by kind. None takes longer than until `end` (probe_now's clock). */
#ifndef BACKENDS_PROBE_ATTEMPT_H
#define BACKENDS_PROBE_ATTEMPT_H

#include "backends/probe.h"
#include "backends/probe/listener.h"

/*
 * Sets reached, verified, and why of a failure in *ret. listener may be closed: then any answer counts. Fails where
 * nothing can be tried.
 */
int attempt_ping(const struct probe *probe, int64_t end, struct probe_result *ret,
		 struct error *err);
int attempt_tcp(const struct probe *probe, struct listener *listener, int64_t end,
		struct probe_result *ret, struct error *err);
int attempt_udp(const struct probe *probe, struct listener *listener, int64_t end,
		struct probe_result *ret, struct error *err);

/* "no answer", "connection refused", …: a socket's errno as why. Always returns 0. */
int attempt_failed(struct probe_result *ret, int code);

#endif
