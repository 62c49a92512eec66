/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two trees to one. Neither is changed: the result shares what is in one of them only. */
#ifndef MODEL_DOCUMENT_MERGE_H
#define MODEL_DOCUMENT_MERGE_H

#include "model/diag.h"
#include "model/node.h"

enum document_merge {
	DOCUMENT_JOIN,	  /* files of one layer: what is set twice, and is no map, is an error */
	DOCUMENT_OVERLAY, /* a later -f: scalars and lists replace, null removes */
	DOCUMENT_HOST, /* a host over the top level: scalars replace, lists append, null removes */
};

/*
 * `over` merged over `base`; both maps or either NULL, which gives the other. A null for what is not in base is
 * kept: there it is an object without settings. The result has base's key and position.
 */
const struct node *document_merge(const struct node *base, const struct node *over,
				  enum document_merge mode, struct arena *arena, struct diag *diag);

/* A node of its own for another map or list, which shares the children. */
struct node *document_share(const struct node *node, struct arena *arena);

#endif
