/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules between objects, on models made by hand: each mistake alone, and none in models that are right. */
#include "model/validate.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/kinds.h"
#include "model/nft_table.h"
#include "model/route.h"
#include "model/sysctl.h"
#include "model/text.h"
#include "model/tunnel.h"
#include "tests/fake/random_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A model that is right: red and blue on br0, a macvlan on the host's eth0. */
struct fixture {
	struct model *model;
	struct arena *arena;
	struct diag *diag;
	uint32_t line; /* of the next object */
};

static struct position next_position(struct fixture *f)
{
	return (struct position){ .file = "t.yaml", .line = ++f->line, .column = 3 };
}

static struct object *add(struct fixture *f, const struct class *class, const char *place,
			  const char *name)
{
	struct object *object = model_add(f->model, class, place, name);

	assert_non_null(object);
	object->position = next_position(f);
	return object;
}

static struct link *add_link(struct fixture *f, const char *place, const char *name,
			     const char *kind)
{
	struct object *object = add(f, &class_link, place, name);
	uint16_t line = (uint16_t)f->line;

	if (kind)
		link_set_kind(object->data, kind_find(kind), f->arena);
	else
		object->external = true;
	if (kind && !object_link(object)->kind->no_mac)
		object_link(object)->macaddress =
			(struct mac){ { 2, 0, 0, 0, (uint8_t)(line >> 8), (uint8_t)line } };
	object_link(object)->mtu = kind ? 1500 : 0;
	return object->data;
}

static void add_address(struct fixture *f, const char *place, const char *interface,
			const char *text)
{
	struct addr addr;
	struct address *address;

	assert_true(addr_parse_prefix(&addr, text));
	address = add(f, &class_address, place, address_name(f->arena, interface, &addr))->data;
	address->address = addr;
	address->interface.name = arena_strdup(f->arena, interface);
}

static struct route *add_route(struct fixture *f, const char *place, const char *to,
			       const char *via)
{
	struct route key = { .table = 254 };
	struct route *route;

	assert_true(addr_parse_prefix(&key.to, to));
	route = add(f, &class_route, place, route_name(f->arena, &key))->data;
	route->to = key.to;
	if (via)
		assert_true(addr_parse(&route->via, via));
	return route;
}

static void add_veth(struct fixture *f, const char *place, const char *name, const char *other,
		     const char *master)
{
	struct link *inner = add_link(f, place, name, "veth");
	struct link *outer = add_link(f, "", other, "veth");

	inner->peer = (struct ref){ "", arena_strdup(f->arena, other) };
	outer->peer = (struct ref){ arena_strdup(f->arena, place), arena_strdup(f->arena, name) };
	outer->master.name = master;
}

static struct tunnel_peer *add_peer(struct fixture *f, struct tunnel *tunnel, const char *name,
				    const char *endpoint)
{
	struct tunnel_peer *peer = list_append(&tunnel->peers, &record_tunnel_peer, f->arena);

	peer->name = name;
	peer->endpoint = endpoint;
	return peer;
}

static struct tunnel *add_tunnel(struct fixture *f, const char *name, uint16_t port)
{
	struct tunnel *tunnel;

	add_link(f, "", name, "tap");
	tunnel = add(f, &class_tunnel, "", name)->data;
	tunnel->interface.name = name;
	tunnel->encryption = TUNNEL_NONE;
	tunnel->port = port;
	add_peer(f, tunnel, "beta", "192.0.2.5:40000");
	return tunnel;
}

static struct dnat *add_dnat(struct fixture *f, const char *port, const char *to)
{
	struct object *object = model_find(f->model, &class_nft_table, "", "vnet_t");
	struct nft_table *table;
	struct dnat *rule;

	if (!object)
		object = add(f, &class_nft_table, "", "vnet_t");
	table = object->data;
	rule = list_append(&table->dnat, &record_dnat, f->arena);
	rule->item.position = next_position(f);
	rule->port = port;
	rule->to = to;
	return rule;
}

static struct link *link_of(struct fixture *f, const char *place, const char *name)
{
	return model_find(f->model, &class_link, place, name)->data;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->model = model_new();
	f->arena = model_arena(f->model);
	f->diag = diag_new();
	add_link(f, "", "eth0", NULL);
	add_link(f, "", "br0", "bridge");
	add_address(f, "", "br0", "10.0.0.1/24");
	add(f, &class_netns, "", "red");
	add(f, &class_netns, "", "blue");
	add_link(f, "red", "lo", NULL);
	add_link(f, "blue", "lo", NULL);
	add_veth(f, "red", "eth0", "red-eth0", "br0");
	add_address(f, "red", "eth0", "10.0.0.2/24");
	add_veth(f, "blue", "eth0", "blue-eth0", "br0");
	add_address(f, "blue", "eth0", "10.0.0.3/24");
	add_route(f, "red", "0.0.0.0/0", "10.0.0.1");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	diag_free(f->diag);
	model_free(f->model);
	free(f);
	return 0;
}

static void validate(struct fixture *f)
{
	struct topology topology = { .name = "t", .want = f->model };

	validate_model(&topology, f->diag);
}

static void assert_silent(struct fixture *f)
{
	validate(f);
	if (diag_count(f->diag))
		print_error("%s\n", diag_get(f->diag, 0)->text);
	assert_int_equal(diag_count(f->diag), 0);
}

/* Exactly one message, with that text and hint (NULL: any), at the object added last unless line is given. */
static void assert_one(struct fixture *f, const char *text, const char *hint)
{
	const struct diag_message *message;

	validate(f);
	assert_int_equal(diag_count(f->diag), 1);
	message = diag_get(f->diag, 0);
	assert_string_equal(message->text, text);
	if (hint)
		assert_string_equal(message->hint, hint);
	assert_string_equal(message->position.file, "t.yaml");
	assert_in_range(message->position.line, 1, f->line);
}

static void test_right_model_passes(void **state)
{
	assert_silent(*state);
}

static void test_random_models_pass(void **state)
{
	struct fixture *f = *state;
	struct topology topology = { .name = RANDOM_MODEL_NAME, .host = "alpha" };
	uint64_t seed;

	for (seed = 0; seed < 100; seed++) {
		topology.want = random_model(seed, 8);
		validate_model(&topology, f->diag);
		if (diag_errors(f->diag))
			print_error("seed %d: %s\n", (int)seed, diag_get(f->diag, 0)->text);
		assert_int_equal(diag_errors(f->diag), 0);
		model_free(topology.want);
	}
}

/* Not a benchmark: a rule that compares all with all would take minutes. */
static void test_four_thousand_namespaces_end(void **state)
{
	struct fixture *f = *state;
	struct topology topology = { .name = RANDOM_MODEL_NAME, .want = random_model(1, 4000) };
	clock_t start = clock();

	validate_model(&topology, f->diag);
	assert_in_range((clock() - start) / CLOCKS_PER_SEC, 0, 10);
	model_free(topology.want);
}

/* ---- references ---- */

static void test_missing_bridge_suggests_near_name(void **state)
{
	struct fixture *f = *state;

	add_link(f, "", "tap0", "tap")->master.name = "brr0";
	assert_one(f, "master: there is no interface \"brr0\" in the host",
		   "did you mean \"br0\"?");
}

static void test_missing_parent_tells_how_to_name_a_nic(void **state)
{
	struct fixture *f = *state;

	add_link(f, "red", "mv0", "macvlan")->link = (struct ref){ "", "wlan7" };
	assert_one(f, "link: there is no interface \"wlan7\" in the host",
		   "if it is made elsewhere, write \"interfaces: {wlan7: {}}\"");
}

static void test_missing_namespace_suggests_near_name(void **state)
{
	struct fixture *f = *state;

	add_link(f, "", "mv0", "macvlan")->link = (struct ref){ "bleu", "eth0" };
	assert_one(f, "link: there is no namespace \"bleu\"", "did you mean \"blue\"?");
}

static void test_missing_interface_of_nexthop_is_found(void **state)
{
	struct fixture *f = *state;
	struct route *route = add_route(f, "red", "10.9.0.0/16", NULL);
	struct nexthop *hop = list_append(&route->nexthops, &record_nexthop, f->arena);

	hop->interface.name = "eth1";
	assert_one(f, "interface: there is no interface \"eth1\" in red", "did you mean \"eth0\"?");
}

static void test_cycle_of_parents_is_told_once(void **state)
{
	struct fixture *f = *state;

	add_link(f, "", "mv0", "macvlan")->link.name = "mv1";
	add_link(f, "", "mv1", "macvlan")->link.name = "mv2";
	add_link(f, "", "mv2", "macvlan")->link.name = "mv0";
	assert_one(f, "mv2 sits on mv0, which sits on mv1, which sits on mv2",
		   "one of them must stand on its own");
}

/* ---- links ---- */

static void test_port_of_itself_is_refused(void **state)
{
	struct fixture *f = *state;

	link_of(f, "", "br0")->master.name = "br0";
	model_remove(f->model, model_find(f->model, &class_address, "", "br0 10.0.0.1/24"));
	model_remove(f->model, model_find(f->model, &class_route, "red", "default ipv4"));
	assert_one(f, "br0 is a port of itself", NULL);
}

static void test_bridge_in_bridge_is_refused(void **state)
{
	struct fixture *f = *state;

	add_link(f, "", "br1", "bridge")->master.name = "br0";
	assert_one(f, "br1 cannot be a port of br0 (line 2)",
		   "a bridge cannot be a port of a bridge; join them by a wire under \"links\"");
}

static void test_tun_as_port_is_refused(void **state)
{
	struct fixture *f = *state;

	add_link(f, "", "tun0", "tun")->master.name = "br0";
	assert_one(f, "tun0 cannot be a port of br0 (line 2)",
		   "it carries no Ethernet frames; use a tap");
}

static void test_port_of_what_is_no_bridge_is_refused(void **state)
{
	struct fixture *f = *state;

	add_link(f, "", "tap0", "tap");
	add_link(f, "", "tap1", "tap")->master.name = "tap0";
	assert_one(f, "tap0 is no bridge but a tap (line 15)", NULL);
}

static void test_port_in_another_place_is_refused(void **state)
{
	struct fixture *f = *state;

	add_link(f, "red", "tap0", "tap")->master = (struct ref){ "", "br0" };
	assert_one(f, "tap0 is in red, but its bridge br0 is in the host: expected one place",
		   NULL);
}

static void test_macvlan_without_link_is_refused(void **state)
{
	struct fixture *f = *state;

	add_link(f, "red", "mv0", "macvlan");
	assert_one(f, "a macvlan needs \"link\"", NULL);
}

static void test_macvlan_on_a_port_is_refused(void **state)
{
	struct fixture *f = *state;

	link_of(f, "", "eth0")->master.name = "br0";
	add_link(f, "red", "mv0", "macvlan")->link = (struct ref){ "", "eth0" };
	assert_one(f, "eth0 is a port of br0 (line 1), so no macvlan can sit on it",
		   "did you mean \"link: br0\"?");
}

static void test_mtu_above_parent_is_refused(void **state)
{
	struct fixture *f = *state;
	struct link *link = add_link(f, "", "mv0", "macvlan");

	link->link.name = "br0";
	link->mtu = 1501;
	assert_one(f, "mtu 1501 is above the 1500 that br0 leaves it (line 2)",
		   "write at most 1500, or raise the mtu of br0");
}

static void test_vxlan_needs_room_for_its_headers(void **state)
{
	struct fixture *f = *state;
	struct link *link = add_link(f, "", "vx0", "vxlan");

	link->link.name = "br0";
	link->mtu = 1450;
	validate(f);
	assert_int_equal(diag_count(f->diag), 0);
	link->mtu = 1451;
	assert_one(f, "mtu 1451 is above the 1450 that br0 leaves it (line 2)", NULL);
}

static void test_two_vxlans_of_one_id_are_refused(void **state)
{
	struct fixture *f = *state;

	add_link(f, "", "vx0", "vxlan");
	add_link(f, "", "vx1", "vxlan");
	assert_one(f, "id 0 on port 4789 is already used by vx0 (line 15)", NULL);
}

static void test_bridge_above_its_ports_is_warned_of(void **state)
{
	struct fixture *f = *state;

	add_link(f, "", "tap0", "tap");
	link_of(f, "", "tap0")->mtu = 1400;
	link_of(f, "", "tap0")->master.name = "br0";
	assert_one(f,
		   "mtu 1500 of br0 is above the 1400 of its port tap0: longer packets are lost "
		   "there",
		   NULL);
	assert_int_equal(diag_errors(f->diag), 0);
}

static void test_too_many_ports_are_refused(void **state)
{
	struct fixture *f = *state;
	char name[16];
	int i;

	for (i = 0; i < 1021; i++) {
		snprintf(name, sizeof(name), "tap%d", i);
		add_link(f, "", name, "tap")->master.name = "br0";
		memset(&link_of(f, "", name)->macaddress, 0, sizeof(struct mac));
	}
	assert_silent(f);
	add_link(f, "", "last", "tap")->master.name = "br0";
	assert_one(f, "br0 has 1024 ports, but a bridge has at most 1023", NULL);
}

static void test_wire_into_itself_is_refused(void **state)
{
	struct fixture *f = *state;

	add_link(f, "red", "w0", "veth")->peer.name = "w0";
	assert_one(f, "both ends of the wire are w0 in red: expected two names", NULL);
}

static void test_interface_nobody_makes_is_refused(void **state)
{
	struct fixture *f = *state;

	add_link(f, "red", "eth7", NULL);
	assert_one(f, "nothing makes the interface \"eth7\" of red", NULL);
}

static void test_multicast_mac_is_refused(void **state)
{
	struct fixture *f = *state;

	link_of(f, "red", "eth0")->macaddress.bytes[0] = 1;
	validate(f);
	assert_int_equal(diag_count(f->diag), 1);
	assert_string_equal(diag_get(f->diag, 0)->text,
			    "01:00:00:00:00:08 is a multicast address, no interface can have it");
	assert_string_equal(diag_get(f->diag, 0)->hint, "did you mean \"02:00:00:00:00:08\"?");
}

static void test_mac_twice_on_a_segment_is_refused(void **state)
{
	struct fixture *f = *state;

	link_of(f, "blue", "eth0")->macaddress = link_of(f, "red", "eth0")->macaddress;
	assert_one(f, "02:00:00:00:00:08 is already the MAC address of eth0 of red (line 8)", NULL);
}

static void test_mac_twice_on_two_segments_passes(void **state)
{
	struct fixture *f = *state;

	add_link(f, "red", "tap0", "tap")->macaddress = link_of(f, "blue", "eth0")->macaddress;
	assert_silent(f);
}

/* ---- addresses ---- */

static void test_wrong_addresses_are_refused(void **state)
{
	static const struct {
		const char *address, *text, *hint;
	} vectors[] = {
		{ "10.1.0.0/24",
		  "10.1.0.0/24 is the address of the network itself, expected one of an interface",
		  "the first one is \"10.1.0.1/24\"" },
		{ "10.1.0.255/24",
		  "10.1.0.255/24 is the broadcast address of its network, expected one of an "
		  "interface",
		  "the first one is \"10.1.0.1/24\"" },
		{ "224.0.0.5/24",
		  "224.0.0.5/24 is a multicast address, expected one of an interface", NULL },
		{ "ff02::1/64", "ff02::1/64 is a multicast address, expected one of an interface",
		  NULL },
		{ "::/64", "::/64 is the unspecified address, expected one of an interface", NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		teardown(state);
		setup(state);
		add_address(*state, "red", "eth0", vectors[i].address);
		assert_one(*state, vectors[i].text, vectors[i].hint);
	}
}

static void test_addresses_at_the_edge_pass(void **state)
{
	static const char *const good[] = { "10.1.0.0/31", "10.1.0.1/31",   "10.2.0.0/32",
					    "fd00::/64",   "fe80::1/64",    "10.3.0.1/30",
					    "10.3.0.2/30", "fd00::ffff/112" };
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		add_address(*state, "red", "eth0", good[i]);
	assert_silent(*state);
}

static void test_address_twice_on_a_segment_names_both(void **state)
{
	struct fixture *f = *state;

	add_link(f, "", "tap0", "tap");
	add_address(f, "blue", "eth0", "10.0.0.2/16");
	assert_one(f, "10.0.0.2/16 is already used by red (line 10)", NULL);
}

static void test_address_twice_in_a_place_names_both(void **state)
{
	struct fixture *f = *state;

	add_link(f, "red", "tap0", "tap");
	add_address(f, "red", "tap0", "10.0.0.2/24");
	assert_one(f, "10.0.0.2/24 is already used by eth0 of red (line 10)", NULL);
}

static void test_address_twice_on_two_segments_passes(void **state)
{
	struct fixture *f = *state;

	add_link(f, "red", "tap0", "tap");
	add_link(f, "blue", "tap0", "tap");
	add_address(f, "red", "tap0", "172.16.0.1/24");
	add_address(f, "blue", "tap0", "172.16.0.1/24");
	add_address(f, "blue", "tap0", "fe80::1/64");
	add_address(f, "blue", "eth0", "fe80::1/64");
	assert_silent(f);
}

static void test_ipv6_needs_1280(void **state)
{
	struct fixture *f = *state;

	add_link(f, "red", "tap0", "tap")->mtu = 1279;
	add_address(f, "red", "tap0", "fd00::1/64");
	assert_one(f, "mtu 1279 of tap0 is too small for IPv6: expected at least 1280", NULL);
}

static void test_address_on_a_port_is_warned_of(void **state)
{
	struct fixture *f = *state;

	add_address(f, "", "red-eth0", "10.7.0.1/24");
	assert_one(f, "red-eth0 is a port of br0: packets for an address on it do not reach it",
		   "give the address to br0");
	assert_int_equal(diag_errors(f->diag), 0);
}

/* ---- routes ---- */

static void test_wrong_routes_are_refused(void **state)
{
	static const struct {
		const char *to, *via, *text;
	} vectors[] = {
		{ "10.9.0.0/16", "10.0.1.1", "gateway 10.0.1.1 is in no network of red" },
		{ "10.9.0.0/16", "10.0.0.2", "gateway 10.0.0.2 is an address of red itself" },
		{ "10.9.0.0/16", "fd00::1", "gateway fd00::1 is not of the family of 10.9.0.0/16" },
		{ "10.9.0.0/16", "224.0.0.1", "224.0.0.1 is no address of a gateway" },
		{ "fd09::/64", "fe80::1",
		  "gateway fe80::1 is link-local: expected \"interface\" beside it" },
		{ "10.9.0.0/16", NULL,
		  "expected \"via\", \"interface\" or \"nexthops\" for 10.9.0.0/16" },
	};
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		teardown(state);
		setup(state);
		add_route(*state, "red", vectors[i].to, vectors[i].via);
		assert_one(*state, vectors[i].text, NULL);
	}
}

static void test_reachable_gateways_pass(void **state)
{
	struct fixture *f = *state;
	struct route *route;

	add_route(f, "red", "10.8.0.0/16", NULL)->interface.name = "eth0";
	add_route(f, "red", "10.9.0.0/16", "10.8.0.1"); /* by the route above */
	add_route(f, "red", "10.10.0.0/16", "192.0.2.1")->on_link = true;
	add_route(f, "", "10.11.0.0/16", "192.0.2.1"); /* by a network of the host's own */
	route = add_route(f, "red", "fd09::/64", "fe80::1");
	route->interface.name = "eth0";
	assert_silent(f);
}

static void test_gateway_by_the_wrong_interface_is_refused(void **state)
{
	struct fixture *f = *state;

	add_link(f, "red", "tap0", "tap");
	add_address(f, "red", "tap0", "172.16.0.1/24");
	add_route(f, "red", "10.9.0.0/16", "10.0.0.1")->interface.name = "tap0";
	assert_one(f, "gateway 10.0.0.1 is in no network of tap0 of red",
		   "expected an address in 172.16.0.0/24");
}

static void test_same_nexthop_twice_is_refused(void **state)
{
	struct fixture *f = *state;
	struct route *route = add_route(f, "red", "10.9.0.0/16", NULL);
	int i;

	for (i = 0; i < 2; i++) {
		struct nexthop *hop = list_append(&route->nexthops, &record_nexthop, f->arena);

		hop->interface.name = "eth0";
	}
	assert_one(f, "next hop 2 of 10.9.0.0/16 is the same as next hop 1",
		   "use \"weight\" for a larger share");
}

static void test_blackhole_takes_no_gateway(void **state)
{
	struct fixture *f = *state;

	add_route(f, "red", "10.9.0.0/16", "10.0.0.1")->type = 6;
	assert_one(f, "a route that discards takes no \"via\", \"interface\" or \"nexthops\"",
		   NULL);
}

static void test_foreign_source_address_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_true(addr_parse(&add_route(f, "red", "10.9.0.0/16", "10.0.0.1")->from, "10.0.0.3"));
	assert_one(f, "from: 10.0.0.3 is no address of red", NULL);
}

/* ---- port maps ---- */

static void test_overlapping_port_maps_are_refused(void **state)
{
	struct fixture *f = *state;

	add_dnat(f, "8000-8010", "10.0.0.2:8000-8010");
	add_dnat(f, "8010", "10.0.0.3:80");
	assert_one(f, "port 8010/tcp is already mapped to 10.0.0.2:8000-8010 (line 16)",
		   "use another port, or a listen address of its own for each");
}

static void test_any_address_overlaps_one(void **state)
{
	struct fixture *f = *state;

	assert_true(addr_parse(&add_dnat(f, "80", "10.0.0.2:80")->listen, "192.0.2.1"));
	add_dnat(f, "80", "10.0.0.3:80")->protocol = NAT_TCP_UDP;
	assert_one(f, "port 80/tcp is already mapped to 10.0.0.2:80 (line 16)", NULL);
}

static void test_maps_that_are_told_apart_pass(void **state)
{
	struct fixture *f = *state;
	struct dnat *rule;

	assert_true(addr_parse(&add_dnat(f, "80", "10.0.0.2:80")->listen, "192.0.2.1"));
	assert_true(addr_parse(&add_dnat(f, "80", "10.0.0.3:80")->listen, "192.0.2.2"));
	add_dnat(f, "80", "10.0.0.3:80")->protocol = NAT_UDP;
	add_dnat(f, "80", "[fd00::2]:80");
	add_dnat(f, "81", "10.0.0.2:81")->in = "eth0";
	add_dnat(f, "81", "10.0.0.2:82")->in = "br0";
	rule = add_dnat(f, "82", "10.0.0.2:82");
	addr_parse_prefix(
		&((struct prefix_item *)list_append(&rule->source, &record_prefix_item, f->arena))
			 ->prefix,
		"192.0.2.0/25");
	rule = add_dnat(f, "82", "10.0.0.2:83");
	addr_parse_prefix(
		&((struct prefix_item *)list_append(&rule->source, &record_prefix_item, f->arena))
			 ->prefix,
		"192.0.2.128/25");
	assert_silent(f);
}

static void test_wrong_port_maps_are_refused(void **state)
{
	static const struct {
		const char *port, *to, *text;
	} vectors[] = {
		{ "0", "10.0.0.2",
		  "port: expected a port from 1 to 65535 or a range such as 5000-5010, not \"0\"" },
		{ "90-80", "10.0.0.2",
		  "port: expected a port from 1 to 65535 or a range such as 5000-5010, not "
		  "\"90-80\"" },
		{ "80", "web:80",
		  "to: expected ADDRESS or ADDRESS:PORT[-PORT], IPv6 in brackets, not \"web:80\"" },
		{ "80-90", "10.0.0.2:80-85", "80-90 has 11 ports, but 10.0.0.2:80-85 has 6" },
	};
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		teardown(state);
		setup(state);
		add_dnat(*state, vectors[i].port, vectors[i].to);
		assert_one(*state, vectors[i].text, NULL);
	}
}

static void test_families_of_a_map_must_agree(void **state)
{
	struct fixture *f = *state;

	assert_true(addr_parse(&add_dnat(f, "80", "10.0.0.2:80")->listen, "fd00::1"));
	assert_one(f, "\"listen\" is not of the family of the target 10.0.0.2:80",
		   "NAT does not translate between IPv4 and IPv6");
}

static void test_loopback_is_ipv4(void **state)
{
	struct fixture *f = *state;

	add_dnat(f, "80", "[fd00::2]:80")->loopback = true;
	assert_one(f, "\"loopback\" is for IPv4 targets only", NULL);
}

static void test_unknown_state_suggests(void **state)
{
	struct fixture *f = *state;
	struct nft_table *table = add(f, &class_nft_table, "", "vnet_t")->data;
	struct policy *rule = list_append(&table->policy, &record_policy, f->arena);
	struct string_item *word = list_append(&rule->state, &record_string_item, f->arena);

	rule->item.position = next_position(f);
	word->text = "establishd";
	assert_one(f,
		   "state: expected new, established, related, invalid or dnat, not \"establishd\"",
		   "did you mean \"established\"?");
}

static void test_rule_for_a_missing_interface_is_warned_of(void **state)
{
	struct fixture *f = *state;
	struct nft_table *table = add(f, &class_nft_table, "red", "vnet_t")->data;
	struct masquerade *rule = list_append(&table->masquerade, &record_masquerade, f->arena);

	rule->item.position = next_position(f);
	rule->out = "eth1";
	assert_one(f, "there is no interface \"eth1\" in red", "did you mean \"eth0\"?");
	assert_int_equal(diag_errors(f->diag), 0);
}

/* ---- tunnels ---- */

static void test_tunnel_passes(void **state)
{
	add_tunnel(*state, "ov0", 40000);
	add_tunnel(*state, "ov1", 40001);
	assert_silent(*state);
}

static void test_two_tunnels_on_one_port_are_refused(void **state)
{
	struct tunnel *tunnel = add_tunnel(*state, "ov0", 40000);

	addr_parse(&tunnel->local, "192.0.2.1");
	add_tunnel(*state, "ov1", 40000);
	assert_one(*state, "UDP port 40000 is already used by ov0 (line 16)", NULL);
}

static void test_two_tunnels_on_one_address_are_refused(void **state)
{
	addr_parse(&add_tunnel(*state, "ov0", 40000)->local, "192.0.2.1");
	addr_parse(&add_tunnel(*state, "ov1", 40000)->local, "192.0.2.2");
	addr_parse(&add_tunnel(*state, "ov2", 40000)->local, "192.0.2.2");
	assert_one(*state, "UDP port 40000 is already used by ov1 (line 18)", NULL);
}

static void test_two_tunnels_on_two_addresses_pass(void **state)
{
	addr_parse(&add_tunnel(*state, "ov0", 40000)->local, "192.0.2.1");
	addr_parse(&add_tunnel(*state, "ov1", 40000)->local, "192.0.2.2");
	assert_silent(*state);
}

static void test_tunnel_on_a_vxlan_port_is_refused(void **state)
{
	add_link(*state, "", "vx0", "vxlan");
	add_tunnel(*state, "ov0", 4789);
	assert_one(*state, "UDP port 4789 is already used by vx0 (line 15)", NULL);
}

static void test_peers_must_differ(void **state)
{
	static const struct {
		const char *name, *endpoint, *text;
	} vectors[] = {
		{ "beta", "192.0.2.6:40000", "tunnel ov0 has two peers named beta" },
		{ "gamma", "192.0.2.5:40000", "address 192.0.2.5 is already that of peer beta" },
		{ "gamma", "192.0.2.5:40001", "address 192.0.2.5 is already that of peer beta" },
		{ "gamma", "192.0.2.1:40000",
		  "peer gamma: endpoint 192.0.2.1:40000 is this tunnel's own" },
		{ "gamma", "[fd00::5]:40000",
		  "peer gamma: endpoint [fd00::5]:40000 is not of the family of \"local\"" },
	};
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct tunnel *tunnel;

		teardown(state);
		setup(state);
		tunnel = add_tunnel(*state, "ov0", 40000);
		addr_parse(&tunnel->local, "192.0.2.1");
		add_peer(*state, tunnel, vectors[i].name, vectors[i].endpoint);
		assert_one(*state, vectors[i].text, NULL);
	}
}

/* ---- sysctls and kinds ---- */

static void test_wrong_sysctls_are_refused(void **state)
{
	static const struct {
		const char *name, *text;
	} vectors[] = {
		{ "kernel.hostname",
		  "sysctl kernel.hostname is not of the network: expected a name "
		  "that starts with net." },
		{ "net..ipv4", "\"net..ipv4\" is no name of a sysctl" },
		{ "net/../kernel/panic", "\"net/../kernel/panic\" is no name of a sysctl" },
		{ "net.ipv4.conf.eth9.rp_filter",
		  "sysctl net.ipv4.conf.eth9.rp_filter: there is no interface \"eth9\" in red" },
	};
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		teardown(state);
		setup(state);
		((struct sysctl *)add(*state, &class_sysctl, "red", vectors[i].name)->data)->value =
			"1";
		assert_one(*state, vectors[i].text, NULL);
	}
}

static void test_sysctls_of_interfaces_pass(void **state)
{
	static const char *const names[] = { "net.ipv4.conf.eth0.rp_filter",
					     "net.ipv6.conf.all.forwarding",
					     "net/ipv4/conf/default/rp_filter",
					     "net.ipv4.ip_forward" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		((struct sysctl *)add(*state, &class_sysctl, "red", names[i])->data)->value = "1";
	assert_silent(*state);
}

static void set_row(struct link *link, const char *row, const char *text, struct arena *arena)
{
	const struct field *field = record_field(&link->kind->record, row);

	assert_true(field_parse(field, link->info, text, arena, NULL));
}

static void test_stp_needs_a_delay(void **state)
{
	struct fixture *f = *state;

	set_row(link_of(f, "", "br0"), "stp", "true", f->arena);
	assert_one(f, "stp of br0 needs a forward-delay of 2 to 30 seconds, not 0", "15 is usual");
}

static void test_vxlan_ends_are_of_one_family(void **state)
{
	struct fixture *f = *state;
	struct link *link = add_link(f, "", "vx0", "vxlan");

	set_row(link, "local", "192.0.2.1", f->arena);
	set_row(link, "remote", "fd00::1", f->arena);
	assert_one(f, "\"local\" and \"remote\" of vx0 are of two families", NULL);
}

static void test_vxlan_group_needs_a_link(void **state)
{
	struct fixture *f = *state;

	set_row(add_link(f, "", "vx0", "vxlan"), "remote", "239.0.0.1", f->arena);
	assert_one(f, "\"remote\" of vx0 is a multicast group: expected \"link\" beside it", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_right_model_passes),
		TEST(test_random_models_pass),
		TEST(test_four_thousand_namespaces_end),
		TEST(test_missing_bridge_suggests_near_name),
		TEST(test_missing_parent_tells_how_to_name_a_nic),
		TEST(test_missing_namespace_suggests_near_name),
		TEST(test_missing_interface_of_nexthop_is_found),
		TEST(test_cycle_of_parents_is_told_once),
		TEST(test_port_of_itself_is_refused),
		TEST(test_bridge_in_bridge_is_refused),
		TEST(test_tun_as_port_is_refused),
		TEST(test_port_of_what_is_no_bridge_is_refused),
		TEST(test_port_in_another_place_is_refused),
		TEST(test_macvlan_without_link_is_refused),
		TEST(test_macvlan_on_a_port_is_refused),
		TEST(test_mtu_above_parent_is_refused),
		TEST(test_vxlan_needs_room_for_its_headers),
		TEST(test_two_vxlans_of_one_id_are_refused),
		TEST(test_bridge_above_its_ports_is_warned_of),
		TEST(test_too_many_ports_are_refused),
		TEST(test_wire_into_itself_is_refused),
		TEST(test_interface_nobody_makes_is_refused),
		TEST(test_multicast_mac_is_refused),
		TEST(test_mac_twice_on_a_segment_is_refused),
		TEST(test_mac_twice_on_two_segments_passes),
		TEST(test_wrong_addresses_are_refused),
		TEST(test_addresses_at_the_edge_pass),
		TEST(test_address_twice_on_a_segment_names_both),
		TEST(test_address_twice_in_a_place_names_both),
		TEST(test_address_twice_on_two_segments_passes),
		TEST(test_ipv6_needs_1280),
		TEST(test_address_on_a_port_is_warned_of),
		TEST(test_wrong_routes_are_refused),
		TEST(test_reachable_gateways_pass),
		TEST(test_gateway_by_the_wrong_interface_is_refused),
		TEST(test_same_nexthop_twice_is_refused),
		TEST(test_blackhole_takes_no_gateway),
		TEST(test_foreign_source_address_is_refused),
		TEST(test_overlapping_port_maps_are_refused),
		TEST(test_any_address_overlaps_one),
		TEST(test_maps_that_are_told_apart_pass),
		TEST(test_wrong_port_maps_are_refused),
		TEST(test_families_of_a_map_must_agree),
		TEST(test_loopback_is_ipv4),
		TEST(test_unknown_state_suggests),
		TEST(test_rule_for_a_missing_interface_is_warned_of),
		TEST(test_tunnel_passes),
		TEST(test_two_tunnels_on_one_port_are_refused),
		TEST(test_two_tunnels_on_one_address_are_refused),
		TEST(test_two_tunnels_on_two_addresses_pass),
		TEST(test_tunnel_on_a_vxlan_port_is_refused),
		TEST(test_peers_must_differ),
		TEST(test_wrong_sysctls_are_refused),
		TEST(test_sysctls_of_interfaces_pass),
		TEST(test_stp_needs_a_delay),
		TEST(test_vxlan_ends_are_of_one_family),
		TEST(test_vxlan_group_needs_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
