/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel in memory behind the backends' contract, for tests: it refuses what refers to nothing, and deletes with an
 * object what the kernel would. One step can be made to fail.
 */
#ifndef TESTS_FAKE_FAKE_BACKEND_H
#define TESTS_FAKE_FAKE_BACKEND_H

#include "reconcile/backend.h"

extern const struct backend backend_fake;

/* A context of its own around `live`, which it changes and does not own. */
struct backend_ctx *fake_new(struct model *live);
void fake_free(struct backend_ctx *ctx);
/* The n-th change from now (from 1) fails with EIO; 0: none does. */
void fake_fail_at(struct backend_ctx *ctx, size_t n);
size_t fake_steps(const struct backend_ctx *ctx); /* changes applied since fake_new */

#endif
