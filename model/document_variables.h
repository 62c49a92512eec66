/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ${name} and ${name:-default} in the texts and keys of a tree. The default stands in for a variable that is not
 * defined or is empty, and ends at the first "}". "$${" is a literal "${"; any other "$" stands for itself. A
 * variable may use others.
 */
#ifndef MODEL_DOCUMENT_VARIABLES_H
#define MODEL_DOCUMENT_VARIABLES_H

#include "model/diag.h"
#include "model/document.h"
#include "model/node.h"

#define DOCUMENT_VARIABLES_MAX (8U << 20) /* bytes that variables may bring into a document */

struct document_variables;

struct document_variables *document_variables_new(struct arena *arena, struct diag *diag);
void document_variables_free(struct document_variables *variables); /* accepts NULL */

/* Each definition replaces an earlier one of the same name. Names: [A-Za-z_][A-Za-z0-9_]*. */
void document_variables_add_map(struct document_variables *variables, const struct node *map);
void document_variables_add(struct document_variables *variables,
			    const struct document_variable *variable);

/* Replaces in the whole tree, which must share no nodes. */
void document_variables_apply(struct document_variables *variables, struct node *tree);

/* Warns of variables given to --var that nothing used. */
void document_variables_check_used(const struct document_variables *variables);

#endif
