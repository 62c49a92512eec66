/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the command line to a wanted model: files, host, expansion. What is live is session_live.c's. */
#include "cmd/session.h"

#include "cmd/status.h"

#include "backends/facts.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/digest.h"
#include "model/nft_table.h"
#include "model/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HOST_FILE     "/etc/vnetapply/host"
#define HOST_FILE_MAX 300

void session_init(struct session *session, const struct options *options)
{
	*session = (struct session){ .options = options, .lock = -1, .findings = -1 };
	session->arena = arena_new();
	session->diag = diag_new();
	session->empty = model_new();
	session->want = session->empty;
	session->facts.offline = true;
}

bool session_has_color(const struct session *session, FILE *file)
{
	return output_has_color(file, session->options->color);
}

/* Warnings too, but not with --quiet. */
static void print_diag(const struct session *session)
{
	if (diag_errors(session->diag) || !session->options->quiet)
		output_diag(stderr, session->diag, session_has_color(session, stderr));
}

/* Mistakes in the text are printed as such, everything else by its error. */
static int read_failed(const struct session *session, const struct error *err)
{
	if (!diag_errors(session->diag))
		return status_print(PHASE_READ, err);
	print_diag(session);
	return STATUS_INVALID;
}

int session_load(struct session *session)
{
	const struct options *options = session->options;
	const struct document_options wanted = {
		.files = options->files,
		.n_files = options->n_files,
		.variables = options->variables,
		.n_variables = options->n_variables,
		.variable_files = options->variable_files,
		.n_variable_files = options->n_variable_files,
	};
	struct error err = { 0 };

	if (!options->n_files)
		return usage_error(options->command->name, "which file? -f FILE");
	if (document_load(&session->document, &wanted, session->diag, &err) < 0)
		return read_failed(session, &err);
	return 0;
}

/* The first line of the host file without blanks around it; NULL: there is none. */
static const char *read_host_file(struct arena *arena)
{
	AUTO_FILE FILE *file = fopen(HOST_FILE, "re");
	char line[HOST_FILE_MAX], *start = line, *end;

	if (!file || !fgets(line, sizeof(line), file))
		return NULL;
	while (isspace((unsigned char)*start))
		start++;
	for (end = start + strlen(start); end > start && isspace((unsigned char)end[-1]);)
		*--end = '\0';
	return *start ? arena_strdup(arena, start) : NULL;
}

int session_identify(struct session *session, struct text *reasoning)
{
	const char *environment = getenv("VNETAPPLY_HOST");
	const struct identity_sources sources = {
		.flag = session->options->host,
		.environment = environment && environment[0] ? environment : NULL,
		.host_file = read_host_file(session->arena),
	};
	struct error err = { 0 };

	if (facts_read(&session->facts, session->arena, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	if (identity_resolve(&session->host, session->document, &sources, &session->facts,
			     reasoning, &err) < 0)
		return status_print(PHASE_IDENTITY, &err);
	return 0;
}

/* Only namespaces and files of the file make sense of a wish; the host's own table is always wanted. */
static bool wants_nothing(const struct model *want)
{
	const struct object *object;
	const struct nft_table *table;
	size_t i;

	MODEL_FOR_EACH (object, want, i) {
		if (object->class != &class_nft_table)
			return false;
		table = object->data;
		if (table->masquerade.n || table->snat.n || table->dnat.n || table->policy.n)
			return false;
	}
	return true;
}

/* The topology's name as it stands in the file, which is not checked yet; NULL: none. */
static const char *written_name(const struct document *document)
{
	const struct node *node = node_find(document_root(document), "name");

	return node && node->kind == NODE_SCALAR ? node->text : NULL;
}

int session_expand(struct session *session, bool offline)
{
	struct error err = { 0 };
	struct addr *peers;
	size_t n;

	session->facts.offline = offline;
	if (offline) {
		session->facts.uplink = NULL;
	} else {
		n = topology_peer_addresses(session->document, session->host, session->arena,
					    &peers);
		if (facts_read_paths(&session->facts, peers, n, written_name(session->document),
				     session->arena, &err) < 0)
			return status_print(PHASE_LIVE, &err);
	}
	if (topology_expand(&session->topology, session->document, session->host, &session->facts,
			    session->diag, &err) < 0)
		return read_failed(session, &err);
	session->want = session->topology->want;
	session->name = session->topology->name;
	if (!session->topology->n_hosts && wants_nothing(session->want)) {
		diag_error(session->diag, &(struct position){ .file = session->options->files[0] },
			   "no object is wanted; to remove what is live, use destroy");
		return read_failed(session, &err);
	}
	print_diag(session);
	return 0;
}

int session_read(struct session *session)
{
	int r = session->document ? 0 : session_load(session);

	if (!r)
		r = session_identify(session, NULL);
	return r ? r : session_expand(session, false);
}

const char *session_inputs_digest(const struct session *session, char *buffer)
{
	AUTO_TEXT struct text text = { 0 };
	uint8_t digest[DIGEST_SIZE];
	const struct document_input *inputs;
	size_t n = session->document ? document_inputs(session->document, &inputs) : 0, i;

	for (i = 0; i < n; i++)
		text_add(&text, "%s\n", inputs[i].sha256);
	/* Variables given from outside are inputs, too. */
	for (i = 0; i < session->options->n_variables; i++)
		text_add(&text, "%s=%s\n", session->options->variables[i].name,
			 session->options->variables[i].value);
	digest_sha256(text_get(&text), text.length, digest);
	return digest_hex(digest, DIGEST_SIZE, buffer);
}
