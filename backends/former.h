/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The marks that adopted objects bore before, so that the run that adopted them can undo it. */
#ifndef BACKENDS_FORMER_H
#define BACKENDS_FORMER_H

#include "backends/mark.h"

struct former {
	struct former *next;
	const struct object *object; /* of the live model that the plan was made from */
	struct mark mark;	     /* of a link */
	uint8_t protocol;	     /* of an address or a route */
};

/* Starts as NULL. */
void former_free(struct former **list);
/* The one of an object; made if there is none yet. Out of memory ends the program. */
struct former *former_get(struct former **list, const struct object *object);

/* Gives a link its place's mark, or what it had before, by the op: CHANGE_ADOPT or CHANGE_DISOWN. */
int former_exchange(struct former **list, struct nl_sock *socket, const struct scope *scope,
		    const struct change *change, const char *place, const char *link,
		    struct error *err);

#endif
