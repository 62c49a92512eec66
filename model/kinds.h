/* SPDX-License-Identifier: GPL-2.0-or-later */
/* THE table of link kinds: one file in model/kind/ and one row in kinds.c each. */
#ifndef MODEL_KINDS_H
#define MODEL_KINDS_H

#include "model/link.h"

extern const struct link_kind *const kinds[]; /* NULL-ended */

const struct link_kind *kind_find(const char *name); /* NULL: none */

#endif
