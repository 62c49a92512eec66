/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a wanted table to its script. */
#ifndef BACKENDS_NFT_GENERATE_H
#define BACKENDS_NFT_GENERATE_H

#include "backends/nft/script.h"

/*
 * Bit of the packet mark that tells, from the forward to the postrouting hook, that a connection's first packet goes
 * back where it came from. Set and cleared by our rules.
 */
#define NFT_MARK_LOOPED 0x00800000U

/* Chains, also known to the decoder. */
#define NFT_CHAIN_PORT_MAPS   "port_maps"
#define NFT_CHAIN_FORWARD     "forward"
#define NFT_CHAIN_MSS	      "mss_clamp"
#define NFT_CHAIN_POSTROUTING "postrouting"

/* Comment of a rule that belongs to the entry of the rule before it. */
#define NFT_COMMENT_ALSO "also"

/* nft's limit for a comment is 128 bytes with the NUL. */
#define NFT_COMMENT_MAX 127

/* Fails with -EINVAL on what cannot be said in rules: a name with a quote, a source of another family. */
int nft_generate(struct script **ret, const char *table, const struct nft_table *wanted,
		 struct error *err);

/* Whether text can stand between quotes in nftables text as an interface's name, and means just that name. */
bool nft_name_is_plain(const char *name);

#endif
