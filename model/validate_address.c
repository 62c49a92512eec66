/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses that cannot be an interface's, and addresses, IP and Ethernet, that two interfaces claim where they can
 * hear each other: in one place, or on one segment. A segment is what bridges, wires and shared parents join.
 */
#include "model/address.h"
#include "model/classes.h"
#include "model/text.h"
#include "model/validate_rules.h"

#include <stdlib.h>
#include <sys/socket.h>

/* ---- segments: disjoint sets, by sequence ---- */

static uint32_t find_segment(const struct validation *v, uint32_t i)
{
	while (v->segment[i] != i) {
		v->segment[i] = v->segment[v->segment[i]];
		i = v->segment[i];
	}
	return i;
}

static void join(const struct validation *v, const struct object *link, const struct ref *ref)
{
	const struct object *other = model_find_ref(v->model, link, ref);

	if (other)
		v->segment[find_segment(v, link->sequence)] = find_segment(v, other->sequence);
}

static void make_segments(const struct validation *v)
{
	uint32_t i;

	for (i = 0; i < v->n_sequences; i++)
		v->segment[i] = i;
	for (i = 0; i < v->n_sequences; i++) {
		const struct object *object = v->objects[i];

		if (!object || object->class != &class_link)
			continue;
		join(v, object, &object_link(object)->master);
		join(v, object, &object_link(object)->peer);
		if (link_is_kind(object, "macvlan"))
			join(v, object, &object_link(object)->link);
	}
}

/* ---- single addresses ---- */

static bool is_all_ones(const struct addr *address)
{
	uint8_t bits = addr_bits(address->family), i;

	for (i = address->length; i < bits; i++)
		if (!(address->bytes[i / 8] & 0x80 >> i % 8))
			return false;
	return true;
}

/* NULL: none. IPv6 has neither network nor broadcast addresses (RFC 4291), and /31 has none (RFC 3021). */
static const char *wrong_use(const struct addr *address)
{
	bool has_ends = address->family == AF_INET && address->length < 31;

	if (addr_is_unspecified(address))
		return "the unspecified address";
	if (addr_is_multicast(address))
		return "a multicast address";
	if (has_ends && !addr_has_host_bits(address))
		return "the address of the network itself";
	if (has_ends && is_all_ones(address))
		return "the broadcast address of its network";
	return NULL;
}

static void check_address(const struct validation *v, const struct object *object)
{
	const struct address *address = object->data;
	const struct object *link = model_find_ref(v->model, object, &address->interface);
	const char *use = wrong_use(&address->address);
	struct addr first = addr_network(&address->address);
	char text[ADDR_TEXT_MAX];

	if (use) {
		diag_error(v->diag, &object->position, "%s is %s, expected one of an interface",
			   addr_format_prefix(&address->address, text), use);
		first.bytes[addr_bytes(first.family) - 1] |= 1;
		if (!addr_is_multicast(&first) && !addr_is_unspecified(&first) && first.length > 0)
			diag_hint(v->diag, "the first one is \"%s\"",
				  addr_format_prefix(&first, text));
	}
	if (!link)
		return;
	if (address->address.family == AF_INET6 && object_link(link)->mtu &&
	    object_link(link)->mtu < 1280)
		diag_error(v->diag, &object->position,
			   "mtu %u of %s is too small for IPv6: expected at least 1280",
			   object_link(link)->mtu, link->name);
	if (ref_is_set(&object_link(link)->master)) {
		diag_warning(v->diag, &object->position,
			     "%s is a port of %s: packets for an address on it do not reach it",
			     link->name, object_link(link)->master.name);
		diag_hint(v->diag, "give the address to %s", object_link(link)->master.name);
	}
}

/* ---- addresses used twice ---- */

struct claim {
	const struct object *address, *link;
	const struct addr *addr;
	uint32_t segment;
};

static int compare_claim_addr(const struct claim *x, const struct claim *y)
{
	struct addr a = addr_host(x->addr), b = addr_host(y->addr);

	return addr_compare(&a, &b);
}

static int compare_sequences(const struct claim *x, const struct claim *y)
{
	return x->address->sequence < y->address->sequence ? -1 : 1;
}

static int compare_by_place(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = strcmp(x->link->place, y->link->place);

	order = order ? order : compare_claim_addr(x, y);
	return order ? order : compare_sequences(x, y);
}

static int compare_by_segment(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = x->segment < y->segment ? -1 : x->segment > y->segment;

	order = order ? order : compare_claim_addr(x, y);
	return order ? order : compare_sequences(x, y);
}

static void report_claims(const struct validation *v, const struct claim *one,
			  const struct claim *other)
{
	const struct object *object = other->address;
	bool is_one_place = !strcmp(one->link->place, other->link->place);
	char text[ADDR_TEXT_MAX];
	const char *user = validation_place(v, one->link->place);

	if (is_one_place)
		user = arena_printf(v->arena, "%s of %s", one->link->name, user);
	diag_error(v->diag, &object->position, "%s is already used by %s%s",
		   addr_format_prefix(other->addr, text), user,
		   validation_at(v, &object->position, &one->address->position));
}

/* Link-local addresses repeat on every link, and unnumbered links share one of full length. */
static bool may_repeat(const struct claim *one, const struct claim *other)
{
	uint8_t bits = addr_bits(one->addr->family);

	return addr_is_link_local(one->addr) ||
	       (one->addr->length == bits && other->addr->length == bits);
}

static void check_claims(const struct validation *v)
{
	struct claim *claims = arena_alloc(v->arena, v->n_sequences * sizeof(*claims));
	size_t n = 0, i;

	for (i = 0; i < v->n_sequences; i++) {
		const struct object *object = v->objects[i];
		const struct address *address;
		const struct object *link;

		if (!object || object->class != &class_address)
			continue;
		address = object->data;
		link = model_find_ref(v->model, object, &address->interface);
		if (link)
			claims[n++] = (struct claim){ object, link, &address->address,
						      find_segment(v, link->sequence) };
	}
	qsort(claims, n, sizeof(*claims), compare_by_place);
	for (i = 1; i < n; i++)
		if (!strcmp(claims[i].link->place, claims[i - 1].link->place) &&
		    !compare_claim_addr(&claims[i], &claims[i - 1]) &&
		    !may_repeat(&claims[i - 1], &claims[i]))
			report_claims(v, &claims[i - 1], &claims[i]);
	qsort(claims, n, sizeof(*claims), compare_by_segment);
	for (i = 1; i < n; i++)
		if (claims[i].segment == claims[i - 1].segment &&
		    !compare_claim_addr(&claims[i], &claims[i - 1]) &&
		    strcmp(claims[i].link->place, claims[i - 1].link->place) != 0)
			report_claims(v, &claims[i - 1], &claims[i]);
}

/* ---- MAC addresses used twice ---- */

struct station {
	const struct object *link;
	uint32_t segment;
};

static int compare_station(const void *a, const void *b)
{
	const struct station *x = a, *y = b;
	int order = x->segment < y->segment ? -1 : x->segment > y->segment;

	if (!order)
		order = memcmp(&object_link(x->link)->macaddress, &object_link(y->link)->macaddress,
			       sizeof(struct mac));
	if (!order)
		order = x->link->sequence < y->link->sequence ? -1 : 1;
	return order;
}

/* A bridge commonly bears the address of one of its ports. */
static bool is_port_of(const struct validation *v, const struct object *port,
		       const struct object *bridge)
{
	return model_find_ref(v->model, port, &object_link(port)->master) == bridge;
}

static void check_stations(const struct validation *v)
{
	struct station *stations = arena_alloc(v->arena, v->n_sequences * sizeof(*stations));
	char text[MAC_TEXT_MAX];
	size_t n = 0, i;

	for (i = 0; i < v->n_sequences; i++) {
		const struct object *link = v->objects[i];

		if (link && link->class == &class_link &&
		    mac_is_set(&object_link(link)->macaddress))
			stations[n++] = (struct station){ link, find_segment(v, link->sequence) };
	}
	qsort(stations, n, sizeof(*stations), compare_station);
	for (i = 1; i < n; i++) {
		const struct object *one = stations[i - 1].link, *other = stations[i].link;

		if (stations[i].segment != stations[i - 1].segment ||
		    !mac_equal(&object_link(one)->macaddress, &object_link(other)->macaddress) ||
		    is_port_of(v, one, other) || is_port_of(v, other, one))
			continue;
		diag_error(v->diag, &other->position, "%s is already the MAC address of %s of %s%s",
			   mac_format(&object_link(one)->macaddress, text), one->name,
			   validation_place(v, one->place),
			   validation_at(v, &other->position, &one->position));
	}
}

void validate_addresses(struct validation *v)
{
	struct object *object;
	size_t i;

	make_segments(v);
	MODEL_FOR_EACH (object, v->model, i) {
		if (object->class == &class_address)
			check_address(v, object);
	}
	check_claims(v);
	check_stations(v);
}
