/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Class link: a network interface. Rows every link has are here; a bridge port's rows come with `master`, a
 * kind's own rows with its kind (model/kind/, table in kinds.c).
 *
 * The object's name is the interface's name in its place. A veth pair is two objects, each the other's peer.
 */
#ifndef MODEL_LINK_H
#define MODEL_LINK_H

#include "model/field.h"
#include "model/object.h"

struct link_kind {
	const char *name;	  /* in files: "macvlan", "tap" */
	const char *netlink_name; /* IFLA_INFO_KIND, where it differs: "tun"; NULL: name */
	struct record record;	  /* the kind's own rows; size 0: none */
	bool needs_link;	  /* has a parent: `link` must be set */
	bool no_mac;		  /* has no Ethernet address (tun) */
	bool reserved; /* not a `type` of interfaces: made by its own key (bridge, veth) */
	/* Rules that no row can say; called with the whole link. NULL: none. */
	void (*check)(const struct object *link, const struct model *model, struct diag *diag);
};

/* A port of a bridge: IFLA_BRPORT_* (linux/if_link.h), defaults as the kernel's. */
struct bridge_port {
	bool hairpin, guard, fast_leave, root_block, learning, flood;
	bool mcast_flood, bcast_flood, isolated, neigh_suppress, proxy_arp;
	uint32_t path_cost;   /* 0: by the kernel from the link's speed; not compared */
	uint32_t kernel_cost; /* live: what it would be by the kernel; 0: not known */
	uint16_t priority;
};
extern const struct record record_bridge_port;

struct link {
	const char *type;  /* the kind's name; NULL: made elsewhere */
	struct ref master; /* bridge, bond, vrf that it is a port of */
	struct ref link;   /* parent of macvlan, vlan, vxlan */
	struct ref peer;   /* of a veth */
	struct mac macaddress;
	uint32_t mtu;  /* bytes; 0: whatever the kernel chose */
	bool up;       /* administratively */
	bool autoconf; /* false: no IPv6 address is generated on it (IN6_ADDR_GEN_MODE_NONE) */
	const struct link_kind *kind; /* NULL: made elsewhere */
	void *info;		      /* the kind's struct; NULL if it has none */
	struct bridge_port port;      /* counts only where master is set */
};

/* Sets type, kind and info with the kind's defaults. */
void link_set_kind(struct link *link, const struct link_kind *kind, struct arena *arena);

static inline struct link *object_link(const struct object *object)
{
	return object->data;
}

#endif
