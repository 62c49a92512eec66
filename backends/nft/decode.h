/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a listing of our own table back to what it was made from. */
#ifndef BACKENDS_NFT_DECODE_H
#define BACKENDS_NFT_DECODE_H

#include "model/arena.h"
#include "model/nft_table.h"

/*
 * Fills *ret (zeroed) from a stateless listing of one table; strings in arena. Lenient: what it does not know it passes
 * over. Whether anything was passed over is found by generating the result and comparing, see listing_normalize.
 */
void nft_decode(struct nft_table *ret, const char *listing, struct arena *arena);

/* The protocol number in a table's comment "vnetapply NUMBER". Returns whether the comment is ours; then *ret may be 0. */
bool nft_comment_parse(uint8_t *ret, const char *comment);

#endif
