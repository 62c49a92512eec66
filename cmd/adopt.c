/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adopt: mark what the file names and what exists already. Nothing else of it changes: what differs from the file is
 * diff's to tell and apply's to change.
 */
#include "cmd/commands.h"

#include "cmd/carry_out.h"
#include "cmd/confirm.h"
#include "cmd/run_directory.h"
#include "cmd/status.h"

#include "backends/nft/scope.h"
#include "model/address.h"
#include "model/classes.h"
#include "model/text.h"
#include "reconcile/adopt.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

/* ---- paths ---- */

/* "bridges/br0" as plans print it, what lies below it, a pattern; or "host/br0" as messages say. */
static bool path_covers(const char *path, const struct object *want, struct arena *arena)
{
	AUTO_TEXT struct text spoken = { 0 };
	const char *address = change_address(want, arena);
	size_t length = strlen(path);

	object_path(want, &spoken);
	return fnmatch(path, address, 0) == 0 || !strcmp(path, text_get(&spoken)) ||
	       (!strncmp(path, address, length) && address[length] == '/');
}

/* An address is also covered by what covers its link. */
static bool path_means(const struct session *session, const char *path, const struct object *want)
{
	const struct object *link = NULL;

	if (want->class == &class_address)
		link = model_find_ref(session->want, want,
				      &((const struct address *)want->data)->interface);
	return path_covers(path, want, session->arena) ||
	       (link && path_covers(path, link, session->arena));
}

static bool is_meant(void *data, const struct object *want)
{
	const struct session *session = data;
	const struct options *options = session->options;
	size_t i;

	for (i = 0; i < options->n_arguments; i++)
		if (path_means(session, options->arguments[i], want))
			return true;
	return !options->n_arguments;
}

static const char *nearest(const struct session *session, const char *path)
{
	const struct object *object;
	const char *address;
	size_t i;

	MODEL_FOR_EACH (object, session->want, i) {
		address = change_address(object, session->arena);
		if (object->class->adoptable && text_is_near(path, address))
			return address;
	}
	return NULL;
}

/* Whether each path means something in the file; what it means may be there or not. */
static int check_paths(const struct session *session)
{
	const struct options *options = session->options;
	const struct object *object;
	size_t i, j;

	for (i = 0; i < options->n_arguments; i++) {
		const char *path = options->arguments[i], *near;
		bool found = false;

		MODEL_FOR_EACH (object, session->want, j)
			found = found || (object->class->adoptable && !object->external &&
					  path_means(session, path, object));
		if (found)
			continue;
		near = nearest(session, path);
		return usage_error("adopt", "%s is no object of the file that can be adopted%s%s%s",
				   path, near ? "; did you mean " : "", near ? near : "",
				   near ? "?" : "");
	}
	return 0;
}

/* One that is written out must be there: adopting nothing would not be what was meant. */
static void refuse_missing(struct session *session)
{
	const struct options *options = session->options;
	const struct object *object;
	size_t i, j;

	for (i = 0; i < options->n_arguments; i++)
		MODEL_FOR_EACH (object, session->want, j) {
			const char *address = change_address(object, session->arena);

			if (object->class->adoptable && !strcmp(options->arguments[i], address) &&
			    !model_find(session->have, object->class, object->place, object->name))
				plan_refuse(session->plan, &object->position,
					    "there is nothing to adopt: apply makes it",
					    "%s does not exist", address);
		}
}

/* ---- what stays ---- */

static void print_table(void *data, const char *place, const char *family, const char *table)
{
	size_t *n = data;

	if (!(*n)++)
		fputs("left as they are, since rules of ours stand in a table of their own:\n",
		      stderr);
	fprintf(stderr,
		"  table %s %s%s%s translates addresses; look for rules that the file has: ",
		family, table, place[0] ? " of namespace " : "", place);
	if (place[0])
		fprintf(stderr, "vnetapply exec %s ", place);
	fprintf(stderr, "nft -a list table %s %s\n", family, table);
}

/* Where the file has rules, others that translate may be the same made by hand: they stay, and the user should know. */
static void print_foreign_rules(const struct session *session)
{
	const struct object *object;
	struct error ignored;
	size_t n = 0, i;

	if (session->options->quiet || plan_is_empty(session->plan))
		return;
	fflush(stdout); /* after what is printed there */
	MODEL_FOR_EACH (object, session->want, i)
		if (object->class == &class_nft_table)
			(void)!nft_scope_translators(session->places, object->place, print_table,
						     &n, &ignored);
}

/* ---- the whole ---- */

static int make_plan(struct session *session, struct plan **ret)
{
	const struct adopt_choice choice = { .topology = session->name,
					     .is_meant = is_meant,
					     .data = session };
	int r = session_observe(session);

	if (r)
		return r;
	*ret = adopt_build(session->want, session->have, &choice);
	return 0;
}

/* Looks again: whoever takes a mark away at once would have it taken away after every run. */
static int verify(struct session *session)
{
	struct model *before = session->have;
	struct plan *again = NULL;
	struct error err;
	int r;

	session->have = NULL; /* the plan that was carried out borrows from it */
	r = make_plan(session, &again);
	if (!r && again->n_adopt) {
		(void)!error_set(&err, EAGAIN, "%s lost its mark as soon as it had it",
				 change_address(again->changes[0]->want, session->arena));
		r = STATUS_FAILED;
	} else if (r) {
		(void)!error_set(&err, EIO, "what was marked cannot be read again");
	}
	if (r)
		r = carry_out_undo(session, &err);
	plan_free(again);
	model_free(session->have);
	session->have = before;
	return r;
}

/* Going back further than this would remove what was adopted: it was there, and not ours. */
static int forget_way_back(const struct session *session)
{
	struct error err;

	if (run_record_replace(session->name, RUN_BEFORE, "", &err) < 0)
		return status_print(PHASE_LIVE, &err);
	return 0;
}

static int adopt(struct session *session)
{
	bool is_new = !session->had_record;
	int r = confirm_check_waiting(session);

	if (!r && !plan_is_empty(session->plan))
		r = forget_way_back(session);
	if (!r)
		r = carry_out_marks(session);
	if (!r && !plan_is_empty(session->plan))
		r = verify(session);
	if (r)
		return r;
	carry_out_summary(session);
	print_foreign_rules(session);
	if (plan_is_empty(session->plan) && is_new)
		run_record_remove(session->name);
	return STATUS_DONE;
}

int cmd_adopt(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	int r;

	session_init(&session, options);
	session.adopts = true;
	r = session_read(&session);
	if (!r)
		r = check_paths(&session);
	if (!r)
		r = session_open(&session, options->dry_run ? SESSION_READS : SESSION_WRITES);
	if (!r)
		r = make_plan(&session, &session.plan);
	if (r)
		return session_end(&session, r);
	refuse_missing(&session);
	if (options->dry_run) {
		session_print_plan(&session);
		return session_check_refusals(&session);
	}
	r = session_check_refusals(&session);
	return session_end(&session, r ? r : adopt(&session));
}
