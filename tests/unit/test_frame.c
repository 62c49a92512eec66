/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes a frame acceptable. */
#include "backends/tunnel/worker/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_frame_check_verdicts(void **state)
{
	static const struct {
		uint8_t source[6];
		uint16_t type;
		size_t length;
		unsigned mtu;
		enum frame_verdict verdict;
	} cases[] = {
		{ { 2, 0, 0, 0, 0, 1 }, 0x0800, 0, 1500, FRAME_SHORT },
		{ { 2, 0, 0, 0, 0, 1 }, 0x0800, 13, 1500, FRAME_SHORT },
		{ { 2, 0, 0, 0, 0, 1 }, 0x0800, 14, 1500, FRAME_OK },
		{ { 2, 0, 0, 0, 0, 1 }, 0x0800, 1514, 1500, FRAME_OK },
		{ { 2, 0, 0, 0, 0, 1 }, 0x0800, 1515, 1500, FRAME_LONG },
		{ { 2, 0, 0, 0, 0, 1 }, 0x8100, 1518, 1500, FRAME_OK },
		{ { 2, 0, 0, 0, 0, 1 }, 0x88a8, 1518, 1500, FRAME_OK },
		{ { 2, 0, 0, 0, 0, 1 }, 0x8100, 1519, 1500, FRAME_LONG },
		{ { 2, 0, 0, 0, 0, 1 }, 0x86dd, 1472, 1458, FRAME_OK },
		{ { 2, 0, 0, 0, 0, 1 }, 0x86dd, 1473, 1458, FRAME_LONG },
		{ { 0, 0, 0, 0, 0, 0 }, 0x0800, 60, 1500, FRAME_SOURCE_MAC },
		{ { 1, 0, 0, 0, 0, 1 }, 0x0800, 60, 1500, FRAME_SOURCE_MAC },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 0x0806, 60, 1500, FRAME_SOURCE_MAC },
		{ { 0, 0, 0, 0, 0, 1 }, 0x0806, 60, 1500, FRAME_OK },
	};
	uint8_t frame[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(frame, 0xff, sizeof(frame));
		memcpy(frame + 6, cases[i].source, 6);
		frame[12] = (uint8_t)(cases[i].type >> 8);
		frame[13] = (uint8_t)cases[i].type;
		assert_int_equal(frame_check(frame, cases[i].length, cases[i].mtu),
				 cases[i].verdict);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame_check_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
