/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that stays: it has the configuration, the keys, the interface and the sockets, and a data plane that it
 * starts, configures and starts again when it dies. It looks at no frame and no datagram.
 *
 * The interface and the sockets stay open while there is no data plane. So the interface keeps its carrier, and
 * nothing above it moves for the sake of some milliseconds; what arrives meanwhile waits in their buffers.
 */
#ifndef BACKENDS_TUNNEL_WORKER_SUPERVISOR_H
#define BACKENDS_TUNNEL_WORKER_SUPERVISOR_H

#include <limits.h>
#include "backends/tunnel/protocol.h"
#include "backends/tunnel/worker/descriptors.h"
#include "backends/tunnel/worker/link_watch.h"
#include "backends/tunnel/worker/loop.h"
#include "backends/tunnel/worker/names.h"
#include "backends/tunnel/worker/plane.h"
#include "backends/tunnel/worker/replace.h"
#include "backends/tunnel/worker/timer.h"

struct supervisor {
	struct loop *loop;
	bool configured, plane_is_current; /* the data plane has the configuration */
	struct worker_config config;	   /* peers with names are where these were found last */
	struct descriptors descriptors;
	struct secrets *secrets; /* NULL: without encryption */
	unsigned mtu;		 /* of the interface, as the data plane knows it */
	struct plane plane;
	struct timer restart;
	unsigned failures; /* of the data plane, in a row */
	uint32_t restarts;
	char last_end[WORKER_TEXT_SIZE];
	struct link_watch links;
	struct timer announce;
	struct names names;
	uint64_t started, netns_device, netns_inode;
	char build[WORKER_BUILD_SIZE];
	char whereabouts[PATH_MAX]; /* the file, set by the caller; see whereabouts.h */
	int old_socket; /* -1; or of the data plane of the program before us, which ends when this is closed */
	pid_t old_pid;
};

/* SUPERVISOR is zero-initialised. NAME is for ps(1), NULL: none. The data plane is started, and waits. */
int supervisor_open(struct supervisor *supervisor, struct loop *loop, const char *name,
		    struct failure *failure);
/* Ends the data plane, then lets go of the interface and the sockets. */
void supervisor_close(struct supervisor *supervisor);

/*
 * Before the first configuration: what the program had whose place we took. It is used by a configuration for the same
 * interface and address, else let go of; the old data plane works until ours takes over.
 */
void supervisor_inherit(struct supervisor *supervisor, const struct worker_config *config,
			const struct replacement *replacement);
/* What is to go over to a program that takes our place. */
void supervisor_bequeath(const struct supervisor *supervisor, struct replacement *ret);

/* Replace the configuration; CONFIG is taken over on success only. On failure nothing changes. */
int supervisor_configure(struct supervisor *supervisor, struct worker_config *config,
			 struct failure *failure);
/*
 * Fills a zero-initialised *ret, which the caller clears; without a data plane it counts nothing. -ETIMEDOUT: the
 * data plane does not answer.
 */
int supervisor_report(struct supervisor *supervisor, struct worker_state *ret,
		      struct failure *failure);

#endif
