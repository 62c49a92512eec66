/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which build of the worker's program a file is, or a worker runs: the build id that the linker computes from all
 * of its contents, in hexadecimal. Two builds of one version differ, one build copied elsewhere does not.
 */
#ifndef BACKENDS_TUNNEL_PROTOCOL_BUILD_H
#define BACKENDS_TUNNEL_PROTOCOL_BUILD_H

#include "backends/tunnel/protocol.h"

/* Of the ELF file PROGRAM; "" when it has none, or is not to be read. */
void worker_build_read(const char *program, char ret[WORKER_BUILD_SIZE]);

#endif
