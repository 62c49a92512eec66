/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The far end of a probe, where nothing else listens: takes what comes and sends it back. */
#ifndef BACKENDS_PROBE_LISTENER_H
#define BACKENDS_PROBE_LISTENER_H

#include "backends/probe/socket.h"

#include <stdbool.h>

struct listener {
	int fd;	      /* -1: closed */
	int accepted; /* TCP: the connection that came last; -1: none */
};

#define LISTENER_CLOSED ((struct listener){ -1, -1 })

/* type: SOCK_STREAM, SOCK_DGRAM. Leaves it closed, and succeeds, where something listens already. */
int listener_open(struct listener *ret, int netns, uint8_t family, int type, uint16_t port,
		  struct error *err);
void listener_close(struct listener *listener);

/* What poll(2) reported: takes connections and echoes. True when `nonce` was among what came. */
bool listener_serve_tcp(struct listener *listener, const uint8_t nonce[NONCE_SIZE]);
bool listener_serve_udp(struct listener *listener, const uint8_t nonce[NONCE_SIZE]);

#endif
