/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes in a bounded buffer: every length is compared before a byte is touched.
 * What the attributes mean is in protocol.c.
 */
#include "backends/tunnel/wire.h"

#include <endian.h>
#include <string.h>

const uint8_t *wire_take(struct wire_reader *reader, size_t n)
{
	const uint8_t *taken = reader->data;

	if (reader->failed || n > reader->length) {
		reader->failed = true;
		return NULL;
	}
	reader->data += n;
	reader->length -= n;
	return taken;
}

uint8_t wire_take_u8(struct wire_reader *reader)
{
	const uint8_t *taken = wire_take(reader, 1);

	return taken ? *taken : 0;
}

uint16_t wire_take_u16(struct wire_reader *reader)
{
	const uint8_t *taken = wire_take(reader, sizeof(uint16_t));
	uint16_t value = 0;

	if (taken)
		memcpy(&value, taken, sizeof(value));
	return be16toh(value);
}

uint32_t wire_take_u32(struct wire_reader *reader)
{
	const uint8_t *taken = wire_take(reader, sizeof(uint32_t));
	uint32_t value = 0;

	if (taken)
		memcpy(&value, taken, sizeof(value));
	return be32toh(value);
}

uint64_t wire_take_u64(struct wire_reader *reader)
{
	const uint8_t *taken = wire_take(reader, sizeof(uint64_t));
	uint64_t value = 0;

	if (taken)
		memcpy(&value, taken, sizeof(value));
	return be64toh(value);
}

void wire_take_string(struct wire_reader *reader, char *ret, size_t size)
{
	size_t length = reader->length;
	const uint8_t *text;

	if (length == 0 || length >= size) {
		reader->failed = true;
		return;
	}
	text = wire_take(reader, length);
	if (!text || memchr(text, '\0', length)) {
		reader->failed = true;
		return;
	}
	memcpy(ret, text, length);
	ret[length] = '\0';
}

bool wire_next(struct wire_reader *reader, struct wire_attr *ret)
{
	struct wire_attr attr = { 0 };
	uint16_t length;

	if (reader->failed || reader->length == 0)
		return false;
	attr.type = wire_take_u16(reader);
	length = wire_take_u16(reader);
	attr.payload.data = wire_take(reader, length);
	attr.payload.length = length;
	if (reader->failed)
		return false;
	*ret = attr;
	return true;
}

bool wire_done(const struct wire_reader *reader)
{
	return !reader->failed && reader->length == 0;
}

void wire_put(struct wire_writer *writer, const void *data, size_t n)
{
	if (writer->failed || n > writer->size - writer->length) {
		writer->failed = true;
		return;
	}
	if (n)
		memcpy(writer->data + writer->length, data, n);
	writer->length += n;
}

void wire_put_u8(struct wire_writer *writer, uint8_t value)
{
	wire_put(writer, &value, sizeof(value));
}

void wire_put_u16(struct wire_writer *writer, uint16_t value)
{
	value = htobe16(value);
	wire_put(writer, &value, sizeof(value));
}

void wire_put_u32(struct wire_writer *writer, uint32_t value)
{
	value = htobe32(value);
	wire_put(writer, &value, sizeof(value));
}

void wire_put_u64(struct wire_writer *writer, uint64_t value)
{
	value = htobe64(value);
	wire_put(writer, &value, sizeof(value));
}

void wire_put_string_attr(struct wire_writer *writer, uint16_t type, const char *text)
{
	size_t mark = wire_begin(writer, type);

	wire_put(writer, text, strlen(text));
	wire_end(writer, mark);
}

size_t wire_begin(struct wire_writer *writer, uint16_t type)
{
	wire_put_u16(writer, type);
	wire_put_u16(writer, 0);
	return writer->length;
}

void wire_end(struct wire_writer *writer, size_t mark)
{
	size_t length = writer->length - mark;
	uint16_t field = htobe16((uint16_t)length);

	if (writer->failed)
		return;
	if (length > UINT16_MAX) {
		writer->failed = true;
		return;
	}
	memcpy(writer->data + mark - sizeof(field), &field, sizeof(field));
}
