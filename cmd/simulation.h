/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file as the sim commands see it: all of its hosts, each expanded; and the switch between them. */
#ifndef CMD_SIMULATION_H
#define CMD_SIMULATION_H

#include "cmd/session.h"

#include "backends/sim.h"

struct simulated_host {
	const char *name; /* in the simulation */
	const char *key;  /* in the file; NULL: it has no hosts */
	struct topology *topology;
};

struct simulation {
	struct session session; /* its document and diagnostics; the rest is each host's own */
	struct simulated_host *hosts;
	size_t n_hosts;
	struct sim *sim;
};

void simulation_init(struct simulation *simulation, const struct options *options);
void simulation_close(struct simulation *simulation);
#define AUTO_SIMULATION __attribute__((cleanup(simulation_close)))

/* Reads the file and expands it for every host; session.name is the topology's. An exit status, 0 to go on. */
int simulation_read(struct simulation *simulation);
/* NULL: not one of the file's hosts. */
const struct simulated_host *simulation_find(const struct simulation *simulation, const char *name);

/*
 * Throw-away key pairs for hosts whose key file is not on this machine; starts these hosts. Changes the document. An exit
 * status.
 */
int simulation_make_keys(struct simulation *simulation);

/* The underlay as a topology: a switch, and a namespace for each host. In the session's arena. */
struct node *underlay_tree(const struct simulation *simulation, unsigned mtu);
/* Makes it so inside the holder, by the reconciler. An exit status. */
int underlay_apply(const struct simulation *simulation, unsigned mtu);

#endif
