/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From unordered entries to the changes of a plan, each after what it needs. */
#ifndef RECONCILE_ORDER_H
#define RECONCILE_ORDER_H

#include "reconcile/diff.h"

/*
 * Fills plan->changes. First deletions that make room for what follows, leaf-first; then creates and updates,
 * root-first; last the other deletions, leaf-first. -ELOOP: links refer to one another in a circle.
 */
int order_build(struct plan *plan, struct diff *diff, struct error *err);

#endif
