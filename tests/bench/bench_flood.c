/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flood at a steady rate: frames of a file, each of the same size, over and over, until SIGTERM; then
 * how many were sent.
 *
 *   bench_flood INTERFACE FILE SIZE PER-SECOND
 *
 * What is late is not made up for: on a busy machine the flood is thinner, never a burst.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#define BATCH_MAX 256u
#define STEPS	  1000u /* batches a second */

static volatile sig_atomic_t stopped;

static void on_term(int number)
{
	(void)number;
	stopped = 1;
}

static int socket_open(const char *interface)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* protocol 0: hears nothing */

	return fd >= 0 && bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? -1 : fd;
}

/* The whole of a file; its length in RET. */
static uint8_t *file_read(const char *path, size_t *ret)
{
	static uint8_t data[4 << 20];
	FILE *file = fopen(path, "rb");

	if (!file)
		return NULL;
	*ret = fread(data, 1, sizeof(data), file);
	fclose(file);
	return data;
}

static uint64_t flood(int fd, uint8_t *frames, unsigned count, size_t size, unsigned batch)
{
	const struct timespec pause = { .tv_nsec = 1000000000 / STEPS };
	struct mmsghdr calls[BATCH_MAX] = { 0 };
	struct iovec parts[BATCH_MAX];
	unsigned next = 0;
	uint64_t sent = 0;
	int n;

	while (!stopped) {
		for (unsigned i = 0; i < batch; i++, next = (next + 1) % count) {
			parts[i] = (struct iovec){ frames + next * size, size };
			calls[i].msg_hdr.msg_iov = &parts[i];
			calls[i].msg_hdr.msg_iovlen = 1;
		}
		n = sendmmsg(fd, calls, batch, 0);
		if (n > 0)
			sent += (uint64_t)n;
		nanosleep(&pause, NULL);
	}
	return sent;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_term };
	size_t length = 0, size = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
	unsigned batch = argc == 5 ? (unsigned)strtoul(argv[4], NULL, 10) / STEPS : 0;
	uint8_t *frames = size ? file_read(argv[2], &length) : NULL;
	int fd = size ? socket_open(argv[1]) : -1;

	if (!frames || fd < 0 || length < size || !batch || batch > BATCH_MAX) {
		fprintf(stderr, "usage: bench_flood INTERFACE FILE SIZE PER-SECOND\n");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	printf("%llu\n",
	       (unsigned long long)flood(fd, frames, (unsigned)(length / size), size, batch));
	return 0;
}
