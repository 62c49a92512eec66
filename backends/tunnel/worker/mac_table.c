/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash table with chains of indices into one growing array of entries.
 *
 * Ageing is lazy: an aged entry is not found, and is swept when room is needed, at most once
 * per second, so that a flood of forged addresses costs one refused insertion each.
 */
#include "backends/tunnel/worker/mac_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS	       16384u
#define NONE	       UINT32_MAX
#define SWEEP_INTERVAL 1000u

struct entry {
	uint64_t seen; /* NEVER_AGES for static entries */
	uint32_t peer, next;
	uint8_t mac[6];
};

#define NEVER_AGES UINT64_MAX

struct mac_table {
	uint64_t ageing, seed, swept;
	uint32_t limit, learned, pinned;
	struct entry *entries;
	uint32_t count, room, unused; /* unused: head of the free list */
	uint32_t buckets[BUCKETS];
};

struct mac_table *mac_table_new(uint32_t limit, uint64_t ageing, uint64_t seed)
{
	struct mac_table *table = malloc(sizeof(*table));

	if (!table)
		return NULL;
	*table = (struct mac_table){
		.limit = limit, .ageing = ageing, .seed = seed | 1, .unused = NONE
	};
	memset(table->buckets, 0xff, sizeof(table->buckets)); /* NONE */
	return table;
}

void mac_table_free(struct mac_table *table)
{
	if (!table)
		return;
	free(table->entries);
	free(table);
}

static uint32_t bucket_of(const struct mac_table *table, const uint8_t mac[6])
{
	uint64_t value = 0;

	memcpy(&value, mac, 6);
	value = (value ^ table->seed) * 0x9e3779b97f4a7c15u;
	value = (value ^ value >> 32) * (table->seed | 1);
	return (uint32_t)(value >> 40) % BUCKETS;
}

static uint32_t entry_find(const struct mac_table *table, const uint8_t mac[6])
{
	uint32_t i = table->buckets[bucket_of(table, mac)];

	while (i != NONE && memcmp(table->entries[i].mac, mac, 6) != 0)
		i = table->entries[i].next;
	return i;
}

static bool entry_is_static(const struct entry *entry)
{
	return entry->seen == NEVER_AGES;
}

static bool entry_is_aged(const struct mac_table *table, const struct entry *entry, uint64_t now)
{
	return !entry_is_static(entry) && now - entry->seen >= table->ageing;
}

/* A free entry, in no bucket. NONE: out of memory. */
static uint32_t entry_take(struct mac_table *table)
{
	uint32_t i = table->unused, room = table->room ? table->room * 2 : 64;
	struct entry *entries;

	if (i != NONE) {
		table->unused = table->entries[i].next;
		return i;
	}
	if (table->count == table->room) {
		entries = reallocarray(table->entries, room, sizeof(*entries));
		if (!entries)
			return NONE;
		table->entries = entries;
		table->room = room;
	}
	return table->count++;
}

static bool entry_add(struct mac_table *table, const uint8_t mac[6], uint32_t peer, uint64_t seen)
{
	uint32_t bucket = bucket_of(table, mac), i = entry_take(table);
	struct entry *entry;

	if (i == NONE)
		return false;
	entry = &table->entries[i];
	*entry = (struct entry){ .seen = seen, .peer = peer, .next = table->buckets[bucket] };
	memcpy(entry->mac, mac, 6);
	table->buckets[bucket] = i;
	return true;
}

static void bucket_sweep(struct mac_table *table, uint32_t *link, uint64_t now)
{
	struct entry *entry;
	uint32_t i;

	while (*link != NONE) {
		i = *link;
		entry = &table->entries[i];
		if (!entry_is_aged(table, entry, now)) {
			link = &entry->next;
			continue;
		}
		*link = entry->next;
		entry->next = table->unused;
		table->unused = i;
		table->learned--;
	}
}

/* Make room for one more learned entry. */
static bool table_has_room(struct mac_table *table, uint64_t now)
{
	if (table->learned < table->limit)
		return true;
	if (now - table->swept < SWEEP_INTERVAL)
		return false;
	table->swept = now;
	for (uint32_t i = 0; i < BUCKETS; i++)
		bucket_sweep(table, &table->buckets[i], now);
	return table->learned < table->limit;
}

int mac_table_pin(struct mac_table *table, const uint8_t mac[6], uint32_t peer)
{
	uint32_t i = entry_find(table, mac);

	if (i != NONE && entry_is_static(&table->entries[i]))
		return -EEXIST;
	if (i != NONE) {
		table->entries[i].seen = NEVER_AGES;
		table->entries[i].peer = peer;
		table->learned--;
	} else if (!entry_add(table, mac, peer, NEVER_AGES)) {
		return -ENOMEM;
	}
	table->pinned++;
	return 0;
}

enum mac_result mac_table_learn(struct mac_table *table, const uint8_t mac[6], uint32_t peer,
				uint64_t now)
{
	uint32_t i = entry_find(table, mac);
	struct entry *entry;
	bool moved;

	if (i == NONE) {
		if (!table_has_room(table, now) || !entry_add(table, mac, peer, now))
			return MAC_FULL;
		table->learned++;
		return MAC_ADDED;
	}
	entry = &table->entries[i];
	if (entry_is_static(entry))
		return MAC_STATIC;
	moved = entry->peer != peer;
	entry->peer = peer;
	entry->seen = now;
	return moved ? MAC_MOVED : MAC_REFRESHED;
}

int mac_table_find(const struct mac_table *table, const uint8_t mac[6], uint64_t now)
{
	uint32_t i = entry_find(table, mac);

	if (i == NONE || entry_is_aged(table, &table->entries[i], now))
		return -1;
	return (int)table->entries[i].peer;
}

void mac_table_carry(struct mac_table *table, const struct mac_table *old, const int *peers,
		     uint64_t now)
{
	const struct entry *entry;
	uint32_t added;

	for (uint32_t b = 0; b < BUCKETS; b++) {
		for (uint32_t i = old->buckets[b]; i != NONE; i = entry->next) {
			entry = &old->entries[i];
			if (entry_is_static(entry) || entry_is_aged(old, entry, now) ||
			    peers[entry->peer] < 0 || entry_find(table, entry->mac) != NONE)
				continue;
			if (table->learned >= table->limit)
				return;
			added = (uint32_t)peers[entry->peer];
			if (!entry_add(table, entry->mac, added, entry->seen))
				return;
			table->learned++;
		}
	}
}

uint32_t mac_table_static_count(const struct mac_table *table)
{
	return table->pinned;
}

uint32_t mac_table_learned_count(const struct mac_table *table, uint64_t now)
{
	uint32_t count = 0;

	for (uint32_t b = 0; b < BUCKETS; b++)
		for (uint32_t i = table->buckets[b]; i != NONE; i = table->entries[i].next)
			count += !entry_is_static(&table->entries[i]) &&
				 !entry_is_aged(table, &table->entries[i], now);
	return count;
}
