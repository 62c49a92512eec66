/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything is expanded before anything is started: a file with mistakes starts nothing. */
#include "cmd/simulation.h"

#include "cmd/status.h"

#include "backends/facts.h"
#include "model/text.h"

#include <string.h>

/* Where the machine's own name is of no use. */
#define UNNAMED_HOST "localhost"

void simulation_init(struct simulation *simulation, const struct options *options)
{
	*simulation = (struct simulation){ 0 };
	session_init(&simulation->session, options);
}

void simulation_close(struct simulation *simulation)
{
	for (size_t i = 0; i < simulation->n_hosts; i++)
		topology_free(simulation->hosts[i].topology);
	sim_close(simulation->sim);
	session_close(&simulation->session);
}

static void list_hosts(struct simulation *simulation)
{
	struct session *session = &simulation->session;
	const struct node *hosts = node_find(document_root(session->document), "hosts"), *host;
	const bool has_hosts = hosts && hosts->kind == NODE_MAP && hosts->count;

	simulation->n_hosts = has_hosts ? hosts->count : 1;
	simulation->hosts =
		arena_alloc(session->arena, simulation->n_hosts * sizeof(*simulation->hosts));
	if (!has_hosts)
		return;
	simulation->n_hosts = 0;
	NODE_FOR_EACH (host, hosts) {
		if (node_is_null(host))
			continue;
		simulation->hosts[simulation->n_hosts++] =
			(struct simulated_host){ .name = host->key, .key = host->key };
	}
}

static int expand_hosts(struct simulation *simulation, struct diag *diag, struct error *err)
{
	struct session *session = &simulation->session;
	int r = 0, result = 0;

	for (size_t i = 0; i < simulation->n_hosts; i++) {
		struct simulated_host *host = &simulation->hosts[i];

		r = topology_expand(&host->topology, session->document, host->key, &session->facts,
				    diag, err);
		result = r < 0 ? r : result;
		if (r < 0)
			continue;
		session->name = host->topology->name;
		if (host->key)
			continue;
		host->name = host->topology->host_label;
		if (!strcmp(host->name, "host"))
			host->name = UNNAMED_HOST;
	}
	return result;
}

int simulation_read(struct simulation *simulation)
{
	struct session *session = &simulation->session;
	struct error err = { 0 };
	struct diag *quiet;
	int r = session_load(session);

	if (r)
		return r;
	if (facts_read(&session->facts, session->arena, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	session->facts.offline = true;
	session->facts.uplink = NULL;
	list_hosts(simulation);
	/* Warnings are each host's apply to tell; here only mistakes count. */
	quiet = diag_new();
	r = expand_hosts(simulation, quiet, &err);
	diag_free(quiet);
	if (r == 0)
		return 0;
	(void)expand_hosts(simulation, session->diag, &err);
	if (!diag_errors(session->diag))
		return status_print(PHASE_READ, &err);
	output_diag(stderr, session->diag, session_has_color(session, stderr));
	return STATUS_INVALID;
}

const struct simulated_host *simulation_find(const struct simulation *simulation, const char *name)
{
	for (size_t i = 0; i < simulation->n_hosts; i++)
		if (text_equal(simulation->hosts[i].name, name))
			return &simulation->hosts[i];
	return NULL;
}
