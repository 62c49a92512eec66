/* SPDX-License-Identifier: GPL-2.0-or-later */
/* References to links: the rows say which there are. And no reference chain may come back to where it began. */
#include "model/classes.h"
#include "model/nft_table.h"
#include "model/text.h"
#include "model/validate_rules.h"

static void suggest_netns(const struct validation *v, const char *name)
{
	struct object *object;
	size_t i;

	if (validation_is_full(v))
		return;
	MODEL_FOR_EACH (object, v->model, i) {
		if (object->class == &class_netns && text_is_near(name, object->name)) {
			diag_hint(v->diag, "did you mean \"%s\"?", object->name);
			return;
		}
	}
}

static void check_ref(const struct validation *v, const struct object *object,
		      const struct field *field, const struct ref *ref)
{
	struct ref full = object_ref(object, ref);

	if (!full.name || model_find(v->model, &class_link, full.place, full.name))
		return;
	if (full.place[0] && !model_find(v->model, &class_netns, "", full.place)) {
		diag_error(v->diag, &object->position, "%s: there is no namespace \"%s\"",
			   field->name, full.place);
		suggest_netns(v, full.place);
		return;
	}
	diag_error(v->diag, &object->position, "%s: there is no interface \"%s\" in %s",
		   field->name, full.name, validation_place(v, full.place));
	if (!validation_suggest_link(v, full.place, full.name) && !full.place[0])
		diag_hint(v->diag, "if it is made elsewhere, write \"interfaces: {%s: {}}\"",
			  full.name);
}

static void check_record(const struct validation *v, const struct object *object,
			 const struct record *record, const void *data)
{
	size_t i, j;

	for (i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];
		const struct list *list;

		if (field->type == FIELD_REF)
			check_ref(v, object, field, field_member_const(field, data));
		if (field->type != FIELD_LIST && field->type != FIELD_MAP)
			continue;
		list = field_member_const(field, data);
		for (j = 0; j < list->n; j++)
			check_record(v, object, field->record, list_item(list, field->record, j));
	}
}

/*
 * Rules name interfaces by text, and some may come and go by other hands. In a namespace of ours that is unlikely
 * enough to be said.
 */
static void check_name(const struct validation *v, const struct object *table,
		       const struct position *position, const char *name)
{
	if (!name || !table->place[0] || model_find(v->model, &class_link, table->place, name))
		return;
	diag_warning(v->diag, position, "there is no interface \"%s\" in %s", name,
		     validation_place(v, table->place));
	validation_suggest_link(v, table->place, name);
}

static void check_rule_names(const struct validation *v, const struct object *object)
{
	const struct nft_table *table = object->data;
	size_t i;

	for (i = 0; i < table->masquerade.n; i++) {
		const struct masquerade *rule =
			list_item(&table->masquerade, &record_masquerade, i);

		check_name(v, object, &rule->item.position, rule->out);
		check_name(v, object, &rule->item.position, rule->out_not);
	}
	for (i = 0; i < table->snat.n; i++) {
		const struct snat *rule = list_item(&table->snat, &record_snat, i);

		check_name(v, object, &rule->item.position, rule->out);
		check_name(v, object, &rule->item.position, rule->out_not);
	}
	for (i = 0; i < table->dnat.n; i++) {
		const struct dnat *rule = list_item(&table->dnat, &record_dnat, i);

		check_name(v, object, &rule->item.position, rule->in);
	}
	for (i = 0; i < table->policy.n; i++) {
		const struct policy *rule = list_item(&table->policy, &record_policy, i);

		check_name(v, object, &rule->item.position, rule->in);
		check_name(v, object, &rule->item.position, rule->out);
	}
}

/* ---- cycles ---- */

enum color { WHITE, GREY, BLACK };

static const struct object *target(const struct validation *v, const struct object *link,
				   bool master)
{
	const struct link *data = object_link(link);

	return model_find_ref(v->model, link, master ? &data->master : &data->link);
}

/* The chain from `link` back to itself, for the message. */
static const char *describe_cycle(const struct validation *v, const struct object *link,
				  const uint8_t *by_master)
{
	const struct object *at = link;
	const char *text = link->name;

	do {
		bool master = by_master[at->sequence];

		at = target(v, at, master);
		text = arena_printf(v->arena, "%s %s %s", text, master ? "is a port of" : "sits on",
				    at->name);
		if (at != link)
			text = arena_printf(v->arena, "%s, which", text);
	} while (at != link);
	return text;
}

/*
 * Walks from `start` along master and link, deep first. `from` leads back the way it came; no recursion, since a
 * chain may be as long as the file.
 */
static void walk(const struct validation *v, const struct object *start, uint8_t *color,
		 uint8_t *step, uint8_t *by_master, const struct object **from)
{
	const struct object *at = start, *next;

	color[at->sequence] = GREY;
	while (at) {
		uint32_t n = at->sequence;

		if (step[n] == 2) {
			color[n] = BLACK;
			at = from[n];
			continue;
		}
		by_master[n] = step[n]++ == 0;
		next = target(v, at, by_master[n]);
		if (!next || next == at || color[next->sequence] == BLACK)
			continue;
		if (color[next->sequence] == GREY) {
			diag_error(v->diag, &at->position, "%s", describe_cycle(v, at, by_master));
			diag_hint(v->diag, "one of them must stand on its own");
			continue;
		}
		color[next->sequence] = GREY;
		from[next->sequence] = at;
		at = next;
	}
}

static void check_cycles(const struct validation *v)
{
	uint8_t *color = arena_alloc(v->arena, v->n_sequences);
	uint8_t *step = arena_alloc(v->arena, v->n_sequences);
	uint8_t *by_master = arena_alloc(v->arena, v->n_sequences);
	const struct object **from = arena_alloc(v->arena, v->n_sequences * sizeof(*from));
	uint32_t i;

	for (i = 0; i < v->n_sequences; i++)
		if (v->objects[i] && v->objects[i]->class == &class_link && color[i] == WHITE)
			walk(v, v->objects[i], color, step, by_master, from);
}

void validate_references(struct validation *v)
{
	struct section sections[SECTION_MAX];
	struct object *object;
	size_t i, n;

	MODEL_FOR_EACH (object, v->model, i) {
		n = object_sections(object, sections);
		while (n-- > 0)
			check_record(v, object, sections[n].record, sections[n].data);
		if (object->class == &class_nft_table)
			check_rule_names(v, object);
	}
	check_cycles(v);
}
