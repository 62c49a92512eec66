/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open network namespaces, shared by all backends. Places are "" (where the program started) and names under
 * /run/netns. Entering a namespace costs a setns; sockets opened inside stay there, so each place keeps one
 * rtnetlink socket.
 */
#ifndef BACKENDS_PLACE_H
#define BACKENDS_PLACE_H

#include "model/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NETNS_DIRECTORY "/run/netns"

struct places;
struct nl_sock;

int places_open(struct places **ret, struct error *err);
void places_close(struct places *places); /* accepts NULL */

/* Descriptor of a place's namespace, borrowed. -ENOENT: there is none of that name. */
int place_fd(struct places *places, const char *place, struct error *err);
/* The place's rtnetlink socket, borrowed; opened when first asked for (backends/request.h). */
int place_socket(struct places *places, const char *place, struct nl_sock **ret, struct error *err);
/* Forgets what is open of a place: after its namespace was made, removed or replaced. */
void place_forget(struct places *places, const char *place);
/*
 * Whether what is open of a place is still what its name leads to: others may have removed or replaced it since. False
 * where nothing is open of it.
 */
bool place_is_there(struct places *places, const char *place);
/* Identity of a namespace: (st_dev, st_ino) of its nsfs file. */
int place_identity(struct places *places, const char *place, dev_t *device, ino_t *inode,
		   struct error *err);

/*
 * Moves the calling thread into a place's network namespace; every successful place_enter needs a place_leave,
 * which returns to where the program started. Not nested.
 */
int place_enter(struct places *places, const char *place, struct error *err);
/* The same into a new namespace that has no name; it goes with the last descriptor in it. */
int place_enter_new(struct places *places, struct error *err);
/* Makes the namespace the thread is in known as `place`, before it has its name under NETNS_DIRECTORY. */
int place_keep(struct places *places, const char *place, struct error *err);
void place_leave(struct places *places);

#endif
