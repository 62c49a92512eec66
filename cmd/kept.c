/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Topologies as records. What is written is the explicit form, which needs nothing of the machine to be read again. */
#include "cmd/kept.h"

#include "cmd/host_keys.h"
#include "cmd/options_value.h"
#include "cmd/output_yaml.h"

#include "model/cleanup.h"
#include "model/explicit.h"

struct node *kept_tree(struct session *session, const struct model *model)
{
	const struct explicit_options shown = { .name = session->name, .host = session->host };
	struct node *tree = explicit_tree(model, &shown, session->arena);

	host_keys_add(tree, session->document, session->host, session->arena);
	return tree;
}

const char *kept_text(struct session *session, const struct node *tree)
{
	AUTO_FREE char *text = NULL;
	size_t size;
	FILE *file = arena_check(open_memstream(&text, &size));

	output_yaml(file, tree);
	fclose(file);
	return arena_strdup(session->arena, text);
}

void kept_session_init(struct session *session, struct options *options,
		       const struct options *given, const char *name, const char *record)
{
	*options = *given;
	options->files = NULL;
	options->n_files = 0;
	option_append(given->arena, &options->files, &options->n_files,
		      arena_printf(given->arena, "%s/%s/%s", SCOPE_RUN_DIRECTORY, name, record));
	options->name = NULL;
	options->n_variables = options->n_variable_files = 0;
	session_init(session, options);
}

int kept_session_load(struct session *session, struct options *options)
{
	int r = session_load(session);
	const struct node *hosts = r ? NULL : node_find(document_root(session->document), "hosts");

	options->host = hosts && hosts->kind == NODE_MAP && hosts->first ? hosts->first->key : NULL;
	return r;
}
