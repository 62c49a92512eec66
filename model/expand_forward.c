/* SPDX-License-Identifier: GPL-2.0-or-later */
/* forward: what a bridge's word means in sysctls, translations and rules; and forwarding of a place as a whole. */
#include "model/expand.h"

#include "model/sysctl.h"
#include "model/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const char *const forwarding_sysctls[] = { "net.ipv4.ip_forward",
						  "net.ipv6.conf.all.forwarding" };

/* ---- sysctls as written ---- */

/* The one spelling that objects have: dots, or slashes where a part has a dot of its own. */
static const char *sysctl_name(struct arena *arena, const char *path)
{
	char *name = arena_strdup(arena, path), *c;

	if (strchr(path, '.'))
		return name;
	for (c = name; *c; c++)
		*c = *c == '/' ? '.' : *c;
	return name;
}

/* Below net/, no empty part and none of dots alone: it becomes a path below /proc/sys. */
static bool is_sysctl_path(const char *path)
{
	const char *part = path;

	if (!text_starts_with(path, "net/"))
		return false;
	for (;;) {
		size_t length = strcspn(part, "/");

		if (!length || (part[0] == '.' && length <= 2 && strspn(part, ".") >= length))
			return false;
		if (!part[length])
			return true;
		part += length + 1;
	}
}

static const char *squeeze(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text), *to = copy;
	const char *c;

	for (c = text; *c; c++) {
		if (*c != ' ' && *c != '\t')
			*to++ = *c;
		else if (to > copy && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > copy && to[-1] == ' ')
		to--;
	*to = '\0';
	return copy;
}

static void add_sysctl(struct expansion *x, const struct expand_place *place,
		       const struct text_syntax *syntax)
{
	const char *path = sysctl_path(x->arena, syntax->item.name);

	if (!is_sysctl_path(path) || strpbrk(path, "\n\t ")) {
		diag_error(x->diag, &syntax->item.position,
			   "expected the full name of a sysctl below net, such as "
			   "net.ipv4.ip_forward, not \"%.80s\"",
			   syntax->item.name);
		return;
	}
	if (!syntax->text || strchr(syntax->text, '\n'))
		return;
	expand_sysctl(x, place->name, sysctl_name(x->arena, path), squeeze(x->arena, syntax->text),
		      &syntax->item.position, false);
}

void expand_sysctls(struct expansion *x, struct expand_place *place)
{
	const struct list *sysctls = &place->syntax->sysctls;
	const struct item *item = place->item;
	const char *value = place->syntax->forwarding ? "1" : "0";
	size_t i;

	for (i = 0; i < sysctls->n; i++)
		add_sysctl(x, place, list_item(sysctls, &record_text, i));
	if (!written_has(place->record, item, "forwarding"))
		return;
	for (i = 0; i < 2; i++)
		expand_sysctl(x, place->name, forwarding_sysctls[i], value, &item->position, true);
}

/* ---- rules of a bridge ---- */

static struct policy *add_rule(struct expansion *x, struct expand_place *place,
			       const struct expand_bridge *bridge, const char *in, const char *out,
			       enum policy_action action)
{
	struct policy *policy =
		list_append(&expand_table(x, place)->policy, &record_policy, x->arena);

	policy->item.position = bridge->syntax->item.position;
	policy->in = in;
	policy->out = out;
	policy->action = (uint8_t)action;
	return policy;
}

static void add_state(struct expansion *x, struct policy *policy, const char *word)
{
	struct string_item *state = list_append(&policy->state, &record_string_item, x->arena);

	state->text = word;
}

static const struct addr *snat_address(const struct forward_syntax *forward, uint8_t family)
{
	size_t i;

	for (i = 0; i < forward->snat.n; i++) {
		const struct addr_item *item = list_item(&forward->snat, &record_addr_item, i);

		if (item->addr.family == family)
			return &item->addr;
	}
	return NULL;
}

static void hide_network(struct expansion *x, struct expand_place *place,
			 const struct expand_bridge *bridge, const struct addr *address)
{
	const struct forward_syntax *forward = &bridge->syntax->forward;
	const struct addr *to = snat_address(forward, address->family);
	const char *out_not = forward->out ? NULL : bridge->link->name;
	struct nft_table *table = expand_table(x, place);
	char text[ADDR_TEXT_MAX];

	if (to) {
		struct snat *snat = list_append(&table->snat, &record_snat, x->arena);

		*snat = (struct snat){ .item.position = forward->item.position,
				       .source = addr_network(address),
				       .out = forward->out,
				       .out_not = out_not,
				       .to = arena_strdup(x->arena, addr_format(to, text)) };
	} else {
		struct masquerade *masquerade =
			list_append(&table->masquerade, &record_masquerade, x->arena);

		*masquerade = (struct masquerade){ .item.position = forward->item.position,
						   .source = addr_network(address),
						   .out = forward->out,
						   .out_not = out_not };
	}
}

/* Each of the bridge's networks once. */
static void hide_networks(struct expansion *x, struct expand_place *place,
			  const struct expand_bridge *bridge)
{
	const struct list *addresses = &bridge->syntax->addresses;
	uint8_t only = bridge->syntax->forward.family;
	size_t i, j;

	for (i = 0; i < addresses->n; i++) {
		const struct address_syntax *address = list_item(addresses, &record_address, i);
		struct addr network = addr_network(&address->address);

		if (addr_is_link_local(&address->address) ||
		    (only == FORWARD_IPV4 && network.family != AF_INET) ||
		    (only == FORWARD_IPV6 && network.family != AF_INET6))
			continue;
		for (j = 0; j < i; j++) {
			const struct address_syntax *other =
				list_item(addresses, &record_address, j);
			struct addr seen = addr_network(&other->address);

			if (addr_equal(&seen, &network))
				break;
		}
		if (j == i)
			hide_network(x, place, bridge, &address->address);
	}
}

static void forward_nat(struct expansion *x, struct expand_place *place,
			const struct expand_bridge *bridge)
{
	const char *name = bridge->link->name;
	struct policy *answers;

	hide_networks(x, place, bridge);
	add_rule(x, place, bridge, name, name, POLICY_ACCEPT);
	answers = add_rule(x, place, bridge, NULL, name, POLICY_ACCEPT);
	add_state(x, answers, "established");
	add_state(x, answers, "related");
	add_state(x, answers, "dnat");
	add_rule(x, place, bridge, NULL, name, POLICY_DROP);
}

static void forward_isolated(struct expansion *x, struct expand_place *place,
			     const struct expand_bridge *bridge)
{
	const char *name = bridge->link->name;

	add_rule(x, place, bridge, name, name, POLICY_ACCEPT);
	add_rule(x, place, bridge, NULL, name, POLICY_DROP);
	add_rule(x, place, bridge, name, NULL, POLICY_DROP);
}

static void check_forward(struct expansion *x, const struct expand_bridge *bridge)
{
	const struct forward_syntax *forward = &bridge->syntax->forward;
	const struct addr_item *a, *b;

	if (forward->mode != FORWARD_NAT &&
	    (forward->snat.n || forward->out || forward->family != FORWARD_BOTH))
		diag_error(x->diag, &forward->item.position,
			   "forward: snat, out and family belong to mode nat");
	if (forward->snat.n < 2)
		return;
	a = list_item(&forward->snat, &record_addr_item, 0);
	b = list_item(&forward->snat, &record_addr_item, 1);
	if (forward->snat.n > 2 || a->addr.family == b->addr.family)
		diag_error(x->diag, &forward->item.position,
			   "forward: expected at most one snat address per family");
}

static void clamp(struct expansion *x, struct expand_place *place, const char *name)
{
	struct list *list = &expand_table(x, place)->mss_clamp;
	struct string_item *item;
	size_t i;

	for (i = 0; i < list->n; i++) {
		item = list_item(list, &record_ifname_item, i);
		if (!strcmp(item->text, name))
			return;
	}
	item = list_append(list, &record_ifname_item, x->arena);
	item->text = name;
}

/* Forwarding of a family is switched on only where the bridge or a member has an address of it. */
static void forward_bridge(struct expansion *x, struct expand_place *place,
			   const struct expand_bridge *bridge)
{
	const struct position *position = &bridge->syntax->item.position;
	size_t i;

	for (i = 0; i < 2; i++)
		if (bridge->has[i])
			expand_sysctl(x, place->name, forwarding_sysctls[i], "1", position, true);
	if (bridge->syntax->forward.mode == FORWARD_NAT)
		forward_nat(x, place, bridge);
	else if (bridge->syntax->forward.mode == FORWARD_ROUTE)
		add_rule(x, place, bridge, NULL, bridge->link->name, POLICY_ACCEPT);
	/* Machines that plug into the segment may not know how little its tunnel carries. */
	if (bridge->has_tunnel)
		clamp(x, place, bridge->link->name);
}

static void mark_family(struct expansion *x, const struct expand_address *address)
{
	const struct object *link = address->link, *peer;
	struct ref bridge = { .place = link->place, .name = link->name };
	struct expand_place *place;
	struct expand_bridge *found;

	peer = model_find_ref(x->want, link, &object_link(link)->peer);
	if (peer && ref_is_set(&object_link(peer)->master))
		bridge = object_ref(peer, &object_link(peer)->master);
	place = expand_find_place(x, bridge.place);
	found = place ? expand_find_bridge(place, bridge.name) : NULL;
	if (found)
		found->has[FAMILY_INDEX(address->address.family)] = true;
}

void expand_forward_families(struct expansion *x)
{
	size_t i, j;

	for (i = 0; i < x->n_places; i++)
		for (j = 0; j < x->places[i].addresses.n; j++)
			mark_family(x,
				    list_item(&x->places[i].addresses, &record_expand_address, j));
}

/*
 * The kernel drops a default route that it learned from a router advertisement when IPv6 forwarding goes on, and
 * takes no other, where accept_ra is 1. With 2 it goes on listening.
 */
void expand_learning(struct expansion *x)
{
	const struct object *forwarding =
		model_find(x->want, &class_sysctl, "", forwarding_sysctls[1]);
	const struct list *learning = &x->facts->learning;
	const struct string_item *items = learning->items;
	const struct object *link;
	struct object *object;
	struct sysctl *sysctl;
	const char *path;
	size_t i;

	if (!forwarding || x->facts->offline ||
	    strcmp(((const struct sysctl *)forwarding->data)->value, "1") != 0)
		return;
	for (i = 0; i < learning->n; i++) {
		link = model_find(x->want, &class_link, "", items[i].text);
		if (link && ref_is_set(&object_link(link)->master))
			continue; /* a port learns nothing */
		path = arena_printf(x->arena, "net/ipv6/conf/%s/accept_ra", items[i].text);
		object = model_add(x->want, &class_sysctl, "", sysctl_name(x->arena, path));
		if (!object) /* the file says what it shall be */
			continue;
		object->position = forwarding->position;
		sysctl = object->data;
		sysctl->value = "2";
		sysctl->early = true;
	}
}

/*
 * Isolated bridges first: their rules say what may neither come in nor go out, whatever another bridge lets
 * in. The rules of all others tell by `out` alone, so their order does not matter.
 */
void expand_forward(struct expansion *x, struct expand_place *place)
{
	size_t i;

	for (i = 0; i < place->n_bridges; i++) {
		const struct expand_bridge *bridge = &place->bridges[i];

		if (bridge->link)
			check_forward(x, bridge);
		if (bridge->link && bridge->syntax->forward.mode == FORWARD_ISOLATED)
			forward_isolated(x, place, bridge);
	}
	for (i = 0; i < place->n_bridges; i++) {
		uint8_t mode = place->bridges[i].syntax->forward.mode;

		if (place->bridges[i].link && mode != FORWARD_UNSET && mode != FORWARD_ISOLATED)
			forward_bridge(x, place, &place->bridges[i]);
	}
}
