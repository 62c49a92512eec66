/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits and switches of the machine, and what its kernel lacks. */
#include "cmd/doctor/find.h"

#include "backends/tunnel.h"
#include "model/address.h"
#include "model/sysctl.h"
#include "model/text.h"
#include "model/tunnel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define CONNTRACK_PERCENT 80
#define WORKER_BUFFER	  (8U << 20) /* what the worker asks for */

LOOK(look_conntrack)
{
	const struct surroundings *near = &outlook->near;

	if (!near->conntrack_max || near->conntrack * 100 < near->conntrack_max * CONNTRACK_PERCENT)
		return;
	finding_add(ret, row, NULL,
		    arena_printf(ret->arena, "sysctl -w net.netfilter.nf_conntrack_max=%llu",
				 2 * (unsigned long long)near->conntrack_max),
		    "%llu of %llu connections are tracked (nf_conntrack_count, nf_conntrack_max): "
		    "when the table is full, new ones are dropped",
		    (unsigned long long)near->conntrack, (unsigned long long)near->conntrack_max);
}

/* ---- forwarding ---- */

static bool is_switch(const char *name)
{
	return !strcmp(name, "net.ipv4.ip_forward") ||
	       !strcmp(name, "net.ipv4.conf.all.forwarding") ||
	       !strcmp(name, "net.ipv6.conf.all.forwarding");
}

/* Held by the topology, and 0, though nobody wants 0: it was switched off after it was switched on. */
static bool is_switched_off(const struct outlook *outlook, const struct object *object)
{
	const struct object *live = outlook->have ? model_find(outlook->have, &class_sysctl,
							       object->place, object->name)
						  : NULL;
	const struct sysctl *sysctl = live ? live->data : NULL;

	if (!sysctl || live->owner != OWNER_OURS || strcmp(sysctl->value, "0") != 0)
		return false;
	return outlook->want == outlook->have
		       ? !sysctl->changed
		       : text_equal(((const struct sysctl *)object->data)->value, "1");
}

static void look_at_interface(const struct finding_row *row, const struct outlook *outlook,
			      const struct object *link, struct findings *ret)
{
	const struct near_place *place = surroundings_place(&outlook->near, link->place);
	const struct near_link *near = place ? near_link_find(place, link->name) : NULL;
	const struct nft_table *own = table_of_place(outlook->want, link->place);
	const char *path;

	if (!near || !near->is_ours || near->forwards || !place->forwards || !own ||
	    !own->policy.n || !address_of(outlook->want, link, AF_INET))
		return;
	path = arena_printf(ret->arena, "net/ipv4/conf/%s/forwarding", link->name);
	if (wanted_sysctl(outlook, link->place, path))
		return;
	finding_add(ret, row, link, sysctl_command(ret->arena, link->place, path, "1"),
		    "forwarding of %s%s is off, though the namespace forwards: what comes in there "
		    "goes no further",
		    link->name, where_words(ret->arena, link->place));
}

LOOK(look_forwarding)
{
	const struct object *object;
	size_t i;

	OURS_FOR_EACH(object, outlook->want, &class_sysctl, i)
	{
		if (!is_switch(object->name) || !is_switched_off(outlook, object))
			continue;
		finding_add(
			ret, row, object,
			sysctl_command(ret->arena, object->place,
				       sysctl_path(ret->arena, object->name), "1"),
			"%s%s is 0, and it was 1 when topology %s was applied: somebody switched "
			"it off, and nothing is forwarded",
			object->name, where_words(ret->arena, object->place), outlook->topology);
	}
	OURS_FOR_EACH(object, outlook->want, &class_link, i)
	look_at_interface(row, outlook, object, ret);
}

/* ---- the kernel ---- */

LOOK(look_kernel)
{
	const struct string_item *kinds = outlook->near.no_kinds.items;
	const struct object *link, *first;
	size_t i, j;

	for (i = 0; i < outlook->near.no_kinds.n; i++) {
		first = NULL;
		OURS_FOR_EACH(link, outlook->want, &class_link, j)
		{
			if (!first && text_equal(object_link(link)->type, kinds[i].text))
				first = link;
		}
		finding_add(ret, row, first, arena_printf(ret->arena, "modprobe %s", kinds[i].text),
			    "this kernel cannot make interfaces of kind %s: %s cannot be made",
			    kinds[i].text, first ? first->name : "such an interface");
	}
}

static const struct object *first_tun(const struct model *want)
{
	const struct object *link;
	size_t i;

	OURS_FOR_EACH(link, want, &class_link, i)
	{
		if (text_equal(object_link(link)->type, "tap") ||
		    text_equal(object_link(link)->type, "tun"))
			return link;
	}
	return NULL;
}

LOOK(look_tun)
{
	const struct object *tap = first_tun(outlook->want);
	int code = outlook->near.tun;

	if (!code || (!tap && outlook->topology))
		return;
	finding_add(
		ret, row, tap,
		code == EACCES || code == EPERM
			? "chmod 0666 /dev/net/tun"
			: "modprobe -q tun; mkdir -p /dev/net && mknod -m 0666 /dev/net/tun c 10 "
			  "200",
		"/dev/net/tun cannot be opened (%s): no tap, no tun and no tunnel can be made%s%s",
		strerror(code), tap ? ", first of all " : "", tap ? tap->name : "");
}

/* ---- tunnels ---- */

static bool has_tunnel(const struct model *want)
{
	const struct object *object;
	size_t i;

	OURS_FOR_EACH(object, want, &class_tunnel, i)
	return true;
	return false;
}

LOOK(look_buffer)
{
	const struct surroundings *near = &outlook->near;

	if (!near->receive_buffer_max || near->receive_buffer_max >= WORKER_BUFFER ||
	    near->can_exceed_buffer_max || !has_tunnel(outlook->want))
		return;
	finding_add(
		ret, row, NULL,
		arena_printf(ret->arena, "sysctl -w net.core.rmem_max=%u", WORKER_BUFFER),
		"net.core.rmem_max is %llu, and without privileges the worker of a tunnel gets no "
		"larger buffer: bursts are lost at high rates",
		(unsigned long long)near->receive_buffer_max);
}

static void look_at_keys(const struct finding_row *row, const struct object *object,
			 struct findings *ret)
{
	const struct tunnel *tunnel = object->data;
	AUTO_TEXT struct text off = { 0 };
	size_t i;

	for (i = 0; i < record_tunnel_offload.n_fields; i++) {
		const struct field *field = &record_tunnel_offload.fields[i];

		if (field->type == FIELD_BOOL &&
		    !field_get_number(field, &tunnel->settings.offload))
			text_add(&off, "%s%s", off.length ? ", " : "", field->name);
	}
	if (off.length)
		finding_add(ret, row, object,
			    arena_printf(ret->arena,
					 "take %s: false out of offload of overlay (or tunnel) %s",
					 text_get(&off), object->name),
			    "offloads of tunnel %s are switched off by the file: %s; every frame "
			    "then costs more",
			    object->name, text_get(&off));
}

/* What its worker asked the kernel for in vain. */
static void look_at_worker(const struct finding_row *row, const struct object *object,
			   const struct node *worker, struct findings *ret)
{
	const struct node *offloads = node_find(worker, "offloads"), *offload;
	AUTO_TEXT struct text lacking = { 0 };

	if (!offloads)
		return;
	NODE_FOR_EACH (offload, offloads)
		if (!strcmp(offload->text, TUNNEL_OFFLOAD_LACKING))
			text_add(&lacking, "%s%s", lacking.length ? ", " : "", offload->key);
	if (lacking.length)
		finding_add(ret, row, object, "a newer kernel (uso needs 6.2)",
			    "this kernel has none of these offloads for tunnel %s: %s; every frame "
			    "then costs more",
			    object->name, text_get(&lacking));
}

static bool is_worker_of(const struct node *worker, const struct object *object)
{
	const struct node *place = node_find(worker, "place"), *name = node_find(worker, "name");

	return place && name && !strcmp(name->text, object->name) &&
	       !strcmp(place->text, object->place[0] ? object->place : "host");
}

LOOK(look_offload)
{
	const struct object *object;
	const struct node *worker;
	size_t i;

	OURS_FOR_EACH(object, outlook->want, &class_tunnel, i)
	{
		look_at_keys(row, object, ret);
		if (!outlook->workers)
			continue;
		NODE_FOR_EACH (worker, outlook->workers)
			if (is_worker_of(worker, object))
				look_at_worker(row, object, worker, ret);
	}
}
