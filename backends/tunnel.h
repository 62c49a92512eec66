/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands need of tunnels besides their backend: the worker's program, key files, and what is counted. */
#ifndef BACKENDS_TUNNEL_H
#define BACKENDS_TUNNEL_H

#include "model/error.h"
#include "model/node.h"

#include <stdbool.h>

#define TUNNEL_KEY_DIRECTORY "/etc/vnetapply/keys"
#define TUNNEL_KEY_PATH_MAX  512

/* The worker's program: beside this one, or where it is installed. PATH_MAX bytes. */
int tunnel_program_find(char *ret, struct error *err);

/*
 * The file that `key-file` means: an absolute path, or a name in systemd's $CREDENTIALS_DIRECTORY, if it is
 * there, or in TUNNEL_KEY_DIRECTORY. False: it is neither.
 */
bool tunnel_key_path(const char *text, char ret[TUNNEL_KEY_PATH_MAX]);

/* Of an offload that a worker asked for, in what tunnel_status gives. */
#define TUNNEL_OFFLOAD_LACKING "the kernel has none"

/*
 * *ret: a list with a map for each worker of the topology that runs here, sorted by place and name: what it counted, its
 * drops by reason, its peers. Times are in milliseconds, null for never. A worker that does not answer is left out.
 */
int tunnel_status(const char *topology, struct arena *arena, struct node **ret, struct error *err);

#endif
