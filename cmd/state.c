/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state: what is live of a topology, as a topology again, or with owners as JSON. */
#include "cmd/commands.h"

#include "cmd/host_keys.h"
#include "cmd/output_json.h"
#include "cmd/output_yaml.h"
#include "cmd/session.h"
#include "cmd/status.h"

#include "model/cleanup.h"
#include "model/explicit.h"

#include <sys/utsname.h>

static void print_json(struct session *session, const struct node *tree)
{
	struct node *root = node_new(session->arena, NODE_MAP), *child;
	struct utsname kernel;

	node_set_text(session->arena, root, "format_version", "1.0");
	node_set_text(session->arena, root, "kind", "state");
	node_set_text(session->arena, root, "name", session->name);
	node_set_text(session->arena, root, "host", session->host);
	if (uname(&kernel) == 0)
		node_set_text(session->arena, root, "kernel", kernel.release);
	NODE_FOR_EACH (child, tree) {
		if (!node_find(root, child->key))
			node_append(root, node_copy(session->arena, child));
	}
	output_json(stdout, root, JSON_INDENTED);
}

/*
 * With a file the wanted objects say what to look at besides ours: foreign links and sysctls that it names.
 */
static int find_topology(struct session *session)
{
	const struct options *options = session->options;

	if (options->name || !options->n_files)
		return session_find_name(session);
	return session_read(session);
}

int cmd_state(const struct options *options)
{
	bool json = options->format == FORMAT_JSON;
	AUTO_SESSION struct session session = SESSION_CLOSED;
	struct explicit_options shown;
	struct node *tree;
	int r;

	if (options->all && !json)
		return usage_error("state", "--all needs -o json: yaml is of what is ours alone");
	session_init(&session, options);
	r = find_topology(&session);
	if (!r)
		r = session_open(&session, SESSION_READS);
	if (!r)
		r = session_observe(&session);
	if (r)
		return r;
	shown = (struct explicit_options){
		.name = session.name,
		.host = session.host,
		.owners = json,
		.foreign = options->all,
	};
	tree = explicit_tree(session.have, &shown, session.arena);
	host_keys_add(tree, session.document, session.host, session.arena);
	if (json)
		print_json(&session, tree);
	else
		output_yaml(stdout, tree);
	return STATUS_DONE;
}
