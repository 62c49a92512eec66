/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a simulated machine has of its own among the file systems: /proc, /sys, /run, and a host /etc. */
#ifndef BACKENDS_SIM_MOUNTS_H
#define BACKENDS_SIM_MOUNTS_H

#include "model/error.h"

#include <stdbool.h>

/* In the mount namespace of the caller, which is process 1 and must have it for itself. */
int mounts_make(bool with_etc, struct error *err);

#endif
