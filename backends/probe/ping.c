/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Echo request and reply (RFC 792, RFC 4443) on a raw socket of our own. The socket is connected, so errors that
 * routers report come back on it.
 */
#include "backends/probe/attempt.h"

#include "model/arena.h"
#include "model/cleanup.h"

#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define PACKET_MAX 65535U
#define IP4_HEADER 20U
#define IP6_HEADER 40U

/* The eight bytes both protocols begin with. */
struct echo {
	uint8_t type, code;
	uint16_t checksum, id, sequence;
};

/* RFC 1071. */
static uint16_t checksum(const uint8_t *data, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)(data[i] << 8 | data[i + 1]);
	if (length % 2)
		sum += (uint32_t)(data[length - 1] << 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void set_options(int fd, uint8_t family, bool whole)
{
	struct icmp6_filter six;
	struct icmp_filter four = { ~(1U << ICMP_ECHOREPLY) };
	const int on = 1;
	int discover;

	if (family == AF_INET) {
		discover = whole ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;
		(void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof(discover));
		(void)setsockopt(fd, SOL_RAW, ICMP_FILTER, &four, sizeof(four));
		return;
	}
	discover = whole ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_DONT;
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &discover, sizeof(discover));
	if (whole)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof(on));
	ICMP6_FILTER_SETBLOCKALL(&six);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &six);
	(void)setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &six, sizeof(six));
}

/* Payload that fills the route's MTU; 0 and an errno in *code where the route has none. */
static uint32_t full_size(int fd, uint8_t family, uint32_t *mtu, int *code)
{
	const uint32_t headers =
		(family == AF_INET ? IP4_HEADER : IP6_HEADER) + (uint32_t)sizeof(struct echo);
	socklen_t length = sizeof(int);
	int value = 0;

	if (getsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
		       family == AF_INET ? IP_MTU : IPV6_MTU, &value, &length) < 0) {
		*code = errno;
		return 0;
	}
	*mtu = (uint32_t)value < PACKET_MAX ? (uint32_t)value : PACKET_MAX;
	return *mtu > headers ? *mtu - headers : 0;
}

static bool is_answer(const uint8_t *packet, size_t length, uint8_t family, const uint8_t *sent,
		      size_t size)
{
	size_t skip = 0;

	if (family == AF_INET) { /* the IP header comes along */
		if (length < IP4_HEADER)
			return false;
		skip = (size_t)(packet[0] & 0xf) * 4;
	}
	/* All but type, code and checksum is as it was sent. */
	return length == skip + size && !memcmp(packet + skip + 4, sent + 4, size - 4);
}

static int wait_answer(int fd, uint8_t family, const uint8_t *sent, size_t size, uint8_t *packet,
		       int64_t end, struct probe_result *ret)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t n;

	while (poll(&wait, 1, probe_left(end)) > 0) {
		n = recv(fd, packet, PACKET_MAX, 0);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return attempt_failed(ret, errno);
		if (n < 0 || !is_answer(packet, (size_t)n, family, sent, size))
			continue;
		ret->reached = true;
		return 0;
	}
	return attempt_failed(ret, ETIMEDOUT);
}

/* Type, a random id, and a nonce as far as there is room for it. */
static void fill(uint8_t *packet, size_t size, uint8_t family)
{
	struct echo head = { .type = family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST };
	uint8_t nonce[NONCE_SIZE];

	probe_nonce(nonce);
	memcpy(&head.id, nonce, sizeof(head.id));
	head.sequence = htons(1);
	memset(packet, 0x5a, size);
	memcpy(packet, &head, sizeof(head));
	memcpy(packet + sizeof(head), nonce,
	       size - sizeof(head) < sizeof(nonce) ? size - sizeof(head) : sizeof(nonce));
	if (family != AF_INET) /* the kernel's part, over addresses that it chooses */
		return;
	head.checksum = checksum(packet, size);
	memcpy(packet, &head, sizeof(head));
}

int attempt_ping(const struct probe *probe, int64_t end, struct probe_result *ret,
		 struct error *err)
{
	const uint8_t family = probe->target.family;
	AUTO_CLOSE int fd = probe_socket(probe->from, family, SOCK_RAW,
					 family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6, err);
	AUTO_FREE uint8_t *room = NULL;
	union probe_address address;
	uint32_t payload = probe->size;
	size_t size;
	int code = 0;

	if (fd < 0)
		return fd;
	set_options(fd, family, probe->size_mtu);
	if (connect(fd, &address.any, probe_address(&address, family, &probe->target, 0)) < 0)
		return attempt_failed(ret, errno);
	if (probe->size_mtu)
		payload = full_size(fd, family, &ret->mtu, &code);
	if (code)
		return attempt_failed(ret, code);
	size = sizeof(struct echo) + payload;
	if (size > PACKET_MAX)
		return attempt_failed(ret, EMSGSIZE);
	room = arena_check(malloc(size + PACKET_MAX));
	fill(room, size, family);
	if (send(fd, room, size, 0) < 0)
		return attempt_failed(ret, errno);
	return wait_answer(fd, family, room, size, room + size, end, ret);
}
