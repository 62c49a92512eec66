/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Matches and targets that iptables brings along. Their bytes are the same, whether nftables or the kernel's older tables
 * hold the rule.
 */
#ifndef BACKENDS_EXTENSION_H
#define BACKENDS_EXTENSION_H

#include "model/arena.h"
#include "model/ruleset.h"

struct extension {
	const char *name; /* NULL: not known */
	uint32_t revision;
	const void *info; /* borrowed, of any alignment; NULL: there is none */
	size_t size;
};

/* Appends what it asks for to the rule's conditions; of one that is not known here, that it does not match. */
void extension_add_match(struct rule *rule, const struct extension *match, struct arena *arena);

/* What a target makes of a packet. NONE: it goes on, as from LOG, or the name (or NULL) is not known. */
enum rule_verdict extension_verdict(const char *target);

#endif
