/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One YAML text to one tree: anchors, aliases and merge keys resolved, everything else that YAML offers beyond
 * maps, lists and texts refused.
 */
#ifndef MODEL_DOCUMENT_PARSE_H
#define MODEL_DOCUMENT_PARSE_H

#include "model/diag.h"
#include "model/document_text.h"
#include "model/node.h"

#define DOCUMENT_DEPTH_MAX  32
#define DOCUMENT_EVENTS_MAX 1000000
#define DOCUMENT_ALIAS_MAX  200000 /* nodes that aliases may add, over all files of a document */

/*
 * The root in arena, a map; NULL after an error that ended reading. Other mistakes are only in diag.
 * *budget is how many nodes aliases may still add; it is counted down.
 */
struct node *document_parse(const struct document_text *text, struct arena *arena, size_t *budget,
			    struct diag *diag);

#endif
