/* SPDX-License-Identifier: GPL-2.0-or-later */
/* destroy: remove everything that bears a topology's mark. Needs the name alone, so it works when the file is gone. */
#include "cmd/commands.h"

#include "cmd/brakes.h"
#include "cmd/carry_out.h"
#include "cmd/run_directory.h"
#include "cmd/status.h"

#include "model/cleanup.h"

int cmd_destroy(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	int r;

	if (!options->n_files && !options->name)
		return usage_error("destroy", "what? -f FILE or --name NAME");
	if (options->confirm == CONFIRM_ASK)
		return usage_error("destroy",
				   "--confirm ask is for apply: destroy keeps no way back");
	session_init(&session, options);
	r = session_find_name(&session);
	if (!r)
		r = session_open(&session, options->dry_run ? SESSION_READS : SESSION_WRITES);
	if (!r)
		r = session_plan(&session);
	if (r)
		return session_end(&session, r);
	brakes_add(&session);
	if (options->dry_run) {
		session_print_plan(&session);
		return session_check_refusals(&session);
	}
	r = carry_out(&session, "Destroy?");
	if (!r)
		run_record_remove(session.name);
	return session_end(&session, r);
}
