/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/resolver.h"
#include "backends/tunnel/worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define ANSWER_FD 3

/* ---- the child ---- */

static bool answer_is_of(const struct resolver_answer *answer, sa_family_t family)
{
	for (uint32_t i = 0; i < answer->count; i++)
		if (answer->family[i] == (family == AF_INET6 ? 6 : 4))
			return true;
	return false;
}

static void answer_add(struct resolver_answer *answer, const struct sockaddr *address)
{
	const struct sockaddr_in6 *v6 = (const void *)address;
	const struct sockaddr_in *v4 = (const void *)address;

	/* The last place is for another family than the others have, should there be one. */
	if (answer->count == RESOLVER_ADDRESSES && !answer_is_of(answer, address->sa_family))
		answer->count--;
	if (answer->count == RESOLVER_ADDRESSES)
		return;
	if (address->sa_family == AF_INET) {
		answer->family[answer->count] = 4;
		memcpy(answer->addresses[answer->count++], &v4->sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		answer->family[answer->count] = 6;
		memcpy(answer->addresses[answer->count++], &v6->sin6_addr, 16);
	}
}

static void name_look_up(const struct resolver_question *question, int family)
{
	const struct addrinfo hints = { .ai_family = family,
					.ai_socktype = SOCK_DGRAM,
					.ai_flags = AI_ADDRCONFIG };
	struct resolver_answer answer = { .number = question->number };
	struct addrinfo *list = NULL;

	if (getaddrinfo(question->host, NULL, &hints, &list) == 0)
		for (const struct addrinfo *one = list; one; one = one->ai_next)
			answer_add(&answer, one->ai_addr);
	if (list)
		freeaddrinfo(list);
	(void)!write(ANSWER_FD, &answer, sizeof(answer));
}

/* What cannot be put there is as it is without. */
static void netns_files_use(const char *netns)
{
	static const char *const names[] = { "resolv.conf", "hosts", "nsswitch.conf" };
	char from[PATH_MAX], to[PATH_MAX];

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(from, sizeof(from), "/etc/netns/%s/%s", netns, names[i]);
		snprintf(to, sizeof(to), "/etc/%s", names[i]);
		if (access(from, F_OK) == 0)
			(void)mount(from, to, NULL, MS_BIND, NULL);
	}
}

static void child_run(int answers, const struct resolver_question *questions, size_t count,
		      int family, const char *netns)
{
	struct failure failure;

	signal(SIGTERM, SIG_DFL);
	if (answers != ANSWER_FD && dup2(answers, ANSWER_FD) < 0)
		_exit(EXIT_FAILURE);
	(void)close_range(ANSWER_FD + 1, ~0U, 0);
	if (netns)
		netns_files_use(netns);
	if (sandbox_drop_privileges(&failure) < 0)
		_exit(EXIT_FAILURE);
	for (size_t i = 0; i < count; i++)
		name_look_up(&questions[i], family);
	_exit(EXIT_SUCCESS);
}

/* ---- the parent ---- */

static void child_end(struct resolver *resolver)
{
	source_close(&resolver->pipe);
	(void)kill(resolver->child, SIGKILL);
	while (waitpid(resolver->child, NULL, 0) < 0 && errno == EINTR)
		;
}

static void pipe_ready(struct event_source *source)
{
	struct resolver *resolver = source->owner;
	struct resolver_answer answer;
	ssize_t n = read(source->fd, &answer, sizeof(answer));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Short writes of so little do not exist (pipe(7)): this is the end. */
	if (n != (ssize_t)sizeof(answer))
		child_end(resolver);
	else if (answer.count <= RESOLVER_ADDRESSES)
		resolver->answered(resolver->owner, &answer);
}

void resolver_init(struct resolver *resolver, struct loop *loop,
		   void (*answered)(void *owner, const struct resolver_answer *answer), void *owner)
{
	*resolver = (struct resolver){
		.loop = loop,
		.pipe = { .fd = -1, .ready = pipe_ready, .owner = resolver },
		.answered = answered,
		.owner = owner,
	};
}

bool resolver_is_busy(const struct resolver *resolver)
{
	return resolver->pipe.fd >= 0;
}

int resolver_ask(struct resolver *resolver, const struct resolver_question *questions, size_t count,
		 int family, const char *netns, struct failure *failure)
{
	int pipes[2], r;

	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) < 0)
		return failure_set_errno(failure, errno, "names: pipe");
	/* The reader may be slow to come; the writer waits for it. */
	(void)fcntl(pipes[1], F_SETFL, 0);
	resolver->child = fork();
	if (resolver->child == 0)
		child_run(pipes[1], questions, count, family, netns);
	r = resolver->child < 0 ? errno : 0;
	close(pipes[1]);
	if (r) {
		close(pipes[0]);
		return failure_set_errno(failure, r, "names: fork");
	}
	resolver->pipe.fd = pipes[0];
	resolver->started = resolver->loop->now;
	r = loop_watch(resolver->loop, &resolver->pipe, resolver->pipe.fd);
	if (r == 0)
		return 0;
	child_end(resolver);
	return failure_set_errno(failure, -r, "epoll");
}

void resolver_cancel(struct resolver *resolver)
{
	if (resolver_is_busy(resolver))
		child_end(resolver);
}
