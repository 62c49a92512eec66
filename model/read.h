/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fills records from a tree by their rows: types, limits, unknown keys with suggestions, required keys,
 * short forms, variants. Whatever is wrong is reported and reading goes on.
 *
 * A null reads as absent: a row keeps its default, a map's element is one with nothing written.
 */
#ifndef MODEL_READ_H
#define MODEL_READ_H

#include "model/diag.h"
#include "model/field.h"
#include "model/node.h"

/* Readers of nested nodes live on the stack of the recursion and point at the one above. */
struct reader {
	struct arena *arena; /* gets all strings and lists */
	struct diag *diag;
	const struct reader *parent; /* NULL: the root of the document */
	const char *key;	     /* where we are in the parent; NULL: element `index` */
	size_t index;
};

/*
 * Reads `node` into *item, an instance that holds the record's defaults. Returns false if anything was wrong
 * (reported). A struct item, where the record has one, gets position and written; rows of a variant
 * are counted in `written` after the record's own.
 */
bool record_read(const struct record *record, const struct node *node, void *item,
		 struct reader *reader);

/* Where the value of `key`, or element `index` of the list there, was written; else where the item was. */
const struct position *item_value_position(const struct item *item, const char *key, size_t index);

/* Reports "unknown key" at node's key with the nearest of the record's rows as suggestion. */
void read_unknown_key(const struct record *record, const struct node *node, struct reader *reader);

/* Reports a mistake at node: "namespaces.red.attach.br0: MESSAGE". */
void read_error(const struct reader *reader, const struct node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Reports that node's text is not what the row expects; why as field_parse gave it. */
void read_wrong_scalar(const struct field *field, const struct node *node, const char *why,
		       const struct reader *reader);

/* Appends "namespaces.red.links[0]"; nothing for the root. */
void reader_path(const struct reader *reader, struct text *ret);

/* [A-Za-z0-9][A-Za-z0-9._-]{0,62}: what namespaces and objects may be called. */
bool name_is_valid(const char *name);

#endif
