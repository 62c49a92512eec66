/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Talking to a worker over its control socket.
 *
 * A worker is what answers at the path of its socket; a refused connection means that it is gone.
 * There is no other record of it. Every call waits a few seconds at most.
 */
#ifndef BACKENDS_TUNNEL_CLIENT_H
#define BACKENDS_TUNNEL_CLIENT_H

#include "backends/tunnel/protocol.h"
#include "model/error.h"

/*
 * Connect to the worker at CONTROL. *ret is a file descriptor of the caller, or -1 when no worker is
 * there. -EPERM: somebody else listens at the path.
 */
int worker_find(const char *control, int *ret, struct error *err);

/* One request and its answer. On failure err has the worker's own words. -EPROTO: no sense in it. */
int worker_configure(int fd, const struct worker_config *config, struct error *err);
/* Fills *ret, which the caller clears. -ENODATA: the worker has no configuration. */
int worker_query(int fd, struct worker_config *ret, struct error *err);
int worker_status(int fd, struct worker_state *ret, struct error *err);
/*
 * Have it execute PROGRAM in its place, which has its descriptors and configuration: all but its sessions goes on.
 * -EPROTONOSUPPORT: it is of an earlier version, and does not know how.
 */
int worker_replace(int fd, const char *program, struct error *err);
/* Returns when the worker has let go of its interface, its port and its files. */
int worker_stop(int fd, struct error *err);

#endif
