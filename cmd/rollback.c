/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confirm and rollback. rollback --when-due is the process that an apply with --confirm leaves behind: it does the same,
 * but only when nobody confirmed in time.
 */
#include "cmd/rollback.h"

#include "cmd/brakes.h"
#include "cmd/carry_out.h"
#include "cmd/commands.h"
#include "cmd/guard.h"
#include "cmd/kept.h"
#include "cmd/pending.h"
#include "cmd/run_directory.h"
#include "cmd/run_lock.h"
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

static int go_to_record(struct session *session, struct options *options)
{
	int r = kept_session_load(session, options);

	if (!r)
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
	struct options options;
	const char *text = run_record_text(name, RUN_BEFORE, given->arena);

	if (!text[0]) {
		fprintf(stderr, "vnetapply: nothing is known of %s before an apply\n", name);
		return STATUS_FAILED;
	}
	kept_session_init(&session, &options, given, name, RUN_BEFORE);
	session.is_undoing = true;
	return strcmp(text, ROLLBACK_TO_NOTHING) == 0 ? go_to_nothing(&session, name)
						      : go_to_record(&session, &options);
}

static bool begin(const char *name, enum pending_state from)
{
	struct error ignored;

	return pending_change(name, from, PENDING_ROLLING_BACK, &ignored) == 0;
}

static int end(const char *name, int status)
{
	struct error ignored;

	(void)pending_change(name, PENDING_ROLLING_BACK,
			     status ? PENDING_FAILED : PENDING_ROLLED_BACK, &ignored);
	return status;
}

/* As the end of an apply that waits or is on its way, or of one that has long been kept. */
static int roll_back(const struct options *options, const char *name)
{
	bool waits = begin(name, PENDING_WAITING) || begin(name, PENDING_APPLYING);
	int status = go_back(options, name);

	return waits ? end(name, status) : status;
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

/*
 * An apply may take longer than the time to confirm it: the lock tells when it is through. One that was killed is still
 * on its way then.
 */
static struct pending await_apply(const char *name)
{
	bool readable;
	struct pending pending = pending_wait(name, PENDING_PREPARING, -1, &readable);
	struct error ignored;
	int lock = -1;

	if (pending.state == PENDING_APPLYING)
		pending = pending_wait(name, PENDING_APPLYING, -1, &readable);

	if (pending.state != PENDING_APPLYING)
		return pending;
	(void)!run_lock(&lock, "rollback", PATIENCE_MS, &ignored);
	run_unlock(&lock);
	return pending_read(name);
}

static struct pending await_confirmation(const char *name)
{
	struct pending pending;
	bool readable;

	do
		pending = pending_wait(name, PENDING_WAITING, -1, &readable);
	while (pending.state == PENDING_WAITING && pending_clock() < pending.deadline_ms);
	return pending;
}

static int roll_back_when_due(const struct options *given, const char *name)
{
	struct options options = *given;
	struct pending pending;

	options.no_input = options.quiet = true;
	options.lock_timeout_ms = PATIENCE_MS;
	detach();
	pending = await_apply(name);
	if (pending.state == PENDING_WAITING) {
		guard_await(&options, name);
		pending = await_confirmation(name);
	}
	if (pending.state != PENDING_APPLYING && pending.state != PENDING_WAITING)
		return STATUS_DONE;
	return begin(name, pending.state) ? end(name, go_back(&options, name)) : STATUS_DONE;
}

/* Only one of two that come at the same time begins. */
int rollback_overdue(const struct options *given, const char *name)
{
	struct options options = *given;

	options.no_input = options.quiet = true;
	options.lock_timeout_ms = PATIENCE_MS;
	if (!begin(name, PENDING_WAITING))
		return STATUS_HALF_DONE;
	return end(name, go_back(&options, name)) ? STATUS_HALF_DONE : STATUS_ROLLED_BACK;
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
