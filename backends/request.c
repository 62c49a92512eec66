/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libnl makes the messages and owns the socket; sending and receiving is done here, because libnl's own way loses
 * errno and the kernel's text (it maps ENOTCONN, ELOOP, … to "Unspecific failure").
 */
#include "backends/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

#define RECEIVE_SIZE 65536 /* dumps come in pieces of at most 32 KiB (af_netlink.c) */
#define BUFFER_SIZE  (1 << 20)
#define DUMP_TRIES   16
#define BATCH_MAX    64

int request_open(struct nl_sock **ret, struct error *err)
{
	static const int options[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK };
	struct nl_sock *socket = nl_socket_alloc();
	int on = 1, size = BUFFER_SIZE, r, fd;
	size_t i;

	if (!socket)
		return error_set(err, ENOMEM, "out of memory");
	r = nl_connect(socket, NETLINK_ROUTE);
	if (r < 0) {
		nl_socket_free(socket);
		return error_set(err, EPROTONOSUPPORT, "cannot open a rtnetlink socket: %s",
				 nl_geterror(r));
	}
	fd = nl_socket_get_fd(socket);
	/* Older kernels lack some of them, and all is well without, only slower. */
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(fd, SOL_NETLINK, options[i], &on, sizeof(on));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	*ret = socket;
	return 0;
}

void request_close(struct nl_sock *socket)
{
	if (socket)
		nl_socket_free(socket);
}

struct nl_msg *request_new(uint16_t type, int flags, const void *header, size_t size)
{
	struct nl_msg *message = nlmsg_alloc_size(REQUEST_SIZE);

	if (!message || !nlmsg_put(message, 0, 0, type, 0, NLM_F_REQUEST | flags) ||
	    nlmsg_append(message, (void *)(uintptr_t)header, size, NLMSG_ALIGNTO) < 0)
		abort();
	return message;
}

void request_free(struct nl_msg *const *message)
{
	nlmsg_free(*message);
}

void answer_free(struct answer *answer)
{
	free(answer->data);
	*answer = (struct answer){ 0 };
}

static int answer_add(struct answer *answer, const struct nlmsghdr *message, struct error *err)
{
	size_t size = NLMSG_ALIGN(message->nlmsg_len);

	if (answer->length + size > answer->room) {
		size_t room = 2 * answer->room + size + 4096;
		char *data = realloc(answer->data, room);

		if (!data)
			return error_set(err, ENOMEM, "out of memory");
		answer->data = data;
		answer->room = room;
	}
	memset(answer->data + answer->length + size - NLMSG_ALIGNTO, 0, NLMSG_ALIGNTO);
	memcpy(answer->data + answer->length, message, message->nlmsg_len);
	answer->length += size;
	return 0;
}

const struct nlmsghdr *answer_next(const struct answer *answer, const struct nlmsghdr *message)
{
	const char *at =
		message ? (const char *)message + NLMSG_ALIGN(message->nlmsg_len) : answer->data;

	if (!at || at >= answer->data + answer->length)
		return NULL;
	return (const void *)at;
}

/* ---- attributes ---- */

static bool parse(const struct nlattr *attr, int left, const struct nlattr **table, int max)
{
	memset(table, 0, sizeof(*table) * (size_t)(max + 1));
	while (nla_ok(attr, left)) {
		if (nla_type(attr) <= max)
			table[nla_type(attr)] = attr;
		attr = nla_next(attr, &left);
	}
	return left == 0;
}

const void *message_header(const struct nlmsghdr *message)
{
	return (const char *)message + NLMSG_HDRLEN;
}

bool message_parse(const struct nlmsghdr *message, size_t size, const struct nlattr **table,
		   int max)
{
	size_t offset = NLMSG_LENGTH(NLMSG_ALIGN(size));

	if (message->nlmsg_len < offset) {
		memset(table, 0, sizeof(*table) * (size_t)(max + 1));
		return message->nlmsg_len == NLMSG_LENGTH(size);
	}
	return parse((const void *)((const char *)message + offset),
		     (int)(message->nlmsg_len - offset), table, max);
}

bool attr_parse_nested(const struct nlattr *attr, const struct nlattr **table, int max)
{
	if (attr)
		return parse(nla_data(attr), nla_len(attr), table, max);
	memset(table, 0, sizeof(*table) * (size_t)(max + 1));
	return true;
}

static bool copy(void *ret, const struct nlattr *attr, int size)
{
	if (!attr || nla_len(attr) < size)
		return false;
	memcpy(ret, nla_data(attr), (size_t)size);
	return true;
}

uint32_t attr_u32(const struct nlattr *attr)
{
	uint32_t value;

	return copy(&value, attr, sizeof(value)) ? value : 0;
}

uint16_t attr_u16(const struct nlattr *attr)
{
	uint16_t value;

	return copy(&value, attr, sizeof(value)) ? value : 0;
}

uint8_t attr_u8(const struct nlattr *attr)
{
	uint8_t value;

	return copy(&value, attr, sizeof(value)) ? value : 0;
}

const char *attr_text(const struct nlattr *attr)
{
	if (!attr || nla_len(attr) == 0 || !memchr(nla_data(attr), 0, (size_t)nla_len(attr)))
		return NULL;
	return nla_data(attr);
}

/* ---- errors ---- */

/* Type of the attribute at `offset` of the request that failed; 0: unknown. */
static unsigned attribute_at(const struct nl_msg *request, uint32_t offset)
{
	const struct nlmsghdr *header =
		request ? nlmsg_hdr((struct nl_msg *)(uintptr_t)request) : NULL;
	struct nlattr attr;

	if (!header || !offset || offset + sizeof(attr) > header->nlmsg_len)
		return 0;
	memcpy(&attr, (const char *)header + offset, sizeof(attr));
	return attr.nla_type & (unsigned)NLA_TYPE_MASK;
}

/* Extended acknowledgement: attributes after the error, and after the echoed request unless that is cut. */
static int set_kernel_error(struct error *err, int code, const struct nlmsghdr *reply, size_t skip,
			    const struct nl_msg *request)
{
	const struct nlattr *table[NLMSGERR_ATTR_MAX + 1] = { 0 };
	const char *text = NULL, *need = "";
	unsigned attribute = 0;

	if (reply->nlmsg_flags & NLM_F_ACK_TLVS &&
	    reply->nlmsg_len >= NLMSG_HDRLEN + skip + sizeof(struct nlattr)) {
		parse((const void *)((const char *)reply + NLMSG_HDRLEN + skip),
		      (int)(reply->nlmsg_len - NLMSG_HDRLEN - skip), table, NLMSGERR_ATTR_MAX);
		text = attr_text(table[NLMSGERR_ATTR_MSG]);
		attribute = attribute_at(request, attr_u32(table[NLMSGERR_ATTR_OFFS]));
	}
	if (code == EPERM)
		need = " (needs CAP_NET_ADMIN)";
	if (text)
		return error_set(err, code, "%s%s (kernel: %s)", strerror(code), need, text);
	if (attribute)
		return error_set(err, code, "%s%s (kernel: attribute %u of the message)",
				 strerror(code), need, attribute);
	return error_set(err, code, "%s%s", strerror(code), need);
}

static int check_error(const struct nlmsghdr *reply, const struct nl_msg *request,
		       struct error *err)
{
	const struct nlmsgerr *error = (const void *)((const char *)reply + NLMSG_HDRLEN);
	size_t skip = sizeof(*error);

	if (reply->nlmsg_len < NLMSG_LENGTH(sizeof(*error)))
		return error_set(err, EBADMSG, "the kernel's answer is too short");
	if (!error->error)
		return 0;
	if (!(reply->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(error->msg.nlmsg_len) - NLMSG_HDRLEN;
	return set_kernel_error(err, -error->error, reply, skip, request);
}

/* A dump's failure stands in its last message. */
static int check_done(const struct nlmsghdr *reply, const struct nl_msg *request, struct error *err)
{
	int code = 0;

	if (reply->nlmsg_len >= NLMSG_LENGTH(sizeof(code)))
		memcpy(&code, (const char *)reply + NLMSG_HDRLEN, sizeof(code));
	return code < 0 ? set_kernel_error(err, -code, reply, sizeof(code), request) : 0;
}

/* ---- exchange ---- */

static int transmit(struct nl_sock *socket, struct nl_msg *const *messages, size_t n,
		    struct error *err)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct iovec parts[BATCH_MAX];
	struct msghdr datagram = { .msg_name = &kernel,
				   .msg_namelen = sizeof(kernel),
				   .msg_iov = parts,
				   .msg_iovlen = n };
	ssize_t sent;
	size_t i;

	for (i = 0; i < n; i++) {
		struct nlmsghdr *header = nlmsg_hdr(messages[i]);

		header->nlmsg_seq = nl_socket_use_seq(socket);
		parts[i] = (struct iovec){ .iov_base = header,
					   .iov_len = NLMSG_ALIGN(header->nlmsg_len) };
	}
	do
		sent = sendmsg(nl_socket_get_fd(socket), &datagram, 0);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? error_set(err, errno, "rtnetlink: %s", strerror(errno)) : 0;
}

struct exchange {
	struct nl_msg *const *messages;
	size_t n, answered;
	struct answer *answer; /* NULL: only acknowledgements are expected */
	bool is_single;	       /* one message is the whole answer, without an acknowledgement */
	bool interrupted;      /* the dump is not consistent */
	size_t failed;	       /* the first message that failed; n: none */
	struct error *err;
};

/* -EAGAIN: the kernel lost answers of ours, a dump is asked for again. */
static int receive(struct nl_sock *socket, char *buffer, size_t *length, struct error *err)
{
	ssize_t n;

	do
		n = recv(nl_socket_get_fd(socket), buffer, RECEIVE_SIZE, MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(err, errno == ENOBUFS ? EAGAIN : errno, "rtnetlink: %s",
				 strerror(errno));
	if (n > RECEIVE_SIZE)
		return error_set(err, EMSGSIZE, "rtnetlink: an answer of %zd bytes", n);
	*length = (size_t)n;
	return 0;
}

static int take_reply(struct exchange *exchange, const struct nlmsghdr *reply)
{
	struct error err;
	size_t i;
	int r = 0;

	for (i = 0; i < exchange->n; i++)
		if (nlmsg_hdr(exchange->messages[i])->nlmsg_seq == reply->nlmsg_seq)
			break;
	if (i == exchange->n)
		return 0; /* of an earlier request that was given up */
	if (reply->nlmsg_flags & NLM_F_DUMP_INTR)
		exchange->interrupted = true;
	if (reply->nlmsg_type == NLMSG_DONE || reply->nlmsg_type == NLMSG_ERROR) {
		exchange->answered++;
		r = reply->nlmsg_type == NLMSG_DONE
			    ? check_done(reply, exchange->messages[i], &err)
			    : check_error(reply, exchange->messages[i], &err);
		if (r < 0 && i < exchange->failed) {
			exchange->failed = i;
			*exchange->err = err;
		}
		return 0;
	}
	if (exchange->is_single)
		exchange->answered++;
	return exchange->answer ? answer_add(exchange->answer, reply, exchange->err) : 0;
}

static int run(struct nl_sock *socket, struct exchange *exchange)
{
	char buffer[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	int r = transmit(socket, exchange->messages, exchange->n, exchange->err);

	exchange->failed = exchange->n;
	while (r == 0 && exchange->answered < exchange->n) {
		const struct nlmsghdr *reply = (const void *)buffer;
		size_t length = 0;

		r = receive(socket, buffer, &length, exchange->err);
		while (r == 0 && length >= sizeof(*reply) && reply->nlmsg_len >= sizeof(*reply) &&
		       reply->nlmsg_len <= length) {
			size_t size = NLMSG_ALIGN(reply->nlmsg_len);

			r = take_reply(exchange, reply);
			length = size < length ? length - size : 0;
			reply = (const void *)((const char *)reply + size);
		}
	}
	if (r == 0 && exchange->failed < exchange->n)
		return -exchange->err->code;
	return r;
}

int request_send(struct nl_sock *socket, struct nl_msg *const *messages, size_t n,
		 struct error *err)
{
	struct exchange exchange = { .messages = messages, .n = n, .err = err };
	size_t i;

	if (n > BATCH_MAX)
		return error_set(err, E2BIG, "rtnetlink: %zu messages at once", n);
	for (i = 0; i < n; i++)
		nlmsg_hdr(messages[i])->nlmsg_flags |= NLM_F_ACK;
	return run(socket, &exchange);
}

int request_send_one(struct nl_sock *socket, struct nl_msg *message, struct error *err)
{
	return request_send(socket, &message, 1, err);
}

int request_get(struct nl_sock *socket, struct nl_msg *message, struct answer *ret,
		struct error *err)
{
	struct exchange exchange = {
		.messages = &message, .n = 1, .answer = ret, .is_single = true, .err = err
	};
	int r;

	ret->length = 0;
	r = run(socket, &exchange);
	if (r == 0 && !ret->length)
		return error_set(err, EBADMSG, "the kernel gave an empty answer");
	return r;
}

int request_dump(struct nl_sock *socket, struct nl_msg *message, struct answer *ret,
		 struct error *err)
{
	int tries, r;

	nlmsg_hdr(message)->nlmsg_flags |= NLM_F_DUMP;
	for (tries = 0; tries < DUMP_TRIES; tries++) {
		struct exchange exchange = {
			.messages = &message, .n = 1, .answer = ret, .err = err
		};

		ret->length = 0;
		r = run(socket, &exchange);
		if (r != -EAGAIN && !exchange.interrupted)
			return r;
	}
	return error_set(err, EAGAIN, "the kernel's tables keep changing while they are read");
}

int request_dump_type(struct nl_sock *socket, uint16_t type, const void *header, size_t size,
		      struct answer *ret, struct error *err)
{
	AUTO_MESSAGE struct nl_msg *message = request_new(type, 0, header, size);

	if (type == RTM_GETLINK)
		nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return request_dump(socket, message, ret, err);
}
