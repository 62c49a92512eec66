/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the comments of the host's tables; one netlink dump, no context of libnftables. */
#include "backends/nft/scope.h"

#include "backends/nft/decode.h"
#include "backends/nft/tables.h"
#include "model/text.h"

#include <errno.h>
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

/* A topology's name has no underscore, so that its table's name leads back to it. */
struct names {
	struct list *list;
	struct arena *arena;
};

static void add_name(void *data, const char *name, const char *comment)
{
	const struct names *names = data;
	struct string_item *item;
	uint8_t protocol;
	char *text, *c;

	if (!text_starts_with(name, "vnet_") || !nft_comment_parse(&protocol, comment) || !protocol)
		return;
	text = arena_strdup(names->arena, name + strlen("vnet_"));
	for (c = text; *c; c++)
		if (*c == '_')
			*c = '-';
	item = list_append(names->list, &record_string_item, names->arena);
	item->text = text;
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
	char table[NFT_TABLE_NAME_MAX];
	uint8_t found;
	bool *used;
};

static void search_table(void *data, const char *name, const char *comment)
{
	struct search *search = data;
	uint8_t protocol;

	if (!text_starts_with(name, "vnet_") || !nft_comment_parse(&protocol, comment))
		return;
	if (strcmp(name, search->table) == 0)
		search->found = protocol;
	else
		search->used[protocol] = true;
}

int nft_scope_protocol(struct places *places, const char *topology, uint8_t *ret, bool used[256],
		       struct error *err)
{
	struct search search = { .used = used };
	int r = place_enter(places, "", err);

	if (r < 0)
		return r;
	nft_scope_table(topology, search.table);
	r = tables_read(search_table, &search, err);
	place_leave(places);
	if (r < 0 && r != -EOPNOTSUPP)
		return r;
	*ret = search.found;
	return 0;
}

struct foreign {
	const char *found;
	struct arena *arena;
};

static void note_foreign(void *data, const char *table, const char *chain)
{
	struct foreign *foreign = data;

	if (!text_starts_with(table, "vnet_"))
		foreign->found = arena_printf(foreign->arena, "chain %s of table %s", chain, table);
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
