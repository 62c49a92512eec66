/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows to netlink attributes and back: what makes a link kind one file. Which attribute: the row's `attr`. */
#ifndef BACKENDS_RTNL_ATTR_H
#define BACKENDS_RTNL_ATTR_H

#include "backends/request.h"
#include "model/field.h"

/* How refs become ifindexes and back; NULL where a record has none. */
struct attr_names {
	void *data;
	uint32_t (*index)(void *data, const struct ref *ref); /* 0: there is none */
	struct ref (*ref)(void *data, uint32_t index);
};

/*
 * Appends the rows whose bit is set in mask (bit i: row i of the record) and that have an attribute. An unset ref
 * is ifindex 0, an unset address 0.0.0.0; an unset text or MAC is left out. Lists and records have hooks instead.
 */
void attr_put(struct nl_msg *message, const struct record *record, const void *data, uint64_t mask,
	      const struct attr_names *names);

/* Fills the rows whose attributes are in table[0 … max]; others keep what they have. Texts into arena. */
void attr_get(const struct record *record, void *data, const struct nlattr *const *table, int max,
	      const struct attr_names *names, struct arena *arena);

/* An address of 4 or 16 bytes, of full length. False: neither. */
bool attr_get_addr(struct addr *ret, const struct nlattr *attr);

#endif
