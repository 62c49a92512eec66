/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vxlan: Ethernet over UDP by the kernel (RFC 7348). The kernel changes neither id nor port in place. */
#include "model/kind/vxlan.h"

#include "model/diag.h"

#include <linux/if_link.h>
#include <sys/socket.h>

static const struct field fields[] = {
	F_U32(struct vxlan, id, "id", .attr = IFLA_VXLAN_ID,
	      .flags = FIELD_REQUIRED | FIELD_RECREATE, .max = VXLAN_ID_MAX,
	      .help = "network identifier (VNI)"),
	F_ADDR(struct vxlan, local, "local", .attr = IFLA_VXLAN_LOCAL, .flags = FIELD_ONE_FAMILY,
	       .help = "source address"),
	F_ADDR(struct vxlan, remote, "remote", .attr = IFLA_VXLAN_GROUP, .flags = FIELD_ONE_FAMILY,
	       .help = "where unknown addresses are sent: a host or a multicast group"),
	F_BE16(struct vxlan, port, "port", .attr = IFLA_VXLAN_PORT, .flags = FIELD_RECREATE,
	       .min = 1, .help = "UDP port"),
	F_U8(struct vxlan, ttl, "ttl", .attr = IFLA_VXLAN_TTL,
	     .help = "TTL of the outer packets; 0: the default"),
	F_U8(struct vxlan, tos, "type-of-service", .attr = IFLA_VXLAN_TOS,
	     .help = "TOS of the outer packets"),
	F_U32(struct vxlan, ageing, "ageing-time", .attr = IFLA_VXLAN_AGEING, .max = UINT32_MAX,
	      .help = "seconds until a learned address is forgotten"),
	F_BOOL(struct vxlan, learning, "mac-learning", .attr = IFLA_VXLAN_LEARNING,
	       .help = "learn addresses from what arrives"),
	F_BOOL(struct vxlan, proxy, "arp-proxy", .attr = IFLA_VXLAN_PROXY, .flags = FIELD_RECREATE,
	       .help = "answer ARP and ND for known neighbours"),
	F_BOOL(struct vxlan, rsc, "short-circuit", .attr = IFLA_VXLAN_RSC, .flags = FIELD_RECREATE,
	       .help = "route known destinations directly"),
	F_BOOL(struct vxlan, udp_csum, "udp-checksum", .attr = IFLA_VXLAN_UDP_CSUM,
	       .flags = FIELD_RECREATE, .help = "UDP checksums over IPv4"),
	F_BOOL(struct vxlan, udp_zero_csum6_tx, "udp-zero-checksum6-tx",
	       .attr = IFLA_VXLAN_UDP_ZERO_CSUM6_TX, .flags = FIELD_RECREATE,
	       .help = "send zero UDP checksums over IPv6"),
	F_BOOL(struct vxlan, udp_zero_csum6_rx, "udp-zero-checksum6-rx",
	       .attr = IFLA_VXLAN_UDP_ZERO_CSUM6_RX, .flags = FIELD_RECREATE,
	       .help = "accept zero UDP checksums over IPv6"),
};

/* vxlan_nl2conf() of drivers/net/vxlan/vxlan_core.c, but for the port. */
static const struct vxlan defaults = {
	.port = VXLAN_PORT_DEFAULT, .ageing = 300, .learning = true, .udp_csum = true
};

/* vxlan_config_validate() and vxlan_nl2conf() of drivers/net/vxlan/vxlan_core.c. */
static void check(const struct object *link, const struct model *model, struct diag *diag)
{
	const struct vxlan *vxlan = object_link(link)->info;

	(void)model;
	if (addr_is_set(&vxlan->local) && addr_is_set(&vxlan->remote) &&
	    vxlan->local.family != vxlan->remote.family)
		diag_error(diag, &link->position,
			   "\"local\" and \"remote\" of %s are of two families", link->name);
	if (addr_is_unspecified(&vxlan->local) || addr_is_unspecified(&vxlan->remote)) {
		diag_error(diag, &link->position, "\"%s\" of %s is nobody's address",
			   addr_is_unspecified(&vxlan->local) ? "local" : "remote", link->name);
		diag_hint(diag, "leave it away");
	}
	if (addr_is_multicast(&vxlan->local))
		diag_error(diag, &link->position, "\"local\" of %s is a multicast address",
			   link->name);
	if (addr_is_multicast(&vxlan->remote) && !ref_is_set(&object_link(link)->link)) {
		diag_error(diag, &link->position,
			   "\"remote\" of %s is a multicast group: expected \"link\" beside it",
			   link->name);
		diag_hint(diag, "the interface that the group is joined on");
	}
}

const struct link_kind link_kind_vxlan = {
	.name = "vxlan",
	.record = { .name = "vxlan",
		    .size = sizeof(struct vxlan),
		    FIELDS(fields),
		    .defaults = &defaults },
	.check = check,
};

/* VXLAN_HEADROOM, VXLAN6_HEADROOM of include/net/vxlan.h. */
uint32_t vxlan_overhead(uint8_t family)
{
	return family == AF_INET6 ? 70 : 50;
}

bool link_is_vxlan(const struct object *link)
{
	return object_link(link)->kind == &link_kind_vxlan;
}
