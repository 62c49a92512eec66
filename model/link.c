/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of every link, and of a bridge port. Attribute numbers: linux/if_link.h. */
#include "model/link.h"

#include "model/text.h"

#include <linux/if_link.h>

static const struct field link_fields[] = {
	F_STRING(struct link, type, "type", .flags = FIELD_RECREATE,
		 .help = "kind of interface; without it, it is made elsewhere"),
	F_REF(struct link, link, "link", .attr = IFLA_LINK, .flags = FIELD_RECREATE,
	      .help = "parent interface"),
	F_REF(struct link, peer, "peer", .flags = FIELD_RECREATE | FIELD_HIDDEN),
	F_REF(struct link, master, "master", .attr = IFLA_MASTER,
	      .help = "interface that it is a port of"),
	F_MAC(struct link, macaddress, "macaddress", .attr = IFLA_ADDRESS,
	      .flags = FIELD_AUTO | FIELD_LOOSE, .help = "Ethernet address; derived unless given"),
	F_U32(struct link, mtu, "mtu", .attr = IFLA_MTU, .flags = FIELD_AUTO | FIELD_LOOSE,
	      .min = 68, .max = 65535, .help = "largest packet in bytes; derived unless given"),
	F_BOOL(struct link, up, "up", .help = "administratively up"),
	F_BOOL(struct link, autoconf, "link-local",
	       .help = "whether an IPv6 link-local address is generated"),
};

/* br_add_if() of net/bridge/br_if.c; in two places, as a constant cannot be made from another one. */
#define PORT_DEFAULTS                                                                              \
	{                                                                                          \
		.learning = true, .flood = true, .mcast_flood = true, .bcast_flood = true,         \
		.priority = 32                                                                     \
	}
static const struct bridge_port port_defaults = PORT_DEFAULTS;
static const struct link link_defaults = { .up = true, .autoconf = true, .port = PORT_DEFAULTS };

static const struct field port_fields[] = {
	F_BOOL(struct bridge_port, hairpin, "hairpin", .attr = IFLA_BRPORT_MODE,
	       .help = "send frames back out of the port they came in"),
	F_BOOL(struct bridge_port, guard, "bpdu-guard", .attr = IFLA_BRPORT_GUARD,
	       .help = "block the port when it receives a BPDU"),
	F_BOOL(struct bridge_port, root_block, "root-block", .attr = IFLA_BRPORT_PROTECT,
	       .help = "never become the root port"),
	F_BOOL(struct bridge_port, fast_leave, "fast-leave", .attr = IFLA_BRPORT_FAST_LEAVE,
	       .help = "leave a multicast group at once"),
	F_BOOL(struct bridge_port, learning, "mac-learning", .attr = IFLA_BRPORT_LEARNING,
	       .help = "learn source addresses"),
	F_BOOL(struct bridge_port, flood, "flood", .attr = IFLA_BRPORT_UNICAST_FLOOD,
	       .help = "flood unknown unicast to it"),
	F_BOOL(struct bridge_port, mcast_flood, "multicast-flood", .attr = IFLA_BRPORT_MCAST_FLOOD,
	       .help = "flood multicast to it"),
	F_BOOL(struct bridge_port, bcast_flood, "broadcast-flood", .attr = IFLA_BRPORT_BCAST_FLOOD,
	       .help = "flood broadcast to it"),
	F_BOOL(struct bridge_port, isolated, "isolated", .attr = IFLA_BRPORT_ISOLATED,
	       .help = "exchange frames with ports that are not isolated only"),
	F_BOOL(struct bridge_port, neigh_suppress, "neigh-suppress",
	       .attr = IFLA_BRPORT_NEIGH_SUPPRESS, .help = "answer ARP and ND for known hosts"),
	F_BOOL(struct bridge_port, proxy_arp, "proxy-arp", .attr = IFLA_BRPORT_PROXYARP,
	       .help = "proxy ARP"),
	F_U32(struct bridge_port, path_cost, "path-cost", .attr = IFLA_BRPORT_COST,
	      .flags = FIELD_LOOSE, .min = 1, .max = 65535, .help = "STP path cost"),
	F_U16(struct bridge_port, priority, "port-priority", .attr = IFLA_BRPORT_PRIORITY, .min = 0,
	      .max = 63, .help = "STP port priority"),
};

const struct record record_bridge_port = {
	.name = "bridge port",
	.size = sizeof(struct bridge_port),
	FIELDS(port_fields),
	.defaults = &port_defaults,
};

static size_t link_sections(const struct object *object, struct section ret[SECTION_MAX])
{
	struct link *link = object->data;
	size_t n = 0;

	ret[n++] = (struct section){ .record = &object->class->record, .data = link };
	ret[n++] = (struct section){ .record = &record_bridge_port, .data = &link->port };
	if (link->info)
		ret[n++] = (struct section){ .record = &link->kind->record, .data = link->info };
	return n;
}

/* Another kind is another interface; one made elsewhere is whatever it is. */
static bool link_same_shape(const struct object *want, const struct object *have)
{
	return want->external || object_link(want)->kind == object_link(have)->kind;
}

void link_set_kind(struct link *link, const struct link_kind *kind, struct arena *arena)
{
	link->kind = kind;
	link->type = kind ? kind->name : NULL;
	link->info = kind && kind->record.size ? record_new(&kind->record, arena) : NULL;
}

static void link_check(const struct object *want, const struct model *model, struct diag *diag)
{
	const struct link_kind *kind = object_link(want)->kind;

	if (kind && kind->check)
		kind->check(want, model, diag);
}

const struct class class_link = {
	.name = "link",
	.adoptable = true,
	.record = { .name = "interface",
		    .size = sizeof(struct link),
		    FIELDS(link_fields),
		    .defaults = &link_defaults },
	.sections = link_sections,
	.same_shape = link_same_shape,
	.check = link_check,
};
