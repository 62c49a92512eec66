/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One namespace of a random model, and the rules of any place. */
#include "tests/fake/random_maker.h"

#include "model/classes.h"
#include "model/nft_table.h"
#include "model/resolver.h"
#include "tests/fake/random_model.h"

#include <stdio.h>

static void add_pair(const struct maker *m, const char *place, const char *name,
		     const char *other_place, const char *other)
{
	struct object *a = add_link(m, place, name, "veth");
	struct object *b = add_link(m, other_place, other, "veth");

	object_link(a)->peer =
		(struct ref){ arena_strdup(m->arena, b->place), arena_strdup(m->arena, b->name) };
	object_link(b)->peer =
		(struct ref){ arena_strdup(m->arena, a->place), arena_strdup(m->arena, a->name) };
	object_link(b)->mtu = object_link(a)->mtu;
}

/* eth0 of the namespace into a bridge of the host, with routes by it. */
static void attach(const struct maker *m, const char *ns, unsigned i)
{
	unsigned k = pick(m, BRIDGES, "attach %u", i);
	char host_name[24], via[32];
	struct route *route;

	if (!has_bridge(m, k))
		return;
	snprintf(host_name, sizeof(host_name), "%s-eth0", ns);
	add_pair(m, ns, "eth0", "", host_name);
	object_link(model_find(m->model, &class_link, "", host_name))->master.name =
		arena_printf(m->arena, "br%u", k);
	add_address(m, ns, "eth0", "10.%u.%u.%u/16", k, 1 + i % 250,
		    2 + pick(m, 2, "attach address %u", i));
	if (pick(m, 2, "attach v6 %u", i))
		add_address(m, ns, "eth0", "fd00:%u::%x:2/64", k, i + 1);
	if (has_gateway(m, k)) {
		snprintf(via, sizeof(via), "10.%u.0.1", k);
		route = add_route(m, ns, "0.0.0.0/0", pick(m, 4, "metric %u", i) ? 0 : 100);
		route->via = parse_addr(via);
		route->mtu = pick(m, 4, "route mtu %u", i) ? 0 : 1400;
	}
	if (pick(m, 3, "device route %u", i) == 0) {
		route = add_route(m, ns, "198.51.100.0/24", 0);
		route->interface.name = "eth0";
		route->scope = 253; /* RT_SCOPE_LINK */
	}
}

/* A wire to the next namespace, with a route over it. */
static void add_wire(const struct maker *m, const char *ns, unsigned i)
{
	char other[16], to[32], via[32];
	struct route *route;

	if (i + 1 >= m->size || !has_netns(m, i + 1) || pick(m, 3, "wire %u", i))
		return;
	snprintf(other, sizeof(other), "ns%u", i + 1);
	add_pair(m, ns, "right", other, "left");
	add_address(m, ns, "right", "172.16.%u.1/30", i % 250);
	add_address(m, other, "left", "172.16.%u.2/30", i % 250);
	snprintf(to, sizeof(to), "172.17.%u.0/24", i % 250);
	snprintf(via, sizeof(via), "172.16.%u.2", i % 250);
	route = add_route(m, ns, to, 0);
	route->via = parse_addr(via);
	if (pick(m, 2, "wire interface %u", i))
		route->interface.name = "right";
}

/* By two interfaces that go at different times. */
static void add_multipath(const struct maker *m, const char *ns)
{
	struct route *route = add_route(m, ns, "203.0.113.0/24", 0);
	const char *other = model_find(m->model, &class_link, ns, "eth0") ? "eth0" : "lo";
	unsigned n;

	for (n = 0; n < 2; n++) {
		struct nexthop *hop = list_append(&route->nexthops, &record_nexthop, m->arena);

		hop->interface.name = n ? "mv0" : other;
		hop->weight = (uint16_t)(1 + pick(m, 3, "weight %s %u", ns, n));
	}
}

static void add_inner_links(const struct maker *m, const char *ns)
{
	struct object *macvlan, *tap;

	if (pick(m, 3, "macvlan %s", ns) == 0) {
		macvlan = add_link(m, ns, "mv0", "macvlan");
		object_link(macvlan)->link = (struct ref){ .place = "", .name = "eth0" };
		set_number(macvlan, "mode", pick(m, 3, "macvlan mode %s", ns) ? 4 : 1);
		if (pick(m, 3, "multipath %s", ns) == 0)
			add_multipath(m, ns);
	}
	if (pick(m, 4, "inner bridge %s", ns) == 0) {
		add_link(m, ns, "b0", "bridge");
		tap = add_link(m, ns, "t0", "tap");
		if (pick(m, 3, "inner port %s", ns))
			object_link(tap)->master.name = "b0";
	}
}

static void add_resolver(const struct maker *m, const char *ns)
{
	unsigned choice = pick(m, 6, "resolver %s", ns);
	struct resolver *resolver;
	struct extra_host *host;
	struct addr_item *server;

	if (choice > 2)
		return;
	resolver = model_add(m->model, &class_resolver, "", ns)->data;
	server = list_append(&resolver->nameservers, &record_addr_item, m->arena);
	server->addr = parse_addr(choice ? "192.0.2.53" : "2001:db8::53");
	if (choice == 1) {
		host = list_append(&resolver->extra_hosts, &record_extra_host, m->arena);
		host->item.name = "db";
		host->address = parse_addr("10.0.0.20");
	}
}

/* Rules name interfaces by text and need not have them. */
void add_table(const struct maker *m, const char *place)
{
	struct object *object =
		model_add(m->model, &class_nft_table, place, "vnet_" RANDOM_MODEL_NAME);
	struct nft_table *table = object->data;
	struct masquerade *masquerade;
	struct dnat *dnat;
	unsigned i;

	if (pick(m, 2, "masquerade %s", place)) {
		masquerade = list_append(&table->masquerade, &record_masquerade, m->arena);
		masquerade->source = parse_prefix("10.0.0.0/16");
		masquerade->out_not = place[0] ? "lo" : "eth0";
	}
	for (i = 0; i < 3; i++) {
		if (pick(m, 2, "dnat %s %u", place, i))
			continue;
		dnat = list_append(&table->dnat, &record_dnat, m->arena);
		dnat->port = arena_printf(m->arena, "%u", 8000 + i);
		dnat->to =
			pick(m, 2, "dnat to %s %u", place, i) ? "10.250.1.2:80" : "10.250.1.3:80";
		dnat->hairpin = pick(m, 2, "dnat hairpin %s %u", place, i);
	}
	if (place[0] || pick(m, 2, "policy %s", place)) { /* an empty one is the host's only */
		struct policy *policy = list_append(&table->policy, &record_policy, m->arena);

		policy->out = place[0] ? "lo" : "eth0";
		policy->action = POLICY_DROP;
	}
}

void add_netns(const struct maker *m, unsigned i)
{
	char ns[16];
	struct object *lo;
	struct route *route;

	snprintf(ns, sizeof(ns), "ns%u", i);
	lo = model_find(m->model, &class_link, ns, "lo");
	if (pick(m, 4, "lo address %u", i) == 0)
		add_address(m, ns, lo->name, "10.255.%u.1/32", i % 250);
	attach(m, ns, i);
	add_wire(m, ns, i);
	add_inner_links(m, ns);
	if (pick(m, 4, "blackhole %u", i) == 0) {
		route = add_route(m, ns, "192.0.2.0/24", 0);
		route->type = pick(m, 2, "blackhole type %u", i) ? 6 : 7;
	}
	add_sysctl(m, ns, "net.ipv4.ip_forward");
	add_resolver(m, ns);
	if (pick(m, 4, "table %u", i) == 0)
		add_table(m, ns);
}
