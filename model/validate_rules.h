/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside validate*.c: the rules by subject, and what they share. */
#ifndef MODEL_VALIDATE_RULES_H
#define MODEL_VALIDATE_RULES_H

#include "model/link.h"
#include "model/validate.h"

#include <string.h>

struct validation {
	const struct topology *topology;
	const struct model *model;
	struct arena *arena; /* scratch */
	struct diag *diag;
	const struct object **objects; /* by sequence, NULL where there is none */
	uint32_t n_sequences;	       /* one more than the highest */
	uint32_t *segment; /* by sequence of a link: links of one number exchange frames */
};

void validate_references(struct validation *v);
void validate_links(struct validation *v);
void validate_addresses(struct validation *v);
void validate_port_maps(struct validation *v);
void validate_routes(struct validation *v);
void validate_tunnels(struct validation *v);

/* "node-a/red", "red"; the host's own: "node-a", "the host". In scratch memory. */
const char *validation_place(const struct validation *v, const char *place);
/* "line 14", with the file where it is another than `from`'s; "" if not from a file. In scratch memory. */
const char *validation_line(const struct validation *v, const struct position *from,
			    const struct position *to);
/* The same in brackets after a blank. */
const char *validation_at(const struct validation *v, const struct position *from,
			  const struct position *to);

/* Whether looking for a suggestion still pays: past the limit messages are only counted. */
bool validation_is_full(const struct validation *v);
/* Adds the link of `place` with the nearest name as suggestion to the message added last. False: there is none. */
bool validation_suggest_link(const struct validation *v, const char *place, const char *name);

/* Objects of a class in a place stand side by side: index of the first, and how many. */
size_t validation_range(const struct validation *v, const struct class *class, const char *place,
			size_t *count);

static inline bool link_is_kind(const struct object *link, const char *kind)
{
	return object_link(link)->kind && !strcmp(object_link(link)->kind->name, kind);
}

#endif
