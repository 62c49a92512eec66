/* SPDX-License-Identifier: GPL-2.0-or-later */
/* destroy: remove everything that bears a topology's mark. Needs the name alone, so it works when the file is gone. */
#include "cmd/commands.h"

#include "cmd/brakes.h"
#include "cmd/carry_out.h"
#include "cmd/run_directory.h"
#include "cmd/ssh_path.h"
#include "cmd/status.h"

#include "backends/facts.h"
#include "backends/nft/scope.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/sysctl.h"

#include <string.h>

/* Whoever came later may forward by now, and never switched it on because it was on. NULL: nobody. */
static const char *foreign_router(struct session *session)
{
	const char *found = NULL;
	struct error ignored;

	if (facts_foreign_router(session->places, &found, session->arena, &ignored) == 0 && !found)
		(void)nft_scope_foreign_router(session->places, &found, session->arena, &ignored);
	return found;
}

/* The host's switch for all interfaces, and what went with it. Returns whether one of them was on because of us. */
static bool mark_kept(struct session *session)
{
	static const char *const switches[] = { "net.ipv4.ip_forward",
						"net.ipv4.conf.all.forwarding",
						"net.ipv6.conf.all.forwarding" };
	struct object *object;
	bool kept = false;
	size_t i, j;

	MODEL_FOR_EACH (object, session->have, i) {
		struct sysctl *sysctl = object->data;

		if (object->class != &class_sysctl || object->place[0] ||
		    object->owner != OWNER_OURS)
			continue;
		sysctl->stays = sysctl->early;
		for (j = 0; j < ARRAY_SIZE(switches); j++)
			if (!strcmp(object->name, switches[j]) && sysctl->changed)
				sysctl->stays = kept = true;
	}
	return kept;
}

static void keep_switches(struct session *session)
{
	(void)mark_kept(session);
}

static void print_kept(const char *router)
{
	fprintf(stderr,
		"forwarding stays switched on: %s, which is not ours, may need it\n"
		"  if not: sysctl net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0\n",
		router);
}

int cmd_destroy(const struct options *options)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	const char *router;
	int r;

	if (!options->n_files && !options->name)
		return usage_error("destroy", "what? -f FILE or --name NAME");
	if (options->confirm != CONFIRM_NONE)
		return usage_error("destroy",
				   "only --confirm none is for destroy: it keeps no way back");
	session_init(&session, options);
	r = session_find_name(&session);
	if (!r)
		r = session_open(&session, options->dry_run ? SESSION_READS : SESSION_WRITES);
	if (!r)
		r = session_plan(&session);
	if (r)
		return session_end(&session, r);
	ssh_path_mark(&session);
	brakes_add(&session);
	if (options->dry_run) {
		session_print_plan(&session);
		return session_check_refusals(&session);
	}
	router = foreign_router(&session);
	if (router && !mark_kept(&session))
		router = NULL;
	session.on_plan = router ? keep_switches : NULL;
	r = carry_out(&session, "Destroy?");
	if (!r && router && !options->quiet)
		print_kept(router);
	if (!r)
		run_record_remove(session.name);
	return session_end(&session, r);
}
