/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a worker on the wire: counters, drops by reason, peers.
 */
#include "backends/tunnel/protocol_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum state_attr {
	STATE_GENERAL = 1,
	STATE_TRAFFIC,
	STATE_DROPS,
	STATE_PEER,
	STATE_STATIONS,
	STATE_FLAP,
	STATE_OFFLOADS,
	STATE_PROCESS = 16,
	STATE_LAST_END,
	STATE_USER,
	STATE_SECCOMP,
	STATE_LANDLOCK,
};

enum peer_attr {
	PEER_NAME = 1,
	PEER_ENDPOINT,
	PEER_HEARD,
	PEER_TRAFFIC,
	PEER_HANDSHAKE,
	PEER_PATH,
	PEER_DROPS, /* pairs of a reason and its number, where that is not 0 */
	PEER_OTHERS,
};

enum flap_attr { FLAP_NUMBERS = 1, FLAP_FIRST, FLAP_SECOND };

const char *worker_drop_name(enum worker_drop drop)
{
	switch (drop) {
	case WORKER_DROP_UNKNOWN_SOURCE:
		return "unknown-source";
	case WORKER_DROP_SHORT:
		return "short";
	case WORKER_DROP_LONG:
		return "long";
	case WORKER_DROP_SOURCE_MAC:
		return "source-mac";
	case WORKER_DROP_NO_PEER:
		return "no-peer";
	case WORKER_DROP_TOO_BIG:
		return "too-big";
	case WORKER_DROP_NO_BUFFER:
		return "no-buffer";
	case WORKER_DROP_UNREACHABLE:
		return "unreachable";
	case WORKER_DROP_SEND:
		return "send";
	case WORKER_DROP_TAP_DOWN:
		return "tap-down";
	case WORKER_DROP_TAP:
		return "tap";
	case WORKER_DROP_MALFORMED:
		return "malformed";
	case WORKER_DROP_HANDSHAKE:
		return "handshake";
	case WORKER_DROP_HANDSHAKE_RATE:
		return "handshake-rate";
	case WORKER_DROP_HANDSHAKE_OLD:
		return "handshake-old";
	case WORKER_DROP_NO_SESSION:
		return "no-session";
	case WORKER_DROP_REPLAY:
		return "replay";
	case WORKER_DROP_FORGED:
		return "forged";
	case WORKER_DROP_QUEUE:
		return "queue";
	case WORKER_DROP_BROADCAST_RATE:
		return "broadcast-rate";
	case WORKER_DROP_MULTICAST_RATE:
		return "multicast-rate";
	case WORKER_DROP_UNKNOWN_RATE:
		return "unknown-rate";
	case WORKER_DROP_LOOP:
		return "loop";
	case WORKER_DROP_COUNT:
		break;
	}
	return "?";
}

void worker_state_clear(struct worker_state *state)
{
	free(state->peers);
	*state = (struct worker_state){ 0 };
}

static void put_traffic(struct wire_writer *writer, uint16_t type,
			const struct worker_traffic *traffic)
{
	size_t mark = wire_begin(writer, type);

	wire_put_u64(writer, traffic->rx_frames);
	wire_put_u64(writer, traffic->rx_bytes);
	wire_put_u64(writer, traffic->tx_frames);
	wire_put_u64(writer, traffic->tx_bytes);
	wire_end(writer, mark);
}

static void take_traffic(struct wire_reader *reader, struct worker_traffic *ret)
{
	ret->rx_frames = wire_take_u64(reader);
	ret->rx_bytes = wire_take_u64(reader);
	ret->tx_frames = wire_take_u64(reader);
	ret->tx_bytes = wire_take_u64(reader);
}

static void put_general(struct wire_writer *writer, const struct worker_state *state)
{
	size_t mark = wire_begin(writer, STATE_GENERAL);

	wire_put_u64(writer, state->config_hash);
	wire_put_u64(writer, state->uptime);
	wire_put_u32(writer, state->learned_macs);
	wire_put_u32(writer, state->static_macs);
	wire_put_u64(writer, state->mac_moves);
	wire_put_u64(writer, state->mac_refused);
	wire_put_u64(writer, state->receive_errors);
	wire_end(writer, mark);
}

static void take_general(struct wire_reader *reader, struct worker_state *ret)
{
	ret->config_hash = wire_take_u64(reader);
	ret->uptime = wire_take_u64(reader);
	ret->learned_macs = wire_take_u32(reader);
	ret->static_macs = wire_take_u32(reader);
	ret->mac_moves = wire_take_u64(reader);
	ret->mac_refused = wire_take_u64(reader);
	ret->receive_errors = wire_take_u64(reader);
}

static void put_stations(struct wire_writer *writer, const struct worker_state *state)
{
	size_t mark = wire_begin(writer, STATE_STATIONS);

	wire_put_u32(writer, state->here_macs);
	wire_put_u32(writer, state->mac_limit);
	wire_put_u64(writer, state->mac_conflicts);
	wire_put_u64(writer, state->mac_flaps);
	wire_end(writer, mark);
	mark = wire_begin(writer, STATE_OFFLOADS);
	wire_put_u32(writer, state->offloads_wanted);
	wire_put_u32(writer, state->offloads_known);
	wire_end(writer, mark);
}

static void take_stations(struct wire_reader *reader, struct worker_state *ret)
{
	ret->here_macs = wire_take_u32(reader);
	ret->mac_limit = wire_take_u32(reader);
	ret->mac_conflicts = wire_take_u64(reader);
	ret->mac_flaps = wire_take_u64(reader);
}

static void put_flap(struct wire_writer *writer, const struct worker_flap *flap)
{
	size_t mark = wire_begin(writer, STATE_FLAP), numbers = wire_begin(writer, FLAP_NUMBERS);

	wire_put(writer, flap->mac, sizeof(flap->mac));
	wire_put_u64(writer, flap->count);
	wire_put_u64(writer, flap->ago);
	wire_end(writer, numbers);
	if (flap->places[0][0])
		wire_put_string_attr(writer, FLAP_FIRST, flap->places[0]);
	if (flap->places[1][0])
		wire_put_string_attr(writer, FLAP_SECOND, flap->places[1]);
	wire_end(writer, mark);
}

static void take_flap_numbers(struct wire_reader *reader, struct worker_flap *ret)
{
	const uint8_t *mac = wire_take(reader, sizeof(ret->mac));

	if (mac)
		memcpy(ret->mac, mac, sizeof(ret->mac));
	ret->count = wire_take_u64(reader);
	ret->ago = wire_take_u64(reader);
}

static int take_flap(struct wire_reader *reader, struct worker_state *state)
{
	struct worker_flap *flap = &state->flaps[state->flap_count];
	struct wire_attr attr;
	uint32_t seen = 0;

	if (state->flap_count == WORKER_FLAPS_MAX)
		return -E2BIG;
	while (wire_next(reader, &attr)) {
		if (!worker_attr_once(&seen, attr.type))
			return -EBADMSG;
		if (attr.type == FLAP_NUMBERS)
			take_flap_numbers(&attr.payload, flap);
		else if (attr.type == FLAP_FIRST || attr.type == FLAP_SECOND)
			wire_take_string(&attr.payload, flap->places[attr.type - FLAP_FIRST],
					 WORKER_NAME_SIZE);
		if (attr.payload.failed)
			return -EBADMSG;
	}
	state->flap_count++;
	return wire_done(reader) && seen & 1u << FLAP_NUMBERS ? 0 : -EBADMSG;
}

/* A thousand peers have dropped nothing for most reasons. */
static void put_peer_drops(struct wire_writer *writer, const uint64_t drops[WORKER_DROP_COUNT])
{
	size_t mark = wire_begin(writer, PEER_DROPS);

	for (unsigned i = 0; i < WORKER_DROP_COUNT; i++) {
		if (!drops[i])
			continue;
		wire_put_u8(writer, (uint8_t)i);
		wire_put_u64(writer, drops[i]);
	}
	wire_end(writer, mark);
}

/* A reason of a later version has no name here. */
static void take_peer_drops(struct wire_reader *reader, uint64_t ret[WORKER_DROP_COUNT])
{
	uint64_t count;
	uint8_t reason;

	while (reader->length && !reader->failed) {
		reason = wire_take_u8(reader);
		count = wire_take_u64(reader);
		if (reason < WORKER_DROP_COUNT)
			ret[reason] = count;
	}
}

static void put_peer(struct wire_writer *writer, const struct worker_peer_state *peer)
{
	size_t mark = wire_begin(writer, STATE_PEER), heard;

	wire_put_string_attr(writer, PEER_NAME, peer->name);
	worker_put_endpoint(writer, PEER_ENDPOINT, &peer->endpoint);
	worker_put_endpoints(writer, PEER_OTHERS, peer->others, peer->other_count);
	heard = wire_begin(writer, PEER_HEARD);
	wire_put_u64(writer, peer->heard_ago);
	wire_end(writer, heard);
	put_traffic(writer, PEER_TRAFFIC, &peer->traffic);
	if (peer->path_mtu || peer->rtt || peer->probed_mtu) {
		heard = wire_begin(writer, PEER_PATH);
		wire_put_u32(writer, peer->path_mtu);
		wire_put_u32(writer, peer->rtt);
		wire_put_u32(writer, peer->kernel_mtu);
		wire_put_u32(writer, peer->probed_mtu);
		wire_end(writer, heard);
	}
	if (peer->handshake_ago != UINT64_MAX) {
		heard = wire_begin(writer, PEER_HANDSHAKE);
		wire_put_u64(writer, peer->handshake_ago);
		wire_end(writer, heard);
	}
	put_peer_drops(writer, peer->drops);
	wire_end(writer, mark);
}

static void put_text(struct wire_writer *writer, uint16_t type, const char *text)
{
	if (text[0])
		wire_put_string_attr(writer, type, text);
}

static void put_process(struct wire_writer *writer, const struct worker_state *state)
{
	size_t mark = wire_begin(writer, STATE_PROCESS);

	wire_put_u64(writer, state->plane_uptime);
	wire_put_u32(writer, state->restarts);
	wire_end(writer, mark);
	put_text(writer, STATE_LAST_END, state->last_end);
	put_text(writer, STATE_USER, state->sandbox.user);
	put_text(writer, STATE_SECCOMP, state->sandbox.seccomp);
	put_text(writer, STATE_LANDLOCK, state->sandbox.landlock);
}

int worker_encode_state(const struct worker_state *state, uint8_t *data, size_t size)
{
	struct wire_writer writer = { .data = data, .size = size };
	size_t mark;

	worker_put_header(&writer, WORKER_STATE);
	put_general(&writer, state);
	put_traffic(&writer, STATE_TRAFFIC, &state->traffic);
	put_process(&writer, state);
	mark = wire_begin(&writer, STATE_DROPS);
	for (int i = 0; i < WORKER_DROP_COUNT; i++)
		wire_put_u64(&writer, state->drops[i]);
	wire_end(&writer, mark);
	put_stations(&writer, state);
	for (uint32_t i = 0; i < state->flap_count; i++)
		put_flap(&writer, &state->flaps[i]);
	for (uint32_t i = 0; i < state->peer_count; i++)
		put_peer(&writer, &state->peers[i]);
	return worker_finish(&writer);
}

/* An earlier worker asks the kernel alone. */
static void take_path(struct wire_reader *reader, struct worker_peer_state *ret)
{
	ret->path_mtu = ret->kernel_mtu = wire_take_u32(reader);
	ret->rtt = wire_take_u32(reader);
	if (!reader->length)
		return;
	ret->kernel_mtu = wire_take_u32(reader);
	ret->probed_mtu = wire_take_u32(reader);
}

static int take_peer(struct wire_reader *reader, struct worker_peer_state *ret)
{
	struct wire_attr attr;
	uint32_t seen = 0;

	while (wire_next(reader, &attr)) {
		if (!worker_attr_once(&seen, attr.type))
			return -EBADMSG;
		switch (attr.type) {
		case PEER_NAME:
			wire_take_string(&attr.payload, ret->name, sizeof(ret->name));
			break;
		case PEER_ENDPOINT:
			worker_take_endpoint(&attr.payload, &ret->endpoint);
			break;
		case PEER_HEARD:
			ret->heard_ago = wire_take_u64(&attr.payload);
			break;
		case PEER_TRAFFIC:
			take_traffic(&attr.payload, &ret->traffic);
			break;
		case PEER_HANDSHAKE:
			ret->handshake_ago = wire_take_u64(&attr.payload);
			break;
		case PEER_PATH:
			take_path(&attr.payload, ret);
			break;
		case PEER_DROPS:
			take_peer_drops(&attr.payload, ret->drops);
			break;
		case PEER_OTHERS:
			worker_take_endpoints(&attr.payload, ret->others, WORKER_ENDPOINTS_MAX,
					      &ret->other_count);
			break;
		default: /* of a later version */
			break;
		}
		if (attr.payload.failed)
			return -EBADMSG;
	}
	return wire_done(reader) && ret->name[0] ? 0 : -EBADMSG;
}

static int add_peer(struct wire_reader *reader, struct worker_state *state)
{
	struct worker_peer_state *peers;

	if (state->peer_count >= WORKER_PEERS_MAX)
		return -E2BIG;
	/* Grown in powers of two; peer_count of 0, 1, 2, 4, … is where the room ends. */
	if ((state->peer_count & (state->peer_count - 1)) == 0) {
		peers = reallocarray(state->peers, state->peer_count ? state->peer_count * 2 : 1,
				     sizeof(*peers));
		if (!peers)
			return -ENOMEM;
		state->peers = peers;
	}
	state->peers[state->peer_count] = (struct worker_peer_state){ .handshake_ago = UINT64_MAX };
	return take_peer(reader, &state->peers[state->peer_count++]);
}

/* What a later version has besides is not known here, and harms nobody: a state is only read. */
static void take_process_attr(struct wire_attr *attr, struct worker_state *state)
{
	struct worker_sandbox *sandbox = &state->sandbox;
	struct wire_reader *reader = &attr->payload;

	switch (attr->type) {
	case STATE_PROCESS:
		state->plane_uptime = wire_take_u64(reader);
		state->restarts = wire_take_u32(reader);
		break;
	case STATE_LAST_END:
		wire_take_string(reader, state->last_end, sizeof(state->last_end));
		break;
	case STATE_USER:
		wire_take_string(reader, sandbox->user, sizeof(sandbox->user));
		break;
	case STATE_SECCOMP:
		wire_take_string(reader, sandbox->seccomp, sizeof(sandbox->seccomp));
		break;
	case STATE_LANDLOCK:
		wire_take_string(reader, sandbox->landlock, sizeof(sandbox->landlock));
		break;
	default:
		break;
	}
}

static int take_state_attr(struct wire_attr *attr, struct worker_state *state)
{
	switch (attr->type) {
	case STATE_GENERAL:
		take_general(&attr->payload, state);
		return 0;
	case STATE_TRAFFIC:
		take_traffic(&attr->payload, &state->traffic);
		return 0;
	case STATE_DROPS:
		/* Another version has fewer or more: these are as many as both know. */
		for (int i = 0; i < WORKER_DROP_COUNT && attr->payload.length; i++)
			state->drops[i] = wire_take_u64(&attr->payload);
		return 0;
	case STATE_PEER:
		return add_peer(&attr->payload, state);
	case STATE_STATIONS:
		take_stations(&attr->payload, state);
		return 0;
	case STATE_FLAP:
		return take_flap(&attr->payload, state);
	case STATE_OFFLOADS:
		state->offloads_wanted = wire_take_u32(&attr->payload);
		state->offloads_known = wire_take_u32(&attr->payload);
		return 0;
	default:
		take_process_attr(attr, state);
		return 0;
	}
}

int worker_decode_state(const uint8_t *data, size_t length, struct worker_state *ret)
{
	struct worker_state state = { .plane_uptime = UINT64_MAX };
	struct wire_reader reader;
	struct wire_attr attr;
	uint32_t seen = 0;
	int r = worker_take_header(data, length, WORKER_STATE, WORKER_STATE, &reader);

	while (r == 0 && wire_next(&reader, &attr)) {
		if (attr.type != STATE_PEER && attr.type != STATE_FLAP &&
		    !worker_attr_once(&seen, attr.type))
			r = -EBADMSG;
		else
			r = take_state_attr(&attr, &state);
		if (r == 0 && attr.payload.failed)
			r = -EBADMSG;
	}
	if (r == 0 && !wire_done(&reader))
		r = -EBADMSG;
	if (r < 0)
		worker_state_clear(&state);
	else
		*ret = state;
	return r;
}
