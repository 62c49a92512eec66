/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listings of our table, as an editor may have left them: reading one never fails, and what was read, if it can be
 * said in rules at all, makes the same text when it is read from that again.
 */
#include "backends/nft/decode.h"
#include "backends/nft/generate.h"
#include "backends/nft/listing.h"
#include "model/cleanup.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text of a table; false: it cannot be said in rules. */
static bool write_table(const struct nft_table *table, struct text *ret)
{
	struct script *script;
	struct error err;

	if (nft_generate(&script, "vnet_fuzz", table, &err) < 0)
		return false;
	script_text(script, ret);
	script_free(script);
	return true;
}

static void read_again(const struct nft_table *table, struct arena *arena)
{
	AUTO_TEXT struct text first = { 0 }, second = { 0 };
	struct nft_table again = { 0 };

	if (!write_table(table, &first))
		return;
	nft_decode(&again, text_get(&first), arena);
	if (!write_table(&again, &second) || strcmp(text_get(&first), text_get(&second)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	AUTO_TEXT struct text normal = { 0 };
	struct nft_table table = { 0 };
	char *listing = arena_strndup(arena, (const char *)data, size);

	nft_decode(&table, listing, arena);
	read_again(&table, arena);
	listing_normalize(listing, &normal);
	arena_free(arena);
	return 0;
}
