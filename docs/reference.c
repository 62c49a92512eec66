/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the key reference of vnetapply.yaml(5) from the rows that read the file, so that the manual cannot
 * differ from the program. Output: mdoc subsections, one per record, in the order in which they are met.
 */
#include "model/kinds.h"
#include "model/syntax.h"
#include "model/text.h"

#include <stdio.h>
#include <string.h>

#define RECORDS_MAX 128

struct reference {
	const struct record *seen[RECORDS_MAX];
	size_t n;
};

/* Prints text as lines that an editor likes; a line must not begin with mdoc's control characters. */
static void print_wrapped(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column && column + word > 78 && text[0] != '.' && text[0] != '\'') {
			printf("\n");
			column = 0;
		}
		printf("%s%.*s", column ? " " : "", (int)word, text);
		column += word + 1;
		text += word + (text[word] == ' ');
	}
}

static void list_words(const struct field *field)
{
	const struct enum_name *name;

	for (name = field->names; name->name; name++)
		printf("%s%s", name == field->names ? "" : ", ", name->name);
}

static void print_number(const struct field *field)
{
	if (field->max && field->max != UINT32_MAX)
		printf("number from %u to %u", field->min, field->max);
	else
		printf("number");
}

static void print_type(const struct field *field)
{
	switch (field->type) {
	case FIELD_BOOL:
		printf("true or false");
		return;
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_BE16:
	case FIELD_U32:
		print_number(field);
		return;
	case FIELD_ENUM8:
	case FIELD_ENUM16:
	case FIELD_ENUM32:
		list_words(field);
		return;
	case FIELD_STRING:
		printf("%s", field->flags & FIELD_NAME ? "interface name" : "text");
		return;
	case FIELD_REF:
		printf("interface");
		return;
	case FIELD_ADDR:
		printf("address");
		return;
	case FIELD_PREFIX:
		printf("%s", field->flags & FIELD_HOST_BITS ? "address/length" : "network/length");
		return;
	case FIELD_MAC:
		printf("MAC address");
		return;
	case FIELD_RECORD:
		printf("map: %s", field->record->name);
		return;
	case FIELD_LIST:
		printf("list: %s", field->record->name);
		return;
	case FIELD_MAP:
		printf("map by name: %s", field->record->name);
		return;
	}
}

static void print_default(const struct field *field, const struct record *record)
{
	AUTO_TEXT struct text text = { 0 };

	if (field->flags & FIELD_REQUIRED) {
		printf("; required");
		return;
	}
	if (!record->defaults || !(field_is_number(field) || field->type == FIELD_STRING))
		return;
	field_format(field, record->defaults, &text);
	if (text.length && !(field_is_unset(field, record->defaults) && field->type != FIELD_BOOL))
		printf("; default %s", text_get(&text));
}

static void print_row(const struct field *field, const struct record *record)
{
	printf(".It Cm %s Pq ", field->name);
	print_type(field);
	if (field->flags & FIELD_AUTO)
		printf(", or auto");
	print_default(field, record);
	printf("\n");
	if (field->help) {
		print_wrapped(field->help);
		printf(".\n");
	}
}

static void print_short_forms(const struct record *record)
{
	if (record->list_key)
		printf("A list in its place fills\n.Cm %s .\n", record->list_key);
	if (record->scalar_help)
		printf("Short form: %s.\n", record->scalar_help);
}

static void print_record(struct reference *reference, const struct record *record,
			 const char *title);

/* The variant whose rows a record always has besides its own; NULL: none, or its own row chooses. */
static const struct record *always(const struct record *record)
{
	return record->variants && !record->variant_key ? record->variants[0] : NULL;
}

static void print_rows(const struct record *record)
{
	size_t i;

	for (i = 0; i < record->n_fields; i++)
		if (!(record->fields[i].flags & FIELD_HIDDEN))
			print_row(&record->fields[i], record);
	if (always(record))
		print_rows(always(record));
}

static void print_nested(struct reference *reference, const struct record *record)
{
	size_t i;

	for (i = 0; i < record->n_fields; i++)
		if (record->fields[i].record)
			print_record(reference, record->fields[i].record, NULL);
	if (always(record))
		print_nested(reference, always(record));
}

static void print_kinds(void)
{
	size_t i, j;

	for (i = 0; kinds[i]; i++) {
		if (kinds[i]->reserved)
			continue;
		printf(".Ss interface of type %s\n", kinds[i]->name);
		if (kinds[i]->needs_link)
			printf("Needs\n.Cm link .\n");
		if (!kinds[i]->record.n_fields)
			continue;
		printf(".Bl -tag -width Ds\n");
		for (j = 0; j < kinds[i]->record.n_fields; j++)
			print_row(&kinds[i]->record.fields[j], &kinds[i]->record);
		printf(".El\n");
	}
}

static void print_record(struct reference *reference, const struct record *record,
			 const char *title)
{
	size_t i;

	for (i = 0; i < reference->n; i++)
		if (reference->seen[i] == record)
			return;
	if (record->scalar || reference->n == RECORDS_MAX)
		return;
	reference->seen[reference->n++] = record;
	printf(".Ss %s\n", title ? title : record->name);
	if (record->help)
		printf("%c%s.\n", record->help[0] & ~0x20, record->help + 1);
	print_short_forms(record);
	if (record->n_fields || always(record)) {
		printf(".Bl -tag -width Ds\n");
		print_rows(record);
		printf(".El\n");
	}
	if (record == &record_interface)
		print_kinds();
	print_nested(reference, record);
}

int main(void)
{
	struct reference reference = { 0 };

	print_record(&reference, &record_file, "Top level");
	return 0;
}
