/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One look around: place by place, then what is the machine's as a whole. */
#include "backends/surroundings.h"

#include "backends/ruleset.h"
#include "backends/surroundings/parts.h"
#include "backends/xtables.h"
#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define TUN_DEVICE "/dev/net/tun"
#define ANY_PORT   9 /* discard: a UDP socket that connects sends nothing */

const struct record record_surroundings_ports = { .name = "ports",
						  .size = sizeof(struct surroundings_ports) };

bool near_read_number(uint64_t *ret, const char *path)
{
	AUTO_FILE FILE *file = fopen(path, "re");
	unsigned long long value;

	if (!file || fscanf(file, "%llu", &value) != 1)
		return false;
	*ret = value;
	return true;
}

static bool is_on(const char *path)
{
	uint64_t value = 0;

	return near_read_number(&value, path) && value != 0;
}

/* ---- one place ---- */

/* Those below net/bridge are each namespace's own, and there only with the module. */
static void read_place_switches(struct near_place *place)
{
	place->bridge_ip = is_on("/proc/sys/net/bridge/bridge-nf-call-iptables");
	place->bridge_ip6 = is_on("/proc/sys/net/bridge/bridge-nf-call-ip6tables");
	place->bridge_arp = is_on("/proc/sys/net/bridge/bridge-nf-call-arptables");
	place->forwards = is_on("/proc/sys/net/ipv4/ip_forward");
	place->forwards_ip6 = is_on("/proc/sys/net/ipv6/conf/all/forwarding");
}

static int read_place(struct near_place *place, const struct surroundings_question *question,
		      struct places *places, struct arena *arena, struct error *err)
{
	struct nl_sock *socket;
	int r = place_socket(places, place->name, &socket, err);

	if (r == 0)
		r = place_enter(places, place->name, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	place->exists = true;
	r = near_read_network(place, socket, arena, err);
	if (r == 0)
		r = ruleset_read(&place->tables, arena, err);
	xtables_read(&place->tables, arena);
	read_place_switches(place);
	near_read_sockets(place, &question->ports, arena);
	place_leave(places);
	return r;
}

/* A namespace to be made starts with the switches that the host has now, where IPv4 is concerned. */
static int read_places(struct surroundings *ret, const struct surroundings_question *question,
		       struct places *places, struct arena *arena, struct error *err)
{
	const struct string_item *names = question->places.items;
	const struct near_place *host;
	struct near_place *place;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < question->places.n; i++) {
		place = list_append(&ret->places, &record_near_place, arena);
		place->name = names[i].text;
		r = read_place(place, question, places, arena, err);
		host = surroundings_place(ret, "");
		if (place->exists || !host)
			continue;
		place->rp_filter_all = host->rp_filter_all;
		place->rp_filter_default = host->rp_filter_default;
	}
	return r;
}

/* ---- the machine ---- */

static uint32_t path_mtu(const struct addr *to)
{
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} address = { 0 };
	bool is_six = to->family == AF_INET6;
	AUTO_CLOSE int fd = socket(to->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t length = is_six ? sizeof(address.six) : sizeof(address.four);
	int mtu = 0;

	address.any.sa_family = to->family;
	if (is_six) {
		memcpy(&address.six.sin6_addr, to->bytes, 16);
		address.six.sin6_port = htons(ANY_PORT);
	} else {
		memcpy(&address.four.sin_addr, to->bytes, 4);
		address.four.sin_port = htons(ANY_PORT);
	}
	if (fd < 0 || connect(fd, &address.any, length) < 0)
		return 0;
	length = sizeof(mtu);
	if (getsockopt(fd, is_six ? IPPROTO_IPV6 : IPPROTO_IP, is_six ? IPV6_MTU : IP_MTU, &mtu,
		       &length) < 0)
		return 0;
	return mtu > 0 ? (uint32_t)mtu : 0;
}

static void read_paths(struct surroundings *ret, const struct list *peers, struct arena *arena)
{
	const struct addr_item *items = peers->items;
	size_t i;

	for (i = 0; i < peers->n; i++) {
		struct near_path *path = list_append(&ret->paths, &record_near_path, arena);

		path->to = items[i].addr;
		path->mtu = path_mtu(&path->to);
	}
}

/* The first user namespace maps every id to itself. */
static bool is_first_user_namespace(void)
{
	AUTO_FILE FILE *file = fopen("/proc/self/uid_map", "re");
	unsigned long inside, outside, count;

	return file && fscanf(file, "%lu %lu %lu", &inside, &outside, &count) == 3 && inside == 0 &&
	       outside == 0 && count >= UINT32_MAX;
}

static void read_machine(struct surroundings *ret)
{
	int fd = open(TUN_DEVICE, O_RDWR | O_CLOEXEC);

	ret->tun = fd < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	near_read_number(&ret->conntrack, "/proc/sys/net/netfilter/nf_conntrack_count");
	near_read_number(&ret->conntrack_max, "/proc/sys/net/netfilter/nf_conntrack_max");
	near_read_number(&ret->receive_buffer_max, "/proc/sys/net/core/rmem_max");
	ret->can_exceed_buffer_max = is_first_user_namespace();
}

static int try_kinds(struct surroundings *ret, const struct list *kinds, struct places *places,
		     struct arena *arena, struct error *err)
{
	int r = kinds->n ? place_enter_new(places, err) : 0;

	if (r < 0 || !kinds->n)
		return r;
	r = near_try_kinds(&ret->no_kinds, kinds, arena, err);
	place_leave(places);
	return r;
}

int surroundings_read(struct surroundings *ret, const struct surroundings_question *question,
		      struct places *places, struct arena *arena, struct error *err)
{
	int r = read_places(ret, question, places, arena, err);

	if (r == 0)
		r = place_enter(places, "", err);
	if (r < 0)
		return r;
	read_paths(ret, &question->peers, arena);
	read_machine(ret);
	if (question->programs)
		near_read_programs(ret, surroundings_place(ret, ""), arena);
	place_leave(places);
	return try_kinds(ret, &question->kinds, places, arena, err);
}
