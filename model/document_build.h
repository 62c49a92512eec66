/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libyaml's events of one text to one tree; part of document_parse.c, which looks at what is around it. */
#ifndef MODEL_DOCUMENT_BUILD_H
#define MODEL_DOCUMENT_BUILD_H

#include "model/diag.h"
#include "model/document_text.h"
#include "model/node.h"

/*
 * The first document's root, in arena; *end is the byte offset where the document ends. NULL after an error that
 * ended reading; other mistakes are only in diag. *budget: see document_parse.
 */
struct node *document_build(const struct document_text *text, struct arena *arena, size_t *budget,
			    size_t *end, struct diag *diag);

#endif
