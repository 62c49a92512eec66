/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/rtnl/attr.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static uint32_t scale_of(const struct field *field)
{
	return field->scale ? field->scale : 1;
}

static void put_number(struct nl_msg *message, const struct field *field, const void *data)
{
	uint64_t value = field_get_number(field, data) * scale_of(field);

	switch (field->type) {
	case FIELD_BOOL:
		if (field->flags & FIELD_WIDE)
			nla_put_u32(message, field->attr, (uint32_t)value);
		else
			nla_put_u8(message, field->attr, (uint8_t)value);
		return;
	case FIELD_U8:
	case FIELD_ENUM8:
		nla_put_u8(message, field->attr, (uint8_t)value);
		return;
	case FIELD_U16:
	case FIELD_ENUM16:
		nla_put_u16(message, field->attr, (uint16_t)value);
		return;
	case FIELD_BE16:
		nla_put_u16(message, field->attr, htons((uint16_t)value));
		return;
	case FIELD_U32:
	case FIELD_ENUM32:
		nla_put_u32(message, field->attr, (uint32_t)value);
		return;
	case FIELD_STRING:
	case FIELD_REF:
	case FIELD_ADDR:
	case FIELD_PREFIX:
	case FIELD_MAC:
	case FIELD_RECORD:
	case FIELD_LIST:
	case FIELD_MAP:
		return; /* no numbers */
	}
}

static void put_addr(struct nl_msg *message, uint16_t attr, const struct addr *addr)
{
	int size = addr_is_set(addr) ? addr_bytes(addr->family) : addr_bytes(AF_INET);

	nla_put(message, attr, size, addr->bytes);
}

static void put_field(struct nl_msg *message, const struct field *field, const void *data,
		      const struct attr_names *names)
{
	const void *member = field_member_const(field, data);

	switch (field->type) {
	case FIELD_BOOL:
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_U32:
	case FIELD_ENUM8:
	case FIELD_ENUM16:
	case FIELD_ENUM32:
		put_number(message, field, data);
		return;
	case FIELD_STRING:
		if (!field_is_unset(field, data))
			nla_put_string(message, field->attr, *(const char *const *)member);
		return;
	case FIELD_REF:
		if (names)
			nla_put_u32(message, field->attr,
				    ref_is_set(member) ? names->index(names->data, member) : 0);
		return;
	case FIELD_ADDR:
	case FIELD_PREFIX:
		put_addr(message, field->attr, member);
		return;
	case FIELD_MAC:
		if (!field_is_unset(field, data))
			nla_put(message, field->attr, sizeof(struct mac), member);
		return;
	case FIELD_RECORD:
	case FIELD_LIST:
	case FIELD_MAP:
		return; /* irregular: link_hooks.c */
	}
}

void attr_put(struct nl_msg *message, const struct record *record, const void *data, uint64_t mask,
	      const struct attr_names *names)
{
	size_t i;

	for (i = 0; i < record->n_fields; i++)
		if (mask & 1ULL << i && record->fields[i].attr)
			put_field(message, &record->fields[i], data, names);
}

/* A number of whatever width the kernel sent: it has widened attributes before. */
static bool get_number(uint64_t *ret, const struct nlattr *attr)
{
	switch (nla_len(attr)) {
	case 1:
		*ret = attr_u8(attr);
		return true;
	case 2:
		*ret = attr_u16(attr);
		return true;
	case 4:
		*ret = attr_u32(attr);
		return true;
	}
	return false;
}

static void get_scaled(const struct field *field, void *data, const struct nlattr *attr)
{
	uint64_t value;

	if (!get_number(&value, attr))
		return;
	if (field->type == FIELD_BE16)
		value = ntohs((uint16_t)value);
	if (field->type == FIELD_BOOL)
		value = value != 0;
	field_set_number(field, data, value / scale_of(field));
}

bool attr_get_addr(struct addr *ret, const struct nlattr *attr)
{
	struct addr addr = { .family = AF_INET };

	if (!attr)
		return false;
	if (nla_len(attr) == 16)
		addr.family = AF_INET6;
	else if (nla_len(attr) != 4)
		return false;
	addr.length = addr_bits(addr.family);
	memcpy(addr.bytes, nla_data(attr), (size_t)nla_len(attr));
	*ret = addr;
	return true;
}

/* All bytes zero is how the kernel says "none". */
static void get_addr(struct addr *ret, const struct nlattr *attr)
{
	if (attr_get_addr(ret, attr) && addr_is_unspecified(ret))
		*ret = (struct addr){ 0 };
}

static void get_field(const struct field *field, void *data, const struct nlattr *attr,
		      const struct attr_names *names, struct arena *arena)
{
	void *member = field_member(field, data);

	switch (field->type) {
	case FIELD_BOOL:
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_U32:
	case FIELD_ENUM8:
	case FIELD_ENUM16:
	case FIELD_ENUM32:
		get_scaled(field, data, attr);
		return;
	case FIELD_STRING:
		*(const char **)member = arena_strdup(arena, attr_text(attr));
		return;
	case FIELD_REF:
		if (names)
			*(struct ref *)member = names->ref(names->data, attr_u32(attr));
		return;
	case FIELD_ADDR:
	case FIELD_PREFIX:
		get_addr(member, attr);
		return;
	case FIELD_MAC:
		if (nla_len(attr) == sizeof(struct mac))
			memcpy(member, nla_data(attr), sizeof(struct mac));
		return;
	case FIELD_RECORD:
	case FIELD_LIST:
	case FIELD_MAP:
		return; /* irregular: link_hooks.c */
	}
}

void attr_get(const struct record *record, void *data, const struct nlattr *const *table, int max,
	      const struct attr_names *names, struct arena *arena)
{
	size_t i;

	for (i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];

		if (field->attr && field->attr <= max && table[field->attr])
			get_field(field, data, table[field->attr], names, arena);
	}
}
