/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table as nftables text, in two parts: the rules, and the elements of its maps and sets. Two scripts whose rules
 * agree differ in elements only, which can be added and deleted beside all others.
 *
 * The text is written as nft 1.0.6 lists it (stateless, protocols as numbers), so that an untouched table of ours
 * compares equal to it without another look.
 */
#ifndef BACKENDS_NFT_SCRIPT_H
#define BACKENDS_NFT_SCRIPT_H

#include "model/arena.h"
#include "model/error.h"
#include "model/nft_table.h"
#include "model/text.h"

#include <stdbool.h>

/* Port maps by what they map to and by what they match; v6 sets follow their v4 ones. */
enum script_set {
	SET_PORTS4, /* protocol, port: address and port */
	SET_PORTS6,
	SET_RANGES4, /* protocol, ports: the address alone */
	SET_RANGES6,
	SET_LISTEN4, /* address, protocol, port: address and port */
	SET_LISTEN6,
	SET_LISTEN_RANGES4, /* address, protocol, ports: the address alone */
	SET_LISTEN_RANGES6,
	SET_HAIRPIN4, /* targets that their neighbours may reach through a map */
	SET_HAIRPIN6,
	SET_COUNT,
};

/* "ports4": its name in the table. */
const char *script_set_name(enum script_set set);

struct script_element {
	const char *key, *value; /* value NULL: the element of a set */
	const char *comment;	 /* NULL: none */
};

struct script {
	struct arena *arena;
	const char *table;
	uint8_t protocol; /* 0: none */
	struct script_elements {
		struct script_element *items;
		size_t n, room;
	} sets[SET_COUNT];
	struct text chains;
};

struct script *script_new(const char *table, uint8_t protocol);
void script_free(struct script *script); /* accepts NULL */

/* Takes the strings over as they are (from the script's arena, or lasting as long). */
void script_add_element(struct script *script, enum script_set set, struct script_element element);
/*
 * Sorts the elements and drops what stands there twice. Once, when all are added. -EINVAL: a key with two values, of
 * which nft would silently take one.
 */
int script_finish(struct script *script, struct error *err);

/* "table inet NAME { … }". Sets without elements are left out. */
void script_text(const struct script *script, struct text *ret);

/* Whether they differ in elements at most. */
bool script_same_rules(const struct script *a, const struct script *b);
/* The commands that make the elements of `from` those of `to`; nothing if they are equal. */
void script_element_changes(const struct script *from, const struct script *to, struct text *ret);

#endif
