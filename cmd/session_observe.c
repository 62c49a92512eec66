/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the live state. Who holds the lock reads once, and mends what a run left that was killed. Who does not reads
 * until no writer was at work meanwhile.
 */
#include "cmd/session.h"

#include "cmd/brakes.h"
#include "cmd/status.h"

#include "backends/backends.h"

#include <stdio.h>

#define READ_TRIES 20 /* to read what no writer changes meanwhile */

static int mend(struct session *session)
{
	struct error err = { 0 };
	size_t i;

	for (i = 0; i < session->n_backends; i++) {
		const struct backend_instance *instance = &session->backends[i];

		if (instance->backend->mend && instance->backend->mend(instance->ctx, &err) < 0)
			return status_print(PHASE_LIVE, &err);
	}
	return 0;
}

static int observe(struct session *session, struct error *err)
{
	model_free(session->have);
	session->have = model_new();
	return backends_observe(session->backends, session->n_backends, session->want,
				session->have, err);
}

/* Which number is ours may have been decided meanwhile. */
static int observe_anew(struct session *session, struct error *err)
{
	int r = 0;

	if (!session->keeps_protocol) {
		session->scope.protocol = 0;
		r = session_choose_protocol(session, err);
	}
	return r < 0 ? r : observe(session, err);
}

/*
 * Without the lock: what was read while a writer was at work may be half of this and half of that, and an error may have no
 * other reason, so it is read again.
 */
static int observe_unlocked(struct session *session)
{
	struct error err = { 0 };
	int tries, r = observe(session, &err);

	for (tries = 0; !run_watch_holds(&session->watch); tries++) {
		if (tries == READ_TRIES) {
			fputs("vnetapply: other runs keep changing what is read; try again\n",
			      stderr);
			return STATUS_LOCKED;
		}
		if (run_watch(&session->watch, session->options->lock_timeout_ms, &err) < 0)
			return status_print(PHASE_LOCK, &err);
		r = observe_anew(session, &err);
	}
	return r < 0 ? (int)status_print(PHASE_LIVE, &err) : 0;
}

int session_observe(struct session *session)
{
	struct error err = { 0 };
	int r = 0;

	if (session->lock < 0)
		r = observe_unlocked(session);
	else if (observe(session, &err) < 0)
		r = status_print(PHASE_LIVE, &err);
	if (r)
		return r;
	if (!session->is_undoing)
		brakes_mark_protected(session);
	return session->lock >= 0 ? mend(session) : 0;
}
