/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether one place reaches an address: a ping, a TCP connection, a UDP datagram. A probe has no process of its own:
 * sockets stay in the namespace they were opened in, so both ends live in the caller. Only names are looked up by one.
 */
#ifndef BACKENDS_PROBE_H
#define BACKENDS_PROBE_H

#include "model/addr.h"
#include "model/error.h"

#include <stdbool.h>
#include <stdint.h>

enum probe_kind { PROBE_PING, PROBE_TCP, PROBE_UDP };

struct probe {
	enum probe_kind kind;
	int from; /* descriptor of a network namespace, borrowed */
	struct addr target;
	uint16_t port;	    /* tcp, udp */
	uint32_t size;	    /* ping: payload bytes */
	bool size_mtu;	    /* ping: as large as the route's MTU allows, not fragmented */
	uint32_t within_ms; /* how long to try until it is as expected */
	bool unreachable;   /* what is expected */
	int at; /* namespace where it must arrive, at at_port; a listener is opened there. -1: none */
	uint16_t at_port;
};

struct probe_result {
	bool passed;   /* as expected */
	bool reached;  /* the last try got an answer, from wherever */
	bool verified; /* it arrived at `at`, not only somewhere */
	uint32_t mtu;  /* of a size_mtu ping */
	uint64_t microseconds;
	char why[128]; /* the last try's failure; "": it did not fail */
};

/* Tries until it is as expected, or the time is over. Fails only where nothing could be tried at all. */
int probe_run(const struct probe *probe, struct probe_result *ret, struct error *err);

/*
 * An address for a name, asked for from inside the namespace `from` with the files of /etc/netns/PLACE (place "": those
 * of /etc). -EHOSTUNREACH: it has none, or nobody answers in time.
 */
int probe_lookup(struct addr *ret, int from, const char *place, const char *name,
		 uint32_t timeout_ms, struct error *err);

#endif
