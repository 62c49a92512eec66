/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BACKENDS_RTNL_LINK_CREATE_H
#define BACKENDS_RTNL_LINK_CREATE_H

#include "backends/rtnl/rtnl.h"

/*
 * Makes a link with all its values. One that is there with our mark is completed instead; any other is -EEXIST.
 * On failure a link that was made here is gone again.
 */
int link_create(struct backend_ctx *ctx, const struct object *want, struct error *err);

#endif
