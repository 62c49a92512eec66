/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams of peers. The input is a sequence: origin, length (2 bytes), frame. Each is checked, learned
 * and forwarded as the data plane does it; time passes, the table is small and has static entries.
 */
#include "backends/tunnel/worker/forward.h"
#include "backends/tunnel/worker/frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PEERS 3u

static void frame_try(struct mac_table *macs, const uint8_t *frame, size_t length, int origin,
		      uint64_t now)
{
	struct forward forward;

	if (frame_check(frame, length, 1458) != FRAME_OK)
		return;
	if (origin != ORIGIN_TAP)
		mac_table_learn(macs, frame_source(frame), (uint32_t)origin, now);
	forward = forward_decide(macs, PEERS, frame, origin, now);
	if ((origin == ORIGIN_TAP) == (forward.to == FORWARD_TAP) || forward.peer >= PEERS)
		abort();
	if (mac_table_learned_count(macs, now) > 4 ||
	    mac_table_find(macs, (const uint8_t[6]){ 2 }, now) != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mac_table *macs = mac_table_new(4, 1000, 1);
	uint64_t now = 5000;
	size_t length;
	uint8_t *frame;
	int origin;

	mac_table_pin(macs, (const uint8_t[6]){ 2 }, 1);
	while (size >= 3) {
		origin = (int)(data[0] % (PEERS + 1)) - 1;
		now += data[0];
		length = (size_t)data[1] << 8 | data[2];
		data += 3;
		size -= 3;
		length = length < size ? length : size;
		frame = malloc(length +
			       !length); /* exact, so that a sanitizer sees one byte more */
		memcpy(frame, data, length);
		frame_try(macs, frame, length, origin, now);
		free(frame);
		data += length;
		size -= length;
	}
	mac_table_free(macs);
	return 0;
}
