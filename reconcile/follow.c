/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A wish without an MTU stays so where the bridge is right by itself: what is not set by us goes on following. */
#include "reconcile/follow.h"

#include "model/classes.h"
#include "model/link.h"

#include <string.h>

/* What a wanted link will have: a foreign one that the file says nothing of keeps what it has. */
static uint32_t coming_mtu(const struct object *want, const struct model *have)
{
	const struct object *live;

	if (object_link(want)->mtu || !want->external)
		return object_link(want)->mtu;
	live = model_find(have, &class_link, want->place, want->name);
	return live ? object_link(live)->mtu : 0;
}

/* The least of those of its ports; 0: one is not known, or there is none. */
static uint32_t ports_mtu(const struct object *bridge, const struct model *want,
			  const struct model *have)
{
	const struct object *port;
	uint32_t least = 0, mtu;
	struct ref master;
	size_t i;

	MODEL_FOR_EACH (port, want, i) {
		if (port->class != &class_link || !ref_is_set(&object_link(port)->master))
			continue;
		master = object_ref(port, &object_link(port)->master);
		if (strcmp(master.place, bridge->place) != 0 ||
		    strcmp(master.name, bridge->name) != 0)
			continue;
		mtu = coming_mtu(port, have);
		if (!mtu)
			return 0;
		if (!least || mtu < least)
			least = mtu;
	}
	return least;
}

void follow_ports(struct model *want, const struct model *have)
{
	const struct object *live;
	struct object *bridge;
	uint32_t mtu;
	size_t i;

	MODEL_FOR_EACH (bridge, want, i) {
		struct link *link = bridge->data;

		if (bridge->class != &class_link || bridge->external || link->mtu || !link->kind ||
		    strcmp(link->kind->name, "bridge") != 0)
			continue;
		live = model_find(have, &class_link, bridge->place, bridge->name);
		if (!live || live->owner != OWNER_OURS)
			continue;
		mtu = ports_mtu(bridge, want, have);
		if (mtu && mtu != object_link(live)->mtu)
			link->mtu = mtu;
	}
}

void follow_costs(struct model *want, const struct model *have)
{
	const struct bridge_port *own;
	const struct object *live;
	struct object *port;
	size_t i;

	MODEL_FOR_EACH (port, want, i) {
		struct link *link = port->data;

		if (port->class != &class_link || port->external || !ref_is_set(&link->master) ||
		    link->port.path_cost)
			continue;
		live = model_find(have, &class_link, port->place, port->name);
		if (!live || live->owner != OWNER_OURS)
			continue;
		own = &object_link(live)->port;
		if (own->kernel_cost && own->path_cost != own->kernel_cost)
			link->port.path_cost = own->kernel_cost;
	}
}
