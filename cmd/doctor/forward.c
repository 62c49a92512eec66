/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of others that drop what our topology forwards. What our own table drops is meant so and does not count: for
 * every packet that it lets pass, each table of others is asked.
 */
#include "cmd/doctor/find.h"

#include "model/text.h"

#include <string.h>
#include <sys/socket.h>

#define ELSEWHERE "(elsewhere)" /* no interface has such a name */
#define ANYONE	  "INTERFACE"	/* where no topology says which */

enum rule_owner { OWNER_DOCKER, OWNER_FIREWALLD, OWNER_UFW, OWNER_UNKNOWN };

/* What of a link's traffic a table drops, as bits. */
enum loss {
	LOSS_OUT = 1 << 0,     /* what comes from it */
	LOSS_ANSWERS = 1 << 1, /* to that */
	LOSS_MAPPED = 1 << 2,  /* new connections that a port map leads to it */
	LOSS_IN = 1 << 3,      /* any new connections to it */
};

struct crossing {
	const struct object *object; /* NULL: no topology says */
	const char *place, *name;
	const struct nft_table *own; /* our rules there; NULL: none */
	struct addr address;	     /* of the link; unset: unknown */
	uint32_t index;		     /* 0: it is not there yet */
	const char *uplink;
};

/* ---- our own rules ---- */

static bool names_state(const struct policy *policy, uint32_t state, uint32_t status)
{
	const struct string_item *items = policy->state.items;
	size_t i;

	for (i = 0; i < policy->state.n; i++) {
		const char *word = items[i].text;

		if ((state & RULE_STATE_NEW && !strcmp(word, "new")) ||
		    (state & RULE_STATE_ESTABLISHED && !strcmp(word, "established")) ||
		    (status & RULE_STATUS_DNAT && !strcmp(word, "dnat")))
			return true;
	}
	return policy->state.n == 0;
}

static bool own_rules_drop(const struct nft_table *own, const struct packet *packet)
{
	size_t i;

	for (i = 0; own && i < own->policy.n; i++) {
		const struct policy *policy = list_item(&own->policy, &record_policy, i);

		if ((policy->in && strcmp(policy->in, packet->in) != 0) ||
		    (policy->out && strcmp(policy->out, packet->out) != 0) ||
		    !names_state(policy, packet->state, packet->status))
			continue;
		return policy->action != POLICY_ACCEPT;
	}
	return false;
}

/* Whether a port map leads into the network of the address. */
static bool is_mapped_into(const struct nft_table *own, const struct addr *network)
{
	struct port_range ports;
	struct addr first, last;
	size_t i;

	for (i = 0; own && i < own->dnat.n; i++) {
		const struct dnat *dnat = list_item(&own->dnat, &record_dnat, i);

		if (dnat->to && nat_target_parse(&first, &last, &ports, dnat->to) &&
		    addr_contains(network, &first))
			return true;
	}
	return false;
}

/* ---- what crosses ---- */

static struct packet leaving(const struct crossing *crossing, uint8_t family)
{
	return (struct packet){ .in = crossing->name,
				.out = crossing->uplink,
				.in_index = crossing->index,
				.family = family,
				.source = crossing->address,
				.state = RULE_STATE_NEW };
}

static struct packet coming(const struct crossing *crossing, uint8_t family, enum loss what)
{
	return (struct packet){ .in = crossing->uplink,
				.out = crossing->name,
				.out_index = crossing->index,
				.family = family,
				.destination = crossing->address,
				.state = what == LOSS_ANSWERS ? RULE_STATE_ESTABLISHED
							      : RULE_STATE_NEW,
				.status = what == LOSS_MAPPED ? RULE_STATUS_DNAT : 0 };
}

/* What of it the table drops; where the first of it ends. */
static unsigned losses(const struct crossing *crossing, uint8_t family,
		       const struct rule_table *table, struct packet_end *ret)
{
	static const enum loss kinds[] = { LOSS_OUT, LOSS_ANSWERS, LOSS_MAPPED, LOSS_IN };
	unsigned lost = 0;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct packet packet = kinds[i] == LOSS_OUT
						     ? leaving(crossing, family)
						     : coming(crossing, family, kinds[i]);
		struct packet_end end;

		if (kinds[i] == LOSS_MAPPED && !is_mapped_into(crossing->own, &crossing->address))
			continue;
		if (own_rules_drop(crossing->own, &packet) ||
		    !rule_table_drops(table, &packet, &end))
			continue;
		if (!lost)
			*ret = end;
		lost |= kinds[i];
	}
	return lost;
}

/* ---- words ---- */

static enum rule_owner owner_of(const struct rule_table *table)
{
	if (!strcmp(table->name, "firewalld"))
		return OWNER_FIREWALLD;
	if (rule_table_chain(table, "DOCKER-USER") || rule_table_chain(table, "DOCKER") ||
	    !strcmp(table->name, "docker-bridges"))
		return OWNER_DOCKER;
	if (rule_table_chain(table, "ufw-before-forward") ||
	    rule_table_chain(table, "ufw6-before-forward"))
		return OWNER_UFW;
	return OWNER_UNKNOWN;
}

static const char *owner_words(enum rule_owner owner)
{
	switch (owner) {
	case OWNER_DOCKER:
		return " (Docker)";
	case OWNER_FIREWALLD:
		return " (firewalld)";
	case OWNER_UFW:
		return " (ufw)";
	case OWNER_UNKNOWN:
		return "";
	}
	return "";
}

static const char *loss_words(struct arena *arena, unsigned lost, const char *name)
{
	static const char *const words[] = { "what comes from %s", "answers to %s",
					     "what port maps lead to %s", "new connections to %s" };
	AUTO_TEXT struct text text = { 0 };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *format = words[i], *at = strstr(format, "%s");

		if (!(lost & 1U << i))
			continue;
		text_add(&text, "%s", !text.length ? "" : lost >> (i + 1) ? ", " : " and ");
		text_add_bytes(&text, format, (size_t)(at - format));
		text_add(&text, "%s", name);
	}
	return arena_strdup(arena, text_get(&text));
}

static const char *cause_words(struct arena *arena, const struct packet_end *end)
{
	const char *verb = end->is_reject ? "rejects" : "drops";

	if (end->is_policy)
		return "its policy is drop";
	if (end->chain == end->base)
		return arena_printf(arena, "a rule in it %s it", verb);
	return arena_printf(arena, "a rule in %s %s it", end->chain->name, verb);
}

/* ---- commands ---- */

static void add_command(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void add_command(struct text *text, const char *format, ...)
{
	struct arena *arena = arena_new();
	va_list args;

	va_start(args, format);
	text_add(text, "%s%s", text->length ? " && " : "", arena_vprintf(arena, format, args));
	va_end(args);
	arena_free(arena);
}

static void add_iptables(struct text *text, const char *enter, const struct rule_table *table,
			 const char *name, unsigned lost, struct arena *arena)
{
	bool is_filter = !strcmp(table->name, "filter"); /* which needs no word */
	const char *start =
		arena_printf(arena, "%s%s%s%s -I %s", enter, iptables_program(table),
			     is_filter ? "" : " -t ", is_filter ? "" : table->name,
			     rule_table_chain(table, "DOCKER-USER") ? "DOCKER-USER" : "FORWARD");

	if (lost & LOSS_OUT)
		add_command(text, "%s -i %s -j ACCEPT", start, name);
	if (lost & LOSS_IN)
		add_command(text, "%s -o %s -j ACCEPT", start, name);
	else if (lost & (LOSS_ANSWERS | LOSS_MAPPED))
		add_command(text, "%s -o %s -m conntrack --ctstate RELATED,ESTABLISHED%s -j ACCEPT",
			    start, name, lost & LOSS_MAPPED ? ",DNAT" : "");
}

static void add_nft(struct text *text, const char *enter, const struct packet_end *end,
		    const char *name, unsigned lost, struct arena *arena)
{
	const char *start = arena_printf(arena, "%snft insert rule %s %s %s", enter,
					 end->table->family, shell_word(arena, end->table->name),
					 shell_word(arena, end->base->name));

	if (lost & LOSS_OUT)
		add_command(text, "%s iifname %s accept", start, name);
	if (lost & LOSS_IN)
		add_command(text, "%s oifname %s accept", start, name);
	else if (lost & LOSS_ANSWERS)
		add_command(text, "%s oifname %s ct state established,related accept", start, name);
	if (lost & LOSS_MAPPED && !(lost & LOSS_IN))
		add_command(text, "%s oifname %s ct status dnat accept", start, name);
}

/* Whether iptables writes it: any legacy table, and of nftables' those that look like it. */
static bool is_iptables(const struct packet_end *end)
{
	return end->table->is_legacy ||
	       (strcmp(end->table->family, "inet") != 0 && !strcmp(end->table->name, "filter") &&
		!strcmp(end->base->name, "FORWARD"));
}

/* The owner's own tool, so that it knows of it; a plain rule where there is none. */
static const char *fix_of(const struct packet_end *end, enum rule_owner owner, unsigned lost,
			  const struct crossing *crossing, struct arena *arena)
{
	const char *enter = enter_words(arena, crossing->place);
	const char *name = shell_word(arena, crossing->name);
	AUTO_TEXT struct text text = { 0 };

	if (owner == OWNER_FIREWALLD)
		text_add(&text,
			 "%sfirewall-cmd --zone=trusted --change-interface=%s && "
			 "%sfirewall-cmd --permanent --zone=trusted --change-interface=%s",
			 enter, name, enter, name);
	else if (owner == OWNER_UFW)
		text_add(&text, "%sufw route allow in on %s && %sufw route allow out on %s", enter,
			 name, enter, name);
	else if (is_iptables(end))
		add_iptables(&text, enter, end->table, name, lost, arena);
	else
		add_nft(&text, enter, end, name, lost, arena);
	return arena_strdup(arena, text_get(&text));
}

/* ---- looking ---- */

static void look_at_crossing(const struct finding_row *row, const struct crossing *crossing,
			     uint8_t family, const struct near_place *place, enum rule_owner owner,
			     struct findings *ret)
{
	size_t i;

	for (i = 0; i < place->tables.n; i++) {
		const struct rule_table *table = list_item(&place->tables, &record_rule_table, i);
		struct packet_end end = { .table = table };
		unsigned lost;

		if (owner_of(table) != owner)
			continue;
		lost = losses(crossing, family, table, &end);
		if (!lost)
			continue;
		finding_add(ret, row, crossing->object,
			    fix_of(&end, owner, lost, crossing, ret->arena), "%s%s drops %s: %s%s",
			    chain_words(ret->arena, table, end.base),
			    where_words(ret->arena, crossing->place),
			    loss_words(ret->arena, lost, crossing->name),
			    cause_words(ret->arena, &end), owner_words(owner));
	}
}

static bool has_policy_of(const struct nft_table *own, const char *name)
{
	size_t i;

	for (i = 0; own && i < own->policy.n; i++) {
		const struct policy *policy = list_item(&own->policy, &record_policy, i);

		if (text_equal(policy->in, name) || text_equal(policy->out, name))
			return true;
	}
	return false;
}

/* Whether the topology has the place forward the family, or it does so already. */
static bool forwards(const struct outlook *outlook, const struct near_place *place, uint8_t family)
{
	const char *value = wanted_sysctl(outlook, place->name,
					  family == AF_INET ? "net/ipv4/ip_forward"
							    : "net/ipv6/conf/all/forwarding");

	if (value)
		return strcmp(value, "0") != 0;
	return family == AF_INET ? place->forwards : place->forwards_ip6;
}

/* Where rules of ours speak of bridges at all, one that they do not name is a plain switch. */
static bool crosses(const struct outlook *outlook, const struct object *link)
{
	const struct near_place *place = surroundings_place(&outlook->near, link->place);
	const struct nft_table *own;

	/* First what is cheap to see: there may be thousands of ports, and no rules of others. */
	if (!place || !place->tables.n || link->external || !strcmp(link->name, "lo") ||
	    ref_is_set(&object_link(link)->master))
		return false;
	own = table_of_place(outlook->want, link->place);
	return !own || !own->policy.n || has_policy_of(own, link->name);
}

static void look_at_link(const struct finding_row *row, const struct outlook *outlook,
			 const struct object *link, enum rule_owner owner, struct findings *ret)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	const struct near_place *place = surroundings_place(&outlook->near, link->place);
	const struct near_link *near = place ? near_link_find(place, link->name) : NULL;
	struct crossing crossing = {
		.object = link,
		.place = link->place,
		.name = link->name,
		.own = table_of_place(outlook->want, link->place),
		.index = near ? near->index : 0,
		.uplink = !link->place[0] && outlook->uplink ? outlook->uplink : ELSEWHERE,
	};
	size_t i;

	for (i = 0; place && i < 2; i++) {
		const struct addr *address = address_of(outlook->want, link, families[i]);

		if (!address || !forwards(outlook, place, families[i]))
			continue;
		crossing.address = *address;
		look_at_crossing(row, &crossing, families[i], place, owner, ret);
	}
}

static void look_of(const struct finding_row *row, const struct outlook *outlook,
		    enum rule_owner owner, struct findings *ret)
{
	const struct near_place *host = surroundings_place(&outlook->near, "");
	const struct object *link;
	size_t i;

	OURS_FOR_EACH(link, outlook->want, &class_link, i)
	{
		if (crosses(outlook, link))
			look_at_link(row, outlook, link, owner, ret);
	}
	if (!outlook->topology && host) {
		const struct crossing crossing = { .place = "",
						   .name = ANYONE,
						   .uplink = outlook->uplink ? outlook->uplink
									     : ELSEWHERE };

		look_at_crossing(row, &crossing, AF_INET, host, owner, ret);
	}
}

LOOK(look_docker)
{
	look_of(row, outlook, OWNER_DOCKER, ret);
}

LOOK(look_firewalld)
{
	look_of(row, outlook, OWNER_FIREWALLD, ret);
}

LOOK(look_ufw)
{
	look_of(row, outlook, OWNER_UFW, ret);
}

LOOK(look_forward)
{
	look_of(row, outlook, OWNER_UNKNOWN, ret);
}
