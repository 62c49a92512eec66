/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a session that warns of what will be in the way of its plan. */
#include "cmd/session.h"

#include "cmd/doctor/doctor.h"

void session_look_around(struct session *session)
{
	struct outlook outlook = { .want = session->want,
				   .have = session->have,
				   .topology = session->name,
				   .uplink = session->facts.uplink,
				   .use = FINDING_ALWAYS };
	struct error ignored;

	if (plan_is_empty(session->plan))
		return;
	session->warnings = ARENA_NEW(session->arena, struct findings);
	session->warnings->arena = session->arena;
	if (doctor_look(&outlook, session->places, session->warnings, &ignored) < 0)
		session->warnings = NULL;
}

void session_print_warnings(struct session *session)
{
	if (!session->warnings || session->has_warned || session->options->quiet ||
	    session->options->format == FORMAT_JSON)
		return;
	findings_print_warnings(stderr, session->warnings, session_has_color(session, stderr));
	session->has_warned = true;
}
