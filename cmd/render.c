/* SPDX-License-Identifier: GPL-2.0-or-later */
/* render: the file as one host sees it, without sugar. Offline: MTUs of paths are 1500. */
#include "cmd/commands.h"

#include "cmd/host_keys.h"
#include "cmd/output_json.h"
#include "cmd/output_yaml.h"
#include "cmd/session.h"
#include "cmd/status.h"

#include "model/cleanup.h"
#include "model/explicit.h"

int cmd_render(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	struct explicit_options shown = { 0 };
	struct node *tree;
	int r;

	session_init(&session, options);
	r = session_load(&session);
	if (!r)
		r = session_identify(&session, NULL);
	if (!r)
		r = session_expand(&session, true);
	if (r)
		return r;
	shown.name = session.name;
	shown.host = session.host;
	tree = explicit_tree(session.want, &shown, session.arena);
	host_keys_add(tree, session.document, session.host, session.arena);
	if (options->format == FORMAT_JSON)
		output_json(stdout, tree, JSON_INDENTED);
	else
		output_yaml(stdout, tree);
	return STATUS_DONE;
}
