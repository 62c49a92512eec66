/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulation: the hosts of a topology as namespaces on this machine. One holder process keeps it, as process 1 of a
 * pid namespace; each host has one of its own below it, with network, mount and UTS namespaces. Killing the holder, in
 * whatever way, ends all of it.
 *
 * Without root it lives in a user namespace. What is alive is on record in a directory of the caller:
 * /run/vnetapply-sim/TOPOLOGY for root, else below $XDG_RUNTIME_DIR.
 */
#ifndef BACKENDS_SIM_H
#define BACKENDS_SIM_H

#include "model/error.h"

#include <stdbool.h>
#include <stddef.h>

struct sim;

/*
 * Opens the record of a topology's simulation, whether there is one or not. With a lock (lock_timeout_ms >= 0) no other
 * run changes simulations meanwhile: -EAGAIN if it cannot be had in time.
 */
int sim_open(struct sim **ret, const char *topology, int lock_timeout_ms, struct error *err);
void sim_close(struct sim *sim); /* accepts NULL */

bool sim_is_up(const struct sim *sim);
/* Whether there is a record of a simulation that is no more: its holder was killed. */
bool sim_is_stale(const struct sim *sim);

/* Starts the holder, after clearing a stale record. */
int sim_start(struct sim *sim, struct error *err);
/* Ends everything inside, waits until it is gone, and removes the record. Nothing there is no error. */
int sim_stop(struct sim *sim, struct error *err);

/* Hosts on record; borrowed until the next call that changes them. */
size_t sim_hosts(const struct sim *sim, const char *const **ret);
bool sim_host_is_up(const struct sim *sim, const char *host);
/* Starts a host in the network namespace of that name in the holder's place. */
int sim_host_start(struct sim *sim, const char *host, struct error *err);
/* Ends all processes of a host, and its record. */
int sim_host_stop(struct sim *sim, const char *host, struct error *err);

/*
 * Runs a function in a process inside: of a host, or of the holder (host NULL), with the caller's directory where it
 * exists there. *status is what the function returned, or 128 + the signal that ended it, as in a shell.
 */
int sim_run(const struct sim *sim, const char *host, int (*run)(void *data), void *data,
	    int *status, struct error *err);

/* Moves the calling process into the holder's user and network namespaces, so that places can be visited from there. */
int sim_visit(const struct sim *sim, struct error *err);
/* After sim_visit: a new descriptor of the network namespace of a host's place ("": its own). */
int sim_place(const struct sim *sim, const char *host, const char *place, struct error *err);

#endif
