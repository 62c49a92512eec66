/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a data plane: shut the sandbox, say so, then do what comes over the socket, until its end.
 */
#ifndef BACKENDS_TUNNEL_WORKER_PLANE_PROCESS_H
#define BACKENDS_TUNNEL_WORKER_PLANE_PROCESS_H

/* Exit status: the interface is gone, and with it the worker's purpose. */
#define PLANE_EXIT_INTERFACE_GONE 3

/* SOCKET is the data plane's end of handover_pair. Returns the exit status. */
int plane_process_run(int socket);

#endif
