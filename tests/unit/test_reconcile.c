/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Properties of plans, on random pairs of models and a kernel in memory: applying a plan makes the next one
 * empty; no step refers to what is not there; an injected failure is undone; after a failure that is not,
 * a second run converges.
 */
#include "model/classes.h"
#include "model/kinds.h"
#include "model/link.h"
#include "model/text.h"
#include "reconcile/execute.h"
#include "tests/fake/fake_backend.h"
#include "tests/fake/random_model.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAIRS 1000
#define SIZE  6

/* A host with two NICs and nothing of ours. */
static struct model *empty_host(void)
{
	static const char *const names[] = { "eth0", "eth1" };
	struct model *live = model_new();
	size_t i;

	for (i = 0; i < 2; i++)
		model_add(live, &class_link, "", names[i])->owner = OWNER_FOREIGN;
	return live;
}

static struct plan *plan_of(const struct model *want, const struct model *live)
{
	struct plan *plan;
	struct error err;

	if (plan_build(&plan, want, live, &err) < 0)
		fail_msg("plan_build: %s", err.text);
	if (plan->n_refusals)
		fail_msg("refused: %s", plan->refusals[0].text);
	return plan;
}

static struct model *copy_of(const struct model *model)
{
	struct model *copy = model_new();
	const struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, model, i)
		model_copy_object(copy, object);
	return copy;
}

/* Runs want against the fake kernel; fail_at 0: no failure. Returns plan_execute's result. */
static int run(struct model *live, const struct model *want, size_t fail_at,
	       struct execute_report *report)
{
	struct model *have = copy_of(live); /* a plan borrows: execution must not change it */
	struct backend_ctx *ctx = fake_new(live);
	struct backend_instance instance = { .backend = &backend_fake, .ctx = ctx };
	struct plan *plan = plan_of(want, have);
	struct error err = { 0 };
	int r;

	fake_fail_at(ctx, fail_at);
	r = plan_execute(plan, &instance, 1, report, &err);
	if (r < 0 && !fail_at)
		fail_msg("%s", err.text);
	report->failed = NULL; /* it lives in the plan */
	plan_free(plan);
	fake_free(ctx);
	model_free(have);
	return r;
}

static void describe_change(const struct change *change, struct text *text)
{
	const struct object *object = change->want ? change->want : change->have;
	static const char *const signs[] = { "+", "~", "-" };

	text_add(text, "%s %s ", signs[change->op], object->class->name);
	object_path(object, text);
	text_add(text, " (%s)%s; ", change->because, change->implied_by ? " implied" : "");
}

static void assert_converged(const struct model *want, const struct model *live, uint64_t seed)
{
	struct plan *plan = plan_of(want, live);
	AUTO_TEXT struct text text = { 0 };
	size_t i;

	for (i = 0; i < plan->n_changes; i++)
		describe_change(plan->changes[i], &text);
	if (plan->n_changes)
		fail_msg("seed %llu: not empty: %s", (unsigned long long)seed, text_get(&text));
	plan_free(plan);
}

static void assert_same(const struct model *a, const struct model *b, uint64_t seed)
{
	size_t i;

	for (i = 0; i < model_count(a) && i < model_count(b); i++) {
		const struct object *x = model_at(a, i), *y = model_at(b, i);

		if (object_compare(x, y) || object_diff(x, y) || x->owner != y->owner)
			fail_msg("seed %llu: %s %s/%s is not as before: rows %llx",
				 (unsigned long long)seed, x->class->name, x->place, x->name,
				 (unsigned long long)object_diff(x, y));
	}
	assert_int_equal(model_count(a), model_count(b));
}

static struct model *second(uint64_t seed)
{
	return seed % 2 ? random_model(seed + 1000, SIZE) : random_model_near(seed, seed + 1, SIZE);
}

static void test_apply_makes_next_plan_empty(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= PAIRS; seed++) {
		struct model *live = empty_host();
		struct model *first = random_model(seed, SIZE), *then = second(seed);
		struct execute_report report = { 0 };

		run(live, first, 0, &report);
		assert_converged(first, live, seed);
		run(live, then, 0, &report);
		assert_converged(then, live, seed);
		model_free(live);
		model_free(first);
		model_free(then);
	}
}

static void test_destroy_leaves_host_as_it_was(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= PAIRS; seed++) {
		struct model *live = empty_host(), *before = empty_host();
		struct model *want = random_model(seed, SIZE), *nothing = model_new();
		struct execute_report report = { 0 };

		run(live, want, 0, &report);
		run(live, nothing, 0, &report);
		assert_same(before, live, seed);
		model_free(live);
		model_free(before);
		model_free(want);
		model_free(nothing);
	}
}

/* Undone in reverse: the state after a failure is the state before. */
static void test_failure_is_undone(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= PAIRS; seed++) {
		struct model *live = empty_host(), *before;
		struct model *first = random_model(seed, SIZE), *then = second(seed);
		struct execute_report report = { 0 };

		run(live, first, 0, &report);
		before = copy_of(live);
		if (run(live, then, 1 + (size_t)(seed * 7 % 40), &report) < 0) {
			if (report.outcome != EXECUTE_UNDONE)
				fail_msg("seed %llu: %s", (unsigned long long)seed,
					 report.undo_error.text);
			assert_same(before, live, seed);
		}
		model_free(live);
		model_free(before);
		model_free(first);
		model_free(then);
	}
}

/* As when killed: nothing is undone, and the next run does the rest. */
static void test_second_run_converges_after_interruption(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= PAIRS; seed++) {
		struct model *live = empty_host();
		struct model *first = random_model(seed, SIZE), *then = second(seed);
		struct execute_report report = { .no_undo = true };

		run(live, first, 0, &report);
		run(live, then, 1 + (size_t)(seed * 11 % 50), &report);
		report = (struct execute_report){ 0 };
		run(live, then, 0, &report);
		assert_converged(then, live, seed);
		model_free(live);
		model_free(first);
		model_free(then);
	}
}

static struct object *add_link(struct model *model, const char *place, const char *name,
			       const char *kind)
{
	struct object *object = model_add(model, &class_link, place, name);

	if (kind) {
		link_set_kind(object->data, kind_find(kind), model_arena(model));
	}
	return object;
}

static void test_foreign_object_of_wanted_name_is_refused(void **state)
{
	struct model *want = model_new(), *live = model_new();
	struct plan *plan;
	struct error err;

	(void)state;
	add_link(want, "", "br0", "bridge");
	add_link(live, "", "br0", "bridge")->owner = OWNER_FOREIGN;
	assert_int_equal(plan_build(&plan, want, live, &err), 0);
	assert_int_equal(plan->n_refusals, 1);
	assert_non_null(strstr(plan->refusals[0].text, "host/br0 exists already and is not ours"));
	assert_int_equal(plan->n_changes, 0);
	plan_free(plan);
	model_free(want);
	model_free(live);
}

static void test_foreign_object_not_wanted_is_ignored(void **state)
{
	struct model *want = model_new(), *live = model_new();
	struct plan *plan;
	struct error err;

	(void)state;
	add_link(live, "", "docker0", "bridge")->owner = OWNER_FOREIGN;
	assert_int_equal(plan_build(&plan, want, live, &err), 0);
	assert_true(plan_is_empty(plan));
	assert_int_equal(plan->n_unchanged, 0);
	plan_free(plan);
	model_free(want);
	model_free(live);
}

static void test_missing_external_link_is_refused(void **state)
{
	struct model *want = model_new(), *live = model_new();
	struct plan *plan;
	struct error err;

	(void)state;
	add_link(want, "", "enp1s0", NULL)->external = true;
	assert_int_equal(plan_build(&plan, want, live, &err), 0);
	assert_int_equal(plan->n_refusals, 1);
	plan_free(plan);
	model_free(want);
	model_free(live);
}

static void test_circle_of_links_is_an_error(void **state)
{
	struct model *want = model_new(), *live = model_new();
	struct plan *plan;
	struct error err;

	(void)state;
	object_link(add_link(want, "", "br0", "bridge"))->master = (struct ref){ .name = "br1" };
	object_link(add_link(want, "", "br1", "bridge"))->master = (struct ref){ .name = "br0" };
	assert_int_equal(plan_build(&plan, want, live, &err), -ELOOP);
	assert_non_null(strstr(err.text, "circle"));
	model_free(want);
	model_free(live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apply_makes_next_plan_empty),
		cmocka_unit_test(test_destroy_leaves_host_as_it_was),
		cmocka_unit_test(test_failure_is_undone),
		cmocka_unit_test(test_second_run_converges_after_interruption),
		cmocka_unit_test(test_foreign_object_of_wanted_name_is_refused),
		cmocka_unit_test(test_foreign_object_not_wanted_is_ignored),
		cmocka_unit_test(test_missing_external_link_is_refused),
		cmocka_unit_test(test_circle_of_links_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
