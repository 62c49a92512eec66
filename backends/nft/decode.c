/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the words of a listing line by line. Matches say where an entry applies; what the text of a rule or an element
 * does not tell (which elements are one port map, how its target was written) stands in its comment.
 */
#include "backends/nft/decode.h"

#include "backends/nft/generate.h"
#include "backends/nft/listing.h"

#include "model/cleanup.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A rule, as far as entries need it. */
struct rule {
	const char *in, *out, *out_not, *comment, *verb;
	struct addr source, listen;
	uint8_t protocol;
	bool conntrack;
};

static bool parse_network(struct addr *ret, const char *text)
{
	return strchr(text, '/') ? addr_parse_prefix(ret, text) : addr_parse(ret, text);
}

static uint8_t protocol_parse(const char *text)
{
	if (strcmp(text, "6") == 0 || strcmp(text, "tcp") == 0)
		return NAT_TCP;
	if (strcmp(text, "17") == 0 || strcmp(text, "udp") == 0)
		return NAT_UDP;
	return strcmp(text, "th") == 0 ? NAT_TCP_UDP : 0;
}

static bool is_verb(const char *text)
{
	static const char *const verbs[] = { "accept", "drop", "reject",    "return",
					     "dnat",   "snat", "masquerade" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(text, verbs[i]) == 0)
			return true;
	return false;
}

/* Reads what stands at word i; returns how many words that were. */
static size_t rule_read_listing_word(struct rule *rule, const struct listing_words *words, size_t i)
{
	const char *text = listing_word(words, i), *next = listing_word(words, i + 1);
	bool other = strcmp(next, "!=") == 0;

	if (strcmp(text, "iifname") == 0) {
		if (!other)
			rule->in = next;
	} else if (strcmp(text, "oifname") == 0) {
		*(other ? &rule->out_not : &rule->out) = other ? listing_word(words, i + 2) : next;
	} else if (strcmp(text, "saddr") == 0) {
		parse_network(&rule->source, next);
	} else if (strcmp(text, "daddr") == 0) {
		addr_parse(&rule->listen, next);
	} else if (strcmp(text, "comment") == 0) {
		rule->comment = next;
	} else if (strcmp(text, "ct") == 0) { /* "ct status dnat" is no verb */
		rule->conntrack = true;
		return 3;
	} else {
		if (strcmp(text, "dport") == 0 && i > 0)
			rule->protocol = protocol_parse(listing_word(words, i - 1));
		else if (is_verb(text) && !rule->verb)
			rule->verb = text;
		return 1;
	}
	return other ? 3 : 2;
}

static void rule_read(struct rule *ret, const struct listing_words *words)
{
	size_t i = 0;

	*ret = (struct rule){ 0 };
	while (i < words->n)
		i += rule_read_listing_word(ret, words, i);
}

/* Rules of port maps are sorted, those of one entry are found by its number. */
struct numbered_source {
	unsigned entry, nth;
	struct addr source;
};

struct decoder {
	struct nft_table *table;
	struct arena *arena;
	struct text elements; /* of the set being read */
	bool in_elements;
	char *section; /* name of the set or chain being read */
	struct numbered_source *sources;
	unsigned *entries; /* of each dnat in table, its number; 0: an element */
	size_t n_sources, sources_room, entries_room;
};

static void *grow(struct arena *arena, void *items, size_t n, size_t *room, size_t size)
{
	void *larger;

	if (n < *room)
		return items;
	*room = *room ? 2 * *room : 16;
	larger = arena_alloc(arena, *room * size);
	if (items)
		memcpy(larger, items, n * size);
	return larger;
}

/* Flags and texts of a port map's comment; "#ENTRY.NTH" to *entry and *nth, else 0. */
static bool dnat_read_comment(struct dnat *ret, unsigned *entry, unsigned *nth, const char *comment,
			      struct arena *arena)
{
	struct listing_words words;
	size_t i;

	listing_split_words(&words, arena_strdup(arena, comment));
	*entry = *nth = 0;
	if (words.n < 3 || strcmp(listing_word(&words, 1), "to") != 0)
		return false;
	ret->port = words.at[0];
	ret->to = words.at[2];
	for (i = 3; i < words.n; i++) {
		if (strcmp(words.at[i], "tcp+udp") == 0)
			ret->protocol = NAT_TCP_UDP;
		else if (strcmp(words.at[i], "hairpin") == 0)
			ret->hairpin = true;
		else if (strcmp(words.at[i], "loopback") == 0)
			ret->loopback = true;
		else if (strcmp(words.at[i], "any") == 0)
			ret->listen.family = AF_INET;
		else if (sscanf(words.at[i], "#%u.%u", entry, nth) != 2)
			return false;
	}
	return true;
}

/* The unspecified listening address is in no match: the comment told of it, the target tells its family. */
static void dnat_complete_listen(struct dnat *dnat)
{
	struct addr first, last;
	struct port_range ports;

	if (dnat->listen.family == 0 || dnat->listen.length != 0 ||
	    !nat_target_parse(&first, &last, &ports, dnat->to))
		return;
	dnat->listen.family = first.family;
	dnat->listen.length = addr_bits(first.family);
}

static void add_dnat(struct decoder *decoder, const struct dnat *dnat, unsigned entry)
{
	struct list *list = &decoder->table->dnat;

	decoder->entries = grow(decoder->arena, decoder->entries, list->n, &decoder->entries_room,
				sizeof(*decoder->entries));
	decoder->entries[list->n] = entry;
	*(struct dnat *)list_append(list, &record_dnat, decoder->arena) = *dnat;
}

/* Of the rules of one entry, one for each source, the first stands for it. */
static void decode_port_map_rule(struct decoder *decoder, const struct rule *rule)
{
	struct dnat dnat = { .in = rule->in, .listen = rule->listen, .protocol = rule->protocol };
	unsigned entry, nth;

	if (!rule->comment ||
	    !dnat_read_comment(&dnat, &entry, &nth, rule->comment, decoder->arena) || entry == 0)
		return;
	dnat_complete_listen(&dnat);
	if (nth <= 1)
		add_dnat(decoder, &dnat, entry);
	if (nth == 0)
		return;
	decoder->sources = grow(decoder->arena, decoder->sources, decoder->n_sources,
				&decoder->sources_room, sizeof(*decoder->sources));
	decoder->sources[decoder->n_sources++] =
		(struct numbered_source){ entry, nth, rule->source };
}

static void decode_postrouting_rule(struct decoder *decoder, const struct rule *rule)
{
	if (rule->conntrack)
		return;
	if (strcmp(rule->verb, "masquerade") == 0) {
		struct masquerade *masquerade = list_append(&decoder->table->masquerade,
							    &record_masquerade, decoder->arena);

		masquerade->source = rule->source;
		masquerade->out = rule->out;
		masquerade->out_not = rule->out_not;
	} else if (strcmp(rule->verb, "snat") == 0 && rule->comment &&
		   text_starts_with(rule->comment, "to ")) {
		struct snat *snat =
			list_append(&decoder->table->snat, &record_snat, decoder->arena);

		snat->source = rule->source;
		snat->out = rule->out;
		snat->out_not = rule->out_not;
		snat->to = rule->comment + strlen("to ");
	}
}

static void decode_forward_rule(struct decoder *decoder, const struct rule *rule)
{
	struct policy *policy;
	struct listing_words states;
	size_t i;

	if (rule->comment && strcmp(rule->comment, NFT_COMMENT_ALSO) == 0)
		return;
	policy = list_append(&decoder->table->policy, &record_policy, decoder->arena);
	policy->in = rule->in;
	policy->out = rule->out;
	policy->action = strcmp(rule->verb, "accept") == 0 ? POLICY_ACCEPT
			 : strcmp(rule->verb, "drop") == 0 ? POLICY_DROP
							   : POLICY_REJECT;
	if (!rule->comment)
		return;
	listing_split_words(&states, arena_strdup(decoder->arena, rule->comment));
	for (i = 0; i < states.n; i++) {
		struct string_item *item =
			list_append(&policy->state, &record_string_item, decoder->arena);

		item->text = states.at[i];
	}
}

static void decode_rule(struct decoder *decoder, char *line)
{
	struct listing_words words;
	struct rule rule;

	listing_split_words(&words, line);
	rule_read(&rule, &words);
	if (strcmp(decoder->section, NFT_CHAIN_MSS) == 0 && rule.out) {
		struct string_item *item = list_append(&decoder->table->mss_clamp,
						       &record_ifname_item, decoder->arena);

		item->text = rule.out;
		return;
	}
	if (!rule.verb)
		return;
	if (strcmp(decoder->section, NFT_CHAIN_PORT_MAPS) == 0)
		decode_port_map_rule(decoder, &rule);
	else if (strcmp(decoder->section, NFT_CHAIN_POSTROUTING) == 0)
		decode_postrouting_rule(decoder, &rule);
	else if (strcmp(decoder->section, NFT_CHAIN_FORWARD) == 0)
		decode_forward_rule(decoder, &rule);
}

/* Several elements can be of one map: the one of its first port, and of TCP if it is for both, stands for it. */
static bool stands_for_map(const struct dnat *dnat, uint8_t protocol, const char *port)
{
	size_t length = strcspn(dnat->port, "-");

	return strncmp(dnat->port, port, length) == 0 && strchr("-", port[length]) &&
	       (dnat->protocol != NAT_TCP_UDP || protocol == NAT_TCP);
}

/* "[ADDRESS .] PROTOCOL . PORT comment "…" : TARGET". */
static void decode_element(struct decoder *decoder, char *element)
{
	struct listing_words words;
	struct dnat dnat = { 0 };
	unsigned entry, nth;
	uint8_t protocol;
	size_t i = 0;

	listing_split_words(&words, element);
	if (text_starts_with(decoder->section, "listen")) {
		addr_parse(&dnat.listen, listing_word(&words, 0));
		i = 2;
	}
	dnat.protocol = protocol = protocol_parse(listing_word(&words, i));
	if (strcmp(listing_word(&words, i + 3), "comment") != 0 ||
	    !dnat_read_comment(&dnat, &entry, &nth, listing_word(&words, i + 4), decoder->arena) ||
	    !stands_for_map(&dnat, protocol, listing_word(&words, i + 2)))
		return;
	dnat_complete_listen(&dnat);
	add_dnat(decoder, &dnat, 0);
}

static void decode_each(void *data, char *element)
{
	decode_element(data, element);
}

static void decode_line(struct decoder *decoder, char *line)
{
	char *name;

	line = listing_trim(line);
	if (text_starts_with(line, "elements = {"))
		decoder->in_elements = true;
	if (decoder->in_elements) {
		text_add(&decoder->elements, "%s ", line);
		if (!listing_ends_elements(line))
			return;
		if (!text_starts_with(decoder->section, "hairpin"))
			listing_split_elements(decoder->elements.data, decode_each, decoder);
		text_free(&decoder->elements);
		decoder->in_elements = false;
	} else if (text_starts_with(line, "chain ") || text_starts_with(line, "map ") ||
		   text_starts_with(line, "set ")) {
		name = strchr(line, ' ') + 1;
		decoder->section = arena_strndup(decoder->arena, name, strcspn(name, " "));
	} else if (!decoder->section[0] && text_starts_with(line, "comment \"")) {
		name = line + strlen("comment \"");
		name[strcspn(name, "\"")] = '\0';
		nft_comment_parse(&decoder->table->protocol, name);
	} else if (decoder->section[0] && line[0] != '}' && !text_starts_with(line, "type ") &&
		   !text_starts_with(line, "flags ")) {
		decode_rule(decoder, line);
	}
}

static int source_compare(const void *a, const void *b)
{
	const struct numbered_source *x = a, *y = b;

	if (x->entry != y->entry)
		return x->entry < y->entry ? -1 : 1;
	return (x->nth > y->nth) - (x->nth < y->nth);
}

static void decode_sources(struct decoder *decoder)
{
	const struct numbered_source *sources = decoder->sources;
	struct dnat *dnats = decoder->table->dnat.items;
	size_t i, j;

	if (decoder->n_sources == 0)
		return;
	qsort(decoder->sources, decoder->n_sources, sizeof(*sources), source_compare);
	for (i = 0; i < decoder->table->dnat.n; i++) {
		size_t low = 0, high = decoder->n_sources;

		while (low < high) { /* the first source of the entry */
			size_t middle = (low + high) / 2;

			if (sources[middle].entry < decoder->entries[i])
				low = middle + 1;
			else
				high = middle;
		}
		for (j = low; j < decoder->n_sources && sources[j].entry == decoder->entries[i];
		     j++) {
			struct prefix_item *item =
				list_append(&dnats[i].source, &record_prefix_item, decoder->arena);

			item->prefix = sources[j].source;
		}
	}
}

void nft_decode(struct nft_table *ret, const char *listing, struct arena *arena)
{
	struct decoder decoder = { .table = ret,
				   .arena = arena,
				   .section = arena_strdup(arena, "") };
	char *line = arena_strdup(arena, listing);

	while (line) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		decode_line(&decoder, line);
		line = end;
	}
	text_free(&decoder.elements);
	decode_sources(&decoder);
}

bool nft_comment_parse(uint8_t *ret, const char *comment)
{
	uint64_t number = 0;

	if (!text_starts_with(comment, "vnetapply"))
		return false;
	comment += strlen("vnetapply");
	if (*comment && (*comment++ != ' ' || !text_parse_number(&number, comment) || number > 255))
		return false;
	*ret = (uint8_t)number;
	return true;
}
