/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two halves of random_model share: decisions, and objects added with random values. */
#ifndef TESTS_FAKE_RANDOM_MAKER_H
#define TESTS_FAKE_RANDOM_MAKER_H

#include "model/addr.h"
#include "model/link.h"
#include "model/model.h"
#include "model/route.h"

#define BRIDGES 4U

struct maker {
	struct model *model;
	struct arena *arena;
	uint64_t seed, change;
	bool is_near;
	unsigned size;
};

/* 0 to n - 1, by the label. */
unsigned pick(const struct maker *m, unsigned n, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

struct addr parse_prefix(const char *text);
struct addr parse_addr(const char *text);

/* NULL if it is there already. */
struct object *add_link(const struct maker *m, const char *place, const char *name,
			const char *kind);
struct object *add_external(const struct maker *m, const char *place, const char *name);
/* Marks the row as ours, on a link made elsewhere. */
void write_row(struct object *object, const char *row);
void add_address(const struct maker *m, const char *place, const char *interface,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
struct route *add_route(const struct maker *m, const char *place, const char *to, uint32_t metric);
void add_sysctl(const struct maker *m, const char *place, const char *name);
/* A number of the link's kind, by its row. */
void set_number(const struct object *object, const char *row, uint64_t value);

/* Whether the host has bridge k, and whether that has an address. */
bool has_bridge(const struct maker *m, unsigned k);
bool has_gateway(const struct maker *m, unsigned k);
bool has_netns(const struct maker *m, unsigned i);

/* All of namespace i but itself and its lo. */
void add_netns(const struct maker *m, unsigned i);
void add_table(const struct maker *m, const char *place);

#endif
