/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From nodes to records. One function per shape a row can have; scalars are typed by field_parse, so
 * `22:22`, `010` and `no` are what their row says and nothing else.
 */
#include "model/read.h"

#include "model/synonym.h"
#include "model/text.h"

#include <net/if.h>
#include <stdarg.h>
#include <string.h>

#define NAME_MAX_LENGTH 63

/* What a record's map is read into: its own rows, and those of its variant. */
struct target {
	const struct record *record, *variant;
	void *item, *variant_data;
	uint64_t written;
};

void reader_path(const struct reader *reader, struct text *ret)
{
	if (!reader->parent)
		return;
	reader_path(reader->parent, ret);
	if (!reader->key)
		text_add(ret, "[%zu]", reader->index);
	else
		text_add(ret, "%s%s", ret->length ? "." : "", reader->key);
}

void read_error(const struct reader *reader, const struct node *node, const char *format, ...)
{
	AUTO_TEXT struct text path = { 0 };
	va_list args;

	reader_path(reader, &path);
	va_start(args, format);
	diag_error(reader->diag, &node->position, "%s%s%s", text_get(&path),
		   path.length ? ": " : "", arena_vprintf(reader->arena, format, args));
	va_end(args);
}

static struct reader below(const struct reader *parent, const char *key, size_t index)
{
	return (struct reader){
		.arena = parent->arena,
		.diag = parent->diag,
		.parent = parent,
		.key = key,
		.index = index,
	};
}

bool name_is_valid(const char *name)
{
	static const char alphanumeric[] = "0123456789abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t length = strlen(name), i;

	if (!length || length > NAME_MAX_LENGTH || !strchr(alphanumeric, name[0]))
		return false;
	for (i = 1; i < length; i++)
		if (!strchr(alphanumeric, name[i]) && !strchr("._-", name[i]))
			return false;
	return true;
}

/* ---- unknown keys ---- */

static const char *nearest(const struct record *record, const char *word, const char *best)
{
	size_t i;

	for (i = 0; record && i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];

		if (field->flags & FIELD_HIDDEN || !text_is_near(word, field->name))
			continue;
		if (!best || text_distance(word, field->name) < text_distance(word, best))
			best = field->name;
	}
	return best;
}

static void unknown_key(const struct record *record, const struct record *variant,
			const struct node *node, const struct reader *reader)
{
	const char *best = synonym_find(variant, node->key), *hint = synonym_hint(node->key);
	AUTO_TEXT struct text path = { 0 };

	if (!best)
		best = synonym_find(record, node->key);
	if (!best && !hint)
		best = nearest(variant, node->key, nearest(record, node->key, NULL));

	reader_path(reader, &path);
	diag_error(reader->diag, &node->key_position, "unknown key \"%s\"%s%s", node->key,
		   path.length ? " in " : "", text_get(&path));
	if (best)
		diag_hint(reader->diag, "did you mean \"%s\"?", best);
	else if (hint)
		diag_hint(reader->diag, "%s", hint);
}

void read_unknown_key(const struct record *record, const struct node *node, struct reader *reader)
{
	unknown_key(record, NULL, node, reader);
}

/* ---- scalars ---- */

static const char *shape(const struct node *node)
{
	switch (node->kind) {
	case NODE_SCALAR:
		return "a single value";
	case NODE_MAP:
		return "a map";
	case NODE_LIST:
		return "a list";
	}
	return "";
}

/* YAML 1.1 reads these as booleans, we do not: tell what was meant. */
static const char *boolean_word(const char *text)
{
	static const char *const yes[] = { "yes", "on", "y", "True", "TRUE", "Yes", "1" };
	static const char *const no[] = { "no", "off", "n", "False", "FALSE", "No", "0" };
	size_t i;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (!strcmp(text, yes[i]))
			return "true";
		if (!strcmp(text, no[i]))
			return "false";
	}
	return NULL;
}

/* field_parse ends its reason with "; did you mean …?" where it has a suggestion: that is the hint. */
void read_wrong_scalar(const struct field *field, const struct node *node, const char *why,
		       const struct reader *reader)
{
	const char *hint = strstr(why, "; did you mean ");
	int length = (int)(hint ? (size_t)(hint - why) : strlen(why));
	const char *word = field->type == FIELD_BOOL ? boolean_word(node->text) : NULL;

	read_error(reader, node, "%.*s, not \"%.60s\"", length, why, node->text);
	if (hint)
		diag_hint(reader->diag, "%s", hint + 2);
	else if (word)
		diag_hint(reader->diag, "did you mean \"%s\"?", word);
}

static bool read_scalar(const struct field *field, const struct node *node, void *data,
			const struct reader *reader)
{
	AUTO_TEXT struct text why = { 0 };

	if (node->kind != NODE_SCALAR) {
		read_error(reader, node, "expected a single value, not %s", shape(node));
		return false;
	}
	if (field->flags & FIELD_DEFAULT_WORD && !strcmp(node->text, "default"))
		return true; /* the family follows from the gateway */
	if (field_parse(field, data, node->text, reader->arena, &why))
		return true;
	read_wrong_scalar(field, node, text_get(&why), reader);
	return false;
}

/* ---- lists and maps of records ---- */

static bool takes_scalar(const struct record *record)
{
	return record->scalar || record->from_scalar;
}

/* One value stands for a list of one where the elements are values. */
static bool read_list(const struct field *field, const struct node *node, void *data,
		      const struct reader *reader)
{
	struct list *list = field_member(field, data);
	const struct node *child;
	bool ok = true;
	size_t i = 0;

	if (node->kind == NODE_SCALAR && takes_scalar(field->record)) {
		struct reader same = *reader;

		return record_read(field->record, node,
				   list_append(list, field->record, reader->arena), &same);
	}
	if (node->kind != NODE_LIST) {
		read_error(reader, node, "expected a list, not %s", shape(node));
		return false;
	}
	NODE_FOR_EACH (child, node) {
		struct reader element = below(reader, NULL, i++);

		ok &= record_read(field->record, child,
				  list_append(list, field->record, reader->arena), &element);
	}
	return ok;
}

static bool check_name(const struct field *field, const struct node *node, const char *name,
		       const struct position *position, const struct reader *reader)
{
	struct node at = *node;

	at.position = *position;
	if (field->flags & FIELD_FREE_KEYS)
		return true;
	if (!name_is_valid(name)) {
		read_error(reader, &at,
			   "expected a name of letters, digits, '.', '_' and '-', at most %d of "
			   "them, not \"%.80s\"",
			   NAME_MAX_LENGTH, name);
		return false;
	}
	if (field->flags & FIELD_NAME && strlen(name) >= IFNAMSIZ) {
		read_error(reader, &at,
			   "expected an interface name of at most %d characters, not \"%s\"",
			   IFNAMSIZ - 1, name);
		return false;
	}
	return true;
}

static bool read_map_element(const struct field *field, const struct node *node, const char *name,
			     const struct position *position, void *data,
			     const struct reader *reader)
{
	struct list *list = field_member(field, data);
	struct reader nested = below(reader, name, 0);
	struct item *item;
	bool ok;

	if (!check_name(field, node, name, position, reader))
		return false;
	item = list_append(list, field->record, reader->arena);
	item->name = arena_strdup(reader->arena, name);
	item->position = *position;
	ok = record_read(field->record, node, item, &nested);
	item->position = *position;
	return ok;
}

/* A list of names: each is a key with nothing written below it. */
static bool read_key_list(const struct field *field, const struct node *node, void *data,
			  const struct reader *reader)
{
	struct node empty = { .kind = NODE_SCALAR, .type = NODE_NULL, .text = "" };
	const struct node *child, *before;
	bool ok = true;

	NODE_FOR_EACH (child, node) {
		if (child->kind != NODE_SCALAR) {
			read_error(reader, child, "expected a name, not %s", shape(child));
			ok = false;
			continue;
		}
		for (before = node->first; before != child; before = before->next) {
			if (before->kind == NODE_SCALAR && !strcmp(before->text, child->text)) {
				read_error(reader, child, "\"%s\" stands here twice", child->text);
				ok = false;
			}
		}
		empty.position = child->position;
		ok &= read_map_element(field, &empty, child->text, &child->position, data, reader);
	}
	return ok;
}

static bool read_map(const struct field *field, const struct node *node, void *data,
		     const struct reader *reader)
{
	const struct node *child;
	bool ok = true;

	if (node->kind == NODE_LIST && field->flags & FIELD_KEY_LIST)
		return read_key_list(field, node, data, reader);
	if (node->kind != NODE_MAP) {
		read_error(reader, node, "expected a map%s, not %s",
			   field->flags & FIELD_KEY_LIST ? " or a list of names" : "", shape(node));
		return false;
	}
	NODE_FOR_EACH (child, node) {
		ok &= read_map_element(field, child, child->key, &child->key_position, data,
				       reader);
	}
	return ok;
}

static bool read_embedded(const struct field *field, const struct node *node, void *data,
			  const struct reader *reader)
{
	void *member = field_member(field, data);
	struct reader same = *reader;

	if (field->record->defaults)
		memcpy(member, field->record->defaults, field->record->size);
	return record_read(field->record, node, member, &same);
}

static bool read_field(const struct field *field, const struct node *node, void *data,
		       const struct reader *reader)
{
	switch (field->type) {
	case FIELD_BOOL:
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_U32:
	case FIELD_ENUM8:
	case FIELD_ENUM16:
	case FIELD_ENUM32:
	case FIELD_STRING:
	case FIELD_REF:
	case FIELD_ADDR:
	case FIELD_PREFIX:
	case FIELD_MAC:
		return read_scalar(field, node, data, reader);
	case FIELD_RECORD:
		return read_embedded(field, node, data, reader);
	case FIELD_LIST:
		return read_list(field, node, data, reader);
	case FIELD_MAP:
		return read_map(field, node, data, reader);
	}
	return false;
}

/* ---- records ---- */

/* The row of that key, its struct and its bit in `written`; NULL: unknown. */
static const struct field *find_row(const struct target *target, const char *key, void **data,
				    uint64_t *bit)
{
	const struct field *field = record_field(target->record, key);
	size_t index = 0;

	*data = target->item;
	if (field) {
		index = (size_t)(field - target->record->fields);
	} else if (target->variant) {
		field = record_field(target->variant, key);
		*data = target->variant_data;
		if (field)
			index = target->record->n_fields +
				(size_t)(field - target->variant->fields);
	}
	*bit = 1ULL << (index & 63);
	return field && !(field->flags & FIELD_HIDDEN) ? field : NULL;
}

static bool check_required(const struct record *record, uint64_t written, size_t first,
			   const struct node *node, const struct reader *reader)
{
	AUTO_TEXT struct text path = { 0 };
	bool ok = true;
	size_t i;

	for (i = 0; record && i < record->n_fields; i++) {
		if (!(record->fields[i].flags & FIELD_REQUIRED) || written & 1ULL << (first + i))
			continue;
		if (ok)
			reader_path(reader, &path);
		diag_error(reader->diag, &node->position, "missing key \"%s\"%s%s",
			   record->fields[i].name, path.length ? " in " : "", text_get(&path));
		if (record->fields[i].min && record->fields[i].min == record->fields[i].max)
			diag_hint(reader->diag, "write \"%s: %u\"", record->fields[i].name,
				  record->fields[i].min);
		ok = false;
	}
	return ok;
}

static bool read_record_map(const struct record *record, const struct node *node, void *item,
			    struct reader *reader)
{
	struct target target = { .record = record, .item = item };
	size_t errors = diag_met(reader->diag);
	const struct node *child;
	bool ok = true;

	if (record->variant)
		target.variant = record->variant(item, node, reader, &target.variant_data);
	NODE_FOR_EACH (child, node) {
		struct reader nested = below(reader, child->key, 0);
		const struct field *field;
		uint64_t bit;
		void *data;

		field = find_row(&target, child->key, &data, &bit);
		if (!field) {
			unknown_key(record, target.variant, child, reader);
			ok = false;
		} else if (!node_is_null(child)) {
			target.written |= bit;
			ok &= read_field(field, child, data, &nested);
		}
	}
	ok &= check_required(record, target.written, 0, node, reader);
	ok &= check_required(target.variant, target.written, record->n_fields, node, reader);
	if (record->has_item)
		((struct item *)item)->written = target.written;
	return ok && errors == diag_met(reader->diag);
}

/* One row of a record, for the forms that leave its key out. */
static bool read_one_row(const struct record *record, const struct field *field,
			 const struct node *node, void *item, const struct reader *reader)
{
	if (record->has_item)
		((struct item *)item)->written |= 1ULL << (field - record->fields);
	return read_field(field, node, item, reader);
}

static void wrong_shape(const struct record *record, const struct node *node,
			const struct reader *reader)
{
	bool map = !record->scalar && (record->n_fields || record->variant);

	read_error(reader, node, "expected %s%s%s%s, not %s", map ? "a map" : "",
		   map && record->list_key ? " or a list" : "",
		   record->from_scalar ? map ? " or " : "" : "",
		   record->from_scalar ? record->scalar_help
		   : record->scalar    ? "a single value"
				       : "",
		   node_is_null(node) ? "nothing" : shape(node));
}

/* Shorthand: nothing written at all. */
static bool read_nothing(const struct record *record, const struct node *node, void *item,
			 struct reader *reader)
{
	struct node empty = *node;

	if (record->scalar || (record->from_scalar && !record->n_fields && !record->variant)) {
		wrong_shape(record, node, reader);
		return false;
	}
	empty.kind = NODE_MAP;
	empty.first = empty.last = NULL;
	empty.count = 0;
	return read_record_map(record, &empty, item, reader);
}

static void set_origin(struct item *item, const struct node *node)
{
	item->position = node->position;
	item->node = node->kind == NODE_MAP ? node : NULL;
}

const struct position *item_value_position(const struct item *item, const char *key, size_t index)
{
	const struct node *value = item->node ? node_find(item->node, key) : NULL, *child;

	if (!value)
		return &item->position;
	if (value->kind != NODE_LIST)
		return &value->position;
	NODE_FOR_EACH (child, value) {
		if (!index--)
			return &child->position;
	}
	return &value->position;
}

bool record_read(const struct record *record, const struct node *node, void *item,
		 struct reader *reader)
{
	if (record->has_item)
		set_origin(item, node);
	if (node_is_null(node))
		return read_nothing(record, node, item, reader);
	if (record->scalar)
		return read_one_row(record, &record->fields[0], node, item, reader);
	if (node->kind == NODE_MAP && (record->n_fields || record->variant))
		return read_record_map(record, node, item, reader);
	if (node->kind == NODE_SCALAR && record->from_scalar)
		return record->from_scalar(item, node, reader);
	if (node->kind == NODE_LIST && record->list_key)
		return read_one_row(record, record_field(record, record->list_key), node, item,
				    reader);
	wrong_shape(record, node, reader);
	return false;
}
