/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: what on this machine will eat the packets of the topologies that are live, and of the file's, if there is one.
 * With a code: that finding at length.
 */
#include "cmd/commands.h"

#include "cmd/doctor/doctor.h"
#include "cmd/output_json.h"
#include "cmd/session.h"
#include "cmd/status.h"

#include "backends/facts.h"
#include "backends/nft/scope.h"
#include "model/text.h"

#include <string.h>
#include <strings.h>

/* ---- one finding at length ---- */

static int unknown_code(const char *word)
{
	const struct finding_row *row;

	for (row = finding_rows; row->code; row++)
		if (text_is_near(word, row->code) || !strcasecmp(word, row->code) ||
		    !strcasecmp(word, row->code + strlen("W-")))
			return usage_error("doctor", "unknown code %s; did you mean %s?", word,
					   row->code);
	if (strpbrk(word, "./"))
		return usage_error("doctor", "unknown code %s; did you mean -f %s?", word, word);
	return usage_error("doctor", "unknown code %s; vnetapply(8) has them all", word);
}

/* ---- looking ---- */

static int look(const struct session *session, const struct model *want, const char *topology,
		struct places *places, struct findings *ret)
{
	struct outlook outlook = { .want = want,
				   .have = session->have,
				   .topology = topology,
				   .uplink = session->facts.uplink,
				   .use = FINDING_DOCTOR_ONLY };
	struct error err = { 0 };

	return doctor_look(&outlook, places, ret, &err) < 0 ? (int)status_print(PHASE_LIVE, &err)
							    : 0;
}

/* What is live is what is wanted. */
static int look_at_live(const struct options *options, const char *name, struct findings *ret)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	struct error err = { 0 };
	int r;

	session_init(&session, options);
	session.name = name;
	if (facts_read(&session.facts, session.arena, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	r = session_open(&session, SESSION_READS);
	if (!r)
		r = session_observe(&session);
	return r ? r : look(&session, session.have, name, session.places, ret);
}

static int look_at_file(struct session *session, struct findings *ret)
{
	int r = session_read(session);

	if (!r)
		r = session_open(session, SESSION_READS);
	if (!r)
		r = session_observe(session);
	return r ? r : look(session, session->want, session->name, session->places, ret);
}

/* Nothing of ours is there, and nothing is wanted: what would be in the way of anything. */
static int look_at_host(struct session *session, struct findings *ret)
{
	struct error err = { 0 };

	if (facts_read(&session->facts, session->arena, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	return look(session, session->empty, NULL, session->places, ret);
}

static int look_everywhere(struct session *session, struct findings *ret)
{
	const struct string_item *names;
	struct list list = { 0 };
	struct error err = { 0 };
	size_t i;
	int r = session->options->n_files ? look_at_file(session, ret) : session_enter(session);

	if (r)
		return r;
	if (nft_scope_topologies(session->places, &list, session->arena, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	names = list.items;
	for (i = 0; !r && i < list.n; i++)
		if (!text_equal(names[i].text, session->name))
			r = look_at_live(session->options, names[i].text, ret);
	if (!r && !list.n && !session->options->n_files)
		r = look_at_host(session, ret);
	return r;
}

/* ---- telling ---- */

static void keep_code(struct findings *findings, const struct finding_row *row)
{
	struct list kept = { 0 };
	size_t i;

	for (i = 0; row && i < findings->list.n; i++) {
		const struct finding *finding = list_item(&findings->list, &record_finding, i);

		if (finding->row == row)
			*(struct finding *)list_append(&kept, &record_finding, findings->arena) =
				*finding;
	}
	if (row)
		findings->list = kept;
}

static void print_json(const struct findings *findings, struct arena *arena)
{
	struct node *root = node_new(arena, NODE_MAP);

	node_set_text(arena, root, "format_version", "1.0");
	node_set_text(arena, root, "kind", "doctor");
	node_set_text(arena, root, "tool_version", VNETAPPLY_VERSION);
	findings_add_nodes(findings, node_child(arena, root, "findings", NODE_LIST), arena);
	output_json(stdout, root, JSON_INDENTED);
}

static int doctor(struct session *session, const struct finding_row *row)
{
	struct findings findings = { .arena = session->arena };
	int r = look_everywhere(session, &findings);

	if (r)
		return r;
	keep_code(&findings, row);
	if (session->options->format == FORMAT_JSON)
		print_json(&findings, session->arena);
	else if (!session->options->quiet)
		findings_print(stdout, &findings, session_has_color(session, stdout));
	return findings.list.n ? STATUS_DIFFERENT : STATUS_DONE;
}

int cmd_doctor(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	const char *code = options->n_arguments ? options->arguments[0] : NULL;
	const struct finding_row *row = code ? finding_row_find(code) : NULL;

	if (code && !row)
		return unknown_code(code);
	session_init(&session, options);
	if (row && !options->n_files && options->format != FORMAT_JSON) {
		finding_row_explain(stdout, row);
		return STATUS_DONE;
	}
	return doctor(&session, row);
}
