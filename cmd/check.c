/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check: is the file valid, for every host of it? Needs no root and looks at nothing of this machine. */
#include "cmd/commands.h"

#include "cmd/session.h"
#include "cmd/status.h"

#include "model/cleanup.h"
#include "model/text.h"

#include <string.h>

/* Expands for one host; mistakes gather in the session's diag, each told once. */
static int expand_one(struct session *session, const char *host)
{
	struct topology *topology = NULL;
	struct error err = { 0 };

	if (topology_expand(&topology, session->document, host, &session->facts, session->diag,
			    &err) < 0 &&
	    !diag_errors(session->diag))
		return status_print(PHASE_READ, &err);
	if (topology && !session->name)
		session->name = arena_strdup(session->arena, topology->name);
	topology_free(topology);
	return 0;
}

static int expand_hosts(struct session *session, size_t *n)
{
	const struct node *hosts = node_find(document_root(session->document), "hosts"), *host;
	const char *wanted = session->options->host;
	int r = 0;

	if (!hosts || hosts->kind != NODE_MAP || !hosts->count) {
		*n = 1;
		return expand_one(session, NULL);
	}
	NODE_FOR_EACH (host, hosts) {
		if (wanted && strcmp(wanted, host->key) != 0)
			continue;
		(*n)++;
		r = expand_one(session, host->key);
		if (r)
			return r;
	}
	if (!*n)
		return usage_error("check", "no host %s in the file", wanted);
	return 0;
}

int cmd_check(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	size_t n = 0;
	int r;

	session_init(&session, options);
	r = session_load(&session);
	if (!r)
		r = expand_hosts(&session, &n);
	if (r)
		return r;
	if (diag_errors(session.diag) || !options->quiet)
		output_diag(stderr, session.diag, session_has_color(&session, stderr));
	if (diag_errors(session.diag))
		return STATUS_INVALID;
	if (!options->quiet)
		printf("%s: valid (%zu host%s)\n", session.name, n, n == 1 ? "" : "s");
	return STATUS_DONE;
}
