/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/doctor/find.h"

#include "cmd/plan_tree.h"

#include "model/address.h"
#include "model/sysctl.h"
#include "model/text.h"

#include <stdarg.h>
#include <string.h>

const struct record record_finding = { .name = "finding", .size = sizeof(struct finding) };

/* Several rows of one topology, or two topologies, may find the same. */
static bool is_known(const struct findings *findings, const struct finding_row *row,
		     const char *message)
{
	size_t i;

	for (i = 0; i < findings->list.n; i++) {
		const struct finding *finding = list_item(&findings->list, &record_finding, i);

		if (finding->row == row && !strcmp(finding->message, message))
			return true;
	}
	return false;
}

void finding_add(struct findings *ret, const struct finding_row *row, const struct object *object,
		 const char *fix, const char *format, ...)
{
	struct finding *finding;
	const char *message;
	va_list args;

	va_start(args, format);
	message = arena_vprintf(ret->arena, format, args);
	va_end(args);
	if (is_known(ret, row, message))
		return;
	finding = list_append(&ret->list, &record_finding, ret->arena);
	finding->row = row;
	finding->message = message;
	finding->fix = fix;
	if (!object)
		return;
	finding->address = change_address(object, ret->arena);
	finding->position = object->position;
	finding->position.file = arena_strdup(ret->arena, object->position.file);
}

/* ---- words ---- */

const char *where_words(struct arena *arena, const char *place)
{
	return place[0] ? arena_printf(arena, " in namespace %s", place) : "";
}

const char *enter_words(struct arena *arena, const char *place)
{
	return place[0] ? arena_printf(arena, "ip netns exec %s ", shell_word(arena, place)) : "";
}

const char *iptables_program(const struct rule_table *table)
{
	if (!strcmp(table->family, "ip6"))
		return table->is_legacy ? "ip6tables-legacy" : "ip6tables";
	return table->is_legacy ? "iptables-legacy" : "iptables";
}

const char *chain_words(struct arena *arena, const struct rule_table *table,
			const struct rule_chain *chain)
{
	return arena_printf(arena, "chain %s %s %s%s%s", table->family, table->name, chain->name,
			    table->is_legacy ? " of " : "",
			    table->is_legacy ? iptables_program(table) : "");
}

const char *shell_word(struct arena *arena, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_./:@+,=";
	AUTO_TEXT struct text quoted = { 0 };

	if (text[0] && strspn(text, plain) == strlen(text))
		return text;
	text_add(&quoted, "'");
	for (; *text; text++) {
		if (*text == '\'')
			text_add(&quoted, "'\\''");
		else
			text_add(&quoted, "%c", *text);
	}
	text_add(&quoted, "'");
	return arena_strdup(arena, text_get(&quoted));
}

/* sysctl(8)'s name of a path: with slashes only where a part has a dot. */
static const char *name_of_path(struct arena *arena, const char *path)
{
	char *name = arena_strdup(arena, path), *c;

	for (c = name; !strchr(path, '.') && *c; c++)
		*c = *c == '/' ? '.' : *c;
	return name;
}

const char *sysctl_key(struct arena *arena, const char *place, const char *path, const char *value)
{
	const char *key =
		arena_printf(arena, "sysctls: {%s: %s}", name_of_path(arena, path), value);

	return place[0] ? arena_printf(arena, "namespaces: {%s: {%s}}", place, key) : key;
}

const char *sysctl_command(struct arena *arena, const char *place, const char *path,
			   const char *value)
{
	return arena_printf(arena, "%ssysctl -w %s=%s", enter_words(arena, place),
			    name_of_path(arena, path), value);
}

const char *wanted_sysctl(const struct outlook *outlook, const char *place, const char *path)
{
	struct arena *arena = arena_new();
	const struct object *object;
	const char *value = NULL;
	size_t i;

	OURS_FOR_EACH(object, outlook->want, &class_sysctl, i)
	{
		if (!strcmp(object->place, place) &&
		    !strcmp(sysctl_path(arena, object->name), path))
			value = ((const struct sysctl *)object->data)->value;
	}
	arena_free(arena);
	return value;
}

/* ---- objects ---- */

const struct nft_table *table_of_place(const struct model *model, const char *place)
{
	const struct object *object;
	size_t i;

	OURS_FOR_EACH(object, model, &class_nft_table, i)
	{
		if (!strcmp(object->place, place))
			return object->data;
	}
	return NULL;
}

const struct addr *address_of(const struct model *model, const struct object *link, uint8_t family)
{
	const struct object *object;
	size_t i;

	OURS_FOR_EACH(object, model, &class_address, i)
	{
		const struct address *address = object->data;
		const struct ref ref = object_ref(object, &address->interface);

		if (address->address.family == family && !addr_is_link_local(&address->address) &&
		    text_equal(ref.name, link->name) && text_equal(ref.place, link->place))
			return &address->address;
	}
	return NULL;
}

bool is_bridge(const struct object *link)
{
	return text_equal(object_link(link)->type, "bridge");
}
