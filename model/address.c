/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of an address. */
#include "model/address.h"

#include "model/object.h"

#include <sys/socket.h>

static const struct field fields[] = {
	F_REF(struct address, interface, "interface", .flags = FIELD_KEY),
	F_PREFIX(struct address, address, "address", .flags = FIELD_HOST_BITS | FIELD_RECREATE),
};

const struct class class_address = {
	.name = "address",
	.adoptable = true,
	.record = { .name = "address", .size = sizeof(struct address), FIELDS(fields) },
};

const char *address_name(struct arena *arena, const char *interface, const struct addr *address)
{
	char text[ADDR_TEXT_MAX];

	if (address->family == AF_INET)
		addr_format_prefix(address, text);
	else
		addr_format(address, text);
	return arena_printf(arena, "%s %s", interface, text);
}
