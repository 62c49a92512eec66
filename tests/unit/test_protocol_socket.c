/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control messages of any length cross a socket, and nothing but what cannot change is read in their place. */
#include "backends/tunnel/protocol_socket.h"
#include "backends/tunnel/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <cmocka.h>

static int pair[2];
static uint8_t sent[WORKER_MESSAGE_MAX], received[WORKER_MESSAGE_MAX];

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i * 7 + i / 251);
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);
}

static int teardown(void **state)
{
	(void)state;
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static void test_messages_of_any_length_arrive(void **state)
{
	static const size_t lengths[] = { 8,	      100,
					  192 * 1024, 192 * 1024 + 1,
					  512 * 1024, WORKER_MESSAGE_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		memset(received, 0, sizeof(received));
		assert_int_equal(worker_message_send(pair[0], sent, lengths[i]), 0);
		assert_int_equal(worker_message_receive(pair[1], received, sizeof(received), 0),
				 lengths[i]);
		assert_memory_equal(received, sent, lengths[i]);
	}
	assert_int_equal(worker_message_receive(pair[1], received, sizeof(received), 0), -EAGAIN);
	close(pair[0]);
	assert_int_equal(worker_message_receive(pair[1], received, sizeof(received), 0), 0);
	pair[0] = -1;
}

static void test_longer_than_the_room_is_refused(void **state)
{
	(void)state;
	assert_int_equal(worker_message_send(pair[0], sent, 300 * 1024), 0);
	assert_int_equal(worker_message_receive(pair[1], received, 300 * 1024 - 1, 0), -E2BIG);
}

/* As worker_message_send does it, with any descriptor. */
static void send_descriptor(int fd)
{
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} right = { .header = { CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec part = { sent, 8 };
	struct msghdr call = { .msg_iov = &part,
			       .msg_iovlen = 1,
			       .msg_control = &right,
			       .msg_controllen = sizeof(right) };

	memcpy(CMSG_DATA(&right.header), &fd, sizeof(fd));
	assert_int_equal(sendmsg(pair[0], &call, 0), 8);
	close(fd);
}

/* A pipe would make its reader wait, a file that is not sealed could change while it is read. */
static void test_only_what_is_sealed_is_read(void **state)
{
	int pipes[2], memory = worker_memory_open();

	(void)state;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	send_descriptor(pipes[0]);
	assert_int_equal(worker_message_receive(pair[1], received, sizeof(received), 0), -EBADMSG);
	close(pipes[1]);
	assert_true(memory >= 0);
	assert_int_equal(write(memory, sent, 100), 100);
	send_descriptor(memory);
	assert_int_equal(worker_message_receive(pair[1], received, sizeof(received), 0), -EBADMSG);
	send_descriptor(open("/dev/zero", O_RDONLY | O_CLOEXEC));
	assert_int_equal(worker_message_receive(pair[1], received, sizeof(received), 0), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_messages_of_any_length_arrive, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_longer_than_the_room_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_only_what_is_sealed_is_read, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
