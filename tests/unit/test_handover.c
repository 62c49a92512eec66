/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages with descriptors between supervisor and data plane, neither of which can make the other overrun.
 */
#include "backends/tunnel/worker/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <cmocka.h>

static uint8_t *message;
static int pair[2];

static void close_all(const struct descriptors *fds)
{
	for (int i = 0; i < DESCRIPTOR_COUNT; i++)
		if (fds->fds[i] >= 0)
			close(fds->fds[i]);
}

static int setup(void **state)
{
	(void)state;
	message = malloc(HANDOVER_MAX);
	return message && handover_pair(pair) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	close(pair[0]);
	close(pair[1]);
	free(message);
	return 0;
}

static void test_message_arrives_with_its_descriptors(void **state)
{
	const struct handover_header sent = { .kind = HANDOVER_CONFIGURE, .sequence = 7 };
	struct descriptors fds = DESCRIPTORS_NONE, received;
	struct handover_header header;

	(void)state;
	fds.fds[DESCRIPTOR_TAP] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds.fds[DESCRIPTOR_COUNT - 1] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	assert_int_equal(handover_send(pair[0], &sent, "body", 4, &fds), 0);
	assert_int_equal(handover_receive(pair[1], message, &received, MSG_DONTWAIT),
			 sizeof(sent) + 4);
	assert_true(handover_header(message, sizeof(sent) + 4, &header));
	assert_memory_equal(&header, &sent, sizeof(sent));
	assert_memory_equal(message + sizeof(sent), "body", 4);
	/* In their order, close-on-exec. */
	assert_true(received.fds[0] >= 0 && received.fds[1] >= 0);
	assert_int_equal(received.fds[2], -1);
	assert_int_equal(fcntl(received.fds[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(read(received.fds[0], message, 1), 0);
	assert_int_equal(read(received.fds[1], message, 1), 1);
	close_all(&received);
	close_all(&fds);
}

static void test_largest_message_fits(void **state)
{
	const struct handover_header sent = { .kind = HANDOVER_STATE };
	size_t length = HANDOVER_MAX - sizeof(sent);
	struct descriptors received;
	uint8_t *body = calloc(1, length);

	(void)state;
	assert_int_equal(handover_send(pair[1], &sent, body, length, NULL), 0);
	assert_int_equal(handover_receive(pair[0], message, &received, 0), HANDOVER_MAX);
	free(body);
}

/* More of them than a message has are closed by the kernel, or all of them left out. */
static void test_too_many_descriptors_do_no_harm(void **state)
{
	int many[DESCRIPTOR_COUNT + 5];
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(many))];
	} rights = { 0 };
	struct iovec part = { (uint8_t[8]){ 0 }, 8 };
	struct msghdr call = { .msg_iov = &part,
			       .msg_iovlen = 1,
			       .msg_control = &rights,
			       .msg_controllen = sizeof(rights) };
	struct {
		struct descriptors fds;
		int after;
	} guarded = { .after = 12345 };

	(void)state;
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		many[i] = STDERR_FILENO;
	rights.header.cmsg_level = SOL_SOCKET;
	rights.header.cmsg_type = SCM_RIGHTS;
	rights.header.cmsg_len = CMSG_LEN(sizeof(many));
	memcpy(CMSG_DATA(&rights.header), many, sizeof(many));
	assert_int_equal(sendmsg(pair[1], &call, 0), 8);
	assert_int_equal(handover_receive(pair[0], message, &guarded.fds, 0), 8);
	assert_int_equal(guarded.after, 12345);
	close_all(&guarded.fds);
}

static void test_end_is_told(void **state)
{
	struct descriptors received;
	struct handover_header header;

	(void)state;
	assert_int_equal(handover_receive(pair[1], message, &received, MSG_DONTWAIT), -EAGAIN);
	assert_false(handover_header(message, 7, &header));
	assert_int_equal(shutdown(pair[0], SHUT_RDWR), 0);
	assert_int_equal(handover_receive(pair[1], message, &received, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_arrives_with_its_descriptors),
		cmocka_unit_test(test_largest_message_fits),
		cmocka_unit_test(test_too_many_descriptors_do_no_harm),
		cmocka_unit_test(test_end_is_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
