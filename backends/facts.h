/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what expansion needs to know of this machine, before it. Writes nothing. */
#ifndef BACKENDS_FACTS_H
#define BACKENDS_FACTS_H

#include "backends/place.h"
#include "model/arena.h"
#include "model/error.h"
#include "model/facts.h"

#include <stdbool.h>
#include <stddef.h>

/* All but paths; strings and lists live in arena. What the machine does not have stays unset and is no error. */
int facts_read(struct facts *ret, struct arena *arena, struct error *err);

/*
 * How this machine reaches each address: facts->paths. No way to it is no error: its mtu is 0. A path MTU that was
 * learned does not count, only what is configured: what is derived from it must not change with traffic. Nor does what the
 * topology itself made of a device's: what is derived must not depend on the former file. topology NULL: none.
 */
int facts_read_paths(struct facts *facts, const struct addr *to, size_t n, const char *topology,
		     struct arena *arena, struct error *err);

/*
 * A bridge or a tunnel of the host's own place that no topology made, "bridge docker0", in arena: what goes through it
 * needs forwarding. NULL: there is none.
 */
int facts_foreign_router(struct places *places, const char **ret, struct arena *arena,
			 struct error *err);

/* Protocol numbers that addresses and routes of a place bear: those of topologies alive, among others. */
int facts_protocols_in_use(struct places *places, const char *place, bool used[256],
			   struct error *err);

#endif
