/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Header and endpoint of control messages.
 */
#include "backends/tunnel/protocol_wire.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

enum endpoint_attr { ENDPOINT_ONE = 1 };

void worker_put_header(struct wire_writer *writer, enum worker_message type)
{
	wire_put(writer, "VT", 2);
	wire_put_u8(writer, WORKER_PROTOCOL_VERSION);
	wire_put_u8(writer, (uint8_t)type);
	wire_put_u32(writer, 0);
}

int worker_finish(struct wire_writer *writer)
{
	uint32_t length = htobe32((uint32_t)writer->length);

	if (writer->failed || writer->length > WORKER_MESSAGE_MAX)
		return -E2BIG;
	memcpy(writer->data + WORKER_HEADER_SIZE - sizeof(length), &length, sizeof(length));
	return (int)writer->length;
}

int worker_decode_type(const uint8_t *data, size_t length, enum worker_message *ret)
{
	struct wire_reader reader = { .data = data, .length = length };
	const uint8_t *magic = wire_take(&reader, 2);
	uint8_t version = wire_take_u8(&reader), type = wire_take_u8(&reader);
	uint32_t total = wire_take_u32(&reader);

	if (reader.failed || memcmp(magic, "VT", 2) != 0)
		return -EBADMSG;
	if (version != WORKER_PROTOCOL_VERSION)
		return -EPROTONOSUPPORT;
	if (total != length || length > WORKER_MESSAGE_MAX)
		return -EBADMSG;
	if (type < WORKER_CONFIGURE || type > WORKER_REPLACE)
		return -EPROTONOSUPPORT;
	*ret = (enum worker_message)type;
	return 0;
}

int worker_take_header(const uint8_t *data, size_t length, enum worker_message first,
		       enum worker_message second, struct wire_reader *ret)
{
	enum worker_message type;
	int r = worker_decode_type(data, length, &type);

	if (r < 0)
		return r;
	if (type != first && type != second)
		return -EBADMSG;
	*ret = (struct wire_reader){ .data = data + WORKER_HEADER_SIZE,
				     .length = length - WORKER_HEADER_SIZE };
	return 0;
}

bool worker_endpoint_equal(const struct worker_endpoint *a, const struct worker_endpoint *b)
{
	return a->family == b->family && a->port == b->port &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

void worker_put_endpoint(struct wire_writer *writer, uint16_t type,
			 const struct worker_endpoint *endpoint)
{
	size_t mark = wire_begin(writer, type);

	/* AF_INET6 is 10 on Linux everywhere; on the wire it is the version of the protocol. */
	wire_put_u8(writer, endpoint->family == AF_INET6 ? 6 : endpoint->family == AF_INET ? 4 : 0);
	wire_put_u16(writer, endpoint->port);
	if (endpoint->family == AF_INET6)
		wire_put(writer, endpoint->address, 16);
	else if (endpoint->family == AF_INET)
		wire_put(writer, endpoint->address, 4);
	wire_end(writer, mark);
}

void worker_take_endpoint(struct wire_reader *reader, struct worker_endpoint *ret)
{
	uint8_t version = wire_take_u8(reader);
	size_t size = version == 6 ? 16 : version == 4 ? 4 : 0;
	const uint8_t *address;

	*ret = (struct worker_endpoint){ .port = wire_take_u16(reader) };
	address = wire_take(reader, size);
	if (!address || (size == 0 && version != 0)) {
		reader->failed = true;
		return;
	}
	ret->family = size == 16 ? AF_INET6 : size == 4 ? AF_INET : AF_UNSPEC;
	if (size)
		memcpy(ret->address, address, size);
}

void worker_put_endpoints(struct wire_writer *writer, uint16_t type,
			  const struct worker_endpoint *endpoints, uint32_t count)
{
	size_t mark;

	if (!count)
		return;
	mark = wire_begin(writer, type);
	for (uint32_t i = 0; i < count; i++)
		worker_put_endpoint(writer, ENDPOINT_ONE, &endpoints[i]);
	wire_end(writer, mark);
}

void worker_take_endpoints(struct wire_reader *reader, struct worker_endpoint *ret, uint32_t room,
			   uint32_t *ret_count)
{
	struct wire_attr attr;
	uint32_t count = 0;

	while (wire_next(reader, &attr)) {
		if (attr.type != ENDPOINT_ONE || count == room) {
			reader->failed = true;
			return;
		}
		worker_take_endpoint(&attr.payload, &ret[count++]);
		reader->failed |= !wire_done(&attr.payload);
	}
	reader->failed |= count == 0; /* none is written as none */
	*ret_count = count;
}

bool worker_attr_once(uint32_t *seen, uint16_t type)
{
	uint32_t bit = type < 32 ? 1u << type : 0;

	if (*seen & bit)
		return false;
	*seen |= bit;
	return true;
}
