/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of backend rtnl share: links (link*.c), addresses and routes, each class in files of its own. */
#ifndef BACKENDS_RTNL_RTNL_H
#define BACKENDS_RTNL_RTNL_H

#include "backends/place.h"
#include "model/model.h"
#include "reconcile/backend.h"

struct backend_ctx {
	const struct scope *scope;
	struct places *places;
	bool all;    /* read foreign routes too */
	bool adopts; /* read wanted namespaces that are not ours yet, too */
	/* The models of the last observe: where the far end of a veth is looked up. Borrowed. */
	const struct model *want, *have;
	/* Links of ours whose mark is not whole: from the last observe, for mend. */
	struct half_marked {
		const char *place, *name; /* of `have` */
		uint32_t index;
		bool has_alias;
	} * half_marked;
	size_t n_half_marked;
	struct former *former;	/* marks of what this run adopted */
	bool has_foreign_ports; /* the file makes a link of somebody else's a port of a bridge */
};

#endif
