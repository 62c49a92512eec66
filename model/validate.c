/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the rules, and says where things are. Each subject has a file of its own. */
#include "model/validate.h"

#include "model/classes.h"
#include "model/text.h"
#include "model/validate_rules.h"

const char *validation_place(const struct validation *v, const char *place)
{
	const char *host = v->topology->host;

	if (!place[0])
		return host ? host : "the host";
	return host ? arena_printf(v->arena, "%s/%s", host, place) : place;
}

const char *validation_line(const struct validation *v, const struct position *from,
			    const struct position *to)
{
	if (!to->file)
		return "";
	if (text_equal(from->file, to->file))
		return arena_printf(v->arena, "line %u", to->line);
	return arena_printf(v->arena, "%s:%u", to->file, to->line);
}

const char *validation_at(const struct validation *v, const struct position *from,
			  const struct position *to)
{
	return to->file ? arena_printf(v->arena, " (%s)", validation_line(v, from, to)) : "";
}

bool validation_is_full(const struct validation *v)
{
	return diag_errors(v->diag) >= DIAG_MAX;
}

/* Index of the first object that does not come before (class, place). */
static size_t lower_bound(const struct validation *v, const struct object *key)
{
	size_t low = 0, high = model_count(v->model), middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (object_compare(model_at(v->model, middle), key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t validation_range(const struct validation *v, const struct class *class, const char *place,
			size_t *count)
{
	const struct object key = { .class = class, .place = place, .name = "" };
	size_t first = lower_bound(v, &key), i;

	for (i = first; i < model_count(v->model); i++) {
		const struct object *object = model_at(v->model, i);

		if (object->class != class || strcmp(object->place, place) != 0)
			break;
	}
	*count = i - first;
	return first;
}

bool validation_suggest_link(const struct validation *v, const char *place, const char *name)
{
	const char *best = NULL;
	unsigned distance, least = UINT32_MAX;
	size_t first, count, i;

	if (validation_is_full(v))
		return false;
	first = validation_range(v, &class_link, place, &count);
	for (i = first; i < first + count; i++) {
		const char *candidate = model_at(v->model, i)->name;

		distance = text_distance(name, candidate);
		if (distance < least && text_is_near(name, candidate)) {
			least = distance;
			best = candidate;
		}
	}
	if (best)
		diag_hint(v->diag, "did you mean \"%s\"?", best);
	return best;
}

static void number_objects(struct validation *v)
{
	struct object *object;
	size_t i;

	v->n_sequences = 1;
	MODEL_FOR_EACH (object, v->model, i) {
		if (object->sequence >= v->n_sequences)
			v->n_sequences = object->sequence + 1;
	}
	v->objects = arena_alloc(v->arena, v->n_sequences * sizeof(*v->objects));
	v->segment = arena_alloc(v->arena, v->n_sequences * sizeof(*v->segment));
	MODEL_FOR_EACH (object, v->model, i) {
		v->objects[object->sequence] = object;
	}
}

void validate_model(const struct topology *topology, struct diag *diag)
{
	struct validation v = {
		.topology = topology, .model = topology->want, .arena = arena_new(), .diag = diag
	};
	struct object *object;
	size_t i;

	number_objects(&v);
	MODEL_FOR_EACH (object, v.model, i) {
		if (object->class->check)
			object->class->check(object, v.model, diag);
	}
	validate_references(&v);
	validate_links(&v);
	validate_addresses(&v);
	validate_port_maps(&v);
	validate_routes(&v);
	validate_tunnels(&v);
	arena_free(v.arena);
}
