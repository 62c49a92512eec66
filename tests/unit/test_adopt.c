/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a plan of adoptions has in it, and that undoing one gives every mark back. */
#include "reconcile/adopt.h"

#include "model/classes.h"
#include "model/kinds.h"
#include "model/link.h"
#include "reconcile/execute.h"
#include "tests/fake/fake_backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct object *add(struct model *model, const struct class *class, const char *place,
			  const char *name, enum owner owner)
{
	struct object *object = model_add(model, class, place, name);

	if (class == &class_link)
		link_set_kind(object_link(object), kind_find("bridge"), model_arena(model));
	object->owner = owner;
	return object;
}

struct lab {
	struct model *want, *have;
};

/* ns is foreign with a bridge in it; ours is ours; lo is the kernel's; nic is made elsewhere. */
static struct lab lab_new(void)
{
	struct lab lab = { .want = model_new(), .have = model_new() };
	struct model *models[] = { lab.want, lab.have };
	size_t i;

	for (i = 0; i < 2; i++) {
		add(models[i], &class_netns, "", "ns", i ? OWNER_FOREIGN : OWNER_OURS);
		add(models[i], &class_link, "ns", "inner", i ? OWNER_FOREIGN : OWNER_OURS);
		add(models[i], &class_link, "", "free", i ? OWNER_FOREIGN : OWNER_OURS);
		add(models[i], &class_link, "", "ours", OWNER_OURS);
		add(models[i], &class_link, "", "lo", i ? OWNER_KERNEL : OWNER_OURS);
		add(models[i], &class_link, "", "nic", i ? OWNER_FOREIGN : OWNER_OURS)->external =
			i == 0;
		add(models[i], &class_sysctl, "", "net.x", i ? OWNER_FOREIGN : OWNER_OURS);
	}
	add(lab.want, &class_link, "", "missing", OWNER_OURS);
	add(lab.have, &class_link, "", "unnamed", OWNER_FOREIGN);
	return lab;
}

static void lab_free(struct lab *lab)
{
	model_free(lab->want);
	model_free(lab->have);
}

static bool is_in_host(void *data, const struct object *want)
{
	(void)data;
	return want->class != &class_netns;
}

static void test_only_what_is_wanted_and_free_is_adopted(void **state)
{
	static const char *const names[] = { "ns", "free", "inner" };
	const struct adopt_choice all = { .topology = "lab" };
	struct lab lab = lab_new();
	struct plan *plan = adopt_build(lab.want, lab.have, &all);
	size_t i;

	(void)state;
	assert_int_equal(plan->n_refusals, 0);
	assert_int_equal(plan->n_adopt, 3);
	assert_int_equal(plan->n_unchanged, 1);
	assert_int_equal(plan->n_changes, 3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(plan->changes[i]->op, CHANGE_ADOPT);
		assert_string_equal(plan->changes[i]->want->name, names[i]);
	}
	plan_free(plan);
	lab_free(&lab);
}

static void test_refusals_name_the_object_and_why(void **state)
{
	const struct adopt_choice hosts = { .topology = "lab", .is_meant = is_in_host };
	struct lab lab = lab_new();
	struct object *tap = model_find(lab.have, &class_link, "", "free");
	struct plan *plan;

	(void)state;
	link_set_kind(object_link(tap), kind_find("tap"), model_arena(lab.have));
	add(lab.want, &class_link, "", "theirs", OWNER_OURS);
	add(lab.have, &class_link, "", "theirs", OWNER_FOREIGN)->holder = "other";
	plan = adopt_build(lab.want, lab.have, &hosts);
	assert_int_equal(plan->n_adopt, 0);
	assert_int_equal(plan->n_refusals, 3);
	assert_string_equal(plan->refusals[0].text, "host/free is of type tap, not bridge");
	assert_string_equal(plan->refusals[1].text, "host/theirs bears the mark of topology other");
	assert_string_equal(plan->refusals[2].text,
			    "ns/inner stands in namespace ns, which is not ours");
	plan_free(plan);
	lab_free(&lab);
}

static void test_our_number_by_chance_is_refused_unless_wanted(void **state)
{
	const struct adopt_choice all = { .topology = "lab" };
	struct lab lab = lab_new();
	struct plan *plan;

	(void)state;
	model_find(lab.have, &class_link, "ns", "inner")->holder = "lab";
	add(lab.have, &class_route, "ns", "10.0.0.0/8", OWNER_FOREIGN)->holder = "lab";
	plan = adopt_build(lab.want, lab.have, &all);
	assert_int_equal(plan->n_adopt, 3);
	assert_int_equal(plan->n_refusals, 1);
	assert_non_null(strstr(plan->refusals[0].text, "route ns/10.0.0.0/8 has the protocol"));
	plan_free(plan);
	lab_free(&lab);
}

/* Each step failing, and at last none: then undoing what was carried out. */
static void test_failing_and_undoing_give_marks_back(void **state)
{
	const struct adopt_choice all = { .topology = "lab" };
	size_t fail_at, i;

	(void)state;
	for (fail_at = 1; fail_at <= 4; fail_at++) {
		struct lab lab = lab_new();
		struct model *before = model_new();
		struct backend_ctx *ctx = fake_new(lab.have);
		const struct backend_instance fake = { .backend = &backend_fake, .ctx = ctx };
		struct execute_report report = { 0 };
		struct error err;
		struct plan *plan;
		int r;

		assert_int_equal(backends_observe(&fake, 1, lab.want, before, &err), 0);
		plan = adopt_build(lab.want, before, &all);
		fake_fail_at(ctx, fail_at);
		r = plan_execute(plan, &fake, 1, &report, &err);
		assert_int_equal(r == 0, fail_at == 4);
		fake_fail_at(ctx, 0);
		if (r == 0) {
			assert_int_equal(model_find(lab.have, &class_netns, "", "ns")->owner,
					 OWNER_OURS);
			plan_undo(plan, &fake, 1, &report);
		}
		assert_int_equal(report.outcome, EXECUTE_UNDONE);
		for (i = 0; i < model_count(before); i++)
			assert_int_equal(model_at(lab.have, i)->owner, model_at(before, i)->owner);
		plan_free(plan);
		fake_free(ctx);
		model_free(before);
		lab_free(&lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_what_is_wanted_and_free_is_adopted),
		cmocka_unit_test(test_refusals_name_the_object_and_why),
		cmocka_unit_test(test_our_number_by_chance_is_refused_unless_wanted),
		cmocka_unit_test(test_failing_and_undoing_give_marks_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
