/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last accepted configuration, kept beside the control socket for a restart by the service
 * manager. The file is the CONFIGURE message itself, mode 0600.
 */
#ifndef BACKENDS_TUNNEL_WORKER_STORE_H
#define BACKENDS_TUNNEL_WORKER_STORE_H

#include <stddef.h>
#include <stdint.h>
#include "backends/tunnel/worker/failure.h"

/* Replaces the file in one step. */
int store_save(const char *path, const uint8_t *message, size_t length, struct failure *failure);
/* The length, 0 when there is no file. */
int store_load(const char *path, uint8_t *message, size_t size, struct failure *failure);

#endif
