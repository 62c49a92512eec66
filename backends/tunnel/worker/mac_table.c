/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash table with chains of indices into one growing array of entries.
 *
 * Ageing is lazy: an aged entry is not found, and is swept when room is needed, at most once
 * per second, so that a flood of forged addresses costs one refused insertion each.
 */
#include "backends/tunnel/worker/mac_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS	       16384u
#define NONE	       UINT32_MAX
#define SWEEP_INTERVAL 1000u

struct entry {
	uint64_t seen; /* NEVER_AGES for static entries */
	uint32_t peer, next;
	uint8_t mac[6];
	uint8_t changes; /* of place, in the window that began at `since` */
	bool here;	 /* one of the places was this side */
	uint32_t last;	 /* the place where it was seen last */
	uint64_t since, held;
};

#define NEVER_AGES UINT64_MAX

struct mac_table {
	uint64_t ageing, seed, swept;
	uint32_t limit, pinned;
	uint32_t learned[2]; /* behind peers, here */
	struct mac_flap flaps[MAC_FLAPS_KEPT];
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

static unsigned entry_side(const struct entry *entry)
{
	return entry->peer == MAC_HERE;
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
	*entry = (struct entry){
		.seen = seen, .peer = peer, .last = peer, .next = table->buckets[bucket]
	};
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
		table->learned[entry_side(entry)]--;
	}
}

/* Make room for one more learned entry, behind a peer or here. */
static bool table_has_room(struct mac_table *table, unsigned side, uint64_t now)
{
	if (table->learned[side] < table->limit)
		return true;
	if (now - table->swept < SWEEP_INTERVAL)
		return false;
	table->swept = now;
	for (uint32_t i = 0; i < BUCKETS; i++)
		bucket_sweep(table, &table->buckets[i], now);
	return table->learned[side] < table->limit;
}

int mac_table_pin(struct mac_table *table, const uint8_t mac[6], uint32_t peer)
{
	uint32_t i = entry_find(table, mac);

	if (i != NONE && entry_is_static(&table->entries[i]))
		return -EEXIST;
	if (i != NONE) {
		table->learned[entry_side(&table->entries[i])]--;
		table->entries[i].seen = NEVER_AGES;
		table->entries[i].peer = peer;
	} else if (!entry_add(table, mac, peer, NEVER_AGES)) {
		return -ENOMEM;
	}
	table->pinned++;
	return 0;
}

/* The note on ENTRY, or the oldest, for a new one. */
static struct mac_flap *flap_find(struct mac_table *table, const struct entry *entry)
{
	struct mac_flap *oldest = table->flaps;

	for (unsigned i = 0; i < MAC_FLAPS_KEPT; i++) {
		if (table->flaps[i].count && memcmp(table->flaps[i].mac, entry->mac, 6) == 0)
			return &table->flaps[i];
		if (table->flaps[i].seen < oldest->seen)
			oldest = &table->flaps[i];
	}
	*oldest = (struct mac_flap){ 0 };
	memcpy(oldest->mac, entry->mac, 6);
	return oldest;
}

static void entry_flaps(struct mac_table *table, struct entry *entry, uint32_t before, uint64_t now)
{
	struct mac_flap *flap = flap_find(table, entry);

	entry->held = now + MAC_FLAP_HOLD;
	flap->places[0] = before;
	flap->places[1] = entry->last;
	flap->count += flap->count ? 1 : entry->changes;
	flap->seen = now;
}

/* ENTRY was seen at PLACE: is this one change too many? */
static void entry_change(struct mac_table *table, struct entry *entry, uint32_t place, uint64_t now)
{
	uint32_t before = entry->last;

	if (now - entry->since >= MAC_FLAP_WINDOW) {
		entry->changes = now < entry->held ? MAC_FLAPS_AT - 1 : 0;
		entry->since = now;
	}
	if (now >= entry->held)
		entry->here = false;
	entry->here |= place == MAC_HERE || before == MAC_HERE;
	entry->last = place;
	if (entry->changes < MAC_FLAPS_AT)
		entry->changes++;
	if (entry->changes == MAC_FLAPS_AT)
		entry_flaps(table, entry, before, now);
}

static enum mac_result entry_seen(struct mac_table *table, struct entry *entry, uint32_t place,
				  uint64_t now)
{
	bool moved = entry->peer != place, stands = entry_is_static(entry);

	if (entry->last != place)
		entry_change(table, entry, place, now);
	if (!stands)
		entry->seen = now;
	if (now < entry->held)
		return entry->here ? MAC_LOOPS : MAC_FLAPS;
	if (!moved)
		return stands ? MAC_STATIC : MAC_REFRESHED;
	if (stands)
		return MAC_CONFLICT;
	table->learned[entry_side(entry)]--;
	entry->peer = place;
	table->learned[entry_side(entry)]++;
	return MAC_MOVED;
}

enum mac_result mac_table_learn(struct mac_table *table, const uint8_t mac[6], uint32_t peer,
				uint64_t now)
{
	uint32_t i = entry_find(table, mac);
	unsigned side = peer == MAC_HERE;

	if (i != NONE)
		return entry_seen(table, &table->entries[i], peer, now);
	if (!table_has_room(table, side, now) || !entry_add(table, mac, peer, now))
		return MAC_FULL;
	table->learned[side]++;
	return MAC_ADDED;
}

const struct mac_flap *mac_table_flaps(const struct mac_table *table)
{
	return table->flaps;
}

bool mac_table_is_here(const struct mac_table *table, const uint8_t mac[6], uint64_t now)
{
	uint32_t i = entry_find(table, mac);

	return i != NONE && table->entries[i].peer == MAC_HERE &&
	       !entry_is_aged(table, &table->entries[i], now);
}

int mac_table_find(const struct mac_table *table, const uint8_t mac[6], uint64_t now)
{
	uint32_t i = entry_find(table, mac);

	if (i == NONE || table->entries[i].peer == MAC_HERE ||
	    entry_is_aged(table, &table->entries[i], now))
		return -1;
	return (int)table->entries[i].peer;
}

/* The new number of a place, or -1. */
static int64_t place_carry(uint32_t place, const int *peers)
{
	return place == MAC_HERE ? (int64_t)MAC_HERE : peers[place];
}

static void entry_carry(struct mac_table *table, const struct mac_table *old,
			const struct entry *entry, const int *peers, uint64_t now)
{
	int64_t place;

	if (entry_is_static(entry) || entry_is_aged(old, entry, now) ||
	    entry_find(table, entry->mac) != NONE)
		return;
	place = place_carry(entry->peer, peers);
	if (place < 0 || table->learned[place == MAC_HERE] >= table->limit ||
	    !entry_add(table, entry->mac, (uint32_t)place, entry->seen))
		return;
	table->learned[place == MAC_HERE]++;
}

static void flaps_carry(struct mac_table *table, const struct mac_table *old, const int *peers)
{
	int64_t first, second;

	for (unsigned i = 0; i < MAC_FLAPS_KEPT; i++) {
		if (!old->flaps[i].count)
			continue;
		first = place_carry(old->flaps[i].places[0], peers);
		second = place_carry(old->flaps[i].places[1], peers);
		if (first < 0 || second < 0)
			continue;
		table->flaps[i] = old->flaps[i];
		table->flaps[i].places[0] = (uint32_t)first;
		table->flaps[i].places[1] = (uint32_t)second;
	}
}

void mac_table_carry(struct mac_table *table, const struct mac_table *old, const int *peers,
		     uint64_t now)
{
	for (uint32_t b = 0; b < BUCKETS; b++)
		for (uint32_t i = old->buckets[b]; i != NONE; i = old->entries[i].next)
			entry_carry(table, old, &old->entries[i], peers, now);
	flaps_carry(table, old, peers);
}

uint32_t mac_table_static_count(const struct mac_table *table)
{
	return table->pinned;
}

static uint32_t side_count(const struct mac_table *table, unsigned side, uint64_t now)
{
	uint32_t count = 0;

	for (uint32_t b = 0; b < BUCKETS; b++)
		for (uint32_t i = table->buckets[b]; i != NONE; i = table->entries[i].next)
			count += !entry_is_static(&table->entries[i]) &&
				 !entry_is_aged(table, &table->entries[i], now) &&
				 entry_side(&table->entries[i]) == side;
	return count;
}

uint32_t mac_table_learned_count(const struct mac_table *table, uint64_t now)
{
	return side_count(table, 0, now);
}

uint32_t mac_table_here_count(const struct mac_table *table, uint64_t now)
{
	return side_count(table, 1, now);
}
