/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which peer a MAC address is behind: static entries from the configuration and learned ones.
 *
 * Static entries never age and are never displaced. Learned entries are limited in number and
 * age; a full table refuses new addresses, it does not forget live ones. Addresses of this side are noted
 * too, with a limit of their own: they lead nowhere, but one that is also seen behind a peer is noticed.
 *
 * An address that is seen at MAC_FLAPS_AT changes of place within MAC_FLAP_WINDOW flaps: it is left where
 * it is until it has been quiet for MAC_FLAP_HOLD. Between this side and a peer that is most often a
 * loop: a second way between the two bridges. Time is a parameter, in milliseconds of any clock that
 * does not go back.
 */
#ifndef BACKENDS_TUNNEL_WORKER_MAC_TABLE_H
#define BACKENDS_TUNNEL_WORKER_MAC_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define MAC_HERE	(UINT32_MAX - 1) /* a place like a peer's number: behind the TAP */
#define MAC_FLAPS_AT	5u
#define MAC_FLAP_WINDOW 10000u
#define MAC_FLAP_HOLD	10000u
#define MAC_FLAPS_KEPT	8u

struct mac_table;

enum mac_result {
	MAC_ADDED,
	MAC_REFRESHED,
	MAC_MOVED,    /* was behind another peer */
	MAC_STATIC,   /* a static entry says the same */
	MAC_CONFLICT, /* a static entry says otherwise, and stands */
	MAC_FULL,
	MAC_FLAPS, /* between peers: stays where it is */
	MAC_LOOPS, /* between this side and a peer: stays where it is */
};

/* An address that flapped, and between which places. */
struct mac_flap {
	uint8_t mac[6];
	uint32_t places[2];
	uint64_t count, seen; /* changes of place; the last */
};

/* LIMIT learned entries. SEED makes bucket collisions unpredictable. NULL: out of memory. */
struct mac_table *mac_table_new(uint32_t limit, uint64_t ageing, uint64_t seed);
void mac_table_free(struct mac_table *table);

/* Add a static entry. -EEXIST: there is one already; -ENOMEM. */
int mac_table_pin(struct mac_table *table, const uint8_t mac[6], uint32_t peer);
enum mac_result mac_table_learn(struct mac_table *table, const uint8_t mac[6], uint32_t peer,
				uint64_t now);
/* The addresses that flapped last, MAC_FLAPS_KEPT of them. Those with a count of 0 are none. */
const struct mac_flap *mac_table_flaps(const struct mac_table *table);
/* Whether the address was seen on this side, and not behind a peer since. */
bool mac_table_is_here(const struct mac_table *table, const uint8_t mac[6], uint64_t now);
/* The peer, or -1 when unknown or aged. */
int mac_table_find(const struct mac_table *table, const uint8_t mac[6], uint64_t now);
/*
 * Take over the learned entries of OLD that are alive. PEERS[i] is the new number of the old
 * peer i, or -1: its entries are left behind.
 */
void mac_table_carry(struct mac_table *table, const struct mac_table *old, const int *peers,
		     uint64_t now);

uint32_t mac_table_static_count(const struct mac_table *table);
/* Behind peers, or here. Aged entries that were not swept yet are not counted. */
uint32_t mac_table_learned_count(const struct mac_table *table, uint64_t now);
uint32_t mac_table_here_count(const struct mac_table *table, uint64_t now);

#endif
