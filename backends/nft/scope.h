/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tables say of scopes: a topology's table bears its name, and the host's one, in its comment, its protocol number. */
#ifndef BACKENDS_NFT_SCOPE_H
#define BACKENDS_NFT_SCOPE_H

#include "backends/place.h"
#include "model/field.h"
#include "reconcile/backend.h"

#include <stdbool.h>
#include <stdint.h>

#define NFT_TABLE_NAME_MAX 64

/* "vnet_<topology>", dashes as underscores (nft takes no dash): one table for one name. Returns buffer. */
const char *nft_scope_table(const char *topology, char buffer[NFT_TABLE_NAME_MAX]);

/*
 * The protocol numbers that stand in the host's tables: that of scope->topology in scope->protocol (left alone where it
 * has none), and whose the others are, with names in arena. A kernel without nf_tables has none.
 */
int nft_scope_protocols(struct places *places, struct scope *scope, struct arena *arena,
			struct error *err);

/* Names of all topologies that the host's tables tell of, as struct string_item; in arena. */
int nft_scope_topologies(struct places *places, struct list *ret, struct arena *arena,
			 struct error *err);

/*
 * A chain of the host's tables that forwards or translates and is no topology's, "chain FORWARD of table filter", in
 * arena. NULL: there is none.
 */
int nft_scope_foreign_router(struct places *places, const char **ret, struct arena *arena,
			     struct error *err);

/* Each table in a place, by its family's name, that translates addresses and is no topology's. */
int nft_scope_translators(struct places *places, const char *place,
			  void (*each)(void *data, const char *place, const char *family,
				       const char *table),
			  void *data, struct error *err);

#endif
