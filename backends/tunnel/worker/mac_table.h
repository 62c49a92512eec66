/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which peer a MAC address is behind: static entries from the configuration and learned ones.
 *
 * Static entries never age and are never displaced. Learned entries are limited in number and
 * age; a full table refuses new addresses, it does not forget live ones. Time is a parameter,
 * in milliseconds of any clock that does not go back.
 */
#ifndef BACKENDS_TUNNEL_WORKER_MAC_TABLE_H
#define BACKENDS_TUNNEL_WORKER_MAC_TABLE_H

#include <stdint.h>

struct mac_table;

enum mac_result {
	MAC_ADDED,
	MAC_REFRESHED,
	MAC_MOVED,  /* was behind another peer */
	MAC_STATIC, /* a static entry stands for it: nothing changed */
	MAC_FULL,
};

/* LIMIT learned entries. SEED makes bucket collisions unpredictable. NULL: out of memory. */
struct mac_table *mac_table_new(uint32_t limit, uint64_t ageing, uint64_t seed);
void mac_table_free(struct mac_table *table);

/* Add a static entry. -EEXIST: there is one already; -ENOMEM. */
int mac_table_pin(struct mac_table *table, const uint8_t mac[6], uint32_t peer);
enum mac_result mac_table_learn(struct mac_table *table, const uint8_t mac[6], uint32_t peer,
				uint64_t now);
/* The peer, or -1 when unknown or aged. */
int mac_table_find(const struct mac_table *table, const uint8_t mac[6], uint64_t now);
/*
 * Take over the learned entries of OLD that are alive. PEERS[i] is the new number of the old
 * peer i, or -1: its entries are left behind.
 */
void mac_table_carry(struct mac_table *table, const struct mac_table *old, const int *peers,
		     uint64_t now);

uint32_t mac_table_static_count(const struct mac_table *table);
/* Aged entries that were not swept yet are not counted. */
uint32_t mac_table_learned_count(const struct mac_table *table, uint64_t now);

#endif
