/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes as what the kernel might say: links, forwarding entries, addresses and routes, message after message. */
#include "backends/rtnl/address.h"
#include "backends/rtnl/fdb.h"
#include "backends/rtnl/link_message.h"
#include "backends/rtnl/route_message.h"
#include "model/classes.h"
#include "model/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ref ref_of(void *data, uint32_t index)
{
	(void)data;
	return (struct ref){ .name = index ? "eth0" : NULL };
}

/* Whatever was read can be told to people. */
static void print(const struct class *class, void *data)
{
	const struct object object = { .class = class, .place = "", .name = "x", .data = data };
	AUTO_TEXT struct text text = { 0 };
	const struct field *field;
	void *section;
	size_t i;

	for (i = 0; object_field(&object, i, &field, &section); i++)
		field_format(field, section, &text);
}

static void read_message(const struct nlmsghdr *message, struct arena *arena)
{
	const struct attr_names names = { .ref = ref_of };
	struct address_message address;
	struct link_message link;
	struct fdb_message fdb;
	struct route route;
	uint8_t protocol;

	if (link_message_parse(&link, message)) {
		struct link *values = record_new(&class_link.record, arena);

		link_message_fill(values, &link, NULL, arena);
		print(&class_link, values);
	}
	if (address_message_parse(&address, message))
		address_name(arena, "eth0", &address.address);
	if (fdb_message_parse(&fdb, message)) {
		fdb_name(arena, "vx0", &fdb.fdb);
		print(&class_fdb, &fdb.fdb);
	}
	if (route_message_parse(&route, &protocol, message, &names, arena)) {
		route_name(arena, &route);
		print(&class_route, &route);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();

	while (size >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr header, *message;
		size_t length;

		memcpy(&header, data, sizeof(header));
		length = header.nlmsg_len;
		if (length < sizeof(header) || length > size)
			break;
		/* In memory of its own, so that reading past its end is seen. */
		message = malloc(length);
		if (!message)
			abort();
		memcpy(message, data, length);
		read_message(message, arena);
		free(message);
		length = NLMSG_ALIGN(length) < size ? NLMSG_ALIGN(length) : size;
		data += length;
		size -= length;
	}
	arena_free(arena);
	return 0;
}
