/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what lies in /run/vnetapply can be trusted: only we may have put it there. */
#ifndef CMD_RUN_CHECK_H
#define CMD_RUN_CHECK_H

#include "model/error.h"

/*
 * Looks at the directory itself, at what all topologies share and at what is one's own, to the bottom. -EPERM, with the
 * path and what to do in err: a symbolic or hard link, something of another user or that others may write to, what is
 * neither file, directory nor socket. What is not there is no error. Reads nothing and opens only directories.
 */
int run_check(const char *topology, struct error *err);

#endif
