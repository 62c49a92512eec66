/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Peers, found by address with a binary search.
 */
#include "backends/tunnel/worker/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/random.h>

bool peer_move(struct peer *peer, const union socket_address *address)
{
	if (address_equal(&peer->address, address))
		return false;
	peer->address = *address;
	peer->path = (struct path){ 0 };
	peer->segment_limit = 0;
	peer->moved = true;
	return true;
}

void peer_move_on(struct peer *peer)
{
	if (peer->reach.current != REACH_ELSEWHERE)
		peer_move(peer, &peer->reach.all[peer->reach.current]);
}

void peer_carry(struct peer *peer, const struct peer *old, bool with_keys)
{
	uint32_t number;

	peer->heard = old->heard;
	peer->traffic = old->traffic;
	peer->flood = old->flood;
	memcpy(peer->drops, old->drops, sizeof(peer->drops));
	/* Where a peer was heard last is better than where it was meant to be, until that is changed. */
	if (reach_is_same(&peer->reach, &old->reach)) {
		peer->reach = old->reach;
		peer->address = old->address;
		peer->moved = old->moved;
		return;
	}
	number = reach_find(&peer->reach, &old->address);
	if (number != REACH_ELSEWHERE) {
		peer->reach.current = number;
		peer_move_on(peer);
	} else if (with_keys && peer->reach.count == 0) {
		peer->address = old->address;
	}
	peer->moved = !address_equal(&peer->address, &old->address);
}

static const union socket_address *place_address(const struct peer_table *table,
						 const struct peer_place *place)
{
	return &table->peers[place->peer].reach.all[place->number];
}

/* Put the next among those before it. qsort(3) asks for the size of memory, which the sandbox kills. */
static void place_insert(struct peer_table *table, struct peer_place place)
{
	uint32_t low = 0, high = table->place_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (address_compare(place_address(table, &place),
				    place_address(table, &table->places[middle])) < 0)
			high = middle;
		else
			low = middle + 1;
	}
	memmove(table->places + low + 1, table->places + low,
		(table->place_count - low) * sizeof(*table->places));
	table->places[low] = place;
	table->place_count++;
}

static void peers_place(struct peer_table *table, const struct worker_config *config)
{
	uint32_t chance = (uint32_t)getpid();
	struct peer *peer;

	(void)!getrandom(&chance, sizeof(chance), GRND_NONBLOCK);
	for (uint32_t i = 0; i < table->count; i++) {
		peer = &table->peers[i];
		reach_init(&peer->reach, &config->peers[i], chance + i);
		endpoint_to_address(&config->peers[i].endpoint, &peer->address);
		for (uint32_t number = 0; number < peer->reach.count; number++)
			place_insert(table, (struct peer_place){ i, number });
	}
}

/* Without keys only addresses tell peers apart. */
static int places_check(const struct peer_table *table, const struct worker_config *config,
			struct failure *failure)
{
	const struct peer_place *first, *second;

	for (uint32_t i = 1; i < table->place_count; i++) {
		first = &table->places[i - 1];
		second = &table->places[i];
		if (config->encryption == WORKER_PLAIN && first->peer != second->peer &&
		    address_compare(place_address(table, first), place_address(table, second)) == 0)
			return failure_set(failure, EINVAL, "peers %s and %s have the same address",
					   config->peers[first->peer].name,
					   config->peers[second->peer].name);
	}
	return 0;
}

int peer_table_init(struct peer_table *table, const struct worker_config *config,
		    struct failure *failure)
{
	uint32_t n = config->peer_count, places = 0;
	int r;

	for (uint32_t i = 0; i < n; i++)
		places += 1 + config->peers[i].other_count;
	*table = (struct peer_table){
		.peers = calloc(n + 1, sizeof(*table->peers)),
		.places = calloc(places + 1, sizeof(*table->places)),
		.count = n,
	};
	if (!table->peers || !table->places) {
		peer_table_clear(table);
		return failure_set(failure, ENOMEM, "out of memory");
	}
	peers_place(table, config);
	r = places_check(table, config, failure);
	if (r < 0)
		peer_table_clear(table);
	return r;
}

void peer_table_clear(struct peer_table *table)
{
	free(table->peers);
	free(table->places);
	*table = (struct peer_table){ 0 };
}

const struct peer_place *peer_table_find(const struct peer_table *table,
					 const union socket_address *source)
{
	uint32_t low = 0, high = table->place_count, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = address_compare(source, place_address(table, &table->places[middle]));
		if (order == 0)
			return &table->places[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
