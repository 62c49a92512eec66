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
	const char *name; /* of the topology */
	const char *host; /* stands under hosts.<host>; NULL: at top level */
	bool owners;  /* add "owner" to each object, and print foreign ones: for state -o json */
	bool foreign; /* also foreign objects */
};

/* Only objects that are ours or external unless options say otherwise. In arena. */
struct node *explicit_tree(const struct model *model, const struct explicit_options *options,
			   struct arena *arena);

#endif
