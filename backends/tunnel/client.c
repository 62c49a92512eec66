/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to a worker. Starting one is in start.c.
 */
#include "backends/tunnel/client.h"
#include "backends/tunnel/protocol_socket.h"
#include "model/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define PATIENCE 12 /* seconds that a worker may take for an answer */

static int client_prepare(int fd, struct error *err)
{
	struct timeval patience = { .tv_sec = PATIENCE };

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return error_set(err, errno, "control socket: %s", strerror(errno));
	return 0;
}

static int client_check_peer(int fd, const char *control, struct error *err)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return error_set(err, errno, "%s: %s", control, strerror(errno));
	if (peer.uid != geteuid() && peer.uid != 0)
		return error_set(err, EPERM, "%s: belongs to user %u, expected %u or root", control,
				 peer.uid, geteuid());
	return 0;
}

int worker_find(const char *control, int *ret, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	AUTO_CLOSE int fd = -1;
	int r;

	if (strlen(control) >= sizeof(address.sun_path))
		return error_set(err, ENAMETOOLONG, "%s: longer than a socket's name may be",
				 control);
	memcpy(address.sun_path, control, strlen(control));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set(err, errno, "unix socket: %s", strerror(errno));
	r = client_prepare(fd, err);
	if (r < 0)
		return r;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno != ECONNREFUSED && errno != ENOENT && errno != ENOTDIR)
			return error_set(err, errno, "%s: %s", control, strerror(errno));
		*ret = -1;
		return 0;
	}
	r = client_check_peer(fd, control, err);
	if (r == 0)
		*ret = TAKE(fd);
	return r;
}

/* Replaces the request in DATA[WORKER_MESSAGE_MAX] by the answer; its length. */
static int client_exchange(int fd, uint8_t *data, int length, struct error *err)
{
	char text[WORKER_TEXT_SIZE];
	enum worker_message type;
	ssize_t n;
	int code, r;

	if (length < 0)
		return error_set(err, E2BIG, "too many peers or static addresses for one worker");
	r = worker_message_send(fd, data, (size_t)length);
	if (r < 0)
		return error_set(err, -r, "request to the worker: %s", strerror(-r));
	n = worker_message_receive(fd, data, WORKER_MESSAGE_MAX, 0);
	if (n == -EAGAIN)
		return error_set(err, ETIMEDOUT, "the worker did not answer within %d s", PATIENCE);
	if (n < 0)
		return error_set(err, (int)-n, "answer of the worker: %s", strerror((int)-n));
	if (n == 0)
		return error_set(err, ECONNRESET, "the worker closed the connection");
	r = worker_decode_type(data, (size_t)n, &type);
	if (r < 0)
		return error_set(err, EPROTO, "the worker speaks another version");
	if (type != WORKER_FAILED)
		return (int)n;
	if (worker_decode_failure(data, (size_t)n, &code, text) < 0)
		return error_set(err, EPROTO, "the worker failed, and gave no reason");
	return error_set(err, code, "%s", text[0] ? text : strerror(code));
}

static int client_expect_done(const uint8_t *data, int n, struct error *err)
{
	enum worker_message type;

	if (worker_decode_type(data, (size_t)n, &type) < 0 || type != WORKER_DONE)
		return error_set(err, EPROTO, "unexpected answer of the worker");
	return 0;
}

/* A request without content; *ret is the answer, to be freed, of the returned length. */
static int client_ask(int fd, enum worker_message request, uint8_t **ret, struct error *err)
{
	AUTO_FREE uint8_t *data = malloc(WORKER_MESSAGE_MAX);
	int n;

	if (!data)
		return error_set(err, ENOMEM, "out of memory");
	n = worker_encode_plain(request, data, WORKER_MESSAGE_MAX);
	n = client_exchange(fd, data, n, err);
	if (n >= 0)
		*ret = TAKE_PTR(data);
	return n;
}

int worker_configure(int fd, const struct worker_config *config, struct error *err)
{
	AUTO_FREE uint8_t *data = malloc(WORKER_MESSAGE_MAX);
	int n;

	if (!data)
		return error_set(err, ENOMEM, "out of memory");
	n = worker_encode_config(WORKER_CONFIGURE, config, data, WORKER_MESSAGE_MAX);
	n = client_exchange(fd, data, n, err);
	return n < 0 ? n : client_expect_done(data, n, err);
}

int worker_replace(int fd, const char *program, struct error *err)
{
	AUTO_FREE uint8_t *data = malloc(WORKER_MESSAGE_MAX);
	int n;

	if (!data)
		return error_set(err, ENOMEM, "out of memory");
	n = worker_encode_replace(program, data, WORKER_MESSAGE_MAX);
	n = client_exchange(fd, data, n, err);
	return n < 0 ? n : client_expect_done(data, n, err);
}

int worker_query(int fd, struct worker_config *ret, struct error *err)
{
	AUTO_FREE uint8_t *data = NULL;
	int n = client_ask(fd, WORKER_QUERY, &data, err);

	if (n < 0)
		return n;
	if (worker_decode_config(data, (size_t)n, ret) < 0)
		return error_set(err, EPROTO, "unexpected answer of the worker");
	return 0;
}

int worker_status(int fd, struct worker_state *ret, struct error *err)
{
	AUTO_FREE uint8_t *data = NULL;
	int n = client_ask(fd, WORKER_STATUS, &data, err);

	if (n < 0)
		return n;
	if (worker_decode_state(data, (size_t)n, ret) < 0)
		return error_set(err, EPROTO, "unexpected answer of the worker");
	return 0;
}

int worker_stop(int fd, struct error *err)
{
	AUTO_FREE uint8_t *data = NULL;
	int n = client_ask(fd, WORKER_STOP, &data, err);
	ssize_t end;

	if (n < 0)
		return n;
	n = client_expect_done(data, n, err);
	if (n < 0)
		return n;
	/* The worker closes its clients last, so this is the moment when all is released. */
	end = recv(fd, data, WORKER_MESSAGE_MAX, 0);
	if (end < 0 && errno == EAGAIN)
		return error_set(err, ETIMEDOUT, "the worker did not end within %d s", PATIENCE);
	return 0;
}
