/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows to JSON Schema. Records become $defs by their names; short forms are alternatives of their def. Any value
 * may be null, which is the same as leaving its key out, and may hold a ${variable}, whatever its type.
 */
#include "model/schema.h"

#include "model/text.h"

#include <inttypes.h>
#include <string.h>

#define NAME_PATTERN   "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
#define IFNAME	       "[A-Za-z0-9][A-Za-z0-9._-]{0,14}"
#define IFNAME_PATTERN "^" IFNAME "$"
#define REF_PATTERN    "^([A-Za-z0-9][A-Za-z0-9._-]{0,62}:)?" IFNAME "$"
#define IPV4	       "[0-9]{1,3}(\\.[0-9]{1,3}){3}"
#define IPV6	       "[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"

/* A record that has a def. */
struct def {
	struct def *next;
	const struct record *record;
	const char *name;
};

struct builder {
	struct arena *arena;
	struct node *defs;
	struct def *first;
};

/* Texts that several rows share. */
struct text_def {
	const char *name, *pattern, *description;
};

static const struct text_def text_defs[] = {
	{ "variable", "\\$\\{", "a text with ${variables}, or nothing" },
	{ "ip-address", "^(" IPV4 "|" IPV6 ")$", "an IPv4 or IPv6 address" },
	{ "ip-prefix", "^(" IPV4 "|" IPV6 ")/[0-9]{1,3}$",
	  "an IPv4 or IPv6 address with its prefix length" },
	{ "mac-address", "^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$", "an Ethernet address, quoted" },
};

static struct node *field_schema(struct builder *builder, const struct field *field);

/* {key: value} */
static struct node *single(struct builder *builder, const char *key, const char *value)
{
	struct node *map = node_new(builder->arena, NODE_MAP);

	node_set_text(builder->arena, map, key, value);
	return map;
}

static struct node *ref_to(struct builder *builder, const char *def)
{
	return single(builder, "$ref", arena_printf(builder->arena, "#/$defs/%s", def));
}

/* "type": ["A", "B"]; b may be NULL: "type": "A". */
static void set_types(struct builder *builder, struct node *map, const char *a, const char *b)
{
	struct node *types;

	if (!b) {
		node_set_text(builder->arena, map, "type", a);
		return;
	}
	types = node_add(builder->arena, map, "type", node_new(builder->arena, NODE_LIST));
	node_append(types, node_new_text(builder->arena, NODE_TEXT, a));
	node_append(types, node_new_text(builder->arena, NODE_TEXT, b));
}

static struct node *typed(struct builder *builder, const char *a, const char *b)
{
	struct node *map = node_new(builder->arena, NODE_MAP);

	set_types(builder, map, a, b);
	return map;
}

/* The only one of a list, or {"anyOf": list}. */
static struct node *any_of(struct builder *builder, struct node *alternatives)
{
	struct node *map;

	if (alternatives->count == 1)
		return alternatives->first;
	map = node_new(builder->arena, NODE_MAP);
	node_add(builder->arena, map, "anyOf", alternatives);
	return map;
}

/* Moves what is in one map to the end of another. */
static void take_children(struct node *map, const struct node *from)
{
	struct node *child, *next;

	for (child = from->first; child; child = next) {
		next = child->next;
		node_append(map, child);
	}
}

/* ---- scalars ---- */

static struct node *number_schema(struct builder *builder, const struct field *field)
{
	struct node *map = typed(builder, "integer", NULL);
	uint64_t max = field->max;

	if (!max)
		max = (1ULL << (8 * field_number_size(field))) - 1;
	node_set_number(builder->arena, map, "minimum", field->min);
	node_set_number(builder->arena, map, "maximum", (long long)max);
	return map;
}

static struct node *enum_schema(struct builder *builder, const struct field *field)
{
	struct node *map = node_new(builder->arena, NODE_MAP);
	struct node *words =
		node_add(builder->arena, map, "enum", node_new(builder->arena, NODE_LIST));
	const struct enum_name *name;

	for (name = field->names; name->name; name++)
		node_append(words, node_new_text(builder->arena, NODE_TEXT, name->name));
	return map;
}

static struct node *pattern_schema(struct builder *builder, const char *pattern)
{
	struct node *map = typed(builder, "string", NULL);

	node_set_text(builder->arena, map, "pattern", pattern);
	return map;
}

/* A number is a text too: a port, a sysctl's value. */
static struct node *string_schema(struct builder *builder, const struct field *field)
{
	return field->flags & FIELD_NAME ? pattern_schema(builder, IFNAME_PATTERN)
					 : typed(builder, "string", "number");
}

/* NULL: not a scalar. */
static struct node *plain_schema(struct builder *builder, const struct field *field)
{
	switch (field->type) {
	case FIELD_BOOL:
		return typed(builder, "boolean", NULL);
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_U32:
		return number_schema(builder, field);
	case FIELD_ENUM8:
	case FIELD_ENUM16:
	case FIELD_ENUM32:
		return enum_schema(builder, field);
	case FIELD_STRING:
		return string_schema(builder, field);
	case FIELD_REF:
		return pattern_schema(builder, REF_PATTERN);
	case FIELD_ADDR:
		return ref_to(builder, "ip-address");
	case FIELD_PREFIX:
		return ref_to(builder, "ip-prefix");
	case FIELD_MAC:
		return ref_to(builder, "mac-address");
	case FIELD_RECORD:
	case FIELD_LIST:
	case FIELD_MAP:
		break;
	}
	return NULL;
}

static struct node *scalar_schema(struct builder *builder, const struct field *field)
{
	struct node *forms = node_new(builder->arena, NODE_LIST);

	node_append(forms, plain_schema(builder, field));
	if (field->flags & FIELD_AUTO)
		node_append(forms, single(builder, "const", "auto"));
	if (field->flags & FIELD_DEFAULT_WORD)
		node_append(forms, single(builder, "const", "default"));
	node_append(forms, ref_to(builder, "variable"));
	return any_of(builder, forms);
}

/* ---- records ---- */

/* "bridge port" as "bridge-port"; another record of the same name gets a number. */
static const char *new_def_name(struct builder *builder, const struct record *record)
{
	char *slug = arena_strdup(builder->arena, record->name), *c;
	const char *name = slug;
	int number = 1;

	for (c = slug; *c; c++)
		if (*c == ' ')
			*c = '-';
	while (node_find(builder->defs, name))
		name = arena_printf(builder->arena, "%s-%d", slug, ++number);
	return name;
}

static void add_rows(struct builder *builder, const struct record *record, struct node *properties,
		     struct node *required)
{
	size_t i;

	for (i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];

		if (field->flags & FIELD_HIDDEN || node_find(properties, field->name))
			continue;
		node_add(builder->arena, properties, field->name, field_schema(builder, field));
		if (field->flags & FIELD_REQUIRED)
			node_append(required,
				    node_new_text(builder->arena, NODE_TEXT, field->name));
	}
}

static void set_required(struct builder *builder, struct node *object, struct node *required)
{
	if (required->count)
		node_add(builder->arena, object, "required", required);
}

/* {"if": {"properties": {KEY: {"const": VALUE}}, "required": [KEY]}, "then": rows of the variant} */
static struct node *variant_rule(struct builder *builder, const char *key, const char *value,
				 const struct record *record)
{
	struct arena *arena = builder->arena;
	struct node *rule = node_new(arena, NODE_MAP), *then = node_new(arena, NODE_MAP);
	struct node *condition = node_child(arena, rule, "if", NODE_MAP);
	struct node *required = node_new(arena, NODE_LIST);

	node_add(arena, node_child(arena, condition, "properties", NODE_MAP), key,
		 single(builder, "const", value));
	node_append(node_child(arena, condition, "required", NODE_LIST),
		    node_new_text(arena, NODE_TEXT, key));
	add_rows(builder, record, node_child(arena, then, "properties", NODE_MAP), required);
	set_required(builder, then, required);
	node_add(arena, rule, "then", then);
	return rule;
}

/* The values of the row that chooses, and their rows. */
static void add_variants(struct builder *builder, const struct record *record, struct node *object)
{
	struct arena *arena = builder->arena;
	struct node *properties = node_find(object, "properties");
	struct node *key = node_find(properties, record->variant_key);
	struct node *values = node_new(arena, NODE_LIST), *rules = node_new(arena, NODE_LIST);
	const struct record *variant;
	const char *value;
	size_t i;

	for (i = 0; record->variant_at(i, &value, &variant); i++) {
		node_append(values, node_new_text(arena, NODE_TEXT, value));
		if (variant)
			node_append(rules,
				    variant_rule(builder, record->variant_key, value, variant));
	}
	node_append(values, node_new_text(arena, NODE_NULL, NULL)); /* as if it were not there */
	key->first = key->last = NULL;
	key->count = 0;
	node_add(arena, key, "enum", values);
	node_set_text(arena, key, "description", record_field(record, record->variant_key)->help);
	if (rules->count)
		node_add(arena, object, "allOf", rules);
}

/* The map form. Rows of variants are known only to the rules, so these decide what is unevaluated. */
static struct node *object_schema(struct builder *builder, const struct record *record)
{
	struct arena *arena = builder->arena;
	struct node *object = node_new(arena, NODE_MAP), *required = node_new(arena, NODE_LIST);
	struct node *properties = node_new(arena, NODE_MAP);

	add_rows(builder, record, properties, required);
	if (record->variants && !record->variant_key)
		add_rows(builder, record->variants[0], properties, required);
	set_types(builder, object, "object", required->count ? NULL : "null");
	node_add(arena, object, "properties", properties);
	set_required(builder, object, required);
	if (record->variant_at)
		add_variants(builder, record, object);
	node_set_bool(arena, object,
		      record->variant_at ? "unevaluatedProperties" : "additionalProperties", false);
	return object;
}

static bool takes_scalar(const struct record *record)
{
	return record->scalar || record->from_scalar;
}

static struct node *short_form(struct builder *builder, const struct record *record)
{
	struct node *form = typed(builder, "string", "number");

	node_set_text(builder->arena, form, "description", record->scalar_help);
	return form;
}

static struct node *def_schema(struct builder *builder, const struct record *record)
{
	struct arena *arena = builder->arena;
	struct node *forms = node_new(arena, NODE_LIST), *def = node_new(arena, NODE_MAP);
	const struct field *list = record->list_key ? record_field(record, record->list_key) : NULL;

	node_set_text(arena, def, "description", record->help);
	if (record->n_fields || record->variant)
		node_append(forms, object_schema(builder, record));
	if (list)
		node_append(forms, field_schema(builder, list));
	/* A list of values takes one value too. */
	if (record->from_scalar && !(list && takes_scalar(list->record)))
		node_append(forms, short_form(builder, record));
	if (forms->count > 1) {
		node_add(arena, def, "anyOf", forms);
		return def;
	}
	take_children(def, forms->first);
	return def;
}

/* What a value of a record looks like. */
static struct node *record_schema(struct builder *builder, const struct record *record)
{
	struct def *def;
	struct node *place;

	if (record->scalar)
		return field_schema(builder, &record->fields[0]);
	for (def = builder->first; def; def = def->next)
		if (def->record == record)
			return ref_to(builder, def->name);
	def = ARENA_NEW(builder->arena, struct def);
	def->record = record;
	def->name = new_def_name(builder, record);
	def->next = builder->first;
	builder->first = def;
	/* The name is taken first: a record may stand below itself. */
	place = node_add(builder->arena, builder->defs, def->name,
			 node_new(builder->arena, NODE_MAP));
	take_children(place, def_schema(builder, record));
	return ref_to(builder, def->name);
}

/* ---- lists and maps ---- */

static struct node *list_schema(struct builder *builder, const struct field *field)
{
	struct node *list = typed(builder, "array", "null");
	struct node *forms = node_new(builder->arena, NODE_LIST);

	node_add(builder->arena, list, "items", record_schema(builder, field->record));
	node_append(forms, list);
	if (field->record->scalar)
		node_append(forms, field_schema(builder, &field->record->fields[0]));
	else if (takes_scalar(field->record))
		node_append(forms, short_form(builder, field->record));
	return any_of(builder, forms);
}

static struct node *map_schema(struct builder *builder, const struct field *field)
{
	struct node *map = typed(builder, "object", "null");
	struct node *forms = node_new(builder->arena, NODE_LIST), *names;
	const char *pattern = field->flags & FIELD_NAME ? IFNAME_PATTERN : NAME_PATTERN;
	struct node *name_forms = node_new(builder->arena, NODE_LIST);

	if (!(field->flags & FIELD_FREE_KEYS)) {
		node_append(name_forms, pattern_schema(builder, pattern));
		node_append(name_forms, ref_to(builder, "variable"));
		node_add(builder->arena, map, "propertyNames", any_of(builder, name_forms));
	}
	node_add(builder->arena, map, "additionalProperties",
		 record_schema(builder, field->record));
	node_append(forms, map);
	if (field->flags & FIELD_KEY_LIST) {
		names = typed(builder, "array", NULL);
		node_add(builder->arena, names, "items", typed(builder, "string", NULL));
		node_append(forms, names);
	}
	return any_of(builder, forms);
}

static struct node *shape_schema(struct builder *builder, const struct field *field)
{
	if (field->type == FIELD_LIST)
		return list_schema(builder, field);
	if (field->type == FIELD_MAP)
		return map_schema(builder, field);
	if (field->type == FIELD_RECORD)
		return record_schema(builder, field->record);
	return scalar_schema(builder, field);
}

static struct node *field_schema(struct builder *builder, const struct field *field)
{
	struct node *schema = shape_schema(builder, field);

	if (!node_find(schema, "description"))
		node_set_text(builder->arena, schema, "description", field->help);
	return schema;
}

/* ---- the whole ---- */

/* Keys that never reach the rows: see document.h. */
static void add_document_keys(struct builder *builder, struct node *properties)
{
	struct arena *arena = builder->arena;
	struct node *vars = typed(builder, "object", "null"), *value, *types;
	struct node *forms = node_new(arena, NODE_LIST);
	struct node *list = typed(builder, "array", NULL), *include;

	node_add(arena, list, "items", typed(builder, "string", NULL));
	node_append(forms, typed(builder, "string", "null"));
	node_append(forms, list);
	include = any_of(builder, forms);
	node_set_text(arena, include, "description",
		      "files to read as part of this one: names or patterns, relative to it");
	node_add(arena, properties, "include", include);

	node_add(arena, vars, "propertyNames", pattern_schema(builder, "^[A-Za-z_][A-Za-z0-9_]*$"));
	value = node_child(arena, vars, "additionalProperties", NODE_MAP);
	types = node_child(arena, value, "type", NODE_LIST);
	node_append(types, node_new_text(arena, NODE_TEXT, "string"));
	node_append(types, node_new_text(arena, NODE_TEXT, "number"));
	node_append(types, node_new_text(arena, NODE_TEXT, "boolean"));
	node_append(types, node_new_text(arena, NODE_TEXT, "null"));
	node_set_text(arena, vars, "description", "variables: ${name} stands for the value");
	node_add(arena, properties, "vars", vars);
}

static void add_text_defs(struct builder *builder)
{
	size_t i;

	for (i = 0; i < sizeof(text_defs) / sizeof(text_defs[0]); i++) {
		struct node *def = i ? typed(builder, "string", NULL)
				     : typed(builder, "string", "null"); /* the variable */

		node_set_text(builder->arena, def, "pattern", text_defs[i].pattern);
		node_set_text(builder->arena, def, "description", text_defs[i].description);
		node_add(builder->arena, builder->defs, text_defs[i].name, def);
	}
}

struct node *schema_build(const struct record *root, struct arena *arena)
{
	struct builder builder = { .arena = arena };
	struct node *schema = node_new(arena, NODE_MAP), *object;

	builder.defs = node_new(arena, NODE_MAP);
	add_text_defs(&builder);
	node_set_text(arena, schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
	node_set_text(arena, schema, "title", root->help);
	object = object_schema(&builder, root);
	add_document_keys(&builder, node_find(object, "properties"));
	take_children(schema, object);
	node_add(arena, schema, "$defs", builder.defs);
	return schema;
}
