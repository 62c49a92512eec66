/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of a vxlan, for what makes one of them or asks where it leads. */
#ifndef MODEL_KIND_VXLAN_H
#define MODEL_KIND_VXLAN_H

#include "model/link.h"

#define VXLAN_PORT_DEFAULT 4789 /* IANA's, which the kernel does not default to */
#define VXLAN_ID_MAX	   16777215

struct vxlan {
	uint32_t id;
	struct addr local, remote;
	uint16_t port;
	uint8_t ttl, tos;
	uint32_t ageing;
	bool learning, proxy, rsc, udp_csum, udp_zero_csum6_tx, udp_zero_csum6_rx;
};

/* What frames lose on a path of that family, as tunnel_overhead() tells of a worker's. */
uint32_t vxlan_overhead(uint8_t family);

bool link_is_vxlan(const struct object *link);

#endif
