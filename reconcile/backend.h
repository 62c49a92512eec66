/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only contract between reconcile/ and backends/. A backend reads and changes some classes of objects; it never
 * reads YAML, never prints, never calls another backend.
 */
#ifndef RECONCILE_BACKEND_H
#define RECONCILE_BACKEND_H

#include "model/error.h"
#include "model/model.h"
#include "reconcile/plan.h"
#include "reconcile/scope.h"

#include <stdbool.h>
#include <stddef.h>

struct backend_ctx; /* each backend's own */

struct backend_options {
	const struct scope *scope; /* outlives the backend; protocol is filled in before observe */
	struct places *
		places; /* shared: open namespaces and sockets in them (backends/place.h); NULL in tests */
	bool all;    /* observe also foreign objects in foreign namespaces' stead: state --all */
	bool adopts; /* observe also inside foreign namespaces that are wanted: adopt */
};

struct backend {
	const char *name;
	bool (*handles)(const struct class *class);
	int (*open)(struct backend_ctx **ret, const struct backend_options *options,
		    struct error *err);
	/*
	 * Reads everything it handles into `have`, each object with its owner. `want` says what to look at besides what is
	 * ours: foreign links and sysctls that the file names. Backends observe in the table's order: namespaces first, so
	 * a later one finds the places in `have`.
	 */
	int (*observe)(struct backend_ctx *ctx, const struct model *want, struct model *have,
		       struct error *err);
	/*
	 * After observe, by one who holds the lock; may be NULL. Completes or clears away what a run that was killed left
	 * half-made and what no model tells: missing marks, temporary files, a worker without configuration.
	 */
	int (*mend)(struct backend_ctx *ctx, struct error *err);
	/*
	 * Carries out changes, in order; may combine neighbours that do not depend on one another. *done becomes the number
	 * that took full effect; on failure changes[*done] is the one that failed, it left nothing of itself, and err says
	 * why with the object's path. Creating what is there with our mark already, and deleting what is gone already, succeed.
	 */
	int (*apply)(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		     size_t *done, struct error *err);
	void (*close)(struct backend_ctx *ctx); /* accepts NULL */
};

#endif
