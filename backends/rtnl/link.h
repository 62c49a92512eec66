/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Class link in the kernel: observe, and one change or a run of deletions. */
#ifndef BACKENDS_RTNL_LINK_H
#define BACKENDS_RTNL_LINK_H

#include "backends/rtnl/seen.h"

int link_observe(struct backend_ctx *ctx, struct seen *seen, struct model *have, struct error *err);

/* CREATE or UPDATE. A failure leaves the link as it was. */
int link_apply(struct backend_ctx *ctx, const struct change *change, struct error *err);
/* n DELETEs: those of one place side by side cost the kernel one grace period. *done is added to. */
int link_delete_all(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		    size_t *done, struct error *err);

#endif
