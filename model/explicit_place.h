/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside explicit*.c: the tree while it is made. */
#ifndef MODEL_EXPLICIT_PLACE_H
#define MODEL_EXPLICIT_PLACE_H

#include "model/explicit.h"

struct explicit_place {
	const char *name; /* "": the host's own */
	struct node *map;
};

/* A link and where its settings are printed. */
struct explicit_link {
	const struct object *link;
	const struct object *tunnel; /* whose tap it is */
	struct node *map;	     /* NULL: not printed */
	bool is_bridge;		     /* stands under `bridges` */
	bool is_named;		     /* an address or port of ours needs it to be there */
	bool has_ipv6;		     /* so it has a link-local address without being told */
};

/* Both arrays are sorted as the model is. */
struct explicit_writer {
	const struct model *model;
	const struct explicit_options *options;
	struct arena *arena;
	struct explicit_place *places;
	size_t n_places;
	struct explicit_link *links;
	size_t n_links;
};

bool explicit_is_shown(const struct explicit_writer *writer, const struct object *object);
/* The map of a place; NULL: it is not printed. */
struct node *explicit_place_map(const struct explicit_writer *writer, const char *place);
struct explicit_link *explicit_find_link(const struct explicit_writer *writer, const char *place,
					 const char *name);

/* A copy of a record with refs into `place` written without it. */
const void *explicit_localize(const struct record *record, const void *data, const char *place,
			      struct arena *arena);
void explicit_add_owner(const struct explicit_writer *writer, const struct object *object,
			struct node *map);

/* Moves the children that `keys` (NULL-ended) names into its order, before or after all others. */
void explicit_order_keys(struct node *map, const char *const keys[], bool others_first);

/* Interfaces, bridges with their ports, wires, and tunnels with their taps. */
void explicit_write_links(struct explicit_writer *writer);

#endif
