/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fills records from a tree by their rows: types, limits, unknown keys with suggestions, required keys,
 * short forms, variants. Whatever is wrong is reported and reading goes on.
 */
#ifndef MODEL_READ_H
#define MODEL_READ_H

#include "model/diag.h"
#include "model/field.h"
#include "model/node.h"

struct reader {
	struct arena *arena; /* gets all strings and lists */
	struct diag *diag;
	const char *path; /* where we are, for messages: "namespaces.red.attach.br0" */
};

/*
 * Reads `node` into *item, an instance that holds the record's defaults. Returns false if anything was wrong
 * (reported). A struct item, where the record has one, gets position and written.
 */
bool record_read(const struct record *record, const struct node *node, void *item,
		 struct reader *reader);

/* Reports "unknown key" at node's key with the nearest of the record's rows as suggestion. */
void read_unknown_key(const struct record *record, const struct node *node, struct reader *reader);

#endif
