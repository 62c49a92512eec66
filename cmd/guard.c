/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record is a topology like that of the former state, with the tests that start on this host. */
#include "cmd/guard.h"

#include "cmd/checks.h"
#include "cmd/kept.h"
#include "cmd/pending.h"
#include "cmd/run_directory.h"
#include "cmd/status.h"

#include "backends/place.h"
#include "model/cleanup.h"
#include "model/text.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define PAUSE_NS 300000000L /* between two rounds */

static bool starts_here(const struct session *session, const struct topology_check *check)
{
	AUTO_TEXT struct text ignored = { 0 };

	return !check_is_skipped(check, session->topology, false, &ignored);
}

static bool has_guard(const struct session *session)
{
	const struct topology_checks *guard = &session->topology->guard;
	size_t i;

	for (i = 0; i < guard->n; i++)
		if (starts_here(session, &guard->items[i]))
			return true;
	return false;
}

int guard_check_before(struct session *session)
{
	struct topology live = *session->topology; /* its port maps are in force yet */
	struct checks_outcome outcome;
	AUTO_FREE char *failures = NULL;
	size_t size;
	FILE *file;

	if (!has_guard(session)) {
		fputs("vnetapply: refused: the file has no guard test that starts on this host\n"
		      "  vnetapply.yaml(5) says more on guard; --confirm ask wants none\n",
		      stderr);
		return STATUS_REFUSED;
	}
	live.want = session->have;
	file = arena_check(open_memstream(&failures, &size));
	checks_run_guard(&live, session->document, session->places, file, 0, &outcome);
	fclose(file);
	if (!outcome.n_failed)
		return 0;
	fprintf(stderr, "%svnetapply: refused: guard tests fail already before the change\n",
		failures);
	return STATUS_REFUSED;
}

/* ---- the record ---- */

static void set_target(struct node *map, const struct topology_check *check, struct arena *arena)
{
	static const char *const keys[] = {
		[CHECK_PING] = "ping",
		[CHECK_TCP] = "tcp",
		[CHECK_UDP] = "udp",
	};
	char text[ADDR_TEXT_MAX];
	const char *target = check->target;

	if (addr_is_set(&check->address)) {
		target = addr_format(&check->address, text);
		if (check->kind != CHECK_PING)
			target = arena_printf(arena, strchr(target, ':') ? "[%s]:%u" : "%s:%u",
					      target, check->port);
	}
	node_set_text(arena, map, keys[check->kind], target);
}

static const char *place_path(const char *place)
{
	return place[0] ? place : "host";
}

/* Names are resolved, and there is but one host: nothing here depends on the file any more. */
static struct node *check_node(const struct session *session, const struct topology_check *check)
{
	struct arena *arena = session->arena;
	struct node *map = node_new(arena, NODE_MAP);

	node_set_text(arena, map, "from", place_path(check->from_place));
	set_target(map, check, arena);
	if (check->size_mtu)
		node_set_text(arena, map, "size", "mtu");
	else if (check->size)
		node_set_number(arena, map, "size", check->size);
	node_set_text(arena, map, "within", arena_printf(arena, "%ums", check->within_ms));
	if (check->expect == CHECK_UNREACHABLE)
		node_set_text(arena, map, "expect", "unreachable");
	/* In another host's place nobody can look from here. */
	if (check->at_place && (!check->at_host || text_equal(check->at_host, session->host)))
		node_set_text(arena, map, "at", place_path(check->at_place));
	return map;
}

int guard_record(struct session *session, struct error *err)
{
	const struct topology_checks *guard = &session->topology->guard;
	struct node *tree = kept_tree(session, session->want);
	struct node *list = node_child(session->arena, tree, "guard", NODE_LIST);
	size_t i;

	for (i = 0; i < guard->n; i++)
		if (starts_here(session, &guard->items[i]))
			node_append(list, check_node(session, &guard->items[i]));
	session->findings = run_record_open(session->name, RUN_FINDINGS);
	if (session->findings < 0)
		return error_set(err, errno, "%s/%s/%s: %s", SCOPE_RUN_DIRECTORY, session->name,
				 RUN_FINDINGS, strerror(errno));
	return run_record_replace(session->name, RUN_GUARD, kept_text(session, tree), err);
}

void guard_forget(const char *name)
{
	struct error ignored;

	(void)run_record_replace(name, RUN_GUARD, "", &ignored);
	(void)run_record_replace(name, RUN_FINDINGS, "", &ignored);
}

/* ---- afterwards ---- */

/* Whoever waits has the findings open. The position of a test in the record would mean nothing to him. */
static size_t run_round(struct session *session, uint64_t until_ms)
{
	struct arena *arena = arena_new();
	struct checks_outcome outcome;
	AUTO_FREE char *failures = NULL;
	size_t size;
	FILE *file = arena_check(open_memstream(&failures, &size));

	checks_run_guard(session->topology, session->document, session->places, file, until_ms,
			 &outcome);
	fclose(file);
	if (strcmp(failures, run_record_text(session->name, RUN_FINDINGS, arena)) != 0) {
		fputs(failures, stderr);
		run_record_overwrite(session->name, RUN_FINDINGS, failures);
	}
	arena_free(arena);
	return outcome.n_failed;
}

static void test_until_due(struct session *session)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct topology_checks *guard = &session->topology->guard;
	struct pending pending = pending_read(session->name);
	struct error ignored;
	size_t i;

	for (i = 0; i < guard->n; i++)
		guard->items[i].position.file = NULL;
	while (pending.state == PENDING_WAITING && pending_clock() < pending.deadline_ms) {
		if (!run_round(session, pending.deadline_ms)) {
			(void)pending_change(session->name, PENDING_WAITING, PENDING_CONFIRMED,
					     &ignored);
			return;
		}
		nanosleep(&pause, NULL);
		pending = pending_read(session->name);
	}
}

void guard_await(const struct options *given, const char *name)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	struct options options;
	struct error err = { 0 };

	if (!run_record_text(name, RUN_GUARD, given->arena)[0])
		return;
	kept_session_init(&session, &options, given, name, RUN_GUARD);
	/* What cannot be tested does not hold: the time runs out. */
	if (kept_session_load(&session, &options) || session_identify(&session, NULL) ||
	    session_expand(&session, true))
		return;
	if (places_open(&session.places, &err) == 0)
		test_until_due(&session);
	else
		(void)status_print(PHASE_LIVE, &err);
	guard_forget(name);
}
