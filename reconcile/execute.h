/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a plan: cuts it into batches, hands each to its backend, and on failure undoes in reverse what was done. */
#ifndef RECONCILE_EXECUTE_H
#define RECONCILE_EXECUTE_H

#include "reconcile/backend.h"
#include "reconcile/plan.h"

/* A backend that has been opened. */
struct backend_instance {
	const struct backend *backend;
	struct backend_ctx *ctx;
};

enum execute_outcome {
	EXECUTE_DONE,
	EXECUTE_UNDONE,	     /* failed; the system is as before */
	EXECUTE_HALF_UNDONE, /* failed, and undoing failed too: needs a person */
};

struct execute_report {
	enum execute_outcome outcome;
	const struct change *failed; /* NULL: none */
	size_t n_done;		     /* changes that took effect, implied ones included */
	struct error undo_error;     /* if HALF_UNDONE */
	const struct change *
		*standing; /* if HALF_UNDONE: changes that still stand; in the plan's arena */
	size_t n_standing;
	/* Told before and after each change; may be NULL. */
	void (*progress)(void *data, const struct change *change, bool finished);
	/* Asked before each batch; true: stop here and undo, as after a failure (-EINTR). May be NULL. */
	bool (*stop)(void *data);
	void *progress_data;
	bool no_undo; /* --no-rollback */
};

/* Returns 0, or -errno of the first failure with its text in err; the report says what stands. */
int plan_execute(struct plan *plan, const struct backend_instance *backends, size_t n_backends,
		 struct execute_report *report, struct error *err);

/* Undoes, as after a failure, a plan that was carried out; the report says what stands. The backends are those of then. */
void plan_undo(struct plan *plan, const struct backend_instance *backends, size_t n_backends,
	       struct execute_report *report);

/* Reads the live state of all backends, in order, into have. */
int backends_observe(const struct backend_instance *backends, size_t n_backends,
		     const struct model *want, struct model *have, struct error *err);

#endif
