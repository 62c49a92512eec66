/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/facts.h"

#include "backends/request.h"
#include "backends/former_mtu.h"
#include "backends/router.h"
#include "model/cleanup.h"
#include "model/text.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>

/* The first word of a file, in arena; NULL if there is none. */
static const char *read_word(const char *path, struct arena *arena)
{
	AUTO_FILE FILE *file = fopen(path, "re");
	char word[256];

	if (!file || fscanf(file, "%255s", word) != 1)
		return NULL;
	return arena_strdup(arena, word);
}

/*
 * The full name, as Debian writes it: "127.0.1.1 host.example.net host". DNS is not asked: this must work
 * before there is a network.
 */
static const char *find_fqdn(const char *hostname, struct arena *arena)
{
	AUTO_FILE FILE *file = fopen("/etc/hosts", "re");
	char line[1024];

	while (file && fgets(line, sizeof(line), file)) {
		const char *full = NULL;
		char *rest = NULL, *word;
		bool is_ours = false;

		line[strcspn(line, "#\n")] = 0;
		if (!strtok_r(line, " \t", &rest))
			continue;
		while ((word = strtok_r(NULL, " \t", &rest))) {
			if (!full && strchr(word, '.'))
				full = word;
			if (!strcmp(word, hostname))
				is_ours = true;
		}
		if (is_ours && full)
			return arena_strdup(arena, full);
	}
	return NULL;
}

static void read_names(struct facts *facts, struct arena *arena)
{
	char name[256] = "";
	size_t length;

	facts->machine_id = read_word("/etc/machine-id", arena);
	if (gethostname(name, sizeof(name) - 1) < 0 || !name[0])
		return;
	length = strcspn(name, ".");
	facts->hostname = arena_strndup(arena, name, length);
	facts->fqdn = name[length] ? arena_strdup(arena, name) : find_fqdn(facts->hostname, arena);
}

static bool addr_from_attr(struct addr *ret, const struct nlattr *attr, uint8_t family)
{
	struct addr addr = { .family = family, .length = addr_bits(family) };

	if (!attr || nla_len(attr) != addr_bytes(family) || !addr.length)
		return false;
	memcpy(addr.bytes, nla_data(attr), addr_bytes(family));
	*ret = addr;
	return true;
}

static bool is_loopback(const struct addr *addr)
{
	static const uint8_t one[16] = { [15] = 1 };

	return addr->family == AF_INET ? addr->bytes[0] == 127 : !memcmp(addr->bytes, one, 16);
}

static int dump_addresses(struct nl_sock *socket, struct answer *ret, struct error *err)
{
	const struct ifaddrmsg header = { .ifa_family = AF_UNSPEC };
	int r = request_dump_type(socket, RTM_GETADDR, &header, sizeof(header), ret, err);

	return r < 0 ? error_add_context(err, "cannot read addresses") : r;
}

static int read_addresses(struct nl_sock *socket, struct facts *facts, struct arena *arena,
			  struct error *err)
{
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[IFA_MAX + 1];
	const struct nlmsghdr *message;
	int r = dump_addresses(socket, &answer, err);

	if (r < 0)
		return r;
	ANSWER_FOR_EACH(message, &answer)
	{
		const struct ifaddrmsg *header = message_header(message);
		struct addr_item *item;
		struct addr addr;

		if (!message_parse(message, sizeof(*header), table, IFA_MAX) ||
		    !addr_from_attr(&addr, table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS],
				    header->ifa_family) ||
		    is_loopback(&addr))
			continue;
		item = list_append(&facts->addresses, &record_addr_item, arena);
		item->addr = addr;
	}
	return 0;
}

static bool is_of_topology(const struct nlattr *const *table)
{
	return table[IFLA_IFALIAS] && text_starts_with(attr_text(table[IFLA_IFALIAS]), "vnet:");
}

/* Whether a link's master was made by a topology: then it is a port for as long as that is so. */
static bool is_port_of_topology(const struct answer *links, uint32_t master)
{
	const struct nlattr *table[IFLA_MAX + 1];
	const struct nlmsghdr *message;

	ANSWER_FOR_EACH(message, links)
	{
		const struct ifinfomsg *header = message_header(message);

		if (message_parse(message, sizeof(*header), table, IFLA_MAX) &&
		    (uint32_t)header->ifi_index == master)
			return is_of_topology(table);
	}
	return false;
}

/*
 * Not a port, whose bridge or bond listens in its place, nor one that a topology made and nobody else routes over. What a
 * topology made a port counts: the next one may give it back.
 */
static void note_candidate(struct list *candidates, const struct ifinfomsg *header,
			   const struct nlattr *const *table, const struct answer *links,
			   struct arena *arena)
{
	struct string_item *item;

	if (header->ifi_flags & IFF_LOOPBACK || !table[IFLA_IFNAME] || is_of_topology(table) ||
	    (table[IFLA_MASTER] && !is_port_of_topology(links, attr_u32(table[IFLA_MASTER]))))
		return;
	item = list_append(candidates, &record_string_item, arena);
	item->text = arena_strdup(arena, attr_text(table[IFLA_IFNAME]));
}

static int read_links(struct nl_sock *socket, struct facts *facts, struct arena *arena,
		      struct error *err)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[IFLA_MAX + 1];
	const struct nlmsghdr *message;
	struct list candidates = { 0 };
	int r = request_dump_type(socket, RTM_GETLINK, &header, sizeof(header), &answer, err);

	if (r < 0)
		return error_add_context(err, "cannot read links");
	ANSWER_FOR_EACH(message, &answer)
	{
		struct mac mac = { { 0 } };

		if (!message_parse(message, sizeof(header), table, IFLA_MAX))
			continue;
		note_candidate(&candidates, message_header(message), table, &answer, arena);
		if (!table[IFLA_ADDRESS] || nla_len(table[IFLA_ADDRESS]) != sizeof(mac.bytes))
			continue;
		memcpy(mac.bytes, nla_data(table[IFLA_ADDRESS]), sizeof(mac.bytes));
		if (mac_is_set(&mac))
			((struct mac_item *)list_append(&facts->macaddresses, &record_mac_item,
							arena))
				->mac = mac;
	}
	return router_interfaces(&facts->learning, &candidates, arena, err);
}

/* The first next hop's device; 0: none. */
static uint32_t route_device(const struct nlattr *const *table)
{
	const struct rtnexthop *hop;

	if (table[RTA_OIF])
		return attr_u32(table[RTA_OIF]);
	if (!table[RTA_MULTIPATH] || nla_len(table[RTA_MULTIPATH]) < (int)sizeof(*hop))
		return 0;
	hop = nla_data(table[RTA_MULTIPATH]);
	return (uint32_t)hop->rtnh_ifindex;
}

struct device {
	const char *name;
	uint32_t mtu;
};

static int read_device(struct nl_sock *socket, uint32_t index, struct device *ret,
		       struct arena *arena, struct error *err)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index };
	AUTO_MESSAGE struct nl_msg *message = request_new(RTM_GETLINK, 0, &header, sizeof(header));
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[IFLA_MAX + 1];
	int r;

	nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = request_get(socket, message, &answer, err);
	if (r < 0)
		return r;
	message_parse(answer_next(&answer, NULL), sizeof(header), table, IFLA_MAX);
	ret->name = arena_strdup(arena, attr_text(table[IFLA_IFNAME]));
	ret->mtu = attr_u32(table[IFLA_MTU]);
	return 0;
}

/* Device of the family's default route with the lowest metric in table main; 0: there is none. */
static int default_device(struct nl_sock *socket, uint8_t family, uint32_t *ret, struct error *err)
{
	const struct rtmsg header = { .rtm_family = family };
	AUTO_MESSAGE struct nl_msg *message = request_new(RTM_GETROUTE, 0, &header, sizeof(header));
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[RTA_MAX + 1];
	const struct nlmsghdr *reply;
	uint32_t best = UINT32_MAX;
	int r;

	nla_put_u32(message, RTA_TABLE, RT_TABLE_MAIN);
	r = request_dump(socket, message, &answer, err);
	*ret = 0;
	if (r == -ENOENT || r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return 0; /* no such table yet, no IPv6 */
	if (r < 0)
		return error_add_context(err, "cannot read routes");
	ANSWER_FOR_EACH(reply, &answer)
	{
		const struct rtmsg *route = message_header(reply);

		if (!message_parse(reply, sizeof(*route), table, RTA_MAX) || route->rtm_dst_len ||
		    route->rtm_family != family || route->rtm_table != RT_TABLE_MAIN ||
		    route->rtm_type != RTN_UNICAST || attr_u32(table[RTA_PRIORITY]) >= best ||
		    !route_device(table))
			continue;
		best = attr_u32(table[RTA_PRIORITY]);
		*ret = route_device(table);
	}
	return 0;
}

static int read_uplink(struct nl_sock *socket, struct facts *facts, struct arena *arena,
		       struct error *err)
{
	struct device device = { 0 };
	uint32_t index;
	int r = default_device(socket, AF_INET, &index, err);

	if (r == 0 && !index)
		r = default_device(socket, AF_INET6, &index, err);
	if (r < 0 || !index)
		return r;
	r = read_device(socket, index, &device, arena, err);
	facts->uplink = device.name;
	return r == -ENODEV ? 0 : r;
}

int facts_read(struct facts *ret, struct arena *arena, struct error *err)
{
	struct facts facts = { 0 };
	struct nl_sock *socket;
	int r;

	read_names(&facts, arena);
	r = request_open(&socket, err);
	if (r < 0)
		return r;
	r = read_addresses(socket, &facts, arena, err);
	if (r == 0)
		r = read_links(socket, &facts, arena, err);
	if (r == 0)
		r = read_uplink(socket, &facts, arena, err);
	request_close(socket);
	if (r == 0)
		*ret = facts;
	return r;
}

/* The route itself (RTM_F_FIB_MATCH), not what the kernel learned on it. */
static int read_path(struct nl_sock *socket, struct facts_path *path, const char *topology,
		     struct arena *arena, struct error *err)
{
	const struct rtmsg header = { .rtm_family = path->to.family,
				      .rtm_dst_len = addr_bits(path->to.family),
				      .rtm_flags = RTM_F_FIB_MATCH };
	AUTO_MESSAGE struct nl_msg *message = request_new(RTM_GETROUTE, 0, &header, sizeof(header));
	const struct nlattr *table[RTA_MAX + 1], *metrics[RTAX_MAX + 1];
	AUTO_ANSWER struct answer answer = { 0 };
	const struct rtmsg *route;
	struct device device = { 0 };
	uint32_t former;
	int r;

	nla_put(message, RTA_DST, addr_bytes(path->to.family), path->to.bytes);
	r = request_get(socket, message, &answer, err);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	route = message_header(answer_next(&answer, NULL));
	if (!message_parse(answer_next(&answer, NULL), sizeof(*route), table, RTA_MAX) ||
	    route->rtm_type != RTN_UNICAST || !route_device(table))
		return 0;
	if (read_device(socket, route_device(table), &device, arena, err) < 0)
		return 0;
	attr_parse_nested(table[RTA_METRICS], metrics, RTAX_MAX);
	former = former_mtu(topology, device.name);
	path->device = device.name;
	path->mtu = former ? former : device.mtu;
	path->route_mtu = attr_u32(metrics[RTAX_MTU]);
	if (path->route_mtu && path->route_mtu < path->mtu)
		path->mtu = path->route_mtu;
	return 0;
}

int facts_read_paths(struct facts *facts, const struct addr *to, size_t n, const char *topology,
		     struct arena *arena, struct error *err)
{
	struct nl_sock *socket;
	size_t i;
	int r;

	facts->n_paths = 0;
	if (!n)
		return 0;
	r = request_open(&socket, err);
	if (r < 0)
		return r;
	facts->paths = arena_alloc(arena, n * sizeof(struct facts_path));
	for (i = 0; i < n && r == 0; i++) {
		facts->paths[i].to = to[i];
		r = read_path(socket, &facts->paths[i], topology, arena, err);
	}
	facts->n_paths = i;
	request_close(socket);
	return r;
}

static int note_routes(struct nl_sock *socket, uint8_t family, bool used[256], struct error *err)
{
	const struct rtmsg header = { .rtm_family = family };
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlmsghdr *message;
	int r = request_dump_type(socket, RTM_GETROUTE, &header, sizeof(header), &answer, err);

	if (r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return error_add_context(err, "cannot read routes");
	ANSWER_FOR_EACH(message, &answer)
	if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(header)))
		used[((const struct rtmsg *)message_header(message))->rtm_protocol] = true;
	return 0;
}

int facts_protocols_in_use(struct places *places, const char *place, bool used[256],
			   struct error *err)
{
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[IFA_MAX + 1];
	const struct nlmsghdr *message;
	struct nl_sock *socket;
	int r = place_socket(places, place, &socket, err);

	if (r == 0)
		r = dump_addresses(socket, &answer, err);
	if (r < 0)
		return r;
	ANSWER_FOR_EACH(message, &answer)
	if (message_parse(message, sizeof(struct ifaddrmsg), table, IFA_MAX) && table[IFA_PROTO])
		used[attr_u8(table[IFA_PROTO])] = true;
	r = note_routes(socket, AF_INET, used, err);
	return r < 0 ? r : note_routes(socket, AF_INET6, used, err);
}

/* Kinds of links whose traffic is other machines' more often than this one's. */
static bool is_router_kind(const char *kind)
{
	static const char *const kinds[] = { "bridge",	  "vxlan", "geneve",   "gre",	 "gretap",
					     "ip6gre",	  "ipip",  "sit",      "ip6tnl", "vti",
					     "wireguard", "tun",   "ip6gretap" };
	size_t i;

	for (i = 0; kind && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

/* The kind of a link that is none of a topology's; NULL: it is, or has none. */
static const char *foreign_kind(const struct nlattr *const *table)
{
	const struct nlattr *info[IFLA_INFO_MAX + 1];

	if (!table[IFLA_LINKINFO] || !table[IFLA_IFNAME] || is_of_topology(table))
		return NULL;
	(void)attr_parse_nested(table[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	return info[IFLA_INFO_KIND] ? attr_text(info[IFLA_INFO_KIND]) : NULL;
}

int facts_foreign_router(struct places *places, const char **ret, struct arena *arena,
			 struct error *err)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	AUTO_ANSWER struct answer answer = { 0 };
	const struct nlattr *table[IFLA_MAX + 1];
	const struct nlmsghdr *message;
	struct nl_sock *socket;
	int r = place_socket(places, "", &socket, err);

	*ret = NULL;
	if (r == 0)
		r = request_dump_type(socket, RTM_GETLINK, &header, sizeof(header), &answer, err);
	if (r < 0)
		return r;
	ANSWER_FOR_EACH(message, &answer)
	{
		const char *kind;

		if (!message_parse(message, sizeof(header), table, IFLA_MAX))
			continue;
		kind = foreign_kind(table);
		if (is_router_kind(kind))
			*ret = arena_printf(arena, "%s %s", kind, attr_text(table[IFLA_IFNAME]));
	}
	return 0;
}
