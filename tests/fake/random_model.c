/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A random model as a whole, and its host's own links. */
#include "tests/fake/random_model.h"

#include "model/classes.h"
#include "model/fdb.h"
#include "model/kind/tun_rows.h"
#include "model/kind/vxlan.h"
#include "model/tunnel.h"
#include "tests/fake/random_maker.h"

#include <stdio.h>

static void add_bridge(const struct maker *m, unsigned k)
{
	struct object *bridge;
	char name[16];

	snprintf(name, sizeof(name), "br%u", k);
	bridge = add_link(m, "", name, "bridge");
	if (pick(m, 4, "stp %u", k) == 0) {
		set_number(bridge, "stp", true);
		set_number(bridge, "forward-delay", 4);
	}
	set_number(bridge, "ageing-time", pick(m, 3, "ageing %u", k) ? 300 : 60);
	if (has_gateway(m, k)) {
		add_address(m, "", name, "10.%u.0.1/16", k);
		if (pick(m, 2, "bridge v6 %u", k))
			add_address(m, "", name, "fd00:%u::1/64", k);
	}
	if (pick(m, 4, "tap of %u", k) == 0) {
		struct object *tap;
		char tap_name[16];

		snprintf(tap_name, sizeof(tap_name), "tap%u", k);
		tap = add_link(m, "", tap_name, "tap");
		set_number(tap, "user", pick(m, 2, "user %u", k) ? 1000 : TUN_NOBODY);
		set_number(tap, "multi-queue", pick(m, 4, "queues %u", k) == 0);
		object_link(tap)->up = pick(m, 4, "up %u", k) != 0;
	}
}

/* Any bridge of the host, or none. */
static void pick_master(const struct maker *m, const struct object *object)
{
	struct link *link = object_link(object);
	unsigned k = pick(m, BRIDGES + 1, "master %s", object->name);

	if (k == BRIDGES || !has_bridge(m, k))
		return;
	link->master.name = arena_printf(m->arena, "br%u", k);
	link->port.hairpin = pick(m, 3, "hairpin %s", object->name) == 0;
	link->port.isolated = pick(m, 4, "isolated %s", object->name) == 0;
}

/* One address that moves between hosts, and the hosts that get everything else. */
static void add_fdb(const struct maker *m, const char *interface)
{
	struct fdb entries[4] = { 0 };
	struct object *object;
	size_t i;

	entries[0].macaddress = (struct mac){ .bytes = { 2, 0, 0, 0, 0, 1 } };
	entries[0].to = parse_addr(pick(m, 2, "fdb of one") ? "192.0.2.9" : "192.0.2.10");
	entries[0].port = pick(m, 3, "fdb port") ? 0 : 4790;
	entries[1].to = parse_addr("192.0.2.9");
	entries[2].to = parse_addr("192.0.2.10");
	entries[3] = entries[2];
	entries[3].port = 4790;
	for (i = 0; i < 4; i++) {
		if (!pick(m, 3, "fdb %zu", i))
			continue;
		object = model_add(m->model, &class_fdb, "",
				   fdb_name(m->arena, interface, &entries[i]));
		*(struct fdb *)object->data = entries[i];
		((struct fdb *)object->data)->interface.name = interface;
	}
}

static void add_vxlan(const struct maker *m)
{
	struct object *vxlan = add_link(m, "", "vx0", "vxlan");
	const struct record *record = &object_link(vxlan)->kind->record;
	void *info = object_link(vxlan)->info;

	object_link(vxlan)->mtu = 1450; /* no member of its bridge may have more */
	set_number(vxlan, "id", pick(m, 2, "vxlan id") ? 42 : 43);
	field_parse(record_field(record, "remote"), info,
		    pick(m, 2, "vxlan remote") ? "192.0.2.7" : "192.0.2.8", m->arena, NULL);
	if (pick(m, 2, "vxlan link")) {
		object_link(vxlan)->link.name = "eth0";
		object_link(vxlan)->link.place = "";
	}
	pick_master(m, vxlan);
	add_fdb(m, "vx0");
}

/* One name, several kinds: an overlay's interface among them. */
static void add_chameleon(const struct maker *m)
{
	static const char *const choices[] = { "tap", "tun", "bridge", "macvlan", "vxlan" };
	struct object *object = add_link(m, "", "x0", choices[pick(m, 5, "x0 kind")]);

	if (object_link(object)->kind->needs_link)
		object_link(object)->link.name = "eth0"; /* eth1 may be a port */
	if (link_is_vxlan(object)) {
		set_number(object, "id", 44);
		add_fdb(m, "x0");
	}
	add_address(m, "", "x0", "10.200.0.%u/24", pick(m, 2, "x0 address") + 1);
}

static void add_tunnel(const struct maker *m)
{
	struct object *tap = add_link(m, "", "ov0", "tap");
	struct object *object = model_add(m->model, &class_tunnel, "", "ov0");
	struct tunnel *tunnel = object->data;
	unsigned n = 1 + pick(m, 3, "peers"), i;

	pick_master(m, tap);
	object_link(tap)->mtu = 1450;
	tunnel->interface.name = "ov0";
	tunnel->encryption = TUNNEL_NONE;
	tunnel->port = pick(m, 3, "tunnel port") ? 40000 : 40001;
	tunnel->settings.mac_learning = pick(m, 4, "tunnel learning") != 0;
	tunnel->settings.offload.gro = pick(m, 4, "tunnel offload") != 0;
	tunnel->settings.flood.broadcast = pick(m, 4, "tunnel flood") ? 1000 : 0;
	for (i = 0; i < n; i++) {
		struct tunnel_peer *peer =
			list_append(&tunnel->peers, &record_tunnel_peer, m->arena);

		peer->name = arena_printf(m->arena, "peer%u", i);
		peer->endpoint = arena_printf(m->arena, "192.0.2.%u:40000",
					      10 * i + 1 + pick(m, 2, "endpoint %u", i));
	}
}

static void add_host_links(const struct maker *m)
{
	struct object *eth1;
	unsigned k;

	add_external(m, "", "eth0");
	eth1 = add_external(m, "", "eth1");
	for (k = 0; k < BRIDGES; k++)
		if (has_bridge(m, k))
			add_bridge(m, k);
	if (pick(m, 3, "foreign port") == 0) {
		pick_master(m, eth1);
		if (ref_is_set(&object_link(eth1)->master))
			write_row(eth1, "master");
	}
	if (object_link(eth1)->master.name)
		object_link(eth1)->port.hairpin = object_link(eth1)->port.isolated = false;
	if (pick(m, 2, "vxlan"))
		add_vxlan(m);
	if (pick(m, 2, "chameleon"))
		add_chameleon(m);
	if (pick(m, 2, "tunnel"))
		add_tunnel(m);
}

static struct model *make(struct maker *m)
{
	struct object *lo;
	char ns[16];
	unsigned i;

	m->model = model_new();
	m->arena = model_arena(m->model);
	for (i = 0; i < m->size; i++) {
		if (!has_netns(m, i))
			continue;
		snprintf(ns, sizeof(ns), "ns%u", i);
		model_add(m->model, &class_netns, "", ns);
		lo = add_external(m, ns, "lo");
		write_row(lo, "up");
	}
	add_host_links(m);
	for (i = 0; i < m->size; i++)
		if (has_netns(m, i))
			add_netns(m, i);
	add_table(m, "");
	add_sysctl(m, "", "net.ipv4.ip_forward");
	add_sysctl(m, "", "net.ipv6.conf.all.forwarding");
	return m->model;
}

struct model *random_model(uint64_t seed, unsigned size)
{
	struct maker m = { .seed = seed, .size = size };

	return make(&m);
}

struct model *random_model_near(uint64_t seed, uint64_t change, unsigned size)
{
	struct maker m = { .seed = seed, .change = change, .is_near = true, .size = size };

	return make(&m);
}
