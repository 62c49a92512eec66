/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tun: IP packets to and from a program. Persistent; user and group are numbers (names: see expand). The kernel
 * takes another owner, but has no way back to none (TUNSETOWNER of drivers/net/tun.c).
 */
#include "model/kind/tun_rows.h"
#include "model/link.h"

#include <linux/if_link.h>

static const struct field fields[] = {
	F_U32(struct tun, user, "user", .attr = IFLA_TUN_OWNER, .flags = FIELD_STICKY,
	      .max = UINT32_MAX, .help = "user id that may attach"),
	F_U32(struct tun, group, "group", .attr = IFLA_TUN_GROUP, .flags = FIELD_STICKY,
	      .max = UINT32_MAX, .help = "group id that may attach"),
	F_BOOL(struct tun, vnet_header, "vnet-header", .attr = IFLA_TUN_VNET_HDR,
	       .flags = FIELD_LOOSE, .help = "frames carry a virtio-net header"),
	F_BOOL(struct tun, multi_queue, "multi-queue", .attr = IFLA_TUN_MULTI_QUEUE,
	       .flags = FIELD_RECREATE, .help = "several programs or threads may attach"),
};

#define TUN_RECORD                                                                                 \
	{                                                                                          \
		.name = "tun", .size = sizeof(struct tun), FIELDS(fields),                         \
		.defaults = &(const struct tun){ .user = TUN_NOBODY, .group = TUN_NOBODY },        \
	}

const struct record record_tun = TUN_RECORD;

const struct link_kind link_kind_tun = { .name = "tun", .record = TUN_RECORD, .no_mac = true };
const struct link_kind link_kind_tap = { .name = "tap",
					 .netlink_name = "tun",
					 .record = TUN_RECORD };
