/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows are printed from their description alone; the few words special to a list stand in print_words. */
#include "cmd/output_rows.h"

#include "model/arena.h"
#include "model/link.h"
#include "model/nft_table.h"
#include "model/node.h"
#include "model/text.h"

#include <string.h>

#define NOTE_COLUMN 53

static const char *sign_text(enum row_sign sign)
{
	switch (sign) {
	case SIGN_ADD:
		return "+";
	case SIGN_REMOVE:
		return "-";
	case SIGN_CHANGE:
		return "~";
	case SIGN_REMAKE:
		return "-/+";
	case SIGN_ADOPT:
		return "=";
	}
	return "?";
}

static enum output_style sign_style(enum row_sign sign)
{
	switch (sign) {
	case SIGN_ADD:
		return STYLE_ADD;
	case SIGN_REMOVE:
		return STYLE_REMOVE;
	case SIGN_CHANGE:
	case SIGN_REMAKE:
	case SIGN_ADOPT:
		return STYLE_CHANGE;
	}
	return STYLE_CHANGE;
}

static void put(const struct row_printer *printer, const char *text)
{
	output_safe(printer->file, text, strlen(text));
}

void row_print(const struct row_printer *printer, bool nested, enum row_sign sign,
	       const char *label, const char *text, const char *note)
{
	AUTO_TEXT struct text line = { 0 };
	int indent = nested ? 7 : sign == SIGN_REMAKE ? 4 : 3;
	size_t start;

	text_add(&line, "%*s ", indent, sign_text(sign));
	start = line.length;
	text_add(&line, nested ? "%-11s " : sign == SIGN_REMAKE ? "%-8s " : "%-9s ", label);
	text_add(&line, "%s", text);
	while (line.length > start && line.data[line.length - 1] == ' ')
		line.data[--line.length] = '\0';
	fputs(output_style(sign_style(sign), printer->color), printer->file);
	put(printer, text_get(&line));
	fputs(output_plain(printer->color), printer->file);
	if (note && note[0]) {
		int room = line.length + 2 < NOTE_COLUMN ? (int)(NOTE_COLUMN - line.length) : 2;

		fprintf(printer->file, "%*s%s", room, "", output_style(STYLE_DIM, printer->color));
		put(printer, note);
		fputs(output_plain(printer->color), printer->file);
	}
	fputc('\n', printer->file);
}

void position_inline(const struct position *position, struct text *ret)
{
	if (position->file && position->line)
		text_add(ret, "%s:%u", position->file, position->line);
}

/* ---- values ---- */

static void add_node(const struct node *node, struct text *ret);

/* Keys that say nothing their value does not say. */
static bool is_plain_key(const char *key)
{
	static const char *const plain[] = { "name", "endpoint", "action", "protocol", "port" };
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (!strcmp(key, plain[i]))
			return true;
	return false;
}

/* A map in one line: "tcp 8080 -> 10.0.0.2:80 hairpin". */
static void add_map(const struct node *map, struct text *ret)
{
	const struct node *child;
	const char *gap = "";

	NODE_FOR_EACH (child, map) {
		text_add(ret, "%s", gap);
		gap = " ";
		if (child->kind == NODE_SCALAR && child->type == NODE_BOOL) {
			text_add(ret, "%s%s", strcmp(child->text, "true") ? "no " : "", child->key);
			continue;
		}
		if (!strcmp(child->key, "to"))
			text_add(ret, "-> ");
		else if (!is_plain_key(child->key))
			text_add(ret, "%s ", child->key);
		add_node(child, ret);
	}
}

static void add_node(const struct node *node, struct text *ret)
{
	const struct node *child;

	switch (node->kind) {
	case NODE_SCALAR:
		text_add(ret, "%s", node->text);
		return;
	case NODE_MAP:
		add_map(node, ret);
		return;
	case NODE_LIST:
		NODE_FOR_EACH (child, node) {
			add_node(child, ret);
			if (child->next)
				text_add(ret, child->kind == NODE_MAP ? "; " : ",");
		}
		return;
	}
}

/* One element of a list. A port map's protocol is said even where it is the default. */
static void add_element(const struct field *field, const struct node *element, struct text *ret)
{
	if (field->record == &record_dnat && !node_find(element, "protocol"))
		text_add(ret, "tcp ");
	if (field->type == FIELD_MAP && element->key)
		text_add(ret, "%s ", element->key);
	add_node(element, ret);
}

static bool is_list(const struct field *field)
{
	return field->type == FIELD_LIST || field->type == FIELD_MAP;
}

/* A reference within the object's own place is bare, however it is kept. */
static void add_value(const struct object *object, const struct field *field, const void *data,
		      struct arena *arena, struct text *ret)
{
	if (is_list(field) || field->type == FIELD_RECORD) {
		add_node(field_to_node(field, data, arena), ret);
	} else if (field->type == FIELD_REF) {
		struct ref ref = object_ref(object, field_member_const(field, data));

		if (strcmp(ref.place, object->place))
			text_add(ret, "%s:", ref.place[0] ? ref.place : "host");
		text_add(ret, "%s", ref.name);
	} else {
		field_format(field, data, ret);
	}
}

static bool is_absent(const struct field *field, const void *data)
{
	return !field_is_number(field) && field_is_unset(field, data);
}

/* ---- lists ---- */

/* Where element `index` was written, if its record remembers that. */
static void add_element_position(const struct field *field, const void *data, size_t index,
				 struct text *ret)
{
	const struct list *list = field_member_const(field, data);
	const struct item *item;

	if (!field->record->has_item || index >= list->n)
		return;
	item = list_item(list, field->record, index);
	position_inline(&item->position, ret);
}

static bool is_among(const struct node *element, const struct node *list)
{
	const struct node *other;

	NODE_FOR_EACH (other, list) {
		if (text_equal(element->key, other->key) && node_equal(element, other))
			return true;
	}
	return false;
}

/* Elements of `data` that `other` lacks. Returns how many. */
static size_t print_elements(const struct row_printer *printer, enum row_sign sign,
			     const struct field *field, const void *data, const struct node *list,
			     const struct node *other)
{
	const struct node *element;
	size_t index = 0, printed = 0;

	NODE_FOR_EACH (element, list) {
		AUTO_TEXT struct text text = { 0 }, note = { 0 };

		if (!other || !is_among(element, other)) {
			add_element(field, element, &text);
			if (sign == SIGN_ADD)
				add_element_position(field, data, index, &note);
			row_print(printer, true, sign, field->name, text_get(&text),
				  text_get(&note));
			printed++;
		}
		index++;
	}
	return printed;
}

static void print_list_change(const struct row_printer *printer, const struct field *field,
			      const void *want, const void *have, struct arena *arena)
{
	const struct node *after = field_to_node(field, want, arena);
	const struct node *before = field_to_node(field, have, arena);
	size_t printed = print_elements(printer, SIGN_REMOVE, field, have, before, after);

	printed += print_elements(printer, SIGN_ADD, field, want, after, before);
	if (!printed)
		row_print(printer, true, SIGN_CHANGE, field->name, "another order", NULL);
}

/* ---- objects ---- */

/* Said in the object's own line, or not for people. */
static bool is_in_heading(const struct field *field)
{
	return field->flags & (FIELD_KEY | FIELD_HIDDEN) || !strcmp(field->name, "type");
}

/* Calls visit for each row of an object that is set and not at its default. */
typedef void visit_row(void *data, const struct object *object, size_t index,
		       const struct field *field, const void *member);

static void for_each_set_row(const struct object *object, visit_row *visit, void *data)
{
	struct section sections[SECTION_MAX];
	size_t n = object_sections(object, sections), index = 0, i, j;

	for (i = 0; i < n; i++) {
		const struct record *record = sections[i].record;
		bool counts =
			record != &record_bridge_port || ref_is_set(&object_link(object)->master);

		for (j = 0; j < record->n_fields; j++, index++)
			if (counts && !is_in_heading(&record->fields[j]) &&
			    !field_is_default(&record->fields[j], record, sections[i].data))
				visit(data, object, index, &record->fields[j], sections[i].data);
	}
}

struct created {
	const struct row_printer *printer;
	struct arena *arena;
	const struct object *twin;
	const char *whose;
};

/* Whether the other end of a veth has the same row with the same value. */
static bool is_of_both(const struct object *twin, size_t index, const struct field *field,
		       const void *member)
{
	const struct field *other;
	void *data;

	return twin && object_field(twin, index, &other, &data) && other == field &&
	       field_equal(field, member, data);
}

static void print_created(void *data, const struct object *object, size_t index,
			  const struct field *field, const void *member)
{
	const struct created *created = data;
	bool derived = field->flags & FIELD_AUTO && !(object->written & 1ULL << index);
	AUTO_TEXT struct text text = { 0 };

	if (is_of_both(created->twin, index, field, member))
		return;
	if (is_list(field)) {
		print_elements(created->printer, SIGN_ADD, field, member,
			       field_to_node(field, member, created->arena), NULL);
		return;
	}
	add_value(object, field, member, created->arena, &text);
	row_print(created->printer, true, SIGN_ADD, field->name, text_get(&text),
		  created->whose ? created->whose
		  : derived	 ? "derived"
				 : NULL);
}

void rows_print_created(const struct row_printer *printer, const struct object *want,
			const struct object *twin, const char *whose)
{
	struct created created = {
		.printer = printer, .arena = arena_new(), .twin = twin, .whose = whose
	};

	for_each_set_row(want, print_created, &created);
	arena_free(created.arena);
}

static const char *disruption_words(enum disruption disruption)
{
	switch (disruption) {
	case DISRUPTION_NONE:
		return "no interruption";
	case DISRUPTION_FLAP:
		return "! short interruption";
	case DISRUPTION_TRAFFIC_LOSS:
		return "! traffic is lost";
	case DISRUPTION_CONTROL:
		return "! your SSH connection";
	}
	return NULL;
}

static void print_change(const struct row_printer *printer, const struct change *change,
			 const struct field *field, const void *want, const void *have,
			 const char *note, struct arena *arena)
{
	AUTO_TEXT struct text text = { 0 };
	enum row_sign sign = SIGN_CHANGE;

	/* Set again, because the kernel forgets it: a port's parameters, when it joins another bridge. */
	if (field_equal(field, want, have))
		return;
	if (is_list(field)) {
		print_list_change(printer, field, want, have, arena);
		return;
	}
	if (is_absent(field, have))
		sign = SIGN_ADD;
	else
		add_value(change->have, field, have, arena, &text);
	if (is_absent(field, want))
		sign = SIGN_REMOVE;
	else if (sign == SIGN_CHANGE)
		text_add(&text, " -> ");
	if (sign != SIGN_REMOVE)
		add_value(change->want, field, want, arena, &text);
	row_print(printer, true, sign, field->name, text_get(&text), note);
}

/* What a difference that has no value means. */
static const char *hidden_words(const char *name)
{
	if (!strcmp(name, "altered"))
		return "by somebody else";
	return strcmp(name, "outdated") ? "" : "by another program, which takes its place";
}

void rows_print_changed(const struct row_printer *printer, const struct change *change,
			const char *whose)
{
	struct arena *arena = arena_new();
	const char *note = whose;
	const struct field *field, *have_field;
	void *want, *have;
	size_t i;

	if (!note && change->op == CHANGE_UPDATE)
		note = disruption_words(change->disruption);
	for (i = 0; i < FIELD_MASK_BITS; i++) {
		if (!(change->fields & 1ULL << i) ||
		    !object_field(change->want, i, &field, &want) ||
		    !object_field(change->have, i, &have_field, &have) || field != have_field)
			continue;
		if (field->flags & FIELD_HIDDEN) {
			row_print(printer, true, SIGN_CHANGE, field->name,
				  hidden_words(field->name), note);
			continue;
		}
		print_change(printer, change, field, want, have, note, arena);
	}
	arena_free(arena);
}

static void add_inline(void *data, const struct object *object, size_t index,
		       const struct field *field, const void *member)
{
	struct text *ret = data;
	struct arena *arena = arena_new();

	(void)index;
	text_add(ret, " %s", field->name);
	if (field->type != FIELD_BOOL || !field_get_number(field, member)) {
		text_add(ret, " ");
		add_value(object, field, member, arena, ret);
	}
	arena_free(arena);
}

void rows_inline(const struct object *object, struct text *ret)
{
	for_each_set_row(object, add_inline, ret);
}
