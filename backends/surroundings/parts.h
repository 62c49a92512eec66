/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a look around, each in a file of its own. All are about the network namespace that the thread is in. */
#ifndef BACKENDS_SURROUNDINGS_PARTS_H
#define BACKENDS_SURROUNDINGS_PARTS_H

#include "backends/request.h"
#include "backends/surroundings.h"

/* Links, addresses, routes and the switches of IPv4. */
int near_read_network(struct near_place *place, struct nl_sock *socket, struct arena *arena,
		      struct error *err);
/* Sockets on the ports of the question that are of this place, and whose they are. */
void near_read_sockets(struct near_place *place, const struct list *ports, struct arena *arena);
/* Programs that manage networks, and what they do with links and routes of others. */
void near_read_programs(struct surroundings *ret, const struct near_place *host,
			struct arena *arena);
/* Which of the kinds (struct string_item) this kernel cannot make; in an empty namespace. */
int near_try_kinds(struct list *ret, const struct list *kinds, struct arena *arena,
		   struct error *err);

/* A number of /proc/sys or the like; false: there is none. */
bool near_read_number(uint64_t *ret, const char *path);
/* A process of this name (as far as the kernel keeps it) in the thread's network namespace. */
bool near_has_process(const char *name);

#endif
