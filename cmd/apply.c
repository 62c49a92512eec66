/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply: make this machine what the file says. */
#include "cmd/apply.h"

#include "cmd/brakes.h"
#include "cmd/carry_out.h"
#include "cmd/checks.h"
#include "cmd/commands.h"
#include "cmd/run_directory.h"
#include "cmd/status.h"

#include "model/cleanup.h"

static int show_plan(struct session *session)
{
	int r = session_plan(session);

	if (r)
		return r;
	brakes_add(session);
	session_print_plan(session);
	r = session_check_refusals(session);
	if (r)
		return r;
	return session->options->detailed_exitcode && !plan_is_empty(session->plan)
		       ? STATUS_DIFFERENT
		       : STATUS_DONE;
}

int cmd_plan(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	int r;

	session_init(&session, options);
	r = session_read(&session);
	if (!r)
		r = session_open(&session, SESSION_READS);
	return r ? r : show_plan(&session);
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
	struct error err = { 0 };
	int r = session_read(session);

	if (!r)
		r = session_open(session, SESSION_WRITES);
	if (!r)
		r = session_plan(session);
	if (!r)
		brakes_add(session);
	/* Where there is nothing to do, the summary says the same. */
	if (!r && shows_plan && !plan_is_empty(session->plan))
		session_print_plan(session);
	if (!r)
		r = carry_out(session, "Apply?");
	if (r)
		return session_end(session, r);
	if (brakes_record_protected(session, false, &err) < 0)
		return session_end(session, status_print(PHASE_LIVE, &err));
	run_record_write(session->name, session_inputs_digest(session, digest));
	return session->options->checks ? run_checks(session) : STATUS_DONE;
}

int cmd_apply(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;

	if (options->dry_run)
		return cmd_plan(options);
	session_init(&session, options);
	return apply_session(&session, false);
}
