/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running programs: one to wait for, and one that stays when we have gone.
 */
#ifndef BACKENDS_SPAWN_H
#define BACKENDS_SPAWN_H

#include "model/error.h"

#include <stdbool.h>

/* Run argv[0] from the usual directories. On failure err has the last line of its standard error. */
int spawn_wait(const char *const argv[], struct error *err);

/*
 * Run argv[0], a path, as a daemon: own session, root directory, no descriptor of ours, in the network
 * namespace NETNS (a path; NULL: ours), standard error to the file LOG (0600, begun anew). Returns when
 * it has written a line to its standard output, which ends with that. When it ends instead, or says
 * nothing for PATIENCE seconds, err has the last line of LOG.
 */
int spawn_daemon(const char *const argv[], const char *netns, const char *log, int patience,
		 struct error *err);

/* Whether the machine's systemd is process 1 and lives in our namespaces: then what shall stay is a unit of its own. */
bool spawn_has_systemd(void);

#endif
