/* SPDX-License-Identifier: GPL-2.0-or-later */
/* whoami: which host of the file this machine is, and how that was found. */
#include "cmd/commands.h"

#include "cmd/session.h"
#include "cmd/status.h"

#include "model/cleanup.h"
#include "model/text.h"

int cmd_whoami(const struct options *options)
{
	AUTO_TEXT struct text reasoning = { 0 };
	AUTO_SESSION struct session session = SESSION_CLOSED;
	int r;

	session_init(&session, options);
	r = session_load(&session);
	if (!r)
		r = session_identify(&session, &reasoning);
	if (!options->quiet)
		fputs(text_get(&reasoning), stderr);
	if (r)
		return r;
	if (session.host)
		puts(session.host);
	else if (!options->quiet)
		fputs("the file has no hosts: it is for this machine\n", stderr);
	return STATUS_DONE;
}
