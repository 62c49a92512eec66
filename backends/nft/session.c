/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening contexts in namespaces, and errors as one line instead of nft's source with carets. */
#include "backends/nft/session.h"

#include "model/cleanup.h"

#include <errno.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct session {
	struct session *next;
	struct nft_ctx *ctx;
	dev_t device;
	ino_t inode;
};

struct sessions {
	struct places *places;
	struct session *first;
	struct nft_ctx *scratch;
};

struct sessions *sessions_new(struct places *places)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));

	if (sessions)
		sessions->places = places;
	return sessions;
}

void sessions_free(struct sessions *sessions)
{
	if (!sessions)
		return;
	while (sessions->first) {
		struct session *session = sessions->first;

		sessions->first = session->next;
		nft_ctx_free(session->ctx);
		free(session);
	}
	if (sessions->scratch)
		nft_ctx_free(sessions->scratch);
	free(sessions);
}

/* nft_ctx_new() ends the program where it gets no socket (libnftables 1.0.6, mnl.c): ask first. */
static int netfilter_probe(struct error *err)
{
	AUTO_CLOSE int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd >= 0)
		return 0;
	if (errno == EPROTONOSUPPORT)
		return error_set(err, EOPNOTSUPP, "this kernel has no netfilter netlink");
	return error_set(err, errno, "cannot open a netfilter socket: %s", strerror(errno));
}

/* Its socket stays in the namespace that the thread is in now. */
static int context_new(struct nft_ctx **ret, struct error *err)
{
	int r = netfilter_probe(err);
	struct nft_ctx *ctx;

	if (r < 0)
		return r;
	ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!ctx)
		return error_set(err, ENOMEM, "cannot make a context of libnftables");
	nft_ctx_output_set_flags(ctx, NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_NUMERIC_PROTO);
	if (nft_ctx_buffer_output(ctx) || nft_ctx_buffer_error(ctx)) {
		nft_ctx_free(ctx);
		return error_set(err, ENOMEM, "out of memory");
	}
	*ret = ctx;
	return 0;
}

static int session_open(struct sessions *sessions, const char *place, struct session *session,
			struct error *err)
{
	int r = place_enter(sessions->places, place, err);

	if (r < 0)
		return r;
	r = context_new(&session->ctx, err);
	place_leave(sessions->places);
	return r;
}

/* By the namespace, not its name: a name can come to mean another one within a run. */
int session_get(struct sessions *sessions, const char *place, struct nft_ctx **ret,
		struct error *err)
{
	struct session key = { 0 }, *session;
	int r = place_identity(sessions->places, place, &key.device, &key.inode, err);

	if (r < 0)
		return r;
	for (session = sessions->first; session; session = session->next)
		if (session->device == key.device && session->inode == key.inode) {
			*ret = session->ctx;
			return 0;
		}
	session = malloc(sizeof(*session));
	if (!session)
		return error_set(err, ENOMEM, "out of memory");
	*session = key;
	r = session_open(sessions, place, session, err);
	if (r < 0) {
		free(session);
		return r;
	}
	session->next = sessions->first;
	sessions->first = session;
	*ret = session->ctx;
	return 0;
}

int session_get_scratch(struct sessions *sessions, struct nft_ctx **ret, struct error *err)
{
	int r = 0;

	if (!sessions->scratch) {
		r = place_enter_new(sessions->places, err);
		if (r < 0)
			return r;
		r = context_new(&sessions->scratch, err);
		place_leave(sessions->places);
	}
	if (r == 0)
		*ret = sessions->scratch;
	return r;
}

/* libnftables gives the kernel's error as words only. */
static int error_code(const char *message)
{
	static const int codes[] = { EPERM,  ENOENT,	   EEXIST,  EOPNOTSUPP, EBUSY,
				     ENOMEM, EAFNOSUPPORT, ENOBUFS, E2BIG,	ENOSPC };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++)
		if (strstr(message, strerror(codes[i])))
			return codes[i];
	return EINVAL;
}

/*
 * nft says "<cmdline>:7:3-40: Error: Could not process rule: No such file or directory", the line, and carets. Kept are
 * the message and the line.
 */
static int set_error(struct nft_ctx *ctx, struct error *err)
{
	static const char mark[] = "Error: ", wrap[] = "Could not process rule: ";
	const char *message = nft_ctx_get_error_buffer(ctx), *line;
	size_t length;

	message = message ? message : "";
	line = strstr(message, mark);
	message = line ? line + strlen(mark) : message;
	if (strncmp(message, wrap, strlen(wrap)) == 0)
		message += strlen(wrap);
	length = strcspn(message, "\n");
	line = message + length + (message[length] != '\0');
	line += strspn(line, " \t");
	if (strcspn(line, "\n") == 0)
		return error_set(err, error_code(message), "nftables: %.*s", (int)length,
				 length ? message : "it failed without a word");
	return error_set(err, error_code(message), "nftables: %.*s: %.*s", (int)length, message,
			 (int)strcspn(line, "\n"), line);
}

int session_run(struct nft_ctx *ctx, const char *commands, struct error *err)
{
	int r = nft_run_cmd_from_buffer(ctx, commands) ? set_error(ctx, err) : 0;

	/* Reading a buffer empties it. */
	nft_ctx_get_error_buffer(ctx);
	nft_ctx_get_output_buffer(ctx);
	return r;
}

int session_list(struct nft_ctx *ctx, const char *table, struct text *ret, struct error *err)
{
	AUTO_TEXT struct text command = { 0 };
	const char *listing;

	text_add(&command, "list table inet %s", table);
	if (nft_run_cmd_from_buffer(ctx, text_get(&command)))
		return set_error(ctx, err);
	listing = nft_ctx_get_output_buffer(ctx);
	text_add(ret, "%s", listing ? listing : "");
	nft_ctx_get_error_buffer(ctx);
	return 0;
}
