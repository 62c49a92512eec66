/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model as a topology without sugar: what render and state print. Reading it back and expanding it gives an
 * equal model.
 */
#ifndef MODEL_EXPLICIT_H
#define MODEL_EXPLICIT_H

#include "model/model.h"
#include "model/node.h"

struct explicit_options {
	const char *name;	   /* of the topology */
	const char *host;	   /* stands under hosts.<host>; NULL: at top level */
	const struct node *labels; /* NULL: none */
	const struct list
		*addresses; /* struct addr_item: the host's underlay; NULL: none. Needs host */
	bool owners; /* add "owner", the topology's name or null, to each object: for state -o json */
	bool foreign; /* also objects that are not ours */
};

/*
 * Only objects that are ours or external unless options say otherwise. Sorted, but addresses stand in the order
 * they were added: the first is the one that packets are sent from. In arena.
 */
struct node *explicit_tree(const struct model *model, const struct explicit_options *options,
			   struct arena *arena);

#endif
