/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the comments of the host's tables; one netlink dump, no context of libnftables. */
#include "backends/nft/scope.h"

#include "backends/nft/decode.h"
#include "backends/nft/tables.h"
#include "model/text.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

const char *nft_scope_table(const char *topology, char buffer[NFT_TABLE_NAME_MAX])
{
	char *c;

	snprintf(buffer, NFT_TABLE_NAME_MAX, "vnet_%s", topology);
	for (c = buffer; *c; c++)
		if (*c == '-')
			*c = '_';
	return buffer;
}

/* A topology's name has no underscore, so that its table's name leads back to it. NULL: no topology's table. */
static const char *topology_of(const char *table, struct arena *arena)
{
	char *text, *c;

	if (!text_starts_with(table, "vnet_"))
		return NULL;
	text = arena_strdup(arena, table + strlen("vnet_"));
	for (c = text; *c; c++)
		if (*c == '_')
			*c = '-';
	return text;
}

struct names {
	struct list *list;
	struct arena *arena;
};

static void add_name(void *data, const char *name, const char *comment)
{
	const struct names *names = data;
	const char *topology = topology_of(name, names->arena);
	struct string_item *item;
	uint8_t protocol;

	if (!topology || !nft_comment_parse(&protocol, comment) || !protocol)
		return;
	item = list_append(names->list, &record_string_item, names->arena);
	item->text = topology;
}

int nft_scope_topologies(struct places *places, struct list *ret, struct arena *arena,
			 struct error *err)
{
	struct names names = { .list = ret, .arena = arena };
	int r = place_enter(places, "", err);

	if (r < 0)
		return r;
	r = tables_read(add_name, &names, err);
	place_leave(places);
	return r == -EOPNOTSUPP ? 0 : r;
}

struct search {
	struct scope *scope;
	struct arena *arena;
};

static void search_table(void *data, const char *name, const char *comment)
{
	const struct search *search = data;
	const char *topology = topology_of(name, search->arena);
	uint8_t protocol;

	if (!topology || !nft_comment_parse(&protocol, comment))
		return;
	if (strcmp(topology, search->scope->topology) != 0)
		scope_set_holder(search->scope, protocol, topology);
	else if (protocol)
		search->scope->protocol = protocol;
}

int nft_scope_protocols(struct places *places, struct scope *scope, struct arena *arena,
			struct error *err)
{
	struct search search = { .scope = scope, .arena = arena };
	int r = place_enter(places, "", err);

	if (r < 0)
		return r;
	r = tables_read(search_table, &search, err);
	place_leave(places);
	return r == -EOPNOTSUPP ? 0 : r;
}

struct foreign {
	const char *found;
	struct arena *arena;
};

static void note_foreign(void *data, const struct table_chain *chain)
{
	struct foreign *foreign = data;

	if (!text_starts_with(chain->table, "vnet_"))
		foreign->found = arena_printf(foreign->arena, "chain %s of table %s", chain->name,
					      chain->table);
}

int nft_scope_foreign_router(struct places *places, const char **ret, struct arena *arena,
			     struct error *err)
{
	struct foreign foreign = { .arena = arena };
	int r = place_enter(places, "", err);

	if (r < 0)
		return r;
	r = tables_read_routers(note_foreign, &foreign, err);
	place_leave(places);
	*ret = foreign.found;
	return r == -EOPNOTSUPP ? 0 : r;
}

struct translators {
	const char *place;
	void (*each)(void *data, const char *place, const char *family, const char *table);
	void *data;
	uint8_t family; /* of the last one told */
	char table[NFT_TABLE_NAME_MAX];
};

static const char *family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	}
	return "inet"; /* no other one translates */
}

/* A table's chains come one after another. */
static void note_translator(void *data, const struct table_chain *chain)
{
	struct translators *told = data;

	if (!chain->translates || text_starts_with(chain->table, "vnet_") ||
	    (told->family == chain->family && !strcmp(told->table, chain->table)))
		return;
	told->family = chain->family;
	snprintf(told->table, sizeof(told->table), "%s", chain->table);
	told->each(told->data, told->place, family_name(chain->family), chain->table);
}

int nft_scope_translators(struct places *places, const char *place,
			  void (*each)(void *data, const char *place, const char *family,
				       const char *table),
			  void *data, struct error *err)
{
	struct translators told = { .place = place, .each = each, .data = data };
	int r = place_enter(places, place, err);

	if (r < 0)
		return r;
	r = tables_read_routers(note_translator, &told, err);
	place_leave(places);
	return r == -EOPNOTSUPP ? 0 : r;
}
