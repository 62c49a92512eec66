/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/surroundings.h"

#include <string.h>

const struct record record_near_link = { .name = "link", .size = sizeof(struct near_link) };
const struct record record_near_address = { .name = "address",
					    .size = sizeof(struct near_address) };
const struct record record_near_route = { .name = "route", .size = sizeof(struct near_route) };
const struct record record_near_socket = { .name = "socket", .size = sizeof(struct near_socket) };
const struct record record_near_place = { .name = "place", .size = sizeof(struct near_place) };
const struct record record_near_path = { .name = "path", .size = sizeof(struct near_path) };

const struct near_place *surroundings_place(const struct surroundings *surroundings,
					    const char *name)
{
	size_t i;

	for (i = 0; i < surroundings->places.n; i++) {
		const struct near_place *place =
			list_item(&surroundings->places, &record_near_place, i);

		if (!strcmp(place->name, name))
			return place;
	}
	return NULL;
}

const struct near_link *near_link_find(const struct near_place *place, const char *name)
{
	size_t i;

	for (i = 0; i < place->links.n; i++) {
		const struct near_link *link = list_item(&place->links, &record_near_link, i);

		if (!strcmp(link->name, name))
			return link;
	}
	return NULL;
}
