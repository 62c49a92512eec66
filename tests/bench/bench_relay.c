/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the worker is compared with: the tutorial's relay in C, without any of the techniques.
 *
 *   bench_relay TAP LOCAL PEER      addresses in IPv4; port 40000
 *
 * One frame, one read, one sendto; one recvfrom, one write. Two threads, large socket buffers. It ends
 * by a signal.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/if_tun.h>

struct relay {
	int tap, socket;
	struct sockaddr_in peer;
};

static int tap_open(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	return fd >= 0 && ioctl(fd, TUNSETIFF, &request) < 0 ? -1 : fd;
}

static int socket_open(const char *address)
{
	struct sockaddr_in local = { .sin_family = AF_INET, .sin_port = htons(40000) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 8 << 20;

	if (inet_pton(AF_INET, address, &local.sin_addr) != 1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0 ? -1 : fd;
}

static void *receive(void *argument)
{
	const struct relay *relay = argument;
	static char frame[65536];
	ssize_t n;

	for (;;) {
		n = recvfrom(relay->socket, frame, sizeof(frame), 0, NULL, NULL);
		if (n > 0 && write(relay->tap, frame, (size_t)n) < 0 && errno == EBADFD)
			return NULL;
	}
}

int main(int argc, char **argv)
{
	struct relay relay = { .peer = { .sin_family = AF_INET, .sin_port = htons(40000) } };
	static char frame[65536];
	pthread_t thread;
	ssize_t n;

	if (argc != 4 || inet_pton(AF_INET, argv[3], &relay.peer.sin_addr) != 1) {
		fprintf(stderr, "usage: bench_relay TAP LOCAL PEER\n");
		return 2;
	}
	relay.tap = tap_open(argv[1]);
	relay.socket = socket_open(argv[2]);
	if (relay.tap < 0 || relay.socket < 0 ||
	    pthread_create(&thread, NULL, receive, &relay) != 0) {
		perror("bench_relay");
		return 1;
	}
	while ((n = read(relay.tap, frame, sizeof(frame))) > 0)
		(void)!sendto(relay.socket, frame, (size_t)n, 0, (struct sockaddr *)&relay.peer,
			      sizeof(relay.peer));
	return 1;
}
