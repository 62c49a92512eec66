/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a TAP gives: the input is a virtio-net header and a frame. A super-frame is cut into all of
 * its segments, which together have its payload; a partial checksum is completed.
 */
#include "backends/tunnel/worker/segment.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void super_cut(const struct super_frame *super, const uint8_t *frame, size_t length)
{
	uint8_t *header = malloc(PACKET_HEADER_MAX);
	const uint8_t *payload, *next = frame + super->packet.payload;
	size_t n;

	for (unsigned i = 0; i < super->count; i++) {
		n = super_frame_segment(super, i, header, &payload);
		if (n == 0 || n > super->size || payload != next)
			abort();
		next += n;
	}
	if (next != frame + length)
		abort();
	free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct virtio_net_hdr header;
	struct super_frame super;
	uint8_t *frame;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, data, sizeof(header));
	size -= sizeof(header);
	frame = malloc(size + !size); /* exact, so that a sanitizer sees one byte more */
	memcpy(frame, data + sizeof(header), size);
	if (super_frame_init(&super, &header, frame, size) == 0)
		super_cut(&super, frame, size);
	(void)!checksum_complete(&header, frame, size);
	free(frame);
	return 0;
}
