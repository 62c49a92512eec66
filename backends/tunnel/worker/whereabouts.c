/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/whereabouts.h"
#include "backends/tunnel/worker/dataplane.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

struct place {
	uint8_t key[CRYPTO_KEY_SIZE];
	struct worker_endpoint meant; /* in the configuration */
	union socket_address heard;   /* family 0: not heard */
};

/* Another build may have written it. */
#define LAYOUT ((uint64_t)1 << 32 | sizeof(struct place))

struct whereabouts {
	uint64_t layout;
	struct place places[WORKER_PEERS_MAX]; /* by number of the peer */
};

int whereabouts_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || ftruncate(fd, sizeof(struct whereabouts)) == 0)
		return fd;
	close(fd);
	return -1;
}

struct whereabouts *whereabouts_map(int fd)
{
	struct whereabouts *whereabouts;

	if (fd < 0)
		return NULL;
	whereabouts = mmap(NULL, sizeof(*whereabouts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (whereabouts == MAP_FAILED)
		return NULL;
	if (whereabouts->layout != LAYOUT)
		memset(whereabouts, 0, sizeof(*whereabouts));
	whereabouts->layout = LAYOUT;
	return whereabouts;
}

/* NUMBER is where it is most often. NULL: it was not a peer. */
static const struct place *place_find(const struct whereabouts *whereabouts, uint32_t number,
				      const uint8_t key[CRYPTO_KEY_SIZE])
{
	const struct place *places = whereabouts->places;

	if (memcmp(places[number].key, key, CRYPTO_KEY_SIZE) == 0)
		return &places[number];
	for (uint32_t i = 0; i < WORKER_PEERS_MAX; i++)
		if (memcmp(places[i].key, key, CRYPTO_KEY_SIZE) == 0)
			return &places[i];
	return NULL;
}

/* Whether it can be sent to from here. A data plane may have been killed while it wrote. */
static bool address_is_usable(const struct tunnel *tunnel, const union socket_address *address)
{
	if (address->any.sa_family == AF_INET6)
		return tunnel->sockets[SOCKET_V6] >= 0 && address_is_known(address);
	return address->any.sa_family == AF_INET && tunnel->sockets[SOCKET_V4] >= 0 &&
	       address_is_known(address);
}

static void place_fill(struct place *place, const struct place *old, struct tunnel *tunnel,
		       uint32_t number, bool find)
{
	const struct worker_peer *config = &tunnel->config.peers[number];
	struct peer *peer = &tunnel->peers.peers[number];

	memcpy(place->key, tunnel->sessions->sessions[number].remote, CRYPTO_KEY_SIZE);
	place->meant = config->endpoint;
	if (peer->heard) {
		place->heard = peer->address;
		return;
	}
	/* What a name means now may not be known yet. */
	if (!old || !address_is_usable(tunnel, &old->heard) ||
	    (!config->host[0] && !worker_endpoint_equal(&old->meant, &config->endpoint)))
		return;
	place->heard = old->heard;
	if (!find)
		return;
	peer->reach.current = reach_find(&peer->reach, &old->heard);
	peer_move(peer, &old->heard);
}

void whereabouts_follow(struct whereabouts *whereabouts, struct tunnel *tunnel, bool find)
{
	uint32_t count = tunnel->config.peer_count;
	struct place *places;

	if (!whereabouts || !tunnel->sessions)
		return;
	places = calloc(WORKER_PEERS_MAX, sizeof(*places));
	if (!places)
		return;
	for (uint32_t i = 0; i < count; i++)
		place_fill(&places[i],
			   place_find(whereabouts, i, tunnel->sessions->sessions[i].remote), tunnel,
			   i, find);
	memcpy(whereabouts->places, places, sizeof(whereabouts->places));
	free(places);
}

void whereabouts_note(struct whereabouts *whereabouts, uint32_t number,
		      const union socket_address *address)
{
	if (whereabouts)
		whereabouts->places[number].heard = *address;
}
