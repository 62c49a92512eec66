/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sock_diag(7): TCP listeners and UDP sockets without a peer. Whose a socket is stands nowhere but among the descriptors
 * of all processes; they are looked through only when a socket was found.
 */
#include "backends/surroundings/parts.h"

#include "model/cleanup.h"
#include "model/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define SOCKET_LINK_MAX 64

/* ---- whose ---- */

static bool has_descriptor(const char *pid, const char *wanted)
{
	char path[300], target[SOCKET_LINK_MAX];
	const struct dirent *entry;
	bool found = false;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	directory = opendir(path);
	while (directory && !found && (entry = readdir(directory))) {
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/%.20s/fd/%.20s", pid, entry->d_name);
		length = readlink(path, target, sizeof(target) - 1);
		if (length <= 0)
			continue;
		target[length] = '\0';
		found = strcmp(target, wanted) == 0;
	}
	if (directory)
		closedir(directory);
	return found;
}

static const char *owner_name(const char *pid, struct arena *arena)
{
	char path[64], name[64] = "?";
	AUTO_FILE FILE *file = NULL;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	file = fopen(path, "re");
	if (file && fgets(name, sizeof(name), file))
		name[strcspn(name, "\n")] = '\0';
	return arena_printf(arena, "%s (pid %s)", name, pid);
}

/* NULL: not to be seen from here. */
static const char *find_owner(uint32_t inode, struct arena *arena)
{
	char wanted[SOCKET_LINK_MAX];
	const char *owner = NULL;
	const struct dirent *entry;
	DIR *directory = opendir("/proc");

	snprintf(wanted, sizeof(wanted), "socket:[%u]", inode);
	while (directory && !owner && (entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    has_descriptor(entry->d_name, wanted))
			owner = owner_name(entry->d_name, arena);
	if (directory)
		closedir(directory);
	return owner;
}

/* ---- which ---- */

static bool is_asked(const struct near_place *place, const struct list *ports, uint8_t protocol,
		     uint16_t port)
{
	size_t i;

	for (i = 0; i < ports->n; i++) {
		const struct surroundings_ports *one =
			list_item(ports, &record_surroundings_ports, i);

		if (one->protocol == protocol && port >= one->first && port <= one->last &&
		    !strcmp(one->place, place->name))
			return true;
	}
	return false;
}

static void take_socket(struct near_place *place, const struct inet_diag_msg *message,
			uint8_t protocol, struct arena *arena)
{
	struct addr local = { .family = message->idiag_family,
			      .length = addr_bits(message->idiag_family) };
	struct near_socket *socket = list_append(&place->sockets, &record_near_socket, arena);

	memcpy(local.bytes, message->id.idiag_src, addr_bytes(local.family));
	if (!addr_is_unspecified(&local))
		socket->local = local;
	socket->protocol = protocol;
	socket->port = ntohs(message->id.idiag_sport);
	socket->owner = find_owner(message->idiag_inode, arena);
}

/* A kernel without sock_diag tells of none. */
static void read_protocol(struct near_place *place, struct nl_sock *socket, uint8_t protocol,
			  uint8_t family, const struct list *ports, struct arena *arena)
{
	const struct inet_diag_req_v2 request = {
		.sdiag_family = family,
		.sdiag_protocol = protocol,
		.idiag_states = 1U << (protocol == IPPROTO_TCP ? TCP_LISTEN : TCP_CLOSE),
	};
	AUTO_MESSAGE struct nl_msg *question =
		request_new(SOCK_DIAG_BY_FAMILY, 0, &request, sizeof(request));
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *ignored_attrs[INET_DIAG_MAX + 1];
	const struct nlmsghdr *message;
	struct error ignored;

	if (request_dump(socket, question, &answer, &ignored) < 0)
		return;
	ANSWER_FOR_EACH(message, &answer)
	{
		const struct inet_diag_msg *found = message_header(message);

		if (message_parse(message, sizeof(*found), ignored_attrs, INET_DIAG_MAX) &&
		    addr_bits(found->idiag_family) &&
		    is_asked(place, ports, protocol, ntohs(found->id.idiag_sport)))
			take_socket(place, found, protocol, arena);
	}
}

void near_read_sockets(struct near_place *place, const struct list *ports, struct arena *arena)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct nl_sock *socket;
	size_t i;

	for (i = 0; i < ports->n; i++) {
		const struct surroundings_ports *one =
			list_item(ports, &record_surroundings_ports, i);

		if (!strcmp(one->place, place->name))
			break;
	}
	socket = i < ports->n ? nl_socket_alloc() : NULL;
	if (!socket)
		return;
	if (nl_connect(socket, NETLINK_SOCK_DIAG) == 0)
		for (i = 0; i < 4; i++)
			read_protocol(place, socket, protocols[i / 2], families[i % 2], ports,
				      arena);
	request_close(socket);
}
