/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff and verify: does this machine differ from the file? */
#include "cmd/commands.h"

#include "cmd/checks.h"
#include "cmd/events.h"
#include "cmd/session.h"
#include "cmd/status.h"

static int compare(struct session *session)
{
	int r = session_read(session);

	if (!r)
		r = session_open(session, SESSION_READS);
	if (!r)
		r = session_plan(session);
	if (!r)
		session_look_around(session);
	return r;
}

static bool differs(const struct session *session)
{
	return !plan_is_empty(session->plan) || session->plan->n_refusals > 0;
}

int cmd_diff(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	int r;

	session_init(&session, options);
	r = compare(&session);
	if (r)
		return r;
	if (!options->quiet)
		session_print_plan(&session);
	r = session_check_refusals(&session);
	return r ? r : differs(&session) ? STATUS_DIFFERENT : STATUS_DONE;
}

/* What differs is talk here: the data are the checks' results. */
int cmd_verify(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	struct checks_outcome checks = { 0 };
	bool live_differs;
	int r;

	session_init(&session, options);
	r = compare(&session);
	if (r)
		return r;
	live_differs = differs(&session);
	session_check_refusals(&session);
	if (options->format != FORMAT_JSON && (live_differs || !options->quiet))
		session_print_plan(&session);
	event_result(&session, "verify", !live_differs, NULL);
	checks_run_here(session.topology, session.document, session.places, options, &checks);
	return live_differs || checks.n_failed ? STATUS_DIFFERENT : STATUS_DONE;
}
