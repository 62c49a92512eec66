/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rule as the kernel has it, a list of expressions that work on registers, to conditions and what follows. */
#ifndef BACKENDS_NFT_RULE_H
#define BACKENDS_NFT_RULE_H

#include "backends/request.h"
#include "model/ruleset.h"

/* What a rule needs to know of its table. */
struct rule_reader {
	struct arena *arena;
	const char *family; /* of the table: "ip", "ip6", "inet" */
	/*
	 * Appends the elements (struct rule_element) of a set of the table. False: it cannot be compared by value, or not be
	 * read.
	 */
	bool (*elements)(void *data, const char *set, struct list *ret);
	void *data;
};

/* NFTA_RULE_EXPRESSIONS into *ret. */
void rule_read(struct rule *ret, const struct nlattr *expressions,
	       const struct rule_reader *reader);
/* A nest with NFTA_DATA_VERDICT in it. */
struct rule_outcome rule_read_verdict(const struct nlattr *data, struct arena *arena);

#endif
