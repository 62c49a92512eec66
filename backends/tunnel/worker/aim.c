/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/aim.h"
#include "backends/tunnel/worker/frame.h"
#include "backends/tunnel/worker/packet.h"

#include <errno.h>
#include <string.h>
#include <linux/errqueue.h>
#include <linux/if_ether.h>

#define ERRORS_MAX	 64 /* of one call: somebody may make them faster than they are read */
#define NEXT_HEADER	 6u
#define ICMPV6		 58u
#define NEIGHBOUR_ASKING 135u /* RFC 4861, 4.3 */

/*
 * What a station sends that wants to hear from one behind the peer: unicast, and who has an address. Other frames to
 * groups may well be all that one side ever says.
 */
static bool frame_is_question(const struct iovec *part)
{
	const uint8_t *frame = part->iov_base, *packet = frame + FRAME_HEADER;
	unsigned type;

	if (part->iov_len < FRAME_HEADER || !mac_is_group(frame_destination(frame)))
		return part->iov_len >= FRAME_HEADER;
	type = number_get16(frame + 12);
	return type == ETH_P_ARP ||
	       (type == ETH_P_IPV6 && part->iov_len > FRAME_HEADER + 40 &&
		packet[NEXT_HEADER] == ICMPV6 && packet[40] == NEIGHBOUR_ASKING);
}

/* Twice the same frame is what any network may make of one. */
static void frame_try(struct dataplane *dataplane, union socket_address *to,
		      const struct iovec *parts, unsigned count)
{
	const struct msghdr message = { .msg_name = to,
					.msg_namelen = address_length(to),
					.msg_iov = (struct iovec *)(uintptr_t)parts,
					.msg_iovlen = count };

	(void)!sendmsg(dataplane->tunnel.sockets[socket_slot_for(to)], &message, MSG_NOSIGNAL);
}

void aim_frame(struct dataplane *dataplane, uint32_t number, const struct iovec *parts,
	       unsigned count)
{
	struct tunnel *tunnel = &dataplane->tunnel;
	struct peer *peer = &tunnel->peers.peers[number];
	uint64_t now = dataplane->loop->now;
	bool in_clear = !tunnel->sessions;
	uint32_t other;

	if (!reach_has_choice(&peer->reach))
		return;
	if (reach_sending(&peer->reach, in_clear && frame_is_question(parts), now))
		peer_move_on(peer);
	if (!reach_try(&peer->reach, now, &other))
		return;
	if (in_clear) {
		frame_try(dataplane, &peer->reach.all[other], parts, count);
	} else if (session_is_up(&tunnel->sessions->sessions[number])) {
		peer->trial = &peer->reach.all[other];
		session_initiate(&tunnel->sessions->sessions[number]);
		peer->trial = NULL;
	}
}

void aim_heard(struct dataplane *dataplane, const struct peer_place *place)
{
	struct peer *peer = &dataplane->tunnel.peers.peers[place->peer];

	if (reach_heard(&peer->reach, place->number, dataplane->loop->now))
		peer_move_on(peer);
}

/* Of a datagram to ADDRESS the kernel says CODE. */
static void error_note(struct dataplane *dataplane, const union socket_address *address,
		       uint32_t code)
{
	const struct peer_place *place = peer_table_find(&dataplane->tunnel.peers, address);
	struct peer *peer = place ? &dataplane->tunnel.peers.peers[place->peer] : NULL;

	if (!peer || place->number != peer->reach.current)
		return;
	if (code == EMSGSIZE)
		peer->path.due = 0;
	else
		peer->reach.broken = true;
}

bool aim_errors(struct dataplane *dataplane, int fd)
{
	union socket_address address;
	_Alignas(struct cmsghdr) uint8_t control[512];
	struct sock_extended_err error;
	struct cmsghdr *option;
	struct msghdr message;
	bool any = false;

	if (!dataplane->tunnel.reports_errors)
		return false;
	for (int i = 0; i < ERRORS_MAX; i++) {
		message = (struct msghdr){ .msg_name = &address,
					   .msg_namelen = sizeof(address),
					   .msg_control = control,
					   .msg_controllen = sizeof(control) };
		if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
		any = true;
		for (option = CMSG_FIRSTHDR(&message); option;
		     option = CMSG_NXTHDR(&message, option)) {
			if ((option->cmsg_level != IPPROTO_IP || option->cmsg_type != IP_RECVERR) &&
			    (option->cmsg_level != IPPROTO_IPV6 ||
			     option->cmsg_type != IPV6_RECVERR))
				continue;
			memcpy(&error, CMSG_DATA(option), sizeof(error));
			error_note(dataplane, &address, error.ee_errno);
		}
	}
	return any;
}
