/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control requests. The bytes are understood in backends/tunnel/protocol.c.
 */
#include "backends/tunnel/worker/control.h"
#include "backends/tunnel/protocol_socket.h"
#include "backends/tunnel/worker/listener.h"
#include "backends/tunnel/worker/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

static int reply_failure(struct control *control, int code, const char *text)
{
	return worker_encode_failure(code, text, control->reply, sizeof(control->reply));
}

/* Without the file the running configuration is right all the same: only a restart would lose it. */
static void configuration_save(struct control *control, const uint8_t *request, size_t length)
{
	struct failure failure;

	if (store_save(control->store, request, length, &failure) < 0)
		fprintf(stderr, "%s\n", failure.text);
}

static int configure(struct control *control, const uint8_t *request, size_t length,
		     struct failure *failure)
{
	struct worker_config config = { 0 };
	int r = worker_decode_config(request, length, &config);

	if (r < 0)
		return failure_set_errno(failure, -r, "configuration");
	r = supervisor_configure(control->supervisor, &config, failure);
	worker_config_clear(&config); /* empty when it was taken over */
	return r;
}

static int answer_configure(struct control *control, const uint8_t *request, size_t length)
{
	struct failure failure;
	int r = configure(control, request, length, &failure);

	if (r < 0)
		return reply_failure(control, -r, failure.text);
	configuration_save(control, request, length);
	return worker_encode_plain(WORKER_DONE, control->reply, sizeof(control->reply));
}

static int answer_query(struct control *control)
{
	const struct supervisor *supervisor = control->supervisor;
	struct worker_config config = supervisor->config;

	if (!supervisor->configured)
		return reply_failure(control, ENODATA, "not configured");
	config.netns_device = supervisor->netns_device;
	config.netns_inode = supervisor->netns_inode;
	memcpy(config.build, supervisor->build, sizeof(config.build));
	return worker_encode_config(WORKER_CONFIG, &config, control->reply, sizeof(control->reply));
}

static int answer_status(struct control *control)
{
	struct worker_state state = { 0 };
	struct failure failure;
	int r = supervisor_report(control->supervisor, &state, &failure);

	if (r < 0)
		return reply_failure(control, -r, failure.text);
	r = worker_encode_state(&state, control->reply, sizeof(control->reply));
	worker_state_clear(&state);
	return r;
}

static int answer_stop(struct control *control)
{
	control->stopped = true;
	control->loop->stopping = true;
	return worker_encode_plain(WORKER_DONE, control->reply, sizeof(control->reply));
}

/*
 * Whoever may talk to us may also stop us and start what it likes. Only where that fails is there an answer, of ours:
 * the other program gives it when it works.
 */
static int answer_replace(struct control *control, const uint8_t *request, size_t length)
{
	struct replacement replacement = REPLACEMENT_NONE;
	char program[WORKER_PATH_SIZE];
	struct failure failure;
	int r = worker_decode_replace(request, length, program);

	if (r < 0)
		return reply_failure(control, -r, "not a request to replace the program");
	supervisor_bequeath(control->supervisor, &replacement);
	replacement.listener = control->listener.fd;
	replacement.client = control->client->fd;
	r = replace_exec(program, control->path, control->name, &replacement, &failure);
	return reply_failure(control, -r, failure.text);
}

int control_answer(struct control *control, const uint8_t *request, size_t length)
{
	enum worker_message type;
	int r = worker_decode_type(request, length, &type);

	if (r < 0)
		return reply_failure(control, -r,
				     r == -EPROTONOSUPPORT ? "another version of the protocol"
							   : "not a control message");
	switch (type) {
	case WORKER_CONFIGURE:
		return answer_configure(control, request, length);
	case WORKER_QUERY:
		return answer_query(control);
	case WORKER_STATUS:
		return answer_status(control);
	case WORKER_STOP:
		return answer_stop(control);
	case WORKER_REPLACE:
		return answer_replace(control, request, length);
	case WORKER_DONE:
	case WORKER_CONFIG:
	case WORKER_STATE:
	case WORKER_FAILED:
		break;
	}
	return reply_failure(control, EBADMSG, "not a request");
}

static void client_ready(struct event_source *source)
{
	struct control *control = source->owner;
	ssize_t n =
		worker_message_receive(source->fd, control->request, sizeof(control->request), 0);
	int length;

	if (n == -EAGAIN || n == -EINTR)
		return;
	if (n == -EBADMSG || n == -E2BIG)
		n = 1; /* no message, which it is to be told */
	if (n <= 0) {
		source_close(source);
		return;
	}
	control->client = source;
	length = control_answer(control, control->request, (size_t)n);
	if (length < 0)
		length = reply_failure(control, -length, "the answer is too long");
	if (worker_message_send(source->fd, control->reply, (size_t)length) < 0)
		source_close(source);
}

static struct event_source *client_slot(struct control *control)
{
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i].fd < 0)
			return &control->clients[i];
	return &control->clients[control->next_client++ % CONTROL_CLIENTS];
}

static void listener_ready(struct event_source *source)
{
	struct control *control = source->owner;
	struct event_source *client;
	int fd = listener_accept(source->fd);

	if (fd < 0)
		return;
	client = client_slot(control);
	source_close(client);
	if (loop_watch(control->loop, client, fd) < 0) {
		close(fd);
		return;
	}
	client->fd = fd;
}

int control_open(struct control *control, const char *path, int listener, struct loop *loop,
		 struct supervisor *supervisor, struct failure *failure)
{
	int r;

	memset(control, 0, sizeof(*control));
	control->loop = loop;
	control->supervisor = supervisor;
	control->listener =
		(struct event_source){ .fd = -1, .ready = listener_ready, .owner = control };
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		control->clients[i] =
			(struct event_source){ .fd = -1, .ready = client_ready, .owner = control };
	if (strlen(path) >= sizeof(control->path) ||
	    worker_file_name(path, ".conf", control->store, sizeof(control->store)) < 0 ||
	    worker_file_name(path, ".peers", supervisor->whereabouts,
			     sizeof(supervisor->whereabouts)) < 0)
		return failure_set(failure, ENAMETOOLONG, "%s: longer than a socket's name may be",
				   path);
	r = listener >= 0 ? listener : listener_open(path, failure);
	if (r < 0)
		return r;
	control->listener.fd = r;
	strcpy(control->path, path);
	r = loop_watch(loop, &control->listener, control->listener.fd);
	return r < 0 ? failure_set_errno(failure, -r, "epoll") : 0;
}

int control_restore(struct control *control, struct failure *failure)
{
	int n = store_load(control->store, control->request, sizeof(control->request), failure);

	return n <= 0 ? n : configure(control, control->request, (size_t)n, failure);
}

static void client_adopt(struct control *control, int fd)
{
	if (loop_watch(control->loop, &control->clients[0], fd) < 0)
		close(fd);
	else
		control->clients[0].fd = fd;
}

/* What was stored is what the descriptors are for. */
static int resume(struct control *control, const struct replacement *replacement,
		  struct failure *failure)
{
	int n = store_load(control->store, control->request, sizeof(control->request), failure);
	struct worker_config config = { 0 };
	int r = n > 0 ? worker_decode_config(control->request, (size_t)n, &config) : -ENODATA;

	supervisor_inherit(control->supervisor, r < 0 ? NULL : &config, replacement);
	if (r < 0)
		return n < 0 ? n : failure_set_errno(failure, -r, "stored configuration");
	r = supervisor_configure(control->supervisor, &config, failure);
	worker_config_clear(&config);
	return r;
}

void control_resume(struct control *control, const struct replacement *replacement)
{
	struct failure failure;
	int r = resume(control, replacement, &failure), length;

	if (r < 0)
		fprintf(stderr, "taking over: %s\n", failure.text);
	if (replacement->client < 0)
		return;
	client_adopt(control, replacement->client);
	length = r < 0 ? reply_failure(control, -r, failure.text)
		       : worker_encode_plain(WORKER_DONE, control->reply, sizeof(control->reply));
	if (length > 0 &&
	    worker_message_send(replacement->client, control->reply, (size_t)length) < 0)
		source_close(&control->clients[0]);
}

void control_close(struct control *control)
{
	if (control->listener.fd >= 0) {
		unlink(control->path);
		if (control->stopped) {
			unlink(control->store);
			unlink(control->supervisor->whereabouts);
		}
	}
	source_close(&control->listener);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		source_close(&control->clients[i]);
}
