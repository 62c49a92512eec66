/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bridge: a switch. Times are seconds here and 1/100 s in netlink. Names: netplan's bridge parameters. */
#include "model/diag.h"
#include "model/link.h"

#include <linux/if_link.h>

struct bridge {
	bool stp, mcast_snooping, mcast_querier;
	uint32_t forward_delay, hello_time, max_age, ageing_time;
	uint16_t priority, group_fwd_mask;
};

static const struct field fields[] = {
	F_BOOL(struct bridge, stp, "stp", .attr = IFLA_BR_STP_STATE, .flags = FIELD_WIDE,
	       .help = "spanning tree protocol"),
	F_U32(struct bridge, forward_delay, "forward-delay", .attr = IFLA_BR_FORWARD_DELAY,
	      .scale = 100, .max = 30,
	      .help = "seconds a port listens and learns before it forwards"),
	F_U32(struct bridge, hello_time, "hello-time", .attr = IFLA_BR_HELLO_TIME, .scale = 100,
	      .min = 1, .max = 10, .help = "seconds between hello packets"),
	F_U32(struct bridge, max_age, "max-age", .attr = IFLA_BR_MAX_AGE, .scale = 100, .min = 6,
	      .max = 40, .help = "seconds a hello packet is valid"),
	F_U32(struct bridge, ageing_time, "ageing-time", .attr = IFLA_BR_AGEING_TIME, .scale = 100,
	      .max = 1000000, .help = "seconds until a learned address is forgotten"),
	F_U16(struct bridge, priority, "priority", .attr = IFLA_BR_PRIORITY,
	      .help = "STP priority"),
	F_U16(struct bridge, group_fwd_mask, "group-forward-mask", .attr = IFLA_BR_GROUP_FWD_MASK,
	      .help = "bit mask of link-local groups that are forwarded"),
	F_BOOL(struct bridge, mcast_snooping, "multicast-snooping", .attr = IFLA_BR_MCAST_SNOOPING,
	       .help = "IGMP and MLD snooping"),
	F_BOOL(struct bridge, mcast_querier, "multicast-querier", .attr = IFLA_BR_MCAST_QUERIER,
	       .help = "send IGMP and MLD queries"),
};

/*
 * br_stp_timer_init() and br_dev_setup() of net/bridge, but forward-delay 0: without STP there is nothing
 * to wait for, and a new port works at once.
 */
static const struct bridge defaults = {
	.forward_delay = 0,
	.hello_time = 2,
	.max_age = 20,
	.ageing_time = 300,
	.priority = 32768,
	.mcast_snooping = true,
};

/* BR_MIN_FORWARD_DELAY of net/bridge/br_private_stp.h: raised by the kernel when STP is on. */
static void check(const struct object *link, const struct model *model, struct diag *diag)
{
	const struct bridge *bridge = object_link(link)->info;

	(void)model;
	if (bridge->stp && bridge->forward_delay < 2) {
		diag_error(diag, &link->position,
			   "stp of %s needs a forward-delay of 2 to 30 seconds, not %u", link->name,
			   bridge->forward_delay);
		diag_hint(diag, "15 is usual");
	}
}

const struct link_kind link_kind_bridge = {
	.name = "bridge",
	.record = { .name = "bridge parameters",
		    .size = sizeof(struct bridge),
		    FIELDS(fields),
		    .defaults = &defaults },
	.reserved = true,
	.check = check,
};
