/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages of the control protocol that carry a configuration.
 *
 * Linked into vnetapply and into vnettunnel, so it knows neither model/ nor the data plane.
 * Counters are in protocol_state.c, all else in protocol_request.c.
 */
#include "backends/tunnel/protocol.h"
#include "backends/tunnel/protocol_wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum config_attr {
	CONFIG_INTERFACE = 1,
	CONFIG_MTU,
	CONFIG_LOCAL,
	CONFIG_LEARNING,
	CONFIG_MAC_LIMIT,
	CONFIG_MAC_AGEING,
	CONFIG_PEER,
	CONFIG_HASH,
	CONFIG_LABEL,
	CONFIG_NETNS,
	CONFIG_OFFLOADS,
	CONFIG_ENCRYPTION, /* this and the next four: only with encryption, so that others need not know them */
	CONFIG_KEY_FILE,
	CONFIG_PSK_FILE,
	CONFIG_PUBLIC_KEY,
	CONFIG_KEEPALIVE,
	CONFIG_FLOOD_LIMIT,
	CONFIG_OTHER_LOCAL,
	CONFIG_DO_NOT_FRAGMENT,	 /* only where it is on */
	CONFIG_INFORMS = 0x8000, /* from here on what is unknown is skipped in an answer */
	CONFIG_BUILD,
};

#define ONLY_ENCRYPTED                                                                             \
	(1u << CONFIG_ENCRYPTION | 1u << CONFIG_KEY_FILE | 1u << CONFIG_PSK_FILE |                 \
	 1u << CONFIG_PUBLIC_KEY | 1u << CONFIG_KEEPALIVE)

enum peer_attr {
	PEER_NAME = 1,
	PEER_ENDPOINT,
	PEER_MACS,
	PEER_PUBLIC_KEY,
	PEER_HOST,
	PEER_OTHERS, /* this and CONFIG_OTHER_LOCAL: only where there are some, so that older ones need not know them */
};

int worker_file_name(const char *control, const char *suffix, char *ret, size_t size)
{
	size_t length = strlen(control);
	int n;

	if (length > 5 && strcmp(control + length - 5, ".sock") == 0)
		length -= 5;
	n = snprintf(ret, size, "%.*s%s", (int)length, control, suffix);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

void worker_config_init(struct worker_config *config)
{
	*config = (struct worker_config){
		.local = { .port = WORKER_PORT_DEFAULT },
		.mac_learning = true,
		.mac_limit = WORKER_MAC_LIMIT_DEFAULT,
		.mac_ageing = WORKER_MAC_AGEING_DEFAULT,
		.flood_limit = WORKER_FLOOD_DEFAULT,
		.offloads = WORKER_OFFLOAD_ALL,
	};
}

void worker_config_clear(struct worker_config *config)
{
	free(config->peers);
	free(config->macs);
	*config = (struct worker_config){ 0 };
}

static int array_grow(void **array, uint32_t *room, uint32_t count, uint32_t limit, size_t size)
{
	uint32_t wanted = *room ? *room * 2 : 8;
	void *grown;

	if (count >= limit)
		return -E2BIG;
	if (count < *room)
		return 0;
	grown = reallocarray(*array, wanted, size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*room = wanted;
	return 0;
}

int worker_config_add_peer(struct worker_config *config, const char *name,
			   const struct worker_endpoint *endpoint)
{
	size_t length = strlen(name);
	struct worker_peer *peer;
	void *array = config->peers;
	int r;

	if (length == 0 || length >= sizeof(peer->name))
		return -EINVAL;
	r = array_grow(&array, &config->peer_room, config->peer_count, WORKER_PEERS_MAX,
		       sizeof(*peer));
	config->peers = array;
	if (r < 0)
		return r;
	peer = &config->peers[config->peer_count++];
	*peer = (struct worker_peer){ .endpoint = *endpoint, .first_mac = config->mac_count };
	memcpy(peer->name, name, length);
	return 0;
}

int worker_config_add_endpoint(struct worker_config *config, const struct worker_endpoint *endpoint)
{
	struct worker_peer *peer;

	if (config->peer_count == 0)
		return -EINVAL;
	peer = &config->peers[config->peer_count - 1];
	if (peer->other_count == WORKER_ENDPOINTS_MAX - 1)
		return -E2BIG;
	peer->others[peer->other_count++] = *endpoint;
	return 0;
}

int worker_config_add_mac(struct worker_config *config, const uint8_t mac[6])
{
	void *array = config->macs;
	int r;

	if (config->peer_count == 0)
		return -EINVAL;
	r = array_grow(&array, &config->mac_room, config->mac_count, WORKER_MACS_MAX,
		       sizeof(*config->macs));
	config->macs = array;
	if (r < 0)
		return r;
	memcpy(config->macs[config->mac_count++], mac, sizeof(*config->macs));
	config->peers[config->peer_count - 1].mac_count++;
	return 0;
}

static void put_u8_attr(struct wire_writer *writer, uint16_t type, uint8_t value)
{
	size_t mark = wire_begin(writer, type);

	wire_put_u8(writer, value);
	wire_end(writer, mark);
}

static void put_u16_attr(struct wire_writer *writer, uint16_t type, uint16_t value)
{
	size_t mark = wire_begin(writer, type);

	wire_put_u16(writer, value);
	wire_end(writer, mark);
}

static void put_u32_attr(struct wire_writer *writer, uint16_t type, uint32_t value)
{
	size_t mark = wire_begin(writer, type);

	wire_put_u32(writer, value);
	wire_end(writer, mark);
}

static void put_peer(struct wire_writer *writer, const struct worker_config *config,
		     const struct worker_peer *peer)
{
	size_t mark = wire_begin(writer, CONFIG_PEER), macs;

	wire_put_string_attr(writer, PEER_NAME, peer->name);
	worker_put_endpoint(writer, PEER_ENDPOINT, &peer->endpoint);
	if (peer->public_key[0])
		wire_put_string_attr(writer, PEER_PUBLIC_KEY, peer->public_key);
	if (peer->host[0])
		wire_put_string_attr(writer, PEER_HOST, peer->host);
	worker_put_endpoints(writer, PEER_OTHERS, peer->others, peer->other_count);
	if (peer->mac_count) {
		macs = wire_begin(writer, PEER_MACS);
		wire_put(writer, config->macs[peer->first_mac],
			 peer->mac_count * sizeof(*config->macs));
		wire_end(writer, macs);
	}
	wire_end(writer, mark);
}

static void put_encryption(struct wire_writer *writer, const struct worker_config *config)
{
	put_u8_attr(writer, CONFIG_ENCRYPTION, config->encryption);
	if (config->key_file[0])
		wire_put_string_attr(writer, CONFIG_KEY_FILE, config->key_file);
	if (config->psk_file[0])
		wire_put_string_attr(writer, CONFIG_PSK_FILE, config->psk_file);
	if (config->public_key[0])
		wire_put_string_attr(writer, CONFIG_PUBLIC_KEY, config->public_key);
	if (config->keepalive)
		put_u16_attr(writer, CONFIG_KEEPALIVE, config->keepalive);
}

/* A worker that does not know of limits is asked for none but the usual. */
static void put_flood_limit(struct wire_writer *writer, const struct worker_config *config)
{
	static const uint32_t usual[] = WORKER_FLOOD_DEFAULT;
	size_t mark;

	if (memcmp(usual, config->flood_limit, sizeof(usual)) == 0)
		return;
	mark = wire_begin(writer, CONFIG_FLOOD_LIMIT);
	for (int i = 0; i < WORKER_FLOOD_COUNT; i++)
		wire_put_u32(writer, config->flood_limit[i]);
	wire_end(writer, mark);
}

static void put_config(struct wire_writer *writer, const struct worker_config *config)
{
	wire_put_string_attr(writer, CONFIG_INTERFACE, config->interface);
	if (config->label[0])
		wire_put_string_attr(writer, CONFIG_LABEL, config->label);
	put_u16_attr(writer, CONFIG_MTU, config->mtu);
	worker_put_endpoint(writer, CONFIG_LOCAL, &config->local);
	if (config->other_local.family != AF_UNSPEC)
		worker_put_endpoint(writer, CONFIG_OTHER_LOCAL, &config->other_local);
	put_u8_attr(writer, CONFIG_LEARNING, config->mac_learning);
	put_u32_attr(writer, CONFIG_MAC_LIMIT, config->mac_limit);
	put_u32_attr(writer, CONFIG_MAC_AGEING, config->mac_ageing);
	put_flood_limit(writer, config);
	if (config->offloads != WORKER_OFFLOAD_ALL)
		put_u32_attr(writer, CONFIG_OFFLOADS, config->offloads);
	if (config->do_not_fragment)
		put_u8_attr(writer, CONFIG_DO_NOT_FRAGMENT, true);
	if (config->encryption != WORKER_PLAIN)
		put_encryption(writer, config);
	for (uint32_t i = 0; i < config->peer_count; i++)
		put_peer(writer, config, &config->peers[i]);
}

uint64_t worker_config_hash(const struct worker_config *config)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
	uint8_t *data = malloc(WORKER_MESSAGE_MAX);
	struct wire_writer writer = { .data = data, .size = WORKER_MESSAGE_MAX };

	if (!data)
		return 0;
	put_config(&writer, config);
	for (size_t i = 0; i < writer.length; i++)
		hash = (hash ^ data[i]) * 0x100000001b3u;
	free(data);
	return hash;
}

int worker_encode_config(enum worker_message type, const struct worker_config *config,
			 uint8_t *data, size_t size)
{
	struct wire_writer writer = { .data = data, .size = size };
	size_t mark;

	worker_put_header(&writer, type);
	put_config(&writer, config);
	if (type == WORKER_CONFIG) {
		mark = wire_begin(&writer, CONFIG_HASH);
		wire_put_u64(&writer, worker_config_hash(config));
		wire_end(&writer, mark);
		mark = wire_begin(&writer, CONFIG_NETNS);
		wire_put_u64(&writer, config->netns_device);
		wire_put_u64(&writer, config->netns_inode);
		wire_end(&writer, mark);
		if (config->build[0])
			wire_put_string_attr(&writer, CONFIG_BUILD, config->build);
	}
	return worker_finish(&writer);
}

static int take_macs(struct wire_reader *reader, struct worker_config *config)
{
	const uint8_t *mac;
	int r;

	while (reader->length) {
		mac = wire_take(reader, sizeof(*config->macs));
		if (!mac)
			return -EBADMSG;
		r = worker_config_add_mac(config, mac);
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_peer(struct wire_reader *reader, struct worker_config *config)
{
	struct wire_reader macs = { 0 };
	struct worker_peer peer = { 0 };
	struct wire_attr attr;
	uint32_t seen = 0;
	int r;

	while (wire_next(reader, &attr)) {
		if (!worker_attr_once(&seen, attr.type))
			return -EBADMSG;
		switch (attr.type) {
		case PEER_NAME:
			wire_take_string(&attr.payload, peer.name, sizeof(peer.name));
			break;
		case PEER_ENDPOINT:
			worker_take_endpoint(&attr.payload, &peer.endpoint);
			break;
		case PEER_PUBLIC_KEY:
			wire_take_string(&attr.payload, peer.public_key, sizeof(peer.public_key));
			break;
		case PEER_HOST:
			wire_take_string(&attr.payload, peer.host, sizeof(peer.host));
			break;
		case PEER_OTHERS:
			worker_take_endpoints(&attr.payload, peer.others, WORKER_ENDPOINTS_MAX - 1,
					      &peer.other_count);
			break;
		case PEER_MACS: /* after the peer itself exists */
			macs = attr.payload;
			continue;
		default:
			return -EPROTONOSUPPORT;
		}
		if (!wire_done(&attr.payload))
			return -EBADMSG;
	}
	if (!wire_done(reader) || !peer.name[0] || !(seen & 1u << PEER_ENDPOINT))
		return -EBADMSG;
	r = worker_config_add_peer(config, peer.name, &peer.endpoint);
	if (r < 0)
		return r;
	peer.first_mac = config->peers[config->peer_count - 1].first_mac;
	config->peers[config->peer_count - 1] = peer;
	return take_macs(&macs, config);
}

static int take_offloads(struct wire_reader *reader, uint32_t *ret)
{
	*ret = wire_take_u32(reader);
	return *ret & ~(uint32_t)WORKER_OFFLOAD_ALL ? -EPROTONOSUPPORT : 0;
}

static int take_bool(struct wire_reader *reader, bool *ret)
{
	uint8_t value = wire_take_u8(reader);

	*ret = value;
	return value > 1 ? -EBADMSG : 0;
}

static int take_encryption(struct wire_attr *attr, struct worker_config *config)
{
	switch (attr->type) {
	case CONFIG_ENCRYPTION:
		config->encryption = wire_take_u8(&attr->payload);
		return config->encryption > WORKER_NOISE ? -EPROTONOSUPPORT : 0;
	case CONFIG_KEY_FILE:
		wire_take_string(&attr->payload, config->key_file, sizeof(config->key_file));
		return 0;
	case CONFIG_PSK_FILE:
		wire_take_string(&attr->payload, config->psk_file, sizeof(config->psk_file));
		return 0;
	case CONFIG_PUBLIC_KEY:
		wire_take_string(&attr->payload, config->public_key, sizeof(config->public_key));
		return 0;
	case CONFIG_KEEPALIVE:
		config->keepalive = wire_take_u16(&attr->payload);
		return 0;
	default:
		return -EPROTONOSUPPORT;
	}
}

/* HASH is not kept: who wants it computes it from the configuration. */
static int take_config_attr(struct wire_attr *attr, struct worker_config *config)
{
	switch (attr->type) {
	case CONFIG_INTERFACE:
		wire_take_string(&attr->payload, config->interface, sizeof(config->interface));
		return 0;
	case CONFIG_LABEL:
		wire_take_string(&attr->payload, config->label, sizeof(config->label));
		return 0;
	case CONFIG_MTU:
		config->mtu = wire_take_u16(&attr->payload);
		return 0;
	case CONFIG_LOCAL:
		worker_take_endpoint(&attr->payload, &config->local);
		return 0;
	case CONFIG_OTHER_LOCAL:
		worker_take_endpoint(&attr->payload, &config->other_local);
		return 0;
	case CONFIG_LEARNING:
		return take_bool(&attr->payload, &config->mac_learning);
	case CONFIG_DO_NOT_FRAGMENT:
		return take_bool(&attr->payload, &config->do_not_fragment);
	case CONFIG_MAC_LIMIT:
		config->mac_limit = wire_take_u32(&attr->payload);
		return 0;
	case CONFIG_MAC_AGEING:
		config->mac_ageing = wire_take_u32(&attr->payload);
		return 0;
	case CONFIG_OFFLOADS:
		return take_offloads(&attr->payload, &config->offloads);
	case CONFIG_FLOOD_LIMIT:
		for (int i = 0; i < WORKER_FLOOD_COUNT; i++)
			config->flood_limit[i] = wire_take_u32(&attr->payload);
		return 0;
	case CONFIG_PEER:
		return take_peer(&attr->payload, config);
	case CONFIG_NETNS:
		config->netns_device = wire_take_u64(&attr->payload);
		config->netns_inode = wire_take_u64(&attr->payload);
		return 0;
	case CONFIG_HASH:
		wire_take_u64(&attr->payload);
		return 0;
	case CONFIG_BUILD:
		wire_take_string(&attr->payload, config->build, sizeof(config->build));
		return 0;
	default:
		return take_encryption(attr, config);
	}
}

/* Of a later worker, and no setting. */
static bool is_for_others(enum worker_message type, const struct wire_attr *attr)
{
	return type == WORKER_CONFIG && attr->type > CONFIG_BUILD;
}

int worker_decode_config(const uint8_t *data, size_t length, struct worker_config *ret)
{
	enum worker_message type = WORKER_CONFIGURE;
	struct worker_config config;
	struct wire_reader reader;
	struct wire_attr attr;
	uint32_t seen = 0;
	int r = worker_take_header(data, length, WORKER_CONFIGURE, WORKER_CONFIG, &reader);

	if (r < 0 || worker_decode_type(data, length, &type) < 0)
		return r;
	worker_config_init(&config);
	while (r == 0 && wire_next(&reader, &attr)) {
		if (is_for_others(type, &attr))
			continue;
		if (attr.type != CONFIG_PEER && !worker_attr_once(&seen, attr.type))
			r = -EBADMSG;
		else
			r = take_config_attr(&attr, &config);
		if (r == 0 && !wire_done(&attr.payload))
			r = -EBADMSG;
	}
	if (r == 0 && (!wire_done(&reader) || !(seen & 1u << CONFIG_INTERFACE)))
		r = -EBADMSG;
	if (r == 0 && config.encryption == WORKER_PLAIN && seen & ONLY_ENCRYPTED)
		r = -EBADMSG;
	if (r < 0)
		worker_config_clear(&config);
	else
		*ret = config;
	return r;
}
