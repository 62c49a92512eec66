/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets in other network namespaces, addresses for them, and the clock that bounds all waiting. */
#ifndef BACKENDS_PROBE_SOCKET_H
#define BACKENDS_PROBE_SOCKET_H

#include "model/addr.h"
#include "model/error.h"

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#define NONCE_SIZE 16

union probe_address {
	struct sockaddr any;
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;
};

/*
 * Runs a function in a network namespace. The thread is back where it was on return; if there is no way back, the
 * program ends: to go on in a namespace that is not ours would be to change it.
 */
int probe_inside(int netns, int (*run)(void *data, struct error *err), void *data,
		 struct error *err);

/* A non-blocking socket that belongs to a namespace. type without flags. */
int probe_socket(int netns, int family, int type, int protocol, struct error *err);

/* Returns the length. addr NULL: the family's any address. */
socklen_t probe_address(union probe_address *ret, uint8_t family, const struct addr *addr,
			uint16_t port);

/* Microseconds of the monotonic clock. */
int64_t probe_now(void);
/* What is left until `end` for poll(2), in milliseconds, rounded up; 0: it is over. */
int probe_left(int64_t end);

void probe_nonce(uint8_t nonce[NONCE_SIZE]);

#endif
