/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every decision has a label, and its outcome is a hash of seed and label: what is decided for one object moves no
 * other, so that two models can be made to differ in a few places.
 */
#include "tests/fake/random_maker.h"

#include "model/address.h"
#include "model/classes.h"
#include "model/kinds.h"
#include "model/sysctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX 128

/* splitmix64's finisher. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15U;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
	x = (x ^ x >> 27) * 0x94d049bb133111ebU;
	return x ^ x >> 31;
}

static uint64_t hash(uint64_t seed, const char *label)
{
	uint64_t h = mix(seed);

	for (; *label; label++)
		h = mix(h ^ (unsigned char)*label);
	return h;
}

/* 0 to n - 1 */
unsigned pick(const struct maker *m, unsigned n, const char *format, ...)
{
	char label[LABEL_MAX];
	uint64_t seed = m->seed;
	va_list args;

	va_start(args, format);
	vsnprintf(label, sizeof(label), format, args);
	va_end(args);
	if (m->is_near && hash(m->change ^ 1, label) % 12 == 0)
		seed = m->change;
	return (unsigned)(hash(seed, label) % n);
}

struct addr parse_prefix(const char *text)
{
	struct addr addr = { 0 };

	addr_parse_prefix(&addr, text);
	return addr;
}

struct addr parse_addr(const char *text)
{
	struct addr addr = { 0 };

	addr_parse(&addr, text);
	return addr;
}

static uint32_t pick_mtu(const struct maker *m, const char *place, const char *name)
{
	static const uint32_t mtus[] = { 1450, 1420, 1400 };

	return mtus[pick(m, 3, "mtu %s %s", place, name)];
}

/* Every link of ours has a MAC and an MTU; two values of each, to see changes of them. */
struct object *add_link(const struct maker *m, const char *place, const char *name,
			const char *kind)
{
	struct object *object = model_add(m->model, &class_link, place, name);
	char label[LABEL_MAX];
	uint64_t h;

	if (!object)
		return NULL;
	link_set_kind(object->data, kind_find(kind), m->arena);
	object_link(object)->mtu = pick_mtu(m, place, name);
	object_link(object)->autoconf = pick(m, 4, "autoconf %s %s", place, name) != 0;
	if (object_link(object)->kind->no_mac)
		return object;
	snprintf(label, sizeof(label), "mac %s/%s", place, name);
	h = hash(pick(m, 8, "mac %s %s", place, name) == 0, label);
	memcpy(object_link(object)->macaddress.bytes, &h, 6);
	object_link(object)->macaddress.bytes[0] = 0x02;
	return object;
}

struct object *add_external(const struct maker *m, const char *place, const char *name)
{
	struct object *object = model_add(m->model, &class_link, place, name);

	object->external = true;
	return object;
}

void add_address(const struct maker *m, const char *place, const char *interface,
		 const char *format, ...)
{
	struct address *address;
	struct object *object;
	char text[ADDR_TEXT_MAX];
	struct addr addr;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	addr = parse_prefix(text);
	object = model_add(m->model, &class_address, place,
			   address_name(m->arena, interface, &addr));
	if (!object)
		return;
	address = object->data;
	address->interface.name = arena_strdup(m->arena, interface);
	address->address = addr;
}

struct route *add_route(const struct maker *m, const char *place, const char *to, uint32_t metric)
{
	struct route key = { .to = parse_prefix(to), .metric = metric, .table = 254 };
	struct object *object =
		model_add(m->model, &class_route, place, route_name(m->arena, &key));
	struct route *route;

	if (!object)
		return NULL;
	route = object->data;
	route->to = key.to;
	route->metric = key.metric;
	return route;
}

void add_sysctl(const struct maker *m, const char *place, const char *name)
{
	struct object *object;
	unsigned choice = pick(m, 3, "sysctl %s %s", place, name);

	if (!choice)
		return;
	object = model_add(m->model, &class_sysctl, place, name);
	((struct sysctl *)object->data)->value = choice == 1 ? "1" : "0";
}

bool has_bridge(const struct maker *m, unsigned k)
{
	return pick(m, 4, "bridge %u", k) != 0;
}

bool has_gateway(const struct maker *m, unsigned k)
{
	return has_bridge(m, k) && pick(m, 4, "bridge address %u", k) != 0;
}

bool has_netns(const struct maker *m, unsigned i)
{
	return pick(m, 5, "netns %u", i) != 0;
}

/* Its record is the kind's own; rows are reached by their names, as everywhere outside the kind. */
void set_number(const struct object *object, const char *row, uint64_t value)
{
	const struct field *field = record_field(&object_link(object)->kind->record, row);

	field_set_number(field, object_link(object)->info, value);
}

void write_row(struct object *object, const char *row)
{
	const struct field *field;
	void *data;
	size_t i;

	for (i = 0; object_field(object, i, &field, &data); i++)
		if (!strcmp(field->name, row))
			object->written |= 1ULL << i;
}
