/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small messages of the control protocol: requests, and failures.
 */
#include "backends/tunnel/protocol_wire.h"

#include <errno.h>

enum replace_attr { REPLACE_PROGRAM = 1 };

enum failure_attr { FAILURE_CODE = 1, FAILURE_TEXT };

int worker_encode_plain(enum worker_message request, uint8_t *data, size_t size)
{
	struct wire_writer writer = { .data = data, .size = size };

	worker_put_header(&writer, request);
	return worker_finish(&writer);
}

int worker_encode_replace(const char *program, uint8_t *data, size_t size)
{
	struct wire_writer writer = { .data = data, .size = size };

	worker_put_header(&writer, WORKER_REPLACE);
	wire_put_string_attr(&writer, REPLACE_PROGRAM, program);
	return worker_finish(&writer);
}

int worker_encode_failure(int code, const char *text, uint8_t *data, size_t size)
{
	struct wire_writer writer = { .data = data, .size = size };
	size_t mark;

	worker_put_header(&writer, WORKER_FAILED);
	mark = wire_begin(&writer, FAILURE_CODE);
	wire_put_u32(&writer, (uint32_t)code);
	wire_end(&writer, mark);
	if (*text)
		wire_put_string_attr(&writer, FAILURE_TEXT, text);
	return worker_finish(&writer);
}

int worker_decode_replace(const uint8_t *data, size_t length, char ret[WORKER_PATH_SIZE])
{
	struct wire_reader reader;
	struct wire_attr attr;
	int r = worker_take_header(data, length, WORKER_REPLACE, WORKER_REPLACE, &reader);

	if (r < 0)
		return r;
	if (!wire_next(&reader, &attr) || !wire_done(&reader))
		return -EBADMSG;
	if (attr.type != REPLACE_PROGRAM)
		return -EPROTONOSUPPORT;
	wire_take_string(&attr.payload, ret, WORKER_PATH_SIZE);
	return attr.payload.failed || ret[0] != '/' ? -EBADMSG : 0;
}

int worker_decode_failure(const uint8_t *data, size_t length, int *ret, char text[WORKER_TEXT_SIZE])
{
	struct wire_reader reader;
	struct wire_attr attr;
	uint32_t code = 0, seen = 0;
	int r = worker_take_header(data, length, WORKER_FAILED, WORKER_FAILED, &reader);

	if (r < 0)
		return r;
	text[0] = '\0';
	while (wire_next(&reader, &attr)) {
		if (!worker_attr_once(&seen, attr.type))
			return -EBADMSG;
		if (attr.type == FAILURE_CODE)
			code = wire_take_u32(&attr.payload);
		else if (attr.type == FAILURE_TEXT)
			wire_take_string(&attr.payload, text, WORKER_TEXT_SIZE);
		else
			return -EPROTONOSUPPORT;
		if (!wire_done(&attr.payload))
			return -EBADMSG;
	}
	if (!wire_done(&reader) || code == 0 || code > 4095)
		return -EBADMSG;
	*ret = (int)code;
	return 0;
}
