/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file's checks: which of them can run here, running them, and one line for each. A check that fails undoes
 * nothing; the caller turns it into an exit status.
 */
#ifndef CMD_CHECKS_H
#define CMD_CHECKS_H

#include "cmd/options.h"

#include "model/document.h"
#include "model/error.h"
#include "model/text.h"
#include "model/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct places;

struct checks_runner {
	/*
	 * A new descriptor of the network namespace of a host's place (place "": its own; host NULL where the file has
	 * no hosts), or -errno with err.
	 */
	int (*open_place)(void *data, const char *host, const char *place, struct error *err);
	void *data;
	bool simulated; /* all hosts are here, and nothing else is; else only topology->host is */
};

struct checks_outcome {
	size_t n_ok, n_failed, n_skipped;
};

/* Runs and prints (text, or a JSON line each); with --quiet only what failed. Never fails as a whole. */
void checks_run(const struct topology *topology, const struct document *document,
		const struct checks_runner *runner, const struct options *options,
		struct checks_outcome *ret);

/* The same on a real host: those that start here, in its places. */
void checks_run_here(const struct topology *topology, const struct document *document,
		     struct places *places, const struct options *options,
		     struct checks_outcome *ret);
/*
 * The file's guard tests that start here. What failed is written to file, one line each. No test is tried beyond
 * until_ms of pending_clock(); 0: each as long as it says itself.
 */
void checks_run_guard(const struct topology *topology, const struct document *document,
		      struct places *places, FILE *file, uint64_t until_ms,
		      struct checks_outcome *ret);

/* Why a check cannot run here: false where it can. Appends to reason. */
bool check_is_skipped(const struct topology_check *check, const struct topology *topology,
		      bool simulated, struct text *reason);

/*
 * The port on which a check's connection arrives in its `at` place: the port asked for, unless a port map of that
 * host leads it to another. at is the topology of the `at` host.
 */
uint16_t check_arrival_port(const struct topology_check *check, const struct topology *at);

#endif
