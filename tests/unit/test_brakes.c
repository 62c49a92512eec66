/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the brakes of the command line let a plan do, at the very limits. */
#include "cmd/brakes.h"

#include "model/classes.h"
#include "model/kinds.h"
#include "model/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void add_bridge(struct model *model, const char *name, const char *kind)
{
	struct object *object = model_add(model, &class_link, "", name);

	link_set_kind(object_link(object), kind_find(kind), model_arena(model));
}

/* Four bridges live: two go, one is remade, one stays. Returns how many refusals come of the options. */
static size_t refusals_of(const struct options *options, const char **text)
{
	struct session session = { .options = options, .arena = arena_new() };
	static char kept[512];
	struct error err;
	size_t n;

	session.want = model_new();
	session.have = model_new();
	add_bridge(session.have, "a", "bridge");
	add_bridge(session.have, "b", "bridge");
	add_bridge(session.have, "c", "bridge");
	add_bridge(session.have, "d", "bridge");
	add_bridge(session.want, "c", "bridge");
	add_bridge(session.want, "d", "macvlan");
	assert_int_equal(plan_build(&session.plan, session.want, session.have, &err), 0);
	brakes_add(&session);
	n = session.plan->n_refusals;
	snprintf(kept, sizeof(kept), "%s", n ? session.plan->refusals[0].text : "");
	*text = kept;
	plan_free(session.plan);
	model_free(session.want);
	model_free(session.have);
	arena_free(session.arena);
	return n;
}

static void test_max_delete_counts_objects_and_shares(void **state)
{
	static const struct {
		unsigned limit;
		bool is_percent;
		size_t refusals;
	} rows[] = {
		{ 0, false, 1 }, { 1, false, 1 }, { 2, false, 0 }, { 99, false, 0 },
		{ 0, true, 1 },	 { 49, true, 1 }, { 50, true, 0 }, { 100, true, 0 },
	};
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct options options = { .given = OPTION_MAX_DELETE,
						 .max_delete = rows[i].limit,
						 .max_delete_is_percent = rows[i].is_percent };

		assert_int_equal(refusals_of(&options, &text), rows[i].refusals);
	}
}

static void test_max_disruption_names_each_change(void **state)
{
	static const size_t expected[] = { 3, 3, 0 };
	const char *text;
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		const struct options options = { .given = OPTION_MAX_DISRUPTION,
						 .max_disruption = (enum disruption)i };

		assert_int_equal(refusals_of(&options, &text), expected[i]);
	}
}

static void test_protect_matches_addresses(void **state)
{
	static const struct {
		const char *pattern;
		size_t refusals;
	} rows[] = { { "bridges/a", 1 }, { "bridges/[ab]", 2 }, { "*", 3 }, { "bridges/c", 0 },
		     { "a", 0 },	 { "bridges/d", 1 } };
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *patterns[] = { rows[i].pattern };
		const struct options options = { .given = OPTION_PROTECT,
						 .protect = patterns,
						 .n_protect = 1 };

		assert_int_equal(refusals_of(&options, &text), rows[i].refusals);
	}
}

static void test_nothing_is_refused_unless_asked_for(void **state)
{
	const struct options options = { 0 };
	const char *text;

	(void)state;
	assert_int_equal(refusals_of(&options, &text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_max_delete_counts_objects_and_shares),
		cmocka_unit_test(test_max_disruption_names_each_change),
		cmocka_unit_test(test_protect_matches_addresses),
		cmocka_unit_test(test_nothing_is_refused_unless_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
