/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams of peers on their way to the TAP. The input is a sequence: length (2 bytes), frame. All
 * that goes in comes out; a super-frame can be cut into as many frames as it was made of. With an
 * odd length's highest bit the checksums of the frame are set right first, so that the fuzzer need
 * not guess them.
 */
#include "backends/tunnel/worker/coalesce.h"
#include "backends/tunnel/worker/segment.h"
#include "tests/fuzz/checksums.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMES 256u

struct balance {
	size_t bytes, count;
};

static void deliver(struct coalescer *coalescer, struct delivery *delivery)
{
	struct balance *balance = coalescer->owner;
	struct super_frame super;
	size_t length = 0;
	uint8_t *whole;

	balance->bytes -= delivery->bytes;
	balance->count -= delivery->count;
	if (delivery->count == 1)
		return;
	for (unsigned i = 1; i < delivery->part_count; i++)
		length += delivery->parts[i].iov_len;
	whole = malloc(length);
	length = 0;
	for (unsigned i = 1; i < delivery->part_count; i++) {
		memcpy(whole + length, delivery->parts[i].iov_base, delivery->parts[i].iov_len);
		length += delivery->parts[i].iov_len;
	}
	if (length > UINT16_MAX || super_frame_init(&super, &delivery->header, whole, length) < 0 ||
	    super.count != delivery->count)
		abort();
	free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct coalescer coalescer;
	struct balance balance = { 0 };
	uint8_t *frames[FRAMES];
	size_t count = 0, length;
	bool set;

	coalesce_init(&coalescer, &balance, deliver);
	coalescer.tcp = coalescer.udp = true;
	while (size >= 2 && count < FRAMES) {
		set = data[0] & 0x80;
		length = (size_t)(data[0] & 0x7f) << 8 | data[1];
		data += 2;
		size -= 2;
		length = length < size ? length : size;
		frames[count] = malloc(length + !length);
		memcpy(frames[count], data, length);
		if (set)
			checksums_set(frames[count], length);
		balance.bytes += length;
		balance.count++;
		coalesce_frame(&coalescer, 0, frames[count++], length);
		data += length;
		size -= length;
	}
	coalesce_flush(&coalescer);
	if (balance.bytes || balance.count || coalescer.count)
		abort();
	while (count)
		free(frames[--count]);
	return 0;
}
