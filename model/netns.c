/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A namespace has no rows: its key is all. */
#include "model/netns.h"

#include "model/object.h"

const struct class class_netns = {
	.name = "namespace",
	.adoptable = true,
	.record = { .name = "namespace", .size = sizeof(struct netns) },
};
