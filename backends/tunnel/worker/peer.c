/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Peers, found by address with a binary search.
 */
#include "backends/tunnel/worker/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

socklen_t endpoint_to_address(const struct worker_endpoint *endpoint, union socket_address *ret)
{
	*ret = (union socket_address){ 0 };
	if (endpoint->family == AF_INET6) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons(endpoint->port);
		memcpy(&ret->v6.sin6_addr, endpoint->address, 16);
		return sizeof(ret->v6);
	}
	ret->v4.sin_family = AF_INET;
	ret->v4.sin_port = htons(endpoint->port);
	memcpy(&ret->v4.sin_addr, endpoint->address, 4);
	return sizeof(ret->v4);
}

static int address_compare(const union socket_address *a, const union socket_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return a->any.sa_family < b->any.sa_family ? -1 : 1;
	if (a->any.sa_family == AF_INET6)
		return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr));
	return memcmp(&a->v4.sin_addr, &b->v4.sin_addr, sizeof(a->v4.sin_addr));
}

/* Put peer I, the next, among those before it. qsort(3) asks for the size of memory, which the sandbox kills. */
static void number_insert(struct peer_table *table, uint32_t i)
{
	uint32_t low = 0, high = i, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (address_compare(&table->peers[i].address,
				    &table->peers[table->by_address[middle]].address) < 0)
			high = middle;
		else
			low = middle + 1;
	}
	memmove(table->by_address + low + 1, table->by_address + low,
		(i - low) * sizeof(*table->by_address));
	table->by_address[low] = i;
}

int peer_table_init(struct peer_table *table, const struct worker_config *config,
		    struct failure *failure)
{
	uint32_t n = config->peer_count, first, second;

	*table = (struct peer_table){
		.peers = calloc(n + 1, sizeof(*table->peers)),
		.by_address = calloc(n + 1, sizeof(*table->by_address)),
		.count = n,
	};
	if (!table->peers || !table->by_address) {
		peer_table_clear(table);
		return failure_set(failure, ENOMEM, "out of memory");
	}
	for (uint32_t i = 0; i < n; i++) {
		endpoint_to_address(&config->peers[i].endpoint, &table->peers[i].address);
		number_insert(table, i);
	}
	for (uint32_t i = 1; i < n; i++) {
		first = table->by_address[i - 1];
		second = table->by_address[i];
		/* Keys tell them apart where there are any. */
		if (config->encryption != WORKER_PLAIN ||
		    !peer_address_is_known(&table->peers[first].address) ||
		    address_compare(&table->peers[first].address, &table->peers[second].address) !=
			    0)
			continue;
		peer_table_clear(table);
		return failure_set(failure, EINVAL, "peers %s and %s have the same address",
				   config->peers[first].name, config->peers[second].name);
	}
	return 0;
}

void peer_table_clear(struct peer_table *table)
{
	free(table->peers);
	free(table->by_address);
	*table = (struct peer_table){ 0 };
}

int peer_table_find(const struct peer_table *table, const union socket_address *source)
{
	uint32_t low = 0, high = table->count, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = address_compare(source, &table->peers[table->by_address[middle]].address);
		if (order == 0)
			return (int)table->by_address[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}
