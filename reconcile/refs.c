/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reconcile/refs.h"

static void visit_field(const struct object *object, const struct field *field, const void *data,
			refs_visit *visit, void *visit_data);

static void visit_record(const struct object *object, const struct record *record, const void *data,
			 refs_visit *visit, void *visit_data)
{
	size_t i;

	for (i = 0; i < record->n_fields; i++)
		visit_field(object, &record->fields[i], data, visit, visit_data);
}

static void visit_field(const struct object *object, const struct field *field, const void *data,
			refs_visit *visit, void *visit_data)
{
	const void *member = field_member_const(field, data);
	const struct list *list = member;
	size_t i;

	if (field->type == FIELD_REF && ref_is_set(member))
		visit(visit_data, object, field, member);
	if (field->type == FIELD_RECORD)
		visit_record(object, field->record, member, visit, visit_data);
	if (field->type == FIELD_LIST || field->type == FIELD_MAP)
		for (i = 0; i < list->n; i++)
			visit_record(object, field->record, list_item(list, field->record, i),
				     visit, visit_data);
}

void refs_for_each(const struct object *object, refs_visit *visit, void *data)
{
	struct section sections[SECTION_MAX];
	size_t n = object_sections(object, sections), i;

	for (i = 0; i < n; i++)
		visit_record(object, sections[i].record, sections[i].data, visit, data);
}
