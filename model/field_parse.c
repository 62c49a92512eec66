/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scalars from text, by their row's type and limits, with what was expected where they do not fit. */
#include "model/field.h"

#include "model/text.h"

#include <inttypes.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

static uint64_t number_limit(const struct field *field)
{
	if (field->max)
		return field->max;
	switch (field_number_size(field)) {
	case 1:
		return UINT8_MAX;
	case 2:
		return UINT16_MAX;
	}
	return UINT32_MAX;
}

static bool parse_number(const struct field *field, void *data, const char *text, struct text *why)
{
	uint64_t value, limit = number_limit(field);

	if (text_parse_number(&value, text) && value >= field->min && value <= limit) {
		field_set_number(field, data, value);
		return true;
	}
	if (field->min == limit)
		text_add(why, "expected %" PRIu32, field->min);
	else
		text_add(why, "expected a number from %" PRIu32 " to %" PRIu64, field->min, limit);
	if (text[0] == '0' && text[1] && strspn(text, "0123456789") == strlen(text))
		text_add(why, ", without leading zeros");
	return false;
}

static bool parse_bool(const struct field *field, void *data, const char *text, struct text *why)
{
	bool is_true = !strcmp(text, "true");

	if (!is_true && strcmp(text, "false") != 0) {
		text_add(why, "expected true or false");
		return false;
	}
	field_set_number(field, data, is_true);
	return true;
}

static bool parse_enum(const struct field *field, void *data, const char *text, struct text *why)
{
	const struct enum_name *name;
	uint32_t value;

	if (enum_value(&value, field->names, text)) {
		field_set_number(field, data, value);
		return true;
	}
	text_add(why, "expected one of");
	for (name = field->names; name->name; name++)
		text_add(why, "%s %s", name == field->names ? "" : ",", name->name);
	for (name = field->names; name->name; name++) {
		if (text_is_near(text, name->name)) {
			text_add(why, "; did you mean \"%s\"?", name->name);
			break;
		}
	}
	return false;
}

/*
 * The kernel takes more (dev_valid_name() of net/core/dev.c), but a '*' is a pattern to nft, and a leading dash or
 * an '@' is something else to the tools that people use beside us.
 */
static bool is_ifname(const char *text)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-";
	size_t length = strlen(text);

	return length && length < IFNAMSIZ && !strchr("._-", text[0]) &&
	       strspn(text, letters) == length;
}

static bool parse_string(const struct field *field, void *data, const char *text,
			 struct arena *arena, struct text *why)
{
	const char **member = field_member(field, data);

	if (field->flags & FIELD_NAME && !is_ifname(text)) {
		text_add(why,
			 strlen(text) >= IFNAMSIZ
				 ? "expected an interface name of at most 15 characters"
				 : "expected an interface name of letters, digits, '.', '_' and "
				   "'-'");
		return false;
	}
	*member = arena_strdup(arena, text);
	return true;
}

static bool parse_ref(const struct field *field, void *data, const char *text, struct arena *arena,
		      struct text *why)
{
	struct ref *ref = field_member(field, data);
	const char *colon = strchr(text, ':');
	const char *name = colon ? colon + 1 : text;

	if (!is_ifname(name) || colon == text) {
		text_add(why, "expected the name of an interface of this place, or host:NAME");
		return false;
	}
	ref->name = arena_strdup(arena, name);
	ref->place = NULL;
	if (colon)
		ref->place = !strncmp(text, "host:", 5)
				     ? ""
				     : arena_strndup(arena, text, (size_t)(colon - text));
	return true;
}

static bool parse_addr(const struct field *field, void *data, const char *text, struct text *why)
{
	if (addr_parse(field_member(field, data), text))
		return true;
	text_add(why, "expected an IPv4 or IPv6 address");
	if (strchr(text, '/'))
		text_add(why, " without a prefix length");
	return false;
}

static bool parse_prefix(const struct field *field, void *data, const char *text, struct text *why)
{
	bool is_address = field->flags & FIELD_HOST_BITS;
	char suggestion[ADDR_TEXT_MAX];
	struct addr prefix, network;

	if (!addr_parse_prefix(&prefix, text)) {
		text_add(why, "expected %s with a prefix length, such as %s",
			 is_address ? "an address" : "a network",
			 is_address ? "10.0.0.2/24" : "10.0.0.0/24");
		if (addr_parse(&prefix, text))
			text_add(why, "; did you mean \"%s/%u\"?", text,
				 !is_address		    ? prefix.length
				 : prefix.family == AF_INET ? 24U
							    : 64U);
		return false;
	}
	if (!is_address && addr_has_host_bits(&prefix)) {
		network = addr_network(&prefix);
		text_add(why, "expected a network, but host bits are set; did you mean \"%s\"?",
			 addr_format_prefix(&network, suggestion));
		return false;
	}
	*(struct addr *)field_member(field, data) = prefix;
	return true;
}

static bool parse_mac(const struct field *field, void *data, const char *text, struct text *why)
{
	struct mac mac;

	if (!mac_parse(&mac, text) || !mac_is_set(&mac)) {
		text_add(why, "expected a MAC address such as \"02:00:5e:10:00:20\", in quotes");
		return false;
	}
	*(struct mac *)field_member(field, data) = mac;
	return true;
}

/* To the zero value, see field.h. */
static void unset(const struct field *field, void *data)
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
		field_set_number(field, data, 0);
		return;
	case FIELD_STRING:
		*(const char **)member = NULL;
		return;
	case FIELD_REF:
		*(struct ref *)member = (struct ref){ 0 };
		return;
	case FIELD_ADDR:
	case FIELD_PREFIX:
		*(struct addr *)member = (struct addr){ 0 };
		return;
	case FIELD_MAC:
		*(struct mac *)member = (struct mac){ 0 };
		return;
	case FIELD_RECORD:
	case FIELD_LIST:
	case FIELD_MAP:
		return; /* never written as a word */
	}
}

bool field_parse(const struct field *field, void *data, const char *text, struct arena *arena,
		 struct text *why)
{
	if (field->flags & FIELD_AUTO && !strcmp(text, "auto")) {
		unset(field, data);
		return true;
	}
	switch (field->type) {
	case FIELD_BOOL:
		return parse_bool(field, data, text, why);
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_U32:
		return parse_number(field, data, text, why);
	case FIELD_ENUM8:
	case FIELD_ENUM16:
	case FIELD_ENUM32:
		return parse_enum(field, data, text, why);
	case FIELD_STRING:
		return parse_string(field, data, text, arena, why);
	case FIELD_REF:
		return parse_ref(field, data, text, arena, why);
	case FIELD_ADDR:
		return parse_addr(field, data, text, why);
	case FIELD_PREFIX:
		return parse_prefix(field, data, text, why);
	case FIELD_MAC:
		return parse_mac(field, data, text, why);
	case FIELD_RECORD:
	case FIELD_MAP:
		text_add(why, "expected a map");
		return false;
	case FIELD_LIST:
		text_add(why, "expected a list");
		return false;
	}
	return false;
}
