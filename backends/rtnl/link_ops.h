/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single steps on one link: look it up, mark it, set its values, delete it. */
#ifndef BACKENDS_RTNL_LINK_OPS_H
#define BACKENDS_RTNL_LINK_OPS_H

#include "backends/rtnl/link_message.h"
#include "backends/rtnl/rtnl.h"

/* Rows of a link by what sets them, as bits of object_field's index. */
struct link_rows {
	uint64_t link, peer, master, mac, mtu, up, autoconf;
	uint64_t port, info; /* all rows of these sections */
	uint64_t path_cost;  /* one of the port's */
	uint64_t fixed;	     /* cannot be changed on a live link */
};
struct link_rows link_rows(const struct object *object);

/* Reads a link by name; *message points into *answer. -ENODEV: there is none, err not worth showing. */
int link_lookup(struct backend_ctx *ctx, const char *place, const char *name, struct answer *answer,
		struct link_message *message, struct error *err);
/* Its ifindex. -ENODEV with a text that names it. */
int link_index(struct backend_ctx *ctx, const char *place, const char *name, uint32_t *ret,
	       struct error *err);
/* The same of a ref of `object`; an unset ref is 0. */
int link_ref_index(struct backend_ctx *ctx, const struct object *object, const struct ref *ref,
		   uint32_t *ret, struct error *err);
/* Name of a link of `place`, in arena; NULL: there is none. */
const char *link_name(struct backend_ctx *ctx, const char *place, uint32_t index,
		      struct arena *arena);

/* A message about link `index`; 0: by a name added to it. */
struct nl_msg *link_message_new(uint16_t type, int flags, uint32_t index);

/* An ifindex for a new link, so far up that it is never given automatically. */
uint32_t link_choose_index(void);

/* Sends one message about a link of a place. */
int link_send(struct backend_ctx *ctx, const char *place, struct nl_msg *message,
	      struct error *err);

int link_set_alias(struct backend_ctx *ctx, const char *place, const char *name, uint32_t index,
		   struct error *err);
int link_set_group(struct backend_ctx *ctx, const char *place, uint32_t index, uint32_t group,
		   struct error *err);

/*
 * Sets the rows in mask to want's values, in an order that works: port rows after the master, up last. The first
 * failure ends it; what was set stays set.
 */
int link_configure(struct backend_ctx *ctx, const struct object *want, uint32_t index,
		   uint64_t mask, struct error *err);
/* A bridge keeps an MTU only if it was changed, not if it was created with it: else its ports decide. */
int link_pin_mtu(struct backend_ctx *ctx, const struct object *want, uint32_t index,
		 struct error *err);

/* Gone already is no error. */
int link_delete(struct backend_ctx *ctx, const char *place, uint32_t index, struct error *err);

#endif
