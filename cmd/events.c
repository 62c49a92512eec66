/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as one-line trees. */
#include "cmd/events.h"

#include "cmd/doctor/doctor.h"
#include "cmd/output_json.h"

#include <time.h>

struct node *event_new(const struct session *session, const char *name, struct arena *arena)
{
	char text[32];
	struct node *event;
	struct tm utc;
	time_t now = time(NULL);

	if (session->options->format != FORMAT_JSON)
		return NULL;
	event = node_new(arena, NODE_MAP);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	node_set_text(arena, event, "format_version", "1.0");
	node_set_text(arena, event, "event", name);
	node_set_text(arena, event, "time", text);
	return event;
}

void event_print(const struct node *event)
{
	if (!event)
		return;
	output_json(stdout, event, JSON_LINE);
	fflush(stdout); /* a reader follows the run */
}

static void add_counts(struct node *event, const struct plan *plan, struct arena *arena)
{
	node_set_number(arena, event, "create", (long long)plan->n_create);
	node_set_number(arena, event, "update", (long long)plan->n_update);
	node_set_number(arena, event, "replace", (long long)plan->n_replace);
	node_set_number(arena, event, "delete", (long long)plan->n_delete);
	if (plan->n_adopt)
		node_set_number(arena, event, "adopt", (long long)plan->n_adopt);
	node_set_number(arena, event, "unchanged", (long long)plan->n_unchanged);
}

void event_plan(const struct session *session)
{
	struct arena *arena = arena_new();
	struct node *event = event_new(session, "plan", arena);

	if (event) {
		node_set_text(arena, event, "name", session->name);
		node_set_text(arena, event, "host", session->host);
		add_counts(event, session->plan, arena);
		if (session->warnings)
			findings_add_nodes(session->warnings,
					   node_child(arena, event, "warnings", NODE_LIST), arena);
		event_print(event);
	}
	arena_free(arena);
}

/* Of a remade object each half is a step. */
static const char *step_action(enum change_op op)
{
	return change_action(&(const struct change){ .op = op });
}

void event_step(const struct session *session, const struct change *change, bool finished)
{
	struct arena *arena = arena_new();
	struct node *event = event_new(session, finished ? "step_done" : "step_start", arena);

	if (event) {
		node_set_text(arena, event, "address",
			      change_address(change->want ? change->want : change->have, arena));
		node_set_text(arena, event, "action", step_action(change->op));
		event_print(event);
	}
	arena_free(arena);
}

void event_result(const struct session *session, const char *name, bool good, const char *text)
{
	struct arena *arena = arena_new();
	struct node *event = event_new(session, name, arena);

	if (event) {
		node_set_bool(arena, event, "ok", good);
		node_set_text(arena, event, "message", text);
		event_print(event);
	}
	arena_free(arena);
}

void event_summary(const struct session *session, const struct plan *plan, int status)
{
	struct arena *arena = arena_new();
	struct node *event = event_new(session, "summary", arena);

	if (event) {
		add_counts(event, plan, arena);
		node_set_number(arena, event, "status", status);
		event_print(event);
	}
	arena_free(arena);
}
