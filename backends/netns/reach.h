/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What reaches out of a namespace that is to go: the far ends of its veths, and links whose parent stands elsewhere.
 * The kernel tears a namespace down later and in the background, and meanwhile their names would be taken.
 */
#ifndef BACKENDS_NETNS_REACH_H
#define BACKENDS_NETNS_REACH_H

#include "backends/place.h"
#include "reconcile/backend.h"

#include <stddef.h>

/* Deletes them for n DELETE changes of namespaces. A namespace that is gone already is no error. */
int reach_cut(struct places *places, const struct scope *scope, const struct change *const *changes,
	      size_t n, struct error *err);

#endif
