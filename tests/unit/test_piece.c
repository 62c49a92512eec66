/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames in pieces, between two sessions on a wire that takes nothing longer. */
#include "backends/tunnel/worker/frame.h"
#include "backends/tunnel/worker/session_parts.h"
#include "tests/unit/session_sides.h"

#define LIMIT (PIECE_HEADER + 20u) /* of content */

static int path_send(void *context, uint32_t peer, const uint8_t *data, size_t length)
{
	assert_int_equal(peer, 0);
	assert_true(length <= LIMIT + SESSION_OVERHEAD);
	put_on_wire(context, data, length);
	return 0;
}

/* Questions would be in the way. */
static void begin(void)
{
	establish();
	a.sessions->path_send = path_send;
	session_of(&a)->echo.due = session_of(&a)->search.due = SESSION_NEVER;
}

static uint8_t frame[60] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, [30] = 30, [59] = 0x5a };

static int send_pieces(void)
{
	const struct iovec parts[] = { { frame, 17 }, { frame + 17, sizeof(frame) - 17 } };

	return piece_send(session_of(&a), LIMIT, parts, 2);
}

/* What becomes of wire number NUMBER. */
static enum session_outcome take(unsigned number, struct session_received *ret)
{
	session_table_receive(b.sessions, a.wire[number].data, a.wire[number].length, source,
			      sizeof(source), 0, ret);
	return ret->outcome;
}

static void expect_whole(const struct session_received *received)
{
	assert_true(received->joined);
	assert_int_equal(received->length, sizeof(frame));
	assert_memory_equal(received->frame, frame, sizeof(frame));
}

static void test_piece_makes_a_frame_whole_in_any_order(void **state)
{
	static const unsigned orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 2, 0 }, { 2, 0, 1 } };
	struct session_received received;

	(void)state;
	begin();
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(send_pieces(), 0);
		assert_int_equal(a.sent, 3);
		assert_int_equal(take(orders[i][0], &received), SESSION_DONE);
		assert_int_equal(take(orders[i][1], &received), SESSION_DONE);
		assert_int_equal(take(orders[i][2], &received), SESSION_FRAME);
		expect_whole(&received);
		piece_done(session_of(&b));
		a.sent = 0;
	}
	assert_int_equal(drops_of(&b), 0);
}

static void test_piece_lets_two_frames_overtake_each_other(void **state)
{
	static const unsigned order[] = { 0, 3, 1, 4, 5, 2 };
	struct session_received received;
	unsigned whole = 0;

	(void)state;
	begin();
	assert_int_equal(send_pieces(), 0);
	assert_int_equal(send_pieces(), 0);
	for (unsigned i = 0; i < 6; i++)
		if (take(order[i], &received) == SESSION_FRAME) {
			expect_whole(&received);
			whole++;
		}
	assert_int_equal(whole, 2);
}

/* One that is lost costs its frame and no other. */
static void test_piece_that_is_lost_spoils_nothing_else(void **state)
{
	struct session_received received;

	(void)state;
	begin();
	for (unsigned i = 0; i < 2 * PIECES_FRAMES; i++)
		assert_int_equal(send_pieces(), 0);
	for (unsigned i = 0; i < a.sent; i++)
		if (i >= 3 * PIECES_FRAMES || i % 3 != 1)
			assert_int_equal(take(i, &received) == SESSION_FRAME,
					 i >= 3 * PIECES_FRAMES && i % 3 == 2);
	expect_whole(&received);
}

/* The peer is authentic, not sane. */
static void test_piece_takes_no_nonsense(void **state)
{
	/* number, count, size: 2, and how much there is */
	static const uint8_t cases[][5] = {
		{ 0, 0, 0, 20, 20 },	  /* of none */
		{ 3, 3, 0, 20, 20 },	  /* behind the last */
		{ 0, 65, 0, 20, 20 },	  /* too many */
		{ 0, 3, 0, 20, 19 },	  /* not the last, and shorter */
		{ 2, 3, 0, 20, 21 },	  /* longer */
		{ 2, 3, 0, 0, 1 },	  /* of nothing */
		{ 0, 64, 0xff, 0xff, 1 }, /* no frame is as long as that */
		{ 3, 4, 0xff, 0xff, 1 },
	};
	uint8_t content[PIECE_HEADER + 40] = { 5 };
	struct iovec whole;

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memcpy(content + 12, cases[i], 4);
		assert_true(piece_is(content, PIECE_HEADER + cases[i][4]));
		assert_false(
			piece_join(session_of(&b), content, PIECE_HEADER + cases[i][4], &whole));
		assert_int_equal(b.drops[WORKER_DROP_MALFORMED], i + 1);
		assert_null(session_of(&b)->joining[0].frame);
	}
	/* Those of one id that do not fit together are of two frames. */
	memcpy(content + 12, (uint8_t[]){ 0, 2, 0, 20 }, 4);
	assert_false(piece_join(session_of(&b), content, PIECE_HEADER + 20, &whole));
	memcpy(content + 12, (uint8_t[]){ 1, 2, 0, 30 }, 4);
	assert_false(piece_join(session_of(&b), content, PIECE_HEADER + 30, &whole));
	memcpy(content + 12, (uint8_t[]){ 0, 2, 0, 30 }, 4);
	assert_true(piece_join(session_of(&b), content, PIECE_HEADER + 30, &whole));
	assert_int_equal(whole.iov_len, 60);
}

/* An earlier worker drops what it does not know, and is sent none. */
static void test_piece_needs_a_peer_that_joins_them(void **state)
{
	uint8_t content[PIECE_HEADER + 1] = { 5 };

	(void)state;
	begin();
	assert_true(session_of(&a)->joins_pieces && session_of(&b)->joins_pieces);
	session_note_features(session_of(&a), SESSION_ANSWERS_PROBES);
	assert_false(session_of(&a)->joins_pieces);
	assert_true(session_of(&a)->answers_probes);
	assert_int_equal(frame_check(content, sizeof(content), 1400), FRAME_SOURCE_MAC);
	/* Nor is a frame ever taken for a piece. */
	content[11] = 1;
	assert_false(piece_is(content, sizeof(content)));
}

static void test_piece_has_its_limits(void **state)
{
	uint8_t long_frame[PIECES_MAX * 4 + 1] = { 2 };
	const struct iovec part = { long_frame, sizeof(long_frame) };

	(void)state;
	begin();
	assert_int_equal(piece_send(session_of(&a), PIECE_HEADER + 4, &part, 1), -E2BIG);
	assert_int_equal(piece_send(session_of(&a), PIECE_HEADER, &part, 1), -E2BIG);
	assert_int_equal(piece_send(session_of(&a), 1, &part, 1), -E2BIG);
	assert_int_equal(a.sent, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(test_piece_##name, setup, teardown)
		TEST(makes_a_frame_whole_in_any_order), TEST(lets_two_frames_overtake_each_other),
		TEST(that_is_lost_spoils_nothing_else), TEST(takes_no_nonsense),
		TEST(needs_a_peer_that_joins_them),	TEST(has_its_limits),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
