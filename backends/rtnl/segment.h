/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether nobody but us is on a link's segment: there duplicate address detection (RFC 4862, 5.4) finds nothing and
 * only keeps IPv6 addresses from being used for a second or two.
 */
#ifndef BACKENDS_RTNL_SEGMENT_H
#define BACKENDS_RTNL_SEGMENT_H

#include "backends/rtnl/rtnl.h"
#include "model/object.h"

#include <stdbool.h>

/* Of the link that `ref` of `object` means. A bridge with a foreign port is somebody else's segment, too. */
bool segment_is_ours(const struct backend_ctx *ctx, const struct object *object,
		     const struct ref *ref);

/*
 * Before a link is set up: its link-local address, which the kernel makes, is to be usable at once. Sets
 * net.ipv6.conf.LINK.accept_dad to 0 where the segment is ours. On failure the kernel detects, as it is used to.
 */
void segment_skip_dad(struct backend_ctx *ctx, const struct object *link);

#endif
