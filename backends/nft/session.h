/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contexts of libnftables: one in each place, one in a scratch namespace, opened when first needed and kept, since
 * freeing one after it changed something waits for the kernel. libnftables is not thread-safe: use on one thread.
 */
#ifndef BACKENDS_NFT_SESSION_H
#define BACKENDS_NFT_SESSION_H

#include "backends/place.h"
#include "model/text.h"

struct sessions;
struct nft_ctx;

struct sessions *sessions_new(struct places *places);
void sessions_free(struct sessions *sessions); /* accepts NULL */

/* The context in a place's present namespace, borrowed. -ENOENT: there is no such place. */
int session_get(struct sessions *sessions, const char *place, struct nft_ctx **ret,
		struct error *err);
/* The context in the scratch namespace, borrowed. */
int session_get_scratch(struct sessions *sessions, struct nft_ctx **ret, struct error *err);

/* Carries out commands as one transaction. err has nft's message, and what it is about. */
int session_run(struct nft_ctx *ctx, const char *commands, struct error *err);
/* Appends the listing of a table of family inet: without state, protocols as numbers. */
int session_list(struct nft_ctx *ctx, const char *table, struct text *ret, struct error *err);

#endif
