/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups the changes of a plan for reading: both ends of a veth are one entry, addresses stand under a link that is made
 * or removed with them, lo under its namespace. The order of execution is the plan's own and not shown.
 */
#include "cmd/output_plan.h"

#include "cmd/output_rows.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/fdb.h"
#include "model/link.h"
#include "model/route.h"
#include "model/sysctl.h"
#include "model/text.h"

#include <stdlib.h>
#include <string.h>

struct line {
	const struct change *change; /* of a remade object: the creation */
	const struct object *object; /* wanted, or live if it goes */
	enum row_sign sign;
	const char *place; /* to sort by: a namespace stands with what is in it */
	struct line *parent, *child, *last_child, *sibling;
};

struct lines {
	struct line *items;
	size_t n;
};

/* ---- grouping ---- */

static unsigned rank_of(const struct line *item)
{
	if (item->object->class == &class_netns)
		return 0;
	return (unsigned)class_rank(item->object->class) +
	       (item->object->class == &class_nft_table ? 100 : 1); /* rules last */
}

static int compare_items(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = text_compare_natural(x->place, y->place);

	if (order)
		return order;
	if (rank_of(x) != rank_of(y))
		return rank_of(x) < rank_of(y) ? -1 : 1;
	return text_compare_natural(x->object->name, y->object->name);
}

static enum row_sign sign_of(const struct change *change)
{
	if (change->pair)
		return SIGN_REMAKE;
	switch (change->op) {
	case CHANGE_CREATE:
		return SIGN_ADD;
	case CHANGE_UPDATE:
		return SIGN_CHANGE;
	case CHANGE_DELETE:
		return SIGN_REMOVE;
	case CHANGE_ADOPT:
	case CHANGE_DISOWN:
		return SIGN_ADOPT;
	}
	return SIGN_CHANGE;
}

/* By binary search: lines are sorted by place, class and name. */
static struct line *find_item(const struct lines *list, const struct class *class,
			      const char *place, const char *name)
{
	const struct object object = { .class = class, .place = place, .name = name };
	const struct line key = { .object = &object,
				  .place = class == &class_netns ? name : place };

	return bsearch(&key, list->items, list->n, sizeof(struct line), compare_items);
}

/* An address, or where frames for one go: a row of its interface's entry. */
static bool is_of_link(const struct object *object)
{
	return object->class == &class_address || object->class == &class_fdb;
}

static const struct ref *link_of(const struct object *object)
{
	if (object->class == &class_fdb)
		return &((const struct fdb *)object->data)->interface;
	return &((const struct address *)object->data)->interface;
}

/* The entry below which an item stands; NULL: one of its own. */
static struct line *parent_of(const struct lines *list, const struct line *item)
{
	const struct object *object = item->object;
	struct line *parent = NULL;
	struct ref ref;

	if (is_of_link(object)) {
		ref = object_ref(object, link_of(object));
		parent = ref.name ? find_item(list, &class_link, ref.place, ref.name) : NULL;
		return parent && parent->sign != SIGN_CHANGE ? parent : NULL;
	}
	if (object->class != &class_link)
		return NULL;
	if (!strcmp(object->name, "lo"))
		parent = find_item(list, &class_netns, "", object->place);
	ref = object_ref(object, &object_link(object)->peer);
	if (ref.name)
		parent = find_item(list, &class_link, ref.place, ref.name);
	if (!parent || parent->sign != item->sign)
		return NULL;
	/* Of two ends the one in a namespace is the first. */
	if (ref.name && compare_items(parent, item) <= 0)
		return parent->place[0] || !item->place[0] ? parent : NULL;
	return ref.name && (item->place[0] || !parent->place[0]) ? NULL : parent;
}

/* An address on the second end of a veth stands under the entry of both. */
static void add_to_parent(struct line *item)
{
	struct line *parent = item->parent;

	if (!parent)
		return;
	if (parent->parent)
		item->parent = parent = parent->parent;
	if (parent->last_child)
		parent->last_child->sibling = item;
	else
		parent->child = item;
	parent->last_child = item;
}

static struct lines collect(const struct plan *plan)
{
	struct lines list = { .items = arena_check(
				      calloc(plan->n_changes + 1, sizeof(struct line))) };
	size_t i;

	for (i = 0; i < plan->n_changes; i++) {
		const struct change *change = plan->changes[i];
		struct line *item = &list.items[list.n];

		if (change->op == CHANGE_DELETE && change->pair)
			continue;
		item->change = change;
		item->object = change->want ? change->want : change->have;
		item->sign = sign_of(change);
		item->place = item->object->class == &class_netns ||
					      item->object->class == &class_resolver
				      ? item->object->name
				      : item->object->place;
		list.n++;
	}
	qsort(list.items, list.n, sizeof(struct line), compare_items);
	for (i = 0; i < list.n; i++)
		list.items[i].parent = parent_of(&list, &list.items[i]);
	for (i = 0; i < list.n; i++)
		add_to_parent(&list.items[i]);
	return list;
}

/* ---- one entry ---- */

/* Bare in the host's own place, as references are in the file. */
static void add_path(const struct object *object, struct text *ret)
{
	if (object->place[0])
		text_add(ret, "%s/", object->place);
	text_add(ret, "%s", object->name);
}

static const char *label_of(const struct object *object)
{
	const struct link *link;

	if (object->class == &class_netns)
		return "namespace";
	if (object->class == &class_nft_table)
		return "rules";
	if (object->class != &class_link)
		return object->class->name;
	link = object_link(object);
	if (!link->type)
		return "interface";
	return ref_is_set(&link->peer) ? "link" : link->type;
}

static void add_value_change(const struct line *item, struct text *ret)
{
	const struct object *want = item->change->want, *have = item->change->have;
	const struct sysctl *before = have ? have->data : NULL, *after = want ? want->data : NULL;

	text_add(ret, "  ");
	if (before && after && text_equal(before->value, after->value))
		text_add(ret, "%s", after->value);
	else if (before && after)
		text_add(ret, "%s -> %s", before->value, after->value);
	else if (after)
		text_add(ret, "%s", after->value);
}

/* "10.0.0.1/24", "02:… -> 192.0.2.5". */
static void add_row_text(const struct object *object, struct text *ret)
{
	const struct fdb *fdb = object->data;
	char mac[MAC_TEXT_MAX] = "default", addr[ADDR_TEXT_MAX];

	if (object->class == &class_address) {
		text_add(
			ret, "%s",
			addr_format_prefix(&((const struct address *)object->data)->address, addr));
		return;
	}
	if (mac_is_set(&fdb->macaddress))
		mac_format(&fdb->macaddress, mac);
	text_add(ret, "%s -> %s", mac, addr_format(&fdb->to, addr));
	if (fdb->port)
		text_add(ret, " port %u", fdb->port);
}

static void add_text(const struct line *item, const struct line *other_end, struct text *ret)
{
	const struct object *object = item->object;

	if (object->class == &class_netns || object->class == &class_resolver) {
		text_add(ret, "%s", object->name);
		return;
	}
	if (object->class == &class_nft_table) {
		text_add(ret, "%s", object->place[0] ? object->place : "host");
		return;
	}
	if (object->class == &class_route || object->class == &class_sysctl || is_of_link(object)) {
		if (object->place[0])
			text_add(ret, "%s  ", object->place);
		if (is_of_link(object)) {
			text_add(ret, object->class == &class_fdb ? "%s  " : "%s ",
				 link_of(object)->name);
			add_row_text(object, ret);
			return;
		}
		text_add(ret, "%s", object->name);
		if (object->class == &class_sysctl)
			add_value_change(item, ret);
		if (object->class == &class_route && item->sign != SIGN_CHANGE)
			rows_inline(object, ret);
		return;
	}
	if (!other_end) {
		add_path(object, ret);
		return;
	}
	object_path(object, ret);
	text_add(ret, "  <->  ");
	object_path(other_end->object, ret);
}

/* Where in the file, and why if that is not plain. */
static void add_note(const struct line *item, struct text *ret)
{
	const char *because = item->change->because, *arrow;

	if (item->sign != SIGN_REMOVE)
		position_inline(&item->object->position, ret);
	if (!because || item->sign == SIGN_ADD || item->sign == SIGN_CHANGE ||
	    item->sign == SIGN_ADOPT)
		return;
	if (ret->length)
		text_add(ret, "  ");
	if (item->sign == SIGN_REMAKE)
		text_add(ret, "! ");
	for (; (arrow = strstr(because, "\u2192")) != NULL; because = arrow + strlen("\u2192")) {
		text_add_bytes(ret, because, (size_t)(arrow - because));
		text_add(ret, "->");
	}
	text_add(ret, "%s", because);
}

/* Rows that the object's own line does not show. */
static bool has_rows(const struct object *object)
{
	return object->class != &class_sysctl && object->class != &class_address;
}

static void print_rows(const struct row_printer *printer, const struct line *item,
		       const struct line *twin, const char *whose)
{
	const struct object *object = item->object;

	if (!has_rows(object))
		return;
	switch (item->sign) {
	case SIGN_ADD:
		if (object->class != &class_route && object->class != &class_fdb)
			rows_print_created(printer, object, twin ? twin->object : NULL, whose);
		return;
	case SIGN_CHANGE:
	case SIGN_REMAKE:
		if (item->change->fields && item->change->want)
			rows_print_changed(printer,
					   &(const struct change){
						   .op = item->change->op,
						   .want = item->change->want,
						   .have = item->change->have
								   ? item->change->have
								   : item->change->pair->have,
						   .fields = item->change->fields,
						   .disruption = change_disruption(item->change),
					   },
					   whose);
		return;
	case SIGN_REMOVE:
	case SIGN_ADOPT:
		return;
	}
}

/* An item that stands under another one: an address as a row, a second end by its rows. */
static void print_child(const struct row_printer *printer, const struct line *parent,
			const struct line *item)
{
	AUTO_TEXT struct text whose = { 0 }, text = { 0 };
	const struct object *object = item->object;
	struct ref ref;

	if (is_of_link(object)) {
		ref = object_ref(object, link_of(object));
		if (strcmp(ref.name, parent->object->name) ||
		    strcmp(ref.place, parent->object->place))
			text_add(&whose, "%s/%s", ref.place[0] ? ref.place : "host", ref.name);
		add_row_text(object, &text);
		row_print(printer, true, item->sign, object->class->name, text_get(&text),
			  text_get(&whose));
		return;
	}
	if (parent->object->class == &class_netns) {
		if (item->sign == SIGN_ADD)
			row_print(printer, true, item->sign, "interface", object->name, NULL);
		return;
	}
	object_path(object, &whose);
	print_rows(printer, item, parent, text_get(&whose));
}

static void print_entry(const struct row_printer *printer, const struct line *item)
{
	AUTO_TEXT struct text text = { 0 }, note = { 0 };
	const struct line *other_end = NULL, *child;

	for (child = item->child; child; child = child->sibling)
		if (item->object->class == &class_link && child->object->class == &class_link)
			other_end = child;
	add_text(item, other_end, &text);
	add_note(item, &note);
	row_print(printer, false, item->sign, label_of(item->object), text_get(&text),
		  text_get(&note));
	for (child = item->child; child; child = child->sibling)
		if (is_of_link(child->object))
			print_child(printer, item, child);
	print_rows(printer, item, NULL, NULL);
	for (child = item->child; child; child = child->sibling)
		if (!is_of_link(child->object))
			print_child(printer, item, child);
}

/* ---- headings ---- */

static void print_name(FILE *file, const struct plan_heading *heading)
{
	fputs(output_style(STYLE_BOLD, heading->color), file);
	output_safe(file, heading->name, strlen(heading->name));
	if (heading->host) {
		fputs(" on ", file);
		output_safe(file, heading->host, strlen(heading->host));
	}
	fprintf(file, ":%s ", output_plain(heading->color));
}

#define COUNTS 5

struct count {
	size_t n;
	const char *words;
};

static void print_counts(FILE *file, const struct plan *plan, const struct plan_heading *heading,
			 const struct count counts[COUNTS], const char *nothing)
{
	const char *gap = "";
	size_t i;

	print_name(file, heading);
	if (plan_is_empty(plan))
		fputs(nothing, file);
	for (i = 0; i < COUNTS; i++) {
		if (!counts[i].n)
			continue;
		fprintf(file, "%s%zu %s", gap, counts[i].n, counts[i].words);
		gap = ", ";
	}
	fprintf(file, "  (%zu unchanged)\n", plan->n_unchanged);
}

static void print_legend(FILE *file, const struct plan *plan, bool color)
{
	const struct {
		bool is_used;
		const char *text;
	} parts[] = {
		{ plan->n_create > 0, "+ made" },
		{ plan->n_delete > 0, "- removed" },
		{ plan->n_update > 0, "~ changed" },
		{ plan->n_replace > 0, "-/+ remade" },
		{ plan->n_adopt > 0, "= marked, and left as it is" },
	};
	const char *gap = "  (";
	size_t i;

	fprintf(file, "\n%s", output_style(STYLE_DIM, color));
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!parts[i].is_used)
			continue;
		fprintf(file, "%s%s", gap, parts[i].text);
		gap = ", ";
	}
	fprintf(file, ")%s\n", output_plain(color));
}

void output_plan(FILE *file, const struct plan *plan, const struct plan_heading *heading)
{
	const struct row_printer printer = { .file = file, .color = heading->color };
	const struct count counts[COUNTS] = { { plan->n_create, "to create" },
					      { plan->n_update, "to change" },
					      { plan->n_replace, "to remake" },
					      { plan->n_delete, "to remove" },
					      { plan->n_adopt, "to adopt" } };
	struct lines list;
	size_t i;

	print_counts(file, plan, heading, counts, "nothing to do");
	if (plan_is_empty(plan))
		return;
	fputc('\n', file);
	list = collect(plan);
	for (i = 0; i < list.n; i++)
		if (!list.items[i].parent)
			print_entry(&printer, &list.items[i]);
	free(list.items);
	print_legend(file, plan, heading->color);
}

void output_summary(FILE *file, const struct plan *plan, const struct plan_heading *heading)
{
	const struct count counts[COUNTS] = { { plan->n_create, "created" },
					      { plan->n_update, "changed" },
					      { plan->n_replace, "remade" },
					      { plan->n_delete, "removed" },
					      { plan->n_adopt, "adopted" } };

	print_counts(file, plan, heading, counts, "nothing to do");
}
