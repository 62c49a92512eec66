/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port map is an element of a map where one lookup tells all: protocol, port, perhaps the listening address. What
 * asks for a source or an interface, or spreads over several targets, becomes rules, the most specific first, so that
 * the order in which maps were written does not matter.
 *
 * nft 1.0.6 knows no ranges of ports as a map's value: equal ranges map the address alone, others port by port.
 */
#include "backends/nft/port_map.h"

#include "backends/nft/generate.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static bool is_ipv6(const struct port_map *map)
{
	return map->first.family == AF_INET6;
}

static bool is_spread(const struct port_map *map)
{
	return !addr_equal(&map->first, &map->last);
}

static bool keeps_port(const struct port_map *map)
{
	return map->to.first == 0 ||
	       (map->to.first == map->from.first && map->to.last == map->from.last);
}

static bool is_rule(const struct port_map *map)
{
	return map->dnat->in || map->dnat->source.n || is_spread(map);
}

static bool has_listen(const struct port_map *map)
{
	return addr_is_set(&map->dnat->listen) && !addr_is_unspecified(&map->dnat->listen);
}

static uint16_t target_port(const struct port_map *map, unsigned port)
{
	if (map->to.first == 0)
		return (uint16_t)port;
	if (map->to.first == map->to.last)
		return map->to.first;
	return (uint16_t)(map->to.first + (port - map->from.first));
}

static int check_ports(const struct port_map *map, struct error *err)
{
	unsigned from = (unsigned)(map->from.last - map->from.first);
	unsigned to = (unsigned)(map->to.last - map->to.first);

	if (to != 0 && to != from)
		return error_set(err, EINVAL, "port map %s to %s: ranges of different length",
				 map->dnat->port, map->dnat->to);
	if (is_spread(map) && to != 0 && !keeps_port(map))
		return error_set(
			err, EINVAL,
			"port map %s to %s: a range of addresses takes the same ports or one",
			map->dnat->port, map->dnat->to);
	return 0;
}

static int check_families(const struct port_map *map, struct error *err)
{
	const struct prefix_item *sources = map->dnat->source.items;
	uint8_t family = map->first.family;
	size_t i;

	if (addr_is_set(&map->dnat->listen) && map->dnat->listen.family != family)
		return error_set(err, EINVAL,
				 "port map %s to %s: it listens on an address of the other family",
				 map->dnat->port, map->dnat->to);
	for (i = 0; i < map->dnat->source.n; i++)
		if (sources[i].prefix.family != family)
			return error_set(err, EINVAL,
					 "port map %s to %s: a source is of the other family",
					 map->dnat->port, map->dnat->to);
	if (map->dnat->in && !nft_name_is_plain(map->dnat->in))
		return error_set(err, EINVAL, "interface name '%s' cannot stand in a rule",
				 map->dnat->in);
	return 0;
}

/* What tells apart all maps that are rules; sources last. */
static const char *order_text(const struct port_map *map, struct arena *arena)
{
	const struct prefix_item *sources = map->dnat->source.items;
	char buffer[ADDR_TEXT_MAX];
	AUTO_TEXT struct text text = { 0 };
	size_t i;

	text_add(&text, "%s %s %s %u", map->comment, addr_format(&map->dnat->listen, buffer),
		 map->dnat->in ? map->dnat->in : "", map->dnat->protocol);
	for (i = 0; i < map->dnat->source.n; i++)
		text_add(&text, " %s", addr_format_prefix(&sources[i].prefix, buffer));
	return arena_strdup(arena, text_get(&text));
}

static int parse_one(struct port_map *ret, const struct dnat *dnat, struct arena *arena,
		     struct error *err)
{
	int r;

	ret->dnat = dnat;
	if (!dnat->port || !port_range_parse(&ret->from, dnat->port))
		return error_set(err, EINVAL, "port map: '%s' is no port",
				 dnat->port ? dnat->port : "");
	if (!dnat->to || !nat_target_parse(&ret->first, &ret->last, &ret->to, dnat->to))
		return error_set(err, EINVAL, "port map: '%s' is no target",
				 dnat->to ? dnat->to : "");
	if (dnat->protocol < NAT_TCP || dnat->protocol > NAT_TCP_UDP)
		return error_set(err, EINVAL, "port map %s to %s: no protocol", dnat->port,
				 dnat->to);
	r = check_ports(ret, err);
	if (r >= 0)
		r = check_families(ret, err);
	if (r < 0)
		return r;
	ret->comment =
		arena_printf(arena, "%s to %s%s%s%s%s", dnat->port, dnat->to,
			     dnat->protocol == NAT_TCP_UDP ? " tcp+udp" : "",
			     dnat->hairpin ? " hairpin" : "", dnat->loopback ? " loopback" : "",
			     addr_is_set(&dnat->listen) && !has_listen(ret) ? " any" : "");
	/* A rule's comment also gets its number. */
	if (strlen(ret->comment) + sizeof(" #65535.65535") > NFT_COMMENT_MAX)
		return error_set(err, EINVAL, "port map %s to %s: too long", dnat->port, dnat->to);
	ret->order = order_text(ret, arena);
	return 0;
}

static int map_compare(const void *a, const void *b)
{
	const struct port_map *x = a, *y = b;

	return strcmp(x->order, y->order);
}

int port_maps_parse(struct port_map **ret, size_t *n, const struct list *wanted,
		    struct arena *arena, struct error *err)
{
	const struct dnat *dnats = wanted->items;
	struct port_map *maps = arena_alloc(arena, (wanted->n + 1) * sizeof(*maps));
	size_t i;

	for (i = 0; i < wanted->n; i++) {
		int r = parse_one(&maps[i], &dnats[i], arena, err);

		if (r < 0)
			return r;
	}
	qsort(maps, wanted->n, sizeof(*maps), map_compare);
	for (i = 1; i < wanted->n; i++)
		if (map_compare(&maps[i - 1], &maps[i]) == 0)
			return error_set(err, EINVAL, "port map %s to %s: it is there twice",
					 maps[i].dnat->port, maps[i].dnat->to);
	*ret = maps;
	*n = wanted->n;
	return 0;
}

/* One element for a protocol and a port, or ports; the key begins with the listening address if there is one. */
static void add_element(struct script *script, const struct port_map *map, unsigned protocol,
			unsigned first, unsigned last)
{
	struct arena *arena = script->arena;
	char listen[ADDR_TEXT_MAX], target[ADDR_TEXT_MAX];
	struct script_element element = { .comment = arena_strdup(arena, map->comment) };
	bool range = first != last;
	unsigned set = range ? SET_RANGES4 : SET_PORTS4;

	if (has_listen(map))
		set = range ? SET_LISTEN_RANGES4 : SET_LISTEN4;
	element.key = arena_printf(arena, range ? "%s%s%u . %u-%u" : "%s%s%u . %u",
				   has_listen(map) ? addr_format(&map->dnat->listen, listen) : "",
				   has_listen(map) ? " . " : "", protocol, first, last);
	addr_format(&map->first, target);
	if (range)
		element.value = arena_strdup(arena, target);
	else
		element.value = arena_printf(arena, "%s . %u", target, target_port(map, first));
	script_add_element(script, (enum script_set)(set + is_ipv6(map)), element);
}

static void add_protocol(struct script *script, const struct port_map *map, unsigned protocol)
{
	unsigned port;

	if (keeps_port(map))
		add_element(script, map, protocol, map->from.first, map->from.last);
	else
		for (port = map->from.first; port <= map->from.last; port++)
			add_element(script, map, protocol, port, port);
}

void port_maps_add_elements(struct script *script, const struct port_map *maps, size_t n)
{
	char buffer[ADDR_TEXT_MAX];
	size_t i;

	for (i = 0; i < n; i++) {
		const struct port_map *map = &maps[i];

		if (map->dnat->hairpin && !is_spread(map))
			script_add_element(
				script, (enum script_set)(SET_HAIRPIN4 + is_ipv6(map)),
				(struct script_element){
					.key = arena_strdup(script->arena,
							    addr_format(&map->first, buffer)) });
		if (is_rule(map))
			continue;
		if (map->dnat->protocol != NAT_UDP)
			add_protocol(script, map, IPPROTO_TCP);
		if (map->dnat->protocol != NAT_TCP)
			add_protocol(script, map, IPPROTO_UDP);
	}
}

/* "ip6 saddr NETWORK ", without its length if that is full. */
void port_map_add_source(struct text *text, const struct addr *source)
{
	char buffer[ADDR_TEXT_MAX];
	const char *ip = source->family == AF_INET6 ? "ip6" : "ip";

	if (source->length == addr_bits(source->family))
		text_add(text, "%s saddr %s ", ip, addr_format(source, buffer));
	else
		text_add(text, "%s saddr %s ", ip, addr_format_prefix(source, buffer));
}

/* The target of a map from port to port: "{ 80 : 10.0.0.2 . 8080, … }". */
static void add_inline_map(struct text *text, const struct port_map *map)
{
	char buffer[ADDR_TEXT_MAX];
	unsigned port;

	addr_format(&map->first, buffer);
	text_add(text, "map { ");
	for (port = map->from.first; port <= map->from.last; port++)
		text_add(text, "%s%u : %s . %u", port == map->from.first ? "" : ", ", port, buffer,
			 target_port(map, port));
	text_add(text, " }");
}

static void add_target(struct text *text, const struct port_map *map)
{
	bool bracket = is_ipv6(map) && map->to.first;
	char buffer[ADDR_TEXT_MAX];

	text_add(text, bracket ? "[%s]" : "%s", addr_format(&map->first, buffer));
	if (is_spread(map))
		text_add(text, bracket ? "-[%s]" : "-%s", addr_format(&map->last, buffer));
	if (map->to.first)
		text_add(text, ":%u", map->to.first);
}

/* "tcp dport 80 dnat ip to 10.0.0.2:8080". */
static void add_mapping(struct text *text, const struct port_map *map)
{
	uint8_t protocol = map->dnat->protocol;
	const char *header = protocol == NAT_TCP ? "tcp" : protocol == NAT_UDP ? "udp" : "th";
	const char *ip = is_ipv6(map) ? "ip6" : "ip";

	if (protocol == NAT_TCP_UDP)
		text_add(text, "meta l4proto { %u, %u } ", IPPROTO_TCP, IPPROTO_UDP);
	if (!keeps_port(map) && map->from.first != map->from.last && !is_spread(map)) {
		text_add(text, "dnat %s to %s dport ", ip, header);
		add_inline_map(text, map);
		return;
	}
	text_add(text, map->from.first == map->from.last ? "%s dport %u" : "%s dport %u-%u", header,
		 map->from.first, map->from.last);
	text_add(text, " dnat %s to ", ip);
	if (keeps_port(map) && map->from.first != map->from.last) {
		struct port_map address_alone = *map;

		address_alone.to = (struct port_range){ 0 };
		add_target(text, &address_alone);
	} else {
		add_target(text, map);
	}
}

/* One rule of a map: for one of its sources, or for any. */
struct map_rule {
	const struct port_map *map;
	size_t entry;		   /* from 1 */
	size_t nth;		   /* source, from 1; 0: any */
	const struct addr *source; /* NULL: any */
};

/* Narrow before wide: listening address, interface, length of the source. */
static int rule_compare(const void *a, const void *b)
{
	const struct map_rule *x = a, *y = b;
	int order = has_listen(y->map) - has_listen(x->map);

	order = order ? order : !!y->map->dnat->in - !!x->map->dnat->in;
	order = order ? order
		      : (y->source ? y->source->length : -1) - (x->source ? x->source->length : -1);
	if (!order && x->entry != y->entry)
		order = x->entry < y->entry ? -1 : 1;
	return order ? order : (x->nth > y->nth) - (x->nth < y->nth);
}

static void add_rule(struct text *text, const struct map_rule *rule)
{
	const struct port_map *map = rule->map;
	const char *ip = is_ipv6(map) ? "ip6" : "ip";
	char buffer[ADDR_TEXT_MAX];

	text_add(text, "\t\t");
	if (map->dnat->in)
		text_add(text, "iifname \"%s\" ", map->dnat->in);
	if (rule->source)
		port_map_add_source(text, rule->source);
	if (has_listen(map))
		text_add(text, "%s daddr %s ", ip, addr_format(&map->dnat->listen, buffer));
	else
		text_add(text, "%s daddr != %s fib daddr type local ", ip,
			 is_ipv6(map) ? "::1" : "127.0.0.0/8");
	add_mapping(text, map);
	text_add(text, " comment \"%s #%zu.%zu\"\n", map->comment, rule->entry, rule->nth);
}

void port_maps_add_rules(struct text *text, const struct port_map *maps, size_t n)
{
	struct arena *arena = arena_new();
	size_t i, j, entry = 0, n_rules = 0, room = 0;
	struct map_rule *rules;

	for (i = 0; i < n; i++)
		room += 1 + maps[i].dnat->source.n;
	rules = arena_alloc(arena, (room + 1) * sizeof(*rules));
	for (i = 0; i < n; i++) {
		const struct prefix_item *sources = maps[i].dnat->source.items;

		if (!is_rule(&maps[i]))
			continue;
		entry++;
		for (j = 0; j < maps[i].dnat->source.n; j++)
			rules[n_rules++] = (struct map_rule){ .map = &maps[i],
							      .entry = entry,
							      .nth = j + 1,
							      .source = &sources[j].prefix };
		if (maps[i].dnat->source.n == 0)
			rules[n_rules++] = (struct map_rule){ .map = &maps[i], .entry = entry };
	}
	qsort(rules, n_rules, sizeof(*rules), rule_compare);
	for (i = 0; i < n_rules; i++)
		add_rule(text, &rules[i]);
	arena_free(arena);
}

static bool is_loopback(const struct port_map *map)
{
	return map->dnat->loopback && !is_ipv6(map);
}

void port_maps_add_loopback(struct text *text, const struct port_map *maps, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!is_loopback(&maps[i]))
			continue;
		text_add(text, "\t\tip daddr 127.0.0.0/8 ");
		add_mapping(text, &maps[i]);
		text_add(text, "\n");
	}
}

void port_maps_add_hairpin_ranges(struct text *text, const struct port_map *maps, size_t n,
				  const char *prefix, const char *suffix)
{
	char first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX];
	size_t i;

	for (i = 0; i < n; i++)
		if (maps[i].dnat->hairpin && is_spread(&maps[i]))
			text_add(text, "%s%s daddr %s-%s %s\n", prefix,
				 is_ipv6(&maps[i]) ? "ip6" : "ip",
				 addr_format(&maps[i].first, first),
				 addr_format(&maps[i].last, last), suffix);
}

bool port_maps_have_loopback(const struct port_map *maps, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_loopback(&maps[i]))
			return true;
	return false;
}

bool port_maps_have_hairpin(const struct port_map *maps, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (maps[i].dnat->hairpin)
			return true;
	return false;
}
