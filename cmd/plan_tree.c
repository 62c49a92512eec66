/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan as a tree: one element for each object, in the order of execution. */
#include "cmd/plan_tree.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/fdb.h"
#include "model/link.h"
#include "model/text.h"

#include <string.h>

/* ---- objects ---- */

static const char *type_of(const struct object *object)
{
	if (object->class == &class_netns)
		return "namespace";
	if (object->class == &class_nft_table)
		return "rules";
	if (object->class != &class_link)
		return object->class->name;
	return object_link(object)->type ? object_link(object)->type : "interface";
}

const char *change_address(const struct object *object, struct arena *arena)
{
	const struct class *class = object->class;
	const char *prefix =
		object->place[0] ? arena_printf(arena, "namespaces/%s/", object->place) : "";
	const char *type;

	if (class == &class_netns)
		return arena_printf(arena, "namespaces/%s", object->name);
	if (class == &class_resolver)
		return arena_printf(arena, "namespaces/%s/resolver", object->name);
	if (class == &class_nft_table)
		return arena_printf(arena, "%srules", prefix);
	if (class == &class_address) {
		const struct address *address = object->data;
		char text[ADDR_TEXT_MAX];

		return arena_printf(arena, "%sinterfaces/%s/addresses/%s", prefix,
				    address->interface.name ? address->interface.name : "",
				    addr_format_prefix(&address->address, text));
	}
	if (class == &class_fdb) {
		const struct fdb *fdb = object->data;
		size_t length = strlen(fdb->interface.name) + 1;

		return arena_printf(arena, "%sinterfaces/%s/fdb/%s", prefix, fdb->interface.name,
				    object->name + length);
	}
	if (class != &class_link)
		return arena_printf(arena, "%s%ss/%s", prefix, class->name, object->name);
	type = object_link(object)->type;
	return arena_printf(arena, "%s%s/%s", prefix,
			    type && !strcmp(type, "bridge") ? "bridges" : "interfaces",
			    object->name);
}

/* Whether one of two texts begins with the other, as far as `length` bytes of the first. */
static bool begin_alike(const char *pattern, size_t length, const char *word)
{
	size_t shorter = length < strlen(word) ? length : strlen(word);

	return strncmp(pattern, word, shorter) == 0;
}

bool change_pattern_is_possible(const char *pattern)
{
	static const char *const roots[] = { "bridges/", "interfaces/", "namespaces/", "routes/",
					     "rules",	 "sysctls/",	"tunnels/" };
	static const char namespaces[] = "namespaces/";
	size_t length = strcspn(pattern, "*?[\\"), i;
	const char *rest;

	for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (begin_alike(pattern, length, roots[i]))
			break;
	if (i == sizeof(roots) / sizeof(roots[0]))
		return false;
	rest = text_starts_with(pattern, namespaces) ? strchr(pattern + sizeof(namespaces) - 1, '/')
						     : NULL;
	if (!rest || rest >= pattern + length)
		return pattern[length] || strchr(pattern, '/') || !strcmp(pattern, "rules");
	return text_starts_with(rest, "/resolver") || change_pattern_is_possible(rest + 1);
}

/* The rows of a bridge port stand in a map of their own: some have the name of a row of the kind. */
static struct node *section_map(struct arena *arena, struct node *map, const struct record *record)
{
	return record == &record_bridge_port ? node_child(arena, map, "port", NODE_MAP) : map;
}

static struct node *row_value(const struct field *field, const void *data, struct arena *arena)
{
	if (!field_is_number(field) && field_is_unset(field, data) && field->type != FIELD_LIST &&
	    field->type != FIELD_MAP)
		return node_new_text(arena, NODE_NULL, NULL);
	return field_to_node(field, data, arena);
}

/* The rows in `mask`; with mask 0 those that are set and not at their default. */
static struct node *object_rows(const struct object *object, uint64_t mask, struct arena *arena)
{
	struct node *map = node_new(arena, NODE_MAP);
	struct section sections[SECTION_MAX];
	size_t n = object_sections(object, sections), index = 0, i, j;

	for (i = 0; i < n; i++) {
		const struct record *record = sections[i].record;
		bool counts =
			record != &record_bridge_port || ref_is_set(&object_link(object)->master);

		for (j = 0; j < record->n_fields; j++, index++) {
			const struct field *field = &record->fields[j];

			if (field->flags & FIELD_HIDDEN)
				continue;
			if (mask ? !(mask & 1ULL << index)
				 : !counts || field_is_default(field, record, sections[i].data))
				continue;
			node_add(arena, section_map(arena, map, record), field->name,
				 row_value(field, sections[i].data, arena));
		}
	}
	return map;
}

/* ---- changes ---- */

const char *change_action(const struct change *change)
{
	if (change->pair)
		return "replace";
	switch (change->op) {
	case CHANGE_CREATE:
		return "create";
	case CHANGE_UPDATE:
		return "update";
	case CHANGE_DELETE:
		return "delete";
	case CHANGE_ADOPT:
		return "adopt";
	case CHANGE_DISOWN:
		return "disown";
	}
	return "no-op";
}

static const char *disruption_name(enum disruption disruption)
{
	switch (disruption) {
	case DISRUPTION_NONE:
		return "none";
	case DISRUPTION_FLAP:
		return "flap";
	case DISRUPTION_TRAFFIC_LOSS:
		return "traffic-loss";
	case DISRUPTION_CONTROL:
		return "control-connection";
	}
	return "none";
}

static void add_actions(struct node *map, const struct change *change, struct arena *arena)
{
	struct node *actions = node_child(arena, map, "actions", NODE_LIST);

	if (change->pair)
		node_append(actions, node_new_text(arena, NODE_TEXT, "delete"));
	node_append(actions, node_new_text(arena, NODE_TEXT,
					   change->pair ? "create" : change_action(change)));
}

static void add_values(struct node *map, const struct change *change, const struct object *have,
		       struct arena *arena)
{
	const struct object *want = change->want;
	bool both = want && have && change->fields;

	node_add(arena, map, "before",
		 have ? object_rows(have, both ? change->fields : 0, arena)
		      : node_new_text(arena, NODE_NULL, NULL));
	node_add(arena, map, "after",
		 want ? object_rows(want, both ? change->fields : 0, arena)
		      : node_new_text(arena, NODE_NULL, NULL));
}

static void add_replaced_rows(struct node *map, const struct change *change, struct arena *arena)
{
	struct node *list = node_child(arena, map, "replace_because", NODE_LIST);
	const struct field *field;
	void *data;
	size_t i;

	for (i = 0; i < FIELD_MASK_BITS; i++)
		if (change->fields & 1ULL << i && object_field(change->want, i, &field, &data) &&
		    field->flags & FIELD_RECREATE)
			node_append(list, node_new_text(arena, NODE_TEXT, field->name));
	if (!list->count && change->because)
		node_append(list, node_new_text(arena, NODE_TEXT, change->because));
}

static const char *reason_of(const struct change *change, const struct plan_context *context)
{
	if (!change->want)
		return "removed";
	if (change->op == CHANGE_ADOPT)
		return "unmarked";
	if (change->op == CHANGE_CREATE && !change->pair)
		return "missing";
	return context->inputs_changed ? "changed" : "drift";
}

static void add_source(struct node *map, const struct position *position, struct arena *arena)
{
	struct node *source;

	if (!position->file)
		return;
	source = node_child(arena, map, "source", NODE_MAP);
	node_set_text(arena, source, "file", position->file);
	node_set_number(arena, source, "line", position->line);
	node_set_number(arena, source, "column", position->column);
}

static struct node *change_map(const struct change *change, const struct plan_context *context,
			       struct arena *arena)
{
	struct node *map = node_new(arena, NODE_MAP);
	const struct object *have = change->pair ? change->pair->have : change->have;
	const struct object *object = change->want ? change->want : have;

	node_set_text(arena, map, "address", change_address(object, arena));
	node_set_text(arena, map, "type", type_of(object));
	add_actions(map, change, arena);
	add_values(map, change, have, arena);
	node_set_text(arena, map, "reason", reason_of(change, context));
	if (change->pair)
		add_replaced_rows(map, change, arena);
	node_set_text(arena, map, "disruption", disruption_name(change_disruption(change)));
	if (change->implied_by)
		node_set_bool(arena, map, "implied", true);
	if (change->want)
		add_source(map, &change->want->position, arena);
	return map;
}

/* ---- the whole ---- */

static void add_inputs(struct node *root, const struct plan_context *context, struct arena *arena)
{
	struct node *list = node_child(arena, root, "inputs", NODE_LIST);
	size_t i;

	for (i = 0; i < context->n_inputs; i++) {
		struct node *input = node_append(list, node_new(arena, NODE_MAP));

		node_set_text(arena, input, "path", context->inputs[i].path);
		node_set_text(arena, input, "sha256", context->inputs[i].sha256);
	}
}

static void add_summary(struct node *root, const struct plan *plan, struct arena *arena)
{
	struct node *summary = node_child(arena, root, "summary", NODE_MAP);

	node_set_number(arena, summary, "create", (long long)plan->n_create);
	node_set_number(arena, summary, "update", (long long)plan->n_update);
	node_set_number(arena, summary, "replace", (long long)plan->n_replace);
	node_set_number(arena, summary, "delete", (long long)plan->n_delete);
	if (plan->n_adopt)
		node_set_number(arena, summary, "adopt", (long long)plan->n_adopt);
	node_set_number(arena, summary, "unchanged", (long long)plan->n_unchanged);
}

static void add_refusals(struct node *root, const struct plan *plan, struct arena *arena)
{
	struct node *list = node_child(arena, root, "refusals", NODE_LIST);
	size_t i;

	for (i = 0; i < plan->n_refusals; i++) {
		struct node *refusal = node_append(list, node_new(arena, NODE_MAP));

		node_set_text(arena, refusal, "message", plan->refusals[i].text);
		node_set_text(arena, refusal, "hint", plan->refusals[i].hint);
		add_source(refusal, &plan->refusals[i].position, arena);
	}
}

static void add_warnings(struct node *root, const struct diag *diag, struct arena *arena)
{
	struct node *list = node_child(arena, root, "warnings", NODE_LIST);
	size_t i;

	for (i = 0; diag && i < diag_count(diag); i++) {
		const struct diag_message *message = diag_get(diag, i);
		struct node *warning;

		if (message->severity != DIAG_WARNING)
			continue;
		warning = node_append(list, node_new(arena, NODE_MAP));
		node_set_text(arena, warning, "message", message->text);
		node_set_text(arena, warning, "hint", message->hint);
		add_source(warning, &message->position, arena);
	}
}

struct node *plan_tree(const struct plan *plan, const struct plan_context *context,
		       struct arena *arena)
{
	struct node *root = node_new(arena, NODE_MAP), *changes;
	size_t i;

	node_set_text(arena, root, "format_version", "1.0");
	node_set_text(arena, root, "kind", "plan");
	node_set_text(arena, root, "tool_version", VNETAPPLY_VERSION);
	node_set_text(arena, root, "name", context->name);
	node_set_text(arena, root, "host", context->host);
	node_set_text(arena, root, "created", context->created);
	add_inputs(root, context, arena);
	node_set_text(arena, root, "live_digest", context->live_digest);
	node_set_bool(arena, root, "has_changes", !plan_is_empty(plan));
	add_summary(root, plan, arena);
	changes = node_child(arena, root, "changes", NODE_LIST);
	for (i = 0; i < plan->n_changes; i++)
		if (plan->changes[i]->op != CHANGE_DELETE || !plan->changes[i]->pair)
			node_append(changes, change_map(plan->changes[i], context, arena));
	add_refusals(root, plan, arena);
	add_warnings(root, context->diag, arena);
	return root;
}
