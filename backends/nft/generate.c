/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chains of a table. Port maps are looked up on the way in and for what the place itself sends; each rule that
 * stands for an entry of the file carries in its comment what its text does not tell (see decode.c).
 *
 * Masquerading of looped flows (hairpin): whether a flow leaves by the interface that it came in by is known in the
 * forward hook alone (fib with iif), and masquerading is for the postrouting hook alone, so a mark on the connection's
 * first packet carries it from one to the other. Frames that bridge netfilter shows us pass both hooks too.
 */
#include "backends/nft/generate.h"

#include "backends/nft/port_map.h"
#include "model/cleanup.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#define RULE "\t\t"

bool nft_name_is_plain(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("\"\\*", *c))
			return false;
	return c != name && c - name < IFNAMSIZ;
}

static int check_name(const char *name, struct error *err)
{
	if (name && !nft_name_is_plain(name))
		return error_set(err, EINVAL, "interface name '%s' cannot stand in a rule", name);
	return 0;
}

static int check_names(const char *a, const char *b, struct error *err)
{
	int r = check_name(a, err);

	return r < 0 ? r : check_name(b, err);
}

static void chain_begin(struct text *text, const char *name, const char *type, const char *hook,
			const char *priority)
{
	text_add(text, "\tchain %s {\n", name);
	if (hook)
		text_add(text, "\t\ttype %s hook %s priority %s; policy accept;\n", type, hook,
			 priority);
}

static void chain_end(struct text *text)
{
	text_add(text, "\t}\n\n");
}

/* Only what is for an address of this place; 127.0.0.0/8 and ::1 are the place's own business. */
static void add_lookups(struct text *text, const struct script *script)
{
	static const char *const ip[] = { "ip", "ip6" };
	static const char *const not_loopback[] = { "127.0.0.0/8", "::1" };
	static const enum script_set listening[] = { SET_LISTEN4, SET_LISTEN_RANGES4 };
	static const enum script_set local[] = { SET_PORTS4, SET_RANGES4 };
	unsigned set;
	size_t i, v6;

	for (i = 0; i < 2; i++)
		for (v6 = 0; v6 < 2; v6++) {
			set = listening[i] + (unsigned)v6;
			if (script->sets[set].n)
				text_add(text,
					 RULE
					 "dnat %s to %s daddr . meta l4proto . th dport map @%s\n",
					 ip[v6], ip[v6], script_set_name((enum script_set)set));
		}
	for (i = 0; i < 2; i++)
		for (v6 = 0; v6 < 2; v6++) {
			set = local[i] + (unsigned)v6;
			if (script->sets[set].n)
				text_add(text,
					 RULE "%s daddr != %s fib daddr type local "
					      "dnat %s to meta l4proto . th dport map @%s\n",
					 ip[v6], not_loopback[v6], ip[v6],
					 script_set_name((enum script_set)set));
		}
}

static void add_port_map_chains(struct script *script, const struct port_map *maps, size_t n)
{
	struct text *text = &script->chains;

	chain_begin(text, NFT_CHAIN_PORT_MAPS, NULL, NULL, NULL);
	port_maps_add_rules(text, maps, n);
	add_lookups(text, script);
	chain_end(text);

	chain_begin(text, "prerouting", "nat", "prerouting", "dstnat");
	text_add(text, RULE "jump " NFT_CHAIN_PORT_MAPS "\n");
	chain_end(text);

	chain_begin(text, "output", "nat", "output", "-100");
	port_maps_add_loopback(text, maps, n);
	text_add(text, RULE "jump " NFT_CHAIN_PORT_MAPS "\n");
	chain_end(text);
}

/* route_localnet lets these in by the interface that it is set on; the kernel drops them on all others anyway. */
static void add_loopback_guard(struct text *text)
{
	chain_begin(text, "loopback_guard", "filter", "prerouting", "raw");
	text_add(text, RULE "iifname != \"lo\" ip daddr 127.0.0.0/8 drop\n");
	text_add(text, RULE "iifname != \"lo\" ip saddr 127.0.0.0/8 drop\n");
	chain_end(text);
}

#define FIRST_OF_DNAT "ct status dnat / confirmed,dnat"

static void add_hairpin(struct script *script, const struct port_map *maps, size_t n)
{
	struct text *text = &script->chains;
	AUTO_TEXT struct text mark = { 0 };

	text_add(&mark, "fib daddr . iif oif exists meta mark set meta mark | 0x%08x",
		 NFT_MARK_LOOPED);
	chain_begin(text, "hairpin", "filter", "forward", "filter + 10");
	if (script->sets[SET_HAIRPIN4].n)
		text_add(text, RULE FIRST_OF_DNAT " ip daddr @%s %s\n",
			 script_set_name(SET_HAIRPIN4), text_get(&mark));
	if (script->sets[SET_HAIRPIN6].n)
		text_add(text, RULE FIRST_OF_DNAT " ip6 daddr @%s %s\n",
			 script_set_name(SET_HAIRPIN6), text_get(&mark));
	port_maps_add_hairpin_ranges(text, maps, n, RULE FIRST_OF_DNAT " ", text_get(&mark));
	chain_end(text);
}

static int add_mss_clamp(struct text *text, const struct list *names, struct error *err)
{
	static const char clamp[] = "tcp flags syn tcp option maxseg size set rt mtu";
	const struct string_item *items = names->items;
	size_t i;

	if (names->n == 0)
		return 0;
	chain_begin(text, NFT_CHAIN_MSS, "filter", "forward", "mangle");
	for (i = 0; i < names->n; i++) {
		int r = check_name(items[i].text, err);

		if (r < 0)
			return r;
		text_add(text, RULE "iifname \"%s\" %s\n", items[i].text, clamp);
		text_add(text, RULE "oifname \"%s\" %s\n", items[i].text, clamp);
	}
	chain_end(text);
	return 0;
}

static const char *policy_verdict(uint8_t action)
{
	switch ((enum policy_action)action) {
	case POLICY_ACCEPT:
		return "accept";
	case POLICY_DROP:
		return "drop";
	case POLICY_REJECT:
		return "reject";
	}
	return NULL;
}

/* A rule's states: those of ct state in nft's own order, and whether a port map is among them. */
struct states {
	struct text names;   /* "established,related" */
	struct text comment; /* as written: "related established dnat" */
	bool dnat;
};

static void states_free(struct states *states)
{
	text_free(&states->names);
	text_free(&states->comment);
}

static int states_read(struct states *ret, const struct list *list, struct error *err)
{
	static const char *const known[] = { "invalid", "established", "related", "new", "dnat" };
	const struct string_item *items = list->items;
	bool wanted[ARRAY_SIZE(known)] = { false };
	size_t i, j;

	for (i = 0; i < list->n; i++) {
		for (j = 0; j < ARRAY_SIZE(known) && !text_equal(items[i].text, known[j]); j++)
			;
		if (j == ARRAY_SIZE(known))
			return error_set(err, EINVAL, "'%s' is no state of a connection",
					 items[i].text ? items[i].text : "");
		wanted[j] = true;
		text_add(&ret->comment, "%s%s", i ? " " : "", known[j]);
	}
	if (ret->comment.length > NFT_COMMENT_MAX)
		return error_set(err, EINVAL, "a policy rule with %zu states", list->n);
	for (j = 0; j < ARRAY_SIZE(known) - 1; j++)
		if (wanted[j])
			text_add(&ret->names, "%s%s", ret->names.length ? "," : "", known[j]);
	ret->dnat = wanted[j];
	return 0;
}

static void add_policy_rule(struct text *text, const struct policy *policy, const char *state,
			    const char *names, const char *comment)
{
	text_add(text, RULE);
	if (policy->in)
		text_add(text, "iifname \"%s\" ", policy->in);
	if (policy->out)
		text_add(text, "oifname \"%s\" ", policy->out);
	if (state)
		text_add(text, "%s %s ", state, names);
	text_add(text, "%s", policy_verdict(policy->action));
	if (comment[0])
		text_add(text, " comment \"%s\"", comment);
	text_add(text, "\n");
}

static int add_policy(struct text *text, const struct policy *policy, struct error *err)
{
	struct states states __attribute__((cleanup(states_free))) = { 0 };
	const char *comment;
	int r = check_names(policy->in, policy->out, err);

	if (r >= 0)
		r = states_read(&states, &policy->state, err);
	if (r < 0)
		return r;
	if (!policy_verdict(policy->action))
		return error_set(err, EINVAL, "a policy rule without action");
	comment = text_get(&states.comment);
	if (policy->state.n == 0)
		add_policy_rule(text, policy, NULL, NULL, comment);
	if (states.names.length) {
		add_policy_rule(text, policy, "ct state", text_get(&states.names), comment);
		comment = NFT_COMMENT_ALSO;
	}
	if (states.dnat)
		add_policy_rule(text, policy, "ct status", "dnat", comment);
	return 0;
}

static int add_forward(struct text *text, const struct list *list, struct error *err)
{
	const struct policy *policies = list->items;
	size_t i;

	if (list->n == 0)
		return 0;
	chain_begin(text, NFT_CHAIN_FORWARD, "filter", "forward", "filter");
	for (i = 0; i < list->n; i++) {
		int r = add_policy(text, &policies[i], err);

		if (r < 0)
			return r;
	}
	chain_end(text);
	return 0;
}

static int add_nat_match(struct text *text, const struct addr *source, const char *out,
			 const char *out_not, struct error *err)
{
	int r = check_names(out, out_not, err);

	if (r < 0)
		return r;
	text_add(text, RULE);
	if (addr_is_set(source))
		port_map_add_source(text, source);
	if (out)
		text_add(text, "oifname \"%s\" ", out);
	if (out_not)
		text_add(text, "oifname != \"%s\" ", out_not);
	return 0;
}

/* "ip6 to [2001:db8::1]-[2001:db8::9]:1024-2047", without ports if `ports` is unset. */
static void add_snat_target(struct text *text, const struct addr *first, const struct addr *last,
			    const struct port_range *ports)
{
	bool bracket = first->family == AF_INET6 && ports->first;
	char buffer[ADDR_TEXT_MAX];

	text_add(text, "snat %s to ", first->family == AF_INET6 ? "ip6" : "ip");
	text_add(text, bracket ? "[%s]" : "%s", addr_format(first, buffer));
	if (!addr_equal(first, last))
		text_add(text, bracket ? "-[%s]" : "-%s", addr_format(last, buffer));
	if (ports->first)
		text_add(text, ports->first == ports->last ? ":%u" : ":%u-%u", ports->first,
			 ports->last);
}

/* Ports are for TCP and UDP; whatever has none keeps to the address. */
static int add_snat(struct text *text, const struct snat *snat, struct error *err)
{
	const struct port_range none = { 0 };
	struct addr first, last;
	struct port_range ports;
	int r;

	if (!snat->to || !nat_target_parse(&first, &last, &ports, snat->to))
		return error_set(err, EINVAL, "snat: '%s' is no address", snat->to ? snat->to : "");
	if (addr_is_set(&snat->source) && snat->source.family != first.family)
		return error_set(err, EINVAL, "snat to %s: the source is of the other family",
				 snat->to);
	r = add_nat_match(text, &snat->source, snat->out, snat->out_not, err);
	if (r < 0)
		return r;
	if (ports.first)
		text_add(text, "meta l4proto { 6, 17 } ");
	add_snat_target(text, &first, &last, &ports);
	text_add(text, " comment \"to %s\"\n", snat->to);
	if (!ports.first)
		return 0;
	r = add_nat_match(text, &snat->source, snat->out, snat->out_not, err);
	if (r < 0)
		return r;
	add_snat_target(text, &first, &last, &none);
	text_add(text, " comment \"" NFT_COMMENT_ALSO "\"\n");
	return 0;
}

/* What the place sends to itself by lo never leaves it: masquerading it would only lose its source. */
static int add_postrouting(struct text *text, const struct nft_table *wanted,
			   const struct port_map *maps, struct error *err)
{
	const struct masquerade *masquerades = wanted->masquerade.items;
	const struct snat *snats = wanted->snat.items;
	bool hairpin = port_maps_have_hairpin(maps, wanted->dnat.n);
	bool loopback = port_maps_have_loopback(maps, wanted->dnat.n);
	size_t i;
	int r = 0;

	if (wanted->masquerade.n + wanted->snat.n == 0 && !hairpin && !loopback)
		return 0;
	chain_begin(text, NFT_CHAIN_POSTROUTING, "nat", "postrouting", "srcnat");
	text_add(text, RULE "oifname \"lo\" return\n");
	if (hairpin)
		text_add(text,
			 RULE "ct status dnat meta mark & 0x%08x == 0x%08x "
			      "meta mark set meta mark & 0x%08x masquerade\n",
			 NFT_MARK_LOOPED, NFT_MARK_LOOPED, ~NFT_MARK_LOOPED);
	if (loopback)
		text_add(
			text, RULE
			"ip saddr 127.0.0.0/8 ip daddr != 127.0.0.0/8 ct status dnat masquerade\n");
	for (i = 0; r >= 0 && i < wanted->snat.n; i++)
		r = add_snat(text, &snats[i], err);
	for (i = 0; r >= 0 && i < wanted->masquerade.n; i++) {
		r = add_nat_match(text, &masquerades[i].source, masquerades[i].out,
				  masquerades[i].out_not, err);
		text_add(text, "masquerade\n");
	}
	chain_end(text);
	return r;
}

static int generate_chains(struct script *script, const struct nft_table *wanted, struct error *err)
{
	struct text *text = &script->chains;
	struct port_map *maps;
	size_t n;
	int r = port_maps_parse(&maps, &n, &wanted->dnat, script->arena, err);

	if (r < 0)
		return r;
	port_maps_add_elements(script, maps, n);
	r = script_finish(script, err);
	if (r < 0)
		return r;
	if (n)
		add_port_map_chains(script, maps, n);
	if (port_maps_have_loopback(maps, n))
		add_loopback_guard(text);
	r = add_mss_clamp(text, &wanted->mss_clamp, err);
	if (r >= 0)
		r = add_forward(text, &wanted->policy, err);
	if (r < 0)
		return r;
	if (port_maps_have_hairpin(maps, n))
		add_hairpin(script, maps, n);
	return add_postrouting(text, wanted, maps, err);
}

int nft_generate(struct script **ret, const char *table, const struct nft_table *wanted,
		 struct error *err)
{
	struct script *script = script_new(table, wanted->protocol);
	int r = generate_chains(script, wanted, err);

	if (r < 0) {
		script_free(script);
		return r;
	}
	*ret = script;
	return 0;
}
