/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of messages that protocol.c and protocol_state.c share: header, endpoint, one-of-each.
 */
#ifndef BACKENDS_TUNNEL_PROTOCOL_WIRE_H
#define BACKENDS_TUNNEL_PROTOCOL_WIRE_H

#include "backends/tunnel/protocol.h"
#include "backends/tunnel/wire.h"

#define WORKER_HEADER_SIZE 8u

void worker_put_header(struct wire_writer *writer, enum worker_message type);
/* Write the total length into the header. The length, or -E2BIG when something did not fit. */
int worker_finish(struct wire_writer *writer);
/* Expect type FIRST or SECOND; *ret reads the attributes. */
int worker_take_header(const uint8_t *data, size_t length, enum worker_message first,
		       enum worker_message second, struct wire_reader *ret);

void worker_put_endpoint(struct wire_writer *writer, uint16_t type,
			 const struct worker_endpoint *endpoint);
void worker_take_endpoint(struct wire_reader *reader, struct worker_endpoint *ret);
/* Several in one attribute; none: no attribute. RET has room for ROOM, and more fail. */
void worker_put_endpoints(struct wire_writer *writer, uint16_t type,
			  const struct worker_endpoint *endpoints, uint32_t count);
void worker_take_endpoints(struct wire_reader *reader, struct worker_endpoint *ret, uint32_t room,
			   uint32_t *ret_count);

/* Mark an attribute as seen; false when it was seen before. Types over 31 are unknown anyway. */
bool worker_attr_once(uint32_t *seen, uint16_t type);

#endif
