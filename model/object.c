/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects, seen through their rows alone. */
#include "model/object.h"

#include "model/classes.h"
#include "model/text.h"

#include <string.h>

size_t object_sections(const struct object *object, struct section ret[SECTION_MAX])
{
	if (object->class->sections)
		return object->class->sections(object, ret);
	ret[0] = (struct section){ .record = &object->class->record, .data = object->data };
	return 1;
}

bool object_field(const struct object *object, size_t index, const struct field **field,
		  void **data)
{
	struct section sections[SECTION_MAX];
	size_t n = object_sections(object, sections), i;

	for (i = 0; i < n; i++) {
		if (index < sections[i].record->n_fields) {
			*field = &sections[i].record->fields[index];
			*data = sections[i].data;
			return true;
		}
		index -= sections[i].record->n_fields;
	}
	return false;
}

bool object_field_is_default(const struct object *object, size_t index)
{
	struct section sections[SECTION_MAX];
	size_t n = object_sections(object, sections), i;

	for (i = 0; i < n; i++) {
		const struct record *record = sections[i].record;

		if (index < record->n_fields)
			return field_is_default(&record->fields[index], record, sections[i].data);
		index -= record->n_fields;
	}
	return true;
}

int object_compare(const struct object *a, const struct object *b)
{
	size_t rank_a = class_rank(a->class), rank_b = class_rank(b->class);
	int order;

	if (rank_a != rank_b)
		return rank_a < rank_b ? -1 : 1;
	order = text_compare_natural(a->place, b->place);
	return order ? order : text_compare_natural(a->name, b->name);
}

bool object_same_shape(const struct object *want, const struct object *have)
{
	return !want->class->same_shape || want->class->same_shape(want, have);
}

/* Of a link made elsewhere also what was ours and is not wanted any more: it is put back. */
static bool counts(const struct object *want, const struct object *have, const struct field *field,
		   const void *data, size_t index)
{
	if (want->external)
		return (want->written | have->written) & 1ULL << index;
	return !(field->flags & FIELD_LOOSE) || !field_is_unset(field, data);
}

/* Refs are resolved first: "eth0" in ns1 and "ns1:eth0" are the same. */
static bool differs(const struct object *want, const void *want_data, const struct object *have,
		    const void *have_data, const struct field *field)
{
	struct ref x, y;

	if (field->type != FIELD_REF)
		return !field_equal(field, want_data, have_data);
	x = object_ref(want, field_member_const(field, want_data));
	y = object_ref(have, field_member_const(field, have_data));
	return !ref_equal(&x, &y);
}

uint64_t object_diff(const struct object *want, const struct object *have)
{
	const struct field *field, *have_field;
	void *want_data, *have_data;
	uint64_t mask = 0;
	size_t i;

	for (i = 0; i < FIELD_MASK_BITS; i++) {
		if (!object_field(want, i, &field, &want_data) ||
		    !object_field(have, i, &have_field, &have_data) || field != have_field)
			break;
		if (counts(want, have, field, want_data, i) &&
		    differs(want, want_data, have, have_data, field))
			mask |= 1ULL << i;
	}
	return mask;
}

void object_path(const struct object *object, struct text *ret)
{
	if (object->class == &class_netns)
		text_add(ret, "namespace %s", object->name);
	else if (object->class == &class_resolver)
		text_add(ret, "resolver of %s", object->name);
	else
		text_add(ret, "%s/%s", object->place[0] ? object->place : "host", object->name);
}

struct ref object_ref(const struct object *object, const struct ref *ref)
{
	struct ref full = *ref;

	if (full.name && !full.place)
		full.place = object->place;
	return full;
}
