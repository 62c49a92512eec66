/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A name as a program in the namespace would look it up: with the files of /etc/netns over those of /etc, as
 * ip-netns(8) binds them. In a process of its own, since that takes a mount namespace and since the C library can
 * be bounded in time in no other way.
 */
#include "backends/probe.h"

#include "backends/probe/socket.h"
#include "model/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>

struct answer {
	struct addr addr;
	struct error err;
};

static void bind_files(const char *place)
{
	static const char *const files[] = { "hosts", "resolv.conf", "nsswitch.conf" };
	char from[PATH_MAX], to[PATH_MAX];

	if (!*place || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(from, sizeof(from), "/etc/netns/%s/%s", place, files[i]);
		snprintf(to, sizeof(to), "/etc/%s", files[i]);
		(void)mount(from, to, NULL, MS_BIND, NULL); /* most have none */
	}
}

static int ask(struct addr *ret, const char *name, struct error *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found;
	union probe_address address = { 0 };
	int r = getaddrinfo(name, NULL, &hints, &found);

	if (r != 0)
		return error_set(err, EHOSTUNREACH, "%s: %s", name, gai_strerror(r));
	if (found->ai_addrlen <= sizeof(address))
		memcpy(&address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	*ret = (struct addr){ .family = (uint8_t)address.any.sa_family };
	ret->length = addr_bits(ret->family);
	if (ret->family == AF_INET)
		memcpy(ret->bytes, &address.ip4.sin_addr, 4);
	else
		memcpy(ret->bytes, &address.ip6.sin6_addr, 16);
	return 0;
}

static _Noreturn void be_asker(int channel, int from, const char *place, const char *name)
{
	struct answer answer = { 0 };

	if (setns(from, CLONE_NEWNET) < 0) {
		answer.err.code = errno;
		snprintf(answer.err.text, sizeof(answer.err.text), "cannot enter a namespace: %s",
			 strerror(errno));
	} else {
		bind_files(place);
		if (ask(&answer.addr, name, &answer.err) == 0)
			answer.err.code = 0;
	}
	_exit(send(channel, &answer, sizeof(answer), MSG_NOSIGNAL) < 0);
}

int probe_lookup(struct addr *ret, int from, const char *place, const char *name,
		 uint32_t timeout_ms, struct error *err)
{
	const int patience = timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX;
	AUTO_CLOSE int ours = -1, theirs = -1;
	struct answer answer = { 0 };
	struct pollfd wait;
	ssize_t n = 0;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set(err, errno, "cannot make a socket: %s", strerror(errno));
	ours = ends[0];
	theirs = ends[1];
	pid = fork();
	if (pid < 0)
		return error_set(err, errno, "cannot fork: %s", strerror(errno));
	if (pid == 0)
		be_asker(theirs, from, place, name);
	close(TAKE(theirs));
	wait = (struct pollfd){ .fd = ours, .events = POLLIN };
	if (poll(&wait, 1, patience) > 0)
		n = recv(ours, &answer, sizeof(answer), 0);
	kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	if (n != (ssize_t)sizeof(answer))
		return error_set(err, EHOSTUNREACH, "%s: no answer from its name servers", name);
	if (answer.err.code) {
		*err = answer.err;
		return -err->code;
	}
	*ret = answer.addr;
	return 0;
}
