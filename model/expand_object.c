/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adding objects to what is wanted: names, derived MACs, positions, who wrote what. */
#include "model/expand.h"

#include "model/address.h"
#include "model/digest.h"
#include "model/kinds.h"
#include "model/sysctl.h"
#include "model/text.h"

#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

/* Only the arena's growth needs to know it as a record. */
const struct record record_expand_address = {
	.name = "address",
	.size = sizeof(struct expand_address),
};

const char *derived_path(struct arena *arena, const char *name, const char *host, const char *place,
			 const char *interface)
{
	return arena_printf(arena, "%s/%s/%s/%s", name, host, place[0] ? place : "host", interface);
}

struct mac derived_mac(const char *name, const char *host, const char *place, const char *interface)
{
	AUTO_TEXT struct text path = { 0 };
	uint8_t digest[DIGEST_SIZE];
	struct mac mac = { .bytes = { 0x02 } };

	text_add(&path, "%s/%s/%s/%s", name, host, place[0] ? place : "host", interface);
	digest_sha256(path.data, path.length, digest);
	memcpy(mac.bytes + 1, digest, sizeof(mac.bytes) - 1);
	return mac;
}

/* ---- what was written ---- */

static uint64_t link_bit(const char *key)
{
	return 1ULL << (record_field(&class_link.record, key) - class_link.record.fields);
}

bool expand_wrote(const struct object *link, const char *key)
{
	return link->written & link_bit(key);
}

void expand_set_mac(struct object *link, const struct mac *mac)
{
	if (!mac_is_set(mac))
		return;
	object_link(link)->macaddress = *mac;
	link->written |= link_bit("macaddress");
}

void expand_set_mtu(struct object *link, uint32_t mtu)
{
	if (!mtu)
		return;
	object_link(link)->mtu = mtu;
	link->written |= link_bit("mtu");
}

void expand_set_autoconf(struct object *link, bool autoconf)
{
	object_link(link)->autoconf = autoconf;
	link->written |= link_bit("link-local");
}

void expand_set_up(struct object *link, bool up)
{
	object_link(link)->up = up;
	link->written |= link_bit("up");
}

/* ---- objects ---- */

static void report_twice(struct expansion *x, const struct object *first,
			 const struct position *position)
{
	AUTO_TEXT struct text path = { 0 };

	object_path(first, &path);
	if (first->position.file)
		diag_error(x->diag, position, "%s %s is there already, from line %u",
			   first->class->name, text_get(&path), first->position.line);
	else
		diag_error(x->diag, position, "%s %s is there already", first->class->name,
			   text_get(&path));
}

struct object *expand_add(struct expansion *x, const struct class *class, const char *place,
			  const char *name, const struct position *position)
{
	struct object *object = model_add(x->want, class, place, name);

	if (!object) {
		report_twice(x, model_find(x->want, class, place, name), position);
		return NULL;
	}
	object->position = *position;
	return object;
}

struct object *expand_add_link(struct expansion *x, const char *place, const char *name,
			       const char *kind_name, const struct position *position)
{
	const struct link_kind *kind = kind_find(kind_name);
	struct object *object;
	struct link *link;

	if (strlen(name) >= IFNAMSIZ) {
		diag_error(x->diag, position, "interface name \"%s\" has more than %d characters",
			   name, IFNAMSIZ - 1);
		diag_hint(x->diag, "write a shorter one with \"interface\"");
		return NULL;
	}
	if (!strcmp(name, "lo")) {
		diag_error(x->diag, position, "lo is made by the kernel: another name is needed");
		return NULL;
	}
	object = expand_add(x, &class_link, place, name, position);
	if (!object)
		return NULL;
	link = object_link(object);
	link_set_kind(link, kind, x->arena);
	link->autoconf = false;
	if (!kind->no_mac)
		link->macaddress =
			derived_mac(x->topology->name, x->topology->host_label, place, name);
	return object;
}

struct object *expand_external(struct expansion *x, const char *place, const char *name,
			       const struct position *position)
{
	struct object *link = model_find(x->want, &class_link, place, name);

	if (link)
		return link;
	link = model_add(x->want, &class_link, place, name);
	link->position = *position;
	link->external = true;
	return link;
}

/* ---- look-ups ---- */

struct expand_place *expand_find_place(struct expansion *x, const char *name)
{
	size_t i;

	for (i = 0; i < x->n_places; i++)
		if (!strcmp(x->places[i].name, name))
			return &x->places[i];
	return NULL;
}

struct expand_bridge *expand_find_bridge(const struct expand_place *place, const char *name)
{
	size_t i;

	for (i = 0; i < place->n_bridges; i++)
		if (!strcmp(place->bridges[i].syntax->item.name, name))
			return place->bridges[i].link ? &place->bridges[i] : NULL;
	return NULL;
}

void expand_no_bridge(struct expansion *x, const struct expand_place *place, const char *name,
		      const struct position *position)
{
	size_t i;

	for (i = 0; i < place->n_bridges; i++) /* it is there, but wrong: that was told */
		if (!strcmp(place->bridges[i].syntax->item.name, name))
			return;
	diag_error(x->diag, position, "there is no bridge \"%s\" in %s", name,
		   place->name[0] ? place->name : "the host's own place");
	for (i = 0; i < place->n_bridges; i++) {
		if (text_is_near(name, place->bridges[i].syntax->item.name)) {
			diag_hint(x->diag, "did you mean \"%s\"?",
				  place->bridges[i].syntax->item.name);
			return;
		}
	}
}

const struct expand_address *expand_covering(const struct expand_place *place,
					     const struct addr *addr)
{
	const struct expand_address *address, *best = NULL;
	size_t i;

	for (i = 0; i < place->addresses.n; i++) {
		address = list_item(&place->addresses, &record_expand_address, i);
		if (addr_contains(&address->address, addr) &&
		    (!best || address->address.length > best->address.length))
			best = address;
	}
	return best;
}

struct object *expand_resolve(struct expansion *x, const struct expand_place *place,
			      const struct ref *ref, const struct position *position)
{
	const char *where = ref->place ? ref->place : place->name;
	struct object *link = model_find(x->want, &class_link, where, ref->name);

	return link || where[0] ? link : expand_external(x, where, ref->name, position);
}

/* ---- addresses, sysctls, tables ---- */

static void add_address(struct expansion *x, struct expand_place *place, struct object *link,
			const struct address_syntax *syntax)
{
	const char *name = address_name(x->arena, link->name, &syntax->address);
	struct expand_address *known;
	struct address *address;
	struct object *object;

	object = expand_add(x, &class_address, link->place, name, &syntax->item.position);
	if (!object)
		return;
	address = object->data;
	address->interface.name = link->name;
	address->address = syntax->address;
	known = list_append(&place->addresses, &record_expand_address, x->arena);
	known->address = syntax->address;
	known->link = link;
	/* Without an address of its own an interface needs no link-local one, and stays silent. */
	if (syntax->address.family == AF_INET6 && !link->external &&
	    !expand_wrote(link, "link-local"))
		object_link(link)->autoconf = true;
}

void expand_addresses(struct expansion *x, struct expand_place *place, struct object *link,
		      const struct list *addresses)
{
	size_t i;

	for (i = 0; i < addresses->n; i++)
		add_address(x, place, link, list_item(addresses, &record_address, i));
}

/* implied: by another key, which must not contradict what the file says itself. */
void expand_sysctl(struct expansion *x, const char *place, const char *name, const char *value,
		   const struct position *position, bool implied)
{
	struct object *object = model_find(x->want, &class_sysctl, place, name);
	struct sysctl *sysctl;

	if (object && implied) {
		sysctl = object->data;
		if (strcmp(sysctl->value, value) != 0)
			diag_error(x->diag, &object->position,
				   "%s is %s here, but line %u needs it to be %s", name,
				   sysctl->value, position->line, value);
		return;
	}
	object = expand_add(x, &class_sysctl, place, name, position);
	if (!object)
		return;
	sysctl = object->data;
	sysctl->value = arena_strdup(x->arena, value);
}

struct nft_table *expand_table(struct expansion *x, struct expand_place *place)
{
	char *name, *c;

	if (!place->table) {
		name = arena_printf(x->arena, "vnet_%s", x->topology->name);
		for (c = name; *c; c++)
			*c = *c == '-' ? '_' : *c;
		place->table = model_add(x->want, &class_nft_table, place->name, name);
		if (place->namespace)
			place->table->position = place->namespace->item.position;
	}
	return place->table->data;
}
