/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Port maps as elements of nft maps, and as rules where a map cannot say it. */
#ifndef BACKENDS_NFT_PORT_MAP_H
#define BACKENDS_NFT_PORT_MAP_H

#include "backends/nft/script.h"

/* What all port maps of a table are made of, parsed and checked. */
struct port_map {
	const struct dnat *dnat;
	struct addr first, last; /* targets; equal: one */
	struct port_range from, to;
	const char *
		comment; /* "80 to 10.0.0.2:8080 hairpin": what elements and rules alone do not tell */
	const char *order; /* rules of maps are sorted by it */
};

/* The port maps of wanted, in arena, *n of them, rules' order. -EINVAL: cannot be said. */
int port_maps_parse(struct port_map **ret, size_t *n, const struct list *wanted,
		    struct arena *arena, struct error *err);

/* Adds elements to the script's sets. */
void port_maps_add_elements(struct script *script, const struct port_map *maps, size_t n);
/* Appends rules of the chain of port maps: those that no map holds, most specific first. */
void port_maps_add_rules(struct text *text, const struct port_map *maps, size_t n);
/* Appends rules for what the place itself sends to 127.0.0.0/8. */
void port_maps_add_loopback(struct text *text, const struct port_map *maps, size_t n);
/* Appends a match for targets of hairpin maps that are ranges of addresses, as rules beginning with `prefix`. */
void port_maps_add_hairpin_ranges(struct text *text, const struct port_map *maps, size_t n,
				  const char *prefix, const char *suffix);

/* "ip6 saddr NETWORK ", without its length if that is full. */
void port_map_add_source(struct text *text, const struct addr *source);

bool port_maps_have_loopback(const struct port_map *maps, size_t n);
bool port_maps_have_hairpin(const struct port_map *maps, size_t n);

#endif
