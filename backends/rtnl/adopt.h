/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks on links, addresses and routes that exist already: set, and given back. */
#ifndef BACKENDS_RTNL_ADOPT_H
#define BACKENDS_RTNL_ADOPT_H

#include "backends/rtnl/rtnl.h"

/* Carries out CHANGE_ADOPT and CHANGE_DISOWN. Nothing but the mark changes, and traffic does not notice. */
int rtnl_adopt(struct backend_ctx *ctx, const struct change *change, struct error *err);

#endif
