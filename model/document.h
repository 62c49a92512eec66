/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's files as one tree: YAML, include, several -f, anchors and merge keys, ${variables}. Knows nothing of
 * what keys mean. The only users of libyaml are document*.c.
 *
 * Limits: a file 4 MiB, all files 64 MiB, depth 32, a million values in a file, and budgets for what aliases and
 * variables expand to. The files of one -f (a directory, includes) form one tree, in which nothing is set twice; a
 * later -f overrides. A file that one -f reaches twice is read once.
 */
#ifndef MODEL_DOCUMENT_H
#define MODEL_DOCUMENT_H

#include "model/diag.h"
#include "model/error.h"
#include "model/node.h"

struct document_variable {
	const char *name, *value;
	const char *origin; /* "--var", "VNETAPPLY_VAR_x": for messages */
};

struct document_options {
	const char *const *files; /* as given to -f: file, directory, "-" */
	size_t n_files;
	const struct document_variable *variables; /* override vars:; the later wins */
	size_t n_variables;
	const char *const *variable_files; /* --var-file: YAML maps of name: value */
	size_t n_variable_files;
};

struct document_input {
	const char *path;
	char sha256[65];
};

struct document;

/*
 * Reads everything into *ret. Mistakes in the text go to diag (the result is then not to be used; returns
 * -EBADMSG); a file that cannot be read at all is an error (-ENOENT, -EACCES, -EFBIG, …).
 */
int document_load(struct document **ret, const struct document_options *options, struct diag *diag,
		  struct error *err);
/* The same from memory, as file `name`; no includes. For tests, fuzzing and saved text. */
int document_load_text(struct document **ret, const char *name, const char *text, size_t length,
		       struct diag *diag, struct error *err);
void document_free(struct document *document); /* accepts NULL */

/*
 * The tree, variables and merge keys resolved; `vars` and `include` are gone from it. Never NULL; a map. Nodes,
 * texts and the file names of positions live until document_free.
 */
const struct node *document_root(const struct document *document);
size_t document_inputs(const struct document *document, const struct document_input **ret);

/*
 * One host's view: the top level with hosts.<host> merged over it (maps merge, scalars replace, lists append,
 * null removes what the top level has), `hosts` kept as it is. host NULL, or not in the file: the top level alone.
 * New maps are in arena, all else is borrowed from the document.
 */
struct node *document_for_host(const struct document *document, const char *host,
			       struct arena *arena, struct diag *diag);

#endif
