/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has to be looked at for the objects of an outlook, one look at all of it, and then row by row. */
#include "cmd/doctor/find.h"

#include "backends/surroundings.h"
#include "backends/tunnel.h"
#include "model/kinds.h"
#include "model/text.h"
#include "model/tunnel.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* ---- the question ---- */

static void ask_word(struct list *list, const char *word, struct arena *arena)
{
	const struct string_item *items = list->items;
	size_t i;

	for (i = 0; i < list->n; i++)
		if (!strcmp(items[i].text, word))
			return;
	((struct string_item *)list_append(list, &record_string_item, arena))->text = word;
}

static void ask_port(struct surroundings_question *question, const char *place, uint8_t protocol,
		     unsigned long first, unsigned long last, struct arena *arena)
{
	*(struct surroundings_ports *)list_append(&question->ports, &record_surroundings_ports,
						  arena) = (struct surroundings_ports){
		.place = place,
		.protocol = protocol,
		.first = (uint16_t)first,
		.last = (uint16_t)last,
	};
}

static void ask_maps(struct surroundings_question *question, const struct object *object,
		     struct arena *arena)
{
	const struct nft_table *table = object->data;
	size_t i;

	for (i = 0; i < table->dnat.n; i++) {
		const struct dnat *dnat = list_item(&table->dnat, &record_dnat, i);
		const char *dash = dnat->port ? strchr(dnat->port, '-') : NULL;
		unsigned long first = dnat->port ? strtoul(dnat->port, NULL, 10) : 0;
		unsigned long last = dash ? strtoul(dash + 1, NULL, 10) : first;

		if (dnat->protocol != NAT_UDP)
			ask_port(question, object->place, IPPROTO_TCP, first, last, arena);
		if (dnat->protocol != NAT_TCP)
			ask_port(question, object->place, IPPROTO_UDP, first, last, arena);
	}
}

static void ask_tunnel(struct surroundings_question *question, const struct object *object,
		       struct arena *arena)
{
	const struct tunnel *tunnel = object->data;
	struct tunnel_endpoint endpoint;
	size_t i, j;

	ask_port(question, object->place, IPPROTO_UDP, tunnel->port, tunnel->port, arena);
	for (i = 0; !object->place[0] && i < tunnel->peers.n; i++) {
		const struct tunnel_peer *peer = list_item(&tunnel->peers, &record_tunnel_peer, i);

		for (j = 0; tunnel_peer_address(peer, &j, &endpoint);)
			((struct addr_item *)list_append(&question->peers, &record_addr_item,
							 arena))
				->addr = endpoint.addr;
	}
}

/* tap and tun are made by their device, and told apart by W-TUN. */
static void ask_kind(struct surroundings_question *question, const struct object *object,
		     struct arena *arena)
{
	const struct link_kind *kind = object_link(object)->kind;

	if (kind && !object->external && !kind->netlink_name && strcmp(kind->name, "tap") != 0 &&
	    strcmp(kind->name, "tun") != 0)
		ask_word(&question->kinds, kind->name, arena);
}

/* Where something can be in the way: not of a namespace that has one interface, and there may be thousands of those. */
static bool is_of_interest(const struct object *object, const struct object *previous)
{
	if (object->class == &class_tunnel)
		return true;
	if (object->class == &class_nft_table)
		return true;
	if (object->class != &class_link || !strcmp(object->name, "lo"))
		return false;
	/* Objects are sorted by place: two in a row are neighbours. */
	return is_bridge(object) ||
	       (previous && previous->class == &class_link && strcmp(previous->name, "lo") != 0 &&
		!strcmp(previous->place, object->place));
}

static void ask_places(struct list *places, const struct model *want, struct arena *arena)
{
	const struct object *object, *previous = NULL;
	const char *last = "";
	size_t i;

	MODEL_FOR_EACH (object, want, i) {
		if (object->owner != OWNER_OURS)
			continue;
		if (strcmp(object->place, last) != 0 && is_of_interest(object, previous)) {
			ask_word(places, object->place, arena);
			last = object->place;
		}
		previous = object;
	}
}

static void ask(struct surroundings_question *ret, const struct outlook *outlook,
		struct arena *arena)
{
	const struct object *object;
	size_t i;

	*ret = (struct surroundings_question){ .programs = true };
	ask_word(&ret->places, "", arena); /* first: others are taken to be like it */
	ask_places(&ret->places, outlook->want, arena);
	MODEL_FOR_EACH (object, outlook->want, i) {
		if (object->owner != OWNER_OURS)
			continue;
		if (object->class == &class_nft_table)
			ask_maps(ret, object, arena);
		if (object->class == &class_tunnel)
			ask_tunnel(ret, object, arena);
		if (object->class == &class_link && outlook->use == FINDING_DOCTOR_ONLY)
			ask_kind(ret, object, arena);
	}
}

/* One that does not answer is left out: what it lacks is not known. */
static const struct node *ask_workers(const char *topology, struct arena *arena)
{
	struct error ignored;
	struct node *list;

	return tunnel_status(topology, arena, &list, &ignored) < 0 ? NULL : list;
}

/* ---- looking ---- */

void doctor_judge(const struct outlook *outlook, struct findings *ret)
{
	const struct finding_row *row;

	for (row = finding_rows; row->code; row++)
		if (row->use <= outlook->use)
			row->look(row, outlook, ret);
}

int doctor_look(struct outlook *outlook, struct places *places, struct findings *ret,
		struct error *err)
{
	struct surroundings_question question;
	int r;

	ask(&question, outlook, ret->arena);
	if (outlook->use == FINDING_DOCTOR_ONLY && outlook->topology)
		outlook->workers = ask_workers(outlook->topology, ret->arena);
	r = surroundings_read(&outlook->near, &question, places, ret->arena, err);
	if (r == 0)
		doctor_judge(outlook, ret);
	return r;
}
