/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reverse path filtering drops a packet where the way back to its sender leaves by another interface. What counts is the
 * larger of an interface's own value and that of `all`; 1 is strict.
 */
#include "cmd/doctor/find.h"

#include "model/route.h"
#include "model/text.h"
#include "model/tunnel.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- what counts ---- */

static unsigned own_value(const struct outlook *outlook, const struct near_place *place,
			  const char *name, struct arena *arena)
{
	const struct near_link *near = near_link_find(place, name);
	const char *path = arena_printf(arena, "net/ipv4/conf/%s/rp_filter", name);
	const char *wanted = wanted_sysctl(outlook, place->name, path);

	if (wanted)
		return (unsigned)strtoul(wanted, NULL, 10);
	return near ? near->rp_filter : place->rp_filter_default;
}

static unsigned value_of_all(const struct outlook *outlook, const struct near_place *place)
{
	const char *wanted = wanted_sysctl(outlook, place->name, "net/ipv4/conf/all/rp_filter");

	return wanted ? (unsigned)strtoul(wanted, NULL, 10) : place->rp_filter_all;
}

/* "all 1, eth1 0", where strict filtering counts; NULL: it does not. */
static const char *strict_words(const struct outlook *outlook, const struct near_place *place,
				const char *name, struct arena *arena)
{
	unsigned own = own_value(outlook, place, name, arena);
	unsigned all = value_of_all(outlook, place);

	if ((own > all ? own : all) != 1)
		return NULL;
	return arena_printf(arena, "all %u, %s %u", all, name, own);
}

static const char *fix_of(const char *place, const char *name, struct arena *arena)
{
	return sysctl_key(arena, place, arena_printf(arena, "net/ipv4/conf/%s/rp_filter", name),
			  "2");
}

/* ---- routes ---- */

struct way {
	const struct object *object; /* of the file; NULL: somebody else's */
	struct addr to;
	uint32_t metric;
	const char *device;
};
static const struct record record_way = { .name = "way", .size = sizeof(struct way) };

static void add_way(struct list *ways, struct way way, struct arena *arena)
{
	if (way.device)
		*(struct way *)list_append(ways, &record_way, arena) = way;
}

/* By network, the best first; of the file before the same one that is live. */
static int compare_ways(const void *a, const void *b)
{
	const struct way *x = a, *y = b;
	int order = addr_compare(&x->to, &y->to);

	if (!order && x->metric != y->metric)
		order = x->metric < y->metric ? -1 : 1;
	if (!order)
		order = strcmp(x->device, y->device);
	return order ? order : !x->object - !y->object;
}

/* Of the file and live: one that was applied is among both. Sorted. */
static struct list ways_of(const struct outlook *outlook, const struct near_place *place,
			   struct arena *arena)
{
	const struct object *object;
	struct list ways = { 0 };
	size_t i;

	OURS_FOR_EACH(object, outlook->want, &class_route, i)
	{
		const struct route *route = object->data;

		if (!strcmp(object->place, place->name) && route->to.family == AF_INET &&
		    route->table == RT_TABLE_MAIN && route->type == RTN_UNICAST)
			add_way(&ways,
				(struct way){ object, route->to, route->metric,
					      route->interface.name },
				arena);
	}
	for (i = 0; i < place->routes.n; i++) {
		const struct near_route *route = list_item(&place->routes, &record_near_route, i);

		add_way(&ways, (struct way){ NULL, route->to, route->metric, route->device },
			arena);
	}
	if (ways.n)
		qsort(ways.items, ways.n, sizeof(struct way), compare_ways);
	return ways;
}

/* By which packets to the address leave; NULL: there is no way. */
static const char *device_to(const struct list *ways, const struct addr *to)
{
	const struct way *best = NULL;
	size_t i;

	for (i = 0; i < ways->n; i++) {
		const struct way *way = list_item(ways, &record_way, i);

		if (addr_contains(&way->to, to) &&
		    (!best || way->to.length > best->to.length ||
		     (way->to.length == best->to.length && way->metric < best->metric)))
			best = way;
	}
	return best ? best->device : NULL;
}

static bool is_our_link(const struct outlook *outlook, const char *place, const char *name)
{
	const struct object *link = model_find(outlook->want, &class_link, place, name);

	return link && link->owner == OWNER_OURS && !link->external;
}

/* Of two ways to one network the second-best's interface hears packets whose answers leave by the other. */
static void look_at_pair(const struct finding_row *row, const struct outlook *outlook,
			 const struct near_place *place, const struct way *worse,
			 const struct way *better, struct findings *ret)
{
	const char *strict, *name = place->name;
	char text[ADDR_TEXT_MAX];

	if (worse->metric <= better->metric || !strcmp(worse->device, better->device) ||
	    !(worse->object || better->object || is_our_link(outlook, name, worse->device) ||
	      is_our_link(outlook, name, better->device)))
		return;
	strict = strict_words(outlook, place, worse->device, ret->arena);
	if (!strict)
		return;
	finding_add(ret, row, worse->object ? worse->object : better->object,
		    fix_of(name, worse->device, ret->arena),
		    "rp_filter of %s%s is strict (%s): what comes in there from %s is dropped, "
		    "because the way back leaves by %s (metric %u, not %u)",
		    worse->device, where_words(ret->arena, name), strict,
		    addr_format_prefix(&worse->to, text), better->device, better->metric,
		    worse->metric);
}

/* ---- tunnels ---- */

static const char *device_of(const struct near_place *place, const struct addr *addr)
{
	size_t i;

	for (i = 0; i < place->addresses.n; i++) {
		const struct near_address *one =
			list_item(&place->addresses, &record_near_address, i);

		if (addr_same_host(&one->addr, addr))
			return one->device;
	}
	return NULL;
}

/* Datagrams FROM there come IN by one device, and the way back leaves by another. */
static void look_at_way(const struct finding_row *row, const struct outlook *outlook,
			const struct object *object, const struct near_place *place,
			const struct list *ways, const struct addr *from, struct findings *ret)
{
	const struct addr *local = tunnel_local(object->data, AF_INET);
	const char *in = device_of(place, local), *out = device_to(ways, from);
	const char *strict = in ? strict_words(outlook, place, in, ret->arena) : NULL;
	char from_text[ADDR_TEXT_MAX], local_text[ADDR_TEXT_MAX];

	if (!in || !out || !strcmp(out, in) || !strict)
		return;
	finding_add(ret, row, object, fix_of(place->name, in, ret->arena),
		    "rp_filter of %s%s is strict (%s): datagrams of tunnel %s from %s to %s "
		    "are dropped there, because the way back leaves by %s",
		    in, where_words(ret->arena, place->name), strict, object->name,
		    addr_format(from, from_text), addr_format(local, local_text), out);
}

static void look_at_tunnel(const struct finding_row *row, const struct outlook *outlook,
			   const struct object *object, const struct near_place *place,
			   const struct list *ways, struct findings *ret)
{
	const struct tunnel *tunnel = object->data;
	struct tunnel_endpoint endpoint;
	size_t i, j;

	for (i = 0; tunnel_local(tunnel, AF_INET) && i < tunnel->peers.n; i++) {
		const struct tunnel_peer *peer = list_item(&tunnel->peers, &record_tunnel_peer, i);

		for (j = 0; tunnel_peer_address(peer, &j, &endpoint);)
			if (endpoint.addr.family == AF_INET)
				look_at_way(row, outlook, object, place, ways, &endpoint.addr, ret);
	}
}

static void look_at_place(const struct finding_row *row, const struct outlook *outlook,
			  const struct near_place *place, struct findings *ret)
{
	const struct list ways = ways_of(outlook, place, ret->arena);
	const struct way *best = NULL;
	const struct object *object;
	size_t i;

	for (i = 0; i < ways.n; i++) {
		const struct way *way = list_item(&ways, &record_way, i);

		if (best && addr_equal(&best->to, &way->to))
			look_at_pair(row, outlook, place, way, best, ret);
		else
			best = way;
	}
	OURS_FOR_EACH(object, outlook->want, &class_tunnel, i)
	{
		if (!strcmp(object->place, place->name))
			look_at_tunnel(row, outlook, object, place, &ways, ret);
	}
}

LOOK(look_rp_filter)
{
	size_t i;

	for (i = 0; i < outlook->near.places.n; i++)
		look_at_place(row, outlook, list_item(&outlook->near.places, &record_near_place, i),
			      ret);
}
