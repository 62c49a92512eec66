/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP and UDP. With a listener of ours at the far end a nonce travels there and back: that something answered is
 * then known to be the right thing.
 */
#include "backends/probe/attempt.h"

#include "model/cleanup.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define UDP_INTERVAL_US 250000

static int why(struct probe_result *ret, const char *text)
{
	snprintf(ret->why, sizeof(ret->why), "%s", text);
	return 0;
}

int attempt_failed(struct probe_result *ret, int code)
{
	switch (code) {
	case ETIMEDOUT:
		return why(ret, "no answer");
	case ECONNREFUSED:
		return why(ret, "connection refused");
	case EHOSTUNREACH:
		return why(ret, "host unreachable");
	case ENETUNREACH:
		return why(ret, "no route");
	case EACCES:
		return why(ret, "prohibited by a route or filter");
	case EMSGSIZE:
		return why(ret, "too large for a link on the way");
	default:
		return why(ret, strerror(code));
	}
}

static int open_to(const struct probe *probe, int type, union probe_address *address,
		   socklen_t *length, struct error *err)
{
	int fd = probe_socket(probe->from, probe->target.family, type, 0, err);

	if (fd < 0)
		return fd;
	*length = probe_address(address, probe->target.family, &probe->target, probe->port);
	return fd;
}

/* 0, or the errno that ended it. */
static int finish_connect(int fd, int64_t end)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	socklen_t length = sizeof(int);
	int code = 0;

	if (poll(&wait, 1, probe_left(end)) <= 0)
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) < 0 ? errno : code;
}

/* There and back. The connection stands already, so what fails here arrived elsewhere. */
static int exchange(int fd, struct listener *listener, int64_t end, struct probe_result *ret)
{
	uint8_t nonce[NONCE_SIZE], answer[NONCE_SIZE];

	probe_nonce(nonce);
	if (send(fd, nonce, sizeof(nonce), MSG_NOSIGNAL) < 0)
		return attempt_failed(ret, errno);
	for (;;) {
		struct pollfd wait[] = { { .fd = fd, .events = POLLIN },
					 { .fd = listener->fd, .events = POLLIN },
					 { .fd = listener->accepted, .events = POLLIN } };

		if (poll(wait, ARRAY_SIZE(wait), probe_left(end)) <= 0)
			break;
		if ((wait[1].revents || wait[2].revents) && listener_serve_tcp(listener, nonce))
			ret->verified = true;
		if (!wait[0].revents)
			continue;
		if (recv(fd, answer, sizeof(answer), 0) != (ssize_t)sizeof(answer) ||
		    memcmp(answer, nonce, sizeof(answer)) != 0)
			break;
		return 0;
	}
	if (ret->verified)
		return why(ret, "it arrived, but the answer did not come back");
	return why(ret, "something else answered");
}

int attempt_tcp(const struct probe *probe, struct listener *listener, int64_t end,
		struct probe_result *ret, struct error *err)
{
	union probe_address address;
	socklen_t length;
	AUTO_CLOSE int fd = open_to(probe, SOCK_STREAM, &address, &length, err);
	int code = 0;

	if (fd < 0)
		return fd;
	if (connect(fd, &address.any, length) < 0)
		code = errno == EINPROGRESS ? finish_connect(fd, end) : errno;
	if (code)
		return attempt_failed(ret, code);
	ret->reached = true;
	return listener->fd < 0 ? 0 : exchange(fd, listener, end, ret);
}

/* Looks at both ends once. True: the try is over. */
static bool udp_step(int fd, struct listener *listener, const uint8_t nonce[NONCE_SIZE],
		     int64_t until, struct probe_result *ret)
{
	struct pollfd wait[] = { { .fd = fd, .events = POLLIN },
				 { .fd = listener->fd, .events = POLLIN } };
	uint8_t answer[NONCE_SIZE];
	ssize_t n;

	if (poll(wait, ARRAY_SIZE(wait), probe_left(until)) <= 0)
		return false;
	if (wait[1].revents && listener_serve_udp(listener, nonce))
		ret->verified = true;
	if (!wait[0].revents)
		return false;
	n = recv(fd, answer, sizeof(answer), 0);
	if (n < 0) {
		attempt_failed(ret, errno);
		return true;
	}
	ret->reached = true;
	if (listener->fd >= 0 && !ret->verified)
		why(ret, "something else answered");
	else
		ret->why[0] = '\0';
	return true;
}

int attempt_udp(const struct probe *probe, struct listener *listener, int64_t end,
		struct probe_result *ret, struct error *err)
{
	union probe_address address;
	socklen_t length;
	AUTO_CLOSE int fd = open_to(probe, SOCK_DGRAM, &address, &length, err);
	uint8_t nonce[NONCE_SIZE];
	int64_t next = 0;

	if (fd < 0)
		return fd;
	probe_nonce(nonce);
	attempt_failed(ret, ETIMEDOUT);
	if (connect(fd, &address.any, length) < 0)
		return attempt_failed(ret, errno);
	while (probe_now() < end) {
		if (probe_now() >= next) {
			if (send(fd, nonce, sizeof(nonce), MSG_NOSIGNAL) < 0)
				return attempt_failed(ret, errno);
			next = probe_now() + UDP_INTERVAL_US;
		}
		if (udp_step(fd, listener, nonce, next < end ? next : end, ret))
			return 0;
	}
	if (ret->verified)
		return why(ret, "it arrived, but the answer did not come back");
	return 0;
}
