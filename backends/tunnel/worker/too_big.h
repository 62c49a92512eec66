/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer to a packet that is larger than the path behind a peer: "fragmentation needed" of ICMP (RFC 1191) or
 * "packet too big" of ICMPv6 (RFC 4443), as a router would send it. It comes from the address that the packet
 * was for, as a segment of Ethernet has none of its own.
 */
#ifndef BACKENDS_TUNNEL_WORKER_TOO_BIG_H
#define BACKENDS_TUNNEL_WORKER_TOO_BIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOO_BIG_ROOM (14u + 4 + 1280)

/*
 * FRAME, of which at least the headers are there, is too big; packets of MTU bytes are not. Returns the length of the
 * answer; 0: there is none to this, as the packet may be fragmented, is an error itself, goes to a group, or is not IP.
 * ALWAYS: even if it may be fragmented; its sender can do that, too, and hosts heed such an answer.
 */
size_t too_big_answer(const uint8_t *frame, size_t length, size_t mtu, bool always,
		      uint8_t ret[TOO_BIG_ROOM]);

#endif
