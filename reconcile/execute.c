/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consecutive changes of one backend are one batch. When one fails, everything done before is undone in reverse:
 * a create by a delete, a delete by a create of what was live, an update by an update back.
 */
#include "reconcile/execute.h"

#include <errno.h>

#include <string.h>

struct run {
	struct plan *plan;
	const struct backend_instance *backends;
	size_t n_backends;
	struct execute_report *report;
};

static const struct backend_instance *find_backend(const struct run *run,
						   const struct change *change)
{
	const struct class *class = (change->want ? change->want : change->have)->class;
	size_t i;

	for (i = 0; i < run->n_backends; i++)
		if (run->backends[i].backend->handles(class))
			return &run->backends[i];
	return NULL;
}

static void tell(const struct run *run, const struct change *change, bool finished)
{
	if (run->report->progress)
		run->report->progress(run->report->progress_data, change, finished);
}

/* Applies changes that are sent, all of one backend. *done counts those that took effect. */
static int apply_batch(const struct run *run, const struct change *const *changes, size_t n,
		       size_t *done, struct error *err)
{
	const struct backend_instance *instance = find_backend(run, changes[0]);
	size_t i;
	int r;

	*done = 0;
	if (!instance)
		return error_set(
			err, ENOSYS, "no backend handles %s",
			(changes[0]->want ? changes[0]->want : changes[0]->have)->class->name);
	for (i = 0; i < n; i++)
		tell(run, changes[i], false);
	r = instance->backend->apply(instance->ctx, changes, n, done, err);
	for (i = 0; i < *done; i++)
		tell(run, changes[i], true);
	return r;
}

/* ---- undo ---- */

/*
 * What was not ours before (a foreign link, a sysctl) is undone by letting go of it: deleting puts back what was
 * recorded. And letting go is undone by taking hold of the same rows again.
 */
static struct change *inverse(struct arena *arena, const struct change *change)
{
	struct change *back = arena_memdup(arena, change, sizeof(*change));

	back->want = change->have;
	back->have = change->want;
	back->because = "undone";
	switch (change->op) {
	case CHANGE_CREATE:
		back->op = CHANGE_DELETE;
		break;
	case CHANGE_DELETE:
		back->op = CHANGE_CREATE;
		if (!change->have->external || change->implied_by) /* lo goes with its namespace */
			break;
		back->op = CHANGE_UPDATE;
		back->have = change->have;
		back->fields = change->have->written;
		break;
	case CHANGE_UPDATE:
		if (change->have->owner == OWNER_OURS)
			break;
		back->op = CHANGE_DELETE;
		back->want = NULL;
		break;
	case CHANGE_ADOPT:
	case CHANGE_DISOWN:
		back->op = change->op == CHANGE_ADOPT ? CHANGE_DISOWN : CHANGE_ADOPT;
		back->want = change->want;
		back->have = change->have;
		break;
	}
	return back;
}

/* An implied deletion is undone too: what went with its cause must be made again. An implied creation is not met. */
static void undo(struct run *run, const struct change *const *done, size_t n)
{
	struct execute_report *report = run->report;
	const struct change **standing =
		arena_alloc(run->plan->arena, (n + 1) * sizeof(struct change *));
	size_t i, took;

	report->outcome = EXECUTE_UNDONE;
	for (i = n; i-- > 0;) {
		struct change *back = inverse(run->plan->arena, done[i]);
		struct error err;

		if (apply_batch(run, (const struct change *const *)&back, 1, &took, &err) == 0)
			continue;
		if (report->outcome == EXECUTE_UNDONE)
			report->undo_error = err;
		report->outcome = EXECUTE_HALF_UNDONE;
		standing[report->n_standing++] = done[i];
	}
	report->standing = standing;
}

/* ---- execution ---- */

/* Next batch from *at: sent changes of one backend, and how far it reaches with the implied ones between. */
static size_t next_batch(const struct run *run, size_t *at, struct change **batch)
{
	const struct plan *plan = run->plan;
	const struct backend_instance *instance = NULL;
	size_t n = 0;

	for (; *at < plan->n_changes; (*at)++) {
		struct change *change = plan->changes[*at];

		if (change->implied_by)
			continue;
		if (n && find_backend(run, change) != instance)
			break;
		instance = find_backend(run, change);
		batch[n++] = change;
	}
	return n;
}

/* Everything that took effect so far, in order, implied changes whose cause took effect included. */
static size_t collect_done(struct plan *plan, const struct change **ret)
{
	size_t n = 0, i;

	for (i = 0; i < plan->n_changes; i++) {
		struct change *change = plan->changes[i];
		const struct change *cause = change;

		while (cause->implied_by)
			cause = cause->implied_by;
		change->is_done = cause->is_done;
		if (change->is_done)
			ret[n++] = change;
	}
	return n;
}

int plan_execute(struct plan *plan, const struct backend_instance *backends, size_t n_backends,
		 struct execute_report *report, struct error *err)
{
	struct run run = {
		.plan = plan, .backends = backends, .n_backends = n_backends, .report = report
	};
	size_t size = (plan->n_changes + 1) * sizeof(struct change *);
	struct change **batch = arena_alloc(plan->arena, size);
	const struct change **done = arena_alloc(plan->arena, size);
	size_t at = 0, n, took, i;
	int r = 0;

	report->outcome = EXECUTE_DONE;
	while (r == 0 && (n = next_batch(&run, &at, batch)) > 0) {
		if (report->stop && report->stop(report->progress_data)) {
			r = error_set(err, EINTR, "interrupted");
			break;
		}
		r = apply_batch(&run, (const struct change *const *)batch, n, &took, err);
		if (r < 0)
			report->failed = took < n ? batch[took] : NULL;
		for (i = 0; i < took; i++)
			batch[i]->is_done = true;
	}
	report->n_done = collect_done(plan, done);
	if (r == 0)
		return 0;
	if (report->no_undo) {
		report->outcome = EXECUTE_HALF_UNDONE;
		report->standing = done;
		report->n_standing = report->n_done;
		return r;
	}
	undo(&run, done, report->n_done);
	return r;
}

void plan_undo(struct plan *plan, const struct backend_instance *backends, size_t n_backends,
	       struct execute_report *report)
{
	struct run run = {
		.plan = plan, .backends = backends, .n_backends = n_backends, .report = report
	};
	const struct change **done =
		arena_alloc(plan->arena, (plan->n_changes + 1) * sizeof(struct change *));

	report->n_done = collect_done(plan, done);
	undo(&run, done, report->n_done);
}

int backends_observe(const struct backend_instance *backends, size_t n_backends,
		     const struct model *want, struct model *have, struct error *err)
{
	size_t i;
	int r;

	for (i = 0; i < n_backends; i++) {
		r = backends[i].backend->observe(backends[i].ctx, want, have, err);
		if (r < 0)
			return r;
	}
	return 0;
}
