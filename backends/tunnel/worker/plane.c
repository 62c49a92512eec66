/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fork and exec of the program itself: a process that only forked would have the supervisor's keys and layout of
 * memory, the same after each crash.
 */
#include "backends/tunnel/worker/plane.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define PROGRAM	  "/proc/self/exe" /* also when the file was replaced since we were started */
#define GRACE	  2000		   /* milliseconds that a kind end may take */
#define PLANE_FD  3
#define ARGUMENTS 6

static void socket_ready(struct event_source *source);

int plane_init(struct plane *plane, struct failure *failure)
{
	plane->socket = (struct event_source){ .fd = -1, .ready = socket_ready, .owner = plane };
	plane->message = malloc(HANDOVER_MAX);
	return plane->message ? 0 : failure_set(failure, ENOMEM, "out of memory");
}

void plane_clear(struct plane *plane)
{
	free(plane->message);
	plane->message = NULL;
}

bool plane_runs(const struct plane *plane)
{
	return plane->socket.fd >= 0;
}

/* Only what is safe between fork and exec. The signals that we block are the supervisor's. */
static void plane_exec(const char *name, int socket)
{
	static const char why[] = "data plane: /proc/self/exe cannot be started\n";
	char *const arguments[ARGUMENTS] = {
		(char *)(uintptr_t) "vnettunnel", (char *)(uintptr_t) "--data-plane",
		(char *)(uintptr_t) "3",	  name ? (char *)(uintptr_t) "--name" : NULL,
		(char *)(uintptr_t)name,
	};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Standard output is for whoever waits for us to be ready. */
	(void)dup2(STDERR_FILENO, STDOUT_FILENO);
	if (socket == PLANE_FD ? fcntl(socket, F_SETFD, 0) == 0 : dup2(socket, PLANE_FD) >= 0) {
		/* What our starter left open is no business of the data plane. */
		(void)close_range(PLANE_FD + 1, ~0U, 0);
		execv(PROGRAM, arguments);
	}
	(void)!write(STDERR_FILENO, why, sizeof(why) - 1);
	_exit(EXIT_FAILURE);
}

int plane_start(struct plane *plane, struct failure *failure)
{
	int pair[2], r = handover_pair(pair);

	if (r < 0)
		return failure_set_errno(failure, -r, "data plane: socket pair");
	plane->pid = fork();
	if (plane->pid == 0)
		plane_exec(plane->name, pair[1]);
	r = plane->pid < 0 ? errno : 0;
	close(pair[1]);
	if (r) {
		close(pair[0]);
		return failure_set_errno(failure, r, "data plane: fork");
	}
	plane->socket.fd = pair[0];
	plane->started = plane->loop->now;
	plane->sandbox = (struct worker_sandbox){ 0 };
	r = loop_watch(plane->loop, &plane->socket, plane->socket.fd);
	if (r == 0)
		return 0;
	plane_stop(plane);
	return failure_set_errno(failure, -r, "epoll");
}

static int child_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

void plane_stop(struct plane *plane)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	int left = GRACE;

	if (!plane_runs(plane))
		return;
	source_close(&plane->socket);
	while (left-- > 0) {
		if (waitpid(plane->pid, NULL, WNOHANG) != 0)
			return;
		nanosleep(&pause, NULL);
	}
	(void)kill(plane->pid, SIGKILL);
	(void)child_wait(plane->pid);
}

int plane_reap(struct plane *plane, char text[WORKER_TEXT_SIZE])
{
	int status;

	source_close(&plane->socket);
	/* One that is ending takes no notice. */
	(void)kill(plane->pid, SIGKILL);
	status = child_wait(plane->pid);
	if (WIFEXITED(status)) {
		snprintf(text, WORKER_TEXT_SIZE, "ended with status %d", WEXITSTATUS(status));
		return WEXITSTATUS(status);
	}
	snprintf(text, WORKER_TEXT_SIZE, "killed by signal %d (%s)%s", WTERMSIG(status),
		 strsignal(WTERMSIG(status)),
		 WTERMSIG(status) == SIGSYS ? ": a system call that it must not make" : "");
	return -1;
}

static void text_end(char *text, size_t size)
{
	text[size - 1] = '\0';
}

/* Once: whoever takes over a data plane has nothing to say about what holds it. */
static void note_hello(struct plane *plane, const struct handover_header *header, size_t length)
{
	struct worker_sandbox *sandbox = &plane->sandbox;

	if (header->kind != HANDOVER_HELLO || length != sizeof(*header) + sizeof(*sandbox) ||
	    sandbox->user[0])
		return;
	memcpy(sandbox, plane->message + sizeof(*header), sizeof(*sandbox));
	text_end(sandbox->user, sizeof(sandbox->user));
	text_end(sandbox->seccomp, sizeof(sandbox->seccomp));
	text_end(sandbox->landlock, sizeof(sandbox->landlock));
}

/* What comes unasked: the greeting, an answer that nobody waits for any more, the end. */
static void socket_ready(struct event_source *source)
{
	struct plane *plane = source->owner;
	struct handover_header header;
	struct descriptors fds;
	ssize_t n = handover_receive(source->fd, plane->message, &fds, MSG_DONTWAIT);

	descriptors_close(&fds, NULL);
	if (n == -EAGAIN)
		return;
	if (n <= 0)
		plane->ended(plane);
	else if (handover_header(plane->message, (size_t)n, &header))
		note_hello(plane, &header, (size_t)n);
}

/* The answer to the last question, whatever comes before it. Its length, or -errno. */
static ssize_t answer_await(struct plane *plane, struct handover_header *header)
{
	struct descriptors fds;
	ssize_t n;

	do {
		n = handover_receive(plane->socket.fd, plane->message, &fds, 0);
		descriptors_close(&fds, NULL);
		if (n < 0)
			return n == -EAGAIN ? -ETIMEDOUT : n;
		if (n == 0 || !handover_header(plane->message, (size_t)n, header))
			return -ECONNRESET;
		note_hello(plane, header, (size_t)n);
	} while (header->sequence != plane->sequence);
	return n;
}

static int answer_failed(const uint8_t *body, size_t length, struct failure *failure)
{
	int32_t code = EPROTO;

	if (length != sizeof(code) + sizeof(failure->text))
		return failure_set(failure, EPROTO, "data plane: no sense in its answer");
	memcpy(&code, body, sizeof(code));
	memcpy(failure->text, body + sizeof(code), sizeof(failure->text));
	failure->text[sizeof(failure->text) - 1] = '\0';
	return code > 0 && code < 4096 ? -code : -EPROTO;
}

int plane_ask(struct plane *plane, enum handover_kind kind, const void *body, size_t length,
	      const struct descriptors *fds, const uint8_t **ret, size_t *ret_length,
	      struct failure *failure)
{
	struct handover_header header = { .kind = kind, .sequence = ++plane->sequence };
	ssize_t n;

	n = handover_send(plane->socket.fd, &header, body, length, fds);
	if (n == 0)
		n = answer_await(plane, &header);
	if (n == -ETIMEDOUT || n == -EAGAIN)
		return failure_set(failure, ETIMEDOUT, "the data plane does not answer");
	if (n < 0)
		return failure_set(failure, ECONNRESET, "the data plane has ended");
	*ret = plane->message + sizeof(header);
	*ret_length = (size_t)n - sizeof(header);
	return header.kind == HANDOVER_FAILED ? answer_failed(*ret, *ret_length, failure) : 0;
}

void plane_tell(struct plane *plane, enum handover_kind kind, const void *body, size_t length)
{
	const struct handover_header header = { .kind = kind };

	if (plane_runs(plane))
		(void)handover_send(plane->socket.fd, &header, body, length, NULL);
}
