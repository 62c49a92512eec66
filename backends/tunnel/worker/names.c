/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/names.h"
#include "backends/tunnel/worker/capabilities.h"
#include "backends/tunnel/worker/config_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TICK_UNKNOWN 1000u /* milliseconds between looks at what is to be done */
#define TICK	     5000u
#define UNKNOWN_MOST 60000u
#define SILENCE	     15000u /* not heard for so long is not heard */
#define SILENT_FIRST 10000u
#define SILENT_MOST  120000u
#define HEARD_EVERY  300000u
#define PATIENCE     60000u /* for all answers together */

static bool peer_is_named(const struct worker_config *config, uint32_t i)
{
	return config->peers[i].host[0];
}

static bool peer_is_known(const struct worker_config *config, uint32_t i)
{
	return config->peers[i].endpoint.family != AF_UNSPEC;
}

/* Address I of the peer, of 1 + other_count. */
static const struct worker_endpoint *peer_endpoint(const struct worker_peer *peer, uint32_t i)
{
	return i ? &peer->others[i - 1] : &peer->endpoint;
}

/* Whatever the port. */
static bool peer_has_address(const struct worker_peer *peer, const struct worker_endpoint *endpoint)
{
	const struct worker_endpoint *own;

	for (uint32_t i = 0; i <= peer->other_count; i++) {
		own = peer_endpoint(peer, i);
		if (own->family == endpoint->family &&
		    memcmp(own->address, endpoint->address, sizeof(own->address)) == 0)
			return true;
	}
	return false;
}

static uint64_t doubled(uint64_t first, unsigned times, uint64_t most)
{
	while (times-- && first < most)
		first *= 2;
	return first < most ? first : most;
}

/* How long after it was asked for last a name is asked for again. */
static uint64_t name_interval(const struct names *names, uint32_t i)
{
	const struct name *name = &names->names[i];

	if (!peer_is_known(names->config, i))
		return doubled(TICK_UNKNOWN, name->attempts, UNKNOWN_MOST);
	if (name->silent)
		return doubled(SILENT_FIRST, name->attempts, SILENT_MOST);
	return HEARD_EVERY;
}

static void silence_note(struct names *names)
{
	struct worker_state state = { 0 };
	struct failure failure;

	if (names->report(names->owner, &state, &failure) < 0)
		return;
	for (uint32_t i = 0; i < state.peer_count && i < names->config->peer_count; i++) {
		names->names[i].silent = state.peers[i].heard_ago > SILENCE;
		if (!names->names[i].silent && peer_is_known(names->config, i))
			names->names[i].attempts = 0;
	}
	worker_state_clear(&state);
}

static void timer_arm(struct names *names)
{
	uint64_t pause = TICK;

	for (uint32_t i = 0; i < names->config->peer_count; i++)
		if (peer_is_named(names->config, i) && !peer_is_known(names->config, i))
			pause = TICK_UNKNOWN;
	timer_set(&names->timer, names->loop->now + pause);
}

/* The label of a tunnel is PLACE/NAME, and a place is a network namespace by its name. */
static const char *place_name(const struct worker_config *config, char ret[WORKER_LABEL_SIZE])
{
	char *slash;

	memcpy(ret, config->label, WORKER_LABEL_SIZE);
	slash = strchr(ret, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	return strcmp(ret, "host") == 0 ? NULL : ret;
}

static void questions_ask(struct names *names)
{
	const struct worker_config *config = names->config;
	struct resolver_question *questions = calloc(config->peer_count, sizeof(*questions));
	char place[WORKER_LABEL_SIZE];
	struct failure failure;
	size_t count = 0;
	int family;

	for (uint32_t i = 0; questions && i < config->peer_count; i++) {
		struct name *name = &names->names[i];

		if (!peer_is_named(config, i) ||
		    (name->asked && names->loop->now - name->asked < name_interval(names, i)))
			continue;
		name->asked = names->loop->now;
		name->attempts++;
		questions[count++] = (struct resolver_question){ i, config->peers[i].host };
	}
	family = config->other_local.family == AF_UNSPEC ? config->local.family : AF_UNSPEC;
	if (count && resolver_ask(&names->resolver, questions, count, family,
				  place_name(config, place), &failure) < 0)
		fprintf(stderr, "%s\n", failure.text);
	free(questions);
}

static void timer_expired(struct timer *timer)
{
	struct names *names = timer->owner;

	if (resolver_is_busy(&names->resolver) &&
	    names->loop->now - names->resolver.started >= PATIENCE)
		resolver_cancel(&names->resolver);
	silence_note(names);
	if (!resolver_is_busy(&names->resolver))
		questions_ask(names);
	timer_arm(names);
}

/* Without encryption a peer is known by its addresses, so they are nobody else's. */
static bool endpoint_is_free(const struct worker_config *config, uint32_t number,
			     const struct worker_endpoint *endpoint)
{
	if (config->encryption != WORKER_PLAIN)
		return true;
	for (uint32_t i = 0; i < config->peer_count; i++)
		if (i != number && peer_has_address(&config->peers[i], endpoint))
			return false;
	return true;
}

/* Those that are free, in the order of the resolver (RFC 6724); how many. */
static uint32_t answer_take(const struct names *names, const struct resolver_answer *answer,
			    struct worker_endpoint ret[RESOLVER_ADDRESSES])
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < answer->count; i++) {
		ret[count] = (struct worker_endpoint){
			.family = answer->family[i] == 6 ? AF_INET6 : AF_INET,
			.port = names->config->peers[answer->number].endpoint.port,
		};
		memcpy(ret[count].address, answer->addresses[i], answer->family[i] == 6 ? 16 : 4);
		if (endpoint_is_free(names->config, answer->number, &ret[count]))
			count++;
	}
	return count;
}

/* Servers turn the addresses of a name about; that alone is no news, unless another family is preferred. */
static bool answer_is_known(const struct worker_peer *peer, const struct worker_endpoint *endpoints,
			    uint32_t count)
{
	if (peer->endpoint.family != endpoints[0].family || count != 1 + peer->other_count)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!peer_has_address(peer, &endpoints[i]))
			return false;
	return true;
}

static void answered(void *owner, const struct resolver_answer *answer)
{
	struct names *names = owner;
	const struct worker_config *config = names->config;
	struct worker_endpoint endpoints[RESOLVER_ADDRESSES];
	const struct worker_peer *peer;
	uint32_t count;

	if (answer->number >= config->peer_count || !peer_is_named(config, answer->number))
		return;
	peer = &config->peers[answer->number];
	if (answer->count == 0) {
		if (names->names[answer->number].attempts == 1)
			fprintf(stderr, "peer %s: %s is not found\n", peer->name, peer->host);
		return;
	}
	count = answer_take(names, answer, endpoints);
	if (count == 0)
		fprintf(stderr, "peer %s: %s has the address of another peer\n", peer->name,
			peer->host);
	else if (!answer_is_known(peer, endpoints, count))
		names->moved(names->owner, answer->number, endpoints, count);
}

int names_open(struct names *names, struct failure *failure)
{
	resolver_init(&names->resolver, names->loop, answered, names);
	return timer_open(&names->timer, names->loop, timer_expired, names, failure);
}

void names_close(struct names *names)
{
	resolver_cancel(&names->resolver);
	timer_close(&names->timer);
	free(names->names);
	names->names = NULL;
}

/* Those of the families that are used now. */
static void addresses_carry(const struct worker_config *next, struct worker_peer *peer,
			    const struct worker_peer *old)
{
	struct worker_endpoint known;
	uint32_t count = 0;

	peer->other_count = 0;
	for (uint32_t i = 0; i <= old->other_count; i++) {
		known = *peer_endpoint(old, i);
		if (known.family == AF_UNSPEC || !config_has_local_family(next, known.family))
			continue;
		known.port = peer->endpoint.port;
		if (count++ == 0)
			peer->endpoint = known;
		else
			peer->others[peer->other_count++] = known;
	}
}

void names_carry(const struct names *names, struct worker_config *next)
{
	const struct worker_config *old = names->config;

	for (uint32_t i = 0; i < next->peer_count; i++) {
		struct worker_peer *peer = &next->peers[i];

		/* What a client or a stored configuration says a name meant is not asked for. */
		if (!peer->host[0])
			continue;
		peer->endpoint = (struct worker_endpoint){ .port = peer->endpoint.port };
		peer->other_count = 0;
		for (uint32_t j = 0; j < old->peer_count; j++)
			if (strcasecmp(old->peers[j].host, peer->host) == 0)
				addresses_carry(next, peer, &old->peers[j]);
	}
}

void names_begin(struct names *names)
{
	char place[WORKER_LABEL_SIZE];
	struct failure ignored;
	bool any = false;

	/* Before the first configuration it was not known; one control socket has one label for ever. */
	if (!place_name(names->config, place))
		(void)capabilities_limit(false, &ignored);

	resolver_cancel(&names->resolver);
	free(names->names);
	names->names = NULL;
	for (uint32_t i = 0; i < names->config->peer_count; i++)
		any |= peer_is_named(names->config, i);
	if (any)
		names->names = calloc(names->config->peer_count, sizeof(*names->names));
	timer_set(&names->timer, names->names ? names->loop->now : TIMER_NEVER);
}
