/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks every row of every kind, class and record of the file format: a new row, kind or class is tested by being
 * there.
 */
#include "model/kinds.h"

#include "model/classes.h"
#include "model/syntax.h"
#include "model/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct arena *arena;

static int open_arena(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static size_t member_size(const struct field *field)
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
		return field_number_size(field);
	case FIELD_STRING:
		return sizeof(const char *);
	case FIELD_REF:
		return sizeof(struct ref);
	case FIELD_ADDR:
	case FIELD_PREFIX:
		return sizeof(struct addr);
	case FIELD_MAC:
		return sizeof(struct mac);
	case FIELD_RECORD:
		return field->record->size;
	case FIELD_LIST:
	case FIELD_MAP:
		return sizeof(struct list);
	}
	return 0;
}

static bool is_scalar(const struct field *field)
{
	return field->type != FIELD_RECORD && field->type != FIELD_LIST && field->type != FIELD_MAP;
}

static bool is_word(const struct field *field)
{
	return field->type == FIELD_ENUM8 || field->type == FIELD_ENUM16 ||
	       field->type == FIELD_ENUM32;
}

static bool is_key_name(const char *name)
{
	return name[0] && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

/* ---- what holds for a row by itself ---- */

static void check_words(const struct record *record, const struct field *field)
{
	const struct enum_name *a, *b;
	uint32_t value;

	if (!is_word(field))
		return;
	assert_non_null(field->names);
	for (a = field->names; a->name; a++) {
		assert_true(enum_value(&value, field->names, a->name));
		assert_int_equal(value, a->value);
		if (field_number_size(field) < 4 && a->value >> (8 * field_number_size(field)))
			fail_msg("%s.%s: %s does not fit", record->name, field->name, a->name);
		for (b = a + 1; b->name; b++)
			if (!strcmp(a->name, b->name) || a->value == b->value)
				fail_msg("%s.%s: %s and %s", record->name, field->name, a->name,
					 b->name);
	}
}

/* A sample that a row of that type and limits accepts. */
static const char *sample_text(const struct field *field)
{
	switch (field->type) {
	case FIELD_BOOL:
		return "true";
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_U32:
		return arena_printf(arena, "%u", field->max ? field->max : field->min + 1);
	case FIELD_ENUM8:
	case FIELD_ENUM16:
	case FIELD_ENUM32:
		return field->names[0].name;
	case FIELD_STRING:
		return "abc";
	case FIELD_REF:
		return "host:eth0";
	case FIELD_ADDR:
		return "2001:db8::1";
	case FIELD_PREFIX:
		return "10.0.0.0/8";
	case FIELD_MAC:
		return "02:00:00:00:00:01";
	case FIELD_RECORD:
	case FIELD_LIST:
	case FIELD_MAP:
		break;
	}
	return NULL;
}

/* format -> parse -> equal */
static void check_round_trip(const struct record *record, const struct field *field,
			     const char *value)
{
	AUTO_TEXT struct text why = { 0 };
	AUTO_TEXT struct text text = { 0 };
	void *a = record_new(record, arena), *b = record_new(record, arena);

	if (!field_parse(field, a, value, arena, &why))
		fail_msg("%s.%s refuses %s: %s", record->name, field->name, value, text_get(&why));
	field_format(field, a, &text);
	if (!field_parse(field, b, text_get(&text), arena, &why))
		fail_msg("%s.%s refuses its own %s", record->name, field->name, text_get(&text));
	assert_true(field_equal(field, a, b));
	field_copy(field, record_new(record, arena), a, arena);
}

/* What a record starts with must be something that a file could say. */
static void check_default(const struct record *record, const struct field *field)
{
	void *data = record_new(record, arena);
	AUTO_TEXT struct text text = { 0 };

	if (!is_scalar(field) || field_is_unset(field, data) || field->flags & FIELD_HIDDEN)
		return;
	field_format(field, data, &text);
	check_round_trip(record, field, text_get(&text));
}

static void check_limits(const struct record *record, const struct field *field)
{
	uint64_t room;

	if (!field_is_number(field))
		return;
	room = (1ULL << (8 * field_number_size(field))) - 1;
	if (field->max > room || (field->max && field->min > field->max) ||
	    (uint64_t)field->max * (field->scale ? field->scale : 1) > UINT32_MAX)
		fail_msg("%s.%s: limits", record->name, field->name);
}

static void check_row(const struct record *record, const struct field *field)
{
	const struct enum_name *word;

	if (!is_key_name(field->name))
		fail_msg("%s.%s is no key", record->name, field->name);
	if (field->offset + member_size(field) > record->size)
		fail_msg("%s.%s is outside its struct", record->name, field->name);
	assert_true(is_scalar(field) || field->record);
	assert_true(!(field->flags & FIELD_WIDE) || field->type == FIELD_BOOL);
	assert_true(!(field->flags & FIELD_UNORDERED) || field->type == FIELD_LIST);
	check_words(record, field);
	check_limits(record, field);
	check_default(record, field);
	if (is_scalar(field))
		check_round_trip(record, field, sample_text(field));
	for (word = is_word(field) ? field->names : NULL; word && word->name; word++)
		check_round_trip(record, field, word->name);
}

static bool overlap(const struct field *a, const struct field *b)
{
	return a->offset < b->offset + member_size(b) && b->offset < a->offset + member_size(a);
}

/* ---- what holds for the rows of one struct ---- */

static const struct record *seen[256];
static size_t n_seen;

static void check_record(const struct record *record)
{
	size_t i, j;

	for (i = 0; i < n_seen; i++)
		if (seen[i] == record)
			return;
	assert_true(n_seen < sizeof(seen) / sizeof(seen[0]));
	seen[n_seen++] = record;
	assert_non_null(record->name);
	assert_true(record->n_fields <= FIELD_MASK_BITS);
	assert_true(!record->scalar || record->n_fields == 1);
	assert_true(!record->from_scalar == !record->scalar_help);
	assert_true(!record->list_key || record_field(record, record->list_key));
	for (i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];

		check_row(record, field);
		for (j = i + 1; j < record->n_fields; j++) {
			const struct field *other = &record->fields[j];

			if (!strcmp(field->name, other->name) || overlap(field, other) ||
			    (field->attr && field->attr == other->attr))
				fail_msg("%s: %s and %s", record->name, field->name, other->name);
		}
		if (field->record)
			check_record(field->record);
	}
	for (i = 0; record->variants && record->variants[i]; i++)
		check_record(record->variants[i]);
}

static void test_records_of_the_file_are_sound(void **state)
{
	(void)state;
	check_record(&record_file);
	check_record(&record_view);
	assert_true(n_seen > 20);
}

static void test_classes_are_sound(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; classes[i]; i++) {
		assert_int_equal(class_rank(classes[i]), i);
		check_record(&classes[i]->record);
		for (j = 0; j < i; j++)
			assert_string_not_equal(classes[i]->name, classes[j]->name);
	}
	assert_true(i >= 8);
}

static void test_kinds_are_sound(void **state)
{
	size_t i, j, k;

	(void)state;
	for (i = 0; kinds[i]; i++) {
		const struct record *record = &kinds[i]->record;

		assert_ptr_equal(kind_find(kinds[i]->name), kinds[i]);
		if (record->size)
			check_record(record);
		/* rows of a link, its port and its kind are one mask, and their keys one map */
		assert_true(class_link.record.n_fields + record_bridge_port.n_fields +
				    record->n_fields <=
			    FIELD_MASK_BITS);
		for (j = 0; j < record->n_fields; j++)
			if (record_field(&record_interface, record->fields[j].name))
				fail_msg("%s: %s is every interface's", kinds[i]->name,
					 record->fields[j].name);
		for (k = 0; k < i; k++)
			assert_string_not_equal(kinds[i]->name, kinds[k]->name);
	}
	assert_null(kind_find("nothing"));
}

static void test_link_set_kind_gives_the_kind_its_defaults(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; kinds[i]; i++) {
		struct link link = { 0 };

		link_set_kind(&link, kinds[i], arena);
		assert_string_equal(link.type, kinds[i]->name);
		assert_int_equal(link.info != NULL, kinds[i]->record.size != 0);
		if (link.info && kinds[i]->record.defaults)
			assert_true(record_equal(&kinds[i]->record, link.info,
						 kinds[i]->record.defaults));
		link_set_kind(&link, NULL, arena);
		assert_null(link.type);
		assert_null(link.info);
	}
}

/* A link's object starts with the port's defaults, whether it is a port or not. */
static void test_link_defaults_are_those_of_a_port(void **state)
{
	const struct link *link = record_new(&class_link.record, arena);

	(void)state;
	assert_true(record_equal(&record_bridge_port, &link->port, record_bridge_port.defaults));
	assert_true(link->up && link->autoconf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_of_the_file_are_sound),
		cmocka_unit_test(test_classes_are_sound),
		cmocka_unit_test(test_kinds_are_sound),
		cmocka_unit_test(test_link_set_kind_gives_the_kind_its_defaults),
		cmocka_unit_test(test_link_defaults_are_those_of_a_port),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
