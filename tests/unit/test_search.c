/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Searches on paths and a clock of this test's own. */
#include "backends/tunnel/worker/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct search search;
static uint64_t now;
static size_t path;    /* the longest datagram that is answered; 0: none is */
static size_t most;    /* what the kernel says */
static unsigned asked; /* questions */
static bool (*lost)(size_t size);

static int setup(void **state)
{
	(void)state;
	search = (struct search){ 0 };
	now = 1000000;
	path = most = 1472;
	asked = 0;
	lost = NULL;
	return 0;
}

/* A frame was sent, or a question's time is over; answers come, and the next is asked. */
static void step(void)
{
	const struct search_terms terms = { .most = most, .raise = SEARCH_RAISE };
	size_t size;

	while ((size = search_step(&search, &terms, now))) {
		assert_true(size <= most);
		assert_true(search_is_waiting(&search));
		assert_true(search.due >= now + SEARCH_WAIT);
		asked++;
		if (size > path || (lost && lost(size)))
			return;
		search_answered(&search, size, now);
	}
}

/* With a frame each 100 milliseconds. */
static void pass(uint64_t milliseconds)
{
	for (uint64_t end = now + milliseconds; now < end; now += 100)
		step();
}

static void test_search_wide_path_costs_one_question(void **state)
{
	(void)state;
	step();
	assert_int_equal(asked, 1);
	assert_int_equal(search.low, 1472);
	assert_int_equal(search.limit, 0);
	assert_false(search_is_waiting(&search));
	pass(60000); /* and one every SEARCH_CONFIRM */
	assert_in_range(asked, 60000 / SEARCH_CONFIRM, 60000 / SEARCH_CONFIRM + 2);
	assert_int_equal(search.limit, 0);
}

/* Each path is found to the byte, in less than half a minute, and nothing is asked when no frame is sent. */
static void test_search_finds_every_path(void **state)
{
	static const size_t paths[] = { 548, 549, 1000, 1171, 1172, 1173, 1252, 1372, 1470, 1471 };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		setup(state);
		path = paths[i];
		pass(30000);
		assert_int_equal(search.limit, path);
		assert_int_equal(search.low, path);
		assert_false(search_is_waiting(&search));
	}
	setup(state);
	most = 8972;
	path = 4000;
	pass(30000);
	assert_int_equal(search.limit, 4000);
}

/* Frames that fit pass from the first answer on. */
static void test_search_is_narrow_while_it_searches(void **state)
{
	(void)state;
	path = 1400;
	pass(SEARCH_TRIES * SEARCH_WAIT - 100);
	assert_int_equal(search.limit, 0); /* nothing is proved */
	for (int i = 0; i < 200; i++) {
		pass(100);
		if (search.low)
			assert_in_range(search.limit, SEARCH_BASE, 1400);
	}
	assert_int_equal(search.limit, 1400);
}

/* A question is asked only when somebody asks for it: by a frame, or by the clock that it set. */
static void test_search_ends_by_itself(void **state)
{
	unsigned steps = 0;

	(void)state;
	path = 1300;
	for (step(); search_is_waiting(&search); steps++) {
		now = search.due;
		step();
	}
	assert_int_equal(search.limit, 1300);
	assert_in_range(steps, 1, 30);
	assert_in_range(asked, 1, 30);
}

static void test_search_concludes_nothing_from_silence(void **state)
{
	(void)state;
	path = 0;
	pass(300000);
	assert_int_equal(search.limit, 0);
	assert_int_equal(search.low, 0);
	/* Three sizes thrice, then a rest. */
	assert_in_range(asked, 9, 10 * 300000 / SEARCH_RETRY);
	path = 1472;
	pass(SEARCH_RETRY + 12000);
	assert_int_equal(search.low, 1472);
	/* And a peer that falls silent leaves what is known. */
	setup(state);
	path = 1400;
	pass(30000);
	assert_int_equal(search.limit, 1400);
	path = 0;
	pass(120000);
	assert_int_equal(search.limit, 1400);
	path = 1472;
	pass(60000);
	assert_int_equal(search.limit, 0);
}

static void test_search_notices_a_black_hole(void **state)
{
	(void)state;
	pass(10000);
	assert_int_equal(search.limit, 0);
	path = 1350;
	pass(SEARCH_CONFIRM + SEARCH_TRIES * SEARCH_WAIT + 200);
	assert_in_range(search.limit, SEARCH_BASE, 1350);
	pass(20000);
	assert_int_equal(search.limit, 1350);
	path = 1250; /* once more */
	pass(30000);
	assert_int_equal(search.limit, 1250);
}

static void test_search_finds_a_path_that_grew(void **state)
{
	(void)state;
	path = 1350;
	pass(30000);
	assert_int_equal(search.limit, 1350);
	path = 1472;
	pass(SEARCH_RAISE / 2);
	assert_int_equal(search.limit, 1350);
	pass(SEARCH_RAISE / 2 + SEARCH_CONFIRM);
	assert_int_equal(search.limit, 0);
	assert_int_equal(search.low, 1472);
	/* By a bit, too. */
	setup(state);
	path = 1350;
	pass(30000);
	path = 1360;
	pass(SEARCH_RAISE + 30000);
	assert_int_equal(search.limit, 1360);
}

static void test_search_follows_the_kernel(void **state)
{
	(void)state;
	/* A router says what fits while the first question is under way. */
	path = 1372;
	step();
	most = 1372;
	pass(SEARCH_WAIT + 200);
	assert_int_equal(asked, 2);
	assert_int_equal(search.limit, 0);
	assert_int_equal(search.low, 1372);
	/* And forgets it. */
	path = most = 1472;
	pass(SEARCH_CONFIRM + 200);
	assert_int_equal(search.low, 1472);
	/* What no path lacks is not asked for. */
	asked = 0;
	most = SEARCH_LEAST;
	pass(120000);
	assert_int_equal(asked, 0);
	assert_int_equal(search.limit, 0);
}

static unsigned losses;
static bool lost_first(size_t size)
{
	(void)size;
	return losses && losses--;
}

/* Fewer losses than it takes say nothing. */
static void test_search_bears_some_loss(void **state)
{
	(void)state;
	lost = lost_first;
	losses = SEARCH_TRIES - 1;
	pass(20000);
	assert_int_equal(search.limit, 0);
	assert_int_equal(search.low, 1472);
	losses = SEARCH_TRIES - 1; /* of what stands */
	pass(20000);
	assert_int_equal(search.limit, 0);
	/* As an outage that ends while there is still something to ask: all of it is found again. */
	losses = SEARCH_TRIES;
	pass(30000);
	assert_int_equal(losses, 0);
	assert_int_equal(search.low, 1472);
	assert_int_equal(search.limit, 0);
}

static bool lost_every_other(size_t size)
{
	static unsigned count;

	(void)size;
	return count++ % 2;
}

static void test_search_bears_much_loss(void **state)
{
	(void)state;
	path = 1400;
	lost = lost_every_other;
	pass(60000);
	assert_int_equal(search.limit, 1400);
}

/* A peer is authentic, not honest: it cannot have been reached by what was not sent. */
static void test_search_takes_no_answer_to_nothing(void **state)
{
	(void)state;
	path = 1372;
	step();
	search_answered(&search, 1473, now);
	search_answered(&search, 65535, now);
	assert_int_equal(search.low, 0);
	assert_true(search_is_waiting(&search));
	pass(30000);
	assert_int_equal(search.limit, 1372);
	assert_int_equal(search.low, 1372);
}

static void test_search_hears_late_answers(void **state)
{
	(void)state;
	path = 0;
	pass(SEARCH_TRIES * SEARCH_WAIT + 100); /* the path is searched from below */
	assert_int_equal(search.stage, SEARCH_FLOOR);
	search_answered(&search, 1472, now);
	assert_int_equal(search.low, 1472);
	assert_int_equal(search.limit, 0);
	assert_false(search_is_waiting(&search));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(test_search_##name, setup)
		TEST(wide_path_costs_one_question),
		TEST(finds_every_path),
		TEST(is_narrow_while_it_searches),
		TEST(ends_by_itself),
		TEST(concludes_nothing_from_silence),
		TEST(notices_a_black_hole),
		TEST(finds_a_path_that_grew),
		TEST(follows_the_kernel),
		TEST(bears_some_loss),
		TEST(bears_much_loss),
		TEST(hears_late_answers),
		TEST(takes_no_answer_to_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
