/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/station.h"
#include "backends/tunnel/worker/frame.h"

#include <stdio.h>
#include <string.h>

#define SAY_INTERVAL 60000u

void stations_forget(struct stations *stations)
{
	stations->memos[0].valid = stations->memos[1].valid = false;
}

/* Whether to log now what was last logged at *SAID. */
static bool say(uint64_t *said, uint64_t now)
{
	if (*said && now - *said < SAY_INTERVAL)
		return false;
	*said = now ? now : 1;
	return true;
}

static const char *place_name(const struct worker_config *config, uint32_t place)
{
	return place == MAC_HERE ? "this host" : config->peers[place].name;
}

static const char *mac_text(const uint8_t mac[6], char ret[18])
{
	snprintf(ret, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	return ret;
}

static void say_full(struct stations *stations, const struct worker_config *config, uint64_t now)
{
	stations->refused++;
	if (say(&stations->said_full, now))
		fprintf(stderr,
			"%u addresses are learned, which is the limit: more are not, and frames to them go "
			"to every peer\n",
			config->mac_limit);
}

static void say_conflict(struct stations *stations, const struct mac_table *macs,
			 const struct worker_config *config, const uint8_t *mac, uint32_t place,
			 uint64_t now)
{
	int peer = mac_table_find(macs, mac, now);
	char text[18];

	stations->conflicts++;
	if (peer >= 0 && say(&stations->said_conflict, now))
		fprintf(stderr, "%s sends from %s, which the configuration has behind %s\n",
			place_name(config, place), mac_text(mac, text), config->peers[peer].name);
}

static void say_flap(struct stations *stations, const struct mac_table *macs,
		     const struct worker_config *config, const uint8_t *mac, bool loops,
		     uint64_t now)
{
	const struct mac_flap *flaps = mac_table_flaps(macs);
	char text[18];

	stations->flaps++;
	if (!say(&stations->said_flap, now))
		return;
	for (unsigned i = 0; i < MAC_FLAPS_KEPT; i++)
		if (flaps[i].count && memcmp(flaps[i].mac, mac, 6) == 0)
			fprintf(stderr, "%s moves to and fro between %s and %s: %s\n",
				mac_text(mac, text), place_name(config, flaps[i].places[0]),
				place_name(config, flaps[i].places[1]),
				loops ? "is there a second way between their bridges, or the "
					"address twice?"
				      : "is the address there twice?");
}

bool station_learn(struct stations *stations, struct mac_table *macs,
		   const struct worker_config *config, const uint8_t *frame, uint32_t place,
		   uint64_t now)
{
	struct station_memo *memo = &stations->memos[place == MAC_HERE];
	const uint8_t *mac = frame_source(frame);
	enum mac_result result;

	if (!config->mac_learning)
		return false;
	result = mac_table_learn(macs, mac, place, now);
	memo->valid = result != MAC_LOOPS;
	memo->at = now;
	memo->place = place;
	memcpy(memo->mac, mac, 6);
	switch (result) {
	case MAC_MOVED:
		stations->moves++;
		break;
	case MAC_FULL:
		say_full(stations, config, now);
		break;
	case MAC_CONFLICT:
		say_conflict(stations, macs, config, mac, place, now);
		break;
	case MAC_FLAPS:
	case MAC_LOOPS:
		say_flap(stations, macs, config, mac, result == MAC_LOOPS, now);
		break;
	case MAC_ADDED:
	case MAC_REFRESHED:
	case MAC_STATIC:
		break;
	}
	if (result != MAC_LOOPS || place == MAC_HERE)
		return false;
	return mac_is_group(frame_destination(frame)) ||
	       !mac_table_is_here(macs, frame_destination(frame), now);
}
