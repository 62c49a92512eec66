/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the supervisor and the data plane say to one another over their socket pair.
 *
 * Both are one program file, so there is one version of this. A message is one datagram: a kind, a sequence
 * number that an answer repeats, and a body. A configuration comes with the descriptors and keys that it
 * needs: the data plane opens and reads nothing itself.
 */
#ifndef BACKENDS_TUNNEL_WORKER_HANDOVER_H
#define BACKENDS_TUNNEL_WORKER_HANDOVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/crypto/crypto.h"
#include "backends/tunnel/worker/descriptors.h"

enum handover_kind {
	HANDOVER_HELLO = 1, /* data plane: the sandbox is shut; body: struct worker_sandbox */
	HANDOVER_CONFIGURE, /* body: struct handover; descriptors, one of a CONFIGURE message */
	HANDOVER_STATUS,    /* descriptor: where the answer is to be written */
	HANDOVER_MTU,	    /* the interface's, when it changed; body: uint32_t; no answer */
	HANDOVER_ANNOUNCE, /* this host has a new address: tell the peers where we are; no answer */
	HANDOVER_DONE,	   /* answer to CONFIGURE */
	HANDOVER_FAILED,   /* the same; body: int32_t errno, then the text of struct failure */
	HANDOVER_STATE,	   /* answer to STATUS: a STATE message is written */
};

struct handover_header {
	uint32_t kind, sequence;
};

/* The others are shorter. */
#define HANDOVER_MAX (sizeof(struct handover_header) + sizeof(struct handover) + WORKER_TEXT_SIZE)

enum handover_use {
	HANDOVER_NONE,
	HANDOVER_KEEP, /* the one that the data plane has */
	HANDOVER_NEW,  /* the next of the message's descriptors */
};

struct secrets {
	uint8_t private_key[CRYPTO_KEY_SIZE], psk[CRYPTO_KEY_SIZE];
};

struct handover {
	uint8_t use[DESCRIPTOR_COUNT];
	uint32_t mtu;	   /* of the interface; 0: unknown */
	uint32_t offloads; /* enum worker_offload: those that the kernel has */
	struct secrets secrets;
};

/* One message with the descriptors of FDS that are not -1. 0 or -errno. */
int handover_send(int socket, const struct handover_header *header, const void *body, size_t length,
		  const struct descriptors *fds);
/*
 * The next message into DATA[HANDOVER_MAX]; its length, 0 at the end, -errno. *FDS gets the descriptors in the order in
 * which they came, -1 for the rest, and is the caller's to close. FLAGS as for recvmsg(2).
 */
ssize_t handover_receive(int socket, uint8_t *data, struct descriptors *fds, int flags);
/* The header; false: the message is shorter than that. */
bool handover_header(const uint8_t *data, size_t length, struct handover_header *ret);

/* A socket pair for it, close-on-exec: ret[0] is for the supervisor, which waits some seconds for an answer. */
int handover_pair(int ret[2]);

#endif
