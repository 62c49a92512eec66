/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Class netns: a named network namespace, as iproute2 makes them. Stands in place "". Its lo is a link of it. */
#ifndef MODEL_NETNS_H
#define MODEL_NETNS_H

#include <stdint.h>

struct netns {
	uint8_t unused; /* a namespace is its name */
};

#endif
