/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply: make this machine what the file says. */
#include "cmd/apply.h"

#include "cmd/brakes.h"
#include "cmd/carry_out.h"
#include "cmd/checks.h"
#include "cmd/commands.h"
#include "cmd/confirm.h"
#include "cmd/plan_file.h"
#include "cmd/run_directory.h"
#include "cmd/ssh_path.h"
#include "cmd/status.h"

#include "model/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Plans, and refuses what is not the saved plan, or goes further than the options allow. */
static int make_plan(struct session *session)
{
	struct error err = { 0 };
	int r = session_plan(session);

	if (r)
		return r;
	if (session->saved && plan_file_compare(session->saved, session, &err) < 0) {
		fprintf(stderr, "vnetapply: %s\n  make a new one: vnetapply plan --out %s\n",
			err.text, session->options->plan);
		return STATUS_STALE;
	}
	ssh_path_mark(session);
	brakes_add(session);
	session_look_around(session);
	return 0;
}

static int save_plan(struct session *session)
{
	struct error err = { 0 };

	ssh_path_unmark(session);
	if (plan_file_write(session, session->options->out, &err) == 0)
		return 0;
	fprintf(stderr, "vnetapply: %s\n", err.text);
	return STATUS_FAILED;
}

/* Not among the plan's own warnings: a saved plan is the same for whoever applies it. */
static void warn_of_ssh_path(struct session *session)
{
	if (session->control && !session->options->quiet)
		fprintf(stderr, "vnetapply: this touches %s: apply will want --confirm-timeout\n",
			session->control);
}

static int show_plan(struct session *session)
{
	int r = make_plan(session);

	if (r)
		return r;
	session_print_plan(session);
	warn_of_ssh_path(session);
	r = session_check_refusals(session);
	if (!r && session->options->out)
		r = save_plan(session);
	if (r)
		return r;
	return session->options->detailed_exitcode && !plan_is_empty(session->plan)
		       ? STATUS_DIFFERENT
		       : STATUS_DONE;
}

static int plan_session(struct session *session)
{
	int r = session_read(session);

	if (!r)
		r = session_open(session, SESSION_READS);
	return r ? r : show_plan(session);
}

/* A plan that is to be saved must come from files that can be read again. */
static int check_files(const struct options *options)
{
	size_t i;

	for (i = 0; options->out && i < options->n_files; i++)
		if (!strcmp(options->files[i], "-"))
			return usage_error("plan", "--out needs files, not standard input");
	for (i = 0; options->out && i < options->n_variable_files; i++)
		if (!strcmp(options->variable_files[i], "-"))
			return usage_error("plan", "--out needs files, not standard input");
	return 0;
}

int cmd_plan(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	int r;

	session_init(&session, options);
	r = check_files(options);
	return r ? r : plan_session(&session);
}

/* A failed check undoes nothing: what was asked for is there. */
static int run_checks(struct session *session)
{
	struct checks_outcome outcome = { 0 };

	checks_run_here(session->topology, session->document, session->places, session->options,
			&outcome);
	return outcome.n_failed ? STATUS_DIFFERENT : STATUS_DONE;
}

int apply_session(struct session *session, bool shows_plan)
{
	char digest[SESSION_DIGEST_MAX];
	int r = session_read(session);

	if (!r)
		r = session_open(session, SESSION_WRITES);
	if (!r)
		r = make_plan(session);
	/* Where there is nothing to do, the summary says the same. */
	if (!r && shows_plan && !plan_is_empty(session->plan))
		session_print_plan(session);
	if (!r)
		r = carry_out(session, "Apply?");
	if (r)
		return session_end(session, r);
	run_record_write(session->name, session_inputs_digest(session, digest));
	r = confirm_await(session);
	if (r)
		return r;
	return session->options->checks ? run_checks(session) : STATUS_DONE;
}

static int saved_plan_unreadable(const struct error *err)
{
	fprintf(stderr, "vnetapply: %s\n", err->text);
	switch (err->code) {
	case EPERM:
		return STATUS_REFUSED;
	case EBADMSG:
		return STATUS_INVALID;
	}
	return STATUS_UNREADABLE;
}

static int apply_saved(const struct options *given)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	struct plan_file saved;
	struct options options;
	struct error err = { 0 };

	session_init(&session, given);
	if (plan_file_read(&saved, given->plan, given->arena, &err) < 0)
		return saved_plan_unreadable(&err);
	options = plan_file_options(&saved, given);
	session.options = &options;
	session.saved = &saved;
	if (chdir(saved.directory) < 0) {
		fprintf(stderr, "vnetapply: %s: %s\n", saved.directory, strerror(errno));
		return STATUS_UNREADABLE;
	}
	return options.dry_run ? plan_session(&session) : apply_session(&session, false);
}

int cmd_apply(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;

	if (options->plan)
		return apply_saved(options);
	if (options->dry_run)
		return cmd_plan(options);
	session_init(&session, options);
	return apply_session(&session, false);
}
