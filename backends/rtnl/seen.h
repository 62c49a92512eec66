/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All links of the host's own place and of our namespaces (for adopt also of wanted ones that are not ours yet), each place dumped once: names for ifindexes, within a place
 * and across places. Lives for one observe.
 */
#ifndef BACKENDS_RTNL_SEEN_H
#define BACKENDS_RTNL_SEEN_H

#include "backends/rtnl/link_message.h"
#include "backends/rtnl/rtnl.h"

struct seen_link {
	uint32_t index, link;
	bool is_elsewhere; /* link is an index of the namespace with this id: */
	int32_t nsid;
	const char *name;
	const struct nlmsghdr *message;
};

struct seen_nsid {
	int32_t nsid;
	struct seen_place *place;
};

struct seen_place {
	const char *name; /* "": the host's own, the first of all */
	bool is_ours;	  /* a namespace of ours */
	struct nl_sock *socket;
	struct answer answer;	 /* the dump; messages of links point into it */
	struct seen_link *links; /* sorted by index */
	size_t n;
	struct seen_nsid *nsids; /* of other places, as this one numbers them */
	size_t n_nsids;
	bool has_all_nsids;
};

struct seen {
	struct backend_ctx *ctx;
	struct arena *arena;
	struct seen_place *places;
	size_t n;
};

/* `have` holds the namespaces. Free with seen_free in any case. */
int seen_read(struct seen *ret, struct backend_ctx *ctx, const struct model *have,
	      struct error *err);
void seen_free(struct seen *seen);

/* NULL: not there. */
const struct seen_link *seen_find(const struct seen_place *place, uint32_t index);
/* Parent or veth peer of a link and where it stands; NULL: none, or in a place that is not ours. */
const struct seen_link *seen_far_end(struct seen *seen, struct seen_place *place,
				     const struct seen_link *link, struct seen_place **ret);

/*
 * Whether a protocol number is our mark in a place, and whose else. In a namespace that is not ours yet, our number is
 * somebody's own choice: its holder is our topology itself.
 */
bool seen_is_ours(const struct backend_ctx *ctx, const struct seen_place *place, uint8_t protocol);
const char *seen_holder(const struct backend_ctx *ctx, const struct object *object,
			uint8_t protocol);

#endif
