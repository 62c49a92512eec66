/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading and writing attributes (type, length, payload) in a bounded buffer.
 *
 * Both sides remember their first failure: callers make all their calls and ask once at the end.
 * Numbers are in network byte order, attributes are not padded. Nothing here allocates.
 */
#ifndef BACKENDS_TUNNEL_WIRE_H
#define BACKENDS_TUNNEL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_reader {
	const uint8_t *data;
	size_t length;
	bool failed;
};

struct wire_attr {
	uint16_t type;
	struct wire_reader payload;
};

struct wire_writer {
	uint8_t *data;
	size_t size, length;
	bool failed;
};

/* Take the next N bytes; NULL, and the reader fails, when fewer are left. */
const uint8_t *wire_take(struct wire_reader *reader, size_t n);
uint8_t wire_take_u8(struct wire_reader *reader);
uint16_t wire_take_u16(struct wire_reader *reader);
uint32_t wire_take_u32(struct wire_reader *reader);
uint64_t wire_take_u64(struct wire_reader *reader);
/* The rest as a string into ret[size]. An empty, too long or NUL-carrying string fails the reader. */
void wire_take_string(struct wire_reader *reader, char *ret, size_t size);

/* The next attribute; false at the end and on failure (reader->failed tells which). */
bool wire_next(struct wire_reader *reader, struct wire_attr *ret);
/* True when everything was taken and nothing failed. */
bool wire_done(const struct wire_reader *reader);

void wire_put(struct wire_writer *writer, const void *data, size_t n);
void wire_put_u8(struct wire_writer *writer, uint8_t value);
void wire_put_u16(struct wire_writer *writer, uint16_t value);
void wire_put_u32(struct wire_writer *writer, uint32_t value);
void wire_put_u64(struct wire_writer *writer, uint64_t value);
void wire_put_string_attr(struct wire_writer *writer, uint16_t type, const char *text);

/* Open an attribute; what is put until wire_end is its payload. Returns the mark for wire_end. */
size_t wire_begin(struct wire_writer *writer, uint16_t type);
/* Fails the writer when the payload is longer than 65535 bytes. */
void wire_end(struct wire_writer *writer, size_t mark);

#endif
