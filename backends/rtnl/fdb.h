/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Class fdb in the kernel. An entry bears no mark: it belongs to its interface, so that every static one of a vxlan of ours
 * is ours. What the interface has learned, or another program told it (extern_learn), is not.
 */
#ifndef BACKENDS_RTNL_FDB_H
#define BACKENDS_RTNL_FDB_H

#include "backends/rtnl/seen.h"
#include "model/fdb.h"

/* An entry as the kernel tells of it. */
struct fdb_message {
	uint32_t index;	 /* of its interface */
	struct fdb fdb;	 /* without the interface */
	bool is_static;	 /* stays until somebody takes it away */
	bool is_foreign; /* told by another program, or more than a row says */
};

/* False: no entry of a vxlan interface, or malformed. Pure. */
bool fdb_message_parse(struct fdb_message *ret, const struct nlmsghdr *message);

/* Entries of interfaces of ours, which are in `have` already. */
int fdb_observe(struct backend_ctx *ctx, struct seen *seen, struct model *have, struct error *err);

int fdb_apply(struct backend_ctx *ctx, const struct change *change, struct error *err);

#endif
