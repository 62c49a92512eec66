/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confirm and rollback. rollback --when-due is the process that an apply with --confirm leaves behind: it does the same,
 * but only when nobody confirmed in time.
 */
#include "cmd/rollback.h"

#include "cmd/brakes.h"
#include "cmd/carry_out.h"
#include "cmd/commands.h"
#include "cmd/pending.h"
#include "cmd/run_directory.h"
#include "cmd/status.h"

#include "model/cleanup.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 600000 /* for an apply that is not through yet */

static int find_name(struct session *session, const char **ret)
{
	int r = session_find_name(session);

	*ret = session->name;
	return r;
}

int cmd_confirm(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	struct error err = { 0 };
	const char *name;
	int r;

	session_init(&session, options);
	r = find_name(&session, &name);
	if (r)
		return r;
	if (pending_change(name, PENDING_WAITING, PENDING_CONFIRMED, &err) == 0)
		return STATUS_DONE;
	fprintf(stderr, "vnetapply: %s\n", err.text);
	return STATUS_FAILED;
}

/* ---- going back ---- */

static int go_to_nothing(struct session *session, const char *name)
{
	int r;

	session->name = name;
	r = session_open(session, SESSION_WRITES);
	if (!r)
		r = session_plan(session);
	if (!r)
		r = carry_out(session, "Roll back?");
	if (!r)
		run_record_remove(name);
	return r;
}

/* The record says which host it is of. */
static const char *recorded_host(const struct document *document)
{
	const struct node *hosts = node_find(document_root(document), "hosts");

	return hosts && hosts->kind == NODE_MAP && hosts->first ? hosts->first->key : NULL;
}

static int go_to_record(struct session *session, struct options *options)
{
	int r = session_load(session);

	if (r)
		return r;
	options->host = recorded_host(session->document);
	r = session_read(session);
	if (!r)
		r = session_open(session, SESSION_WRITES);
	if (r)
		return r;
	brakes_release(session);
	r = session_plan(session);
	return r ? r : carry_out(session, "Roll back?");
}

static int go_back(const struct options *given, const char *name)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	struct options options = *given;
	const char *path =
		arena_printf(given->arena, "%s/%s/%s", SCOPE_RUN_DIRECTORY, name, RUN_BEFORE);
	const char *text = run_record_text(name, RUN_BEFORE, given->arena);

	if (!text[0]) {
		fprintf(stderr, "vnetapply: nothing is known of %s before an apply\n", name);
		return STATUS_FAILED;
	}
	options.files = &path;
	options.n_files = 1;
	options.name = NULL;
	options.n_variables = 0;
	session_init(&session, &options);
	session.is_undoing = true;
	return strcmp(text, ROLLBACK_TO_NOTHING) == 0 ? go_to_nothing(&session, name)
						      : go_to_record(&session, &options);
}

/* As the end of an apply that waits, or of one that has long been kept. */
static int roll_back(const struct options *options, const char *name)
{
	struct error err;
	bool waits = pending_change(name, PENDING_WAITING, PENDING_ROLLING_BACK, &err) == 0;
	int status = go_back(options, name);

	if (waits)
		(void)pending_change(name, PENDING_ROLLING_BACK,
				     status ? PENDING_FAILED : PENDING_ROLLED_BACK, &err);
	return status;
}

/* ---- when due ---- */

/* Whoever started this waits for a line, and then for nothing more. */
static void detach(void)
{
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	signal(SIGPIPE, SIG_IGN);
	puts("waiting");
	fflush(stdout);
	if (null >= 0)
		dup2(null, STDOUT_FILENO);
}

static int roll_back_when_due(const struct options *given, const char *name)
{
	struct options options = *given;
	struct pending pending;
	bool readable;

	options.no_input = options.quiet = true;
	options.lock_timeout_ms = PATIENCE_MS;
	detach();
	do {
		pending = pending_wait(name, -1, &readable);
		if (pending.state != PENDING_WAITING)
			return STATUS_DONE;
	} while (pending_clock() < pending.deadline_ms);
	return roll_back(&options, name);
}

int cmd_rollback(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	const char *name;
	int r;

	session_init(&session, options);
	r = find_name(&session, &name);
	if (r)
		return r;
	return options->when_due ? roll_back_when_due(options, name) : roll_back(options, name);
}
