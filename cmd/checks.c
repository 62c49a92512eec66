/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Selects and runs. A check is about the whole network, so the topology of another host is expanded where the port
 * that its port map leads to must be known.
 */
#include "cmd/checks.h"

#include "backends/place.h"
#include "cmd/checks_output.h"
#include "cmd/pending.h"

#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define DEFAULT_PAYLOAD 56U /* as ping(8) */

struct run {
	const struct topology *topology;
	const struct document *document;
	const struct checks_runner *runner;
	const struct options *options; /* how it is printed */
	FILE *file;
	uint64_t until_ms; /* of pending_clock(); 0: no limit */
};

bool check_is_skipped(const struct topology_check *check, const struct topology *topology,
		      bool simulated, struct text *reason)
{
	if (simulated && check->is_outside) {
		text_add(reason, "outside the file, so not in the simulation");
		return true;
	}
	if (simulated || !check->from_host || text_equal(check->from_host, topology->host))
		return false;
	text_add(reason, "starts on %s", check->from_host);
	return true;
}

/* Whether the runner can listen in the place where it must arrive. */
static bool controls_at(const struct run *run, const struct topology_check *check)
{
	return check->at_place && (run->runner->simulated || !check->at_host ||
				   text_equal(check->at_host, run->topology->host));
}

static int arrival_port(const struct run *run, const struct topology_check *check, uint16_t *ret,
			struct error *err)
{
	const struct facts facts = { .offline = true };
	struct topology *other = NULL;
	struct diag *diag;
	int r;

	if (!check->at_host || text_equal(check->at_host, run->topology->host)) {
		*ret = check_arrival_port(check, run->topology);
		return 0;
	}
	diag = diag_new();
	r = topology_expand(&other, run->document, check->at_host, &facts, diag, err);
	if (r == 0)
		*ret = check_arrival_port(check, other);
	topology_free(other);
	diag_free(diag);
	return r;
}

/* "git.example.net:22" without its port. */
static int look_up(struct probe *probe, const struct topology_check *check, struct error *err)
{
	AUTO_FREE char *name = arena_check(strdup(check->target));
	char *colon = check->kind == CHECK_PING ? NULL : strrchr(name, ':');

	if (colon)
		*colon = '\0';
	return probe_lookup(&probe->target, probe->from, check->from_place, name, probe->within_ms,
			    err);
}

static enum probe_kind probe_kind(enum check_kind kind)
{
	switch (kind) {
	case CHECK_PING:
		return PROBE_PING;
	case CHECK_TCP:
		return PROBE_TCP;
	case CHECK_UDP:
		return PROBE_UDP;
	}
	return PROBE_PING;
}

static uint32_t time_for(const struct run *run, const struct topology_check *check)
{
	uint64_t now = pending_clock(), left = run->until_ms > now ? run->until_ms - now : 0;

	return run->until_ms && left < check->within_ms ? (uint32_t)left : check->within_ms;
}

static int run_check(const struct run *run, const struct topology_check *check,
		     struct probe_result *ret, struct error *err)
{
	const struct checks_runner *runner = run->runner;
	AUTO_CLOSE int from = -1, at = -1;
	struct probe probe = { .kind = probe_kind(check->kind),
			       .target = check->address,
			       .port = check->port,
			       .size = check->size ? check->size : DEFAULT_PAYLOAD,
			       .size_mtu = check->size_mtu,
			       .within_ms = time_for(run, check),
			       .unreachable = check->expect == CHECK_UNREACHABLE };
	int r = 0;

	from = runner->open_place(runner->data, check->from_host, check->from_place, err);
	if (from < 0)
		return from;
	probe.from = from;
	if (controls_at(run, check)) {
		at = runner->open_place(runner->data, check->at_host, check->at_place, err);
		if (at < 0)
			return at;
		r = arrival_port(run, check, &probe.at_port, err);
	}
	probe.at = at;
	if (r == 0 && !addr_is_set(&probe.target))
		r = look_up(&probe, check, err);
	return r < 0 ? r : probe_run(&probe, ret, err);
}

static void run_all(const struct run *run, const struct topology_checks *checks,
		    struct checks_outcome *ret)
{
	*ret = (struct checks_outcome){ 0 };
	for (size_t i = 0; i < checks->n; i++) {
		const struct topology_check *check = &checks->items[i];
		AUTO_TEXT struct text reason = { 0 };
		struct probe_result result = { 0 };
		struct error err = { 0 };

		if (check_is_skipped(check, run->topology, run->runner->simulated, &reason)) {
			ret->n_skipped++;
			check_print(run->file, run->options, check, CHECK_SKIPPED, NULL,
				    text_get(&reason));
			continue;
		}
		if (run_check(run, check, &result, &err) < 0) {
			ret->n_failed++;
			check_print(run->file, run->options, check, CHECK_FAILED, NULL, err.text);
			continue;
		}
		*(result.passed ? &ret->n_ok : &ret->n_failed) += 1;
		check_print(run->file, run->options, check, result.passed ? CHECK_OK : CHECK_FAILED,
			    &result, NULL);
	}
}

void checks_run(const struct topology *topology, const struct document *document,
		const struct checks_runner *runner, const struct options *options,
		struct checks_outcome *ret)
{
	const struct run run = { topology, document, runner, options, stdout, 0 };

	run_all(&run, &topology->checks, ret);
	checks_print_summary(stdout, options, ret);
}

static int open_here(void *data, const char *host, const char *place, struct error *err)
{
	int fd = place_fd(data, place ? place : "", err);

	(void)host;
	if (fd < 0)
		return fd;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? error_set(err, errno, "cannot copy a descriptor: %s", strerror(errno)) : fd;
}

void checks_run_here(const struct topology *topology, const struct document *document,
		     struct places *places, const struct options *options,
		     struct checks_outcome *ret)
{
	const struct checks_runner runner = { .open_place = open_here, .data = places };

	checks_run(topology, document, &runner, options, ret);
}

void checks_run_guard(const struct topology *topology, const struct document *document,
		      struct places *places, FILE *file, uint64_t until_ms,
		      struct checks_outcome *ret)
{
	const struct checks_runner runner = { .open_place = open_here, .data = places };
	const struct options failures = { .quiet = true, .format = FORMAT_TEXT };
	const struct run run = { topology, document, &runner, &failures, file, until_ms };

	run_all(&run, &topology->guard, ret);
}
