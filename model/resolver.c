/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of a namespace's name look-up. */
#include "model/resolver.h"

#include "model/object.h"

static const struct field host_fields[] = {
	F_ADDR(struct extra_host, address, "address", .flags = FIELD_REQUIRED),
};
const struct record record_extra_host = {
	.name = "extra host",
	.size = sizeof(struct extra_host),
	FIELDS(host_fields),
	.has_item = true,
	.scalar = true,
};

static const struct field fields[] = {
	F_LIST(struct resolver, nameservers, "nameservers", &record_addr_item,
	       .help = "name servers of the namespace"),
	F_MAP(struct resolver, extra_hosts, "extra-hosts", &record_extra_host,
	      .help = "host names and their addresses"),
	F_BOOL(struct resolver, altered, "altered", .flags = FIELD_HIDDEN),
};

const struct class class_resolver = {
	.name = "resolver",
	.record = { .name = "resolver", .size = sizeof(struct resolver), FIELDS(fields) },
};
