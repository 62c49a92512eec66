/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macvlan: links with MAC addresses of their own on a shared parent. */
#include "model/link.h"

#include <linux/if_link.h>

struct macvlan {
	uint32_t mode;
};

static const struct enum_name modes[] = {
	{ "private", MACVLAN_MODE_PRIVATE }, { "vepa", MACVLAN_MODE_VEPA },
	{ "bridge", MACVLAN_MODE_BRIDGE },   { "passthru", MACVLAN_MODE_PASSTHRU },
	{ "source", MACVLAN_MODE_SOURCE },   { NULL, 0 },
};

static const struct field fields[] = {
	F_ENUM32(struct macvlan, mode, "mode", modes, .attr = IFLA_MACVLAN_MODE,
		 .help = "who may talk to whom on the same parent"),
};

const struct link_kind link_kind_macvlan = {
	.name = "macvlan",
	.record = { .name = "macvlan",
		    .size = sizeof(struct macvlan),
		    FIELDS(fields),
		    .defaults = &(const struct macvlan){ .mode = MACVLAN_MODE_BRIDGE } },
	.needs_link = true,
};
